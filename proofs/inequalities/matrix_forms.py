"""Matrices that depend on the state, enclosed over boxes in floating point and in balls: Hessians, Y J, and Hᵀ J + Jᵀ H.

Y J        with a fixed matrix Y: where its symmetric part has a sign, f is injective, or contracts in the metric |Y|
Hᵀ J       of dE/dt = (y - y*)ᵀ Hᵀ J (y - y*) beside a steady state y*, with averages H of ∇²E and J of ∂f/∂y over the box
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import sympy as sp
from flint import arb
from numpy.typing import NDArray

from amsym.notation import Index
from numeric.intervals.boxes import Box, widened
from numeric.intervals.enclose import Enclosure
from numeric.rigorous import Evaluator, ball
from proofs.inequalities.boxed import Boxed
from proofs.inequalities.forms import matrices

Array = NDArray[np.float64]
Balls = list[list[arb]]


class MatrixForm(Protocol):
    """A square matrix that depends on the state; its symmetric part is meant."""

    def rough(self, low: Array, high: Array) -> Box:
        """Entries over boxes, (rows, n, n), in floating point."""

    def sure(self, here: Evaluator) -> Balls:
        """Entries in balls."""


class HessianForm:
    """The Hessian of a scalar formula."""

    def __init__(self, problem: Boxed, formula: sp.Expr, scale: int = 1) -> None:
        self.problem, self.formula, self.scale = problem, formula, scale
        self._bound = problem.rough(formula)
        self._enclosure = Enclosure(self._bound, problem.width, "hessian")

    def rough(self, low: Array, high: Array) -> Box:
        """The Hessian over boxes."""
        H = matrices(self._enclosure, self._bound, low, high)
        return H if self.scale > 0 else Box(-H.high, -H.low, H.jumps)

    def sure(self, here: Evaluator) -> Balls:
        """The Hessian in balls."""
        return [[self.scale * x for x in row] for row in slopes_of(self.problem, here, gradient_rows(self.problem, self.formula))]


class JacobianForm:
    """Y ∂f/∂y with a fixed Y, (n, n)."""

    def __init__(self, problem: Boxed, Y: Array) -> None:
        self.problem, self.Y = problem, Y
        self._bound = problem.model()
        self._enclosure = Enclosure(self._bound, problem.width, "jacobian")

    def jacobian(self, low: Array, high: Array) -> Box:
        """J over boxes."""
        return matrices(self._enclosure, self._bound, low, high)

    def rough(self, low: Array, high: Array) -> Box:
        """Y J over boxes."""
        return product_box(Box.point(np.broadcast_to(self.Y, (len(low), *self.Y.shape))), self.jacobian(low, high))

    def sure(self, here: Evaluator) -> Balls:
        """Y J in balls."""
        return product_balls([[ball(float(x)) for x in row] for row in self.Y], self.slopes(here))

    def slopes(self, here: Evaluator) -> Balls:
        """J in balls."""
        return slopes_of(self.problem, here, flow_rows(self.problem))


class DescentForm:
    """-Hᵀ J with H = ∇²E and J = ∂f/∂y."""

    def __init__(self, problem: Boxed) -> None:
        assert problem.system.energy is not None
        self._H, self._J = HessianForm(problem, problem.system.energy, -1), JacobianForm(problem, np.eye(problem.width))

    def jacobian_at(self, point: Array) -> Array:
        """J at a point, in floating point."""
        return self._J.jacobian(point[None], point[None]).middle[0]

    def rough(self, low: Array, high: Array) -> Box:
        """-Hᵀ J over boxes."""
        return product_box(self._H.rough(low, high).map(lambda a: a.transpose(0, 2, 1)), self._J.jacobian(low, high))

    def sure(self, here: Evaluator) -> Balls:
        """-Hᵀ J in balls."""
        H = self._H.sure(here)
        return product_balls([list(column) for column in zip(*H, strict=True)], self._J.slopes(here))


Rows = list[tuple[sp.Expr, Mapping[Index, int]]]


def flow_rows(problem: Boxed) -> Rows:
    """The flow's formula and places for each packed component."""
    flow = problem.system.flow
    assert flow is not None
    found = {c.tensor: (c.where, f) for c, f in flow.items()}
    return [(found[s][1], dict(zip(found[s][0], p, strict=True))) for s, p in problem.places]


def gradient_rows(problem: Boxed, formula: sp.Expr) -> Rows:
    """∂formula/∂y_k for each packed component."""
    return [problem.slope(formula, {}, k) for k in range(problem.width)]


def slopes_of(problem: Boxed, here: Evaluator, rows: Rows) -> Balls:
    """The derivatives of each row by each component, in balls."""
    return [[here(*problem.slope(f, at, k)) for k in range(problem.width)] for f, at in rows]


def product_box(x: Box, y: Box) -> Box:
    """Products of two batches of interval matrices, by midpoints and radii."""
    n = x.low.shape[-1]
    mx, my, rx, ry = x.middle, y.middle, x.radius, y.radius
    size = (np.abs(mx) + rx) @ (np.abs(my) + ry)
    spread = np.abs(mx) @ ry + rx @ (np.abs(my) + ry) + 8 * n * np.finfo(float).eps * size
    middle = mx @ my
    return widened(middle - spread, middle + spread)


def product_balls(a: Balls, b: Balls) -> Balls:
    """The product of two matrices of balls."""
    columns = list(zip(*b, strict=True))
    return [[sum((x * y for x, y in zip(row, column, strict=True)), arb(0)) for column in columns] for row in a]


def ends_of(M: Any) -> tuple[list[list[float]], list[list[float]]]:
    """Doubles below and above the symmetric part of a matrix of balls; infinite where a ball is."""
    n = range(len(M))
    low, high = [[0.0] * len(M) for _ in n], [[0.0] * len(M) for _ in n]
    for i in n:
        for j in range(i + 1):
            x = M[i][j] if i == j else (M[i][j] + M[j][i]) / 2
            low[i][j] = low[j][i] = _double(x.lower(), -np.inf) if x.is_finite() else -np.inf
            high[i][j] = high[j][i] = _double(x.upper(), np.inf) if x.is_finite() else np.inf
    return low, high


def _double(x: arb, away: float) -> float:
    """The end of a ball as a double, away from its inside unless it is one exactly."""
    found = float(x)
    return found if arb(found) == x else float(np.nextafter(found, away))

"""There is exactly one zero of F in this box, by Krawczyk's test: K = m - Y F(m) + (I - Y F'(X))(X - m) lies inside X.

Newton's method in floating point proposes m; balls decide. Y is any matrix, here a rounded inverse of F'(m).
Source: Krawczyk 1969; Moore, Kearfott and Cloud, Introduction to Interval Analysis, 2009, section 8.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

from amsym.errors import AmsymError
from amsym.notation import Component, Tensor, derivative, fresh_indices
from numeric.rigorous import Evaluator, Undetermined, ball
from proofs.draws import Values, nested
from proofs.zeros.points import BoxEvaluator, Field, Place

Array = NDArray[np.float64]
# Half-widths that are tried in turn, relative to 1 + |y|, and the bits that the test works with.
RADII = (1e-11, 1e-8, 1e-5)
BITS = 128


class ZeroProblem:
    """F(y) = 0 for given sizes and parameters, F a list of fields in all the states.

    target: {state: number}, to look for F = target instead.
    """

    def __init__(self, fields: list[Field], sizes: Mapping[str, int], values: Values, target: Mapping[Tensor, int] | None = None) -> None:
        self.fields, self.sizes, self.values, self.target = fields, dict(sizes), values, dict(target or {})
        self.rows: list[tuple[Field, Place]] = [(f, p) for f in fields for p in f.places(sizes)]
        self._slopes: dict[tuple[Any, Any], Any] = {}

    @property
    def width(self) -> int:
        """The number of unknowns."""
        return len(self.rows)

    def unpacked(self, y: Array) -> dict[Tensor, dict[Place, Fraction]]:
        """The states with exactly these floating-point numbers, by place."""
        tables: dict[Tensor, dict[Place, Fraction]] = {f.state: {} for f in self.fields}
        for (f, place), x in zip(self.rows, y, strict=True):
            tables[f.state][place] = Fraction(float(x))
        return tables

    def tables(self, y: Array) -> dict[Any, Any]:
        """The same as nested tuples."""
        return {s: nested(t, tuple(self.sizes[a] for a in s.axes)) for s, t in self.unpacked(y).items()}

    def at(self, y: Array) -> Evaluator:
        """An evaluator at the exact point."""
        return Evaluator(self.sizes, {**self.values, **self.tables(y)}, BITS)

    def value(self, here: Evaluator) -> list[arb]:
        """F - target."""
        return [here(f.formula, f.at(p)) - self.target.get(f.state, 0) for f, p in self.rows]

    def slope(self, here: Evaluator) -> list[list[arb]]:
        """F' by rows."""
        return [[here(*self._entry(f, p, g, q)) for g, q in self.rows] for f, p in self.rows]

    def _entry(self, f: Field, p: Place, g: Field, q: Place) -> tuple[Any, Any]:
        if (f.formula, g.state) not in self._slopes:
            other = fresh_indices(g.state.axes, {*f.where})
            by = g.state[other] if other else Component(g.state)
            self._slopes[f.formula, g.state] = (derivative(f.formula, by), other)
        formula, other = self._slopes[f.formula, g.state]
        return formula, {**f.at(p), **dict(zip(other, q, strict=True))}


@dataclass(frozen=True)
class ZeroBox:
    """A box |y - middle| ≤ radius in which F has exactly one zero; slope: F' over it, in balls."""

    problem: ZeroProblem
    middle: Array
    radius: Array
    slope: Any = field(default=None, compare=False)

    def evaluator(self) -> BoxEvaluator:
        """Balls of formulas over the box."""
        return _over(self.problem, self.middle, self.radius)

    def is_apart_from(self, other: ZeroBox) -> bool:
        """Whether the two boxes have no point in common."""
        rows = zip(*(map(Fraction, map(float, a)) for a in (self.middle, other.middle, self.radius, other.radius)), strict=True)
        return any(abs(a - b) > r + s for a, b, r, s in rows)


def _over(problem: ZeroProblem, middle: Array, radius: Array) -> BoxEvaluator:
    box: dict[Tensor, dict[Place, arb]] = {f.state: {} for f in problem.fields}
    for (f, place), m, r in zip(problem.rows, middle, radius, strict=True):
        box[f.state][place] = arb(float(m), float(r))
    return BoxEvaluator(problem.sizes, problem.values, box)


def newton(value: Callable[[Array], Array], slope: Callable[[Array], Array], start: Array, steps: int = 60) -> Array | None:
    """A point where F nearly vanishes, by damped Newton steps in floating point; None where they lead nowhere."""
    y = np.array(start, dtype=float)
    with np.errstate(all="ignore"):
        F = value(y)
        for _ in range(steps):
            if not np.all(np.isfinite(F)):
                return None
            if np.max(np.abs(F)) < 1e-14 * (1 + np.max(np.abs(y))):
                return y
            try:
                step = np.linalg.solve(slope(y), F)
            except np.linalg.LinAlgError:
                return None
            t, size = 1.0, np.linalg.norm(F)
            while t > 1e-3 and not np.linalg.norm(value(y - t * step)) < size:
                t /= 2
            y = y - t * step
            F = value(y)
    return y if bool(np.all(np.isfinite(y)) and np.max(np.abs(F)) < 1e-9 * (1 + np.max(np.abs(y)))) else None


def proved_zero(problem: ZeroProblem, guess: Array, slope: Array | None = None) -> ZeroBox | None:
    """The box around the guess in which F provably has exactly one zero, or None.

    slope: F'(guess) in floating point, where it is known already.

    >>> import sympy as sp
    >>> from amsym.notation import index, state
    >>> i, y = index("i", "N"), state("y", "N")
    >>> box = proved_zero(ZeroProblem([Field(y, (i,), sp.cos(y[i]) - y[i])], {"N": 1}, {}), np.array([0.7390851332151607]))
    >>> box is not None and bool(box.radius[0] < 1e-10)
    True
    """
    before, ctx.prec = ctx.prec, BITS
    try:
        start = problem.at(guess)
        F = problem.value(start)
        slope = np.array([[float(x) for x in row] for row in problem.slope(start)]) if slope is None else slope
        Y = arb_mat([[arb(float(x)) for x in row] for row in np.linalg.inv(slope)])
        for r in RADII:
            radius = r * (1 + np.abs(guess))
            J = _mapping_inside(problem, guess, radius, Y, F)
            if J is not None:
                return ZeroBox(problem, guess, radius, J)
    except (AmsymError, Undetermined, np.linalg.LinAlgError, ValueError, OverflowError):
        return None
    finally:
        ctx.prec = before
    return None


def _mapping_inside(problem: ZeroProblem, middle: Array, radius: Array, Y: Any, F: list[arb]) -> arb_mat | None:
    """F' over the box where the test holds, else None."""
    n, over = problem.width, _over(problem, middle, radius)
    # A jump of F leaves no trace in F': brackets and signs in F itself must be the same over the whole box.
    if not all(v.is_finite() for v in problem.value(over)):
        return None
    J = arb_mat(problem.slope(over))
    contraction = arb_mat(n, n, [arb(int(i == j)) for i in range(n) for j in range(n)]) - Y * J
    spread = arb_mat(n, 1, [arb(0, float(r)) for r in radius])
    shift = contraction * spread - Y * arb_mat(n, 1, F)
    inside = all(bool(abs(shift[i, 0]) < ball(float(radius[i]))) for i in range(n))
    return J if inside else None


__all__ = ["ZeroBox", "ZeroProblem", "newton", "proved_zero"]

"""Around a point where both sides are equal: g(y*) = 0 = ∇g(y*) and -∇²g ⪰ 0 on a box give g ≤ 0 there, by Taylor's theorem.

For g = dE/dt at a steady state y* that is a critical point of E, averages H of ∇²E and J of ∂f/∂y along the way from y* give
dE/dt = (y - y*)ᵀ Hᵀ J (y - y*), which is ≤ 0 where -(Hᵀ J + Jᵀ H) ⪰ 0 for all H and J with entries in their intervals over the box.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from flint import ctx
from numpy.typing import NDArray

from amsym.errors import AmsymError
from amsym.notation import Index
from amsym.prover.regularity import is_continuous
from numeric.ball_functions import Undetermined
from proofs.draws import plain
from proofs.inequalities.boxed import Boxed
from proofs.inequalities.branching import Region
from proofs.inequalities.definite import Definite, least_over
from proofs.inequalities.matrix_forms import DescentForm, HessianForm, MatrixForm, flow_rows, gradient_rows
from proofs.zeros.boxes import box_data
from proofs.zeros.krawczyk import ZeroBox, ZeroProblem, newton, proved_zero
from proofs.zeros.points import Field, is_exactly_zero

Array = NDArray[np.float64]
# Radii tried around a point, against the domain; denominators of points that are tried as exact.
SHRINK, HALVINGS = 0.5, 26
DENOMINATOR = 64
AT_MAXIMUM = "g(y*) = 0, ∇g(y*) = 0 and -∇²g ⪰ 0 on the box give g ≤ 0 on it (Taylor)"
AT_STEADY = "f(y*) = 0, ∇E(y*) = 0 and -(Hᵀ J + Jᵀ H) ⪰ 0 for all ∇²E and ∂f/∂y over the box give dE/dt ≤ 0 on it"


def at_maximum(problem: Boxed, g: sp.Expr, at: Mapping[Index, int], scalar: sp.Expr) -> Callable[[Array], Region | None]:
    """Regions around exact maxima at which g = 0; `scalar` is g without free indices, for floating point."""
    bound = problem.rough(scalar)
    form = HessianForm(problem, scalar, -1)
    smooth = all(is_continuous(f, problem.system.states) for f, _ in gradient_rows(problem, scalar))

    def region(point: Array) -> Region | None:
        start = newton(lambda y: bound.packed_gradient(y[None])[0], lambda y: _regular(-form.rough(y[None], y[None]).middle[0]), point)
        exact = _rational(start, problem) if start is not None and smooth else None
        if exact is None or not _vanishes(problem, [(g, at), *(problem.slope(g, at, k) for k in range(problem.width))], exact):
            return None
        data = {"middle": _named(problem, exact), "argument": AT_MAXIMUM}
        return _largest(problem, form, exact, exact, data, "g = 0 at a maximum")

    return region


def at_steady_state(problem: Boxed, critical: bool) -> Callable[[Array], Region | None]:
    """Regions around steady states for g = dE/dt; `critical`: an identity shows that ∇E = 0 wherever f = 0."""
    system = problem.system
    assert system.flow is not None
    assert system.energy is not None
    form, model = DescentForm(problem), problem.model()
    gradient = gradient_rows(problem, system.energy)
    smooth = all(is_continuous(f, system.states) for f in (*system.flow.values(), *(f for f, _ in gradient)))
    zeros = ZeroProblem([Field(c.tensor, c.where, f) for c, f in system.flow.items()], problem.sizes, dict(problem.fixed))

    def region(point: Array) -> Region | None:
        start = newton(lambda y: model.packed_flow(y[None])[0], form.jacobian_at, point) if smooth else None
        if start is None:
            return None
        exact = _rational(start, problem)
        if exact is not None and _vanishes(problem, [*flow_rows(problem), *gradient], exact):
            return _largest(problem, form, exact, exact, {"middle": _named(problem, exact), "argument": AT_STEADY}, "a steady state")
        box = proved_zero(zeros, start) if critical else None
        if box is None:
            return None
        data = {**box_data(box), "argument": AT_STEADY, "critical": "by the identity between ∇E and f"}
        return _largest(problem, form, *_corners(box), data, "a steady state")

    return region


def _regular(H: Array) -> Array:
    """H, or with small numbers in the diagonal where components do not matter."""
    return H + 1e-12 * (1 + np.max(np.abs(H))) * np.eye(len(H))


def _corners(box: ZeroBox) -> tuple[list[Fraction], list[Fraction]]:
    rows = [(Fraction(float(m)), Fraction(float(r))) for m, r in zip(box.middle, box.radius, strict=True)]
    return [m - r for m, r in rows], [m + r for m, r in rows]


def _rational(point: Array, problem: Boxed) -> list[Fraction] | None:
    """Small fractions within rounding of the point, or None."""
    found = [Fraction(float(x)).limit_denominator(DENOMINATOR) for x in point]
    scale = 1 + np.abs(point)
    return found if np.all(np.abs(np.array([float(x) for x in found]) - point) < 1e-6 * scale) else None


def _named(problem: Boxed, exact: list[Fraction]) -> dict[str, Any]:
    return {s.name: plain(v) for s, v in problem.tables(exact).items()}


def _vanishes(problem: Boxed, rows: list[tuple[sp.Expr, Mapping[Index, int]]], exact: list[Fraction]) -> bool:
    """Whether all formulas are exactly zero at the point."""
    here = problem.exactly_at(exact)
    before, ctx.prec = ctx.prec, here.precision
    try:
        return all(is_exactly_zero(_as_field(problem, f, at), tuple(at.values()), here) for f, at in rows)
    except (AmsymError, Undetermined):
        return False
    finally:
        ctx.prec = before


def _as_field(problem: Boxed, f: sp.Expr, at: Mapping[Index, int]) -> Field:
    return Field(problem.places[0][0], tuple(at), f)


def _largest(
    problem: Boxed, form: MatrixForm, inner: list[Fraction], outer: list[Fraction], data: dict[str, Any], words: str
) -> Region | None:
    """The largest box tried around [inner, outer] on which the form is semidefinite for certain."""
    width = problem.high - problem.low
    a, b = (np.array([float(x) for x in side]) for side in (inner, outer))
    radius = 1.0
    target = Definite(problem, form, strict=False)
    for _ in range(HALVINGS):
        low, high = np.nextafter(a - radius * width, -np.inf), np.nextafter(b + radius * width, np.inf)
        # The domain is all that matters, but y* itself has to lie in the box.
        low, high = np.minimum(np.maximum(low, problem.low), a), np.maximum(np.minimum(high, problem.high), b)
        holds_all = all(Fraction(x) <= u and v <= Fraction(y) for x, u, v, y in zip(low, inner, outer, high, strict=True))
        A = form.rough(low[None], high[None])
        slack = 1e-12 * (1 + np.max(A.radius + np.abs(A.middle)))
        if holds_all and least_over(A)[0] >= -slack and target.holds(low, high):
            return Region(low, high, {**data, "box": problem.box_data(low, high)}, words)
        radius *= SHRINK
    return None


__all__ = ["at_maximum", "at_steady_state"]

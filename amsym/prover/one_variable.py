"""φ is convex if it is continuous, φ' only jumps upwards at its kinks, and φ'' ≥ 0 on each piece between them.

(Rockafellar, Convex Analysis, Theorem 24.2: φ is the integral of a nondecreasing function.) Each hypothesis is checked
exactly: the values on both sides of a cut agree with φ's own value there, and the formula of each piece has a finite
derivative up to its ends. How φ'' ≥ 0 is shown on an interval is left to a rule, so that a stronger one can be put in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from amsym.notation import Index, Size, derivative, is_zero
from amsym.prover.pieces import Pieces, beyond, pieces
from amsym.prover.regularity import JUMPS, defined_everywhere
from amsym.prover.signs import is_nonnegative

# (h, t, low, high) -> how h ≥ 0 on the open interval was shown, or "" where it was not.
Sign = Callable[[sp.Expr, sp.Symbol, sp.Expr, sp.Expr], str]


def by_bounds(h: sp.Expr, t: sp.Symbol, low: sp.Expr, high: sp.Expr) -> str:
    """The rule that holds with parameters too: bounds through the formula."""
    return "by bounds through the formula" if is_nonnegative(h.subs(t, beyond(low, high))) else ""


def convexity_of(phi: sp.Expr, t: sp.Symbol, sign: Sign = by_bounds) -> list[str] | None:
    """The steps that show φ convex in t, None where they do not.

    >>> t = sp.Symbol("t", real=True)
    >>> convexity_of(sp.exp(sp.Max(0, t)) - sp.Max(0, t), t) is not None, convexity_of(-sp.Abs(t), t) is not None
    (True, False)
    """
    scalars = sorted((s for s in phi.free_symbols - {t} if isinstance(s, sp.Symbol) and not isinstance(s, (Index, Size))), key=str)
    edge = next((s for s in scalars if s.is_nonnegative and s.is_positive is None), None)
    if edge is None:
        return _settled(phi, t, sign)
    # The order of the cuts -c and c is not known for c ≥ 0; for c > 0 and for c = 0 it is.
    cases = [_settled(phi, t, sign)] if pieces(phi, t) is not None else []
    cases = cases or [convexity_of(phi.xreplace({edge: v}), t, sign) for v in (sp.Dummy(edge.name, positive=True), sp.S.Zero)]
    return None if any(c is None for c in cases) else [line for c in cases for line in c or ()]


def _settled(phi: sp.Expr, t: sp.Symbol, sign: Sign) -> list[str] | None:
    found = pieces(phi, t)
    if found is None or not _is_continuous(phi, found) or not all(_bends_up(found, n) for n in range(len(found.cuts))):
        return None
    steps = [f"continuous, and the slope does not fall, at {t} = {c}" for c in found.cuts]
    for low, high, f in found.intervals():
        h = derivative(derivative(f, t), t)
        how = sign(h, t, low, high) if defined_everywhere(f.subs(t, beyond(low, high))) else ""
        if not how:
            return None
        steps.append(f"second derivative {sp.simplify(h) if h.is_polynomial(t) else h} ≥ 0 {_where(low, high)}{how}")
    return steps


def _where(low: sp.Expr, high: sp.Expr) -> str:
    return "" if low == -sp.oo and high == sp.oo else f"between {low} and {high} "


def _is_continuous(phi: sp.Expr, p: Pieces) -> bool:
    if not p.cuts:
        return not phi.has(*JUMPS) or is_zero(phi - p.formulas[0])
    ends = [(phi.subs(p.variable, c), _end(p, n, 0, -1), _end(p, n, 0, 1)) for n, c in enumerate(p.cuts)]
    return all(_is_finite(*e) and is_zero(e[1] - e[2]) and is_zero(e[0] - e[1]) for e in ends)


def _bends_up(p: Pieces, n: int) -> bool:
    left, right = _end(p, n, 1, -1), _end(p, n, 1, 1)
    return _is_finite(left, right) and (is_zero(right - left) or is_nonnegative(right - left))


def _end(p: Pieces, n: int, order: int, side: int) -> Any:
    """The one-sided derivative of the given order at cut n, from the left for side -1."""
    f = p.formulas[n if side < 0 else n + 1]
    for _ in range(order):
        f = derivative(f, p.variable)
    return f.subs(p.variable, p.cuts[n])


def _is_finite(*values: Any) -> bool:
    return all(not v.has(sp.nan, sp.zoo, sp.oo, -sp.oo) and defined_everywhere(v) for v in values)


__all__ = ["Sign", "by_bounds", "convexity_of"]

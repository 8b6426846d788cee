"""Is h(x) ≥ 0 on an interval of the real line, bounded or not? A proof, a rational point where h < 0, or neither.

h is one smooth formula in x without parameters, defined on the whole closed interval. The ends go to `rays`, the middle to
`segments`; the further out the rays begin, the sooner their rule holds, so they are tried at a few distances.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.pieces import beyond
from amsym.prover.signs import is_nonnegative
from proofs.one_variable.rays import nonnegative_beyond
from proofs.one_variable.segments import Segment, nonnegative_on, sign_at

# Points far out that are tried first; distances at which the rays begin, and the seconds that one function may take.
DISTANCES = (4, 12, 40, 400)
SECONDS = 4.0


@dataclass(frozen=True)
class Signed:
    """h ≥ 0 shown with the way it was, or a point where h < 0, or neither."""

    shown: bool
    way: str = ""
    negative: Fraction | None = None


def nonnegative_between(h: sp.Expr, x: sp.Symbol, low: Fraction | None, high: Fraction | None) -> Signed:
    """Decide h ≥ 0 on [low, high]; None stands for an infinite end.

    >>> x = sp.Symbol("x", real=True)
    >>> nonnegative_between(x**4 + sp.exp(-x) - x, x, None, None).shown
    True
    >>> nonnegative_between(sp.cosh(x) - 1 - x, x, None, None).negative
    Fraction(1, 1)
    """
    h = h.rewrite(sp.erfc, sp.erf).rewrite((sp.sech, sp.csch, sp.coth), sp.exp)
    if is_nonnegative(h.subs(x, beyond(_number(low, -sp.oo), _number(high, sp.oo)))):
        return Signed(True, "by bounds through the formula")
    found = _near(h, x, low, high)
    if found is not None:
        return Signed(False, negative=found)
    try:
        with time_limit(SECONDS):
            return _by_parts(h, x, low, high)
    except OutOfTime:
        return Signed(False)


def _number(end: Fraction | None, infinite: sp.Expr) -> sp.Expr:
    return infinite if end is None else sp.Rational(end.numerator, end.denominator)


def _near(h: sp.Expr, x: sp.Symbol, low: Fraction | None, high: Fraction | None) -> Fraction | None:
    """Small integers and fractions first, so that a counterexample can be read; then far ones."""
    steps = [Fraction(n, d) for d in (1, 2, 4) for n in range(-8 * d, 8 * d + 1)]
    steps += [Fraction(sign * 2**k) for k in range(4, 41) for sign in (1, -1)]
    inside = [p for p in sorted(set(steps), key=_height) if (low is None or p > low) and (high is None or p < high)]
    return next((p for p in inside if sign_at(h, x, p) == -1), None)


def _height(p: Fraction) -> tuple[int, int, bool]:
    return p.denominator + abs(p.numerator), p.denominator, p < 0


def _by_parts(h: sp.Expr, x: sp.Symbol, low: Fraction | None, high: Fraction | None) -> Signed:
    """Rays as soon as their rule holds, then the segment between; where a ray is open, the segment still may hold a witness."""
    right = _end(h, x, high, low)
    left = _end(h.subs(x, -x), x, None if low is None else -low, None if high is None else -high)
    reach = Fraction(DISTANCES[2])
    a, b = (-left if left is not None else -reach), (right if right is not None else reach)
    middle = nonnegative_on(h, x, a, b) if a < b else Segment(True)
    if middle.negative is not None:
        return Signed(False, negative=middle.negative)
    if middle.shown and left is not None and right is not None:
        return Signed(True, _way(a, b, middle, low is None or high is None))
    return Signed(False)


def _end(h: sp.Expr, x: sp.Symbol, high: Fraction | None, low: Fraction | None) -> Fraction | None:
    """Where the segment may end on the right: at the interval's own end, or where a ray with h ≥ 0 begins."""
    if high is not None:
        return high
    starts = (max(Fraction(d), (low or Fraction(0)) + d) for d in DISTANCES)
    return next((start for start in starts if nonnegative_beyond(h, x, start)), None)


def _way(left: Fraction, right: Fraction, middle: Segment, unbounded: bool) -> str:
    words = f"on [{left}, {right}] by {middle.balls} balls with outward rounding"
    words += f", with Taylor's formula at the exact zeros {', '.join(middle.zeros)}" if middle.zeros else ""
    return words + (", beyond by a sign of the derivatives after dividing out positive factors" if unbounded else "")

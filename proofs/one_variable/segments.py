"""h(x) ≥ 0 on a closed interval, by balls that contain every value of h there, cut into halves until they settle.

At a zero of h no ball settles the sign; there Taylor's formula does: where h and its derivatives up to k - 1 vanish
exactly at c, h(x) = h⁽ᵏ⁾(ξ)(x - c)ᵏ/k!, and the ball of h⁽ᵏ⁾ decides. Balls round outwards, so this is a proof.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import arb, ctx

from amsym.notation import is_zero
from amsym.notation.effort import check
from numeric.rigorous import Evaluator, Undetermined, ball

# Halvings of one interval, balls in all, and the highest order of a zero.
DEPTH, BALLS, ORDER = 40, 6000, 6
# Bits in which intervals are evaluated, and those in which the sign at one point is.
COARSE, FINE = 64, 512


@dataclass
class Segment:
    """What a search on an interval found: settled everywhere, or a point where h < 0, or neither."""

    shown: bool
    negative: Fraction | None = None
    balls: int = 0
    zeros: list[str] = field(default_factory=list)


class Enclosing(Evaluator):
    """Values of a function of one variable over a ball of that variable."""

    def __init__(self, x: sp.Symbol, over: arb, precision: int) -> None:
        super().__init__({}, {}, precision)
        self._known[(x, ())] = over


def enclosure(h: sp.Expr, x: sp.Symbol, low: Fraction, high: Fraction, precision: int = COARSE) -> arb:
    """A ball that contains h on [low, high]; not finite where none is known.

    >>> x = sp.Symbol("x", real=True)
    >>> bool(enclosure(1 + x**2, x, Fraction(0), Fraction(1)) > 0)
    True
    """
    before, ctx.prec = ctx.prec, precision
    try:
        return Enclosing(x, ball(low).union(ball(high)), precision)(h)
    except Undetermined:
        return arb("nan")
    finally:
        ctx.prec = before


def sign_at(h: sp.Expr, x: sp.Symbol, at: Fraction) -> int | None:
    """The sign of h at one rational point, None where balls leave it open: near a zero, or where h is not defined."""
    value = enclosure(h, x, at, at, FINE)
    return 1 if value > 0 else -1 if value < 0 else 0 if value.is_exact() and value == 0 else None


def nonnegative_on(h: sp.Expr, x: sp.Symbol, low: Fraction, high: Fraction) -> Segment:
    """Settle h ≥ 0 on [low, high] for a smooth h without parameters, or find a rational point where h < 0.

    >>> x = sp.Symbol("x", real=True)
    >>> nonnegative_on(sp.exp(x) - 1 - x, x, Fraction(-2), Fraction(2)).shown
    True
    >>> nonnegative_on(x**2 - x + sp.Rational(6, 25), x, Fraction(-2), Fraction(2)).negative
    Fraction(1, 2)
    """
    work = _Work(h, x)
    todo, shown = [(low, high, 0)], True
    while todo:
        check()
        a, b, depth = todo.pop(0)
        if work.settled(a, b, depth):
            continue
        middle = (a + b) / 2
        for point in (middle, a, b):
            if sign_at(h, x, point) == -1:
                return Segment(False, point, work.balls)
        if depth >= DEPTH or work.balls > BALLS:
            shown = False
            break
        todo += [(a, middle, depth + 1), (middle, b, depth + 1)]
    return Segment(shown, None, work.balls, sorted(work.zeros))


class _Work:
    """The function, its derivatives as they are needed, and the count of balls."""

    def __init__(self, h: sp.Expr, x: sp.Symbol) -> None:
        self.x, self.derivatives, self.balls = x, [h], 0
        self.zeros: set[str] = set()
        self._orders: dict[Fraction, int] = {}

    def derivative(self, k: int) -> sp.Expr:
        while len(self.derivatives) <= k:
            self.derivatives.append(sp.diff(self.derivatives[-1], self.x))
        return self.derivatives[k]

    def settled(self, a: Fraction, b: Fraction, depth: int) -> bool:
        self.balls += 1
        h = self.derivatives[0]
        whole = enclosure(h, self.x, a, b)
        if whole >= 0:
            return True
        if not whole.is_finite():
            return False
        slope = enclosure(self.derivative(1), self.x, a, b)
        start, end = (enclosure(h, self.x, p, p) for p in (a, b))
        if (slope >= 0 and start >= 0) or (slope <= 0 and end >= 0):
            return True
        width = ball((b - a) / 2)
        centred = enclosure(h, self.x, (a + b) / 2, (a + b) / 2) + slope * arb(0, 1) * width
        return bool(centred >= 0) or (depth >= 3 and self._by_zero(a, b))

    def _by_zero(self, a: Fraction, b: Fraction) -> bool:
        """Taylor's formula about an exact zero in [a, b], of even order inside, of any order at the ends."""
        for c in _simple_points(a, b):
            k = self._order(c)
            if k is None:
                continue
            top = enclosure(self.derivative(k), self.x, a, b)
            sign = (-1) ** k if c == b else 1
            if (k % 2 == 0 or c in (a, b)) and sign * top >= 0:
                self.zeros.add(str(c))
                return True
        return False

    def _order(self, c: Fraction) -> int | None:
        """How many of h, h', h'', ... vanish exactly at c."""
        if c not in self._orders:
            self._orders[c] = _order_of_zero(self, c)
        return self._orders[c] or None


def _order_of_zero(work: _Work, c: Fraction) -> int:
    for k in range(ORDER + 1):
        if sign_at(work.derivative(k), work.x, c) in (1, -1):
            return k
        if not _vanishes(work.derivative(k), work.x, c):
            return 0
    return 0


def _vanishes(h: sp.Expr, x: sp.Symbol, c: Fraction) -> bool:
    value: Any = h.subs(x, sp.Rational(c.numerator, c.denominator))
    return bool(value == 0 or (value.is_finite and is_zero(value)))


def _simple_points(a: Fraction, b: Fraction) -> list[Fraction]:
    """The ends, the middle and the simplest fraction inside: where formulas that people write have their zeros."""
    middle = (a + b) / 2
    simple = [f for n in (1, 2, 3, 10) if a <= (f := middle.limit_denominator(n)) <= b]
    return list(dict.fromkeys([a, b, *simple]))

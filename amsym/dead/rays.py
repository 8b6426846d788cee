"""The rays x ≤ a and x ≥ a on which a function g of one variable is constant, exactly.

The function is taken apart at its kinks (`amsym.prover.pieces`); a piece is flat when its derivative canonicalises to
zero, and flat on no interval when its derivative has one sign, or when it is analytic there with a derivative that is
not zero at one point (the zeros of an analytic function that is not zero are isolated).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from amsym.notation import canonical, derivative, is_zero
from amsym.notation.functions import Li2
from amsym.prover.pieces import Pieces, beyond, pieces
from amsym.prover.regularity import conditions, is_continuous
from amsym.prover.signs import is_positive

# Finite and analytic on the whole real line, or analytic wherever they are defined.
_ANALYTIC = (sp.exp, sp.log, sp.tanh, sp.cosh, sp.sinh, sp.sech, sp.erf, sp.erfc, sp.atan, sp.asinh, sp.sin, sp.cos, Li2)
# Places at which the derivative of an analytic piece is looked at: positive numbers, and shares of a bounded piece.
_PLACES = tuple(sp.Rational(p, q) for p, q in ((1, 1), (1, 3), (2, 1), (7, 2)))


@dataclass(frozen=True)
class Ray:
    """g is the constant `value` for x ≤ end (side -1) or x ≥ end (side 1); the end itself belongs to it where closed.

    An infinite end means the whole line.
    """

    side: int
    end: sp.Expr
    closed: bool
    value: sp.Expr

    def condition(self, x: Any) -> str:
        """Where the ray lies, in words: y[i] ≤ 0."""
        if self.end in (sp.oo, -sp.oo):
            return f"every {x}"
        sign = {(-1, True): "≤", (-1, False): "<", (1, True): "≥", (1, False): ">"}[self.side, self.closed]
        return f"{x} {sign} {self.end}"

    def point(self, distance: Any) -> sp.Expr:
        """The point of the ray at a distance from its end."""
        return self.side * distance if self.end in (sp.oo, -sp.oo) else self.end + self.side * distance


@dataclass(frozen=True)
class Plateau:
    """g is constant on a bounded interval between two kinks: flat, but no dead direction."""

    low: sp.Expr
    high: sp.Expr
    value: sp.Expr


@dataclass(frozen=True)
class Profile:
    """The rays and plateaus of g; what is left open; whether g is strictly monotone, and so never flat at all.

    With nothing open, the function is constant on no ray but (part of) those listed. tails: the outermost piece on the left and
    on the right, each a formula and the cut at which it begins.
    """

    rays: tuple[Ray, ...] = ()
    plateaus: tuple[Plateau, ...] = ()
    open: tuple[str, ...] = ()
    strict: bool = False
    tails: tuple[tuple[sp.Expr, sp.Expr], ...] = ()


def profile(g: sp.Expr, x: sp.Symbol) -> Profile:
    """Where a function of one real variable is constant.

    >>> x = sp.Symbol("x", real=True)
    >>> [ray.condition(x) for ray in profile(sp.Max(-1, sp.Min(1, x)), x).rays]
    ['x ≤ -1', 'x ≥ 1']
    >>> profile(sp.tanh(x), x).rays, profile(sp.tanh(x), x).strict
    ((), True)
    """
    found = pieces(g, x)
    if found is None:
        return Profile(open=(f"the kinks of {g} are not settled",))
    return _Reading(g, found).profile()


class _Reading:
    """One function taken apart: which of its pieces are flat, and which are flat on no interval."""

    def __init__(self, g: sp.Expr, found: Pieces) -> None:
        self.g, self.x, self.intervals = g, found.variable, found.intervals()
        self.values = [constant_value(f, self.x) for _, _, f in self.intervals]

    def profile(self) -> Profile:
        if all(v is not None for v in self.values) and len(self._run(0, 1)) == len(self.values):
            value = self.values[0]
            return Profile((Ray(-1, sp.oo, False, value), Ray(1, -sp.oo, False, value)))
        left, right = self._run(0, 1), self._run(len(self.values) - 1, -1)
        rays = tuple(r for r in (self._ray(-1, left), self._ray(1, right)) if r is not None)
        plateaus = tuple(self._plateaus([n for n in range(len(self.values)) if n not in {*left, *right}]))
        tails = ((self.intervals[0][2], self.intervals[0][1]), (self.intervals[-1][2], self.intervals[-1][0]))
        return Profile(rays, plateaus, self._open(left, right), self._strict(), tails)

    def _run(self, start: int, step: int) -> list[int]:
        """The flat pieces from one end on that hold one value, kinks between them included."""
        run: list[int] = []
        n = start
        while 0 <= n < len(self.values) and self.values[n] is not None:
            if run and not self._joined(run[-1], n):
                break
            run.append(n)
            n += step
        return run

    def _joined(self, a: int, b: int) -> bool:
        kink, here, there = self.intervals[min(a, b)][1], self.values[a], self.values[b]
        return here is not None and there is not None and is_zero(here - there) and self._attained(kink, here)

    def _attained(self, kink: sp.Expr, value: sp.Expr) -> bool:
        return is_zero(self.g.xreplace({self.x: kink}) - value)

    def _ray(self, side: int, run: list[int]) -> Ray | None:
        if not run:
            return None
        end, value = self.intervals[run[-1]][1 if side < 0 else 0], self.values[run[-1]]
        return Ray(side, end, self._attained(end, value), value)

    def _plateaus(self, inner: list[int]) -> Iterator[Plateau]:
        """The flat pieces between the rays, those that a kink parts without a change taken together."""
        while inner:
            run = [n for n in self._run(inner[0], 1) if n in inner]
            if run:
                yield Plateau(self.intervals[run[0]][0], self.intervals[run[-1]][1], self.values[run[0]])
            inner = inner[max(len(run), 1) :]

    def _open(self, left: list[int], right: list[int]) -> tuple[str, ...]:
        """What a longer or a further ray would have to hold: the outermost pieces, and those next to a ray."""
        last = len(self.values) - 1
        needed = {left[-1] + 1 if left else 0, right[-1] - 1 if right else last} - {*left, *right}
        return tuple(_asks(self.intervals[n], self.x) for n in sorted(needed) if 0 <= n <= last and not self._moves(n))

    def _moves(self, n: int) -> bool:
        """Whether a piece is constant on no interval, or is a plateau whose value is another than its neighbours'."""
        if self.values[n] is None:
            return is_nowhere_flat(self.x, *self.intervals[n])
        beside = [self.values[m] for m in (n - 1, n + 1) if 0 <= m < len(self.values)]
        return all(v is None or is_positive(v - self.values[n]) or is_positive(self.values[n] - v) for v in beside)

    def _strict(self) -> bool:
        ways = {slope_sign(self.x, *i) for i in self.intervals}
        return len(ways) == 1 and 0 not in ways and is_continuous(self.g, (self.x,)) and not conditions(self.g)


def constant_value(f: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """The value of a function of x whose derivative canonicalises to zero; None for any other."""
    if not f.has(x):
        return f
    if not is_zero(derivative(f, x)):
        return None
    value = canonical(f)
    return value if not value.has(x) else canonical(f.xreplace({x: sp.S.Zero}))


def is_nowhere_flat(x: sp.Symbol, low: sp.Expr, high: sp.Expr, f: sp.Expr) -> bool:
    """Whether f was shown to be constant on no part of the interval from low to high, for all parameters as declared."""
    return slope_sign(x, low, high, f) != 0 or (_is_analytic(f, x, low, high) and _moves_somewhere(derivative(f, x), x, low, high))


def slope_sign(x: sp.Symbol, low: sp.Expr, high: sp.Expr, f: sp.Expr) -> int:
    """1 or -1 where the slope of f was shown positive or negative from low to high; 0 where it has no sign that is shown."""
    slope = derivative(f, x).xreplace({x: beyond(low, high)})
    return 1 if is_positive(slope) else -1 if is_positive(-slope) else 0


def _is_analytic(f: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> bool:
    known = all(isinstance(u, _ANALYTIC) for u in f.atoms(sp.Function) if u.has(x))
    return known and not conditions(f.xreplace({x: beyond(low, high)}))


def _moves_somewhere(slope: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> bool:
    return any(is_positive(s * slope.xreplace({x: p})) for p in _points(low, high) for s in (1, -1))


def _points(low: sp.Expr, high: sp.Expr) -> list[sp.Expr]:
    if low == -sp.oo:
        return [sp.S.Zero, *_PLACES] if high == sp.oo else [high - p for p in _PLACES]
    return [low + p for p in _PLACES] if high == sp.oo else [low + (high - low) * p / (1 + p) for p in _PLACES]


def _asks(interval: tuple[sp.Expr, sp.Expr, sp.Expr], x: sp.Symbol) -> str:
    low, high, f = interval
    where = f"on ({low}, {high})" if (low, high) != (-sp.oo, sp.oo) else "anywhere"
    return f"no sign of the slope {derivative(f, x)} is known {where}"

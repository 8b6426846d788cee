"""low ≤ value ≤ high for every state and every parameter as declared: interval bounds through the tree, in exact numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cmp_to_key, lru_cache
from typing import Any

import sympy as sp

from amsym.notation import Component, Delta, Mask, Size, Total, free_indices, rename


@dataclass(frozen=True)
class Bounds:
    """low ≤ value ≤ high, strictly where open."""

    low: sp.Expr = -sp.oo
    high: sp.Expr = sp.oo
    low_open: bool = True
    high_open: bool = True

    @property
    def nonnegative(self) -> bool:
        """Whether no value lies below 0."""
        return known(self.low >= 0)

    @property
    def positive(self) -> bool:
        """Whether every value lies above 0."""
        return known(self.low > 0) or bool(self.low == 0 and self.low_open)

    @property
    def nonpositive(self) -> bool:
        """Whether no value lies above 0."""
        return known(self.high <= 0)

    def __neg__(self) -> Bounds:
        return Bounds(-self.high, -self.low, self.high_open, self.low_open)


def known(relation: Any) -> bool:
    """Whether a comparison of numbers holds for certain; what SymPy cannot settle counts as not known."""
    return relation in (True, sp.true)


ANY = Bounds()


POSITIVE = Bounds(sp.S.Zero, sp.oo, True, True)


NONNEGATIVE = Bounds(sp.S.Zero, sp.oo, False, True)


UNIT = Bounds(sp.S.Zero, sp.S.One, False, False)


@lru_cache(maxsize=50_000)
def bounds(expr: sp.Expr) -> Bounds:
    """Bounds of an expression over all states and all parameters as declared."""
    if expr.is_number and expr.is_real:
        return Bounds(expr, expr, False, False)
    if isinstance(expr, (sp.Symbol, Component)):
        return _declared(expr)
    if isinstance(expr, (Mask, Delta)):
        return UNIT
    if isinstance(expr, sp.Add):
        return _sum(expr)
    if isinstance(expr, sp.Mul):
        return _product(expr)
    if isinstance(expr, Total):
        return _total(expr)
    if isinstance(expr, sp.exp):
        return _monotone(sp.exp, bounds(expr.args[0]), POSITIVE)
    if isinstance(expr, sp.Pow):
        return _power(expr)
    return _function(expr)


def _declared(x: sp.Expr) -> Bounds:
    if isinstance(x, Size) or (x.is_integer and x.is_positive):
        return Bounds(sp.S.One, sp.oo, False, True)
    values = x.tensor.values if isinstance(x, Component) else ()
    if values:
        return Bounds(sp.sympify(min(values)), sp.sympify(max(values)), False, False)
    if isinstance(x, Component) and _on_diagonal(x):
        return NONNEGATIVE
    if x.is_positive:
        return POSITIVE
    if x.is_nonnegative:
        return NONNEGATIVE
    return -POSITIVE if x.is_negative else (-NONNEGATIVE if x.is_nonpositive else ANY)


def _on_diagonal(x: Component) -> bool:
    """P[i, i] of a positive semidefinite P."""
    half = len(x.where) // 2
    return x.tensor.has_property("psd") and half > 0 and x.where[:half] == x.where[half:]


def _sum(expr: sp.Add) -> Bounds:
    parts = [bounds(a) for a in expr.args]
    low, high = sp.Add(*(p.low for p in parts)), sp.Add(*(p.high for p in parts))
    return Bounds(low, high, any(p.low_open for p in parts), any(p.high_open for p in parts))


def _product(expr: sp.Mul) -> Bounds:
    result, factors = _moment(expr)
    for a in factors:
        result = _times(result, bounds(a))
    return result


def _moment(expr: sp.Mul) -> tuple[Bounds, tuple[sp.Expr, ...]]:
    """|u^n e^{-a u²}| ≤ (n/(2ea))^{n/2}, with its largest value where 2a u² = n; and the other factors."""
    for bell in (f for f in expr.args if isinstance(f, sp.exp)):
        for power in (f for f in expr.args if isinstance(f, (sp.Symbol, Component, sp.Pow)) and not isinstance(f, sp.exp)):
            u, n = power.as_base_exp()
            a = -bell.args[0] / u**2
            if n.is_Integer and n > 0 and u.is_real and a.is_Rational and a > 0:
                top = (n / (2 * sp.E * a)) ** (n / 2)
                # Attained only if u takes every value: an end that is too wide and closed is right all the same.
                found = Bounds(sp.S.Zero if n % 2 == 0 or u.is_nonnegative else -top, top, False, False)
                return found, tuple(f for f in expr.args if f not in (bell, power))
    return Bounds(sp.S.One, sp.S.One, False, False), expr.args


def _times(a: Bounds, b: Bounds) -> Bounds:
    ends = []
    for x, x_open in ((a.low, a.low_open), (a.high, a.high_open)):
        for y, y_open in ((b.low, b.low_open), (b.high, b.high_open)):
            if x == 0 or y == 0:
                attained = (x == 0 and not x_open) or (y == 0 and not y_open)
                ends.append((sp.S.Zero, not attained))
            else:
                ends.append((x * y, x_open or y_open))
    low = min((e for e, _ in ends), key=_order)
    high = max((e for e, _ in ends), key=_order)
    return Bounds(low, high, all(o for e, o in ends if e == low), all(o for e, o in ends if e == high))


def _compared(a: sp.Expr, b: sp.Expr) -> int:
    """Exactly: as floats, -10^-400 and 10^-400 would be one number."""
    return -1 if known(a < b) else int(known(a > b))


_order = cmp_to_key(_compared)


def _total(expr: Total) -> Bounds:
    if _is_quadratic_form(expr):
        return NONNEGATIVE
    body = bounds(expr.body)
    if body.positive:
        return POSITIVE
    if body.nonnegative:
        return NONNEGATIVE
    if (-body).positive:
        return -POSITIVE
    return -NONNEGATIVE if body.nonpositive else ANY


def _is_quadratic_form(expr: Total) -> bool:
    """Σ_ij P_ij u_i u_j for a P declared positive semidefinite, whatever u is."""
    factors = sp.Mul.make_args(expr.body)
    weights = [f for f in factors if isinstance(f, Component) and f.tensor.has_property("psd") and set(f.where) == set(expr.bound)]
    if len(weights) != 1 or len(expr.bound) != 2:
        return False
    i, j = expr.bound
    left, right = (sp.Mul(*(f for f in factors if f is not weights[0] and a in free_indices(f))) for a in (i, j))
    others = [f for f in factors if f is not weights[0]]
    apart = all((i in free_indices(f)) != (j in free_indices(f)) for f in others)
    return apart and rename(left, {i: j}) == right


def _power(expr: sp.Pow) -> Bounds:
    base, exponent = bounds(expr.base), expr.exp
    if exponent.is_Integer and exponent > 0:
        return _whole_power(base, int(exponent))
    if exponent.is_real and base.positive:
        if exponent.is_Rational and exponent < 0:
            return _inverse_power(base, exponent)
        return POSITIVE
    if exponent.is_Rational and exponent > 0 and base.nonnegative:
        return NONNEGATIVE
    return NONNEGATIVE if exponent.is_even else ANY


def _whole_power(base: Bounds, n: int) -> Bounds:
    if n % 2:
        return Bounds(base.low**n, base.high**n, base.low_open, base.high_open)
    if base.nonnegative:
        return Bounds(base.low**n, base.high**n, base.low_open, base.high_open)
    if base.nonpositive:
        return _whole_power(-base, n)
    top, top_open = max(((-base.low, base.low_open), (base.high, base.high_open)), key=lambda e: (_order(e[0]), not e[1]))
    return Bounds(sp.S.Zero, top**n, False, top_open)


def _inverse_power(base: Bounds, exponent: sp.Expr) -> Bounds:
    high = sp.oo if base.low == 0 else base.low**exponent
    low = sp.S.Zero if base.high == sp.oo else base.high**exponent
    return Bounds(low, high, base.high_open, base.low_open)


def _monotone(f: Any, inner: Bounds, image: Bounds) -> Bounds:
    low = image.low if inner.low == -sp.oo else f(inner.low)
    high = image.high if inner.high == sp.oo else f(inner.high)
    low_open = image.low_open if inner.low == -sp.oo else inner.low_open
    high_open = image.high_open if inner.high == sp.oo else inner.high_open
    return Bounds(low, high, low_open, high_open)


_HALF_TURN = Bounds(-sp.pi / 2, sp.pi / 2, True, True)


_ONE = Bounds(-sp.S.One, sp.S.One, True, True)


_MONOTONE: dict[Any, Bounds] = {sp.tanh: _ONE, sp.erf: _ONE, sp.atan: _HALF_TURN, sp.sinh: ANY, sp.asinh: ANY}


def _function(expr: sp.Expr) -> Bounds:
    if expr.func in _MONOTONE:
        return _monotone(expr.func, bounds(expr.args[0]), _MONOTONE[expr.func])
    if isinstance(expr, sp.log) and bounds(expr.args[0]).positive:
        inner = bounds(expr.args[0])
        low = -sp.oo if inner.low == 0 else sp.log(inner.low)
        high = sp.oo if inner.high == sp.oo else sp.log(inner.high)
        return Bounds(low, high, inner.low_open, inner.high_open)
    if isinstance(expr, sp.cosh):
        return Bounds(sp.S.One, sp.oo, False, True)
    if isinstance(expr, sp.Abs):
        return NONNEGATIVE
    if isinstance(expr, sp.Max):
        parts = [bounds(a) for a in expr.args]
        low, high = max((p.low for p in parts), key=_order), max((p.high for p in parts), key=_order)
        return Bounds(low, high, all(p.low_open for p in parts if p.low == low), all(p.high_open for p in parts if p.high == high))
    if isinstance(expr, (sp.sign, sp.sin, sp.cos)):
        return Bounds(-sp.S.One, sp.S.One, False, False)
    return _declared(expr) if expr.is_real else ANY

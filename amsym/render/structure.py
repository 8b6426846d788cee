"""A product is sign · number · factors / factors, a sum starts with a plus: the order that every printer shares.

Scalars stand before components, these before functions, then brackets, deltas and masks; sums Σ stand last.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from amsym.notation import Component, Delta, Mask, Total
from amsym.render.numbers import is_long
from amsym.render.symbols import Rate, Slope


@dataclass(frozen=True)
class Product:
    """±(number) Π over / Π under; the number is positive."""

    negative: bool
    number: sp.Expr
    over: tuple[sp.Expr, ...]
    under: tuple[sp.Expr, ...]

    @property
    def above(self) -> sp.Expr:
        """The number above the fraction bar; a long fraction is read as a decimal and stands there whole."""
        return sp.Integer(self.number.p) if self._is_fraction else self.number

    @property
    def below(self) -> sp.Expr:
        """The number below the fraction bar."""
        return sp.Integer(self.number.q) if self._is_fraction else sp.S.One

    @property
    def _is_fraction(self) -> bool:
        return bool(self.number.is_Rational) and not is_long(self.number)

    def parted(self) -> tuple[tuple[sp.Expr, ...], tuple[sp.Expr, ...]]:
        """The factors above the bar and those beside it: a long bracket stands beside the fraction of the others."""
        beside = tuple(f for f in self.over if isinstance(f, sp.Add) and f.has(Total))
        above = tuple(f for f in self.over if f not in beside)
        return (above, beside) if above else (self.over, ())


def product_of(expr: sp.Expr) -> Product:
    """The parts of any expression taken as a product.

    >>> x, y = sp.symbols("x y")
    >>> product_of(-x/(2*y))
    Product(negative=True, number=1/2, over=(x,), under=(y,))
    """
    number, factors = sp.S.One, []
    for f in sp.Mul.make_args(expr):
        if f.is_Number:
            number *= f
        else:
            factors.append(f)
    under = [1 / f for f in factors if _is_divisor(f)]
    over = [f for f in factors if not _is_divisor(f)]
    return Product(bool(number.is_negative), abs(number), tuple(sorted(over, key=_place)), tuple(sorted(under, key=_place)))


def _is_divisor(f: sp.Expr) -> bool:
    return isinstance(f, sp.Pow) and not isinstance(f, sp.exp) and bool(f.exp.could_extract_minus_sign())


def _place(f: sp.Expr) -> tuple[int, object]:
    base = f.base if isinstance(f, sp.Pow) and not isinstance(f, sp.exp) else f
    return _rank(base), sp.default_sort_key(f)


def _rank(base: sp.Expr) -> int:
    if isinstance(base, sp.Add):
        return 6 if base.has(Total) else 2
    kinds: tuple[tuple[type, ...], ...] = ((sp.Symbol,), (Component,), (Delta,), (Rate, Slope), (Mask,), (Total,))
    places = (0, 1, 4, 5, 5, 7)
    return next((place for kind, place in zip(kinds, places, strict=True) if isinstance(base, kind)), 3)


def terms_of_sum(expr: sp.Expr) -> tuple[tuple[bool, sp.Expr], ...]:
    """The terms of a sum as (negative, magnitude), a positive one first where there is one.

    >>> x, y = sp.symbols("x y")
    >>> terms_of_sum(y - x)
    ((False, y), (True, x))
    """
    terms = [_signed(t) for t in (expr.as_ordered_terms() if isinstance(expr, sp.Add) else (expr,))]
    first = next((n for n, (negative, _) in enumerate(terms) if not negative), 0)
    return (terms[first], *terms[:first], *terms[first + 1 :])


def _signed(term: sp.Expr) -> tuple[bool, sp.Expr]:
    negative = bool(term.as_coeff_Mul()[0].is_negative)
    return negative, -term if negative else term


def is_atom(expr: sp.Expr) -> bool:
    """Whether the expression never needs brackets around it."""
    plain = isinstance(expr, (sp.Symbol, Component, Rate, Mask, Delta, sp.Abs))
    plain = plain or (expr.is_Integer and expr.is_nonnegative and not is_long(expr))
    return plain or (isinstance(expr, sp.Function) and not isinstance(expr, sp.exp)) or isinstance(expr, (sp.Max, sp.Min))


def needs_brackets(factor: sp.Expr, last: bool) -> bool:
    """Whether a factor of a product stands in brackets: sums do, and Σ wherever something follows it."""
    if isinstance(factor, Total):
        return not last
    return isinstance(factor, sp.Add) or factor.is_Mul or (factor.is_Number and bool(factor.is_negative))


# Functions whose powers are written as tanh²(x).
POWERED = (sp.tanh, sp.cosh, sp.sinh, sp.sech, sp.sin, sp.cos, sp.tan)

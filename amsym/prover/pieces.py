"""A function of one variable with kinks, piece by piece: smooth formulas between finitely many cuts.

Every max, |u|, [u > 0] and sign is settled on each open interval between the cuts, innermost first; the cuts are the
roots of the u, which must be affine in the variable (or a polynomial with rational roots). Cuts may hold parameters
as long as their order is known from the declarations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from amsym.notation import Mask
from amsym.prover.signs import is_positive

# More cuts than any activation in use has; each one costs a pass over the formula.
CUTS = 12


class Unsettled(Exception):
    """A branch that the declarations do not decide."""


def truth(condition: Any, sign: Callable[[sp.Expr], int]) -> bool:
    """Whether a condition holds where `sign` tells the sign of lhs - rhs, for comparisons joined by And, Or and Not.

    Raises Unsettled for any other condition.
    """
    if condition in (sp.true, sp.false):
        return bool(condition)
    if isinstance(condition, (sp.And, sp.Or)):
        return (all if isinstance(condition, sp.And) else any)(truth(c, sign) for c in condition.args)
    if isinstance(condition, sp.Not):
        return not truth(condition.args[0], sign)
    if not isinstance(condition, Relational):
        raise Unsettled(condition)
    side = sign(condition.lhs - condition.rhs)
    return {">": side > 0, ">=": side >= 0, "<": side < 0, "<=": side <= 0, "==": side == 0, "!=": side != 0}[condition.rel_op]


class _NewCut(Exception):
    """A root inside an interval that was taken to be free of kinks."""

    def __init__(self, where: sp.Expr) -> None:
        super().__init__(where)
        self.where = where


@dataclass(frozen=True)
class Pieces:
    """The variable, the cuts from left to right, and one smooth formula for each open interval that they leave."""

    variable: sp.Symbol
    cuts: tuple[sp.Expr, ...]
    formulas: tuple[sp.Expr, ...]

    def intervals(self) -> list[tuple[sp.Expr, sp.Expr, sp.Expr]]:
        """(low, high, formula) from left to right, with -∞ and ∞ at the ends."""
        ends = (-sp.oo, *self.cuts, sp.oo)
        return [(low, high, f) for (low, high), f in zip(pairwise(ends), self.formulas, strict=True)]


def pieces(expr: sp.Expr, t: sp.Symbol) -> Pieces | None:
    """The pieces of a function of t; None where a cut or a branch cannot be settled.

    >>> t = sp.Symbol("t", real=True)
    >>> pieces(sp.Max(0, t - 1)**2 + sp.Abs(t), t).formulas
    (-t, t, t + (t - 1)**2)
    """
    cuts: list[sp.Expr] = []
    while len(cuts) <= CUTS:
        ends = (-sp.oo, *cuts, sp.oo)
        try:
            formulas = tuple(_Interval(t, low, high)(expr) for low, high in pairwise(ends))
        except _NewCut as new:
            cuts = _inserted(new.where, cuts)
        except Unsettled:
            return None
        else:
            return Pieces(t, tuple(cuts), formulas)
    return None


def _inserted(new: sp.Expr, cuts: list[sp.Expr]) -> list[sp.Expr]:
    place = sum(is_positive(new - c) for c in cuts)
    return [*cuts[:place], new, *cuts[place:]]


def beyond(low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """An expression whose values are exactly the open interval from low to high."""
    up = sp.Dummy("s", positive=True)
    if low == -sp.oo:
        return sp.Dummy("s", real=True) if high == sp.oo else high - up
    return low + up if high == sp.oo else low + (high - low) * up / (1 + up)


class _Interval:
    """Settles the branches of a formula on one open interval."""

    def __init__(self, t: sp.Symbol, low: sp.Expr, high: sp.Expr) -> None:
        self.t, self.low, self.high = t, low, high

    def __call__(self, e: sp.Basic) -> Any:
        if not e.args or not e.has(self.t):
            return e
        if isinstance(e, (Mask, sp.Piecewise)):
            return self._by_condition(e)
        inner = [self(a) for a in e.args]
        if isinstance(e, (sp.Max, sp.Min)):
            return self._extreme(inner, 1 if isinstance(e, sp.Max) else -1)
        if isinstance(e, (sp.Abs, sp.sign, sp.Heaviside)) and inner[0].has(self.t):
            side = self.side(inner[0])
            return {sp.Abs: side * inner[0], sp.sign: sp.Integer(side), sp.Heaviside: sp.Integer(side > 0)}[e.func]
        if isinstance(e, (sp.floor, sp.ceiling, sp.frac, sp.Mod)):
            raise Unsettled(e)
        return e.func(*inner)

    def _by_condition(self, e: Any) -> Any:
        if isinstance(e, Mask):
            return sp.Integer(self.holds(e.condition))
        for value, condition in e.args:
            if self.holds(condition):
                return self(value)
        raise Unsettled(e)

    def _extreme(self, parts: list[sp.Expr], sense: int) -> sp.Expr:
        best = parts[0]
        for p in parts[1:]:
            best = p if sense * self.side(p - best) > 0 else best
        return best

    def holds(self, condition: Any) -> bool:
        """Whether a condition holds on the whole open interval; it must hold on all of it or on none."""
        return truth(condition, lambda u: self.side(self(u)))

    def side(self, u: sp.Expr) -> int:
        """The sign of u on the open interval: 1 or -1, or 0 where it is zero throughout."""
        u = sp.expand(u)
        if u == 0:
            return 0
        if not u.has(self.t):
            return _strict_sign(u)
        here = u.xreplace({self.t: beyond(self.low, self.high)})
        for s in (1, -1):
            if is_positive(s * here):
                return s
        if u.is_polynomial(self.t):
            return self._by_roots(sp.Poly(u, self.t))
        raise Unsettled(u)

    def _by_roots(self, p: sp.Poly) -> int:
        roots = _roots(p)
        for r in roots:
            if self._inside(r):
                raise _NewCut(r)
        above = sum(not self._below(r) for r in roots)
        return _strict_sign(p.LC()) * (-1) ** above

    def _inside(self, r: sp.Expr) -> bool:
        after = self.low == -sp.oo or _compare(r, self.low) > 0
        return after and (self.high == sp.oo or _compare(self.high, r) > 0)

    def _below(self, r: sp.Expr) -> bool:
        """Whether a root outside lies to the left of the interval."""
        return self.low != -sp.oo and _compare(self.low, r) >= 0


def _roots(p: sp.Poly) -> list[sp.Expr]:
    """All real roots with multiplicity, as expressions; Unsettled where they are not had exactly."""
    if p.degree() == 1:
        slope, rest = p.all_coeffs()
        _strict_sign(slope)
        return [-rest / slope]
    if not all(c.is_Rational for c in p.all_coeffs()):
        raise Unsettled(p)
    roots: list[sp.Expr] = p.real_roots()
    if not all(r.is_Rational for r in roots):
        raise Unsettled(p)
    return roots


def _strict_sign(u: sp.Expr) -> int:
    if u == 0:
        return 0
    if is_positive(u):
        return 1
    if is_positive(-u):
        return -1
    raise Unsettled(u)


def _compare(a: sp.Expr, b: sp.Expr) -> int:
    return _strict_sign(sp.expand(a - b))


__all__ = ["Pieces", "Unsettled", "beyond", "pieces"]

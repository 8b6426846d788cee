"""The behaviour of a formula f(t) as t → ∞, exactly: tanh, log, roots, max and kinks become series in e^{p(t)}, t and log t.

Bottom up through the tree: sums and products of series, binomial series for powers, exp of what stays finite as a Taylor
series, logs by their leading term, max and |.| by the sign from some t on. Anything else raises `Unsettled`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from amsym.notation import Mask, Total
from amsym.notation.effort import check
from amsym.prover.expansions import FUNCTIONS, exponential, logarithm, power
from amsym.prover.series import ONE, Series, Unsettled, larger, made, number


def expansion(expr: sp.Expr, given: Mapping[sp.Expr, Series]) -> Series:
    """The series of an expression whose moving symbols are given as series; other symbols are constants.

    >>> from amsym.prover.series import power_of_t
    >>> y = sp.Symbol("y", real=True)
    >>> expansion(y*sp.tanh(y) - sp.log(sp.cosh(y)), {y: power_of_t()}).limit()
    log(2)

    Raises Unsettled where the behaviour is not found.
    """
    return _Walk(dict(given))(sp.sympify(expr))


class _Walk:
    def __init__(self, given: dict[sp.Expr, Series]) -> None:
        self.known: dict[Any, Series] = dict(given)
        self.moving = set(given)

    def __call__(self, e: sp.Expr) -> Series:
        if e not in self.known:
            check()
            self.known[e] = self._made(e)
        return self.known[e]

    def _made(self, e: sp.Expr) -> Series:
        if not self.moves(e):
            return _constant(e)
        for kind, rule in _RULES:
            if isinstance(e, kind):
                found: Series = rule(self, e)
                return found
        raise Unsettled(f"the behaviour of {e.func.__name__}(...) at infinity is not known")

    def moves(self, e: sp.Basic) -> bool:
        """Whether a moving symbol stands in the expression."""
        return e in self.moving or any(self.moves(a) for a in e.args)

    def holds(self, condition: Any) -> bool:
        """Whether a condition holds from some t on."""
        if condition in (sp.true, sp.false):
            return bool(condition)
        if isinstance(condition, (sp.And, sp.Or)):
            return (all if isinstance(condition, sp.And) else any)([self.holds(c) for c in condition.args])
        if isinstance(condition, sp.Not):
            return not self.holds(condition.args[0])
        if not isinstance(condition, sp.core.relational.Relational):
            raise Unsettled(f"cannot decide {condition}")
        s = (self(condition.lhs) - self(condition.rhs)).sign()
        return {"==": s == 0, "!=": s != 0, ">": s > 0, "<": s < 0, ">=": s >= 0, "<=": s <= 0}[condition.rel_op]


def _constant(e: sp.Expr) -> Series:
    unknown = e.is_number if e.is_real is None else not e.is_real
    if unknown or e.has(Mask, sp.Piecewise, sp.zoo, sp.nan, sp.oo, -sp.oo):
        raise Unsettled(f"{e} is no known constant")
    return number(e)


def _sum(walk: _Walk, e: sp.Add) -> Series:
    parts = [walk(a) for a in e.args]
    return made((t for s in parts for t in s.terms), larger(*(s.error for s in parts)))


def _product(walk: _Walk, e: sp.Mul) -> Series:
    result = number(sp.S.One)
    for a in e.args:
        result = result * walk(a)
    return result


def _power(walk: _Walk, e: sp.Pow) -> Series:
    if walk.moves(e.exp) or not e.exp.is_Rational:
        return exponential(walk(e.exp) * logarithm(walk(e.base)))
    return power(walk(e.base), e.exp)


def _extreme(walk: _Walk, e: Any) -> Series:
    result = walk(e.args[0])
    for a in e.args[1:]:
        other = walk(a)
        gap = other - result
        if not gap.terms:
            result = made(result.terms, larger(result.error, gap.error))
        elif (gap.sign() > 0) == isinstance(e, sp.Max):
            result = other
    return result


def _step(walk: _Walk, e: sp.Heaviside) -> Series:
    s = walk(e.args[0]).sign()
    return number(sp.Integer(int(s > 0))) if s else walk(e.args[1])


def _piecewise(walk: _Walk, e: sp.Piecewise) -> Series:
    for value, condition in e.args:
        if walk.holds(condition):
            return walk(value)
    raise Unsettled(f"no case of {e} holds")


def _round(walk: _Walk, e: sp.Expr) -> Series:
    return walk(e.args[0]) + Series((), ONE)


def _function(walk: _Walk, e: sp.Expr) -> Series:
    definition = getattr(e, "definition", None)
    if definition is not None:
        return walk(definition(e.args[0]))
    if e.func not in FUNCTIONS:
        raise Unsettled(f"the behaviour of {e.func.__name__}(...) at infinity is not known")
    s = walk(e.args[0])
    if s.constant is not None and not isinstance(e, sp.sign):
        value = e.func(s.constant)
        if value.is_real is False or value.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
            raise Unsettled(f"{value} is no number")
        return number(value)
    return FUNCTIONS[e.func](s)


def _bracket(walk: _Walk, e: Mask) -> Series:
    return number(sp.Integer(int(walk.holds(e.condition))))


def _no_sum(walk: _Walk, e: Total) -> Series:
    raise Unsettled("a sum over an axis of symbolic size")


_RULES: tuple[tuple[Any, Any], ...] = (
    (Total, _no_sum),
    (sp.Add, _sum),
    (sp.Mul, _product),
    (sp.exp, _function),
    (sp.Pow, _power),
    ((sp.Max, sp.Min), _extreme),
    (Mask, _bracket),
    (sp.Heaviside, _step),
    (sp.Piecewise, _piecewise),
    ((sp.floor, sp.ceiling), _round),
    (sp.Function, _function),
)

__all__ = ["Unsettled", "expansion"]

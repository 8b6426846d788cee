"""Rigorous values of index expressions at exact rational points: balls that contain the true value (python-flint's Arb).

Whether a bracket holds, or which of two numbers is larger, is decided only when the balls do not overlap; a tie
at exactly equal rationals is a tie. Everything undecided raises `Undetermined`, never guesses.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

import sympy as sp
from flint import arb, ctx, fmpq
from sympy.core.relational import Relational

from amsym.errors import InputError
from amsym.notation import Component, Delta, Index, Mask, Tensor, Total, free_indices
from amsym.notation.functions import Composed
from numeric.ball_functions import CONSTANTS, FUNCTIONS, FUNCTIONS_OF_TWO, Undetermined, finite, nonzero, positive
from numeric.exact_values import exactly, known, rational

# Bits of the working precision: tanh(50) differs from 1 by 2^-143, so comparisons survive saturation up to there.
PRECISION = 256


class Evaluator:
    """Values of index expressions for given sizes and exact values of all tensors and scalars.

    `values`: {tensor or scalar symbol: nested tuples of rationals, or one rational}.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> at = Evaluator({"N": 2}, {y: (Fraction(1), Fraction(1, 2))})
    >>> float(at(total(y[i]**2, i)))
    1.25
    """

    def __init__(self, sizes: Mapping[str, int], values: Mapping[Any, Any], precision: int = PRECISION) -> None:
        self.sizes, self.values, self.precision = dict(sizes), dict(values), precision
        self._known: dict[Any, arb] = {}

    def __call__(self, expr: sp.Expr, at: Mapping[Index, int] | None = None) -> arb:
        """The ball of an expression with its free indices at the given places."""
        before, ctx.prec = ctx.prec, self.precision
        try:
            return self._value(sp.sympify(expr), dict(at or {}))
        finally:
            ctx.prec = before

    def _value(self, e: sp.Basic, at: dict[Index, int]) -> arb:
        key = (e, tuple(sorted((i.name, i.axis, at[i]) for i in free_indices(e))))
        if key not in self._known:
            self._known[key] = self._compute(e, at)
        return self._known[key]

    def _compute(self, e: sp.Basic, at: dict[Index, int]) -> arb:
        for kind, rule in _RULES:
            if isinstance(e, kind):
                return rule(self, e, at)
        raise Undetermined(f"no rigorous value of {e.func.__name__}(...) is known")

    def holds(self, condition: Any, at: dict[Index, int]) -> bool:
        """Whether a condition holds, for certain."""
        if condition in (sp.true, sp.false):
            return bool(condition)
        if isinstance(condition, sp.And):
            return all(self.holds(c, at) for c in condition.args)
        if isinstance(condition, sp.Or):
            return any(self.holds(c, at) for c in condition.args)
        if isinstance(condition, sp.Xor):
            return sum(self.holds(c, at) for c in condition.args) % 2 == 1
        if isinstance(condition, sp.Not):
            return not self.holds(condition.args[0], at)
        if not isinstance(condition, Relational):
            raise Undetermined(f"cannot decide {condition}")
        sign = self.sign(condition.lhs - condition.rhs, at)
        return {"==": sign == 0, "!=": sign != 0, ">": sign > 0, "<": sign < 0, ">=": sign >= 0, "<=": sign <= 0}[condition.rel_op]

    def sign(self, e: sp.Expr, at: dict[Index, int]) -> int:
        """-1, 0 or 1 for certain: exactly where the value is rational, else by the ball."""
        exact = exactly(self, e, at)
        return _sign(self._value(e, at), e) if exact is None else (exact > 0) - (exact < 0)


def ball(x: Any) -> arb:
    """A rational as a ball."""
    q = rational(x)
    return arb(fmpq(q.numerator, q.denominator))


def _sign(x: arb, what: Any) -> int:
    if x > 0:
        return 1
    if x < 0:
        return -1
    if x.is_exact() and x == 0:
        return 0
    raise Undetermined(f"the sign of {what} is not settled at {x}")


def _number(ev: Evaluator, e: Any, at: dict[Index, int]) -> arb:
    if e.is_Rational or e.is_Float:
        return ball(e)
    if e in CONSTANTS:
        return CONSTANTS[e]()
    raise Undetermined(f"no rigorous value of {e} is known")


def _symbol(ev: Evaluator, e: Any, at: dict[Index, int]) -> arb:
    return ball(_given(ev, e, at))


def _given(ev: Evaluator, e: Any, at: dict[Index, int]) -> Fraction:
    """The exact number that stands for a component, an index, a size or a scalar."""
    value = known(ev, e, at)
    if value is None:
        raise InputError(f"no value for {e.tensor.description}" if isinstance(e, Component) else f"no value for the scalar '{e}'")
    return value


def _total(ev: Evaluator, e: Total, at: dict[Index, int]) -> arb:
    ranges = [range(ev.sizes[i.axis]) for i in e.bound]
    result = arb(0)
    for place in product(*ranges):
        result += ev._value(e.body, {**at, **dict(zip(e.bound, place, strict=True))})
    return result


def _add(ev: Evaluator, e: sp.Add, at: dict[Index, int]) -> arb:
    result = arb(0)
    for a in e.args:
        result += ev._value(a, at)
    return result


def _mul(ev: Evaluator, e: sp.Mul, at: dict[Index, int]) -> arb:
    result = arb(1)
    for a in sorted(e.args, key=lambda a: not isinstance(a, (Mask, Delta))):
        result *= ev._value(a, at)
        if result.is_exact() and result == 0 and isinstance(a, (Mask, Delta)):
            return arb(0)
    return result


def _pow(ev: Evaluator, e: sp.Pow, at: dict[Index, int]) -> arb:
    base, p = ev._value(e.base, at), exactly(ev, e.exp, at)
    if p is not None and p.denominator == 1:
        result = whole_power(base, abs(int(p)))
        return result if p >= 0 else arb(1) / nonzero(result, e)
    if base.contains(0):
        return _power_at_zero(ev, e, at, base)
    if p is not None and p.denominator == 2:
        return positive(base, e).sqrt() ** int(2 * p)
    return (positive(base, e).log() * ev._value(e.exp, at)).exp()


def _power_at_zero(ev: Evaluator, e: sp.Pow, at: dict[Index, int], base: arb) -> arb:
    """0^p = 0 for p > 0; a base that is known to be nonnegative is between 0 and the end of its ball."""
    p = ev._value(e.exp, at)
    if not (p > 0 and (base == 0 or e.base.is_nonnegative or exactly(ev, e.base, at) == 0)):
        raise Undetermined(f"{e} is not defined here, or not known: its base is {base}")
    if base == 0 or exactly(ev, e.base, at) == 0:
        return arb(0)
    return finite(arb(0).union((base.upper().log() * p).exp()), e)


def whole_power(x: arb, n: int) -> arb:
    """x^n for n ≥ 0 by repeated squaring: `arb ** n` is NaN for a ball that holds 0, whose even powers are not negative.

    >>> whole_power(arb(0, 0.25), 2).contains(0.0625), bool(whole_power(arb(0, 0.25), 2) > -1e-9)
    (True, True)
    """
    if n and n % 2 == 0 and not x.is_exact() and x.contains(0):
        return arb(0).union(whole_power(x.abs_upper(), n))
    result, square = arb(1), x
    while n:
        if n & 1:
            result = result * square
        square, n = square * square, n >> 1
    return result


def _max(ev: Evaluator, e: Any, at: dict[Index, int]) -> arb:
    values = [ev._value(a, at) for a in e.args]
    pick = (lambda a, b: a.max(b)) if isinstance(e, sp.Max) else (lambda a, b: a.min(b))
    result = values[0]
    for v in values[1:]:
        result = pick(result, v)
    return result


def _signum(ev: Evaluator, e: Any, at: dict[Index, int]) -> arb:
    return arb(ev.sign(e.args[0], at))


def _step(ev: Evaluator, e: sp.Heaviside, at: dict[Index, int]) -> arb:
    sign = ev.sign(e.args[0], at)
    return arb(int(sign > 0)) if sign else ev._value(e.args[1], at)


def _mask(ev: Evaluator, e: Mask, at: dict[Index, int]) -> arb:
    return arb(int(ev.holds(e.condition, at)))


def _delta(ev: Evaluator, e: Delta, at: dict[Index, int]) -> arb:
    a, b = (at[i] if isinstance(i, Index) else int(i) for i in e.args)
    return arb(int(a == b))


def _piecewise(ev: Evaluator, e: sp.Piecewise, at: dict[Index, int]) -> arb:
    for value, condition in e.args:
        if ev.holds(condition, at):
            return ev._value(value, at)
    raise Undetermined(f"no case of {e} applies")


def _function(ev: Evaluator, e: Any, at: dict[Index, int]) -> arb:
    if isinstance(e, Composed):
        return ev._value(e.definition(e.args[0]), at)
    if len(e.args) not in (1, 2) or e.func not in (FUNCTIONS, FUNCTIONS_OF_TWO)[len(e.args) - 1]:
        raise Undetermined(f"no rigorous value of {e.func.__name__}(...) is known")
    values = (ev._value(a, at) for a in e.args)
    return finite((FUNCTIONS | FUNCTIONS_OF_TWO)[e.func](*values), e)


def _exact_steps(ev: Evaluator, e: Any, at: dict[Index, int]) -> arb:
    """floor, ceiling and Mod: of rationals, and floor and ceiling of balls that hold no step."""
    exact = exactly(ev, e, at)
    if exact is not None:
        return ball(exact)
    if isinstance(e, sp.Mod):
        raise Undetermined(f"{e} is not known exactly")
    step = arb.floor if isinstance(e, sp.floor) else arb.ceil
    x = ev._value(e.args[0], at)
    first, last = step(x.lower()), step(x.upper())
    if not (first == last and first.is_exact()):
        raise Undetermined(f"{e} may jump at {x}")
    return first


_RULES: tuple[tuple[Any, Any], ...] = (
    (Component, _symbol),
    (Total, _total),
    (sp.Add, _add),
    (sp.Mul, _mul),
    (sp.exp, _function),
    (sp.Pow, _pow),
    ((sp.Max, sp.Min), _max),
    (sp.sign, _signum),
    (sp.Heaviside, _step),
    (Mask, _mask),
    (Delta, _delta),
    (sp.Piecewise, _piecewise),
    ((sp.floor, sp.ceiling, sp.Mod), _exact_steps),
    (sp.Function, _function),
    (sp.Symbol, _symbol),
    (sp.Expr, _number),
)

__all__ = ["Evaluator", "Tensor", "Undetermined", "ball", "rational"]

"""How functions enter the normal form: |x| = 2 x₊ - x, sinh = tanh cosh, e^(a+b) = e^a e^b, [x ≤ 0] = 1 - [x > 0].

Everything with a kink becomes positive parts x₊ = max(0, x) and brackets [x > 0], so that different
ways to write a ReLU compare equal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy.core.relational import Ge, Gt, Le, Lt

from amsym.notation.marks import Mask
from amsym.notation.terms import Term, multiplied, normal_terms, power, simplified, single


def canonical_core(expr: Any) -> Any:
    """The normal form, met again from inside functions (imported late: the two need each other)."""
    from amsym.notation.canonical import canonical_core as core

    return core(expr)


def _exp(expr: sp.exp) -> tuple[Term, ...]:
    exponent = canonical_core(expr.args[0])
    factors: dict[sp.Expr, sp.Expr] = {}
    for part in sp.Add.make_args(exponent):
        number, rest = part.as_coeff_Mul()
        base = sp.exp(rest) if number.is_Rational and rest != 1 else sp.exp(part)
        times = number if number.is_Rational and rest != 1 else sp.S.One
        if isinstance(base, sp.exp):
            factors[base] = factors.get(base, sp.S.Zero) + times
        else:
            factors.update({b: factors.get(b, sp.S.Zero) + e * times for b, e in [base.as_base_exp()]})
    return (simplified(sp.S.One, {b: e for b, e in factors.items() if b != 1}, ()),)


def _log(expr: sp.log) -> tuple[Term, ...]:
    argument = canonical_core(expr.args[0])
    if isinstance(argument, sp.Add):
        content, rest = argument.as_content_primitive()
        argument = sp.Mul(content, rest, evaluate=False) if content != 1 and content.is_positive else argument
    apart = [f for f in sp.Mul.make_args(argument) if f.is_positive]
    others = [f for f in sp.Mul.make_args(argument) if not f.is_positive]
    if len(apart) + bool(others) <= 1:
        return _log_of_power(argument)
    return tuple(t for f in (*apart, *([sp.Mul(*others)] if others else [])) for t in _log_of_power(f))


def _log_of_power(argument: sp.Expr) -> tuple[Term, ...]:
    if isinstance(argument, sp.exp):
        return normal_terms(argument.args[0])
    base, exponent = argument.as_base_exp()
    if base.is_positive and exponent.is_real and exponent != 1:
        return tuple(multiplied(t, Term(sp.S.One, ((sp.log(base), sp.S.One),), ())) for t in normal_terms(exponent))
    return single(sp.log(argument)) if argument != 1 else ()


def _sinh(expr: sp.sinh) -> tuple[Term, ...]:
    u = canonical_core(expr.args[0])
    return _times(sp.tanh(u), sp.cosh(u))


def _coth(expr: sp.Expr) -> tuple[Term, ...]:
    return normal_terms(1 / sp.tanh(expr.args[0]))


def _sech(expr: sp.Expr) -> tuple[Term, ...]:
    return normal_terms(1 / sp.cosh(expr.args[0]))


def _csch(expr: sp.Expr) -> tuple[Term, ...]:
    return normal_terms(1 / (sp.tanh(expr.args[0]) * sp.cosh(expr.args[0])))


def _times(*factors: sp.Expr) -> tuple[Term, ...]:
    result = Term(sp.S.One, (), ())
    for f in factors:
        for t in normal_terms(f) if f.is_Number or isinstance(f, sp.Mul) else single(f):
            result = multiplied(result, t)
    return (result,)


def _abs(expr: sp.Abs) -> tuple[Term, ...]:
    u = expr.args[0]
    return (*_scaled(2, positive_part(u)), *_scaled(-1, normal_terms(u)))


def _max(expr: sp.Max) -> tuple[Term, ...]:
    """max(a, b) = b + (a - b)₊."""
    a, b = expr.args[0], expr.func(*expr.args[1:])
    return (*normal_terms(b), *positive_part(a - b)) if a != 0 else positive_part(b)


def _min(expr: sp.Min) -> tuple[Term, ...]:
    return _scaled(-1, normal_terms(sp.Max(*(-a for a in expr.args))))


def _scaled(c: Any, terms: tuple[Term, ...]) -> tuple[Term, ...]:
    return tuple(Term(c * t.coefficient, t.factors, t.bound) for t in terms)


def positive_part(u: sp.Expr) -> tuple[Term, ...]:
    """u₊ with nonnegative factors in front and one sign of u: (-u)₊ = u₊ - u."""
    content, rest = split_positive(canonical_core(u), zero=True)
    if rest.is_nonnegative:
        return normal_terms(u)
    if rest.is_nonpositive:
        return ()
    nested = _nested(rest)
    if nested is not None:
        inner = _positive_part_of_nested(*nested)
    elif _leads_with_minus(rest):
        flipped = canonical_core(-rest)
        inner = (*single(sp.Max(0, flipped)), *_scaled(-1, normal_terms(flipped)))
    else:
        inner = single(sp.Max(0, rest))
    return tuple(multiplied(c, t) for c in normal_terms(content) for t in inner)


def step(u: sp.Expr) -> tuple[Term, ...]:
    """[u > 0] with positive factors of u dropped."""
    _, rest = split_positive(canonical_core(u))
    if rest.is_positive:
        return normal_terms(sp.S.One)
    if rest.is_nonpositive:
        return ()
    nested = _nested(rest)
    if nested is not None:
        return _step_of_nested(*nested)
    return single(Mask(rest > 0))


def _nested(rest: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """rest = n + k u₊ as (n, k, u) for numbers n and k; also where it stands as n + k u + k (-u)₊."""
    parts = [t for t in sp.Add.make_args(rest) if t.has(sp.Max)]
    if len(parts) != 1:
        return None
    k, part = parts[0].as_coeff_Mul()
    if not (isinstance(part, sp.Max) and len(part.args) == 2 and part.args[0] == 0):
        return None
    u = part.args[1]
    for n, v in ((rest - parts[0], u), (sp.expand(rest - parts[0] + k * u), -u)):
        if n.is_Rational and n != 0:
            return n, k, v
    return None


def _positive_part_of_nested(n: sp.Expr, k: sp.Expr, u: sp.Expr) -> tuple[Term, ...]:
    """(n - |k| u₊)₊ = (n - |k| u)₊ - (-|k| u)₊ for n > 0, and (k u₊ - |n|)₊ = (k u - |n|)₊."""
    if k > 0:
        return positive_part(n + k * u) if n < 0 else normal_terms(n + k * sp.Max(0, u))
    return (*positive_part(n + k * u), *_scaled(-1, positive_part(k * u))) if n > 0 else ()


def _step_of_nested(n: sp.Expr, k: sp.Expr, u: sp.Expr) -> tuple[Term, ...]:
    """[n + k u₊ > 0] is [n + k u > 0] where the signs of n and k differ, else 1 or 0."""
    if n * k < 0:
        return step(n + k * u)
    return normal_terms(sp.S.One) if n > 0 else ()


def split_positive(u: sp.Expr, zero: bool = False) -> tuple[sp.Expr, sp.Expr]:
    """u as a positive factor times the rest; with `zero` the factor may vanish."""
    if isinstance(u, sp.Add):
        return u.as_content_primitive()
    factors = sp.Mul.make_args(u)
    number = u.as_coeff_Mul()[0]
    content = sp.Mul(abs(number), *(f for f in factors if (f.is_nonnegative if zero else f.is_positive) and not f.is_Number))
    return content, u / content


def _leads_with_minus(u: sp.Expr) -> bool:
    moving = [t for t in sp.Add.make_args(u) if not t.is_Number] or [u]
    lead = min(moving, key=lambda t: sp.default_sort_key(t.as_coeff_Mul()[1]))
    return bool(lead.as_coeff_Mul()[0].is_negative)


def _sign(expr: sp.sign) -> tuple[Term, ...]:
    return (*step(expr.args[0]), *_scaled(-1, step(-expr.args[0])))


def _heaviside(expr: sp.Heaviside) -> tuple[Term, ...]:
    """θ(u) = [u > 0] + θ(0) [u = 0], and [u = 0] = 1 - [u > 0] - [-u > 0]."""
    u, at_zero = expr.args
    up, down = step(u), step(-u)
    flat = (*normal_terms(at_zero), *_scaled(-at_zero, up), *_scaled(-at_zero, down)) if at_zero != 0 else ()
    return (*up, *flat)


def _mask(expr: Mask) -> tuple[Term, ...]:
    return condition_terms(expr.condition)


def condition_terms(condition: Any) -> tuple[Term, ...]:
    """[condition] in brackets [u > 0] and [i ≠ j]."""
    one = normal_terms(sp.S.One)
    if condition in (True, sp.true):
        return one
    if condition in (False, sp.false):
        return ()
    if isinstance(condition, sp.And):
        return _all(condition.args)
    if isinstance(condition, sp.Or):
        return (*one, *_scaled(-1, _all([sp.Not(c) for c in condition.args])))
    if isinstance(condition, sp.Not):
        return (*one, *_scaled(-1, condition_terms(condition.args[0])))
    if isinstance(condition, (Gt, Lt)):
        return step(condition.gts - condition.lts)
    if isinstance(condition, (Ge, Le)):
        return (*one, *_scaled(-1, step(condition.lts - condition.gts)))
    if isinstance(condition, sp.Eq):
        return (*one, *_scaled(-1, single(Mask(sp.Ne(*condition.args)))))
    return single(Mask(condition))


def _all(conditions: Any) -> tuple[Term, ...]:
    result = normal_terms(sp.S.One)
    for c in conditions:
        result = tuple(multiplied(a, b) for a in result for b in condition_terms(c))
    return result


def _piecewise(expr: sp.Piecewise) -> tuple[Term, ...]:
    result: list[Term] = []
    earlier: list[Any] = []
    for value, condition in expr.args:
        here = _all([condition, *(sp.Not(c) for c in earlier)])
        result += [multiplied(a, b) for a in here for b in normal_terms(value)]
        earlier.append(condition)
    return tuple(result)


REWRITING: tuple[tuple[Any, Callable[..., tuple[Term, ...]]], ...] = (
    (sp.exp, _exp),
    (sp.log, _log),
    (sp.sinh, _sinh),
    (sp.coth, _coth),
    (sp.sech, _sech),
    (sp.csch, _csch),
    (sp.Abs, _abs),
    (sp.Max, _max),
    (sp.Min, _min),
    (sp.sign, _sign),
    (sp.Heaviside, _heaviside),
    (Mask, _mask),
    (sp.Piecewise, _piecewise),
)

__all__ = ["REWRITING", "power", "split_positive"]

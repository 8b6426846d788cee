"""Powers, exponentials, logs and the functions built of them, of a series in t: each again a series, or `Unsettled`.

Binomial and Taylor series in what tends to 0; e^{p(t)} and t^c for what grows; known expansions at infinity for tanh, erf, atan
and the dilogarithm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from amsym.notation.functions import Li2
from amsym.prover.series import ONE, TERMS, Mono, Series, Unsettled, larger, made, number, sign_of

# Terms of a Taylor series whose derivatives SymPy has to find.
DERIVATIVES = 4


def power(s: Series, q: sp.Rational) -> Series:
    """s^q for a rational q; raises Unsettled for a root of what is negative and for a division by 0."""
    if q.is_Integer and 0 <= q <= 3:
        result = number(sp.S.One)
        for _ in range(int(q)):
            result = result * s
        return result
    if not s.terms and q > 0 and (q.is_Integer or s.is_zero):
        return Series((), None if s.error is None else s.error**q)
    m, c = s.lead
    sign = sign_of(c)
    if sign == 0 or (sign < 0 and not q.is_Integer):
        raise Unsettled("a root of a negative quantity, or a leading coefficient that may be 0")
    small = _relative(s)
    coefficients = [sp.binomial(q, k) for k in range(TERMS)]
    return Series(((m**q, c**q),)) * _power_series(small, coefficients)


def _relative(s: Series) -> Series:
    """ε in s = c m (1 + ε)."""
    m, c = s.lead
    inverse = Series(((m**sp.S.NegativeOne, 1 / c),))
    return inverse * Series(s.terms[1:], s.error)


def _power_series(small: Series, coefficients: list[sp.Expr]) -> Series:
    """Σ a_k ε^k for an infinitesimal ε, with an error of the next order."""
    result, order = number(coefficients[0]), number(sp.S.One)
    if small.is_zero:
        return result
    if small.top is None or small.top.rank >= 0:
        raise Unsettled("an expansion in a quantity that does not tend to 0")
    for a in coefficients[1:]:
        order = order * small
        result = result + number(a) * order
    return made(result.terms, larger(result.error, small.top ** sp.Integer(len(coefficients))))


def _split(s: Series) -> tuple[list[tuple[Mono, sp.Expr]], sp.Expr, Series]:
    """The part that grows, the constant, and the part that tends to 0."""
    if s.error is not None and s.error.rank >= 0:
        raise Unsettled("the error does not tend to 0")
    grows = [(m, c) for m, c in s.terms if m.rank > 0]
    constant = next((c for m, c in s.terms if m == ONE), sp.S.Zero)
    return grows, constant, Series(tuple((m, c) for m, c in s.terms if m.rank < 0), s.error)


def exponential(s: Series) -> Series:
    """e^s, where what grows in s is a polynomial (of rational powers) in t, and c log t."""
    grows, constant, small = _split(s)
    front = ONE
    for m, c in grows:
        if m.p == () and m.a > 0 and m.b == 0:
            front = front * Mono(((m.a, c),))
        elif m.p == () and m.a == 0 and m.b == 1 and c.is_Rational:
            front = front * Mono(a=c)
        else:
            raise Unsettled("exp of something that is no polynomial in t and log t")
    taylor = [1 / sp.factorial(k) for k in range(TERMS)]
    return Series(((front, sp.exp(constant)),)) * _power_series(small, taylor)


def logarithm(s: Series) -> Series:
    """log s for an s that is positive from some t on."""
    m, c = s.lead
    if m.b != 0 or sign_of(c) <= 0:
        raise Unsettled("the log of a power of log t, or of what is not positive")
    front = made([*((Mono(a=k), x) for k, x in m.p), (Mono(b=sp.S.One), m.a), (ONE, sp.log(c))])
    taylor = [sp.S.Zero, *((-1) ** (k + 1) / sp.Integer(k) for k in range(1, TERMS))]
    return front + _power_series(_relative(s), taylor)


def _tanh(s: Series) -> Series:
    if s.top is None or s.top.rank <= 0:
        return _taylor(sp.tanh, s)
    side = sign_of(s.lead[1])
    e = exponential(number(sp.Integer(-2 * side)) * s)
    one = number(sp.S.One)
    return number(sp.Integer(side)) * (one - e) * power(one + e, sp.S.NegativeOne)


def _cosh(s: Series, sign: int = 1) -> Series:
    return number(sp.S.Half) * (exponential(s) + number(sp.Integer(sign)) * exponential(-s))


def _asinh(s: Series) -> Series:
    side = number(sp.Integer(s.sign() or 1))
    u = side * s
    return side * logarithm(u + power(u * u + number(sp.S.One), sp.S.Half))


def _erf(s: Series) -> Series:
    if s.terms and s.lead[0].rank > 0:
        tail = exponential(-(s * s)).top
        return Series(((ONE, sp.Integer(sign_of(s.lead[1]))),), tail)
    return _taylor(sp.erf, s)


def _atan(s: Series) -> Series:
    if s.terms and s.lead[0].rank > 0:
        return number(sign_of(s.lead[1]) * sp.pi / 2) - _taylor(sp.atan, power(s, sp.S.NegativeOne))
    return _taylor(sp.atan, s)


def _taylor(f: Callable[[Any], sp.Expr], s: Series) -> Series:
    grows, constant, small = _split(s)
    if grows:
        raise Unsettled("a Taylor series of something that grows")
    x = sp.Dummy("x", real=True)
    taylor = [sp.diff(f(x), x, k).subs(x, constant) / sp.factorial(k) for k in range(DERIVATIVES)]
    return _power_series(small, taylor)


def _dilogarithm(s: Series) -> Series:
    """Li₂(z) = -π²/6 - ½ log²(-z) - Li₂(1/z) for z < 0, and z + z²/4 + ... near 0."""
    if s.terms and s.lead[0].rank > 0:
        if sign_of(s.lead[1]) > 0:
            raise Unsettled("Li2 beyond 1 is not real")
        log = logarithm(-s)
        inner = _power_series(power(s, sp.S.NegativeOne), _DILOGARITHM)
        return number(-(sp.pi**2) / 6) - number(sp.S.Half) * log * log - inner
    grows, constant, small = _split(s)
    if constant == 0 and not grows:
        return _power_series(small, _DILOGARITHM)
    if grows or sign_of(constant) > 0:
        raise Unsettled("Li2 near a positive constant")
    return number(Li2(constant)) + Series((), small.top)


_DILOGARITHM: list[sp.Expr] = [sp.S.Zero, *(1 / sp.Integer(k) ** 2 for k in range(1, TERMS))]


def _sine(f: Any) -> Callable[[Series], Series]:
    def rule(s: Series) -> Series:
        try:
            return _taylor(f, s)
        except Unsettled:
            return Series((), ONE)

    return rule


def _absolute(s: Series) -> Series:
    if not s.terms:
        return s
    return s if s.sign() > 0 else -s


FUNCTIONS: dict[Any, Callable[[Series], Series]] = {
    sp.exp: exponential,
    sp.log: logarithm,
    sp.tanh: _tanh,
    sp.cosh: _cosh,
    sp.sinh: lambda s: _cosh(s, -1),
    sp.sech: lambda s: power(_cosh(s), sp.S.NegativeOne),
    sp.coth: lambda s: power(_tanh(s), sp.S.NegativeOne),
    sp.csch: lambda s: power(_cosh(s, -1), sp.S.NegativeOne),
    sp.asinh: _asinh,
    sp.erf: _erf,
    sp.erfc: lambda s: number(sp.S.One) - _erf(s),
    sp.atan: _atan,
    sp.sin: _sine(sp.sin),
    sp.cos: _sine(sp.cos),
    sp.Abs: _absolute,
    sp.sign: lambda s: number(sp.Integer(s.sign())),
    Li2: _dilogarithm,
}

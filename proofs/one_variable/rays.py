"""h(x) ≥ 0 for all x ≥ R: a positive factor is divided out and the derivative has a sign, as often as it takes.

For sums Σ p_k(x) e^{q_k(x)} with polynomials p_k, q_k: divide by the smallest e^{q_k}; then each derivative lowers the
degree of that p_k until the term is gone. h ≥ 0 follows from h(R) ≥ 0 and h' ≥ 0, or from lim h ≥ 0 and h' ≤ 0. Error
functions, arctan and logs may stand as factors: terms with them come first, since their derivatives are of the plain kind.
"""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from amsym.notation.effort import check
from amsym.prover.signs import is_nonnegative, is_positive
from proofs.one_variable.segments import enclosure, sign_at

# Derivatives in a row, and the size of a formula beyond which SymPy's own functions are not trusted to end soon.
STEPS, SIZE = 24, 600
_SLOW = (sp.erf, sp.atan, sp.asinh)


def nonnegative_beyond(h: sp.Expr, x: sp.Symbol, start: Fraction, steps: int = STEPS) -> bool:
    """Whether h ≥ 0 on [start, ∞) was shown, for a smooth h without parameters.

    >>> x = sp.Symbol("x", real=True)
    >>> nonnegative_beyond(sp.exp(x) - x**3, x, Fraction(5)), nonnegative_beyond(x**3 - sp.exp(x), x, Fraction(5))
    (True, False)
    """
    check()
    f = _numerator(h, x, start)
    if f is None or sp.count_ops(f) > SIZE or steps == 0:
        return False
    if f == 0 or is_nonnegative(_shifted(f, x, start)):
        return True
    parts = _by_exponential(f, x)
    if parts is None:
        return False
    least = _divisor(parts, x)
    g = sp.Add(*(c * sp.exp(sp.expand(q - least)) for q, c in parts.items()))
    slope = sp.diff(g, x)
    if slope == 0:
        return sign_at(g, x, start) in (0, 1)
    if enclosure(g, x, start, start, 256) >= 0 and sign_at(slope, x, start * 2) in (0, 1):
        return nonnegative_beyond(slope, x, start, steps - 1)
    end = _limit({sp.expand(q - least): c for q, c in parts.items()}, x)
    return end is not None and is_nonnegative(end) and nonnegative_beyond(-slope, x, start, steps - 1)


def _shifted(f: sp.Expr, x: sp.Symbol, start: Fraction) -> sp.Expr:
    return f.subs(x, sp.Rational(start.numerator, start.denominator) + sp.Dummy("s", nonnegative=True))


def _numerator(h: sp.Expr, x: sp.Symbol, start: Fraction) -> sp.Expr | None:
    """h times a positive denominator, in exponentials and error functions."""
    f = sp.sympify(h).rewrite((sp.tanh, sp.cosh, sp.sinh, sp.sech), sp.exp).rewrite(sp.erfc, sp.erf)
    if sp.count_ops(f) > SIZE:
        return None
    top, bottom = sp.fraction(sp.together(f))
    below = _shifted(bottom, x, start)
    if is_positive(bottom) or is_positive(below):
        return sp.expand(top)
    return sp.expand(-top) if is_positive(-below) else None


def _by_exponential(f: sp.Expr, x: sp.Symbol) -> dict[sp.Expr, sp.Expr] | None:
    """{q: p} with f = Σ p e^q, q polynomials without constant term, p made of powers of x and slow functions."""
    found: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(f)):
        q, p = sp.S.Zero, sp.S.One
        for factor in sp.Mul.make_args(term):
            base, n = factor.as_base_exp() if not isinstance(factor, sp.exp) else (factor, sp.S.One)
            if isinstance(base, sp.exp):
                q += base.args[0] * n
            else:
                p *= factor
        q = sp.expand(q)
        constant = q.subs(x, 0) if q.is_polynomial(x) else None
        if constant is None or not _is_slow(p, x):
            return None
        found[q - constant] = found.get(q - constant, sp.S.Zero) + p * sp.exp(constant)
    return {q: p for q, p in ((q, sp.expand(p)) for q, p in found.items()) if p != 0}


def _is_slow(p: sp.Expr, x: sp.Symbol) -> bool:
    """Products of numbers, powers of x and slow functions of affine arguments or logs: they grow like a polynomial at most."""
    if not p.has(x):
        return True
    if isinstance(p, (sp.Add, sp.Mul)):
        return all(_is_slow(a, x) for a in p.args)
    if isinstance(p, sp.Pow) and not isinstance(p, sp.exp):
        return bool(p.exp.is_Integer and p.exp > 0) and _is_slow(p.base, x)
    return p == x or (isinstance(p, _SLOW) and p.args[0].is_polynomial(x)) or _is_slow_log(p, x)


def _is_slow_log(p: sp.Expr, x: sp.Symbol) -> bool:
    """The log of exponentials of polynomials."""
    inner = p.atoms(sp.Function) - {p}
    return isinstance(p, sp.log) and all(isinstance(e, sp.exp) and e.args[0].is_polynomial(x) for e in inner)


def _divisor(parts: dict[sp.Expr, sp.Expr], x: sp.Symbol) -> sp.Expr:
    """The smallest q at infinity, of the terms with a slow function if there are any: derivatives must meet these bare."""
    slow = [q for q, p in parts.items() if not p.is_polynomial(x)]
    least = (slow or list(parts))[0]
    for q in slow or parts:
        gap = sp.expand(q - least)
        if gap != 0 and sp.LC(gap, x).is_negative:
            least = q
    return least


def _limit(parts: dict[sp.Expr, sp.Expr], x: sp.Symbol) -> sp.Expr | None:
    """lim Σ p e^q at infinity where it is a number that is easily had: falling exponentials beat what p grows by."""
    total: sp.Expr = sp.S.Zero
    for q, p in parts.items():
        if q == 0:
            total += p
        elif not sp.LC(q, x).is_negative:
            return None
    settled = sp.expand(total.replace(lambda e: isinstance(e, sp.erf) and e.args[0].has(x), lambda e: _erf_at_infinity(e, x)))
    return None if settled.has(x) or not settled.is_finite else settled


def _erf_at_infinity(e: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """1 or -1: the rest, erfc, falls faster than any power of x grows."""
    lead = sp.LC(sp.Poly(e.args[0], x))
    return sp.S.One if lead.is_positive else sp.S.NegativeOne if lead.is_negative else e

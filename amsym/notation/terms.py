"""Every index expression is a sum of terms c · Σ_{bound} Π base^exponent.

Products of sums are multiplied out and all their sums stand in front (Σ_i x_i Σ_j y_j is one sum over
i and j), so what is left to choose is the names of the bound indices (see `canonical`).
Inside functions, roots and denominators the same is done first, from the inside out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from amsym.notation.axes import Index, free_indices, fresh_index, rename
from amsym.notation.effort import check
from amsym.notation.marks import Delta, Mask
from amsym.notation.sums import Total

# Powers of sums are multiplied out up to here; (Σ_i x_i)^9 stays as it is.
MULTIPLY_OUT = 8

Factors = dict[sp.Expr, sp.Expr]


@dataclass(frozen=True)
class Term:
    """coefficient · Σ_{bound} Π base^exponent; the coefficient is a number."""

    coefficient: sp.Expr
    factors: tuple[tuple[sp.Expr, sp.Expr], ...]
    bound: tuple[Index, ...]

    def expression(self) -> sp.Expr:
        """The term as a SymPy expression."""
        return self.coefficient * Total(sp.Mul(*(power(b, e) for b, e in self.factors)), *self.bound)

    def renamed(self, names: dict[Index, Index]) -> Term:
        """The term with indices renamed, free or bound."""
        factors = tuple((rename(b, names), rename(e, names)) for b, e in self.factors)
        return Term(self.coefficient, factors, tuple(names.get(i, i) for i in self.bound))


def power(base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
    """base^exponent, where e^m to the c is e^(c m)."""
    return sp.exp(exponent * base.args[0]) if isinstance(base, sp.exp) else sp.Pow(base, exponent)


def terms_of(expr: sp.Expr) -> tuple[Term, ...]:
    """The terms of an expression, multiplied out; bound indices have arbitrary names."""
    return tuple(t for t in normal_terms(expr) if t.coefficient != 0)


@lru_cache(maxsize=20_000)
def normal_terms(expr: sp.Expr) -> tuple[Term, ...]:
    """The expression multiplied out, with the sums of each term in front; not yet named or collected."""
    if expr.is_Number or (expr.is_NumberSymbol and expr.is_Rational):
        return (Term(expr, (), ()),)
    if isinstance(expr, sp.Add):
        return tuple(t for a in expr.args for t in normal_terms(a))
    if isinstance(expr, sp.Mul):
        return _product([normal_terms(a) for a in expr.args])
    if isinstance(expr, Total):
        return tuple(_summed(t, expr.bound) for t in normal_terms(expr.body))
    if isinstance(expr, sp.Pow):
        return _power_terms(*expr.args)
    return _function_terms(expr)


def single(base: sp.Expr, exponent: sp.Expr = sp.S.One) -> tuple[Term, ...]:
    """The one term base^exponent."""
    return (Term(sp.S.One, ((base, exponent),), ()),)


def _product(lists: list[tuple[Term, ...]]) -> tuple[Term, ...]:
    result: tuple[Term, ...] = (Term(sp.S.One, (), ()),)
    for terms in lists:
        check()
        result = tuple(multiplied(a, b) for a in result for b in terms)
    return result


def multiplied(a: Term, b: Term) -> Term:
    """The product of two terms, the bound indices of the second renamed apart."""
    b = _apart(b, _names(a))
    return absorbed(_apart(a, _names(b)), b)


def absorbed(a: Term, b: Term) -> Term:
    """The product under a's sums: free indices of b that a binds are meant to be bound."""
    b = _apart(b, _names(a))
    factors: Factors = {}
    for base, exponent in (*a.factors, *b.factors):
        factors[base] = factors.get(base, sp.S.Zero) + exponent
    return simplified(a.coefficient * b.coefficient, factors, a.bound + b.bound)


def _names(t: Term) -> set[Index]:
    return set(t.bound).union(*(free_indices(b) | free_indices(e) for b, e in t.factors))


def _apart(t: Term, taken: set[Index]) -> Term:
    clash = [i for i in t.bound if i in taken]
    if not clash:
        return t
    avoid, new = taken | _names(t), {}
    for i in clash:
        new[i] = fresh_index(i.axis, avoid)
        avoid.add(new[i])
    return t.renamed(new)


def _summed(t: Term, where: tuple[Index, ...]) -> Term:
    t = _apart(t, set(where))
    return simplified(t.coefficient, dict(t.factors), t.bound + where)


def simplified(coefficient: sp.Expr, factors: Factors, bound: tuple[Index, ...]) -> Term:
    """Use deltas up, drop what is one, and count the indices that nothing uses."""
    factors, bound = _without_deltas(_idempotent(factors), bound)
    appearing: frozenset[Index] = frozenset().union(*(free_indices(b) | free_indices(e) for b, e in factors.items()))
    for i in bound:
        if i not in appearing:
            factors[i.size] = factors.get(i.size, sp.S.Zero) + 1
    numbers = [power(b, e) for b, e in factors.items() if b.is_Number and e.is_Integer]
    kept = tuple((b, e) for b, e in factors.items() if e != 0 and not (b.is_Number and e.is_Integer))
    return Term(sp.Mul(coefficient, *numbers), kept, tuple(i for i in bound if i in appearing))


def _idempotent(factors: Factors) -> Factors:
    return {b: (sp.S.One if isinstance(b, (Delta, Mask)) and e.is_positive else e) for b, e in factors.items()}


def _without_deltas(factors: Factors, bound: tuple[Index, ...]) -> tuple[Factors, tuple[Index, ...]]:
    """Σ_i δ_ik f(i) = f(k); and where both indices are free, δ_ik f(k) = δ_ik f(i)."""
    for f in list(factors):
        if not isinstance(f, Delta):
            continue
        kept, gone = sorted(f.args, key=lambda i: (i in bound, str(i)))
        others = {b: e for b, e in factors.items() if b != f}
        if gone in bound:
            return _without_deltas(_renamed(others, gone, kept), tuple(i for i in bound if i != gone))
        if any(gone in free_indices(b) | free_indices(e) for b, e in others.items()):
            return _without_deltas({**_renamed(others, gone, kept), f: sp.S.One}, bound)
    return factors, bound


def _renamed(factors: Factors, old: Index, new: Index) -> Factors:
    result: Factors = {}
    for b, e in factors.items():
        base, exponent = rename(b, {old: new}), rename(e, {old: new})
        result[base] = result.get(base, sp.S.Zero) + exponent
    return {b: e for b, e in result.items() if b != 1}


def _power_terms(base: sp.Expr, exponent: sp.Expr) -> tuple[Term, ...]:
    from amsym.notation.canonical import canonical_core

    exponent = canonical_core(exponent)
    inner = normal_terms(base)
    if exponent.is_Integer and (len(inner) == 1 and not inner[0].bound):
        return (_term_power(inner[0], exponent),)
    if exponent.is_Integer and 0 < exponent <= MULTIPLY_OUT:
        return _product([inner] * int(exponent))
    return _opaque_power(canonical_core(base), exponent)


def _term_power(t: Term, exponent: sp.Expr) -> Term:
    factors = {b: e * exponent for b, e in t.factors}
    return simplified(t.coefficient**exponent, factors, ())


def _opaque_power(base: sp.Expr, exponent: sp.Expr) -> tuple[Term, ...]:
    """Positive factors leave a root, any factor leaves an integer power; the rest is primitive and opaque."""
    content, rest = primitive(base, exponent)
    factors: Factors = {}
    number = sp.S.One
    for f in (*sp.Mul.make_args(content), *sp.Mul.make_args(rest)):
        if not (exponent.is_Integer or f.is_nonnegative or f is rest):
            return single(base, exponent)
        b, e = _exponential(f) if isinstance(f, sp.exp) else f.as_base_exp()
        if not (exponent.is_Integer or b.is_nonnegative):
            b, e = f, sp.S.One
        if b.is_Rational and exponent.is_Integer:
            number *= b ** (e * exponent)
        else:
            factors[b] = factors.get(b, sp.S.Zero) + e * exponent
    return (simplified(number, {b: e for b, e in factors.items() if b != 1}, ()),)


def _exponential(f: sp.exp) -> tuple[sp.Expr, sp.Expr]:
    """e^(c m) as (e^m)^c for a rational c."""
    number, rest = f.args[0].as_coeff_Mul()
    return (sp.exp(rest), number) if number.is_Rational and rest != 1 else (f, sp.S.One)


def primitive(base: sp.Expr, exponent: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Divide by the content of a sum of terms, its sign as well where the power is an integer."""
    if not isinstance(base, sp.Add):
        return base.as_coeff_Mul()
    content, rest = base.as_content_primitive()
    shared = _shared_exponential(rest)
    if shared != 1:
        content, rest = content * shared, sp.Add(*(t / shared for t in rest.args))
    lead = sp.Add.make_args(rest)[0].as_coeff_Mul()[0]
    return (-content, -rest) if lead.is_negative and exponent.is_Integer else (content, rest)


def _shared_exponential(base: sp.Add) -> sp.Expr:
    """The least power of each e^m over the terms: 1 + e^-x is e^-x (1 + e^x), and one form of both is enough."""
    powers = [{b: e for b, e in t.factors if isinstance(b, sp.exp)} for a in base.args for t in normal_terms(a)]
    names = set().union(*powers)
    least = {
        b: min((p.get(b, sp.S.Zero) for p in powers), key=sp.N) for b in names if not any(p.get(b, sp.S.Zero).free_symbols for p in powers)
    }
    return sp.Mul(*(power(b, e) for b, e in least.items()))


def _function_terms(expr: sp.Expr) -> tuple[Term, ...]:
    from amsym.notation.rewriting import REWRITING

    for kind, rule in REWRITING:
        if isinstance(expr, kind):
            return rule(expr)
    return single(canonical_arguments(expr))


def canonical_arguments(expr: sp.Expr) -> sp.Expr:
    """A function of canonical arguments; conditions keep their form."""
    from amsym.notation.canonical import canonical_core

    if not expr.args or isinstance(expr, (Delta, Mask, Index)) or not isinstance(expr, sp.Function):
        return expr
    args = (a if isinstance(a, (Relational, Index)) else canonical_core(a) if isinstance(a, sp.Expr) else a for a in expr.args)
    result: sp.Expr = expr.func(*args)
    return result


def collected(terms: Iterable[Term]) -> dict[Any, Term]:
    """Add the coefficients of equal terms."""
    result: dict[Any, Term] = {}
    for t in terms:
        key = (frozenset(t.factors), frozenset(t.bound))
        known = result.get(key)
        result[key] = t if known is None else Term(known.coefficient + t.coefficient, t.factors, t.bound)
    return {k: t for k, t in result.items() if t.coefficient != 0}

"""Is this expression nonnegative for every state and every parameter that the declarations allow?

Interval bounds through the tree, on several forms of the expression: as it stands, multiplied out, factored.
Brackets [..] are tried at 0 and at 1; a polynomial in one bounded quantity is settled by its real roots.
True means proved; False means only that no form showed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise, product
from typing import Any

import sympy as sp

from amsym.notation import Component, Delta, Mask
from amsym.notation.canonical import canonical_core
from amsym.notation.effort import check
from amsym.prover.bounds import Bounds, bounds, known
from amsym.prover.moments import over_support

# So many brackets are tried at both values; 2^6 cases take well under a second.
MASKS = 6
# Sums of more terms, or in more unknowns, are not factored: SymPy's factor() has no time limit of its own, and took 12 s in 14 unknowns.
TERMS, UNKNOWNS = 40, 8


def is_nonnegative(expr: Any) -> bool:
    """Whether the expression was shown to be ≥ 0 everywhere.

    >>> from amsym.notation import index, state
    >>> x = state("x", "N")[index("i", "N")]
    >>> is_nonnegative(1 - sp.tanh(x)**2), is_nonnegative(x**2 - x + 1), is_nonnegative(x)
    (True, True, False)
    """
    return _shown(sp.sympify(expr), "nonnegative")


def is_positive(expr: Any) -> bool:
    """Whether the expression was shown to be > 0 everywhere."""
    return _shown(sp.sympify(expr), "positive")


@lru_cache(maxsize=20_000)
def _shown(expr: sp.Expr, what: str) -> bool:
    check()
    return _by_moments(expr, what) or (
        any(getattr(bounds(form), what) or _by_roots(form, what) for form in _forms(expr)) or _by_masks(expr, what) or _by_cases(expr, what)
    )


def _forms(expr: sp.Expr) -> Iterator[sp.Expr]:
    """As it stands, in normal form, as a product: each is made only if the one before did not do."""
    yield expr
    core = canonical_core(expr)
    yield core
    if isinstance(core, sp.Add) and len(core.args) <= TERMS and len(unknowns_of(core)) <= UNKNOWNS:
        yield factored(core)


def factored(expr: sp.Expr) -> sp.Expr:
    """The expression as a product where it is one, functions and sums taken as unknowns."""
    unknowns = {u: sp.Dummy(real=True) for u in sorted(unknowns_of(expr), key=sp.default_sort_key)}
    plain = expr.xreplace(unknowns)
    back = {d: u for u, d in unknowns.items()}
    return sp.factor(plain).xreplace(back)


def unknowns_of(expr: sp.Basic) -> set[sp.Expr]:
    """Maximal pieces that are not sums, products or integer powers."""
    if isinstance(expr, (sp.Add, sp.Mul)) or (isinstance(expr, sp.Pow) and expr.exp.is_Integer and not isinstance(expr, sp.exp)):
        return set().union(*(unknowns_of(a) for a in expr.args))
    return set() if expr.is_Number else {expr}


def _by_moments(expr: sp.Expr, what: str) -> bool:
    """Over a support sums are moments, which are positive."""
    value = over_support(expr) if expr.has(Mask) and expr.has(sp.Max) else None
    return value is not None and bool(value.is_positive if what == "positive" else value.is_nonnegative)


def _by_masks(expr: sp.Expr, what: str) -> bool:
    """A bracket is 0 or 1: both cases are enough."""
    core = canonical_core(expr)
    masks = sorted((u for u in unknowns_of(core) if isinstance(u, (Mask, Delta))), key=sp.default_sort_key)
    if not masks or len(masks) > MASKS:
        return False
    cases = (dict(zip(masks, case, strict=True)) for case in product((sp.S.Zero, sp.S.One), repeat=len(masks)))
    return all(_shown(core.xreplace(case), what) for case in cases if _can_be(case))


def _can_be(case: dict[sp.Expr, sp.Expr]) -> bool:
    """[x > 1] = 1 with [x > 0] = 0 cannot be: a larger threshold implies the smaller."""
    steps = [(m.condition.lhs - m.condition.rhs, v) for m, v in case.items() if isinstance(m, Mask) and isinstance(m.condition, sp.Gt)]
    pairs = ((u - w, a, b) for u, a in steps for w, b in steps)
    return not any(gap.is_Number and gap <= 0 and a == 1 and b == 0 for gap, a, b in pairs)


def _by_cases(expr: sp.Expr, what: str) -> bool:
    """Where the positive part of a single quantity stands, that quantity is positive, zero or negative."""
    core = canonical_core(expr)
    parts = {m.args[1] for m in core.atoms(sp.Max) if len(m.args) == 2 and m.args[0] == 0}
    u = min((p for p in parts if isinstance(p, (Component, sp.Symbol))), key=sp.default_sort_key, default=None)
    if u is None or u.is_positive is not None:
        return False
    up = sp.Dummy(positive=True)
    if core.xreplace({u: up}) == core:
        return False
    return all(_shown(core.xreplace({u: v}), what) for v in (up, sp.S.Zero, -up))


def _by_roots(expr: sp.Expr, what: str) -> bool:
    """A polynomial in one bounded quantity with rational coefficients: isolate its real roots."""
    unknowns = unknowns_of(expr)
    if len(unknowns) != 1:
        return False
    (u,) = unknowns
    t = sp.Dummy(real=True)
    plain = sp.expand(expr.xreplace({u: t}))
    if not plain.has(t) or not plain.is_polynomial(t) or not all(c.is_Rational for c in sp.Poly(plain, t).coeffs()):
        return False
    return _nonnegative_between(sp.Poly(plain, t), bounds(u), strict=what == "positive")


def _nonnegative_between(p: sp.Poly, where: Bounds, strict: bool) -> bool:
    low, high = where.low, where.high
    if low == high:
        return known(p.eval(low) > 0) if strict else known(p.eval(low) >= 0)
    roots = [r for r in sp.Poly(p).real_roots() if low <= r <= high]
    ends = {r for r in roots if (r != low or not where.low_open) and (r != high or not where.high_open)}
    if strict and ends:
        return False
    cuts = sorted({low, high, *roots}, key=lambda r: sp.oo if r == sp.oo else r)
    middles = [_between(a, b) for a, b in pairwise(cuts)]
    return all(p.eval(m) >= 0 for m in middles)


def _between(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    """A rational strictly between two numbers, however close they are."""
    if a == -sp.oo:
        return sp.S.Zero if b == sp.oo else sp.floor(b) - 1
    if b == sp.oo:
        return sp.ceiling(a) + 1
    digits = 30
    while not (a < (middle := sp.Rational(str(sp.N((a + b) / 2, digits)))) < b):
        digits *= 2
    return middle

"""f/w is bounded where f ≥ 0 is one summand of w = Σ f + ..., and |u|/√w where u² is one: softmax and normalisation."""

from __future__ import annotations

from itertools import permutations

import sympy as sp

from amsym.notation import Index, Size, Total, free_indices, rename
from amsym.prover.bounds import bounds


def merged(e: sp.Mul) -> tuple[sp.Expr, ...]:
    """The factors with what is summed among them: |c Σ_i f| ≤ Σ_i |c f|."""
    factors = list(e.args)
    if not any(isinstance(f, sp.Pow) and f.exp.is_negative for f in factors):
        return tuple(factors)
    for n, f in enumerate(factors):
        if isinstance(f, Total):
            others = factors[:n] + factors[n + 1 :]
            body = f.clear_of(frozenset().union(*(free_indices(o) for o in others))).body
            return merged(sp.Mul(body, *others)) if isinstance(sp.Mul(body, *others), sp.Mul) else (body, *others)
    return tuple(factors)


def without_quotients(factors: tuple[sp.Expr, ...]) -> list[sp.Expr]:
    """Leave out f/w where f is one nonnegative summand of w = Σ f + ..., and |u|/√w where u² is one: both are bounded."""
    kept = list(factors)
    for w in [f for f in factors if isinstance(f, sp.Pow) and f.exp.is_Rational and f.exp.is_negative and f.base.has(Total)]:
        power = -w.exp
        for f in [f for f in kept if not (isinstance(f, sp.Pow) and f.exp.is_Rational and f.exp.is_negative)]:
            base, n = f.as_base_exp() if isinstance(f, sp.Pow) and not isinstance(f, sp.exp) else (f, sp.S.One)
            for cost, square in ((sp.S.One, False), (sp.S.Half, True)):
                if n.is_Integer and n * cost <= power and _is_summand(base**2 if square else base, w.base) and f in kept:
                    kept.remove(f)
                    power -= n * cost
        if power != -w.exp:
            kept.remove(w)
            kept += [w.base ** (-power)] if power else []
    return kept


def _is_summand(f: sp.Expr, w: sp.Expr) -> bool:
    """Whether w is a sum of nonnegative terms and f is, up to a positive constant, one of them."""
    terms = sp.Add.make_args(w)
    return bounds(f).nonnegative and all(bounds(t).nonnegative for t in terms) and any(_matches(f, t) for t in terms)


def _matches(f: sp.Expr, term: sp.Expr) -> bool:
    scale = sp.Mul(*(a for a in sp.Mul.make_args(term) if a.is_number or isinstance(a, Size)))
    body = term / scale
    if not isinstance(body, Total):
        return bool(body == f)
    free = sorted(free_indices(f), key=str)
    choices = permutations(free, len(body.bound)) if len(body.bound) <= 2 else ()
    return any(_alike(body, at, f) for at in choices)


def _alike(body: Total, at: tuple[Index, ...], f: sp.Expr) -> bool:
    safe = body.clear_of(free_indices(f))
    return (
        all(a.axis == b.axis for a, b in zip(at, safe.bound, strict=True))
        and rename(safe.body, dict(zip(safe.bound, at, strict=True))) == f
    )

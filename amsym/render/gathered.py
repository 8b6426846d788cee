"""Σ_j Λ_ij a_j - Σ_jk Λ_ij W_jk b_k as Σ_j Λ_ij (a_j - Σ_k W_jk b_k): sums that share a Hessian Λ become one sum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sympy as sp

from amsym.notation import Component, Index, Total, rename


class _Term(NamedTuple):
    """scale · Σ_bound Π factors."""

    scale: sp.Expr
    factors: tuple[sp.Expr, ...]
    bound: tuple[Index, ...]

    def without(self, factor: sp.Expr, freed: frozenset[Index]) -> sp.Expr:
        others = list(self.factors)
        others.remove(factor)
        return self.scale * Total(sp.Mul(*others), *(i for i in self.bound if i not in freed))


def gathered(expr: sp.Expr) -> sp.Expr:
    """The sum with as many of its Σ as share a Hessian gathered into one, or the expression as it is.

    >>> import amsym as am
    >>> i, j, k = am.indices("i j k", "N")
    >>> x, b = am.state("x", "N"), am.parameter("b", "N")
    >>> Λ = am.Lagrangian.abstract().hessian
    >>> gathered(am.total(Λ(x[i], x[j])*x[j], j) - am.total(Λ(x[i], x[k])*b[k], k))
    Σ_j Λ_L_x[i, j]*(-b[j] + x[j])
    """
    terms = [_term(t) for t in sp.Add.make_args(expr)]
    options = [found for t in terms for f in t.factors if (found := _collected(t, f, terms)) is not None]
    return min(options, key=lambda o: (-o[0], str(o[1])))[1] if options else expr


def _term(t: sp.Expr) -> _Term:
    sums = [f for f in sp.Mul.make_args(t) if isinstance(f, Total)]
    if len(sums) != 1:
        return _Term(t, (), ())
    return _Term(t / sums[0], sp.Mul.make_args(sums[0].body), sums[0].bound)


def _collected(lead: _Term, factor: sp.Expr, terms: list[_Term]) -> tuple[int, sp.Expr] | None:
    """How many terms hold the factor, and the expression with these gathered over its bound indices."""
    if not isinstance(factor, Component) or factor.tensor.order < 2:
        return None
    shared = frozenset(factor.where) & frozenset(lead.bound)
    if not shared:
        return None
    inner, outer, count = [], [], 0
    for t in terms:
        match = next(_matches(t, factor, shared), None)
        if match is None:
            outer.append(t.scale * Total(sp.Mul(*t.factors), *t.bound))
        else:
            inner.append(match.without(factor, shared))
            count += 1
    return (count, sp.Add(Total(factor * sp.Add(*inner), *sorted(shared, key=str)), *outer)) if count > 1 else None


def _matches(t: _Term, factor: Component, shared: frozenset[Index]) -> Iterator[_Term]:
    """The term with bound indices renamed so that it holds the factor."""
    for f in t.factors:
        if not isinstance(f, Component) or f.tensor != factor.tensor:
            continue
        names = dict(zip(f.where, factor.where, strict=True))
        moved = {old: new for old, new in names.items() if old != new}
        if all(old in t.bound and new in shared for old, new in moved.items()) and shared <= {names[i] for i in names if i in t.bound}:
            yield _renamed(t, names, shared)


def _renamed(t: _Term, names: dict[Index, Index], shared: frozenset[Index]) -> _Term:
    """Bound indices renamed; those in the way get out of it first."""
    mine = {old for old, new in names.items() if new in shared}
    others = Total(sp.Mul(*t.factors), *(i for i in t.bound if i not in mine))
    safe = others.clear_of(shared) if isinstance(others, Total) else others
    body, rest = (safe.body, safe.bound) if isinstance(safe, Total) else (safe, ())
    renamed = rename(body, {old: names[old] for old in mine})
    return _Term(t.scale, sp.Mul.make_args(renamed), (*shared, *rest))

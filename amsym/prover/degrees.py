"""Σ_m Π_s |s|^{m_s}: sets of products of powers of the states' parts, added, multiplied and scaled as bounds are."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from amsym.notation import Component, Tensor
from amsym.notation.tensors import Entry
from amsym.prover.series import Mono, Series, Unsettled

# log(1 + u) ≤ C (1 + u)^ε for every ε > 0; this one stands for all of them.
SLOW = sp.Rational(1, 1000)
# Sums of more products than this are given up.
MONOMIALS = 64


@dataclass(frozen=True)
class Part:
    """The positive (side 1) or negative (side -1) part of a tensor or of one of its entries; side 0: both."""

    of: Tensor | Entry | Component
    side: int


Monomial = frozenset[tuple[Part, sp.Rational]]
Growth = frozenset[Monomial]

FLAT: Monomial = frozenset()
CONSTANT: Growth = frozenset((FLAT,))


@dataclass(frozen=True)
class Scope:
    """What moves: tensors of unknown size, and bounded ones, of degree 0 whatever they do."""

    moving: frozenset[Tensor]
    bounded: frozenset[Tensor] = frozenset()


def degree_of(s: Series) -> sp.Rational | None:
    """A degree d with |s| ≤ C t^d; None for exponential growth."""
    return _degree(s.top) if s.top is not None else sp.S.Zero


def _degree(m: Mono) -> sp.Rational | None:
    try:
        rank = m.rank
    except Unsettled:
        return None
    if m.p:
        return None if rank > 0 else sp.S.Zero
    return max(m.a + (SLOW if m.b > 0 else 0), sp.S.Zero)


def pruned(g: Growth) -> Growth | None:
    """Without what another monomial covers; None where too many are left."""
    kept = frozenset(m for m in g if not any(m != n and _covers(n, m) for n in g))
    return kept if len(kept) <= MONOMIALS else None


def _covers(n: Monomial, m: Monomial) -> bool:
    high = dict(n)
    return all(high.get(part, sp.S.Zero) >= d for part, d in m)


def union(*parts: Growth | None) -> Growth | None:
    """The degrees of a sum."""
    found: set[Monomial] = set()
    for p in parts:
        if p is None:
            return None
        found |= p
    return pruned(frozenset(found) or CONSTANT)


def product(a: Growth | None, b: Growth | None) -> Growth | None:
    """The degrees of a product."""
    if a is None or b is None or len(a) * len(b) > MONOMIALS**2:
        return None
    return pruned(frozenset(_times(m, n) for m in a for n in b))


def _times(m: Monomial, n: Monomial) -> Monomial:
    degrees = dict(m)
    for part, d in n:
        degrees[part] = degrees.get(part, sp.S.Zero) + d
    return frozenset(degrees.items())


def scaled(g: Growth | None, q: sp.Rational) -> Growth | None:
    """The degrees of |f|^q for q > 0."""
    return None if g is None else frozenset(frozenset((part, d * q) for part, d in m) for m in g)


def slow(g: Growth | None) -> Growth | None:
    """The degrees of log(1 + |f|)."""
    return None if g is None else pruned(frozenset(frozenset((part, SLOW) for part, _ in m) for m in g))

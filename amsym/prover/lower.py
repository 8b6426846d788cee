"""E ≥ c Σ_s |s|^{p_s} - C: what rises in a formula, and whether the rest, of smaller degree, can pull it down.

Terms in one component each are added up and settled by their behaviour at both ends; nonnegative terms pull nothing down;
each remaining term is bounded by its degrees. By Young's inequality Π |s|^{d_s} ≤ δ Σ |s|^{p_s} + C_δ where Σ d_s/p_s < 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from amsym.notation import Component, Index, Tensor, Total, free_indices
from amsym.notation.effort import check
from amsym.notation.tensors import Entry
from amsym.prover.bounds import bounds
from amsym.prover.degrees import Growth, Monomial, Part, Scope, degree_of
from amsym.prover.growth import at_end, growth, moving_atoms
from amsym.prover.series import Series, Unsettled, sign_of
from amsym.prover.sites import addends, site_of

# The degree that stands for exponential growth: it is faster than this power too.
FAST = sp.Integer(100)

Leads = Mapping[Part, sp.Rational]


@dataclass(frozen=True)
class Site:
    """The sum φ of all terms in one component, and its series at +∞ and at -∞."""

    at: Any
    phi: sp.Expr
    ends: Mapping[int, Series]


@dataclass
class Lower:
    """A formula taken apart: what rises and how fast (0: slower than any power), the sites, and the rest with its degrees."""

    leads: dict[Part, sp.Rational] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    nonnegative: list[sp.Expr] = field(default_factory=list)
    rest: list[tuple[sp.Expr, Growth | None]] = field(default_factory=list)

    def weight(self, m: Monomial) -> sp.Expr:
        """Σ d/p over the parts of a product; ∞ where one of them does not rise by a power."""
        total: sp.Expr = sp.S.Zero
        for part, d in m:
            p = self.leads.get(part, sp.S.Zero)
            total = total + d / p if p > 0 else sp.oo
        return total

    def is_weak(self, g: Growth | None) -> bool:
        """Whether a term of these degrees is weaker than what rises."""
        return g is not None and all(self.weight(m) < 1 for m in g)

    @property
    def is_bounded(self) -> bool:
        """Whether all the rest is weaker than what rises."""
        return all(self.is_weak(g) for _, g in self.rest)


def lower(e: sp.Expr, scope: Scope, leads: Leads | None = None, outer: frozenset[Index] = frozenset(), whole: bool = False) -> Lower:
    """The formula taken apart; it is bounded below where `.is_bounded`, and then rises with `.leads`.

    leads: what rises besides.  outer: indices that a sum outside binds.  whole: products of functions of single entries stay whole.

    >>> from amsym.notation import indices, parameter, state, total
    >>> (i, j), y, W = indices("i j", "N"), state("y", "N"), parameter("W", "N N")
    >>> found = lower(total(y[i]**4, i) - total(W[i, j]*y[i]*y[j], i, j), Scope(frozenset((y,))))
    >>> found.is_bounded, sorted(found.leads.values())
    (True, [4, 4])
    """
    found = Lower(dict(leads or {}))
    groups: dict[Any, list[sp.Expr]] = {}
    for a in addends(e, scope, whole):
        check()
        site = site_of(a, scope, outer)
        if site is not None:
            groups.setdefault(site[0], []).append(site[1])
        elif moving_atoms(a, scope):
            _take(found, a, scope, outer)
    for (at, _), terms in groups.items():
        _settle(found, at, terms, scope, outer)
    return found


def _settle(found: Lower, at: Any, terms: list[sp.Expr], scope: Scope, outer: frozenset[Index]) -> None:
    """Add a site: the leads of its sum, or its falling ends as degrees; unsettled terms join the rest one by one."""
    phi = sp.Add(*terms)
    ends = _ends(phi, at)
    if ends is None and len(terms) > 1:
        loose = [t for t in terms if _ends(t, at) is None]
        kept = [t for t in terms if t not in loose]
        if loose and kept:
            found.rest += [(t, growth(t, scope)) for t in loose]
            return _settle(found, at, kept, scope, outer)
    if ends is None:
        found.rest += [(t, growth(t, scope)) for t in terms]
        return None
    # A component that a sum outside runs over stands for itself: y_i⁴ - y_j² is bounded below only once summed.
    key = at if isinstance(at, Entry) or free_indices(at) & outer else at.tensor
    found.sites.append(Site(at, phi, ends))
    for side, s in ends.items():
        rise, fall = _way(s)
        if rise is not None:
            _lead(found, Part(key, side), rise)
        elif fall is not False:
            found.rest.append((phi, None if fall is None else frozenset((frozenset(((Part(key, side), fall),)),))))
    return None


def _lead(found: Lower, part: Part, p: sp.Rational) -> None:
    found.leads[part] = max(found.leads.get(part, sp.S.Zero), p)


def _ends(phi: sp.Expr, at: Any) -> dict[int, Series] | None:
    """The series at both ends with the signs of what grows settled; None where one is not."""
    found = {side: at_end(phi, at, side) for side in (1, -1)}
    try:
        settled = {side: s for side, s in found.items() if s is not None and s.limit() is not None}
    except Unsettled:
        return None
    return settled if len(settled) == 2 else None


def _way(s: Series) -> tuple[sp.Rational | None, Any]:
    """(the degree of the rise, ...) or (None, the degree of the fall, None for a fast one, False for no fall)."""
    if not s.terms or s.terms[0][0].rank <= 0:
        return None, False
    m, c = s.terms[0]
    if sign_of(c) < 0:
        return None, degree_of(s)
    return (FAST if m.p else max(m.a - (sp.Rational(1, 1000) if m.b < 0 else 0), sp.S.Zero)), False


def _take(found: Lower, a: sp.Expr, scope: Scope, outer: frozenset[Index]) -> None:
    """A joint term: nonnegative with leads of its own, or a part of the rest."""
    leads = _joint(a, scope, outer)
    if leads is not None:
        found.nonnegative.append(a)
        for part, p in leads.items():
            _lead(found, part, p)
    else:
        found.rest.append((a, growth(a, scope)))


def _joint(a: sp.Expr, scope: Scope, outer: frozenset[Index]) -> Leads | None:
    """What rises in a term that is bounded below; None where that was not shown."""
    leads = _rising(a, scope, outer)
    if leads is not None:
        return leads
    return {} if bounds(a).low.is_finite else None


def _rising(a: sp.Expr, scope: Scope, outer: frozenset[Index]) -> Leads | None:
    fixed = [f for f in sp.Mul.make_args(a) if not moving_atoms(f, scope)]
    moving = [f for f in sp.Mul.make_args(a) if moving_atoms(f, scope)]
    if len(moving) != 1 or not _is_positive(sp.Mul(*fixed)):
        return None
    (f,) = moving
    if isinstance(f, Total):
        inner = _bounded_leads([f.body], scope, outer | set(f.bound))
        return None if inner is None else {_summed(part, frozenset(f.bound)): p for part, p in inner.items()}
    if isinstance(f, sp.exp):
        inner = _bounded_leads([f.args[0]], scope, outer)
        return None if inner is None else {part: FAST for part, p in inner.items() if p > 0}
    if isinstance(f, sp.Pow) and f.exp.is_Rational and f.exp > 0 and (bounds(f.base).nonnegative or f.exp.is_even):
        inner = _bounded_leads([f.base], scope, outer)
        return None if inner is None else {part: p * f.exp for part, p in inner.items()}
    if isinstance(f, sp.log) and bounds(f).low.is_finite:
        inner = _bounded_leads([f.args[0]], scope, outer)
        return None if inner is None else dict.fromkeys(inner, sp.S.Zero)
    if isinstance(f, sp.Max):
        return _bounded_leads(f.args, scope, outer, some=True)
    if isinstance(f, sp.Abs):
        return _bounded_leads([f.args[0]], scope, outer)
    return None


def _summed(part: Part, bound: frozenset[Index]) -> Part:
    """What rises in each term of a sum over all of a component's indices rises as the whole tensor."""
    if not isinstance(part.of, Component):
        return part
    left = {i for i in free_indices(part.of) if not i.name.startswith("site")} - bound
    return part if left else Part(part.of.tensor, part.side)


def _bounded_leads(parts: Iterable[Any], scope: Scope, outer: frozenset[Index], some: bool = False) -> Leads | None:
    """The leads of parts that are bounded below; with `some`, of those of them that are."""
    result: dict[Part, sp.Rational] = {}
    shown = False
    for e in parts:
        if not moving_atoms(e, scope):
            shown = True
            continue
        found = lower(e, scope, None, outer)
        if found.is_bounded:
            shown = True
            result |= {part: max(p, result.get(part, sp.S.Zero)) for part, p in found.leads.items()}
        elif not some:
            return None
    return result if shown else None


def _is_positive(c: sp.Expr) -> bool:
    try:
        return sign_of(c) > 0
    except Unsettled:
        return False


def covers(found: Lower, states: Iterable[Tensor]) -> bool:
    """Whether everything that moves rises on both sides."""
    return all(Part(s, side) in found.leads for s in states for side in (1, -1))


__all__ = ["Lower", "Site", "covers", "lower"]

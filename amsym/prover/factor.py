"""Find the M of ∇E = -M f: a factor that all terms share, or the Hessian of a joint Lagrangian found in the formulas.

Nothing here decides anything: a candidate is only handed on when the identity ∇E + M f = 0 canonicalises to zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

from amsym.lagrangian import split_diagonal
from amsym.notation import Component, Delta, Index, Tensor, Total, depends_on, derivative, free_indices, fresh_indices, is_zero, total
from amsym.notation.canonical import canonical_core
from amsym.notation.effort import check
from amsym.notation.reduction import quotient
from amsym.notation.terms import Term, terms_of
from amsym.prover.signs import is_positive, unknowns_of

# Longer sums are not divided by one another: SymPy's polynomial gcd has no time limit of its own.
TERMS = 40


@dataclass(frozen=True)
class Factor:
    """left_i = -Σ_j M_ij right_j: M is diag(slope), or scale times the Hessian of `potential`."""

    slope: sp.Expr | None = None
    potential: sp.Expr | None = None
    scale: sp.Expr = sp.S.One
    name: str = ""


def common_factor(left: sp.Expr, right: sp.Expr, where: tuple[Index, ...]) -> sp.Expr | None:
    """The m_i with left_i = -m_i right_i as an identity, found from one term of the right side.

    Denominators that all terms of the right side share (a time constant τ_i) are multiplied out first.
    """
    fixed = frozenset(where)
    scale = _shared_denominator(terms_of(canonical_core(right)), fixed)
    m = _common_factor(left, scale * right, fixed)
    return None if m is None else m * scale


def _shared_denominator(terms: tuple[Term, ...], fixed: frozenset[Index]) -> sp.Expr:
    """The product of the positive b with a power b^-n in every term, at the fixed indices."""
    powers = [
        {b: -e for b, e in t.factors if e.is_Integer and e.is_negative and free_indices(b) <= fixed and is_positive(b)} for t in terms
    ]
    if not powers:
        return sp.S.One
    return sp.Mul(*(b ** min(p[b] for p in powers) for b in powers[0] if all(b in p for p in powers)))


def _common_factor(left: sp.Expr, right: sp.Expr, fixed: frozenset[Index]) -> sp.Expr | None:
    left_terms, right_terms = terms_of(canonical_core(-left)), terms_of(canonical_core(right))
    for lead in sorted(right_terms, key=lambda t: (len(t.factors), str(t.expression()))):
        check()
        parts = [q for t in left_terms if (q := divided(t, lead, fixed)) is not None]
        if not parts:
            continue
        m = sp.Add(*(q.expression() for q in parts))
        if m != 0 and free_indices(m) <= fixed and is_zero(left + m * right):
            return m
    return None


def divided(t: Term, lead: Term, fixed: frozenset[Index]) -> Term | None:
    """t / lead with its number, when lead's factors and closed sums stand in t."""
    q = quotient(t, lead, fixed)
    return None if q is None else Term(q.coefficient / lead.coefficient, q.factors, q.bound)


def shared_part(f: sp.Expr, g: sp.Expr) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """(r, a, b) with f = a r and g = b r, r their greatest common divisor as polynomials in functions and sums; to be checked."""
    f, g = canonical_core(f), canonical_core(g)
    if f == 0 or g == 0 or max(len(sp.Add.make_args(f)), len(sp.Add.make_args(g))) > TERMS:
        return None
    unknowns = {u: sp.Dummy(real=True) for u in sorted(unknowns_of(f) | unknowns_of(g), key=sp.default_sort_key)}
    back = {d: u for u, d in unknowns.items()}
    top, bottom = (sp.together(e.xreplace(unknowns)) for e in (f, g))
    r = sp.gcd(sp.numer(top), sp.numer(bottom))
    if r.is_number:
        return None
    return tuple(sp.cancel(e).xreplace(back) for e in (r, top / r, bottom / r))  # type: ignore[return-value]


def joint_factors(state: Tensor, formulas: tuple[sp.Expr, ...]) -> Iterator[sp.Expr]:
    """Potentials whose Hessian may be M: for each power or log of a sum over the state, the function it derives from."""
    seen: set[sp.Expr] = set()
    for base, exponent in sorted(_powers_of_sums(state, formulas), key=str):
        guesses = [sp.log(base), sp.sqrt(base)]
        if exponent.is_Rational and not exponent.is_Integer:
            guesses.append(base ** (exponent - sp.floor(exponent)))
        for guess in guesses:
            free = tuple(sorted(free_indices(guess), key=str))
            potential = canonical_core(total(guess, *free))
            if potential not in seen:
                seen.add(potential)
                yield total(guess, *free)


def _powers_of_sums(state: Tensor, formulas: tuple[sp.Expr, ...]) -> set[tuple[sp.Expr, sp.Expr]]:
    found: set[tuple[sp.Expr, sp.Expr]] = set()
    for f in formulas:
        for n in f.atoms(sp.log, sp.Pow):
            base, exponent = (n.args[0], sp.S.Zero) if isinstance(n, sp.log) else (n.base, n.exp)
            if isinstance(n, sp.exp) or (exponent.is_Integer and exponent > 0) or not base.has(Total) or not depends_on(base, state):
                continue
            others = {c.tensor for c in base.atoms(Component)} - {state}
            if not any(t.kind == "state" for t in others):
                found.add((base, exponent))
    return found


def is_diagonal(potential: sp.Expr, state: Tensor, places: tuple[int, ...]) -> bool:
    """Whether the Hessian has no entry between different indices at these places."""
    if not places:
        return True
    where = fresh_indices(state.axes)
    other = fresh_indices(state.axes, where)
    deltas = tuple(Delta(where[n], other[n]) for n in places)
    return bool(split_diagonal(derivative(potential, state[where], state[other]), deltas)[1] == 0)


def hessian_factor(left: sp.Expr, flow: Any, at: Component, potential: sp.Expr, name: str = "") -> Factor | None:
    """left_i = -c Σ_j (∂²potential/∂x_i∂x_j) f_j, checked as an identity.

    c is a scalar, or has the indices between which the Hessian has no entry: one factor a token, say.
    """
    other = fresh_indices(at.tensor.axes, {*at.where, *free_indices(left), *free_indices(potential)})
    hessian = derivative(potential, at, at.tensor[other])
    image = canonical_core(total(hessian * flow(other), *other))
    left_core = canonical_core(-left)
    own = frozenset(i for n, i in enumerate(at.where) if is_diagonal(potential, at.tensor, (n,)))
    for c in ratios(left_core, image, frozenset(at.where), own):
        if is_zero(left + c * image):
            return Factor(potential=potential, scale=c, name=name)
    return None


def ratios(numerator: sp.Expr, denominator: sp.Expr, fixed: frozenset[Index], own: frozenset[Index] = frozenset()) -> list[sp.Expr]:
    """Factors c, free of states and of indices but `own`, with one term of the numerator c times one of the denominator."""
    found: list[sp.Expr] = []
    lead = next(iter(sorted(terms_of(denominator), key=lambda t: str(t.expression()))), None)
    for t in terms_of(numerator) if lead is not None else ():
        check()
        c = canonical_core(t.expression() / lead.expression()) if lead else None
        q = divided(t, lead, fixed) if lead else None
        for guess in (c, None if q is None else q.expression()):
            if guess is not None and _is_factor(guess, own) and guess not in found:
                found.append(guess)
    return found


def _is_factor(guess: sp.Expr, own: frozenset[Index]) -> bool:
    moving = guess.has(Total) or any(t.kind != "parameter" for t in guess.atoms(Tensor))
    return not moving and free_indices(guess) <= own and (bool(own) or not guess.has(Component))

"""The null vectors of Λ_ij = ∂g_i/∂x_j of a joint activation, for every size: Σ_j Λ_ij v_j = 0 as an identity.

A constant v with Λ(x) v = 0 for every x gives g(x + c v) = g(x) for every real c; so do v = x and v = x - mean along
the ray from 0 or from the mean, since Λ(sx) x = Λ(sx) (sx) / s.

That there is no further one: Λ = diag(d) - Σ_k c_k u_k u_kᵀ with d > 0 and Σ_i u_k,i u_l,i / d_i = 0 for k ≠ l has the
eigenvalues 1 - q_k and 1 after scaling by d^{-1/2}, with q_k = c_k Σ_i u_k,i² / d_i. So its nullity is the number
of q_k that are 1, with the null vectors u_k / d, and it is positive definite where every q_k < 1. A parameter of the other sign
turns Λ into such a -Λ.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import sympy as sp

from amsym.activated import opened
from amsym.dead.shifts import shift_rate
from amsym.lagrangian import split_diagonal
from amsym.notation import Component, Delta, Index, Tensor, Total, derivative, free_indices, fresh_indices, is_zero, rename, tidy, total
from amsym.notation.canonical import canonical_core
from amsym.notation.effort import check
from amsym.prover.regularity import JUMPS, KINKS
from amsym.prover.signs import is_nonnegative, is_positive

Where = tuple[Index, ...]


@dataclass(frozen=True)
class NullVector:
    """v_j as a formula at the indices `where`; `scaling` where the motion is x → m + s (x - m), s > 0, and no plain shift."""

    vector: sp.Expr
    where: Where
    scaling: bool

    def at(self, where: Where) -> sp.Expr:
        """The entry of the vector at other indices."""
        return self.vector.xreplace(dict(zip(self.where, where, strict=True)))

    def motion(self, x: str) -> str:
        """What leaves the activation of x as it is, in words."""
        if self.vector == 1:
            return f"one number added to all {x}"
        return f"c ({self.vector}) added, " + ("c > -1" if self.scaling else "any real c")


@dataclass(frozen=True)
class NullSpace:
    """The null vectors, and whether it was shown that there is no other, at every state and every size.

    slopes: Λ as a formula at the indices `where` and `other`.  bent: whether it has kinks or jumps.
    """

    vectors: tuple[NullVector, ...]
    complete: bool
    lemma: str
    slopes: sp.Expr
    where: Where
    other: Where
    bent: bool


def null_space(g: sp.Expr, x: Tensor, where: Where) -> NullSpace:
    """The null vectors of the activation g[where] of the state x, whose sums run over all axes of x.

    >>> from amsym import lagrangians
    >>> from amsym.notation import index, state
    >>> x, i = state("x", "N"), index("i", "N")
    >>> found = null_space(lagrangians.softmax().activation(x[i]), x, (i,))
    >>> [v.vector for v in found.vectors], found.complete
    ([1], True)
    """
    other = fresh_indices(x.axes, free_indices(g) | set(where))
    slopes = derivative(g, x[other])
    # A derivative does not see jumps, and a line may run along a kink: there the shift itself is the identity to check.
    bent = g.has(*KINKS, *JUMPS)
    vectors: list[NullVector] = []
    for v in _proposals(g, x, other):
        check()
        if not _spanned(v, vectors) and (_unmoved(g, x, v) if bent else is_zero(total(slopes * v.vector, *other))):
            vectors.append(v)
    lemma = None if bent else _rank_lemma(slopes, where, other, len(vectors))
    return NullSpace(tuple(vectors), lemma is not None, lemma or "", slopes, where, other, bent)


def _proposals(g: sp.Expr, x: Tensor, other: Where) -> list[NullVector]:
    """1, functions of the parameters over the same axes, and the radial directions x, x - mean."""
    mean = _mean(x[other], other)
    found = [NullVector(sp.S.One, other, False)]
    for p in sorted((t for t in g.atoms(Tensor) if t.kind == "parameter" and t.axes == x.axes), key=str):
        found += [NullVector(v, other, False) for v in (p[other], *([1 / p[other]] if is_positive(p[other]) else []))]
        found.append(NullVector(x[other] - p[other], other, True))
    if g.has(*KINKS, *JUMPS):
        return [v for v in found if not v.scaling]
    return [*found, NullVector(x[other], other, True), NullVector(x[other] - mean, other, True)]


def _unmoved(g: sp.Expr, x: Tensor, v: NullVector) -> bool:
    """g(x + c v) = g(x) for every real c, kinks and jumps included."""
    return shift_rate(g, x, lambda at: v.at(at.where)) == 0


def _mean(u: sp.Expr, other: Where) -> sp.Expr:
    return total(u, *other) / sp.Mul(*(i.size for i in other))


def _spanned(v: NullVector, found: list[NullVector]) -> bool:
    """x - mean is made of x and 1."""
    known = {w.vector for w in found}
    return v.vector.has(Total) and sp.S.One in known and any(isinstance(w, Component) for w in known)


def _rank_lemma(slopes: sp.Expr, where: Where, other: Where, found: int) -> str | None:
    """Why there is no null vector beyond those found; None where the lemma applies neither to Λ nor to -Λ, which has the same ones."""
    deltas = tuple(Delta(a, b) for a, b in zip(where, other, strict=True))
    diagonal, rest = split_diagonal(slopes, deltas)
    d = tidy(diagonal.xreplace(dict(zip(other, where, strict=True))))
    if rest == 0 or d.has(Delta) or rest.has(*deltas):
        return None
    for sign, name in ((1, "Λ"), (-1, "-Λ")):
        if is_positive(_where_defined(sign * d)):
            return _lemma(name, sign * d, tidy(sign * rest), where, other, found)
    return None


def _lemma(name: str, d: sp.Expr, rest: sp.Expr, where: Where, other: Where, found: int) -> str | None:
    """The lemma for diag(d) + rest with d > 0, in words; None where its hypotheses fail or it counts more null vectors than found."""
    terms = rank_one_terms(rest, where, other)
    if terms is None or not all(_orthogonal(u, w, d, where) for (_, u), (_, w) in combinations(terms, 2)):
        return None
    nullity = 0
    for c, u in terms:
        q = tidy(-c * total(u**2 / d, *where))
        if is_zero(q - 1):
            nullity += 1
        elif not _is_positive_fraction(1 - q):
            return None
    if nullity != found:
        return None
    if nullity:
        return f"{name} = diag(d) - Σ c u uᵀ with d > 0 and {len(terms)} orthogonal u has nullity {nullity}"
    return f"{name} = diag(d) - Σ c u uᵀ with d > 0 and every c Σ u²/d < 1 is positive definite"


def rank_one_terms(rest: sp.Expr, where: Where, other: Where) -> list[tuple[sp.Expr, sp.Expr]] | None:
    """rest_ij = Σ c u_i u_j as pairs (c, u_i); None where a term is no such product."""
    found: dict[sp.Expr, sp.Expr] = {}
    for term in _summands(rest, set(where) | set(other)):
        factors = sp.Mul.make_args(term)
        if any(free_indices(f) & set(where) and free_indices(f) & set(other) for f in factors):
            return None
        left = sp.Mul(*(f for f in factors if free_indices(f) & set(where)))
        right = sp.Mul(*(f for f in factors if free_indices(f) & set(other)))
        scale = sp.Mul(*(f for f in factors if not free_indices(f) & (set(where) | set(other))))
        if left.xreplace(dict(zip(where, other, strict=True))) != right:
            return None
        found[left] = found.get(left, sp.S.Zero) + scale
    return [(c, u) for u, c in found.items()]


def _summands(e: sp.Expr, ours: set[Index]) -> list[sp.Expr]:
    """The terms of a sum, scalar factors in front of a bracket multiplied into it."""
    if isinstance(e, sp.Add):
        return [t for a in e.args for t in _summands(a, ours)]
    factors = sp.Mul.make_args(e)
    sums = [f for f in factors if isinstance(f, sp.Add) and free_indices(f) & ours]
    if len(sums) == 1 and not any(free_indices(f) & ours for f in factors if f is not sums[0]):
        others = sp.Mul(*(f for f in factors if f is not sums[0]))
        return [t for a in sums[0].args for t in _summands(others * a, ours)]
    return [e]


def _orthogonal(u: sp.Expr, w: sp.Expr, d: sp.Expr, where: Where) -> bool:
    return is_zero(total(u * w / d, *where))


def _is_positive_fraction(e: sp.Expr) -> bool:
    """Whether e > 0 where it is defined: as it stands, or after its positive denominators are multiplied out."""
    below = {p.base: -p.exp for p in e.atoms(sp.Pow) if not isinstance(p, sp.exp) and p.exp.is_negative and not free_indices(p)}
    positive = sp.Mul(*(b**n for b, n in below.items() if is_positive(_where_defined(b))))
    return any(is_positive(_where_defined(form)) for form in (e, canonical_core(e), canonical_core(e * positive)))


def _where_defined(e: sp.Expr) -> sp.Expr:
    """The expression with the nonnegative bases of roots and denominators taken as positive: elsewhere it has no value."""
    bases = {p.base for p in e.atoms(sp.Pow) if not isinstance(p, sp.exp) and (p.exp.is_negative or not p.exp.is_Integer)}
    unsure = [b for b in bases if not b.is_number and not is_positive(b) and is_nonnegative(b)]
    return e.xreplace({b: sp.Dummy(positive=True) for b in unsure})


def alone(g: sp.Expr, x: Tensor, where: Where) -> tuple[sp.Expr, Any, Where]:
    """The activation as one of a single row: the axes that its sums run over, the others fixed.

    Returns the formula in a state over the joint axes only, that state and its indices; for an elementwise activation the
    formula in one real symbol, that symbol and no indices.

    >>> from amsym.notation import indices, state
    >>> x, (i, j) = state("x", "T D"), (*indices("i", "T"), *indices("j", "D"))
    >>> alone(sp.tanh(x[i, j]), x, (i, j))
    (tanh(x), x, ())
    """
    private = tuple(Index(f"_a{n}", i.axis) for n, i in enumerate(where))
    apart = rename(g, dict(zip(where, private, strict=True)))
    found = [c for c in apart.atoms(Component) if c.tensor == x]
    places = sorted({n for c in found for n, (a, b) in enumerate(zip(c.where, private, strict=True)) if a != b})
    row: Any = Tensor(x.name, tuple(x.axes[n] for n in places), "state") if places else sp.Symbol(x.name, real=True)
    reduced = opened(apart, {x: lambda *at: row[tuple(at[n] for n in places)] if places else row})
    return rename(reduced, dict(zip(private, where, strict=True))), row, tuple(where[n] for n in places)

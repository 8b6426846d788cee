"""f = -R ∇E with R + Rᵀ ⪰ 0, found by peeling: R is a sum of slopes, semidefinite and antisymmetric matrices, Hessians and u uᵀ.

With G = ∇E as symbols, dE/dt = Gᵀ f(G) is a polynomial in G: antisymmetric parts cancel in the normal form, what is
left must have a sign for every G. It covers damped oscillators, rotations added to gradients (J - R of port-Hamiltonian
systems), mirror descent and gradients projected on a sphere, |u|²|G|² - (u·G)² ≥ 0 by Cauchy and Schwarz.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import sympy as sp

from amsym.activated import opened
from amsym.indexing import letters, said
from amsym.notation import Component, Index, Tensor, derivative, free_indices, fresh_indices, is_zero, tidy, total
from amsym.notation.canonical import canonical_core
from amsym.notation.effort import check
from amsym.notation.terms import Term, terms_of
from amsym.prover.convexity import is_convex
from amsym.prover.factor import Factor, divided, joint_factors
from amsym.prover.patterns import Argument, gradient
from amsym.prover.signs import is_nonnegative
from amsym.render.sentences import ENERGY, scaled
from amsym.render.symbols import Slope
from amsym.system import System

# So many pieces of R are taken off at most.
PIECES = 6


@dataclass(frozen=True)
class Piece:
    """K ∇E for one matrix K: `symbolic` with ∇E as symbols, `opened` as it stands; `scalar` where only a scalar may stand before it."""

    symbolic: sp.Expr
    opened: sp.Expr
    words: str
    scalar: bool = True
    square: sp.Expr = sp.S.Zero  # |u|²|G|² - (u·G)² for K = u uᵀ


def port_arguments(system: System) -> list[Argument] | None:
    """An argument for each state where f = -R ∇E and dE/dt = -∇Eᵀ R ∇E ≤ 0; None where no R was found."""
    forces = {s: Tensor(f"∂E_{s.name}", s.axes, "parameter") for s in system.states}
    parts: list[tuple[Component, sp.Expr, sp.Expr, str]] = []
    for c, f in system.equations.items():
        found = _peeled(system, c, f, forces)
        if found is None:
            return None
        parts.append((c, *found))
    rate = sp.Add(*(total(forces[c.tensor][c.where] * form, *c.where) for c, form, _, _ in parts))
    squares = sp.Add(*(extra for _, _, extra, _ in parts))
    if not is_nonnegative(-rate) and not (squares != 0 and is_nonnegative(canonical_core(-rate - squares))):
        return None
    shown = said(system, _with_slopes(canonical_core(-rate), forces))
    lemma = {"lemma": "dE/dt = Σ ∇E f is nonpositive for every value of ∇E", "hypothesis": f"{shown} ≥ 0"}
    more = [{"lemma": "Cauchy and Schwarz", "hypothesis": "|u|²|∇E|² - (u·∇E)² ≥ 0"}] if squares != 0 else []
    return [
        Argument("ports", c.tensor, Factor(), words, [{"identity": f"d{said(system, c)}/dt = {said(system, form)}"}, lemma, *more])
        for c, form, words in ((c, _with_slopes(form, forces), words) for c, form, _, words in parts)
    ]


def _with_slopes(expr: sp.Expr, forces: dict[Tensor, Tensor]) -> Any:
    """The symbols of the gradient as ∂E/∂y, to be read."""
    return opened(expr, {force: partial(_slope, s) for s, force in forces.items()})


def _slope(s: Tensor, *where: Index) -> sp.Expr:
    return Slope(ENERGY, Component(s, *where))


def _peeled(system: System, c: Component, f: sp.Expr, forces: dict[Tensor, Tensor]) -> tuple[sp.Expr, sp.Expr, str] | None:
    """f as a sum of pieces times ∇E, the squares that Cauchy and Schwarz give for it, and R in words."""
    rest, form, squares, words = canonical_core(f), sp.S.Zero, sp.S.Zero, []
    pieces = list(_pieces(system, c, forces))
    for _ in range(PIECES):
        step = next((s for p in pieces if (s := _taken_off(rest, p, frozenset(c.where))) is not None), None)
        if step is None:
            break
        piece, q, rest = step
        form += q * piece.symbolic
        if piece.square != 0 and is_nonnegative(q):
            squares += q * piece.square
        words.append(scaled(system, tidy(-q, letters(system)), piece.words))
    return (form, squares, "R = " + " + ".join(words).replace("+ -", "- ")) if words and is_zero(rest) else None


def _taken_off(rest: sp.Expr, piece: Piece, fixed: frozenset[Index]) -> tuple[Piece, sp.Expr, sp.Expr] | None:
    """A factor q such that rest - q K ∇E has fewer terms, by as many as q K ∇E has, and that remainder."""
    before = terms_of(rest)
    for q in _factors(before, piece, fixed):
        check()
        own, after = terms_of(canonical_core(q * piece.opened)), canonical_core(rest - q * piece.opened)
        if len(terms_of(after)) <= len(before) - len(own):
            return piece, q, after
    return None


def _factors(before: tuple[Term, ...], piece: Piece, fixed: frozenset[Index]) -> Iterator[sp.Expr]:
    """Quotients of a term of the rest by one of K ∇E, the latter also over each denominator that the rest has."""
    allowed = frozenset() if piece.scalar else fixed
    seen: set[sp.Expr] = set()
    for slope in (sp.S.One, *_denominators(before, allowed)):
        for lead in _leads(canonical_core(slope * piece.opened)):
            for t in before:
                q = divided(t, lead, fixed)
                guess = None if q is None else slope * q.expression()
                if guess is not None and guess not in seen and free_indices(guess) <= allowed:
                    seen.add(guess)
                    yield guess


def _leads(image: sp.Expr) -> list[Term]:
    """The two shortest terms: when one meets another term of the rest, the other does not."""
    return sorted(terms_of(image), key=lambda t: (len(t.factors), str(t.expression())))[:2]


def _denominators(terms: tuple[Term, ...], allowed: frozenset[Index]) -> list[sp.Expr]:
    found = {b**e for t in terms for b, e in t.factors if e.is_Integer and e.is_negative and free_indices(b) <= allowed}
    return sorted(found, key=str)


def _pieces(system: System, c: Component, forces: dict[Tensor, Tensor]) -> Iterator[Piece]:
    for s, force in forces.items():
        if s.axes == c.tensor.axes:
            yield Piece(force[c.where], _gradient(system, s, c.where), "I" if s == c.tensor else f"I of {s.name}", scalar=False)
        yield from _matrices(system, c, s, force)
    yield from _hessians(system, c, forces[c.tensor])
    yield from _outer(system, c, forces[c.tensor])


def _gradient(system: System, s: Tensor, where: tuple[Index, ...]) -> sp.Expr:
    return gradient(system, s).xreplace(dict(zip(system.indices(s), where, strict=True)))


def _image(system: System, c: Component, s: Tensor, force: Tensor, kernel: Any) -> tuple[sp.Expr, sp.Expr]:
    """Σ_o K(i, o) ∂E/∂s_o with the gradient as a symbol, and as it stands."""
    other = fresh_indices(s.axes, {*c.where, *free_indices(gradient(system, s))})
    weight = kernel(other)
    return total(weight * force[other], *other), total(weight * _gradient(system, s, other), *other)


def _matrices(system: System, c: Component, s: Tensor, force: Tensor) -> Iterator[Piece]:
    """Declared matrices between the two states, either way round."""
    for K in system.parameters:
        straight, turned = K.axes == c.tensor.axes + s.axes, K.axes == s.axes + c.tensor.axes
        if straight:
            yield Piece(*_image(system, c, s, force, partial(_entry, K, c.where)), K.name)
        if turned and not (straight and {"symmetric", "antisymmetric"} & set(K.properties)):
            yield Piece(*_image(system, c, s, force, partial(_turned_entry, K, c.where)), f"{K.name}ᵀ")


def _entry(K: Tensor, here: tuple[Index, ...], other: tuple[Index, ...]) -> sp.Expr:
    entry: sp.Expr = K[(*here, *other)]
    return entry


def _turned_entry(K: Tensor, here: tuple[Index, ...], other: tuple[Index, ...]) -> sp.Expr:
    return _entry(K, other, here)


def _hessians(system: System, c: Component, force: Tensor) -> Iterator[Piece]:
    """Hessians of convex functions found in the formulas, as in mirror descent and natural gradients."""
    for P in joint_factors(c.tensor, system.formulas):
        if not is_convex(P, c.tensor):
            continue
        psd = Tensor("Λ", c.tensor.axes * 2, "parameter", ("psd", "symmetric"))
        symbolic, _ = _image(system, c, c.tensor, force, lambda o, psd=psd: psd[(*c.where, *o)])
        _, spelled = _image(system, c, c.tensor, force, lambda o, P=P: derivative(P, Component(c.tensor, *c.where), c.tensor[o]))
        yield Piece(symbolic, spelled, f"the Hessian of {said(system, P)}")


def _outer(system: System, c: Component, force: Tensor) -> Iterator[Piece]:
    """u uᵀ for the state itself and for every parameter over its axes."""
    for u in (c.tensor, *(p for p in system.parameters if p.axes == c.tensor.axes)):
        symbolic, opened = _image(system, c, c.tensor, force, lambda o, u=u: u[c.where] * u[o])
        k = fresh_indices(c.tensor.axes)
        square = total(u[k] ** 2, *k) * total(force[k] ** 2, *k) - total(u[k] * force[k], *k) ** 2
        yield Piece(symbolic, opened, f"{u.name} {u.name}ᵀ", square=square)

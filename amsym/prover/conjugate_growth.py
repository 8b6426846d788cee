"""<x, g> - L(x) = L*(g): for a convex L it is at least -L(0), and rises with g the faster the slower L grows.

If L ≤ C (1 + |x|)^p with p > 1 then L*(g) ≥ c |g|^q - C' with q = p/(p - 1); if p ≤ 1, then g is bounded. Both follow from
L(z) ≥ L(x) + <g, z - x> at z = r g/|g|. So layers that act jointly (softmax, layer normalisation) leave an energy in their
activations alone, S(g), and known degrees. Source: Rockafellar, Convex Analysis, section 12; modern_methods eq. (3.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from amsym.activated import closed_at, opened
from amsym.notation import Component, Index, Tensor, Total, depends_on, derivative, free_indices, rename, tidy, total
from amsym.notation.axes import fresh_indices
from amsym.notation.canonical import canonical_core
from amsym.prover.convexity import Steps, is_convex
from amsym.prover.degrees import Part, Scope
from amsym.prover.growth import growth
from amsym.prover.regularity import defined_everywhere
from amsym.prover.signs import is_positive
from amsym.system import System


@dataclass
class Reduced:
    """E - Σ (<x, g> - L) over some states, with their activations kept as symbols: bounded ones, and ones that rise."""

    energy: sp.Expr
    states: dict[Tensor, Tensor] = field(default_factory=dict)
    bounded: set[Tensor] = field(default_factory=set)
    leads: dict[Part, sp.Rational] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)


def reduced(system: System) -> Reduced | None:
    """The energy with the Legendre energies of joint convex Lagrangians taken off; None where there is none to take off.

    >>> from amsym.zoo import softmax_memory
    >>> reduced(softmax_memory().system).bounded
    {g_h}
    """
    found = Reduced(_start(system))
    for state in system.states:
        declared = system.activations.get(state)
        if declared is None or declared.kind == "joint":
            potentials = [declared.of(state)] if declared is not None else joint_parts(found.energy, state)
            found = next((new for L in potentials if (new := _taken(system, found, state, L)) is not None), found)
    return found if found.states else None


def _start(system: System) -> sp.Expr:
    """The energy with additive activations written out, as a Memory knows it, or as it is."""
    assert system.energy is not None
    if system.activated is None:
        return system.energy
    joint = {s for s, L in system.activations.items() if L.kind == "joint"}
    formulas = {g: u for g, u in system.activated.formulas.items() if system.activated.states[g] not in joint}
    energy: sp.Expr = opened(system.activated.energy, formulas)
    return energy


def joint_parts(energy: sp.Expr, state: Tensor) -> list[sp.Expr]:
    """What may be -L in a hand-written energy: a term with the log or a root of a sum over this state alone."""
    found = []
    for a in sp.Add.make_args(energy):
        roots = [n for n in a.atoms(sp.log, sp.Pow) if isinstance(n, sp.log) or (n.exp.is_Rational and not n.exp.is_Integer and n.exp > 0)]
        others = [c for c in a.atoms(Component) if c.tensor.kind != "parameter" and c.tensor != state]
        quotients = [n for n in a.atoms(sp.Pow) if n.exp.is_negative and depends_on(n, state)]
        if not others and not quotients and any(n.has(Total) and depends_on(n, state) for n in roots):
            found.append(-a)
    return found


def _taken(system: System, found: Reduced, state: Tensor, potential: sp.Expr) -> Reduced | None:
    """Take one layer's <x, g> - L off, if what is left does not hold its state and L is convex of known growth."""
    degree = _degree(potential, state)
    known = None if system.activated is None else system.activated.tensor_of(state)
    g = known or Tensor(f"g_{state.name}", state.axes, "activation")
    steps = Steps()
    if degree is None or not defined_everywhere(potential) or not is_convex(potential, state, steps):
        return None
    remainders = (
        _remainders(found.energy, state, g, potential) if found.energy.has(g) else _in_activations(found.energy, state, g, potential)
    )
    rest = next((r for r in remainders if not depends_on(r, state)), None)
    return None if rest is None else _with_layer(found, state, g, degree, rest, steps, potential)


def _with_layer(found: Reduced, state: Tensor, g: Tensor, degree: sp.Rational, rest: sp.Expr, steps: Steps, potential: sp.Expr) -> Reduced:
    lemmas = [{"lemma": line, "hypothesis": f"applied to L = {potential}"} for line in steps.lines]
    identity = {"identity": f"E = <{state.name}, {g.name}> - L + S with {g.name} = ∇L and S = {rest}", "potential": str(potential)}
    new = Reduced(rest, {**found.states, g: state}, set(found.bounded), dict(found.leads), [*found.steps, identity, *lemmas])
    words = f"L is convex in {state.name}, |L| ≤ C (1 + |{state.name}|)^{degree}"
    if degree <= 1:
        new.bounded.add(g)
        new.steps.append({"lemma": "a convex L of degree ≤ 1 has a bounded gradient g, and <x, g> - L ≥ -L(0)", "hypothesis": words})
    else:
        q = degree / (degree - 1)
        new.leads[Part(g, 0)] = q
        new.steps.append({"lemma": f"a convex L of degree {degree} has <x, g> - L ≥ c |g|^{q} - C", "hypothesis": words})
    return new


def _remainders(energy: sp.Expr, state: Tensor, g: Tensor, potential: sp.Expr) -> Iterator[sp.Expr]:
    """The energy without <x, g> - L, where activations are symbols already."""
    where = fresh_indices(state.axes)
    plain = energy - total(state[where] * g[where], *where) + potential
    yield plain
    yield canonical_core(plain)


def _in_activations(energy: sp.Expr, state: Tensor, g: Tensor, potential: sp.Expr) -> Iterator[sp.Expr]:
    """The same for a written-out g = c n(x)/w(x)^q + δ: w is given a name Z, and n is written as (g - δ) Z^q / c."""
    where = fresh_indices(state.axes)
    u = tidy(derivative(potential, state[where]))
    parts = _quotient(u, state)
    if parts is None:
        return
    c, n, w, q, rest = parts
    if not is_positive(w) or not (is_positive(c) or is_positive(-c)):
        return
    at = tuple(i for i in where if i in free_indices(w))
    Z = Tensor("Z", tuple(i.axis for i in at), "parameter", ("nonnegative", "positive"))
    plain = energy - total(state[where] * u, *where) + potential
    named = closed_at(plain, Z, state, lambda *k: rename(w, dict(zip(at, k, strict=True))), at)

    def numerator(*k: Index) -> sp.Expr:
        names = dict(zip(where, k, strict=True))
        return (g[k] - rename(rest, names)) * rename(Z[at] ** q, names) / rename(c, names)

    if isinstance(n, Component):
        yield from _without(opened(named, {state: numerator}), Z)
    else:
        m = Tensor("m", state.axes, "activation")
        marked = closed_at(named, m, state, lambda *k: rename(n, dict(zip(where, k, strict=True))), where)
        yield from _without(opened(marked, {m: numerator}), Z)


def _without(expr: sp.Expr, Z: Tensor) -> Iterator[sp.Expr]:
    core = canonical_core(expr)
    if not core.has(Z):
        yield core


def _quotient(u: sp.Expr, state: Tensor) -> tuple[sp.Expr, sp.Expr, sp.Expr, sp.Rational, sp.Expr] | None:
    """(c, n, w, q, δ) with u = c n/w^q + δ, where c and δ do not hold the state."""
    moving = [a for a in sp.Add.make_args(u) if depends_on(a, state)]
    if len(moving) != 1:
        return None
    factors = sp.Mul.make_args(moving[0])
    powers = [f for f in factors if isinstance(f, sp.Pow) and f.exp.is_Rational and f.exp.is_negative and depends_on(f, state)]
    others = [f for f in factors if depends_on(f, state) and f not in powers]
    if len(powers) != 1 or not others:
        return None
    c = sp.Mul(*(f for f in factors if not depends_on(f, state)))
    return c, sp.Mul(*others), powers[0].base, -powers[0].exp, u - moving[0]


def _degree(potential: sp.Expr, state: Tensor) -> sp.Rational | None:
    """The degree of L in its state, other states not being in it."""
    if any(c.tensor.kind == "state" and c.tensor != state for c in potential.atoms(Component)):
        return None
    found = growth(potential, Scope(frozenset((state,))))
    return None if found is None else max((sum((d for _, d in m), sp.S.Zero) for m in found), default=sp.S.Zero)

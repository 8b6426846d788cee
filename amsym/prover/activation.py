"""The pattern of modern_methods section 3.4: E(x, g(x)) with f = -c⁻¹ ∂E/∂g gives dE/dt = -c fᵀ Λ f, Λ = ∂g/∂x.

Three identities are checked: ∂E/∂x at fixed g vanishes once g is opened (the layer's energy x·g - L sees to that),
∂E/∂g = -c f with activations kept as symbols, and g = ∇P with P convex.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp

from amsym.activated import Activated, candidates, closed
from amsym.indexing import said
from amsym.notation import (
    Component,
    Index,
    Tensor,
    depends_on,
    derivative,
    free_indices,
    fresh_indices,
    is_zero,
    rename,
    tidy,
    total,
)
from amsym.notation.canonical import canonical_core
from amsym.prover.convexity import Steps, is_convex
from amsym.prover.factor import common_factor, is_diagonal, joint_factors, ratios
from amsym.prover.signs import is_nonnegative
from amsym.system import System


@dataclass(frozen=True)
class Activation:
    """What was shown for one state: the factor c, the potential P, its name, whether it is additive, and the lemmas used."""

    scale: sp.Expr
    potential: sp.Expr
    name: str
    formula: sp.Expr
    lemmas: tuple[str, ...]


def activation_argument(system: System, c: Component) -> Activation | None:
    """The activation pattern for one state, or None where it does not fit."""
    for form, potential, name in _forms(system, c.tensor):
        found = _checked(system, form, c, potential, name)
        if found is not None:
            return found
    return None


def _checked(system: System, form: Activated, c: Component, potential: sp.Expr, name: str) -> Activation | None:
    g = form.tensor_of(c.tensor)
    if g is None:
        return None
    if any(depends_on(form.formulas[h](*fresh_indices(s.axes)), c.tensor) for h, s in form.states.items() if h != g):
        return None
    at = next(k for k in form.flow if k.tensor == c.tensor)
    slope = derivative(form.energy, g[at.where])
    scale = common_factor(slope, form.flow[at], at.where)
    if scale is None or not is_nonnegative(scale) or scale.has(*form.states.values(), *form.formulas):
        return None
    # One factor a neuron (a token) is one in front of its own part of P, where P is a sum of such parts.
    if not is_diagonal(potential, c.tensor, tuple(n for n, i in enumerate(at.where) if i in free_indices(scale))):
        return None
    if not is_zero(form.opened(derivative(form.energy, at))) or not _is_gradient(form.formulas[g](*at.where), potential, at):
        return None
    steps = Steps()
    if not is_convex(potential, c.tensor, steps):
        return None
    return Activation(scale, potential, name, form.formulas[g](*at.where), tuple(steps.lines))


def _is_gradient(u: sp.Expr, potential: sp.Expr, at: Component) -> bool:
    slope = derivative(potential, at)
    return u in (slope, tidy(slope)) or is_zero(u - slope)


@lru_cache(maxsize=64)
def _forms(system: System, state: Tensor) -> tuple[tuple[Activated, sp.Expr, str], ...]:
    """The system with activations as symbols: as its Memory knows it, or found in hand-written formulas."""
    declared = system.activations.get(state)
    if system.activated is not None and declared is not None:
        return ((system.activated, declared.of(state), f"the Hessian of the Lagrangian {declared.name}"),)
    if declared is not None:
        where = fresh_indices(state.axes)
        return _found(
            system, state, where, declared.activation(state[where]), declared.of(state), f"the Hessian of the Lagrangian {declared.name}"
        )
    forms: list[Any] = []
    for where, piece in candidates(state, system.formulas):
        potential = _potential(state, where, piece)
        if potential is not None:
            forms += _found(system, state, where, piece, potential, f"the Hessian of {said(system, potential)}")
    return tuple(forms)


def _found(system: System, state: Tensor, where: tuple[Index, ...], piece: sp.Expr, potential: sp.Expr, name: str) -> tuple[Any, ...]:
    g = Tensor(f"g_{state.name}", state.axes, "activation")

    def u(*at: Index) -> sp.Expr:
        return rename(piece, dict(zip(where, at, strict=True)))

    assert system.energy is not None
    energy = closed(system.energy, g, state, u)
    flow = {c: closed(f, g, state, u) for c, f in system.equations.items()}
    if not energy.has(g):
        return ()
    return ((Activated(energy, flow, {g: state}, {g: u}), potential, name),)


def _potential(state: Tensor, where: tuple[Index, ...], u: sp.Expr) -> sp.Expr | None:
    """A P with ∇P = u: c times the log or a root of a sum that u holds, plus a linear part."""
    for base in joint_factors(state, (u,)):
        slope = derivative(base, state[where])
        for c in ratios(u, slope, frozenset(where)):
            rest = _without_state(u - c * slope, state)
            if rest is not None:
                return c * base + total(rest * state[where], *where)
    return None


def _without_state(expr: sp.Expr, state: Tensor) -> sp.Expr | None:
    core = canonical_core(expr)
    return None if depends_on(core, state) else core

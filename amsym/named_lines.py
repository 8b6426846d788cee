"""Long models in the names g = ∇L and Λ = ∇∇L: with E as a function of x and g,

    ∂E/∂x_i = Σ_j Λ_ij ∂E/∂g_j,    ∂²E/∂x_i∂x_j = Λ_ij + Σ_k Λ'_ijk ∂E/∂g_k + Σ_kl Λ_ik Λ_jl ∂²E/∂g_k∂g_l.

Spelled out, the gradient of attention over layer-normalised tokens fills pages; so it is half a page.
Source: modern_methods eq. (3.1), (3.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement
from typing import Any

import sympy as sp

from amsym.activated import Activated
from amsym.derivation import Line
from amsym.indexing import at, letters, relettered, second
from amsym.notation import Index, Tensor, derivative, tidy, total
from amsym.notation.calculus import gradient_tensor
from amsym.render.symbols import Rate, Slope, TimeDerivative
from amsym.render.text import text
from amsym.system import System

ENERGY = sp.Symbol("E", real=True)

# Energies with a term longer than this, counted as text, are written in names: in two-layer memories the longest
# has 50 letters, in attention over layer-normalised tokens 350.
LONG_TERM = 200


def is_long(system: System) -> bool:
    """Whether the model is long and knows its activations."""
    if system.energy is None or system.activated is None or system.flow is None:
        return False
    return any(len(text(term)) > LONG_TERM for term in sp.Add.make_args(system.energy))


def named_lines(system: System) -> Iterator[Line]:
    """Energy, gradient, Hessian, flow and energy rate in g and Λ."""
    assert system.activated is not None
    names = {s: potential(system, s) for s in system.states}
    rule = {g: gradient_tensor(names[s]) for g, s in system.activated.states.items()}
    yield Line("energy", ENERGY, tidy(_energy(system, system.activated, names).xreplace(rule), letters(system)))
    yield from _gradients(system, names, _energy(system, system.activated, names).xreplace(rule))
    yield from _hessians(system, names)
    for c, f in system.activated.flow.items():
        right = tidy(relettered(system, f.xreplace(rule)), letters(system))
        yield Line("flow", TimeDerivative(at(system, c.tensor)), right, "", (c.tensor.name,))
    rate = sp.Add(*(total(Slope(ENERGY, y) * Rate(y), *y.where) for y in (at(system, s) for s in system.states)))
    yield Line("energy rate", TimeDerivative(ENERGY), rate)


def potential(system: System, s: Tensor) -> Tensor:
    """The Lagrangian of a state by its name alone, L or L_v; its gradient is g_v, its Hessian Λ_v."""
    return Tensor("L" if len(system.states) == 1 else f"L_{s.name}", (), "activation", ("psd",), (), s, 0)


def _energy(system: System, activated: Activated, names: dict[Tensor, Tensor]) -> sp.Expr:
    """E(x, g) with each Lagrangian by its name."""
    spelled = sp.Add(*(system.activations[s].of(s) for s in system.states))
    return activated.energy + spelled - sp.Add(*(names[s][()] for s in system.states))


def _metric(names: dict[Tensor, Tensor], s: Tensor) -> Tensor:
    return gradient_tensor(gradient_tensor(names[s]))


def _gradients(system: System, names: dict[Tensor, Tensor], energy: sp.Expr) -> Iterator[Line]:
    for s in system.states:
        y = at(system, s)
        also = second(system, s, y.where)
        pull = tidy(derivative(energy.xreplace({gradient_tensor(names[s]): _free(s)}), _free(s)[also]), letters(system))
        right = total(_metric(names, s)[y.where + also] * pull.xreplace({_free(s): gradient_tensor(names[s])}), *also)
        yield Line("gradient", Slope(ENERGY, y), tidy(right, letters(system)), "", (s.name,))


def _free(s: Tensor) -> Tensor:
    """The activation as a variable of its own, to differentiate by."""
    return Tensor(f"g_{s.name}", s.axes, "activation")


def _hessians(system: System, names: dict[Tensor, Tensor]) -> Iterator[Line]:
    for s, t in combinations_with_replacement(system.states, 2):
        y = at(system, s)
        z = t[second(system, t, y.where)]
        about = (s.name,) if len(system.states) == 1 else (s.name, t.name)
        yield Line("Hessian", Slope(ENERGY, y, z), _hessian(system, names, y, z), "E as a function of x and g", about)


def _hessian(system: System, names: dict[Tensor, Tensor], y: Any, z: Any) -> sp.Expr:
    s, t = y.tensor, z.tensor
    k = second(system, s, y.where + z.where)
    m = second(system, t, y.where + z.where + k)
    bent = total(_metric(names, s)[y.where + k] * _metric(names, t)[z.where + m] * Slope(ENERGY, _g(names, s, k), _g(names, t, m)), *k, *m)
    if s != t:
        return bent
    third = gradient_tensor(_metric(names, s))
    return _metric(names, s)[y.where + z.where] + total(third[y.where + z.where + k] * Slope(ENERGY, _g(names, s, k)), *k) + bent


def _g(names: dict[Tensor, Tensor], s: Tensor, where: tuple[Index, ...]) -> sp.Expr:
    component: sp.Expr = gradient_tensor(names[s])[where]
    return component

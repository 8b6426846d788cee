"""derive(model): states, parameters, L, g = ∇L, E, ∇E, ∇∇E, dy/dt, dE/dt, and why dE/dt ≤ 0.

Source: dead_neurons eq. (1) to (3); modern_methods eq. (3.1) to (3.3). It costs the same for every size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations_with_replacement
from typing import Any

import sympy as sp

from amsym.derivation import Derivation, Line
from amsym.errors import ModelError
from amsym.indexing import at, letters, second, where
from amsym.lagrangian import Lagrangian
from amsym.lyapunov_lines import lyapunov_lines
from amsym.memory import Memory
from amsym.named_lines import is_long, named_lines
from amsym.notation import Component, Index, Tensor, delta, derivative, lettered, state, total
from amsym.notation.axes import Size
from amsym.notation.calculus import potential_tensor
from amsym.notation.tidy import merged
from amsym.prover.legendre import legendre_identity
from amsym.render.abbreviated import Abbreviation, abbreviated, softmax_of
from amsym.render.shortest import shortest, squared
from amsym.render.symbols import Slope, Space, TimeDerivative
from amsym.system import System, time

ENERGY = sp.Symbol("E", real=True)

# The Hessian is spelled out for gradients of up to so many operations; that of 600 takes half a minute and 100 pages.
LONG_GRADIENT = 400


def derive(model: System | Memory | Lagrangian) -> Derivation:
    """The mathematics of a model, line by line.

    A Lagrangian gives its activation, its Hessian split as δ_ij d_i + r_ij, and the layer's energy.

    >>> import amsym as am
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> print(am.derive(am.System(flow={y[i]: -y[i]}, energy=am.total(y[i]**2, i)/2)))
    System
    <BLANKLINE>
    states              y_i ∈ ℝ^N
    energy              E = ½ Σ_i y_i²
    gradient            ∂E/∂y_i = y_i
    Hessian             ∂²E/∂y_i∂y_j = δ_ij
    flow                dy_i/dt = -y_i
    energy rate         dE/dt = -Σ_i y_i²
    Lyapunov condition  dE/dt = -Σ_i ẏ_i² ≤ 0   (proved for N ≥ 1)

    Raises ModelError for anything that is no model.
    """
    if isinstance(model, Lagrangian):
        return Derivation(tuple(_lagrangian_lines(model)), name=f"Lagrangian {model.name}")
    system = getattr(model, "system", model)
    if not isinstance(system, System):
        raise ModelError(f"derive() takes a System, a Memory or a Lagrangian, got {model!r}")
    return Derivation(tuple(_system_lines(system)), name=system.name)


def _system_lines(system: System) -> Iterator[Line]:
    yield from _states(system)
    yield from _parameters(system)
    yield from _activations(system)
    if is_long(system):
        yield from named_lines(system)
        yield from lyapunov_lines(system)
        return
    names = _softmaxes(system)
    rates = []
    for line in _mathematics(system):
        named = replace(line, short=abbreviated(line.right, names, letters(system))) if names and isinstance(line.right, sp.Expr) else line
        rates.append(named)
        yield named
    if system.energy is not None:
        if system.flow is not None:
            yield _energy_rate(system, rates)
        yield from lyapunov_lines(system, names)


def _mathematics(system: System) -> Iterator[Line]:
    if system.energy is not None:
        yield Line("energy", ENERGY, shortest(system.energy, letters(system)))
        yield from _gradients(system)
        yield from _hessians(system)
    yield from _motion(system)


def _states(system: System) -> Iterator[Line]:
    for s in system.states:
        yield Line("states", at(system, s), _space(s), about=(s.name,), relation="∈")


def _space(t: Tensor) -> Space:
    return Space(tuple(Size(axis) for axis in t.axes), t.values)


def _parameters(system: System) -> Iterator[Line]:
    for p in system.parameters:
        if p.of is None:
            yield Line("parameters", _typical(system, p), _space(p), ", ".join(_declared(p)), (p.name,), "∈")
    for s in system.scalars:
        sign = ">" if s.is_positive else "≥" if s.is_nonnegative else "∈"
        kind = "integer" if s.is_integer else ""
        yield Line("parameters", s, Space() if sign == "∈" else sp.S.Zero, kind, (s.name,), sign)


def _typical(system: System, p: Tensor) -> sp.Expr:
    """A component of the parameter with indices that its axes use in the system."""
    found: list[Index] = []
    for axis in p.axes:
        found += second(system, Tensor("_", (axis,)), tuple(found))
    component: sp.Expr = p[tuple(found)]
    return component


def _declared(p: Tensor) -> tuple[str, ...]:
    """The declared properties in words, without those that follow from another."""
    implied = {"symmetric"} if "psd" in p.properties else set()
    implied |= {"nonnegative"} if "positive" in p.properties else set()
    words = {"psd": "positive semidefinite", "positive": "> 0 in every entry", "nonnegative": "≥ 0 in every entry"}
    return tuple(words.get(name, name) for name in p.properties if name not in implied)


def _activations(system: System) -> Iterator[Line]:
    """L and g of each state whose Lagrangian is declared or abstract."""
    single = len(system.states) == 1
    known = [(s, system.activations.get(s), _abstract(system, s)) for s in system.states]
    for s, declared, potential in known:
        if declared is not None and declared.kind != "abstract":
            left = sp.Symbol("L" if single else f"L_{s.name}")
            yield Line("Lagrangian", left, shortest(declared.of(s), letters(system)), declared.name, (s.name,))
        elif potential is not None:
            convex = "convex" if potential.has_property("psd") else "differentiable"
            yield Line("Lagrangian", potential[()], f"any {convex} function of {s.name}", "", (s.name,), "is")
    for s, declared, potential in known:
        if declared is not None and declared.kind != "abstract":
            left = _activation_name(system, s)[where(system, s)]
            yield Line("activation", left, shortest(declared.activation(at(system, s)), letters(system)), "", (s.name,))
        elif potential is not None:
            yield Line("activation", derivative(potential[()], at(system, s)), Slope(potential[()], at(system, s)), "", (s.name,))


def _softmaxes(system: System) -> tuple[Abbreviation, ...]:
    """The softmax activations that the lines above name."""
    found = [
        softmax_of(declared, at(system, s), _activation_name(system, s))
        for s, declared in system.activations.items()
        if declared.kind == "joint"
    ]
    return tuple(a for a in found if a is not None)


def _activation_name(system: System, s: Tensor) -> Tensor:
    return Tensor("g" if len(system.states) == 1 else f"g_{s.name}", s.axes, "activation")


def _abstract(system: System, s: Tensor) -> Tensor | None:
    """The abstract Lagrangian of a state that the formulas use."""
    return next((potential_tensor(p) for p in system.parameters if p.of == s), None)


def _gradients(system: System) -> Iterator[Line]:
    for s in system.states:
        y = at(system, s)
        yield Line("gradient", Slope(ENERGY, y), shortest(derivative(system.energy, y), letters(system)), "", (s.name,))


def _hessians(system: System) -> Iterator[Line]:
    single = len(system.states) == 1
    for s, t in combinations_with_replacement(system.states, 2):
        y = at(system, s)
        z = t[second(system, t, y.where)] if t.axes else Component(t)
        yield Line("Hessian", Slope(ENERGY, y, z), _hessian(system, y, z), "", (s.name,) if single else (s.name, t.name))


def _hessian(system: System, y: Component, z: Component) -> Any:
    slope = derivative(system.energy, y)
    if slope.count_ops() > LONG_GRADIENT:
        return f"not spelled out: the gradient alone has {slope.count_ops()} operations; am.derivative(gradient, {z}) gives it"
    return shortest(derivative(slope, z), letters(system))


def _motion(system: System) -> Iterator[Line]:
    for y in (at(system, s) for s in system.states):
        right = shortest(system.right_side(y.tensor, y.where), letters(system))
        if system.flow is not None:
            yield Line("flow", TimeDerivative(y), right, "", (y.tensor.name,))
        else:
            yield Line("update", y, right, _order(system), (y.tensor.name,), "←")


def _order(system: System) -> str:
    words = {
        "asynchronous": "one neuron at a time, in any order",
        "sequential": "one neuron after the other",
        "synchronous": "all neurons at once",
    }
    ties = {"keep": "sign(0) keeps the value", "up": "sign(0) = 1", "down": "sign(0) = -1"}
    signs = any(f.has(sp.sign) for f in system.equations.values())
    return words[system.order] + (f"; {ties[system.tie]}" if signs else "")


def _energy_rate(system: System, lines: list[Line]) -> Line:
    """dE/dt = Σ_i ∂E/∂y_i f_i + ∂E/∂t, from the lines that give the two."""
    explicit = derivative(system.energy, time) if system.depends_on_time else sp.S.Zero
    found = {(line.label, line.about): line for line in lines}
    pairs = [(s, found["gradient", (s.name,)], found["flow", (s.name,)]) for s in system.states]

    def rate(side: str) -> sp.Expr:
        products = (total(squared(getattr(g, side) * getattr(f, side)), *where(system, s)) for s, g, f in pairs)
        expr: sp.Expr = lettered(merged(sp.Add(*products, explicit)), letters(system))
        return expr

    return Line("energy rate", TimeDerivative(ENERGY), rate("right"), short=rate("shown"))


def _lagrangian_lines(lagrangian: Lagrangian) -> Iterator[Line]:
    """L, g, Λ and the Legendre energy over one axis."""
    x = state("x", lagrangian.over or "N")
    i, j = (Index(name, x.axes[0]) for name in "ij")
    yield Line("states", x[i], _space(x), about=("x",), relation="∈")
    if lagrangian.kind == "abstract":
        potential = lagrangian.of(x)
        yield Line("Lagrangian", potential, "any convex function of x", "", ("x",), "is")
    else:
        yield Line("Lagrangian", sp.Symbol("L"), shortest(lagrangian.of(x)), lagrangian.name, ("x",))
    g = Tensor("g", x.axes, "activation")[i]
    yield Line("activation", g, shortest(lagrangian.activation(x[i])), "", ("x",))
    yield Line("energy", ENERGY, shortest(lagrangian.energy(x)), "the Legendre transform Σ x g - L")
    verdict = legendre_identity(lagrangian, x)
    if verdict.holds:
        yield Line("Legendre identity", Slope(ENERGY, g), x[i], f"proved: {verdict.reason}", ("x",))
    diagonal, rest = lagrangian.hessian_split(x[i], x[j])
    right = sp.Add(delta(i, j) * shortest(diagonal), shortest(rest))
    yield Line("Hessian", Slope(sp.Symbol("L"), x[i], x[j]), right, "", ("x",))

"""What a model can be asked for, as outputs of a program: flow, energy, gradient, their rates and derivatives.

dE/dt = Σ_s Σ_i (∂E/∂s_i) f_i + ∂E/∂t,    jacobian ∂f_i/∂s_j,    hessian ∂²E/∂s_i ∂s_j,    jvp Σ_s Σ_j ∂f_i/∂s_j u_j
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from amsym.errors import InputError
from amsym.notation import Component, Index, derivative
from amsym.system import System, time
from numeric.contract import contract
from numeric.directional import along, columns, component, directions_of, own_slope, time_slope
from numeric.graph import Value
from numeric.legendre import slope, stable
from numeric.lower import Lowering

Outputs = list[tuple[str, Value, tuple[Index, ...]]]
Names = tuple[str, ...]
# "flow", "energy" ..., or one with what it is restricted to: ("flow", rows), ("jvp", rows, moving), ("jacobian", pairs), ("slopes", rows).
Kind = str | tuple[Any, ...]


def pair_name(row: str, column: str) -> str:
    """The output that holds the block (row, column) of a matrix of derivatives."""
    return f"{row}__{column}"


def outputs(system: System, low: Lowering, kind: Kind) -> Outputs:
    """The outputs of the program of this kind.

    Raises InputError where the system has no such thing: a flow, an update, an energy.
    """
    name, *restricted = (kind,) if isinstance(kind, str) else kind
    return _KINDS[name](system, low, *restricted)


def _energy_of(system: System) -> sp.Expr:
    if system.energy is None:
        raise InputError("the system has no energy, so there is nothing to evaluate: give System(energy=...) one")
    return system.energy


def _flow_of(system: System) -> dict[Component, sp.Expr]:
    if system.flow is None:
        raise InputError("the system has an update and no flow: expected a System(flow=...); call update instead")
    return system.flow


def _flow(system: System, low: Lowering, rows: Names | None = None) -> Outputs:
    wanted = {c: f for c, f in _flow_of(system).items() if rows is None or c.tensor.name in rows}
    return [(c.tensor.name, low.value(f), c.where) for c, f in wanted.items()]


def _energy(system: System, low: Lowering) -> Outputs:
    return [("energy", low.value(stable(system, _energy_of(system), low.shifts)), ())]


def _flow_and_energy(system: System, low: Lowering) -> Outputs:
    return [*_flow(system, low), *_energy(system, low)]


def _slopes(system: System) -> dict[Component, sp.Expr]:
    energy = _energy_of(system)
    return {c: slope(system, energy, c) for c in system.equations}


def _gradient(system: System, low: Lowering) -> Outputs:
    return [(c.tensor.name, low.value(g), c.where) for c, g in _slopes(system).items()]


def _energy_rate(system: System, low: Lowering) -> Outputs:
    terms = [contract(low.graph, [low.value(g), low.value(_flow_of(system)[c])], c.where) for c, g in _slopes(system).items()]
    explicit = derivative(_energy_of(system), time)
    if explicit != 0:
        terms.append(low.value(explicit))
    return [("energy", low.graph.linear([(1.0, t) for t in terms]), ())]


def _matrix(system: System, low: Lowering, rows: dict[Component, sp.Expr], pairs: tuple[Names, ...] | None = None) -> Outputs:
    result: Outputs = []
    for c, f in rows.items():
        for state in system.states:
            if pairs is None or (c.tensor.name, state.name) in pairs:
                where = columns(state, set(c.where))
                slope = low.value(derivative(f, component(state, where)))
                result.append((pair_name(c.tensor.name, state.name), slope, (*c.where, *where)))
    return result


def _jacobian(system: System, low: Lowering, pairs: tuple[Names, ...] | None = None) -> Outputs:
    return _matrix(system, low, _flow_of(system), pairs)


def _jvp(system: System, low: Lowering, rows: Names, moving: Names) -> Outputs:
    """J u for the rows named, of a direction u that moves the states named."""
    directions = {s: u for s, u in directions_of(system).items() if s.name in moving}
    found = [(c, low.value(along(f, directions))) for c, f in _flow_of(system).items() if c.tensor.name in rows]
    return [(c.tensor.name, value, c.where) for c, value in found]


def _slopes_of_own(system: System, low: Lowering, rows: Names) -> Outputs:
    """The diagonal of the own block ∂f_s/∂s of each state named."""
    return [(c.tensor.name, low.value(_slope_of_own(c, f)), c.where) for c, f in _flow_of(system).items() if c.tensor.name in rows]


def _slope_of_own(c: Component, f: sp.Expr) -> sp.Expr:
    slope = own_slope(f, c, c.tensor)
    if slope is None:
        name = c.tensor.name
        raise InputError(f"the flow of '{name}' couples components of '{name}'; a diagonal block was expected: ask for its jacobian")
    return slope


def _time_slope(system: System, low: Lowering) -> Outputs:
    return [(c.tensor.name, low.value(time_slope(f)), c.where) for c, f in _flow_of(system).items()]


def _hessian(system: System, low: Lowering) -> Outputs:
    return _matrix(system, low, _slopes(system))


def _update(system: System, low: Lowering) -> Outputs:
    if system.update is None:
        raise InputError("the system has a flow and no update: expected a System(update=...); call flow instead")
    return [(c.tensor.name, _step(system, low, c, f), c.where) for c, f in system.update.items()]


def _step(system: System, low: Lowering, c: Component, f: sp.Expr) -> Value:
    """The right-hand side; where it is sign(h), sign(0) is what `tie` says."""
    if not isinstance(f, sp.sign):
        return low.value(f)
    graph, h = low.graph, low.value(f.args[0])
    zero, up, down = graph.const(0.0), graph.const(1.0), graph.const(-1.0)
    if system.tie == "keep":
        return graph.apply("where", graph.apply("equal", h, zero, boolean=True), low.value(c), graph.apply("sign", h))
    rises = "greater_equal" if system.tie == "up" else "greater"
    return graph.apply("where", graph.apply(rises, h, zero, boolean=True), up, down)


_KINDS: dict[str, Callable[..., Outputs]] = {
    "flow": _flow,
    "energy": _energy,
    "flow_and_energy": _flow_and_energy,
    "gradient": _gradient,
    "energy_rate": _energy_rate,
    "jacobian": _jacobian,
    "hessian": _hessian,
    "jvp": _jvp,
    "slopes": _slopes_of_own,
    "time_slope": _time_slope,
    "update": _update,
}

"""A parameter as one more state: f(y; p) with p moved along a line becomes f(y, s), and ∂f/∂s a column of its Jacobian.

A scalar parameter named by the caller is s itself; parameters moved along {name: dp} are p + s dp, arrays and scalars alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from amsym.errors import InputError
from amsym.notation import Component, Tensor, Total
from amsym.system import System
from numeric.binding import checked_parameters

# Declarations that hold all along a line where they hold at its ends.
KEPT = {"symmetric", "antisymmetric", "psd", "positive", "nonnegative"}


@dataclass(frozen=True)
class Lifted:
    """The system with s as its last state, which rests; the numbers of its parameters; where s starts."""

    system: System
    params: dict[str, Any]
    s: Tensor
    start: float


def lifted(system: System, params: Mapping[str, Any], parameter: Any, ends: Sequence[float]) -> Lifted:
    """The system with the parameter, a name or {name: direction}, as a state.

    Raises InputError for a parameter that the system does not have or that cannot be moved, and where the parameters at
    one of the ends are not as declared.
    """
    _check_flow(system)
    if isinstance(parameter, str):
        return _by_name(system, params, parameter, ends)
    if not isinstance(parameter, Mapping) or not parameter:
        raise InputError(f"parameter is {parameter!r}; a name or {{name: direction}} was expected: 'beta', or {{'b': array}}")
    return _along(system, params, {str(getattr(k, "name", k)): v for k, v in parameter.items()}, ends)


def _check_flow(system: System) -> None:
    """Steady states are those of a flow that does not depend on time."""
    if system.flow is None:
        raise InputError("the system has an update, and a branch is one of steady states of a flow: give System(flow=...)")
    if system.depends_on_time:
        raise InputError("the flow depends on time, so it has no steady states to follow: hold t, or make it a parameter")


def _by_name(system: System, params: Mapping[str, Any], name: str, ends: Sequence[float]) -> Lifted:
    """s in place of a scalar parameter."""
    scalars = {x.name: x for x in system.scalars}
    if name not in scalars:
        _refuse(system, name)
    _check_movable(system, name)
    for end in ends:
        checked_parameters(system, {**params, name: end})
    s = Tensor(name, (), "state")
    rest = {n: value for n, value in params.items() if n != name}
    flow = {c: f.xreplace({scalars[name]: Component(s)}) for c, f in system.equations.items()}
    return Lifted(_with_rest(system, flow, s), rest, s, float(params[name]))


def _refuse(system: System, name: str) -> None:
    """Say why this name is none of a scalar parameter."""
    if name in {p.name for p in system.parameters}:
        raise InputError(f"parameter '{name}' is an array; the name of a number was expected: say along what, {{'{name}': direction}}")
    known = ", ".join(x.name for x in system.scalars) or "none"
    raise InputError(f"parameter is '{name}', which the flow does not have; its scalar parameters are {known}: name one of them")


def _along(system: System, params: Mapping[str, Any], line: dict[str, Any], ends: Sequence[float]) -> Lifted:
    """p + s dp in place of each parameter that moves."""
    directions = {name: _direction(system, params, name, value) for name, value in line.items()}
    for s in ends:
        checked_parameters(system, {**params, **{n: np.asarray(params[n]) + s * d for n, d in directions.items()}})
    names = {t.name for t in (*system.states, *system.parameters, *system.scalars)}
    s = Tensor(_fresh("s", names), (), "state")
    numbers = {x: x + float(directions[x.name]) * Component(s) for x in system.scalars if x.name in directions}
    moving = {p: _companion(p, names) for p in system.parameters if p.name in directions}
    arrays = {d.name: directions[p.name] for p, d in moving.items()}
    flow = {c: _shifted(f.xreplace(numbers), moving, Component(s)) for c, f in system.equations.items()}
    return Lifted(_with_rest(system, flow, s), {**params, **arrays}, s, 0.0)


def _companion(p: Tensor, taken: set[str]) -> Tensor:
    """The direction of a parameter, as symmetric as the parameter is."""
    return Tensor(_fresh(f"d_{p.name}", taken), p.axes, "parameter", tuple({"symmetric", "antisymmetric"} & set(p.properties)))


def _shifted(expr: Any, moving: Mapping[Tensor, Tensor], s: Any) -> Any:
    """p + s dp for every component of p, those with bound indices too, which a substitution by rule would rename."""
    if isinstance(expr, Component):
        d = moving.get(expr.tensor)
        return expr if d is None else expr + s * d[expr.where]
    if isinstance(expr, Total):
        return Total(_shifted(expr.body, moving, s), *expr.bound)
    if not expr.args or not any(t in moving for t in expr.atoms(Tensor)):
        return expr
    return expr.func(*(_shifted(a, moving, s) for a in expr.args))


def _direction(system: System, params: Mapping[str, Any], name: str, value: Any) -> Any:
    """The direction of one parameter as an array of the parameter's shape."""
    if name not in {p.name for p in (*system.parameters, *system.scalars)}:
        known = ", ".join(p.name for p in (*system.parameters, *system.scalars)) or "none"
        raise InputError(f"the direction moves '{name}', which the flow does not have; its parameters are {known}: name one of them")
    _check_movable(system, name)
    direction = np.asarray(value, dtype=float)
    if direction.shape != np.shape(params[name]):
        expected = np.shape(params[name])
        raise InputError(
            f"the direction of '{name}' has shape {direction.shape}; that of the parameter, {expected}, was expected: reshape it"
        )
    if not np.isfinite(direction).all():
        raise InputError(f"the direction of '{name}' holds entries that are not finite; finite numbers were expected: mend them")
    return direction


def _check_movable(system: System, name: str) -> None:
    """A line of whole numbers or of orthogonal matrices leaves their set."""
    for p in (*system.parameters, *system.scalars):
        properties = set(p.properties) if isinstance(p, Tensor) else {"integer"} if p.is_integer else set()
        if p.name == name and properties - KEPT:
            word = min(properties - KEPT)
            raise InputError(f"parameter '{name}' is declared {word}, and so cannot move along a line: drop the declaration")


def _with_rest(system: System, flow: Mapping[Any, Any], s: Tensor) -> System:
    """The flow with ds/dt = 0."""
    return System(flow={**flow, Component(s): sp.S.Zero}, name=system.name)


def _fresh(name: str, taken: set[str]) -> str:
    """The name, with as many underscores as make it new."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name

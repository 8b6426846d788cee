"""Dead directions of a model, told: for all states at once, or as a cone V with projectors Pd = V V⁺ and Pa = I - Pd at a given state.

g(y + V c) = g(y) for every c ≥ 0, so the Hessian has Λ V = 0 (dead_neurons, definition and Proposition 4.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.dead import Dead, dead
from amsym.errors import InputError
from amsym.exact import exact
from amsym.judged import judged
from amsym.render.prose import prose
from amsym.system import System
from numeric.cone import DeadCone, cone
from numeric.saturation import CAVEAT, Saturation, saturations

Array = NDArray[Any]


@dataclass(frozen=True)
class DeadState:
    """One state's dead directions: exact ones (`dead`), and where its activation is constant in floating point only."""

    dead: Dead
    saturations: tuple[Saturation, ...]

    @property
    def name(self) -> str:
        """The name of the state."""
        return self.dead.state.name

    def rows(self) -> list[tuple[str, str, str]]:
        """(kind, where, direction) for each finding, in words; exact ones first."""
        y = self.dead.component
        rows = self._exact()
        rows += [(s.dtype, s.condition(y), self._unit(s.side)) for s in self.saturations]
        rows += [("flat piece", f"{p.low} ≤ {y} ≤ {p.high}", "none: the piece is bounded") for p in self.dead.plateaus]
        return rows + ([("open", "there may be more", "; ".join(self.dead.open))] if self.dead.open else [])

    def _exact(self) -> list[tuple[str, str, str]]:
        rows = [("exact", r.condition(self.dead.component), self._unit(r.side)) for r in self.dead.rays]
        rows += [("exact", f"every {self.name}", self.dead.motion(v)) for v in self.dead.vectors]
        if rows or self.dead.open:
            return rows
        return [("exact", "on no ray" if self.dead.plateaus else "nowhere", f"none: {self.dead.lemma}")]

    def _unit(self, side: int) -> str:
        """±e_i, the direction of one neuron."""
        return f"{'-' if side < 0 else '+'}e_{','.join(i.name for i in self.dead.where)}"


@dataclass(frozen=True)
class DeadDirections:
    """The dead directions of every state of a model, for every size; prints as a table."""

    name: str
    states: tuple[DeadState, ...]

    def __getitem__(self, name: str) -> DeadState:
        for s in self.states:
            if s.name == name:
                return s
        raise KeyError(f"no state {name!r}; the states are {', '.join(s.name for s in self.states)}")

    def rows(self) -> list[tuple[str, ...]]:
        """The table: state, activation, kind, where, direction."""
        return [(s.name, s.dead.activation.name, *row) for s in self.states for row in s.rows()]

    def notes(self) -> list[str]:
        """What holds of the rows of floating-point arithmetic, where there are some."""
        return [CAVEAT] if any(s.saturations for s in self.states) else []

    def __str__(self) -> str:
        table = [HEAD, *self.rows()]
        widths = [max(len(row[n]) for row in table) for n in range(len(HEAD))]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in table]
        return "\n".join([f"Dead directions of {self.name}", *lines, *self.notes()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(cell)}</th>" for cell in HEAD)
        rows = "".join("<tr>" + "".join(f"<td>{escape(prose(cell))}</td>" for cell in row) + "</tr>" for row in self.rows())
        foot = "".join(f'<tr><td colspan="{len(HEAD)}">{escape(note)}</td></tr>' for note in self.notes())
        return f"<table><caption>Dead directions of {escape(self.name)}</caption><tr>{head}</tr>{rows}{foot}</table>"


HEAD = ("state", "activation", "kind", "dead where", "direction")


def dead_directions(model: Any, state: Any = None, params: Mapping[str, Any] | None = None) -> Any:
    """Where neurons are dead: of a whole model a `DeadDirections`; at a given state a `DeadCone`.

    model: a System, a Memory, or a Lagrangian, which is judged in the network `zoo.hopfield(L)`.
    state: an array, or {name: array} where the model has several states; the answer then is {name: DeadCone}.
    params: only those that an activation depends on are needed.

    >>> from amsym import zoo
    >>> print(dead_directions(zoo.hopfield("relu")))
    Dead directions of hopfield (relu)
    state  activation  kind   dead where  direction
    y      relu        exact  y[i] ≤ 0    -e_i
    >>> dead_directions(zoo.hopfield("relu"), [-1.0, 2.0, 0.0]).vectors.T
    array([[-1.,  0.,  0.],
           [ 0.,  0., -1.]])

    Raises ModelError for what is no model, InputError for an array of the wrong shape or a parameter that is missing.
    """
    system = judged(model, "dead_directions", energy=False)
    given = {str(k): v for k, v in (params or {}).items()}
    scalars = {s: exact(sp.sympify(float(given[s.name]))) for s in system.scalars if s.name in given and np.ndim(given[s.name]) == 0}
    found = tuple(DeadState(d, saturated(d)) for d in dead(system, scalars))
    if state is None:
        return DeadDirections(system.name, found)
    arrays = _arrays(system, state)
    cones = {s.name: cone(s.dead, s.saturations, arrays[s.name], given) for s in found if s.name in arrays}
    return cones if isinstance(state, Mapping) else next(iter(cones.values()))


def saturated(d: Dead) -> tuple[Saturation, ...]:
    """Thresholds of the tails that are not dead exactly."""
    if d.profile is None or not d.profile.tails:
        return ()
    return tuple(
        s
        for (tail, cut), side in zip(d.profile.tails, (-1, 1), strict=True)
        if tail.has(d.variable) and side not in {r.side for r in d.rays}
        for s in saturations(tail, cut, d.variable, side)
    )


def _arrays(system: System, state: Any) -> dict[str, Array]:
    names = [s.name for s in system.states]
    if not isinstance(state, Mapping):
        if len(names) > 1:
            raise InputError(f"the model has the states {', '.join(names)}; give the state as {{'{names[0]}': array, ...}}")
        state = {names[0]: state}
    given = {str(getattr(k, "name", k)): _numbers(str(getattr(k, "name", k)), v) for k, v in state.items()}
    for name, array in given.items():
        known = next((s for s in system.states if s.name == name), None)
        if known is None:
            raise InputError(f"state '{name}' is none of the model's states {', '.join(names)}: take one of these")
        if array.ndim != len(known.axes) or not np.all(np.isfinite(array)):
            raise InputError(f"{known.description} was expected as finite numbers, got shape {array.shape}: give one state")
    return given


def _numbers(name: str, value: Any) -> Array:
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"state '{name}' is {value!r}; an array of real numbers was expected: convert it to float") from error


__all__ = ["DeadCone", "DeadDirections", "DeadState", "dead_directions", "saturated"]

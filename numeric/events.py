"""Events: zeros of a function c(y, t) along a trajectory, located on the dense output of the step that crosses them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.errors import InputError
from amsym.notation.axes import free_indices
from amsym.system import System
from amsym.words import counted
from numeric.field import Array, Field, Restore
from numeric.steppers.stepper import Stepper

ITERATIONS = 120  # the bracket halves at least every third time, so at most 2^-40 of a step is left of it; eight suffice as a rule
DIRECTIONS = {"both": 0, "up": 1, "down": -1}

Function = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class Event:
    """A zero of `condition` that a simulation shall notice.

    condition: a formula without free indices, in the states, parameters and time of the system; or a function of a state
    {name: array (batch, axes...)} (an array, for one state) and times (batch,) that gives numbers (batch,).
    direction: "up", "down" or "both" ways through zero. terminal: the trajectory ends there, with Outcome.EVENT.

    Two zeros within one step cancel and are not seen.

    >>> import amsym as am
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> half = Event(am.total(y[i]**2, i) - 0.25, terminal=True)
    >>> run = am.simulate(am.System(flow={y[i]: -y[i]}), {}, [1.0], events={"half": half})
    >>> run.outcomes.name, round(float(run.times), 6)
    ('EVENT', 0.693147)
    """

    condition: Any
    direction: str = "both"
    terminal: bool = False

    def __post_init__(self) -> None:
        if self.direction not in DIRECTIONS:
            raise InputError(f"direction is {self.direction!r}; 'up', 'down' or 'both' was expected: pick one")


@dataclass(frozen=True, repr=False)
class Crossings:
    """The zeros of one event: `times` and `states`, lists with one entry a trajectory, (crossings,) and (crossings, n).

    For a single trajectory the entries themselves; states come as they went in.
    """

    times: Any
    states: Any

    def __repr__(self) -> str:
        """How many, and when: of the first three trajectories."""
        rows = self.times if isinstance(self.times, list) else [self.times]
        shown = [np.array2string(np.asarray(row), precision=4, threshold=4, edgeitems=1) for row in rows[:3]]
        told = ", ".join(shown + ["..."] * (len(rows) > 3))
        return f"{counted(sum(map(len, rows)), 'crossing')} in {counted(len(rows), 'trajectory', 'trajectories')}, at t = {told}"


@dataclass(frozen=True)
class Cut:
    """Stepper rows that met a terminal event, the time and the state there; each row once, at its first such event."""

    rows: NDArray[np.intp]
    times: Array
    states: Array


class EventWatch:
    """The events of a simulation, and what was found of each."""

    def __init__(self, events: Mapping[str, Event], functions: Sequence[Function]) -> None:
        self._events, self._functions = dict(events), functions
        self._found: list[list[tuple[Array, Array, Array]]] = [[] for _ in events]

    def values(self, y: Array, t: Array) -> Array:
        """c(y, t) of every event, (rows, events)."""
        return np.stack([np.asarray(c(y, t), dtype=np.float64) for c in self._functions], axis=1)

    def step(self, rows: NDArray[np.intp], stepper: Stepper, before: Array, after: Array) -> Cut:
        """Locate what was crossed in the accepted steps of the trajectories `rows`."""
        cuts = [Cut(np.zeros(0, np.intp), np.zeros(0), stepper.proposal[:0])]
        located = []
        for n, event in enumerate(self._events.values()):
            k = np.flatnonzero(stepper.accepted & _crossed(before[:, n], after[:, n], DIRECTIONS[event.direction]))
            if k.size:
                theta, states = _located(stepper, self._functions[n], k, before[k, n], after[k, n])
                times = stepper.t[k] + theta * stepper.step[k]
                located.append((n, k, times, states))
                cuts += [Cut(k, times, states)] if event.terminal else []
        cut = _first(cuts)
        self._keep(rows, located, cut)
        return cut

    def _keep(self, rows: NDArray[np.intp], located: Sequence[tuple[int, Any, Array, Array]], cut: Cut) -> None:
        """Enter what happened before the cuts."""
        last = dict(zip(cut.rows.tolist(), cut.times.tolist(), strict=True))
        for n, k, times, states in located:
            kept = times <= np.array([last.get(int(row), np.inf) for row in k])
            self._found[n].append((rows[k[kept]], times[kept], states[kept]))

    def crossings(self, restore: Restore, lead: tuple[int, ...], start: Array) -> dict[str, Crossings]:
        """Everything found, by event; `start` is the packed start, (batch, n)."""
        return {name: _sorted(found, restore, lead, start) for name, found in zip(self._events, self._found, strict=True)}


def event_watch(events: Mapping[str, Event | Any] | None, params: Any, field: Field, restore: Restore) -> EventWatch | None:
    """The events that the caller gave, ready to watch; bare conditions are events that go both ways and end nothing."""
    if not events:
        return None
    if not isinstance(events, Mapping):
        raise InputError(f"events is {type(events).__name__}; a mapping of names to Event(condition) was expected: {{'half': Event(...)}}")
    given = {name: event if isinstance(event, Event) else Event(event) for name, event in events.items()}
    return EventWatch(given, [_function(name, e.condition, params, field, restore) for name, e in given.items()])


def _function(name: str, condition: Any, params: Any, field: Field, restore: Restore) -> Function:
    if isinstance(condition, sp.Basic):
        return _compiled(name, condition, params, field)
    if not callable(condition):
        raise InputError(f"event '{name}' has the condition {condition!r}; a formula or a function of (state, t) was expected: give one")

    def called(y: Array, t: Array) -> Array:
        value = np.asarray(condition(restore(y, batch_shape=(len(y),)), t))
        if value.shape != (len(y),):
            raise InputError(f"event '{name}' gave shape {value.shape} for {len(y)} states; ({len(y)},) was expected: one number a state")
        if value.dtype == bool:
            raise InputError(f"event '{name}' gave truth values; numbers that pass through zero were expected: say y - 1 for y > 1")
        return value

    return called


def _compiled(name: str, condition: Any, params: Any, field: Any) -> Function:
    """A formula runs as the energy of a system with the same flow."""
    if not isinstance(getattr(field, "system", None), System):
        got = type(field).__name__
        raise InputError(
            f"the field is {got}, without a system to which the formula {condition} could belong: give a function of (state, t)"
        )
    from numeric.aside import aside

    free = ", ".join(sorted(map(str, free_indices(condition))))
    if free:
        raise InputError(f"event '{name}' has the free index {free}; a condition is one number: sum over it with total(..., {free})")
    bound = aside(field, energy=condition, params=params)
    return lambda y, t: bound.packed_energy(y, t=t)


def _crossed(before: Array, after: Array, direction: int) -> NDArray[np.bool_]:
    """Where a value left zero's one side for the other, or for zero itself; a start on zero is no crossing."""
    up, down = (before < 0) & (after >= 0), (before > 0) & (after <= 0)
    return np.asarray(up if direction > 0 else down if direction < 0 else up | down)


def _located(stepper: Stepper, c: Function, k: NDArray[np.intp], before: Array, after: Array) -> tuple[Array, Array]:
    """θ in (0, 1] at the zero of c in the steps of rows k, and the states there: the Illinois method, halving every third time."""
    low, high, c_low, c_high = np.zeros(k.size), np.ones(k.size), before.copy(), after.copy()
    last = np.zeros(k.size, dtype=int)  # which end moved: -1 the lower, 1 the upper one
    for n in range(ITERATIONS):
        slope = np.where(c_high != c_low, c_high - c_low, 1.0)
        theta = high - c_high * (high - low) / slope
        theta = np.where((theta > low) & (theta < high) & (n % 3 < 2), theta, (low + high) / 2)
        value = c(stepper.interpolate(k, theta), stepper.t[k] + theta * stepper.step[k])
        beyond = np.sign(value) != np.sign(before)
        again, last = np.where(beyond, 1, -1) == last, np.where(beyond, 1, -1)
        c_low, c_high = np.where(beyond, c_low, value), np.where(beyond, value, c_high)
        c_low, c_high = np.where(beyond & again, c_low / 2, c_low), np.where(~beyond & again, c_high / 2, c_high)
        low, high = np.where(beyond, low, theta), np.where(beyond, theta, high)
        if np.all((high - low <= 1e-13) | ((value == 0) & beyond)):
            break
    return high, stepper.interpolate(k, high)


def _first(cuts: list[Cut]) -> Cut:
    """For each row the earliest of its cuts."""
    rows, times, states = (np.concatenate([getattr(c, name) for c in cuts]) for name in ("rows", "times", "states"))
    order = np.lexsort((times, rows))
    _, first = np.unique(rows[order], return_index=True)
    chosen = order[first]
    return Cut(rows[chosen], times[chosen], states[chosen])


def _sorted(found: list[tuple[Any, Array, Array]], restore: Restore, lead: tuple[int, ...], start: Array) -> Crossings:
    """By trajectory and time."""
    none = (np.zeros(0, np.intp), np.zeros(0), start[:0])
    rows, times, states = (np.concatenate(parts) for parts in zip(none, *found, strict=True))
    order = np.lexsort((times, rows))
    cuts = np.cumsum(np.bincount(rows, minlength=len(start)))[:-1]
    lists = np.split(times[order], cuts)
    restored = [restore(part, batch_shape=(len(part),)) for part in np.split(states[order], cuts)]
    return Crossings(lists, restored) if lead else Crossings(lists[0], restored[0])

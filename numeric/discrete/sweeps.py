"""simulate_updates: sweep after sweep until nothing changes, the sweeps are over, or one raised the energy.

One step is one sweep: every block of the order has had its turn once. Source: modern_methods eq. (2.2), (2.3).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amsym.errors import InputError
from numeric.bound import Bound
from numeric.discrete.orders import Block, Order, read_order
from numeric.discrete.returns import Returns
from numeric.discrete.turns import Turns
from numeric.field import Array, State
from numeric.outcomes import Outcome, Simulation
from numeric.progress import Progress
from numeric.simulate_input import checked_start, whole


def simulate_updates(
    field: Any,
    start: State,
    steps: int,
    *,
    order: Any = None,
    save: str | ArrayLike = "end",
    energy_check: bool = True,
    progress: bool | None = None,
    seed: int = 0,
) -> Simulation:
    """Sweep `steps` times, or until nothing changes (STEADY) or a sweep raises the energy (ENERGY_ROSE).

    `order`: None for the system's own, "synchronous", "asynchronous", "sequential", or a sequence of components and of
    blocks that move together (see `numeric.discrete.read_order`); components that it leaves out are held, and STEADY then
    says that the others rest. `seed` fixes the random order. `save`: "end" or "steps" (every sweep; ragged lists, one
    entry a trajectory). Times count sweeps, and a formula that depends on t reads how many were done; a system with such
    a formula is never STEADY, as what rests now may move later.

    A trajectory that goes round in a cycle ends as TIME_OVER. `statistics["period"]` tells: 1 for a fixed point, p for a
    state that came again after p sweeps, 0 where none was seen to. In random order only 1 means anything, and others are
    not looked for. `statistics["held"]` counts the components that the order leaves out.
    """
    steps = whole("steps", steps)
    if not (isinstance(save, str) and save in ("end", "steps")):
        raise InputError(f"save is {save!r}; in discrete time 'end' or 'steps' was expected")
    y, restore, lead = checked_start(field, start)
    _check_values(field, y)
    began = time.perf_counter()
    run = _Sweeps(field, y, read_order(order, field.system, _sizes(field, restore(y, batch_shape=(len(y),)))), seed)
    run.check, run.history = energy_check and field.has_energy, run.begun() if save == "steps" else []
    with Progress("simulate", progress) as bar:
        for n in range(steps):
            if not run.rows.size:
                break
            run.sweep(n)
            bar.update((n + 1) / steps)
    return run.result(restore, lead, time.perf_counter() - began)


def _check_values(field: Any, y: Array) -> None:
    """Every component of the start is one of the declared values."""
    values = [v for s in field.system.states for v in s.values]
    wrong = y[~np.isin(y, values)] if values and all(s.values for s in field.system.states) else y[:0]
    if wrong.size:
        raise InputError(f"the start holds {wrong[0]:g}, but the declared values are {tuple(sorted(set(values)))}: start from these")


def _sizes(field: Any, states: Any) -> dict[str, int]:
    """The sizes of the states' axes, from states (rows, axes...)."""
    arrays = states if isinstance(states, dict) else {field.system.states[0].name: states}
    return {axis: n for s in field.system.states for axis, n in zip(s.axes, arrays[s.name].shape[1:], strict=True)}


def _sweeper(field: Any, y: Array) -> Callable[[Array, Sequence[Block], float], Array]:
    """What gives the rows after a turn for every block: whole updates for one block of everything, else `Turns`."""
    turns: list[Turns] = []

    def sweep(y: Array, blocks: Sequence[Block], t: float) -> Array:
        if isinstance(field, Bound) and not (len(blocks) == 1 and blocks[0].size == y.shape[1]):
            turns.extend([] if turns else [Turns(field, y)])
            return turns[0].sweep(y, blocks, t)
        for block in blocks:
            moved = field.packed_update(y, t=t)
            y = y.copy()
            y[:, block] = moved[:, block]
        return y

    return sweep


class _Sweeps:
    """The trajectories under way, and what became of those that ended."""

    def __init__(self, field: Any, y: Array, order: Order, seed: int) -> None:
        self.field, self.order, self.random = field, order, np.random.default_rng(seed)
        self.timed, self.check = field.system.depends_on_time, True
        self.y, self.rows, self.move = y.copy(), np.arange(len(y)), _sweeper(field, y)
        self.times, self.energy = np.zeros(len(y)), self._energy(y, 0.0)
        self.rise = np.zeros(len(y)) if field.has_energy else np.full(len(y), np.nan)
        self.outcomes = np.full(len(y), Outcome.TIME_OVER, dtype=object)
        self.returns = Returns(y)
        self.history: list[list[tuple[float, Array, float]]] = []

    def begun(self) -> list[list[tuple[float, Array, float]]]:
        """One list a trajectory of (sweep, state, energy), with the start in it."""
        return [[(0.0, self.y[k].copy(), float(self.energy[k]))] for k in range(len(self.y))]

    def _energy(self, y: Array, t: float) -> Array:
        return self.field.packed_energy(y, t=t) if self.field.has_energy else np.full(len(y), np.nan)

    def sweep(self, n: int) -> None:
        """One turn for every block of the live rows, after n sweeps."""
        old, before = self.y[self.rows], self.energy[self.rows]
        new = self.move(old, self.order.sweep(self.random), float(n))
        after = self._energy(new, n + 1.0)
        # Rounding of a sum over n terms: 64 ulp of the energy is more than pairwise summation loses for n up to 1e6.
        rose = after - before > 64 * np.finfo(new.dtype).eps * (1 + np.abs(before))
        still = np.all(new == old, axis=1) & (not self.timed)
        self.y[self.rows], self.energy[self.rows] = new, after
        self.times[self.rows] += 1
        self.rise[self.rows] = np.fmax(self.rise[self.rows], after - before)
        for k, row in enumerate(self.rows if self.history else ()):
            self.history[row].append((float(self.times[row]), new[k].copy(), float(after[k])))
        self._watch_returns(new, still)
        self._retire(still, rose & self.check)

    def _watch_returns(self, new: Array, still: NDArray[np.bool_]) -> None:
        if not (self.timed or self.order.shuffled):
            self.returns.see(self.rows, new)
        self.returns.period[self.rows[still]] = 1

    def _retire(self, still: NDArray[np.bool_], rose: NDArray[np.bool_]) -> None:
        self.outcomes[self.rows[still]] = Outcome.STEADY
        self.outcomes[self.rows[rose]] = Outcome.ENERGY_ROSE
        self.rows = self.rows[~(still | rose)]

    def result(self, restore: Any, lead: tuple[int, ...], seconds: float) -> Simulation:
        """The simulation in the caller's shapes."""
        end = restore(self.y)
        counts = {"sweeps": self.times, "period": self.returns.period, "largest_energy_rise": self.rise}
        statistics: dict[str, Any] = {name: a.reshape(lead)[()] for name, a in counts.items()}
        statistics |= {"held": self.order.held, "seconds": seconds}
        times, states, energies = self._trajectories(restore, lead) if self.history else self._ends(end, lead)
        known = energies if self.field.has_energy else None
        return Simulation(times, states, known, end, self.outcomes.reshape(lead)[()], statistics)

    def _ends(self, end: Any, lead: tuple[int, ...]) -> tuple[Any, Any, Any]:
        return self.times.reshape(lead)[()], end, self.energy.reshape(lead)[()]

    def _trajectories(self, restore: Any, lead: tuple[int, ...]) -> tuple[Any, Any, Any]:
        times = [np.array([t for t, _, _ in h]) for h in self.history]
        states = [restore(np.array([s for _, s, _ in h]), batch_shape=(len(h),)) for h in self.history]
        energies = [np.array([e for _, _, e in h]) for h in self.history]
        return (times, states, energies) if lead else (times[0], states[0], energies[0])

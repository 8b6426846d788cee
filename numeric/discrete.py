"""Discrete time: s ← f(s), all at once, one after the other, or one at a time in random order.

One step is one sweep: every component has had its turn once. A sweep that changes nothing is a fixed point.
Source: modern_methods eq. (2.2), (2.3).
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amsym.errors import InputError
from numeric.field import Array, State
from numeric.outcomes import Outcome, Simulation
from numeric.progress import Progress
from numeric.simulate_input import checked_start


def simulate_updates(
    field: Any,
    start: State,
    steps: int,
    *,
    save: str | ArrayLike = "end",
    energy_check: bool = True,
    progress: bool | None = None,
    seed: int = 0,
) -> Simulation:
    """Sweep `steps` times, or until nothing changes (STEADY) or a sweep raises the energy (ENERGY_ROSE).

    `save`: "end" or "steps" (every sweep; ragged lists, one entry a trajectory). Times count sweeps.
    A synchronous system that runs into a cycle ends as TIME_OVER.
    """
    if int(steps) != steps or steps < 0:
        raise InputError(f"steps is {steps!r}; a whole number from 0 on was expected")
    if save not in ("end", "steps"):
        raise InputError(f"save is {save!r}; in discrete time 'end' or 'steps' was expected")
    y, restore, lead = checked_start(field, start)
    _check_values(field, y)
    began = time.perf_counter()
    run = _Sweeps(field, y, energy_check and field.has_energy, seed, keep=save == "steps")
    with Progress("simulate", progress) as bar:
        for n in range(int(steps)):
            if not run.rows.size:
                break
            run.sweep()
            bar.update((n + 1) / steps)
    return run.result(restore, lead, time.perf_counter() - began)


def _check_values(field: Any, y: Array) -> None:
    """Every component of the start is one of the declared values."""
    values = [v for s in field.system.states for v in s.values]
    wrong = y[~np.isin(y, values)] if values and all(s.values for s in field.system.states) else y[:0]
    if wrong.size:
        raise InputError(f"the start holds {wrong[0]:g}, but the declared values are {tuple(sorted(set(values)))}: start from these")


class _Sweeps:
    """The trajectories under way, and what became of those that ended."""

    def __init__(self, field: Any, y: Array, check: bool, seed: int, keep: bool) -> None:
        self.field, self.check, self.order = field, check, field.system.order
        self.y, self.rows = y.copy(), np.arange(len(y))
        self.times = np.zeros(len(y))
        self.outcomes = np.full(len(y), Outcome.TIME_OVER, dtype=object)
        self.energy = self._energy(self.y)
        self.rise = np.zeros(len(y)) if field.has_energy else np.full(len(y), np.nan)
        # One list a trajectory of (sweep, state, energy); none where only the ends are asked for.
        self.history: list[list[tuple[float, Array, float]]] = []
        if keep:
            self.history = [[(0.0, y[k].copy(), float(self.energy[k]))] for k in range(len(y))]
        self.random = np.random.default_rng(seed)

    def _energy(self, y: Array) -> Array:
        return self.field.packed_energy(y) if self.field.has_energy else np.full(len(y), np.nan)

    def sweep(self) -> None:
        """One turn for every component of the live rows."""
        old, before = self.y[self.rows], self.energy[self.rows]
        new = self.field.packed_update(old) if self.order == "synchronous" else self._one_by_one(old)
        after = self._energy(new)
        # Rounding of a sum over n terms: 64 ulp of the energy is more than pairwise summation loses for n up to 1e6.
        rose = after - before > 64 * np.finfo(new.dtype).eps * (1 + np.abs(before))
        still = np.all(new == old, axis=1)
        self.y[self.rows], self.energy[self.rows] = new, after
        self.times[self.rows] += 1
        self.rise[self.rows] = np.fmax(self.rise[self.rows], after - before)
        for k, row in enumerate(self.rows if self.history else ()):
            self.history[row].append((float(self.times[row]), new[k].copy(), float(after[k])))
        self._retire(still, rose & self.check)

    def _one_by_one(self, y: Array) -> Array:
        y = y.copy()
        places = np.arange(y.shape[1])
        for k in self.random.permutation(places) if self.order == "asynchronous" else places:
            y[:, k] = self.field.packed_update(y)[:, k]
        return y

    def _retire(self, still: NDArray[np.bool_], rose: NDArray[np.bool_]) -> None:
        self.outcomes[self.rows[still]] = Outcome.STEADY
        self.outcomes[self.rows[rose]] = Outcome.ENERGY_ROSE
        self.rows = self.rows[~(still | rose)]

    def result(self, restore: Any, lead: tuple[int, ...], seconds: float) -> Simulation:
        """The simulation in the caller's shapes."""
        end = restore(self.y)
        statistics = {"sweeps": self.times.reshape(lead)[()], "largest_energy_rise": self.rise.reshape(lead)[()], "seconds": seconds}
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

"""A course: rows of trajectories advanced by a stepper, each until one of its ends, its records kept on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numeric.energy_watch import allowance, risen
from numeric.events import EventWatch
from numeric.field import Array, Field
from numeric.outcomes import FAR, Outcome, Tally
from numeric.recording import Recorder
from numeric.steppers.step_size import Tolerance
from numeric.steppers.stepper import Stepper

Rows = NDArray[np.intp]
Mask = NDArray[np.bool_]
Watch = Callable[[Rows, Stepper], Mask]  # of the trajectories in a stepper, those to set down


@dataclass(frozen=True)
class Plan:
    """What all rows of a simulation have in common."""

    field: Field
    end: float
    tolerance: Tolerance
    recorder: Recorder
    tally: Tally
    check: bool
    """A step that raises the energy ends its trajectory."""
    watched: bool
    """Energies are computed along the way."""
    events: EventWatch | None
    open_ended: bool = False
    """Nobody means to come to the end: trajectories are to be picked long before."""


class Course:
    """The rows under way in one stepper, which trajectory each row is, and what became of those that ended."""

    def __init__(self, plan: Plan, method: type[Stepper], rows: Rows, y: Array, t: Array, picks: Watch | None = None) -> None:
        """Start the trajectories `rows` at `y` (count, n) and `t` (count,); those that `picks` chooses are set down, in `left`."""
        self.plan, self.rows, self._picks = plan, rows, picks
        self.stepper = method(plan.field, y, t, plan.end, plan.tolerance)
        self.energy = self._energy(y, self.stepper.t)
        self.values = None if plan.events is None else plan.events.values(y, self.stepper.t)
        self.left: list[tuple[Rows, Array, Array]] = []
        plan.tally.evaluations[rows] += 2

    def drive(self, max_steps: int, progress: Callable[[float], None]) -> None:
        """Step until nobody is left; a row that has tried `max_steps` steps, with other methods too, is out of time."""
        total = max(self.rows.size, 1)
        self._retire(np.zeros(self.rows.size, dtype=bool))
        self._drop(~self._stop(self._tried() >= max_steps, Outcome.TIME_OVER))
        while self.stepper.count:
            self._step()
            self._drop(~self._stop(self._tried() >= max_steps, Outcome.TIME_OVER))
            left = self.stepper.count - self.stepper.t.sum() / self.plan.end
            progress(1 - left / total)

    def _tried(self) -> Rows:
        """The attempts of every live row so far."""
        return np.asarray(self.plan.tally.accepted[self.rows] + self.plan.tally.rejected[self.rows])

    def _step(self) -> None:
        """One attempt for every live row, its records, and the retirement of rows that it ended."""
        rk, tally = self.stepper, self.plan.tally
        rk.attempt()
        accepted = rk.accepted
        rose = self._watch_energy()
        met = self._watch_events()
        rk.commit()
        tally.evaluations[self.rows] += rk.evaluations
        tally.accepted[self.rows] += accepted
        tally.rejected[self.rows] += ~accepted
        self._retire(rose, met)

    def _energy(self, y: Array, t: Array) -> Array:
        """E(y, t), or NaN where nobody looks."""
        return self.plan.field.packed_energy(y, t=t) if self.plan.watched else np.full(len(y), np.nan)

    def _watch_energy(self) -> Mask:
        """Take over the energies after the attempt, and say which accepted rows climbed."""
        rk, rose, tally = self.stepper, np.zeros(self.rows.size, dtype=bool), self.plan.tally
        if not self.plan.watched:
            return rose
        before, after = self.energy, self._energy(rk.proposal, rk.proposed_time)
        rise = np.where(rk.accepted, after - before, 0)
        tally.rise[self.rows] = np.fmax(tally.rise[self.rows], rise)
        self.energy = np.where(rk.accepted, after, before)
        k = risen(rise, before, after, rk.proposal)
        if self.plan.check and k.size:
            end_of_step = rk.proposal[k], rk.proposed_time[k], rk.proposed_flow[k], rk.error[k]
            rose[k] = rise[k] > allowance(self.plan.field.packed_energy, *end_of_step, before[k], after[k])
        return rose

    def _watch_events(self) -> Mask:
        """Record the step, cut short where a terminal event was met, and say which rows met one."""
        rk, events = self.stepper, self.plan.events
        met = np.zeros(self.rows.size, dtype=bool)
        if events is None or self.values is None:
            self.plan.recorder.step(self.rows, rk, rk.proposed_time, rk.proposal, self.energy)
            return met
        after = events.values(rk.proposal, rk.proposed_time)
        cut = events.step(self.rows, rk, self.values, after)
        times, states, energy = rk.proposed_time.copy(), rk.proposal, self.energy
        if cut.rows.size:
            met[cut.rows], times[cut.rows] = True, cut.times
            states = states.copy()
            states[cut.rows] = cut.states
            energy[cut.rows] = self._energy(cut.states, cut.times)
        self.plan.recorder.step(self.rows, rk, times, states, energy)
        rk.proposed_time[:], rk.proposal[:] = times, states
        self.values = np.where(rk.accepted[:, None], after, self.values)
        return met

    def _retire(self, rose: Mask, met: Mask | None = None) -> None:
        """End the rows for which one of the reasons holds, the first that does, and drop them from the stepper."""
        rk = self.stepper
        alive = np.ones(rk.count, dtype=bool)
        gone = ~(np.isfinite(rk.speed) & (rk.size <= FAR)) | (rk.stuck & ~(rk.accepted & (rk.h > 0)) & (rk.t < self.plan.end))
        for mask, outcome in (
            (rose, Outcome.ENERGY_ROSE),
            (np.zeros_like(rose) if met is None else met, Outcome.EVENT),
            (gone, Outcome.DIVERGED),
            (self._steady(), Outcome.STEADY),
            (rk.t >= self.plan.end, Outcome.TIME_OVER),
        ):
            alive &= ~self._stop(mask & alive, outcome)
        alive &= ~self._set_down(alive)
        self._drop(alive)

    def _drop(self, alive: Mask) -> None:
        """Keep only the rows alive."""
        if not alive.all():
            self.rows, self.energy = self.rows[alive], self.energy[alive]
            self.values = None if self.values is None else self.values[alive]
            self.stepper.keep(alive)

    def _set_down(self, alive: Mask) -> Mask:
        """Hand some rows over to whoever comes after."""
        if self._picks is None:
            return np.zeros_like(alive)
        chosen = self._picks(self.rows, self.stepper) & alive
        if chosen.any():
            self.left.append((self.rows[chosen], self.stepper.y[chosen], self.stepper.t[chosen]))
        return np.asarray(chosen)

    def _steady(self) -> Mask:
        """Rows with |f|_inf <= steady (1 + |y|_inf); as the root mean square is never more, few rows need a look."""
        rk, steady = self.stepper, self.plan.tolerance.steady
        mask = np.zeros(rk.count, dtype=bool)
        if steady is not None:
            k = np.flatnonzero(rk.speed <= steady * (1 + rk.size))
            mask[k] = np.abs(rk.f[k]).max(axis=1, initial=0) <= steady * (1 + rk.size[k])
        return mask

    def _stop(self, mask: Mask, outcome: Outcome) -> Mask:
        """Enter the end of the masked rows; hands the mask back."""
        rows, y, t, tally = self.rows[mask], self.stepper.y[mask], self.stepper.t[mask], self.plan.tally
        tally.end[rows], tally.time[rows], tally.outcomes[rows] = y, t, outcome
        if outcome is Outcome.STEADY:
            self.plan.recorder.steady(rows, y, t)
        return mask

"""What a simulation keeps of its trajectories: the end only, every step, or chosen times."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array, Field, Restore
from numeric.steppers.stepper import Stepper

Rows = NDArray[np.intp]


class Recorder(Protocol):
    """Told of every attempted step before it is committed; `rows[k]` is the trajectory in the stepper's row k."""

    def step(self, rows: Rows, stepper: Stepper, t: Array, y: Array, energy: Array) -> None:
        """Keep what is wanted of the accepted rows, up to `t` (count,), where `y` (count, n) and `energy` (count,) belong."""
        ...

    def steady(self, rows: Rows, y: Array, t: Array) -> None:
        """These trajectories stay at `y` from `t` on."""
        ...

    def result(self, field: Field, restore: Restore, lead: tuple[int, ...]) -> tuple[Any, Any, Any]:
        """Times, states and energies, restored; `lead` is the batch shape of the caller's start."""
        ...


def energies_of(field: Field, y: Array, t: Array) -> Array | None:
    """E(y, t), (rows,), or None for a field without energy."""
    return field.packed_energy(y, t=t) if field.has_energy else None


class Steps:
    """Keeps every accepted step of every trajectory, the start included."""

    def __init__(self, start: Array, energy: Array) -> None:
        """`start` (batch, n) and its `energy` (batch,), NaN if there is none."""
        self._batch = len(start)
        self._chunks: list[tuple[Rows, Array, Array, Array]] = [
            (np.arange(self._batch), np.zeros(self._batch), start.copy(), energy.copy())
        ]

    def step(self, rows: Rows, stepper: Stepper, t: Array, y: Array, energy: Array) -> None:
        """Append the accepted rows."""
        k = np.flatnonzero(stepper.accepted)
        self._chunks.append((rows[k], t[k], y[k], energy[k]))

    def steady(self, rows: Rows, y: Array, t: Array) -> None:
        """Nothing to keep: the last step is there already."""

    def result(self, field: Field, restore: Restore, lead: tuple[int, ...]) -> tuple[Any, Any, Any]:
        """Lists with one entry a trajectory, or the entry itself for a single one."""
        rows, t, y, e = (np.concatenate(parts) for parts in zip(*self._chunks, strict=True))
        order = np.argsort(rows, kind="stable")
        cuts = np.cumsum(np.bincount(rows, minlength=self._batch))[:-1]
        times, energies = np.split(t[order], cuts), np.split(e[order], cuts)
        states = [restore(part, batch_shape=(len(part),)) for part in np.split(y[order], cuts)]
        if lead == ():
            return times[0], states[0], energies[0] if field.has_energy else None
        return times, states, energies if field.has_energy else None


class Times:
    """Keeps the states at given times by the interpolant of each step, so that the times force no steps."""

    def __init__(self, times: Array, start: Array) -> None:
        """Increasing `times` (T,) and `start` (batch, n)."""
        self._times = times
        self._states = np.full((len(start), times.size, start.shape[1]), np.nan, dtype=start.dtype)
        self._states[:, times <= 0] = start[:, None, :]

    def step(self, rows: Rows, stepper: Stepper, t: Array, y: Array, energy: Array) -> None:
        """Interpolate at every saved time of the accepted rows, after the beginning of the step and up to `t`."""
        first = np.searchsorted(self._times, stepper.t, side="right")
        stop = np.searchsorted(self._times, t, side="right")
        counts = np.where(stepper.accepted, stop - first, 0)
        k = np.repeat(np.arange(counts.size), counts)
        if not k.size:
            return
        which = np.arange(k.size) - np.repeat(np.cumsum(counts) - counts, counts) + first[k]
        theta = np.minimum((self._times[which] - stepper.t[k]) / stepper.step[k], 1)
        self._states[rows[k], which] = stepper.interpolate(k, theta)

    def steady(self, rows: Rows, y: Array, t: Array) -> None:
        """Fill the times after `t` with `y`."""
        for row, state, time in zip(rows, y, t, strict=True):
            self._states[row, np.searchsorted(self._times, time, side="right") :] = state

    def result(self, field: Field, restore: Restore, lead: tuple[int, ...]) -> tuple[Any, Any, Any]:
        """The times, states (batch, T, n) and energies (batch, T), without batch for a single trajectory."""
        batch, saved, n = self._states.shape
        flat = self._states.reshape(batch * saved, n)
        energies = energies_of(field, flat, np.tile(self._times, batch))
        shape = (*lead, saved)
        return self._times, restore(flat, batch_shape=shape), None if energies is None else energies.reshape(shape)


class Ends:
    """Keeps nothing on the way."""

    def step(self, rows: Rows, stepper: Stepper, t: Array, y: Array, energy: Array) -> None:
        """Nothing to keep."""

    def steady(self, rows: Rows, y: Array, t: Array) -> None:
        """Nothing to keep."""

    def result(self, field: Field, restore: Restore, lead: tuple[int, ...]) -> tuple[Any, Any, Any]:
        """Nothing: the driver knows the ends."""
        return None, None, None

"""A run of fixed steps y' = Φ_h(y) that watches the energy: every step that raised it, and how large a step would not have."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

import numpy as np
from numpy.typing import NDArray

from numeric.energy_watch import rounding
from numeric.field import Array, Field
from numeric.one_step import StepMap
from numeric.outcomes import FAR, Outcome
from numeric.safe_step import largest_safe_steps


@dataclass
class Rises:
    """The steps that raised the energy, in the order in which they were made; one entry a step in every list."""

    trajectory: list[NDArray[np.intp]] = field(default_factory=list)
    time: list[Array] = field(default_factory=list)
    rise: list[Array] = field(default_factory=list)
    safe_step: list[Array] = field(default_factory=list)

    def enter(self, trajectory: NDArray[np.intp], time: float, rise: Array, safe_step: Array) -> None:
        """Add those of one step of the batch."""
        self.trajectory.append(trajectory)
        self.time.append(np.full(rise.size, time))
        self.rise.append(rise)
        self.safe_step.append(safe_step)


class FixedSteps:
    """A batch on its way with step h; row k of `y` is trajectory `rows[k]`.

    least: the least of the largest safe steps seen, h where no step rose. thorough: look at states whose own step did not
    raise E as well, for steps below `least` that would.
    """

    def __init__(self, field: Field, move: StepMap, start: Array, h: float, thorough: bool) -> None:
        self.field, self.move, self.h, self.thorough = field, move, h, thorough
        self.y, self.rows, self.energy = start.copy(), np.arange(len(start)), self._energy(start, np.zeros(len(start)))
        self.end, self.outcomes = start.copy(), np.full(len(start), Outcome.TIME_OVER, dtype=object)
        self.rises, self.least, self.count = Rises(), h, 0

    def run(self, t: float) -> FixedSteps:
        """Step until t is reached or passed, or nobody is left."""
        with np.errstate(all="ignore"):  # what overflows ends as DIVERGED
            for k in range(ceil(t / self.h * (1 - 1e-12))):
                if not self.rows.size:
                    break
                self._step(k * self.h)
            self._retire(np.ones(self.rows.size, dtype=bool), Outcome.TIME_OVER)
        return self

    def _energy(self, y: Array, t: Array) -> Array:
        """E(y, t), infinite where it is undefined: a step to there is no descent."""
        energy = self.field.packed_energy(y, t=t)
        return np.where(np.isnan(energy), np.inf, energy)

    def _step(self, time: float) -> None:
        """One step of every live row; those that stand still or flew away end before it."""
        f = self.field.packed_flow(self.y, t=time)
        size = np.abs(self.y).max(axis=1, initial=0)
        # Below this |f| a step changes E by some |f|² = eps: by rounding.
        still = np.abs(f).max(axis=1, initial=0) <= np.finfo(f.dtype).eps ** 0.5 * (1 + size)
        gone = ~(np.isfinite(f).all(axis=1) & (size <= FAR))
        f = f[~(self._retire(gone, Outcome.DIVERGED) | self._retire(still & ~gone, Outcome.STEADY))]
        self._keep(~(gone | still))
        if self.rows.size:
            self._move(f, time)

    def _move(self, f: Array, time: float) -> None:
        new, after, rose = self._tried(f, time, np.arange(self.rows.size), np.full(self.rows.size, self.h))
        bad = np.flatnonzero(rose)
        if bad.size:
            safe = self._safe(f, time, bad, self.h)
            self.rises.enter(self.rows[bad], time, after[bad] - self.energy[bad], safe)
            self.least = min(self.least, float(safe.min()))
        if self.thorough and self.least > 0:
            good = np.flatnonzero(~rose)
            self.least = min(self.least, float(self._safe(f, time, good, self.least).min(initial=self.least)))
        self.count += self.rows.size
        self.y, self.energy = new, after

    def _tried(self, f: Array, time: float, k: NDArray[np.intp], h: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Rows k after steps h, their energies, and which rose by more than rounding."""
        before, t = self.energy[k], np.full(k.size, time)
        new = self.move(self.field.packed_flow, self.y[k], f[k], t, h)
        after = self._energy(new, t + h)
        rose = (after > before) & (np.isinf(after) | (after - before > rounding(before, after, new)))
        return new, after, rose

    def _safe(self, f: Array, time: float, k: NDArray[np.intp], cap: float) -> Array:
        """The largest safe steps of rows k, no more than `cap`."""
        return largest_safe_steps(lambda rows, h: self._tried(f, time, k[rows], h)[2], k.size, cap)

    def _retire(self, mask: NDArray[np.bool_], outcome: Outcome) -> NDArray[np.bool_]:
        self.end[self.rows[mask]], self.outcomes[self.rows[mask]] = self.y[mask], outcome
        return mask

    def _keep(self, mask: NDArray[np.bool_]) -> None:
        self.y, self.rows, self.energy = self.y[mask], self.rows[mask], self.energy[mask]

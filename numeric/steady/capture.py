"""While trajectories run: which of them have entered a region that none leaves.

A row whose flow has become slow is polished to a zero of the flow, and a contraction ball is sought around it. From then on
every row that enters the ball is retired there. A small residual alone retires nobody: a trajectory that lingers at a saddle has one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array
from numeric.steady.drift import Drift
from numeric.steady.polish import polish
from numeric.steady.region import Region, region
from numeric.steppers.stepper import Stepper

SLOW = 0.05  # |f| / (1 + |y|) below which a row is worth a Newton iteration; above it few end where they seem to go
AGAIN = 0.25  # a row is tried again when its flow has slowed to this share
EVERY = 4  # steps between two looks: a look costs as much as a step where many regions are known
EXPECTED = 0.3  # a flow that a linear one explains but for this share
SAME = 1e-7  # two zeros nearer than this, as a share of 1 + |y|_inf, are one
# A flow that grows again from below this share of its later speed has passed near a saddle; 1 in 20 to 200 random starts run again.
LINGERED = 0.1

Mask = NDArray[np.bool_]


class Capture:
    """The regions known so far, and what is known of each trajectory: the region that holds it, and how slow it has been."""

    def __init__(self, field: Any, drift: Drift | None, batch: int, residual: float, regions: list[Region]) -> None:
        """`residual` |f| / (1 + |y|) stops a row whether or not a region holds it; `regions` are those known, and grow."""
        self._field, self._drift, self.residual, self.regions = field, drift, residual, regions
        self.origin = np.full(batch, -1, dtype=np.intp)
        self.settled, self.lingered = np.zeros((2, batch), dtype=bool)
        self._tried, self._slowest = np.full((2, batch), np.inf)
        self._others: list[Array] = []  # zeros of the flow without a region: saddles, marginal states
        self._looks = 0

    def __call__(self, rows: NDArray[np.intp], stepper: Stepper) -> Mask:
        """Rows to set down: those in a region, which is entered in `origin`, and those that have settled without one."""
        speed = stepper.speed / (1 + stepper.size)
        self._slowest[rows] = np.minimum(self._slowest[rows], speed)
        self.lingered[rows] |= self._slowest[rows] < LINGERED * speed
        self.settled[rows] = caught = speed <= self.residual
        self._looks += 1
        if self._looks % EVERY == 0 or caught.any():
            caught = caught | self._look(rows, stepper.y, speed)
        return np.asarray(caught)

    def _look(self, rows: NDArray[np.intp], y: Array, speed: Array) -> Mask:
        caught = self.enter(rows, y)
        while self._drift is not None:
            eager = np.where(caught | (speed > SLOW) | (speed > AGAIN * self._tried[rows]), np.inf, speed)
            k = int(np.argmin(eager)) if eager.size else 0
            if not eager.size or not np.isfinite(eager[k]):
                break
            self._tried[rows[k]] = speed[k]
            found = self._found(y[k])
            if found is None:
                break
            caught = caught | self.enter(rows, y, len(self.regions) - 1)
        return caught

    def enter(self, rows: NDArray[np.intp], y: Array, first: int = 0) -> Mask:
        """Which rows lie in a region, from the region `first` on; their origin is entered."""
        caught = np.zeros(len(rows), dtype=bool)
        for number, known in enumerate(self.regions[first:], first):
            inside = np.flatnonzero(~caught & known.near(y))
            inside = inside[known.holds(y[inside])]
            caught[inside] = True
            self.origin[rows[inside]] = number
        return caught

    def _found(self, y: Array) -> Region | None:
        """A region that was not known, around the zero next to y."""
        if self._expected(y):
            return None
        zero = polish(self._field, y)
        if not zero.converged or self._known(zero.y):
            return None
        assert self._drift is not None
        found = region(zero.y, self._drift)
        if found is None:
            self._others.append(zero.y)
            return None
        self.regions.append(found)
        return found

    def _expected(self, y: Array) -> bool:
        """Whether the flow is what the linearised flow of the nearest known zero is: Newton's method would only find that zero."""
        centers = [*(r.center for r in self.regions), *self._others]
        if not centers or self._drift is None:
            return False
        nearest = centers[int(np.argmin([np.abs(y - c).max(initial=0) for c in centers]))]
        f = self._field.packed_flow(y[None])[0]
        return bool(np.linalg.norm(f - self._drift.jacobian(nearest) @ (y - nearest)) <= EXPECTED * np.linalg.norm(f))

    def _known(self, y: Array) -> bool:
        """Whether this zero has been looked at."""
        scale = SAME * (1 + np.abs(y).max(initial=0))
        return any(np.abs(y - other).max(initial=0) <= scale for other in (*(r.center for r in self.regions), *self._others))

"""Follow the flow from every start until a region holds the state; go on to a small residual where none does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.advance import Left, advance
from numeric.course import Plan, Rows
from numeric.field import Array, Field
from numeric.outcomes import Outcome, Tally
from numeric.recording import Ends
from numeric.steady.arrivals import Arrival
from numeric.steady.capture import Capture
from numeric.steady.drift import Drift
from numeric.steady.region import Region
from numeric.steppers.step_size import Tolerance

RESIDUAL, MOST_STEPS = 1e-10, 20_000  # |f| / (1 + |y|) that ends a row no region holds, and attempts a row has
SETTLED = 100  # in units of rtol: slower than this an explicit method hovers, so that the tolerance must follow the residual
SINGLE = 1e-6  # the least tolerance at which single precision does: its rounding is 1e-7 of a state
RESOLVED = 5e-6  # the tolerance in single precision is no tighter
TIGHTER = 1e-2  # the share of the tolerance at which trajectories that lingered near a saddle run again

Progress = Callable[[float], None]


@dataclass
class Found:
    """Where every start went: the number of its region or -1, the end of its trajectory, its arrival; and the regions."""

    origin: NDArray[np.intp]
    ends: Array
    arrivals: NDArray[np.object_]
    regions: list[Region]
    evaluations: NDArray[np.int64]

    def replace(self, rows: Rows, other: Found) -> None:
        """Put what a later run found in place; evaluations add up."""
        self.origin[rows], self.ends[rows], self.arrivals[rows] = other.origin, other.ends, other.arrivals
        self.evaluations[rows] += other.evaluations


@dataclass(frozen=True)
class Search:
    """A bound model, and how its trajectories are followed."""

    field: Field
    drift: Drift | None
    method: str
    end: float
    rtol: float
    atol: float
    steady: float
    max_steps: int

    def run(self, y: Array, progress: Progress, regions: list[Region] | None = None) -> Found:
        """Follow all starts (batch, n); those that lingered near a saddle again, for they may owe their end to an error of the steps.

        A start whose end changes with a tighter tolerance runs a third time; if the last two differ, it is ambiguous.
        `regions` are those known already; the list grows.
        """
        found, again = self._first(y, [] if regions is None else regions, progress)
        for share in (TIGHTER, TIGHTER**2):
            other, _ = self._follow(y[again], share, found.regions, progress)
            changed = other.origin != found.origin[again]
            found.replace(again, other)
            again = again[changed]
        found.arrivals[again] = Arrival.AMBIGUOUS
        return found

    def _first(self, y: Array, regions: list[Region], progress: Progress) -> tuple[Found, Rows]:
        """All starts at the tolerance itself, and which of them lingered.

        In single precision, which takes half the time, where the tolerance allows; what that loses (a state too large, a region
        too small) follows in double. Its errors are of the size of those of the steps, and show in the same way.
        """
        if self.rtol < SINGLE:
            found, lingered = self._follow(y, 1.0, regions, progress)
            return found, np.flatnonzero(lingered)
        found, lingered = self._follow(y, max(1.0, RESOLVED / self.rtol), regions, progress, np.float32)
        lost = np.flatnonzero((found.arrivals == Arrival.DIVERGED) | (found.arrivals == Arrival.TIME_OVER))
        other, slow = self._follow(y[lost], 1.0, regions, progress)
        found.replace(lost, other)
        lingered[lost] |= slow
        return found, np.flatnonzero(lingered)

    def _follow(
        self, y: Array, share: float, regions: list[Region], progress: Progress, dtype: Any = np.float64
    ) -> tuple[Found, NDArray[np.bool_]]:
        """First with steps as long as this share of the tolerance allows; then, for what settled outside all regions, to the residual.

        The second result says which trajectories lingered somewhere on their way. `dtype` is that of the first part.
        """
        rtol, atol = share * self.rtol, share * self.atol
        capture = Capture(self.field, self.drift, len(y), SETTLED * rtol, regions)
        under_way = _UnderWay(y.copy(), np.zeros(len(y)), Tally.of(y, False))
        self._drive(under_way, capture, Tolerance(rtol, atol, SETTLED * rtol), np.arange(len(y)), progress, dtype)
        capture.residual = 0.0
        settled = np.flatnonzero(capture.settled & (capture.origin < 0))
        self._drive(under_way, capture, Tolerance(rtol, atol, self.steady), settled, progress)
        tally = under_way.tally
        return Found(capture.origin, under_way.y, _arrivals(tally, capture.origin), regions, tally.evaluations), capture.lingered

    def _drive(
        self, under_way: _UnderWay, capture: Capture, tolerance: Tolerance, rows: Rows, progress: Progress, dtype: Any = np.float64
    ) -> None:
        """Advance these rows until they end or the capture sets them down."""
        plan = Plan(self.field, self.end, tolerance, Ends(), under_way.tally, check=False, watched=False, events=None, open_ended=True)
        y, t = under_way.y[rows].astype(dtype), under_way.t[rows]
        left, _ = advance(plan, self.method, rows, y, t, self.max_steps, progress, capture)
        under_way.take_over(rows, left)


@dataclass
class _UnderWay:
    """Where every trajectory is, at which time, and what the courses entered of it."""

    y: Array
    t: Array
    tally: Tally

    def take_over(self, rows: Rows, left: Left) -> None:
        """The ends of a course, or where it set a row down."""
        self.y[rows], self.t[rows] = self.tally.end[rows], self.tally.time[rows]
        for some, y, t in left:
            self.y[some], self.t[some] = y, t


def _arrivals(tally: Tally, origin: NDArray[np.intp]) -> NDArray[np.object_]:
    known = {Outcome.STEADY: Arrival.AMBIGUOUS, Outcome.DIVERGED: Arrival.DIVERGED, Outcome.TIME_OVER: Arrival.TIME_OVER}
    arrivals = np.array([known[o] for o in tally.outcomes], dtype=object)
    arrivals[origin >= 0] = Arrival.CONVERGED
    return arrivals

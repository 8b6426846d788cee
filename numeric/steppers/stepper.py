"""A step: y' = Φ_h(y) with an estimate of its error, accepted where |error| <= atol + rtol |y|, for many rows at once.

Rows are trajectories. They are advanced together, but each has a time and a step size of its own, so that no row waits
for another; a row that stopped is dropped from the arrays and costs nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.field import Array, Field
from numeric.steppers.step_size import Controller, Tolerance, initial_step, norm

# Rows that go through a step together: their stages stay in the cache, and matrix products lose nothing from so many on.
# With 1000 rows of 256 neurons a step takes 1.25 times its flows in blocks of 192 rows, 1.40 times in one block. Short rows
# come in larger blocks, of about as many bytes, as a call costs as much as 30 rows of 64 neurons.
LEAST_BLOCK, BLOCK_BYTES = 192, 192 * 256 * 8


class Stepper(ABC):
    """Rows under way to the time `end`; the first `count` rows of every buffer are alive.

    A step is `attempt()`, then any look at its outcome, then `commit()`. Between the two, `y`, `t` and `f` belong to the
    step's beginning, `proposal`, `proposed_time` and `proposed_flow` to its end, `error` is its estimated error, and
    `accepted` says which rows will move. After the commit, `size` is |y|_inf, `speed` the root mean square of f, and `h`
    the next step, each (count,). Arithmetic is in the dtype of `start`; times are double.

    A method fills in `_try` and `interpolate`, and says its `order`, which the step sizes follow; its `evaluations` of the
    flow in an attempt, (count,) where rows differ; how many `arrays` (rows, n) it keeps; and its `resolution`: the estimate
    |error| / |h f| on dy/dt = -k y up to which it damps every mode.
    """

    order: int
    evaluations: int | NDArray[np.int64]
    arrays: int
    resolution: float

    def __init__(self, field: Field, start: Array, t: Array, end: float, tolerance: Tolerance) -> None:
        """Copy `start` (rows, n), at the times `t` (rows,), evaluate the flow there, and choose each row's first step."""
        rows = len(start)
        self._flow, self._end, self._tolerance, self.count = field.packed_flow, end, tolerance, rows
        self._eps = float(np.finfo(start.dtype).eps)
        self._block = max(LEAST_BLOCK, BLOCK_BYTES // max(start.shape[1] * start.itemsize, 1))
        self._y, self._proposal = start.copy(), np.empty_like(start)
        self._f, self._proposed_flow = self._flow_buffers(start)
        self._magnitude, self._proposed_magnitude = np.abs(start), np.empty_like(start)
        self._error, self._scale = np.empty_like(start), np.empty_like(start)
        self.t = self.proposed_time = np.array(t, dtype=np.float64)
        self.accepted = np.ones(rows, dtype=bool)
        self._evaluate(self.y, self.t, self.f)
        self.size, self.speed = self._size(), norm(self.f)
        self._proposed_speed: Array = np.empty(rows)
        self.h = initial_step(self._flow, self.y, self.f, self.t, end - self.t, tolerance, self.order)
        self.step = self.first_step = self.h  # step: of the last attempt
        self._controller = Controller(rows, self.order)

    @abstractmethod
    def _try(self, part: slice, step: Array) -> None:
        """Fill in `proposal`, `proposed_flow` and `error` of these rows, for steps (rows,) in the dtype of the state."""

    @abstractmethod
    def interpolate(self, rows: NDArray[np.intp], theta: Array) -> Array:
        """States at t + theta h within the attempted step, (len(rows), n); rows may repeat."""

    @property
    def y(self) -> Array:
        """States at the beginning of the step, (count, n)."""
        return self._y[: self.count]

    @property
    def proposal(self) -> Array:
        """States at the end of the attempted step, (count, n)."""
        return self._proposal[: self.count]

    @property
    def f(self) -> Array:
        """The flow at `y`, (count, n)."""
        return self._f[: self.count]

    @property
    def proposed_flow(self) -> Array:
        """The flow at `proposal`, (count, n)."""
        return self._proposed_flow[: self.count]

    @property
    def error(self) -> Array:
        """Estimated error of the attempted step, in units of the state, (count, n)."""
        return self._error[: self.count]

    @property
    def stuck(self) -> NDArray[np.bool_]:
        """Rows whose next step is lost in the rounding of time, (count,); before time is one first step, in the rounding of that."""
        return ~(self.h > 4 * np.finfo(np.float64).eps * np.maximum(self.t, self.first_step))

    def attempt(self) -> None:
        """Try one step of every row, with its error estimate."""
        left = self._end - self.t
        self.step = np.minimum(self.h, left)
        self.proposed_time = np.where(self.step >= left, self._end, self.t + self.step)
        ratios = [self._try_rows(slice(first, min(first + self._block, self.count))) for first in range(0, self.count, self._block)]
        self.accepted, self.h = self._controller.next_step(self.step, np.concatenate([np.zeros(0), *ratios]))

    def commit(self) -> None:
        """Move the accepted rows to the end of the step; the others stay and have a smaller step next."""
        rejected = np.flatnonzero(~self.accepted)
        if rejected.size:
            self._proposal[rejected], self._proposed_flow[rejected] = self._y[rejected], self._f[rejected]
            self._proposed_magnitude[rejected] = self._magnitude[rejected]
        self._y, self._proposal = self._proposal, self._y
        self._magnitude, self._proposed_magnitude = self._proposed_magnitude, self._magnitude
        self.f[:] = self.proposed_flow
        self.t = np.where(self.accepted, self.proposed_time, self.t)
        self.size, self.speed = self._size(), np.where(self.accepted, self._proposed_speed, self.speed)

    def keep(self, alive: NDArray[np.bool_]) -> None:
        """Drop all rows but those alive, a mask (count,), and close the gaps."""
        rows = np.flatnonzero(alive)
        for buffer in (self._y, self._magnitude, self._f):
            buffer[: rows.size] = buffer[rows]
        self.t, self.h, self.step, self.accepted = self.t[rows], self.h[rows], self.step[rows], self.accepted[rows]
        self.size, self.speed, self.first_step = self.size[rows], self.speed[rows], self.first_step[rows]
        self._proposed_speed = self._proposed_speed[: rows.size]
        self._controller.keep(rows)
        self.count = rows.size

    def _try_rows(self, part: slice) -> Array:
        """Try the step of some rows, all at once; their errors in units of the tolerance, infinite where f is not finite at the end."""
        self._try(part, self.step[part].astype(self._y.dtype))
        self._proposed_speed[part] = norm(self.proposed_flow[part])
        return np.where(np.isfinite(self._proposed_speed[part]), self._relative_error(part), np.inf)

    def _flow_buffers(self, start: Array) -> tuple[Array, Array]:
        """Memory for the flow at the beginning and at the end of the step; called once, before anything is evaluated."""
        return np.empty_like(start), np.empty_like(start)

    def _evaluate(self, y: Array, t: Array, out: Array) -> None:
        """out = f(y, t)."""
        value = self._flow(y, out=out, t=t)
        if value is not out:
            if np.shape(value) != out.shape:
                raise InputError(
                    f"the flow has shape {np.shape(value)} at states {out.shape}; the same was expected: mend the field's packed_flow"
                )
            out[:] = value

    def _relative_error(self, part: slice) -> Array:
        """Root mean square over each row of error / scale, (rows,)."""
        return norm(np.divide(self.error[part], self._scales(part), out=self._scale[part]))

    def _scales(self, part: slice) -> Array:
        """min(floor + rtol max(|y|, |y'|), ceiling) of each component, (rows, n)."""
        tolerance, size, scale = self._tolerance, self.size[part], self._scale[part]
        np.abs(self.proposal[part], out=self._proposed_magnitude[part])
        np.maximum(self._magnitude[part], self._proposed_magnitude[part], out=scale)
        np.multiply(scale, tolerance.rtol, out=scale)
        np.add(scale, tolerance.floor(size, self._eps)[:, None].astype(scale.dtype), out=scale)
        if tolerance.steady is not None:
            ceiling = tolerance.ceiling(self.resolution * self.step[part], self.speed[part], size, self._eps)
            np.minimum(scale, ceiling[:, None].astype(scale.dtype), out=scale)
        return scale

    def _size(self) -> Array:
        """|y|_inf, (count,)."""
        return self._magnitude[: self.count].max(axis=1, initial=0).astype(np.float64)

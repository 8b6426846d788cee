"""Stiff: the step is held by the fastest mode, h ρ(J) ≳ 1, where accuracy alone would allow far longer ones, and much is left.

An explicit method is not wrong there, only slow: its step stays at the limit of stability (h ρ near 3 on the negative real
axis) or, so that residuals fall, at a share of it. A short rest is best finished as it is. Near a steady state every
explicit method comes to that limit; that is stiffness only if the way left is long, as the slowest mode tells.
Source of the criterion h ρ: Hairer and Wanner, Solving Ordinary Differential Equations II (1996), IV.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array
from numeric.steppers.linear_field import LinearField
from numeric.steppers.step_size import Tolerance, norm
from numeric.steppers.stepper import Stepper

# At h ρ = 2.5 explicit methods of order 3 to 5 are near their limit (2.5 to 3.3); accuracy rarely lets them come there.
# With layers at rest the explicit part comes to its limit at 2.0.
LIMIT, LIMIT_OF_LAYERS = 2.5, 1.8
# With an error of 1/100 of the tolerance accuracy would allow steps 2.5 times as long (order 5); h ρ of 0.5 holds them.
HELD, IDLE = 0.5, 1e-2
# A look costs a flow; so many attempts between two, and so many that must agree. Ten steps turn a direction enough.
EVERY, LOOKS = 10, 3
# An implicit method needs about so many steps for a rest of any length.
STEPS_OF_IMPLICIT = 50


class StiffWatch:
    """Watches the rows of an explicit stepper: call it after each step for a mask of those found stiff."""

    def __init__(
        self,
        field: LinearField,
        rows: NDArray[np.intp],
        y: Array,
        end: float,
        tolerance: Tolerance,
        cost: float,
        resting: Array | None = None,
    ) -> None:
        """Trajectories `rows`, increasing, at `y` (rows, n) on the way to `end`; `cost` is that of an implicit step in explicit ones.

        Where `end` is infinite only the way to a steady state counts, as the decay of the flow tells it.

        `resting` (n,) are the leaks of layers that the stepper takes implicitly, which do not count; see `FastestMode`.
        """
        self._rows, self._end, self._tolerance, self._cost = rows, end, tolerance, cost
        self._mode, self._attempts = FastestMode(field, y, resting), 0
        self._limit = LIMIT if resting is None else LIMIT_OF_LAYERS
        self._looks = np.zeros(len(y), dtype=int)
        self._since, self._speed = np.zeros(len(y)), np.full(len(y), np.nan)

    def __call__(self, rows: NDArray[np.intp], stepper: Stepper) -> NDArray[np.bool_]:
        """Which of the trajectories `rows` that are left in the stepper are stiff, after a step was committed."""
        if rows.size < self._rows.size:
            self._keep(rows)
        self._attempts += 1
        if self._attempts % EVERY:
            return np.zeros(stepper.count, dtype=bool)
        reach = stepper.step * self._mode.rate(stepper.y, stepper.t)
        held = (reach > self._limit) | ((reach > HELD) & (self._strain(stepper) < IDLE))
        self._begin(~held | np.isnan(self._speed), stepper)
        self._looks[held] += 1
        return np.asarray((self._looks >= LOOKS) & (self._steps_left(stepper) > STEPS_OF_IMPLICIT * self._cost))

    def _keep(self, rows: NDArray[np.intp]) -> None:
        """Forget all trajectories but these."""
        k = np.searchsorted(self._rows, rows)
        self._mode.keep(k)
        self._rows, self._looks, self._since, self._speed = rows, self._looks[k], self._since[k], self._speed[k]

    def _begin(self, rows: NDArray[np.bool_], stepper: Stepper) -> None:
        """Count anew from here, and take the speed from which the decay is measured."""
        self._looks[rows] = 0
        self._since[rows], self._speed[rows] = stepper.t[rows], stepper.speed[rows]

    def _strain(self, stepper: Stepper) -> Array:
        """The error in units of the tolerance alone, without what a small residual asks for, (rows,)."""
        return norm(stepper.error / (self._tolerance.atol + self._tolerance.rtol * np.abs(stepper.y)))

    def _steps_left(self, stepper: Stepper) -> Array:
        """Steps of this size to the end, or to the steady residual at the decay seen since the count began, (rows,); 0 of no end."""
        left = self._end - stepper.t
        if self._tolerance.steady:
            aim = self._tolerance.steady * (1 + stepper.size)
            with np.errstate(all="ignore"):
                decay = np.log(self._speed / stepper.speed) / (stepper.t - self._since)
                to_steady = np.log(np.maximum(stepper.speed / aim, 1)) / decay
            left = np.where(decay > 0, np.minimum(left, to_steady), left)
        return np.asarray(np.where(np.isfinite(left), left, 0) / stepper.step)


class FastestMode:
    """ρ(J) by power iteration: u ← J u / |J u|, one product along a direction a look, as the state moves on slowly.

    Components with a leak in `resting` (n,), nonzero there, are taken to be at rest for the others: u_F = -(J u)_F / d_F.
    """

    def __init__(self, field: LinearField, y: Array, resting: Array | None = None, seed: int = 0) -> None:
        """Directions for rows like `y` (rows, n), the same for each row."""
        self._field = field
        self._d = np.zeros(y.shape[1], y.dtype) if resting is None else resting
        self._u = np.tile(np.random.default_rng(seed).normal(size=y.shape[1:]).astype(y.dtype), (len(y), 1))

    def rate(self, y: Array, t: Array) -> Array:
        """The growth |J u| / |u| of the direction, (rows,); after some looks that of the fastest mode."""
        free = self._d == 0
        u = self._u * free
        if not free.all():
            u -= self._field.packed_jvp(y, u, t) / np.where(free, np.inf, self._d)
        before, product = norm(self._u * free), self._field.packed_jvp(y, u, t) * free
        after = norm(product)
        scale = np.asarray(np.where(after > 0, after, 1), dtype=y.dtype)
        self._u = product / scale[:, None]
        return np.asarray(after / np.where(before > 0, before, np.inf))

    def keep(self, alive: NDArray[np.intp]) -> None:
        """Forget all rows but these."""
        self._u = self._u[alive]

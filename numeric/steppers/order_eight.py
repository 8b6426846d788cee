"""Dormand-Prince 8(5, 3): twelve evaluations a step, error of order 8, and three more for the interpolant where it is asked for.

Source: Hairer, Norsett and Wanner, Solving Ordinary Differential Equations I (1993), II.5 and II.6, and its code DOP853; the
coefficients are those that SciPy publishes with `scipy.integrate.DOP853`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import DOP853

from numeric.field import Array, Field
from numeric.steppers.runge_kutta import Row, RungeKutta
from numeric.steppers.step_size import Tolerance, norm


def _row(values: Array) -> Row:
    return tuple(map(float, values))


STAGES = (*(_row(row[:s]) for s, row in enumerate(DOP853.A)), _row(DOP853.B))
LEAST = 1e-300  # where both estimates vanish, so does the error


class OrderEight(RungeKutta):
    """Steps of order 8, for tolerances below 1e-7."""

    order, evaluations, arrays = 8, 12, 22
    # On dy/dt = -k y the estimate is 0.002 |h f| at h k = 3, where a mode shrinks to 0.05, and 0.02 |h f| at 6, the limit of
    # stability; on the imaginary axis it is 0.002 |h f| at 3, where a mode keeps 0.998.
    resolution = 2e-3
    nodes, stages, estimate = (*_row(DOP853.C), 1.0), STAGES, _row(DOP853.E5)
    kept = (2, 1, 0, *range(3, 13))

    def __init__(self, field: Field, start: Array, t: Array, end: float, tolerance: Tolerance) -> None:
        """See `Stepper`; two evaluations of the flow."""
        super().__init__(field, start, t, end, tolerance)
        self._third = self._sum(_row(DOP853.E3), start.dtype)
        self._scratch = np.empty_like(start)

    def _relative_error(self, part: slice) -> Array:
        """The error is e5 |e5| / √(|e5|² + |e3|² / 100), in the norms of the tolerance: of order 8, from orders 5 and 3."""
        scale, error, ratio = self._scales(part), self.error[part], self._scratch[part]
        self._combine(part, self.step[part].astype(ratio.dtype), self._third, ratio)
        three = norm(np.divide(ratio, scale, out=ratio))
        five = norm(np.divide(error, scale, out=ratio))
        share = five / np.sqrt(np.maximum(five**2 + 0.01 * three**2, LEAST))
        np.multiply(error, share[:, None].astype(ratio.dtype), out=error)
        return np.asarray(five * share)

    def interpolate(self, rows: NDArray[np.intp], theta: Array) -> Array:
        """States at t + theta h within the attempted step, to order 7; three evaluations for each row asked for."""
        unique, place = np.unique(rows, return_inverse=True)
        parts, x = self._parts(unique)[:, place], theta[:, None].astype(self._y.dtype)
        y = np.zeros_like(parts[0])
        for power, part in enumerate(parts[::-1]):
            y = (y + part) * (1 - x if power % 2 else x)
        return np.asarray(self._y[rows] + y)

    def _parts(self, rows: NDArray[np.intp]) -> Array:
        """The seven coefficients of the interpolant in θ, 1 - θ, θ, ..., (7, rows, n)."""
        y, h = self._y[rows], self.step[rows, None].astype(self._y.dtype)
        k = np.empty((16, len(rows), self._n), self._y.dtype)
        for stage in range(13):
            k[stage] = self._stage(stage)[rows]
        for stage, (a, c) in enumerate(zip(DOP853.A_EXTRA, DOP853.C_EXTRA, strict=True), 13):
            probe = y + h * np.tensordot(a[:stage].astype(y.dtype), k[:stage], 1)
            self._evaluate(probe, self.t[rows] + c * self.step[rows], k[stage])
        change = self._proposal[rows] - y
        first = [change, h * k[0] - change, 2 * change - h * (k[12] + k[0])]
        return np.stack([*first, *(h * np.tensordot(d.astype(y.dtype), k, 1) for d in DOP853.D)])

"""Dormand-Prince 5(4): y' = y + h (b1 k1 + ... + b6 k6), k_s = f(t + c_s h, y + h (a_s1 k1 + ...)), k7 = f(t + h, y').

Rows are trajectories. They are advanced together, but each has a time and a step size of its own, so that no row waits
for another; a row that stopped is dropped from the arrays and costs nothing. k7 is the next step's k1.

Source: Dormand and Prince (1980), J. Comput. Appl. Math. 6, 19-26; the interpolant of order 4 is Shampine's (1986),
Math. Comp. 46, 135-150.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array, Flow
from numeric.step_size import Controller, Tolerance, initial_step, norm

NODES = (0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1)
STAGES = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
ERROR = (71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)  # order 5 less order 4
# y(t + θ h) = y + h Σ_s k_s (P_s1 θ + P_s2 θ² + P_s3 θ³ + P_s4 θ⁴)
INTERPOLANT = (
    (1, -8048581381 / 2820520608, 8663915743 / 2820520608, -12715105075 / 11282082432),
    (0, 0, 0, 0),
    (0, 131558114200 / 32700410799, -68118460800 / 10900136933, 87487479700 / 32700410799),
    (0, -1754552775 / 470086768, 14199869525 / 1410260304, -10690763975 / 1880347072),
    (0, 127303824393 / 49829197408, -318862633887 / 49829197408, 701980252875 / 199316789632),
    (0, -282668133 / 205662961, 2019193451 / 616988883, -1453857185 / 822651844),
    (0, 40617522 / 29380423, -110615467 / 29380423, 69997945 / 29380423),
)

SHORT = 32


class DormandPrince:
    """Rows under way from t = 0 to `end`; the first `count` rows of every buffer are alive.

    A step is `attempt()`, then any look at its outcome, then `commit()`. Between the two, `y`, `t` and `f` belong to the
    step's beginning, `proposal`, `proposed_time` and `proposed_flow` to its end, `error` is its estimated error, and
    `accepted` says which rows will move. After the commit, `size` is |y|_inf, `speed` the root mean square of f, and `h`
    the next step, each (count,). Arithmetic is in the dtype of `start`; times are double.
    """

    def __init__(self, flow: Flow, start: Array, end: float, tolerance: Tolerance) -> None:
        """Copy `start` (rows, n), evaluate the flow there, and choose each row's first step (two evaluations)."""
        rows, n = start.shape
        self._flow, self._end, self._tolerance, self._n = flow, end, tolerance, n
        self._eps = float(np.finfo(start.dtype).eps)
        self._coefficients = [np.array(a, start.dtype) for a in (*STAGES, ERROR)]
        self._k = np.empty((7, rows, n), start.dtype)
        self._y, self._proposal = start.copy(), np.empty_like(start)
        self._magnitude, self._proposed_magnitude = np.abs(start), np.empty_like(start)
        self._error, self._scale = np.empty_like(start), np.empty_like(start)
        self.count = rows
        self.t = self.proposed_time = np.zeros(rows)
        self.accepted = np.ones(rows, dtype=bool)
        self._evaluate(self.y, 0, self.t)
        self.size, self.speed = self._measure()
        self.h = initial_step(flow, self.y, self.f, self.t, np.full(rows, end), tolerance)
        self.step = self.h  # of the last attempt
        self._controller = Controller(rows)

    @property
    def y(self) -> Array:
        """States at the beginning of the step, (count, n)."""
        return self._y[: self.count]

    @property
    def proposal(self) -> Array:
        """States at the end of the attempted step, (count, n)."""
        return self._proposal[: self.count]

    @property
    def error(self) -> Array:
        """Estimated error of the attempted step, in units of the state, (count, n)."""
        return self._error[: self.count]

    @property
    def f(self) -> Array:
        """The flow at `y`, (count, n)."""
        return self._k[0, : self.count]

    @property
    def proposed_flow(self) -> Array:
        """The flow at `proposal`, (count, n)."""
        return self._k[6, : self.count]

    @property
    def stuck(self) -> NDArray[np.bool_]:
        """Rows whose next step is lost in the rounding of time, (count,)."""
        return ~(self.h > 4 * np.finfo(np.float64).eps * self._end)

    def attempt(self) -> None:
        """Try one step of every row: six evaluations of the flow, and the error estimate."""
        self.step = np.minimum(self.h, self._end - self.t)
        step = self.step.astype(self._y.dtype)
        for stage in range(1, 7):
            self._combine(step, self._coefficients[stage], self.proposal)
            np.add(self.proposal, self.y, out=self.proposal)
            self._evaluate(self.proposal, stage, self.t + NODES[stage] * self.step)
        self._combine(step, self._coefficients[7], self.error)
        last = self.step >= self._end - self.t
        self.proposed_time = np.where(last, self._end, self.t + self.step)
        self.accepted, self.h = self._controller.next_step(self.step, self._relative_error())

    def commit(self) -> None:
        """Move the accepted rows to the end of the step; the others stay and have a smaller step next."""
        rejected = np.flatnonzero(~self.accepted)
        if rejected.size:
            self._proposal[rejected] = self._y[rejected]
            self._proposed_magnitude[rejected] = self._magnitude[rejected]
            self._k[6][rejected] = self._k[0][rejected]
        self._y, self._proposal = self._proposal, self._y
        self._magnitude, self._proposed_magnitude = self._proposed_magnitude, self._magnitude
        self.f[:] = self.proposed_flow
        self.t = np.where(self.accepted, self.proposed_time, self.t)
        self.size, self.speed = self._measure()

    def interpolate(self, rows: NDArray[np.intp], theta: Array) -> Array:
        """States at t + theta h within the attempted step, (len(rows), n), to order 4; rows may repeat."""
        powers = theta[:, None] ** np.arange(1, 5)
        weights = (self.step[rows, None] * (powers @ np.array(INTERPOLANT).T)).astype(self._y.dtype)
        return np.asarray(self._y[rows] + np.einsum("qs,sqn->qn", weights, self._k[:, rows]))

    def keep(self, alive: NDArray[np.bool_]) -> None:
        """Drop all rows but those alive, a mask (count,), and close the gaps."""
        rows = np.flatnonzero(alive)
        for buffer in (self._y, self._magnitude, self._k[0]):
            buffer[: rows.size] = buffer[rows]
        self.t, self.h, self.step, self.accepted = self.t[rows], self.h[rows], self.step[rows], self.accepted[rows]
        self.size, self.speed = self.size[rows], self.speed[rows]
        self._controller.keep(rows)
        self.count = rows.size

    def _evaluate(self, y: Array, stage: int, t: Array) -> None:
        """k_stage = f(y, t)."""
        out = self._k[stage, : self.count]
        value = self._flow(y, out=out, t=t)
        if value is not out:
            out[:] = value

    def _combine(self, step: Array, coefficients: Array, out: Array) -> None:
        """out = h (a1 k1 + a2 k2 + ...), in one pass over the stages.

        Long rows go through one small product each, twice as fast as a pass over all rows at once; rows shorter than
        SHORT would spend more on calls than on sums. Either way a row's bits do not depend on the rows beside it.
        """
        stages = self._k[: coefficients.size, : self.count]
        if self._n >= SHORT:
            weights = step[:, None, None] * coefficients
            np.matmul(weights, stages.transpose(1, 0, 2), out=out[:, None, :])
            return
        flat = self._k.reshape(7, -1)[: coefficients.size, : out.size]
        np.einsum("s,sx->x", coefficients, flat, out=out.reshape(-1))
        np.multiply(out, step[:, None], out=out)

    def _relative_error(self) -> Array:
        """Root mean square over each row of error / min(floor + rtol max(|y|, |y'|), ceiling), (count,)."""
        tolerance, scale, rows = self._tolerance, self._scale[: self.count], slice(self.count)
        floor = tolerance.floor(self.size, self._eps)
        ceiling = tolerance.ceiling(self.step, self.speed, self.size, self._eps)
        np.abs(self.proposal, out=self._proposed_magnitude[rows])
        np.maximum(self._magnitude[rows], self._proposed_magnitude[rows], out=scale)
        np.multiply(scale, tolerance.rtol, out=scale)
        np.add(scale, floor[:, None].astype(scale.dtype), out=scale)
        np.minimum(scale, ceiling[:, None].astype(scale.dtype), out=scale)
        np.divide(self.error, scale, out=scale)
        return norm(scale)

    def _measure(self) -> tuple[Array, Array]:
        """|y|_inf and the root mean square of f, both (count,)."""
        return self._magnitude[: self.count].max(axis=1, initial=0).astype(np.float64), norm(self.f)

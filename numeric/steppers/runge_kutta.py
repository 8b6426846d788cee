"""Explicit Runge-Kutta: y' = y + h Σ_s b_s k_s, k_s = f(t + c_s h, y + h Σ_r a_sr k_r), and k_last = f(t + h, y').

k_last is the next step's k_0. A method is its tableau; its error estimate and its interpolant are written beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from numeric.field import Array, Field
from numeric.steppers.step_size import Tolerance
from numeric.steppers.stepper import Stepper

SHORT = 32

Row = tuple[float, ...]


class RungeKutta(Stepper):
    """Steps by the tableau `nodes`, `stages` (row s has the s weights of stage s, the last row those of y'), `estimate`.

    `kept` are stages in the order of their buffers: stages that no later stage uses come first, so that sums skip them.
    """

    nodes: Row
    stages: tuple[Row, ...]
    estimate: Row
    kept: tuple[int, ...]

    def __init__(self, field: Field, start: Array, t: Array, end: float, tolerance: Tolerance) -> None:
        """See `Stepper`; two evaluations of the flow."""
        self._n = start.shape[1]
        self._place = {stage: place for place, stage in enumerate(self.kept)}
        self._sums = [self._sum(a, start.dtype) for a in self.stages[1:]]
        self._estimate = self._sum(self.estimate, start.dtype)
        super().__init__(field, start, t, end, tolerance)

    def _sum(self, coefficients: Row, dtype: Any) -> tuple[slice, Array]:
        """The buffers from the first to the last that a sum over stages needs, and its coefficients in their order."""
        used = [self._place[s] for s, a in enumerate(coefficients) if a]
        part = slice(min(used), max(used) + 1)
        return part, np.array([coefficients[s] if s < len(coefficients) else 0 for s in self.kept[part]], dtype)

    def _flow_buffers(self, start: Array) -> tuple[Array, Array]:
        self._k = np.empty((len(self.nodes), *start.shape), start.dtype)
        return self._stage(0), self._stage(-1)

    def _stage(self, stage: int) -> Array:
        """The buffer of a stage, (rows, n)."""
        return self._k[self._place[stage % len(self.nodes)]]

    def _try(self, part: slice, step: Array) -> None:
        y, t, h, proposal = self.y[part], self.t[part], self.step[part], self.proposal[part]
        for stage, sum_ in enumerate(self._sums, 1):
            self._combine(part, step, sum_, proposal)
            np.add(proposal, y, out=proposal)
            self._evaluate(proposal, t + self.nodes[stage] * h, self._stage(stage)[part])
        self._combine(part, step, self._estimate, self.error[part])

    def _combine(self, part: slice, step: Array, sum_: tuple[slice, Array], out: Array) -> None:
        """out = h Σ_s a_s k_s, in one pass over the stages.

        Long rows go through one small product each, twice as fast as a pass over all rows at once; rows shorter than
        SHORT would spend more on calls than on sums. Either way a row's bits do not depend on the rows beside it.
        """
        stages, coefficients = sum_
        if self._n >= SHORT:
            weights = step[:, None, None] * coefficients
            np.matmul(weights, self._k[stages, part].transpose(1, 0, 2), out=out[:, None, :])
            return
        flat = self._k.reshape(len(self.nodes), -1)[stages, part.start * self._n : part.stop * self._n]
        np.einsum("s,sx->x", coefficients, flat, out=out.reshape(-1))
        np.multiply(out, step[:, None], out=out)

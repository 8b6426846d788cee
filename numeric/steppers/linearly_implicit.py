"""Linearly implicit steps: (1 - hγJ) u_i = γ (h f(t + c_i h, y + Σ A_ij u_j) + Σ C_ij u_j + h² d_i ∂f/∂t), y' = y + Σ m_i u_i.

No iteration can fail: each stage solves one linear system, whose matrix is that of the step. With k_i the stages of the
textbook, u = Γ k, so that no product J u is needed: A = α Γ⁻¹, C = 1/γ - Γ⁻¹, m = b Γ⁻¹.
Source: Hairer and Wanner, Solving Ordinary Differential Equations II (1996), IV.7 (7.25).
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array
from numeric.steppers.linear_field import LinearField
from numeric.steppers.step_size import Tolerance
from numeric.steppers.stepper import Stepper

Row = tuple[float, ...]


@dataclass(frozen=True)
class Tableau:
    """One method: γ; rows of A and C below the diagonal; nodes c, slopes d, weights m."""

    gamma: float
    A: tuple[Row, ...]
    C: tuple[Row, ...]
    nodes: Row
    slopes: Row
    weights: Row


class LinearlyImplicit(Stepper):
    """Steps by a `tableau`; a method prepares its matrix and solves, and estimates the error from the stages `u`."""

    tableau: Tableau

    def __init__(self, field: LinearField, start: Array, t: Array, end: float, tolerance: Tolerance) -> None:
        """See `Stepper`."""
        self._field = field
        self._u = np.empty((len(self.tableau.nodes), *start.shape), start.dtype)
        super().__init__(field, start, t, end, tolerance)

    @abstractmethod
    def _prepare(self, y: Array, t: Array, step: Array) -> None:
        """Take J at rows y (rows, n) and times t (rows,), for steps hγ (rows,)."""

    @abstractmethod
    def _solve(self, r: Array) -> Array:
        """x of (1 - hγJ) x = r, (rows, n); not finite where the matrix is singular."""

    @abstractmethod
    def _estimate(self, part: slice) -> Array:
        """The error of the step of these rows, (rows, n)."""

    def _rows_at_once(self) -> int:
        """How many rows may be prepared together."""
        return self.count

    def _try(self, part: slice, step: Array) -> None:
        most = self._rows_at_once()
        for first in range(part.start, part.stop, most):
            some = slice(first, min(first + most, part.stop))
            self._stages(some, step[some.start - part.start : some.stop - part.start])

    def _stages(self, part: slice, step: Array) -> None:
        """All stages of these rows, their proposal and their error."""
        method, y, t, h = self.tableau, self.y[part], self.t[part], step[:, None]
        proposal, gamma = self.proposal[part], y.dtype.type(self.tableau.gamma)
        self._prepare(y, t, gamma * step)
        drift = h * h * self._field.packed_time_slope(y, t) if self._field.depends_on_time else None
        flow = self.f[part].copy()
        for i, node in enumerate(method.nodes):
            if i:
                np.add(self._sum(method.A[i], part), y, out=proposal)
                self._evaluate(proposal, t + node * self.step[part], flow)
            right = h * flow + self._sum(method.C[i], part)
            if drift is not None:
                right += y.dtype.type(method.slopes[i]) * drift
            self._u[i, part] = self._solve(gamma * right)
        np.add(self._sum(method.weights, part), y, out=proposal)
        self.error[part] = self._estimate(part)
        self._evaluate(proposal, self.proposed_time[part], self.proposed_flow[part])

    def _sum(self, coefficients: Row | Array, part: slice) -> Array:
        """Σ_j a_j u_j of these rows."""
        weights = np.asarray(coefficients, self._u.dtype)
        return np.asarray(np.einsum("s,srn->rn", weights, self._u[: len(coefficients), part]))

    def _within(self, dense: Array, rows: NDArray[np.intp], theta: Array) -> Array:
        """y + Σ_p θ^p Σ_i dense_pi u_i, p = 1, 2, ..., within the attempted step of these rows, (len(rows), n)."""
        weights = (theta[:, None] ** np.arange(1, len(dense) + 1) @ dense).astype(self._y.dtype)
        return np.asarray(self._y[rows] + np.einsum("qs,sqn->qn", weights, self._u[:, rows]))

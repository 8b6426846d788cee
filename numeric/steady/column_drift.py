"""J = C + Σ A_m diag(s_m): vᵀ T ΔJ T⁻¹ v = Σ_j w_j x_j Δs_j with w = Aᵀ Tᵀ v, x = T⁻¹ v, |Δs_j| <= L_j |z_j - y_j|.

By Cauchy and Schwarz it is at most r σ |L ∘ w ∘ x|, with σ_j the reach of z_j where T is diagonal and |T⁻¹| elsewhere. Where the
ball crosses a kink, |Δs_j| is at most the height of the jump, and the terms are added up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from numeric.field import Array
from numeric.steady.columns import Columns
from numeric.steady.drift import Shares, spectral_norm
from numeric.steady.metric import Metric, diagonal_metrics


class ColumnDrift:
    """The drift of a Jacobian whose columns are scaled by slopes of their own components."""

    def __init__(self, form: Columns) -> None:
        self._form = form

    @property
    def fixed(self) -> Array:
        """C, (n, n)."""
        return self._form.fixed

    def jacobian(self, y: Array) -> Array:
        """J at one packed state (n,)."""
        return self._form.jacobian(y)

    def metrics(self, y: Array, J: Array) -> Iterable[Metric]:
        """The diagonal that makes J symmetric, with two floors."""
        return diagonal_metrics(J)

    def shares(self, y: Array, metric: Metric, groups: list[Array]) -> Shares:
        """See `Drift`."""
        reach, sides = metric.reach, [_Side.of(A, metric, groups) for A in self._form.weights]
        scale = reach if metric.diagonal else np.full_like(reach, np.linalg.norm(metric.back, 2))

        def D(r: float) -> Array:
            parts = [r * s.bounds(scale * L) + s.sums(jump) for s, L, jump in zip(sides, *self._form.steepest(y, r * reach), strict=True)]
            return np.asarray(sum(parts, start=np.zeros((len(groups), len(groups)))))

        return D


class _Side(NamedTuple):
    """Of one m: |e_jᵀ Aᵀ Tᵀ U_p| and |e_jᵀ T⁻¹ U_q|, both (p, n), and the norms of these matrices, (p,)."""

    w: Array
    x: Array
    w_norm: Array
    x_norm: Array

    @classmethod
    def of(cls, A: Array, metric: Metric, groups: list[Array]) -> _Side:
        """For the weights A and the groups U_p."""
        w, x = ([f(U) for U in groups] for f in (lambda U: A.T @ metric.adjoint(U), metric.undo))
        rows = (np.array([np.linalg.norm(M, axis=1) for M in side]) for side in (w, x))
        return cls(*rows, *(np.array([spectral_norm(M) for M in side]) for side in (w, x)))

    def sums(self, q: Array) -> Array:
        """Σ_j q_j |w_j x_j|, symmetric: of slopes that jump by q, which no distance bounds."""
        D = np.zeros((len(self.w),) * 2) if not q.any() else (q * self.w) @ self.x.T
        return np.asarray((D + D.T) / 2)

    def bounds(self, q: Array) -> Array:
        """The least of three bounds of |q w x| for r = 1, for w = Aᵀ Tᵀ v_p and x = T⁻¹ v_q; symmetric."""
        if not np.all(np.isfinite(q)):
            return np.full((len(self.w), len(self.w)), np.inf)
        w, x = q * self.w, q * self.x
        both = np.sqrt((w * w) @ (self.x * self.x).T)
        D = np.minimum(both, np.minimum(np.outer(w.max(axis=1), self.x_norm), np.outer(self.w_norm, x.max(axis=1))))
        return np.asarray((D + D.T) / 2)

"""How far the symmetric part of T J(z) T⁻¹ can move while z stays within |T (z - y)| <= r.

For vectors v = Σ_p v_p, with v_p in the span of orthonormal columns U_p, a drift tells a matrix of bounds

    |vᵀ T (J(z) - J(y)) T⁻¹ v| <= Σ_pq D_pq |v_p| |v_q|.

The few directions in which a steady state is slow run over many neurons as a rule, and their D is far below the norm of the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from numeric.field import Array
from numeric.intervals.boxes import Box
from numeric.intervals.enclose import Enclosure
from numeric.steady.columns import Columns
from numeric.steady.metric import Metric

Shares = Callable[[Array, Array], Array]


class Drift(Protocol):
    """A bound of the motion of J around a state."""

    def jacobian(self, y: Array) -> Array:
        """J at one packed state (n,)."""
        ...

    def shares(self, metric: Metric, groups: list[Array]) -> Shares:
        """D(y, r), (rows, p, p), of rows y (rows, n) and radii r (rows,); infinite where nothing bounds it.

        The groups U_p, (n, k), have orthonormal columns.
        """
        ...


class ColumnDrift:
    """J = C + Σ A_m diag(s_m): vᵀ T ΔJ T⁻¹ v = Σ_j w_j x_j Δs_j with w = Aᵀ Tᵀ v, x = T⁻¹ v, |Δs_j| <= L_j |z_j - y_j|.

    By Cauchy and Schwarz it is at most r σ |L ∘ w ∘ x|, with σ_j the reach of z_j where T is diagonal and |T⁻¹| elsewhere.
    """

    def __init__(self, form: Columns) -> None:
        self._form = form

    def jacobian(self, y: Array) -> Array:
        """J at one packed state (n,)."""
        return self._form.jacobian(y)

    def shares(self, metric: Metric, groups: list[Array]) -> Shares:
        """See `Drift`; infinite where a slope may jump."""
        reach, sides = metric.reach, [_Side.of(A, metric, groups) for A in self._form.weights]
        scale = reach if metric.diagonal else np.full_like(reach, np.linalg.norm(metric.back, 2))

        def D(y: Array, r: Array) -> Array:
            steep = self._form.steepest(y, r[:, None] * reach)
            found = np.zeros((len(y), len(groups), len(groups)))
            for side, L in zip(sides, steep, strict=True):
                found += np.array([side.bounds(scale * row) for row in L])
            return np.asarray(r[:, None, None] * found)

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
        return cls(*rows, *(np.array([_spectral_norm(M) for M in side]) for side in (w, x)))

    def bounds(self, q: Array) -> Array:
        """The least of three bounds of |q w x| for r = 1, for w = Aᵀ Tᵀ v_p and x = T⁻¹ v_q; symmetric."""
        if not np.all(np.isfinite(q)):
            return np.full((len(self.w), len(self.w)), np.inf)
        w, x = q * self.w, q * self.x
        both = np.sqrt((w * w) @ (self.x * self.x).T)
        D = np.minimum(both, np.minimum(np.outer(w.max(axis=1), self.x_norm), np.outer(self.w_norm, x.max(axis=1))))
        return np.asarray((D + D.T) / 2)


def _spectral_norm(M: Array) -> float:
    return float(np.sqrt(max(np.linalg.eigvalsh(M.T @ M)[-1], 0.0)) * (1 + 1e-12))


class BoxDrift:
    """Any J, bounded entry by entry on the box that holds the ball."""

    def __init__(self, enclosure: Enclosure) -> None:
        self._enclosure = enclosure

    def jacobian(self, y: Array) -> Array:
        """J at one packed state (n,)."""
        return self._box(y, np.zeros_like(y)).middle

    def _box(self, y: Array, reach: Array) -> Box:
        return self._enclosure.matrix((y - reach)[None], (y + reach)[None])

    def shares(self, metric: Metric, groups: list[Array]) -> Shares:
        """See `Drift`; infinite where an entry may jump."""
        sides = [np.abs(U) for U in groups]
        forth, back = np.abs(metric.forth), np.abs(metric.back)

        def one(y: Array, r: float) -> Array:
            box, J = self._box(y, r * metric.reach), self.jacobian(y)
            R = np.maximum(box.high - J, J - box.low)
            if np.any(box.jumps) or not np.all(np.isfinite(R)):
                return np.full((len(groups), len(groups)), np.inf)
            M = forth[:, None] * R * back if metric.diagonal else forth @ R @ back
            bounds = np.array([[_norm(U.T @ M @ V) for V in sides] for U in sides])
            return np.asarray((bounds + bounds.T) / 2)

        return lambda y, r: np.stack([one(*row) for row in zip(y, r, strict=True)])


def _norm(M: Array) -> float:
    """At least the norm of M: the root of its largest row sum times its largest column sum."""
    return float(np.sqrt(np.abs(M).sum(axis=0).max() * np.abs(M).sum(axis=1).max()))

"""How far the symmetric part of T J(z) T⁻¹ can move while z stays within |T (z - y)| <= r.

For unit vectors v = U a + b, with a in few directions U and b at right angles to them, a drift tells bounds

    |vᵀ T (J(z) - J(y)) T⁻¹ v| <= aa |a|² + 2 ab |a| |b| + bb |b|².

In the few directions in which a steady state is slow, and which as a rule run over many neurons, aa is much smaller than bb.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from numeric.field import Array
from numeric.intervals.boxes import Box
from numeric.intervals.enclose import Enclosure
from numeric.steady.columns import Columns
from numeric.steady.metric import Metric


class Shares(NamedTuple):
    """The bounds aa, ab and bb."""

    slow: float
    mixed: float
    rest: float


class Drift(Protocol):
    """A bound of the motion of J around a state."""

    def jacobian(self, y: Array) -> Array:
        """J at one packed state (n,)."""
        ...

    def shares(self, y: Array, metric: Metric, r: float, slow: list[Array]) -> list[Shares]:
        """The bounds for each of the bases `slow`, (n, k) with orthonormal columns, k >= 0."""
        ...


class ColumnDrift:
    """J = C + Σ A_m diag(s_m): vᵀ T ΔJ T⁻¹ v = Σ_j w_j x_j Δs_j with w = Aᵀ Tᵀ v, x = T⁻¹ v, |Δs_j| <= L_j |z_j - y_j|.

    By Cauchy and Schwarz it is at most r σ |L ∘ w ∘ x|, with σ_j the reach of z_j where T is diagonal and |T⁻¹| elsewhere.
    """

    def __init__(self, form: Columns) -> None:
        self._form = form
        self._norms = [float(np.linalg.norm(A, 2)) for A in form.weights]

    def jacobian(self, y: Array) -> Array:
        """J at one packed state (n,)."""
        return self._form.jacobian(y)

    def shares(self, y: Array, metric: Metric, r: float, slow: list[Array]) -> list[Shares]:
        """See `Drift`; infinite where a slope may jump."""
        steep = self._form.steepest(y, r * metric.reach)
        totals = np.zeros((len(slow), 3))
        for A, norm, L in zip(self._form.weights, self._norms, steep, strict=True):
            totals += [self._part(A, norm, L, metric, U) for U in slow]
        return [Shares(*(r * total)) for total in totals]

    def _part(self, A: Array, norm: float, L: Array, metric: Metric, U: Array) -> tuple[float, float, float]:
        """The bounds of one m, for r = 1."""
        diagonal = metric.forth.ndim == 1
        reach = metric.reach
        q = L * (reach if diagonal else np.linalg.norm(metric.back, 2))
        w_norm = norm * (metric.forth.max() if diagonal else np.linalg.norm(metric.forth, 2))  # |w| <= w_norm |v|
        rest = float((q * reach).max() * w_norm)  # |x_j| <= reach_j |v|
        if U.shape[1] == 0:
            return 0.0, 0.0, rest
        w = A.T @ (metric.forth[:, None] * U if diagonal else metric.forth.T @ U)
        x = metric.back[:, None] * U if diagonal else metric.back @ U
        w_rows, x_rows = np.linalg.norm(w, axis=1), np.linalg.norm(x, axis=1)
        x_norm = reach.max() if diagonal else np.linalg.norm(metric.back, 2)
        one = float(np.linalg.norm(q * w_rows * x_rows))
        many = min(float((q * w_rows).max() * np.linalg.norm(x, 2)), float((q * x_rows).max() * np.linalg.norm(w, 2)))
        left = min(float((q * w_rows).max() * x_norm), float((q * reach).max() * np.linalg.norm(w, 2)))
        right = float((q * x_rows).max() * w_norm)
        return min(one, many), (left + right) / 2, rest


class BoxDrift:
    """Any J, bounded entry by entry on the box that holds the ball."""

    def __init__(self, enclosure: Enclosure) -> None:
        self._enclosure = enclosure

    def jacobian(self, y: Array) -> Array:
        """J at one packed state (n,)."""
        return self._box(y, np.zeros_like(y)).middle

    def _box(self, y: Array, reach: Array) -> Box:
        return self._enclosure.matrix((y - reach)[None], (y + reach)[None])

    def shares(self, y: Array, metric: Metric, r: float, slow: list[Array]) -> list[Shares]:
        """See `Drift`; infinite where an entry may jump."""
        box, J = self._box(y, r * metric.reach), self.jacobian(y)
        R = np.where(box.jumps, np.inf, np.maximum(box.high - J, J - box.low))
        forth, back = np.abs(metric.forth), np.abs(metric.back)
        M = forth[:, None] * R * back if forth.ndim == 1 else forth @ R @ back
        M = (M + M.T) / 2
        return [_of_matrix(M, np.abs(U)) for U in slow]


def _of_matrix(M: Array, U: Array) -> Shares:
    """|v|ᵀ M |v| in the parts of v."""
    rest = float(M.sum(axis=0).max(initial=0))  # of a symmetric M without negative entries, at least its norm
    if U.shape[1] == 0 or not np.isfinite(rest):
        return Shares(0.0 if np.isfinite(rest) else np.inf, 0.0, rest)
    right = M @ U
    return Shares(float(np.linalg.norm(U.T @ right, 2)), float(np.linalg.norm(right, 2)), rest)

"""How far the symmetric part of T J(z) T⁻¹ can move while z stays within |T (z - y)| <= r.

For vectors v = Σ_p v_p, with v_p in the span of orthonormal columns U_p, a drift tells a matrix of bounds

    |vᵀ T (J(z) - J(y)) T⁻¹ v| <= Σ_pq D_pq |v_p| |v_q|.

The few directions in which a steady state is slow run over many neurons as a rule, and their D is far below the norm of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import numpy as np

from numeric.field import Array
from numeric.steady.metric import Metric

Shares = Callable[[float], Array]


class Drift(Protocol):
    """A bound of the motion of J around a state."""

    def jacobian(self, y: Array) -> Array:
        """J at one packed state (n,)."""
        ...

    def metrics(self, y: Array, J: Array) -> Iterable[Metric]:
        """Norms worth trying at a steady state, each made when it is asked for; none after one whose ball is smaller than the last."""
        ...

    def shares(self, y: Array, metric: Metric, groups: list[Array]) -> Shares:
        """D(r), (p, p), for balls of radius r around y (n,); infinite where nothing bounds it.

        The groups U_p, (n, k), have orthonormal columns.
        """
        ...


def spectral_norm(M: Array) -> float:
    """The norm of a matrix (n, k) of few columns, rounded up."""
    return gram_norm(M.T @ M)


def gram_norm(G: Array) -> float:
    """The root of the largest eigenvalue of MᵀM, (k, k), rounded up."""
    return float(np.sqrt(max(np.linalg.eigvalsh(G)[-1], 0.0)) * (1 + 1e-12))

"""|v|² = Σ_l v_lᵀ τ_l (Λ_l + μ) v_l: the norm in which a gradient flow of layers contracts at its spectral abscissa, but for μ.

For τ_l dx_l/dt = Σ_m W_lm g_m - x_l with W symmetric, T = (τ Λ)^½ makes T J T⁻¹ symmetric. Dead directions have Λ = 0 and would
make a ball endless, so that μ raises them: the larger, the rounder the ball, and the further from symmetric.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from numeric.bound import Bound
from numeric.field import Array
from numeric.steady.layers import Layer, time_constants
from numeric.steady.metric import Metric

RAISED = (1.0, 0.3, 0.08, 0.01, 1e-3)  # μ, as a share of the largest eigenvalue of τ Λ


@dataclass(frozen=True)
class LayerMetrics:
    """The time constants (n,), and the layers whose Λ is known; elsewhere Λ is 1."""

    tau: Array
    layers: tuple[Layer, ...]

    @classmethod
    def of(cls, model: Bound, width: int, known: list[Layer]) -> LayerMetrics:
        """Of a bound model."""
        return cls(time_constants(model, width), tuple(known))

    def __call__(self, y: Array) -> Iterator[Metric]:
        """Norms for the state y (n,), one for each μ, the roundest first."""
        values, vectors = self._roots(y)
        for share in RAISED:
            roots = np.sqrt(values + share * values.max(initial=1e-300))
            roots = roots / roots.max()
            if vectors is None:
                yield Metric(roots, 1 / roots)
            else:
                yield Metric((vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T)

    def _roots(self, y: Array) -> tuple[Array, Array | None]:
        """Eigenvalues of τ Λ and, where it is not diagonal, its eigenvectors (n, n)."""
        P = np.diag(self.tau)
        root = np.sqrt(self.tau)
        for layer in self.layers:
            at = root[layer.place]
            P[layer.place, layer.place] = at[:, None] * layer.hessian(y) * at
        if not np.count_nonzero(P - np.diag(np.diag(P))):
            return np.maximum(np.diag(P), 0.0), None
        values, vectors = np.linalg.eigh(P)
        return np.maximum(values, 0.0), vectors

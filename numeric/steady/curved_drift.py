"""Any smooth flow: |vᵀ T (J(z) - J(y)) T⁻¹ v| <= r K(r) |v|², with a bound K of its second derivative (`numeric.steady.curvature`)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from numeric.bound import Bound
from numeric.field import Array
from numeric.steady.curvature import Curvature
from numeric.steady.drift import Shares
from numeric.steady.layer_metrics import LayerMetrics
from numeric.steady.layers import layers
from numeric.steady.metric import Metric, diagonal_metrics


class CurvedDrift:
    """The drift of a Jacobian of any form."""

    def __init__(self, model: Bound, width: int) -> None:
        known = layers(model, width)
        self._model, self._curvature = model, Curvature(model, width, known)
        self._norms = LayerMetrics.of(model, width, known) if known else None

    @property
    def size(self) -> int:
        """How many numbers the derivatives of the largest array of the flow's program have."""
        return self._curvature.size

    def jacobian(self, y: Array) -> Array:
        """J at one packed state (n,)."""
        return np.asarray(self._model.packed_jacobian(y[None])[0])

    def metrics(self, y: Array, J: Array) -> Iterable[Metric]:
        """Norms made of the Hessians where they are known, else the diagonal that makes J symmetric."""
        return diagonal_metrics(J) if self._norms is None else self._norms(y)

    def shares(self, y: Array, metric: Metric, groups: list[Array]) -> Shares:
        """See `Drift`."""
        K = self._curvature.around(y, metric)
        return lambda r: np.diag(np.full(len(groups), r * K(r)))

"""Any J, bounded entry by entry: |J(z) - J(y)| <= sup |D J(x) u| over x and u of the boxes that hold the ball and its shifts.

By the mean value theorem, on the way from y to z. The plain difference of the enclosed J itself cancels where J is a difference
of large terms, as p_i δ_ij - p_i p_j is; its derivative along u is small where u is.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from numeric.aside import aside
from numeric.bound import Bound
from numeric.directional import along, component, directions_of
from numeric.field import Array
from numeric.intervals.enclose import Enclosure
from numeric.steady.drift import Shares
from numeric.steady.layer_metrics import LayerMetrics
from numeric.steady.layers import layers
from numeric.steady.metric import Metric, diagonal_metrics


class BoxDrift:
    """The drift of a Jacobian of any form."""

    def __init__(self, model: Bound, width: int) -> None:
        self._model, self._names = model, model.state_names
        self._values = Enclosure(model, width, "jacobian")
        self._bends, self._moved = _derivative(model, width)
        self._norms = LayerMetrics.of(model, width, known) if (known := layers(model, width)) else None

    def jacobian(self, y: Array) -> Array:
        """J at one packed state (n,)."""
        return np.asarray(self._model.packed_jacobian(y[None])[0])

    def metrics(self, y: Array, J: Array) -> Iterable[Metric]:
        """Norms made of the Hessians where they are known, else the diagonal that makes J symmetric."""
        return diagonal_metrics(J) if self._norms is None else self._norms(y)

    def shares(self, y: Array, metric: Metric, groups: list[Array]) -> Shares:
        """See `Drift`; infinite where an entry may jump."""
        sides = [np.abs(U) for U in groups]
        forth, back = np.abs(metric.forth), np.abs(metric.back)

        def D(r: float) -> Array:
            R = self._motion(y, r * metric.reach)
            if not np.all(np.isfinite(R)):
                return np.full((len(groups), len(groups)), np.inf)
            M = forth[:, None] * R * back if metric.diagonal else forth @ R @ back
            bounds = np.array([[_norm(U.T @ M @ V) for V in sides] for U in sides])
            return np.asarray((bounds + bounds.T) / 2)

        return D

    def _motion(self, y: Array, reach: Array) -> Array:
        """A bound of |J(z) - J(y)| for |z - y| <= reach, (n, n)."""
        ends = np.concatenate([y - reach, -reach])[None], np.concatenate([y + reach, reach])[None]
        bend = self._bends.matrix(*ends, self._moved, self._names)
        jumps = self._values.matrix((y - reach)[None], (y + reach)[None]).jumps
        return np.where(jumps, np.inf, np.maximum(np.abs(bend.low), np.abs(bend.high)))


def _derivative(model: Bound, width: int) -> tuple[Enclosure, tuple[str, ...]]:
    """The Jacobian of J u by y, for rows (y, u), and the names of its rows."""
    system = model.system
    assert system.flow is not None
    directions = directions_of(system)
    turned = {component(directions[c.tensor], c.where): along(f, directions) for c, f in system.flow.items()}
    names = tuple(c.tensor.name for c in turned)
    pairs = tuple((a, b.name) for a in names for b in system.states)
    doubled = aside(model, {**system.flow, **turned}, width=width)
    return Enclosure(doubled, 2 * width, ("jacobian", pairs)), names


def _norm(M: Array) -> float:
    """At least the norm of M: the root of its largest row sum times its largest column sum."""
    return float(np.sqrt(np.abs(M).sum(axis=0).max() * np.abs(M).sum(axis=1).max()))

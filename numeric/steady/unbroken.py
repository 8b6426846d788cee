"""Where f itself jumps, J tells nothing of it: f(y) = [y > 0] - y has J = -1 on both sides of 0, and no ball may reach across."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from amsym.prover.regularity import is_continuous
from numeric.bound import Bound
from numeric.field import Array
from numeric.intervals.enclose import Enclosure
from numeric.steady.drift import Drift, Shares
from numeric.steady.metric import Metric


class Unbroken:
    """A drift that is infinite on balls where the flow may jump."""

    def __init__(self, drift: Drift, flow: Enclosure) -> None:
        self._drift, self._flow = drift, flow

    def jacobian(self, y: Array) -> Array:
        """J at one packed state (n,)."""
        return self._drift.jacobian(y)

    def metrics(self, y: Array, J: Array) -> Iterable[Metric]:
        """As of the drift within."""
        return self._drift.metrics(y, J)

    def shares(self, y: Array, metric: Metric, groups: list[Array]) -> Shares:
        """See `Drift`."""
        within = self._drift.shares(y, metric, groups)

        def D(r: float) -> Array:
            low, high = (y - r * metric.reach)[None], (y + r * metric.reach)[None]
            return np.full((len(groups), len(groups)), np.inf) if self._flow.packed(low, high).jumps.any() else within(r)

        return D


def unbroken(drift: Drift, model: Bound, width: int) -> Drift:
    """The drift itself for a flow that is shown to be continuous.

    >>> import amsym as am
    >>> from numeric.steady.drifts import drift_of
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> step = am.compile(am.System(flow={y[i]: am.mask(y[i] > 0) - y[i]})).bind({})
    >>> [type(drift_of(m, 1)).__name__ for m in (step, am.compile(am.zoo.hopfield("relu")).bind({"W": [[0.5]], "b": [1.0]}))]
    ['Unbroken', 'ColumnDrift']
    """
    states = model.system.states
    if all(is_continuous(f, states) for f in model.system.equations.values()):
        return drift
    return Unbroken(drift, Enclosure(model, width))

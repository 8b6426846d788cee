"""Which drift a model has: by columns, with joint layers, by the curvature of its flow, or none."""

from __future__ import annotations

from numeric.bound import Bound
from numeric.steady.column_drift import ColumnDrift
from numeric.steady.columns import columns
from numeric.steady.curved_drift import CurvedDrift
from numeric.steady.drift import Drift
from numeric.steady.layer_drift import layer_drift
from numeric.steady.unbroken import unbroken

LARGEST = 2e7  # numbers in the derivatives of one array of a flow's program: 160 MB


def drift_of(model: Bound, width: int) -> Drift | None:
    """How the Jacobian of a bound model is bounded around a packed state of this width; None where nothing is known."""
    found = _drift_of(model, width)
    return found if found is None else unbroken(found, model, width)


def _drift_of(model: Bound, width: int) -> Drift | None:
    form = columns(model, width)
    if form is not None:
        return ColumnDrift(form)
    if model.system.flow is None or model.system.depends_on_time:
        return None
    known = layer_drift(model, width)
    if known is not None:
        return known
    curved = CurvedDrift(model, width)
    return curved if curved.size <= LARGEST else None

"""Which drift a model has: by columns, with joint layers, entry by entry if it is small, or none."""

from __future__ import annotations

from numeric.bound import Bound
from numeric.steady.box_drift import BoxDrift
from numeric.steady.column_drift import ColumnDrift
from numeric.steady.columns import columns
from numeric.steady.drift import Drift
from numeric.steady.layer_drift import layer_drift

BOX_LIMIT = 400  # components up to which a Jacobian of any form is enclosed entry by entry


def drift_of(model: Bound, width: int) -> Drift | None:
    """How the Jacobian of a bound model is bounded around a packed state of this width; None where nothing is known."""
    form = columns(model, width)
    if form is not None:
        return ColumnDrift(form)
    if model.system.depends_on_time:
        return None
    return layer_drift(model, width) or (BoxDrift(model, width) if width <= BOX_LIMIT else None)

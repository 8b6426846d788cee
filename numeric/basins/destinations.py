"""φ: start → number of its steady state, one numbering for many calls; what bisection along a segment asks again and again."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from numeric.basins.ends import Labels, labelled
from numeric.field import Array
from numeric.simulate_input import nonnegative, positive
from numeric.steady import Region
from numeric.steady.drifts import drift_of
from numeric.steady.search import MOST_STEPS, RESIDUAL, Search


class Following(NamedTuple):
    """How trajectories are followed: the longest time, the tolerance of a step, the method."""

    t: float = 1e5
    rtol: float = 1e-6
    method: str = "auto"


class Destinations:
    """The steady states known so far, and where packed starts lead; new ones are added as starts lead there."""

    def __init__(self, model: Any, width: int, following: Following | None = None, known: list[Region | None] | None = None) -> None:
        """`model` is bound; states have `width` packed components; the steady states of `known`, all with a region, are numbered first."""
        t, rtol, method = following or Following()
        t, rtol = nonnegative("t", t), positive("rtol", rtol)
        self.model, self.width = model, width
        self.regions: list[Region] = [r for r in known or [] if r is not None]
        search = model, drift_of(model, width), method, t, rtol, rtol, RESIDUAL, MOST_STEPS
        self._search = Search(*search)

    def __call__(self, y: Array) -> Labels:
        """The labels of packed rows (rows, n), (rows,); see `ends`."""
        if not len(y):
            return np.empty(0, dtype=np.intp)
        with np.errstate(all="ignore"):
            found = self._search.run(np.ascontiguousarray(y, dtype=np.float64), lambda share: None, self.regions)
        return labelled(found.origin, found.arrivals)

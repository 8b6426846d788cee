"""argmin_μ |y*(y) - ξ_μ| = argmin_μ |y - ξ_μ|: does a start flow to the memory in whose Voronoi cell it lies?

Source: [modern_methods] Fig. 5.4, where the basins of a memory match the Voronoi cells as β grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from amsym.errors import InputError
from numeric.basins.ends import Labels
from numeric.basins.wilson import wilson
from numeric.field import Array


@dataclass(frozen=True)
class Agreement:
    """How far basins match Voronoi cells.

    fraction: of all starts, those whose steady state is nearest to the memory that the start is nearest to; a start without a
    steady state never agrees. interval: Wilson's, as if the starts were a random sample. cells: (batch,), the memory nearest to each
    start. recalled: (batch,), the memory nearest to its steady state, -1 without one.
    """

    fraction: float
    interval: tuple[float, float]
    cells: Labels
    recalled: Labels


def agreement(model: Any, starts: Any, labels: Labels, states: Any, memories: Any, level: float) -> Agreement:
    """The agreement for starts, their labels, and the steady states, in the model's structure; `memories` (K, N), one a row.

    Distances are Euclidean over the state that the memories are as long as; of two nearest memories the first is taken.

    Raises InputError where the memories fit no state.
    """
    rows, _ = model.pack(starts)
    ends = model.pack(states)[0] if np.any(labels >= 0) else np.empty((0, rows.shape[1]))
    part, xi = memory_part(model, memories, rows.shape[1])
    cells = cdist(rows[:, part], xi).argmin(axis=1)
    nearest = np.append(cdist(ends[:, part], xi).argmin(axis=1), -1)
    recalled = nearest[np.where(labels.ravel() >= 0, labels.ravel(), len(ends))]
    agree = int(np.count_nonzero(recalled == cells))
    low, high = wilson(agree, len(rows), level)
    shape = np.shape(labels)
    return Agreement(agree / max(len(rows), 1), (float(low), float(high)), cells.reshape(shape), recalled.reshape(shape))


def memory_part(model: Any, memories: Any, width: int) -> tuple[slice, Array]:
    """Where in packed rows the state lies that the memories belong to, and the memories (K, N)."""
    xi = np.asarray(memories, dtype=np.float64)
    packing, _ = model.packing(width)
    fits = [name for name in packing.names if xi.ndim == 2 and len(xi) and packing.size(name) == xi.shape[1]]
    if not fits or not np.isfinite(xi).all():
        sizes = ", ".join(f"'{name}' ({packing.size(name)})" for name in packing.names)
        raise InputError(f"memories has shape {xi.shape}; finite rows as long as a state were expected, of {sizes}: pass one memory a row")
    return packing.part(fits[0]), xi

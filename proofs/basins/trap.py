"""A smaller domain that the flow enters through every face: walls there cost nothing.

A face at z_k = h is let in as far as f_k < 0 on all of it; the smaller the box, the farther the next face goes. In doubles, to search.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from proofs.basins.terrain import Terrain

Array = NDArray[Any]
ROUNDS, PARTS = 6, 32
MARGIN = 0.02  # of the domain, that a face stays outside of the last place where it is entered


def trap(terrain: Terrain, center: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """The box [low, high] (n,), each face moved towards the centre as long as the flow enters through all of it."""
    low, high, size = low.copy(), high.copy(), high - low
    for _ in range(ROUNDS):
        before = low.copy(), high.copy()
        for k in range(terrain.n):
            for side, end in ((-1, low), (1, high)):
                at = end[k] + (center[k] - end[k]) * np.arange(PARTS) / PARTS
                lows, highs = np.repeat(low[None], PARTS, axis=0), np.repeat(high[None], PARTS, axis=0)
                lows[:, k] = highs[:, k] = at
                f = terrain.rough_flow(lows, highs)
                enters = f.high[:, k] < 0 if side > 0 else f.low[:, k] > 0
                last = int(np.argmin(enters)) if not enters.all() else PARTS
                if last > 1:
                    end[k] = (
                        max(at[last - 1] + MARGIN * size[k], center[k]) if side > 0 else min(at[last - 1] - MARGIN * size[k], center[k])
                    )
        if all(np.allclose(a, b) for a, b in zip(before, (low, high), strict=True)):
            break
    return low, high


__all__ = ["trap"]

"""Boxes that were left open, those that lie together put into one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

Array = NDArray[Any]
# Boxes beyond which they are left as they are: all pairs are looked at.
MANY = 3000


def grouped(low: Array, high: Array) -> tuple[Array, Array]:
    """The hulls (k, n) of groups of boxes [low, high], (boxes, n) each, that are no further apart than they are wide.

    >>> grouped(np.array([[0.0], [1.0], [5.0]]), np.array([[1.0], [2.0], [6.0]]))[1].tolist()
    [[2.0], [6.0]]
    """
    if not 1 < len(low) <= MANY:
        return low, high
    touch = np.ones((len(low), len(low)), dtype=bool)
    for a, b in zip(low.T, (2 * high - low).T, strict=True):
        touch &= (a[:, None] <= b) & (a <= b[:, None])
    count, group = connected_components(touch, directed=False)
    lows, highs = np.full((count, low.shape[1]), np.inf), np.full((count, low.shape[1]), -np.inf)
    np.minimum.at(lows, group, low)
    np.maximum.at(highs, group, high)
    return lows, highs


__all__ = ["grouped"]

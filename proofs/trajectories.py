"""Where along trajectories is an inequality closest to being violated?

A wrong flow often descends almost everywhere and rises only near its own steady states, where f vanishes and ∇E does not: random
states miss that, and trajectories lead there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from amsym.notation.effort import check
from proofs.falsifier.compiled import Function
from proofs.falsifier.coordinates import Coordinates

Array = NDArray[np.float64]

# Explicit steps and their length.
STEPS, STEP = 60, 0.15


@np.errstate(all="ignore")
def ridden(flow: Function, score: Function, rows: Array, at: Coordinates) -> Array:
    """The row of the highest score along the trajectory from each row.

    >>> from amsym.notation import state
    >>> from amsym.system import System
    >>> from proofs.falsifier.compiled import moved
    >>> from proofs.falsifier.coordinates import coordinates
    >>> x = state("x")
    >>> at = coordinates(System(flow={x: 1 - x}), {}, {}, {})
    >>> wrong = lambda rows: -np.abs(rows[:, 0] - 2)
    >>> ridden(moved({x: 1 - x}, at, {}, {}), wrong, np.array([[3.0], [0.0]]), at).round(1)
    array([[2.],
           [1.]])
    """
    rows = at.projected(rows)
    best, top = rows.copy(), score(rows)
    for _ in range(STEPS):
        check()
        f = flow(rows)
        rows = at.projected(rows + STEP / (1 + np.linalg.norm(f, axis=1, keepdims=True) / 10) * f)
        here = score(rows)
        higher = here > top
        best[higher], top[higher] = rows[higher], here[higher]
    return best


__all__ = ["ridden"]

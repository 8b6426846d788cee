"""The largest safe step at y: the largest h with E(Φ_s(y)) <= E(y), rounding apart, for every 0 < s <= h.

Steps are tried on a geometric grid, from the smallest up to the first that raises E; bisection then closes in on the
crossing from below. A rise between two neighbours of the grid that is over at both goes unseen. Where even the smallest step
of the grid raises E the grid goes on downwards; where all of it does, down to 1e-9 of the largest step, no step is safe, and the
answer is 0: the flow itself climbs there, or E has a kink.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array

GRID, RATIO = 16, 2**-0.5  # down to 1/181 of the largest step
ACCURACY = 1e-3  # of the answer, from below
SMALLEST = 2.0**-30  # of the largest step: a run of such steps is a billion times as long, and climbs drown in rounding

# (rows, steps (rows,)) -> whether that step from these rows' states raises the energy.
Raises = Callable[[NDArray[np.intp], Array], NDArray[np.bool_]]


def largest_safe_steps(raises: Raises, count: int, cap: float) -> Array:
    """The largest safe step of each of `count` rows, (count,), no more than `cap`; to 0.1 %, from below.

    >>> limits = np.array([0.3, 2.0, 0.0])
    >>> largest_safe_steps(lambda rows, h: h > limits[rows], 3, 1.0).round(3)
    array([0.3, 1. , 0. ])
    """
    safe, unsafe = _bracketed(raises, count, cap)
    rows = np.flatnonzero((safe > 0) & (safe < cap))
    while rows.size:
        middle = np.sqrt(safe[rows] * unsafe[rows])
        rose = raises(rows, middle)
        safe[rows], unsafe[rows] = np.where(rose, safe[rows], middle), np.where(rose, middle, unsafe[rows])
        rows = rows[unsafe[rows] - safe[rows] > ACCURACY * safe[rows]]
    return safe


def _bracketed(raises: Raises, count: int, cap: float) -> tuple[Array, Array]:
    """For each row a safe step and the next of the grid, which is not; (cap, inf) where all are, (0, _) where none is."""
    safe, unsafe = np.full(count, cap), np.full(count, np.inf)
    rows, h = np.arange(count), cap
    for n in range(int(np.log2(1 / SMALLEST) / -np.log2(RATIO))):
        if not rows.size:
            return safe, unsafe
        rose = raises(rows, np.full(rows.size, h))
        unsafe[rows[rose]] = h
        safe[rows[rose]] = h * RATIO
        h *= RATIO
        if n >= GRID:  # below the grid only rows go on whose last step still rose
            rows = rows[rose]
    safe[rows] = 0
    return safe, unsafe

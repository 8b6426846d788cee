"""Whether an interval may hold one of the points (q + 4 k) π/2, where sin or cos turns: certain when the answer is no."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# x (2/π), less q and divided by 4, is off by fewer than 4 roundings of itself and one of q/4; this is ten times that.
SLACK = 1e-14


def may_hold(low: NDArray[Any], high: NDArray[Any], quarters: int) -> NDArray[np.bool_]:
    """An array of truth values; always True of an interval so far out that a turn is less than the rounding there, unless it is one number.

    One number holds none but 0, where the value itself is exact.

    >>> may_hold(np.array([0.0, 2.0, 1e300]), np.array([1.5, 8.0, 1e300]), 1)
    array([False,  True, False])
    """
    first, last = ((x * (2 / np.pi) - quarters) / 4 for x in (low, high))
    some = np.floor(last + SLACK * (1 + np.abs(last))) >= np.ceil(first - SLACK * (1 + np.abs(first)))
    return np.asarray(some & (low != high))

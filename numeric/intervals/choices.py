"""Which argument an operation hands on over a whole box: 0, 1 ... where that is certain, -1 where it may change.

An operation that may hand on no argument, as a mask does, numbers what comes after the last argument.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from numeric.intervals.boxes import Box

Which = NDArray[np.intp]


def _maximum(x: Box, y: Box) -> Which:
    return np.where(x.low >= y.high, 0, np.where(y.low >= x.high, 1, -1))


def _minimum(x: Box, y: Box) -> Which:
    return np.where(x.high <= y.low, 0, np.where(y.high <= x.low, 1, -1))


def _absolute(x: Box) -> Which:
    return np.where((x.low >= 0) | (x.high <= 0), 0, -1)


def _masked(x: Box, c: Box) -> Which:
    return np.where(c.low > 0, 0, np.where(c.high > 0, -1, 2))


def _where(c: Box, x: Box, y: Box) -> Which:
    return np.where(c.low > 0, 1, np.where(c.high > 0, -1, 2))


CHOICES: dict[str, Callable[..., Which]] = {
    "maximum": _maximum,
    "minimum": _minimum,
    "absolute": _absolute,
    "masked": _masked,
    "where": _where,
}

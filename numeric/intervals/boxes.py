"""[a, b]: arrays of intervals in double precision, every end moved outward by more than the rounding that it may carry.

IEEE 754 rounds + - * / and √ to nearest: fl(v) is within half a unit in the last place of v, or within 2^-1075 where a product underflows.
An end is moved by at least a whole unit and 5e-324. So a box is proved to hold every value; bounds of elementary functions come from
`numeric.intervals.proved`. An interval that a function leaves undefined is the whole line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
HUGE = float(np.finfo(np.float64).max)
LEAST = 5e-324
ULP = float(np.finfo(np.float64).eps)
GUARANTEE = "proved: IEEE 754 double precision, every operation rounded outward, elementary functions by Taylor coefficients in balls"


@dataclass(frozen=True)
class Box:
    """Intervals [low, high], arrays of one shape; `jumps` says where a function may jump within the interval it was given."""

    low: Array
    high: Array
    jumps: NDArray[np.bool_]

    @classmethod
    def of(cls, low: Array, high: Array, *parts: Box) -> Box:
        """Intervals that follow from others, whose jumps they inherit; NaN becomes the whole line."""
        if low is high and not np.isnan(low).any():
            low = high = np.asarray(low)
        else:
            low, high = np.fmax(low, -np.inf), np.fmin(high, np.inf)
        jumps: Any = np.zeros(low.shape, dtype=bool)
        for part in parts:
            jumps = jumps | part.jumps
        return cls(low, high, jumps if jumps.shape == low.shape else np.broadcast_to(jumps, low.shape))

    @classmethod
    def point(cls, value: Any) -> Box:
        """Numbers as intervals; NaN as the whole line."""
        array = np.asarray(value, dtype=np.float64)
        return cls.of(array, array)

    def map(self, change: Any) -> Box:
        """The same change of shape of all three arrays; of numbers, both ends stay one array."""
        low = change(self.low)
        return Box(low, low if self.high is self.low else change(self.high), change(self.jumps))

    @property
    def middle(self) -> Array:
        """Midpoints; 0 of an unbounded interval."""
        bounded = np.isfinite(self.low) & np.isfinite(self.high)
        return np.where(bounded, self.low / 2 + self.high / 2, 0.0)

    @property
    def radius(self) -> Array:
        """At least the largest distance from the midpoint, 0 of a single number, infinite of an unbounded interval."""
        middle = self.middle
        most = np.maximum(self.high - middle, middle - self.low)
        return np.where(self.low == self.high, np.where(np.isfinite(self.low), 0.0, np.inf), np.nextafter(most, np.inf))


def outward(low: Array, high: Array, ulps: float = 1) -> tuple[Array, Array]:
    """Ends that carry at most so many whole units of rounding, moved outward by them; an end that overflowed is a number again.

    >>> low, high = outward(np.array([1.0, np.inf]), np.array([1.0, np.inf]))
    >>> bool(low[0] < 1 < high[0]), bool(low[1] < np.inf)
    (True, True)
    """
    low, high = np.minimum(low, HUGE), np.maximum(high, -HUGE)
    return low - _margin(low, ulps), high + _margin(high, ulps)


def _margin(x: Array, ulps: float) -> Array:
    d = np.abs(x)
    d *= ulps * ULP
    d += LEAST
    return d


def widened(low: Array, high: Array, *parts: Box, ulps: float = 1) -> Box:
    """[low, high] after rounding by at most so many units in the last place."""
    return Box.of(*outward(low, high, ulps), *parts)

"""[a, b]: arrays of intervals in double precision, each operation widened by the rounding that it may have made.

NumPy's elementary functions were measured within 1.2 ulp; they are widened by four. That is a measurement and no proof: what
a verdict rests on is bounded again in ball arithmetic. An interval that a function leaves undefined is the whole line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
ULPS = 4


@dataclass(frozen=True)
class Box:
    """Intervals [low, high], arrays of one shape; `jumps` says where a function may jump within the interval it was given."""

    low: Array
    high: Array
    jumps: NDArray[np.bool_]

    @classmethod
    def of(cls, low: Array, high: Array, *parts: Box) -> Box:
        """Intervals that follow from others, whose jumps they inherit; NaN becomes the whole line."""
        low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
        jumps = np.zeros(np.shape(low), dtype=bool)
        for part in parts:
            jumps = jumps | part.jumps
        return cls(low, high, np.broadcast_to(jumps, np.shape(low)))

    @classmethod
    def point(cls, value: Any) -> Box:
        """Numbers as intervals."""
        array = np.asarray(value, dtype=np.float64)
        return cls(array, array, np.zeros(array.shape, dtype=bool))

    def map(self, change: Any) -> Box:
        """The same change of shape of all three arrays."""
        return Box(change(self.low), change(self.high), change(self.jumps))

    @property
    def middle(self) -> Array:
        """Midpoints; 0 of an unbounded interval."""
        bounded = np.isfinite(self.low) & np.isfinite(self.high)
        return np.where(bounded, self.low / 2 + self.high / 2, 0.0)

    @property
    def radius(self) -> Array:
        """The largest distance from the midpoint, infinite of an unbounded interval."""
        return np.asarray(np.nextafter(np.maximum(self.high - self.middle, self.middle - self.low), np.inf))


def widened(low: Array, high: Array, *parts: Box, ulps: int = 1) -> Box:
    """[low, high] after rounding by at most so many units in the last place."""
    slack = ulps * np.finfo(np.float64).eps
    tiny = np.finfo(np.float64).tiny
    down = low - slack * np.abs(np.where(np.isfinite(low), low, 0.0)) - tiny
    up = high + slack * np.abs(np.where(np.isfinite(high), high, 0.0)) + tiny
    return Box.of(down, up, *parts)

"""Intervals of what jumps, and of truth values: [1, 1] certain, [0, 0] impossible, [0, 1] open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numeric.intervals.boxes import Box

Rule = Callable[..., Box]


def sign(x: Box) -> Box:
    """-1, 0 or 1."""
    crosses = (x.low <= 0) & (x.high >= 0) & (x.low != x.high)
    return Box(np.sign(x.low), np.sign(x.high), x.jumps | crosses)


def heaviside(x: Box, z: Box) -> Box:
    """0 on the left, 1 on the right, z at 0: the hull of those that can be."""
    zero, left, right = (x.low <= 0) & (x.high >= 0), x.low < 0, x.high > 0
    low = np.minimum(np.where(zero, z.low, np.inf), np.where(left, 0.0, np.where(right, 1.0, np.inf)))
    high = np.maximum(np.where(zero, z.high, -np.inf), np.where(right, 1.0, np.where(left, 0.0, -np.inf)))
    return Box.of(low, high, Box(low, high, x.jumps | (zero & (left | right)) | (zero & z.jumps)))


def steps(f: Callable[[Any], Any]) -> Rule:
    """floor and ceil."""

    def bounded(x: Box) -> Box:
        low, high = f(x.low), f(x.high)
        return Box(low, high, x.jumps | (low != high))

    return bounded


def compared(certain: Callable[[Box, Box], Any], possible: Callable[[Box, Box], Any]) -> Rule:
    """A truth value: [1, 1] certain, [0, 0] impossible, [0, 1] open."""

    def bounded(x: Box, y: Box) -> Box:
        return Box.of(np.asarray(certain(x, y), dtype=float), np.asarray(possible(x, y), dtype=float), x, y)

    return bounded


def bracket(c: Box) -> Box:
    """A truth value as a number; an open one is a jump."""
    return Box(c.low, c.high, c.jumps | (c.low != c.high))


def where(c: Box, x: Box, y: Box) -> Box:
    """x, y or the hull of both; an open choice counts as a jump."""
    low = np.where(c.low > 0, x.low, np.where(c.high > 0, np.minimum(x.low, y.low), y.low))
    high = np.where(c.low > 0, x.high, np.where(c.high > 0, np.maximum(x.high, y.high), y.high))
    jumps = (c.low != c.high) | np.where(c.low > 0, x.jumps, y.jumps)
    return Box(low, high, np.broadcast_to(jumps, low.shape))


def same(x: Box, y: Box) -> Any:
    """Whether both are the same single number."""
    return (x.low == x.high) & (y.low == y.high) & (x.low == y.low)


def meet(x: Box, y: Box) -> Any:
    """Whether a number is in both."""
    return (x.low <= y.high) & (y.low <= x.high)


def differ(x: Box, y: Box) -> Box:
    """Exclusive or of truth values."""
    return Box.of(np.asarray((x.low > y.high) | (y.low > x.high), dtype=float), 1.0 - (same(x, y)), x, y)

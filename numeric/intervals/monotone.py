"""f([a, b]) of functions that rise, fall, are even or go in waves: from proved bounds at the end points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flint import arb

from numeric.intervals.arithmetic import sizes
from numeric.intervals.boxes import Array, Box
from numeric.intervals.by_balls import over_balls
from numeric.intervals.proved import PROVED, bounds
from numeric.intervals.turns import may_hold

Rule = Callable[..., Box]


def at_ends(op: str, first: Array, last: Array) -> tuple[Array, Array]:
    """A lower bound of f at the first numbers, an upper one at the last; NaN where either is outside f's domain."""
    if first is last:
        low, high = bounds(op, first)
    else:
        lows, highs = bounds(op, np.stack((first, last)))
        low, high = lows[0], highs[1]
    f = PROVED[op]
    if np.isneginf(f.first) and np.isposinf(f.last):
        return low, high
    inside = (np.minimum(first, last) >= f.first) & (np.maximum(first, last) <= f.last)
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def rising(op: str) -> Rule:
    """Monotone increasing."""
    return lambda x: Box.of(*at_ends(op, x.low, x.high), x)


def falling(op: str) -> Rule:
    """Monotone decreasing."""
    return lambda x: Box.of(*at_ends(op, x.high, x.low), x)


def even(op: str, rises: bool) -> Rule:
    """Even, and monotone in |x|."""

    def bounded(x: Box) -> Box:
        near, far = sizes(x)
        return Box.of(*(at_ends(op, near, far) if rises else at_ends(op, far, near)), x)

    return bounded


def wave(op: str, quarters: int) -> Rule:
    """sin or cos, whose maxima lie at so many quarter turns and whose minima half a turn on."""

    def bounded(x: Box) -> Box:
        (low, high), (low2, high2) = bounds(op, x.low), bounds(op, x.high)
        low = np.where(may_hold(x.low, x.high, quarters + 2), -1.0, np.minimum(low, low2))
        return Box.of(low, np.where(may_hold(x.low, x.high, quarters), 1.0, np.maximum(high, high2)), x)

    return bounded


def scaled_bessel(x: Box) -> Box:
    """e^-|x| I1(x), which rises to less than 0.22 at 1.545 and falls from there on; odd."""
    (low, high), (low2, high2) = bounds("special.i1e", x.low), bounds("special.i1e", x.high)
    top, bottom = (x.low <= 1.6) & (x.high >= 1.5), (x.low <= -1.5) & (x.high >= -1.6)
    return Box.of(np.where(bottom, -0.22, np.minimum(low, low2)), np.where(top, 0.22, np.maximum(high, high2)), x)


def on_balls(f: Callable[..., arb]) -> Rule:
    """A function that no Lagrangian of the catalogue has, in balls; it may jump where they find no value."""

    def bounded(*boxes: Box) -> Box:
        low, high = over_balls(f, *((b.low, b.high) for b in boxes))
        result = Box.of(low, high, *boxes)
        return Box(low, high, result.jumps | np.isneginf(low))

    return bounded


def angle(y: Box, x: Box) -> Box:
    """The angle of (x, y), which jumps from π to -π where y passes 0 for x <= 0."""
    result = on_balls(arb.atan2)(y, x)
    return Box(result.low, result.high, result.jumps | ((x.low <= 0) & (y.low <= 0) & (y.high >= 0) & (y.low != y.high)))

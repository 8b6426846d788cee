"""x^n of intervals: whole powers by repeated squaring, others by e^{n log x}."""

from __future__ import annotations

import numpy as np

from numeric.intervals.arithmetic import multiply, reciprocal, sizes
from numeric.intervals.boxes import Array, Box, outward
from numeric.intervals.monotone import rising


def power(x: Box, n: Box) -> Box:
    """x ** n: by products for one whole n, else e^{n log x} for x >= 0."""
    p = float(n.low.reshape(-1)[0]) if n.low.size and np.all(n.low == n.low.reshape(-1)[0]) and np.array_equal(n.low, n.high) else np.nan
    if p < 0:
        return reciprocal(power(x, Box.point(np.full(n.low.shape, -p))))
    if p == np.rint(p) and p < 2**20:
        return _whole_power(x, int(p))
    return _real_power(x, n)


def _whole_power(x: Box, p: int) -> Box:
    """By repeated squaring of |x|, outward; turned over where x < 0 and p is odd."""
    if p % 2 == 0:
        near, far = sizes(x)
        return Box.of(_positive_power(near, p)[0], _positive_power(far, p)[1], x)
    return Box.of(_odd_power(x.low, p)[0], _odd_power(x.high, p)[1], x)


def _odd_power(x: Array, p: int) -> tuple[Array, Array]:
    low, high = _positive_power(np.abs(x), p)
    return np.where(x < 0, -high, low), np.where(x < 0, -low, high)


def _positive_power(a: Array, p: int) -> tuple[Array, Array]:
    """Bounds of a^p for a >= 0, p >= 0."""
    if p == 0:
        return (np.ones_like(a),) * 2
    low, high, square = np.ones_like(a), np.ones_like(a), (a, a)
    while p:
        if p & 1:
            low, high = _outward_positive(low * square[0], high * square[1])
        p >>= 1
        if p:
            square = _outward_positive(square[0] * square[0], square[1] * square[1])
    return low, np.where(a == 0, 0.0, high)


def _outward_positive(low: Array, high: Array) -> tuple[Array, Array]:
    low, high = outward(low, high)
    return np.maximum(low, 0.0), high


def _real_power(x: Box, n: Box) -> Box:
    """e^{n log x} for x >= 0, and 0^0 = 1."""
    result = rising("exp")(multiply(n, rising("log")(x)))
    defined = (x.low > 0) | ((x.low == 0) & (n.low >= 0))
    low, high = np.where(defined, result.low, -np.inf), np.where(defined, result.high, np.inf)
    return Box(low, high, result.jumps | ~defined)

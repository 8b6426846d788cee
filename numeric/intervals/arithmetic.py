"""Sums, products, quotients and remainders of intervals, rounded outward."""

from __future__ import annotations

import numpy as np

from numeric.intervals.boxes import Array, Box, outward, widened


def sizes(x: Box) -> tuple[Array, Array]:
    """The least and the largest |x|, one array where they are known to be equal."""
    if x.low is x.high:
        return (np.abs(x.low),) * 2
    far = np.maximum(np.abs(x.low), np.abs(x.high))
    return np.where((x.low <= 0) & (x.high >= 0), 0.0, np.minimum(np.abs(x.low), np.abs(x.high))), far


def add(x: Box, y: Box) -> Box:
    """x + y."""
    return widened(x.low + y.low, x.high + y.high, x, y)


def subtract(x: Box, y: Box) -> Box:
    """x - y."""
    return widened(x.low - y.high, x.high - y.low, x, y)


def _times(a: Array, b: Array) -> Array:
    """a b, with 0 times infinity 0: an infinite end stands for any number however large, and infinitely many of none."""
    ends = a * b
    return np.where((a == 0) | (b == 0), 0.0, ends) if np.isnan(ends).any() else ends


def multiply(x: Box, y: Box) -> Box:
    """x y; the square of x where both are one box."""
    if x is y:
        near, far = sizes(x)
        low, high = outward(near * near, far * far)
        return Box.of(np.maximum(low, 0.0), high, x)
    if y.low is y.high or x.low is x.high:
        point, other = (y.low, x) if y.low is y.high else (x.low, y)
        ends = [_times(point, other.low), _times(point, other.high)]
    else:
        ends = [_times(a, b) for a in (x.low, x.high) for b in (y.low, y.high)]
    return widened(np.minimum.reduce(ends), np.maximum.reduce(ends), x, y)


def reciprocal(x: Box) -> Box:
    """1/x; the whole line, with a jump, where x may be 0."""
    crosses = (x.low <= 0) & (x.high >= 0)
    # 1/x of a tiny x overflows; a later product with it may be finite all the same.
    least, most = 1 / np.where(crosses, 1, x.high), 1 / np.where(crosses, 1, x.low)
    low, high = outward(least, most)
    low, high = np.where(x.low > 0, np.maximum(low, 0.0), low), np.where(x.high < 0, np.minimum(high, 0.0), high)
    result = Box.of(np.where(crosses, -np.inf, low), np.where(crosses, np.inf, high), x)
    return Box(result.low, result.high, result.jumps | crosses)


def divide(x: Box, y: Box) -> Box:
    """x / y; the whole line, with a jump, where y may be 0."""
    crosses = (y.low <= 0) & (y.high >= 0)
    if crosses.any() or not (np.isfinite(y.low).all() and np.isfinite(y.high).all()):
        return multiply(x, reciprocal(y))
    ends = [a / b for a in (x.low, x.high) for b in (y.low, y.high)]
    return widened(np.minimum.reduce(ends), np.maximum.reduce(ends), x, y)


def modulo(x: Box, y: Box) -> Box:
    """x - y ⌊x/y⌋; anything from 0 to y where the quotient may pass a whole number."""
    quotient = divide(x, y)
    first, last = np.floor(quotient.low), np.floor(quotient.high)
    passes = quotient.jumps | (first != last)
    rest = subtract(x, multiply(y, Box.of(first, last)))
    low, high = np.where(passes, np.minimum(y.low, 0.0), rest.low), np.where(passes, np.maximum(y.high, 0.0), rest.high)
    return Box(low, high, passes)

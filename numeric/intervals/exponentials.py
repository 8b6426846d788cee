"""Proved bounds of exponentials and logarithms, with the powers of 2 taken out: e^x = 2^k e^r, log x = k log 2 + log m."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from numeric.intervals.boxes import HUGE, LEAST, ULP, outward
from numeric.intervals.cells import U
from numeric.intervals.tables import TABLES, cells

Array = NDArray[np.float64]
Ends = tuple[Array, Array]
Bounds = Callable[[Array], Ends]

# log 2 and π/2 as a double below and the next one above; log 2 also in two parts, the first short enough for exact products with 11 bits.
LOG2 = float.fromhex("0x1.62e42fefa39efp-1"), float.fromhex("0x1.62e42fefa39f0p-1")
LOG2_PARTS = float.fromhex("0x1.62e42fefa3800p-1"), float.fromhex("0x1.ef35793c76730p-45")
HALF_PI = float.fromhex("0x1.921fb54442d18p+0"), float.fromhex("0x1.921fb54442d19p+0")
HALF_SQRT = 0.70710678118654752


def near(name: str) -> Bounds:
    """By the cells of a function, everywhere."""

    def bounded(x: Array) -> Ends:
        s, d = cells(name)(x)
        return s - d, s + d

    return bounded


def split(name: str, far: Bounds, reach: float | None = None) -> Bounds:
    """By cells within [first, last] or |x| <= reach, else by `far`."""
    middle = near(name)
    first, last = (-reach, reach) if reach is not None else TABLES[name][1:3]

    def bounded(x: Array) -> Ends:
        inside = (x >= first) & (x <= last)
        if inside.all():
            return middle(x)
        low, high = middle(np.where(inside, x, 0.0))
        low[~inside], high[~inside] = far(x[~inside])
        return low, high

    return bounded


def odd(f: Bounds) -> Bounds:
    """f of |x|, turned over for x < 0."""

    def bounded(x: Array) -> Ends:
        low, high = f(np.abs(x))
        return np.where(x < 0, -high, low), np.where(x < 0, -low, high)

    return bounded


def scaled_exp(x: Array, twos: int = 0) -> Ends:
    """2^twos e^x, from e^x = 2^k e^r with |r| <= 0.35; r is off by less than 0.8 u, which is less than u e^r."""
    y = np.maximum(np.minimum(x, 720.0), -760.0)
    k = np.rint(y * 1.4426950408889634)
    s, d = cells("exp")((y - k * LOG2_PARTS[0]) - k * LOG2_PARTS[1])
    d += U * s
    k += twos
    k = k.astype(np.int32)
    low, high = np.ldexp(s - d, k), np.ldexp(s + d, k)
    if k.size and k.min() < -1020:
        low, high = np.maximum(low - LEAST, 0), np.where(x == -np.inf, 0, high + LEAST)
    return np.minimum(low, HUGE), high


def exp(x: Array) -> Ends:
    """e^x."""
    return scaled_exp(x)


def expm1_far(x: Array) -> Ends:
    """e^x - 1 for |x| >= 1, where it loses nothing."""
    low, high = scaled_exp(x)
    return outward(low - 1, high - 1)


def _halves(x: Array) -> tuple[Ends, Ends]:
    """e^x / 2 and e^-x / 2."""
    return scaled_exp(x, -1), scaled_exp(-x, -1)


def sinh_far(x: Array) -> Ends:
    """sinh x for x >= 1."""
    (low, high), (low2, high2) = _halves(x)
    return outward(low - high2, high - low2)


def cosh(x: Array) -> Ends:
    """cosh x."""
    (low, high), (low2, high2) = _halves(x)
    return outward(low + low2, high + high2)


def log(x: Array) -> Ends:
    """k log 2 + log m with m in [√½, √2]: sums of numbers of one sign or of one that is twice the other."""
    m, k = np.frexp(x)
    small = m < HALF_SQRT
    m, k = np.where(small, 2 * m, m), (k - small).astype(np.float64)
    finite = (x > 0) & (x < np.inf)
    s, d = cells("log")(m if finite.all() else np.where(finite, m, 1.0))
    s = k * LOG2_PARTS[0] + (k * LOG2_PARTS[1] + s)
    d += 1.5 * ULP * np.abs(s)
    low, high = s - d, s + d
    if not finite.all():
        low, high = np.where(x == 0, -np.inf, np.where(finite, low, 709.0)), np.where(x == 0, -np.inf, np.where(finite, high, np.inf))
    return low, high


def log1p_far(x: Array) -> Ends:
    """log of the rounded sum 1 + x, which is off by less than one part in 2^53, while |log| > 0.5; exact below -1/2."""
    low, high = log(1 + x)
    below, above = outward(low, high, 2)
    return below, np.where(x == -1, -np.inf, above)

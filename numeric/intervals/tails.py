"""Proved bounds of functions far from 0, where little is left of them: tanh x = 1 to 2^-53 from x = 20 on, arctan x = π/2 - arctan 1/x."""

from __future__ import annotations

import numpy as np
from flint import arb

from numeric.intervals.boxes import ULP, outward
from numeric.intervals.by_balls import by_balls
from numeric.intervals.cells import U
from numeric.intervals.exponentials import HALF_PI, LOG2, Array, Bounds, Ends, log, near, scaled_exp


def constant(low: float, high: float) -> Bounds:
    """The same two bounds of every number."""
    return lambda x: (np.full_like(x, low), np.full_like(x, high))


def saturated(x: Array) -> Ends:
    """Within 2^-53 of -1 on the left and of 1 on the right: tanh beyond 20, erf beyond 6."""
    return np.where(x < 0, -1.0, 1 - U), np.where(x < 0, U - 1, 1.0)


def erfc_far(x: Array) -> Ends:
    """2 less at most 2^-52 on the left; in balls on the right, where little more than 0 is left."""
    low, high = by_balls(arb.erfc, np.minimum(x, 30.0))
    return np.where(x < 0, 2 - ULP, low), np.where(x < 0, 2.0, np.where(x == np.inf, 0, high))


def sech_squared_far(x: Array) -> Ends:
    """4q/(1 + q)² lies between 4q (1 - 2q) and 4q, with q = e^{-2|x|} < 2^-57."""
    low, high = scaled_exp(-2 * np.minimum(np.abs(x), 400.0), 2)
    high = np.where(np.isinf(x), 0, high)
    return np.maximum(outward(low, low)[0], 0), high


def log_cosh_far(x: Array) -> Ends:
    """|x| - log 2 and at most e^{-2|x|} < 2^-57 more."""
    a = np.abs(x)
    return outward(a - LOG2[1], a - LOG2[0])


def binary_entropy_far(x: Array) -> Ends:
    """q (1 + |x|) to one part in 2^56, with q = e^-|x| < 2^-57; less at least than at 800."""
    a = np.minimum(np.abs(x), 800.0)
    low, high = scaled_exp(-a)
    low, high = outward(low * (1 + a), high * (1 + a), 2)
    return np.maximum(low, 0), np.where(np.isinf(x), 0, high)


def fermi_dirac_far(x: Array) -> Ends:
    """e^x less at most one part in 2^57 on the left; x²/2 + π²/6 less at most e^-40 on the right."""
    low, high = scaled_exp(np.minimum(x, 0.0))
    right = x / 2 * x + 1.6449340668482264  # x² may overflow where half of it does not
    left_low, right_ends = np.maximum(outward(low, low)[0], 0), outward(right, right, 2)
    return np.where(x < 0, left_low, right_ends[0]), np.where(x < 0, high, right_ends[1])


def arctan_far(x: Array) -> Ends:
    """π/2 - arctan 1/x for x >= 16."""
    low, high = near("arctan")(1 / x)
    return outward(HALF_PI[0] - high * (1 + 2 * ULP), HALF_PI[1] - low * (1 - 2 * ULP))


def arcsinh_far(x: Array) -> Ends:
    """log(x + √(x² + 1)), the argument to 4 parts in 2^53; log 2x and at most 2^-58 more beyond 2^28."""
    z = np.minimum(x, 2.0**28)
    large = x > 2.0**28
    low, high = log(np.where(large, x, z + np.sqrt(z * z + 1)))
    return outward(np.where(large, low + LOG2[0], low - 2 * ULP), np.where(large, high + LOG2[1], high + 2 * ULP))


def sqrt(x: Array) -> Ends:
    """√x, exact where its square is."""
    root = np.sqrt(x)
    exact = (root * root == x) & ((x == 0) | ((x > 1e-280) & (root == root.astype(np.float32))))
    low, high = outward(root, root)
    return np.where(exact, root, np.maximum(low, 0)), np.where(exact, root, high)

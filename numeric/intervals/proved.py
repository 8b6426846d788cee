"""low <= f(x) <= high, proved, for the elementary functions of programs at arrays of doubles: a few units in the last place apart.

Near the middle by `cells`; beyond them by what is left of f there (tanh x = 1 to 2^-53 from x = 20 on), by another function (arctan x
= π/2 - arctan 1/x), or number by number in balls. Nothing is taken from NumPy but + - * / and sqrt, which IEEE 754 rounds to nearest,
and exact operations: rint, frexp, ldexp, comparisons. NaN and what is outside f's domain give the whole line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from flint import arb
from numpy.typing import NDArray

from numeric.intervals.boxes import HUGE, LEAST, ULP, outward
from numeric.intervals.by_balls import Ball, by_balls
from numeric.intervals.cells import U
from numeric.intervals.tables import TABLES, cells

Array = NDArray[np.float64]
Ends = tuple[Array, Array]
Bounds = Callable[[Array], Ends]

BLOCK = 8192  # numbers at a time: their arrays stay in the cache
# log 2 and π/2 as a double below and the next one above; log 2 also in two parts, the first short enough for exact products with 11 bits.
LOG2 = float.fromhex("0x1.62e42fefa39efp-1"), float.fromhex("0x1.62e42fefa39f0p-1")
LOG2_PARTS = float.fromhex("0x1.62e42fefa3800p-1"), float.fromhex("0x1.ef35793c76730p-45")
HALF_PI = float.fromhex("0x1.921fb54442d18p+0"), float.fromhex("0x1.921fb54442d19p+0")
HALF_SQRT = 0.70710678118654752


class Proved(NamedTuple):
    """Bounds of a function on [first, last], where they lie within [least, most]; the same function of a ball."""

    bounds: Bounds
    ball: Ball
    first: float = -np.inf
    last: float = np.inf
    least: float = -np.inf
    most: float = np.inf


def bounds(op: str, x: Array) -> Ends:
    """Arrays low and high of the shape of x with low <= f(x) <= high, for an operation named as in programs.

    At ±inf they hold the limit, or are the whole line where there is none. Raises KeyError for an operation that is not known.

    >>> low, high = bounds("tanh", np.array([1e-9, 0.5, np.inf]))
    >>> bool(np.all(high - low < 10 * np.spacing(high))), bool(low[1] < 0.46211715726000975850 < high[1]), high[2].item()
    (True, True, 1.0)
    >>> [a.item() for a in bounds("log", np.array([-1.0]))]
    [-inf, inf]
    """
    f = PROVED[op]
    x = np.asarray(x, dtype=np.float64)
    flat = x.reshape(-1)
    low, high = np.empty((2, flat.size))
    with np.errstate(all="ignore"):
        for start in range(0, flat.size, BLOCK):
            part = slice(start, start + BLOCK)
            low[part], high[part] = _clipped(f, flat[part])
    return low.reshape(x.shape), high.reshape(x.shape)


def _clipped(f: Proved, x: Array) -> Ends:
    outside = ~((x >= f.first) & (x <= f.last))
    if bad := bool(outside.any()):
        x = np.where(outside, min(max(f.first, 0.5), f.last), x)
    low, high = f.bounds(x)
    low, high = np.maximum(low, f.least), np.minimum(high, f.most)
    if bad:
        low[outside], high[outside] = -np.inf, np.inf
    return low, high


def _near(name: str) -> Bounds:
    def near(x: Array) -> Ends:
        s, d = cells(name)(x)
        return s - d, s + d

    return near


def _split(name: str, far: Bounds, reach: float | None = None) -> Bounds:
    """By cells within [first, last] or |x| <= reach, else by `far`."""
    near = _near(name)
    first, last = (-reach, reach) if reach is not None else TABLES[name][1:3]

    def split(x: Array) -> Ends:
        inside = (x >= first) & (x <= last)
        if inside.all():
            return near(x)
        low, high = near(np.where(inside, x, 0.0))
        low[~inside], high[~inside] = far(x[~inside])
        return low, high

    return split


def _odd(f: Bounds) -> Bounds:
    """f of |x|, turned over for x < 0."""

    def odd(x: Array) -> Ends:
        low, high = f(np.abs(x))
        return np.where(x < 0, -high, low), np.where(x < 0, -low, high)

    return odd


# Exponentials and logarithms


def _scaled_exp(x: Array, twos: int = 0) -> Ends:
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


def _exp(x: Array) -> Ends:
    return _scaled_exp(x)


def _expm1_far(x: Array) -> Ends:
    low, high = _scaled_exp(x)
    return outward(low - 1, high - 1)


def _halves(x: Array) -> tuple[Ends, Ends]:
    """e^x / 2 and e^-x / 2."""
    return _scaled_exp(x, -1), _scaled_exp(-x, -1)


def _sinh_far(x: Array) -> Ends:
    (low, high), (low2, high2) = _halves(x)
    return outward(low - high2, high - low2)


def _cosh(x: Array) -> Ends:
    (low, high), (low2, high2) = _halves(x)
    return outward(low + low2, high + high2)


def _log(x: Array) -> Ends:
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


def _log1p_far(x: Array) -> Ends:
    """log of the rounded sum 1 + x, which is off by less than one part in 2^53, while |log| > 0.5; exact below -1/2."""
    low, high = _log(1 + x)
    below, above = outward(low, high, 2)
    return below, np.where(x == -1, -np.inf, above)


# Functions that saturate


def _constant(low: float, high: float) -> Bounds:
    return lambda x: (np.full_like(x, low), np.full_like(x, high))


def _step_to(below: float, above: float) -> Bounds:
    """Within 2^-53 of -1 on the left and of 1 on the right, or of other limits."""
    return lambda x: (np.where(x < 0, below, above - U), np.where(x < 0, below + U, above))


def _erfc_far(x: Array) -> Ends:
    low, high = by_balls(arb.erfc, np.minimum(x, 30.0))
    return np.where(x < 0, 2 - ULP, low), np.where(x < 0, 2.0, np.where(x == np.inf, 0, high))


def _sech_squared_far(x: Array) -> Ends:
    """4q/(1 + q)² lies between 4q (1 - 2q) and 4q, with q = e^{-2|x|} < 2^-57."""
    low, high = _scaled_exp(-2 * np.minimum(np.abs(x), 400.0), 2)
    high = np.where(np.isinf(x), 0, high)
    return np.maximum(outward(low, low)[0], 0), high


def _log_cosh_far(x: Array) -> Ends:
    """|x| - log 2 and at most e^{-2|x|} < 2^-57 more."""
    a = np.abs(x)
    return outward(a - LOG2[1], a - LOG2[0])


def _binary_entropy_far(x: Array) -> Ends:
    """q (1 + |x|) to one part in 2^56, with q = e^-|x| < 2^-57; less at least than at 800."""
    a = np.minimum(np.abs(x), 800.0)
    low, high = _scaled_exp(-a)
    low, high = outward(low * (1 + a), high * (1 + a), 2)
    return np.maximum(low, 0), np.where(np.isinf(x), 0, high)


def _fermi_dirac_far(x: Array) -> Ends:
    """e^x less at most one part in 2^57 on the left; x²/2 + π²/6 less at most e^-40 on the right."""
    low, high = _scaled_exp(np.minimum(x, 0.0))
    right = x / 2 * x + 1.6449340668482264  # x² may overflow where half of it does not
    left_low, right_ends = np.maximum(outward(low, low)[0], 0), outward(right, right, 2)
    return np.where(x < 0, left_low, right_ends[0]), np.where(x < 0, high, right_ends[1])


# Functions of others


def _arctan_far(x: Array) -> Ends:
    low, high = _near("arctan")(1 / x)
    return outward(HALF_PI[0] - high * (1 + 2 * ULP), HALF_PI[1] - low * (1 - 2 * ULP))


def _arcsinh_far(x: Array) -> Ends:
    """log(x + √(x² + 1)), the argument to 4 parts in 2^53; log 2x and at most 2^-58 more beyond 2^28."""
    z = np.minimum(x, 2.0**28)
    large = x > 2.0**28
    low, high = _log(np.where(large, x, z + np.sqrt(z * z + 1)))
    return outward(np.where(large, low + LOG2[0], low - 2 * ULP), np.where(large, high + LOG2[1], high + 2 * ULP))


def _sqrt(x: Array) -> Ends:
    root = np.sqrt(x)
    exact = (root * root == x) & ((x == 0) | ((x > 1e-280) & (root == root.astype(np.float32))))
    low, high = outward(root, root)
    return np.where(exact, root, np.maximum(low, 0)), np.where(exact, root, high)


def _balls(f: Ball) -> Bounds:
    return lambda x: by_balls(f, x)


def _log_cosh_ball(x: arb) -> arb:
    q = (-2 * abs(x)).exp()
    return abs(x) + (1 + q).log() - arb(2).log()


def _binary_entropy_ball(x: arb) -> arb:
    q = (-abs(x)).exp()
    return (1 + q).log() + abs(x) * q / (1 + q)


PROVED: dict[str, Proved] = {
    "exp": Proved(_exp, arb.exp, least=0),
    "expm1": Proved(_split("expm1", _expm1_far), arb.expm1, least=-1),
    "sinh": Proved(_odd(_split("sinh", _sinh_far)), arb.sinh),
    "cosh": Proved(_cosh, arb.cosh, least=1),
    "log": Proved(_log, arb.log, 0),
    "log1p": Proved(_split("log1p", _log1p_far, 0.75), arb.log1p, -1),
    "sqrt": Proved(_sqrt, arb.sqrt, 0, least=0),
    "tanh": Proved(_split("tanh", _step_to(-1, 1)), arb.tanh, least=-1, most=1),
    "special.erf": Proved(_split("special.erf", _step_to(-1, 1)), arb.erf, least=-1, most=1),
    "special.erfc": Proved(_split("special.erfc", _erfc_far), arb.erfc, least=0, most=2),
    "arctan": Proved(_odd(_split("arctan", _arctan_far)), arb.atan, least=-HALF_PI[1], most=HALF_PI[1]),
    "arcsinh": Proved(_odd(_split("arcsinh", _arcsinh_far)), arb.asinh),
    "sech_squared": Proved(_split("sech_squared", _sech_squared_far), lambda x: x.sech() ** 2, least=0, most=1),
    "log_cosh": Proved(_split("log_cosh", _log_cosh_far), _log_cosh_ball, least=0),
    "log_cosh_dual": Proved(
        _split("log_cosh_dual", _constant(LOG2[0] - ULP, LOG2[1])), lambda x: x * x.tanh() - _log_cosh_ball(x), least=0, most=LOG2[1]
    ),
    "binary_entropy": Proved(_split("binary_entropy", _binary_entropy_far), _binary_entropy_ball, least=0, most=LOG2[1]),
    "fermi_dirac": Proved(_split("fermi_dirac", _fermi_dirac_far), lambda x: -(-x.exp()).polylog(2), least=0),
    "sin": Proved(_split("sin", _balls(arb.sin)), arb.sin, least=-1, most=1),
    "cos": Proved(_split("cos", _balls(arb.cos)), arb.cos, least=-1, most=1),
}
# The singular ones, and those that no Lagrangian of the catalogue uses: number by number.
PROVED |= {
    name: Proved(_balls(f), f, first, last, least, most)
    for name, f, first, last, least, most in (
        ("arcsin", arb.asin, -1, 1, -HALF_PI[1], HALF_PI[1]),
        ("arccos", arb.acos, -1, 1, 0, 2 * HALF_PI[1]),
        ("arccosh", arb.acosh, 1, np.inf, 0, np.inf),
        ("arctanh", arb.atanh, -1, 1, -np.inf, np.inf),
        ("special.erfinv", arb.erfinv, -1, 1, -np.inf, np.inf),
        ("special.i0e", lambda x: abs(x).bessel_i(arb(0), scaled=True), -np.inf, np.inf, 0, 1),
        ("special.i1e", lambda x: x.sgn() * abs(x).bessel_i(arb(1), scaled=True), -np.inf, np.inf, -1, 1),
        ("dilogarithm", lambda x: x.polylog(2), -np.inf, 1, -np.inf, 2),
    )
}

"""low <= f(x) <= high, proved, for the elementary functions of programs at arrays of doubles: a few units in the last place apart.

Near the middle by `cells`; beyond them by what is left of f there (tanh x = 1 to 2^-53 from x = 20 on), by another function (arctan x
= π/2 - arctan 1/x), or number by number in balls. Nothing is taken from NumPy but + - * / and sqrt, which IEEE 754 rounds to nearest,
and exact operations: rint, frexp, ldexp, comparisons. NaN and what is outside f's domain give the whole line.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from flint import arb

from numeric.intervals.boxes import ULP
from numeric.intervals.by_balls import Ball, by_balls
from numeric.intervals.exponentials import (
    HALF_PI,
    LOG2,
    Array,
    Bounds,
    Ends,
    cosh,
    exp,
    expm1_far,
    log,
    log1p_far,
    odd,
    sinh_far,
    split,
)
from numeric.intervals.tails import (
    arcsinh_far,
    arctan_far,
    binary_entropy_far,
    constant,
    erfc_far,
    fermi_dirac_far,
    log_cosh_far,
    saturated,
    sech_squared_far,
    sqrt,
)

BLOCK = 8192  # numbers at a time: their arrays stay in the cache


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


def _balls(f: Ball) -> Bounds:
    return lambda x: by_balls(f, x)


def _log_cosh_ball(x: arb) -> arb:
    q = (-2 * abs(x)).exp()
    return abs(x) + (1 + q).log() - arb(2).log()


def _binary_entropy_ball(x: arb) -> arb:
    q = (-abs(x)).exp()
    return (1 + q).log() + abs(x) * q / (1 + q)


PROVED: dict[str, Proved] = {
    "exp": Proved(exp, arb.exp, least=0),
    "expm1": Proved(split("expm1", expm1_far), arb.expm1, least=-1),
    "sinh": Proved(odd(split("sinh", sinh_far)), arb.sinh),
    "cosh": Proved(cosh, arb.cosh, least=1),
    "log": Proved(log, arb.log, 0),
    "log1p": Proved(split("log1p", log1p_far, 0.75), arb.log1p, -1),
    "sqrt": Proved(sqrt, arb.sqrt, 0, least=0),
    "tanh": Proved(split("tanh", saturated), arb.tanh, least=-1, most=1),
    "special.erf": Proved(split("special.erf", saturated), arb.erf, least=-1, most=1),
    "special.erfc": Proved(split("special.erfc", erfc_far), arb.erfc, least=0, most=2),
    "arctan": Proved(odd(split("arctan", arctan_far)), arb.atan, least=-HALF_PI[1], most=HALF_PI[1]),
    "arcsinh": Proved(odd(split("arcsinh", arcsinh_far)), arb.asinh),
    "sech_squared": Proved(split("sech_squared", sech_squared_far), lambda x: x.sech() ** 2, least=0, most=1),
    "log_cosh": Proved(split("log_cosh", log_cosh_far), _log_cosh_ball, least=0),
    "log_cosh_dual": Proved(
        split("log_cosh_dual", constant(LOG2[0] - ULP, LOG2[1])), lambda x: x * x.tanh() - _log_cosh_ball(x), least=0, most=LOG2[1]
    ),
    "binary_entropy": Proved(split("binary_entropy", binary_entropy_far), _binary_entropy_ball, least=0, most=LOG2[1]),
    "fermi_dirac": Proved(split("fermi_dirac", fermi_dirac_far), lambda x: -(-x.exp()).polylog(2), least=0),
    "sin": Proved(split("sin", _balls(arb.sin)), arb.sin, least=-1, most=1),
    "cos": Proved(split("cos", _balls(arb.cos)), arb.cos, least=-1, most=1),
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

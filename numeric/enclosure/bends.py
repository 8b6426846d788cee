"""Where a function of one variable bends which way: convex and concave pieces, its slope, and where it has a given slope.

tanh: convex below 0, concave above, slope sech², which is s at ±arcosh(1/√s)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from numeric.intervals.boxes import Box
from numeric.intervals.rules import add, multiply, reciprocal, rule

Array = Any
Slope = Callable[[Box], Box]


@dataclass(frozen=True)
class Bend:
    """turns: where convex and concave pieces meet, in order; convex: whether the first piece is so.

    slope: the derivative on intervals.  at_slope: |x| where the slope is s, a guess; None takes the middle of a piece.
    least: where the function begins (0 for the logarithm).
    """

    turns: tuple[float, ...]
    convex: bool
    slope: Slope
    at_slope: Callable[[Array], Array] | None = None
    least: float = -np.inf

    def pieces(self) -> list[tuple[float, float, bool]]:
        """(from, to, whether convex)."""
        ends = (self.least, *self.turns, np.inf)
        return [(a, b, self.convex == (n % 2 == 0)) for n, (a, b) in enumerate(pairwise(ends))]


def _scaled(f: Slope, factor: float) -> Slope:
    return lambda x: multiply(Box.point(factor), f(x))


def _square(x: Box) -> Box:
    return multiply(x, x)


def _one_plus(x: Box, sign: float = 1.0) -> Box:
    return add(Box.point(1.0), multiply(Box.point(sign), x))


_TWO_OVER_ROOT_PI = float(2 / np.sqrt(np.pi))


def _erf_slope(x: Box) -> Box:
    near = rule("exp")(multiply(Box.point(-1.0), _square(x)))
    # 2/√π rounded: both neighbours, so that the product holds the true value.
    factor = Box.of(np.asarray(np.nextafter(_TWO_OVER_ROOT_PI, 0)), np.asarray(np.nextafter(_TWO_OVER_ROOT_PI, 2)))
    return multiply(factor, near)


def _sech2_slope(x: Box) -> Box:
    return multiply(Box.point(-2.0), multiply(rule("sech_squared")(x), rule("tanh")(x)))


def _root(x: Array) -> Array:
    return np.sqrt(np.maximum(x, 0.0))


BENDS: dict[str, Bend] = {
    "tanh": Bend((0.0,), True, rule("sech_squared"), lambda s: np.arccosh(1 / _root(np.clip(s, 1e-300, 1)))),
    "exp": Bend((), True, rule("exp"), np.log),
    "expm1": Bend((), True, rule("exp"), np.log),
    "log": Bend((), False, reciprocal, lambda s: 1 / s, 0.0),
    "log1p": Bend((), False, lambda x: reciprocal(_one_plus(x)), lambda s: 1 / s - 1, -1.0),
    "sqrt": Bend((), False, lambda x: multiply(Box.point(0.5), reciprocal(rule("sqrt")(x))), lambda s: 1 / (4 * s * s), 0.0),
    "arctan": Bend((0.0,), True, lambda x: reciprocal(_one_plus(_square(x))), lambda s: _root(1 / s - 1)),
    "arcsinh": Bend((0.0,), True, lambda x: reciprocal(rule("sqrt")(_one_plus(_square(x)))), lambda s: _root(1 / s**2 - 1)),
    "sinh": Bend((0.0,), False, rule("cosh"), lambda s: np.arccosh(np.maximum(s, 1))),
    "cosh": Bend((), True, rule("sinh"), None),
    "log_cosh": Bend((), True, rule("tanh"), None),
    "special.erf": Bend((0.0,), True, _erf_slope, lambda s: _root(-np.log(np.clip(s / _TWO_OVER_ROOT_PI, 1e-300, 1)))),
    "special.erfc": Bend((0.0,), False, _scaled(_erf_slope, -1.0), lambda s: _root(-np.log(np.clip(-s / _TWO_OVER_ROOT_PI, 1e-300, 1)))),
    # Where tanh² = 1/3.
    "sech_squared": Bend((-0.6584789484624084, 0.6584789484624084), True, _sech2_slope, None),
}


def power_bend(p: float) -> Bend | None:
    """Of x^p: whole p ≥ 2 on the line, other p on x > 0."""

    def slope(x: Box) -> Box:
        return multiply(Box.point(p), rule("power")(x, Box.point(p - 1)))

    def at(s: Array) -> Array:
        return np.abs(s / p) ** (1 / (p - 1))

    if p == int(p) and p >= 2:
        return Bend((), True, slope, None) if p % 2 == 0 else Bend((0.0,), False, slope, at)
    return None if p in (0, 1) else Bend((), not 0 < p < 1, slope, at, 0.0)


def square_bend() -> Bend:
    """Of x²."""
    return Bend((), True, lambda x: multiply(Box.point(2.0), x), None)


def reciprocal_bend() -> Bend:
    """Of 1/x on x > 0."""
    return Bend((), True, lambda x: multiply(Box.point(-1.0), reciprocal(_square(x))), lambda s: 1 / _root(-s), 0.0)

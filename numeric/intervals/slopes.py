"""sup |f'| and sup |f''| over [a, b] for the smooth entrywise operations of a program, proved: rounded upward.

Values of f come from `numeric.intervals.proved`; at most eight roundings follow, and what results is moved up by sixteen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numeric.intervals.boxes import LEAST, ULP, Array, Box
from numeric.intervals.proved import bounds
from numeric.intervals.rules import rule

# Of an argument and the value of f on it: bounds of |f'| and |f''|, arrays of one shape.
Slopes = Callable[[Box, Box], tuple[Array, Array]]

STEEPEST = 4 / (3 * np.sqrt(3))  # of sech², at tanh² x = 1/3
UP = 8 * ULP


def slopes(op: str) -> Slopes | None:
    """The rule of an operation of one argument; None where it has a kink or none is known."""
    return SLOPES.get(op)


def near(x: Box) -> Array:
    """The least |x|."""
    return np.where((x.low <= 0) & (x.high >= 0), 0.0, np.minimum(np.abs(x.low), np.abs(x.high)))


def far(x: Box) -> Array:
    """The largest |x|."""
    return np.asarray(np.maximum(np.abs(x.low), np.abs(x.high)))


def _top(op: str, x: Array) -> Array:
    """An upper bound of f(x)."""
    return bounds(op, x)[1]


def _up(first: Any, second: Any) -> tuple[Array, Array]:
    """Nonnegative numbers that were rounded, moved upward."""
    return np.asarray(first * (1 + UP) + LEAST), np.asarray(second * (1 + UP) + LEAST)


def _above(f: Callable[[Array], tuple[Any, Any]]) -> Slopes:
    """Of a function on x > 0 whose slopes fall in x."""

    def bounded(x: Box, _: Box) -> tuple[Array, Array]:
        first, second = _up(*f(np.maximum(x.low, 0.0)))
        return np.where(x.low > 0, first, np.inf), np.where(x.low > 0, second, np.inf)

    return bounded


def _far_and_near(f: Callable[[Array, Array], tuple[Any, Any]]) -> Slopes:
    """Of a function whose slopes follow from the least and the largest |x|."""
    return lambda x, _: _up(*f(near(x), far(x)))


def _tanh(least: Array, most: Array) -> tuple[Array, Array]:
    s = _top("sech_squared", least)
    return s, np.minimum(2 * _top("tanh", most) * s, STEEPEST)


def _turned(op: str, x: Box) -> Array:
    """sup |sin| or |cos|, neither of which is steeper than 1."""
    low, high = bounds(op, x.middle)
    return np.minimum(np.maximum(np.abs(low), np.abs(high)) + x.radius, 1.0)


def _bell(least: Array, most: Array) -> tuple[Array, Array]:
    """Of erf: 2/√π e^{-x²} and |x| times twice that; x² rounded down."""
    slope = 2 / np.sqrt(np.pi) * _top("exp", -(least**2) * (1 - UP))
    return slope, np.where(np.isinf(most), 0.86, np.minimum(2 * most * slope, 0.97))


def _root(least: Array, most: Array) -> tuple[Array, Array]:
    """Of arcsinh: 1/√(1 + x²) and |x|/(1 + x²)^{3/2} <= 0.39."""
    square = 1 + least**2
    return 1 / np.sqrt(square), np.fmin(most / (square * np.sqrt(square)), 0.39)


def _arctan(least: Array, most: Array) -> tuple[Array, Array]:
    square = 1 + least**2
    return 1 / square, np.fmin(2 * most / square**2, 3 * np.sqrt(3) / 8)


def power_slopes(x: Box, p: float) -> tuple[Array, Array]:
    """Of x ** p: |p| |x|^{p-1} and |p (p-1)| |x|^{p-2}, at the nearer or the farther end."""

    def largest(q: float, factor: float) -> Array:
        if factor == 0:
            return np.zeros_like(x.low)
        sizes = [rule("power")(Box.point(a), Box.point(q)).high for a in (near(x), far(x))]
        return _up(abs(factor) * np.maximum(*sizes), 0.0)[0]

    whole = p == int(p) and p >= 0
    d1, d2 = largest(p - 1, p), largest(p - 2, p * (p - 1))
    good = np.ones(x.low.shape, dtype=bool) if whole else (x.low > 0) | ((p == int(p)) & (x.high < 0))
    return np.where(good, d1, np.inf), np.where(good, d2, np.inf)


SLOPES: dict[str, Slopes] = {
    "negative": lambda x, _: (np.ones_like(x.low), np.zeros_like(x.low)),
    "exp": lambda _, y: (y.high, y.high),
    "expm1": lambda _, y: _up(y.high + 1, y.high + 1),
    "reciprocal": _far_and_near(lambda least, _: (1 / least**2, 2 / (least * least * least))),
    "sqrt": _above(lambda a: (0.5 / np.sqrt(a), 0.25 / (a * np.sqrt(a)))),
    "log": _above(lambda a: (1 / a, 1 / a**2)),
    "log1p": lambda x, y: SLOPES["log"](rule("add")(x, Box.point(1.0)), y),
    "tanh": _far_and_near(_tanh),
    "sech_squared": _far_and_near(lambda least, most: (_tanh(least, most)[1], 4 * _top("sech_squared", least))),
    "log_cosh": _far_and_near(lambda least, most: (_top("tanh", most), _top("sech_squared", least))),
    "sinh": _far_and_near(lambda _, most: (_top("cosh", most), _top("sinh", most))),
    "cosh": _far_and_near(lambda _, most: (_top("sinh", most), _top("cosh", most))),
    "sin": lambda x, _: _up(_turned("cos", x), _turned("sin", x)),
    "cos": lambda x, _: _up(_turned("sin", x), _turned("cos", x)),
    "arctan": _far_and_near(_arctan),
    "arcsinh": _far_and_near(_root),
    "special.erf": _far_and_near(_bell),
    "special.erfc": _far_and_near(_bell),
}

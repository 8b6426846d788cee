"""sup |f'| and sup |f''| over [a, b] for the smooth entrywise operations of a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numeric.intervals.boxes import Array, Box

# Of an argument and the value of f on it: bounds of |f'| and |f''|, arrays of one shape.
Slopes = Callable[[Box, Box], tuple[Array, Array]]

STEEPEST = 4 / (3 * np.sqrt(3))  # of sech², at tanh² x = 1/3


def slopes(op: str) -> Slopes | None:
    """The rule of an operation of one argument; None where it has a kink or none is known."""
    return SLOPES.get(op)


def near(x: Box) -> Array:
    """The least |x|."""
    return np.where((x.low <= 0) & (x.high >= 0), 0.0, np.minimum(np.abs(x.low), np.abs(x.high)))


def far(x: Box) -> Array:
    """The largest |x|."""
    return np.asarray(np.maximum(np.abs(x.low), np.abs(x.high)))


def _sech2(x: Any) -> Array:
    return np.asarray(1 / np.cosh(np.minimum(x, 350.0)) ** 2)


def _above(f: Callable[[Array], tuple[Any, Any]]) -> Slopes:
    """Of a function on x > 0 whose slopes fall in x."""
    return lambda x, _: tuple(np.where(x.low > 0, d, np.inf) for d in f(np.maximum(x.low, 0.0)))  # type: ignore[return-value]


def _far_and_near(f: Callable[[Array, Array], tuple[Any, Any]]) -> Slopes:
    """Of a function whose slopes follow from the least and the largest |x|."""
    return lambda x, _: f(near(x), far(x))


def _tanh(least: Array, most: Array) -> tuple[Array, Array]:
    s = _sech2(least)
    return s, np.minimum(2 * np.tanh(most) * s, STEEPEST)


def _turned(f: Callable[[Array], Array], x: Box) -> Array:
    """sup |sin| or |cos|, neither of which is steeper than 1."""
    return np.minimum(np.abs(f(x.middle)) + x.radius, 1.0)


def power_slopes(x: Box, p: float) -> tuple[Array, Array]:
    """Of x ** p: |p| |x|^{p-1} and |p (p-1)| |x|^{p-2}, at the nearer or the farther end."""

    def largest(q: float, factor: float) -> Array:
        if factor == 0:
            return np.zeros_like(x.low)
        return np.asarray(abs(factor) * np.maximum(near(x) ** q, far(x) ** q))

    whole = p == int(p) and p >= 0
    d1, d2 = largest(p - 1, p), largest(p - 2, p * (p - 1))
    good = np.ones(x.low.shape, dtype=bool) if whole else (x.low > 0) | ((p == int(p)) & (x.high < 0))
    return np.where(good, d1, np.inf), np.where(good, d2, np.inf)


SLOPES: dict[str, Slopes] = {
    "negative": lambda x, _: (np.ones_like(x.low), np.zeros_like(x.low)),
    "exp": lambda _, y: (y.high, y.high),
    "expm1": lambda _, y: (y.high + 1, y.high + 1),
    "reciprocal": _far_and_near(lambda least, _: (1 / least**2, 2 / least**3)),
    "sqrt": _above(lambda a: (0.5 / np.sqrt(a), 0.25 / a**1.5)),
    "log": _above(lambda a: (1 / a, 1 / a**2)),
    "log1p": lambda x, y: SLOPES["log"](Box.of(x.low + 1, x.high + 1), y),
    "tanh": _far_and_near(_tanh),
    "sech_squared": _far_and_near(lambda least, most: (_tanh(least, most)[1], 4 * _sech2(least))),
    "log_cosh": _far_and_near(lambda least, most: (np.tanh(most), _sech2(least))),
    "sinh": _far_and_near(lambda _, most: (np.cosh(most), np.sinh(most))),
    "cosh": _far_and_near(lambda _, most: (np.sinh(most), np.cosh(most))),
    "sin": lambda x, _: (_turned(np.cos, x), _turned(np.sin, x)),
    "cos": lambda x, _: (_turned(np.sin, x), _turned(np.cos, x)),
    "arctan": _far_and_near(lambda least, most: (1 / (1 + least**2), np.minimum(2 * most / (1 + least**2) ** 2, 3 * np.sqrt(3) / 8))),
    "arcsinh": _far_and_near(lambda least, most: (1 / np.sqrt(1 + least**2), most / (1 + least**2) ** 1.5)),
    "special.erf": _far_and_near(lambda least, most: tuple(2 / np.sqrt(np.pi) * np.exp(-(least**2)) * d for d in (1, 2 * most))),  # type: ignore[arg-type]
    "special.erfc": lambda x, y: SLOPES["special.erf"](x, y),
}

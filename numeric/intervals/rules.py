"""f([a, b]) for each entrywise operation of a program: by end points where f is monotone, by cases where it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from numeric.elementwise import binary_entropy, fermi_dirac, log_cosh, log_cosh_dual, sech_squared
from numeric.intervals.boxes import ULPS, Box, widened

Rule = Callable[..., Box]
HUGE = np.finfo(np.float64).max


def rule(op: str) -> Rule:
    """The rule of an operation on boxes; of one that has none, the whole line."""
    return RULES.get(op, _unknown)


def _unknown(*boxes: Box) -> Box:
    shape = np.broadcast_shapes(*(b.low.shape for b in boxes))
    return Box(np.full(shape, -np.inf), np.full(shape, np.inf), np.ones(shape, dtype=bool))


def _rising(f: Callable[[Any], Any], least: float = -np.inf) -> Rule:
    """Monotone increasing, on [least, ∞)."""

    def bounded(x: Box) -> Box:
        low = np.where(x.low < least, -np.inf, f(np.maximum(x.low, least)))
        return widened(low, np.where(x.low < least, np.inf, f(np.maximum(x.high, least))), x, ulps=ULPS)

    return bounded


def _falling(f: Callable[[Any], Any]) -> Rule:
    return lambda x: widened(f(x.high), f(x.low), x, ulps=ULPS)


def _even(f: Callable[[Any], Any], rises: bool) -> Rule:
    """Even, and monotone in |x|."""

    def bounded(x: Box) -> Box:
        near = np.where((x.low <= 0) & (x.high >= 0), 0.0, np.minimum(np.abs(x.low), np.abs(x.high)))
        far = np.maximum(np.abs(x.low), np.abs(x.high))
        first, last = (near, far) if rises else (far, near)
        return widened(f(first), f(last), x, ulps=ULPS)

    return bounded


def _wave(f: Callable[[Any], Any], top: float) -> Rule:
    """sin or cos, whose maxima lie at top + 2 π k and whose minima half a turn on."""

    def holds(x: Box, at: float) -> Any:
        return np.floor((x.high - at) / (2 * np.pi)) >= np.ceil((x.low - at) / (2 * np.pi))

    def bounded(x: Box) -> Box:
        ends = np.minimum(f(x.low), f(x.high)), np.maximum(f(x.low), f(x.high))
        low, high = np.where(holds(x, top + np.pi), -1.0, ends[0]), np.where(holds(x, top), 1.0, ends[1])
        return widened(low, high, x, ulps=ULPS)

    return bounded


def add(x: Box, y: Box) -> Box:
    """x + y."""
    return widened(x.low + y.low, x.high + y.high, x, y)


def subtract(x: Box, y: Box) -> Box:
    """x - y."""
    return widened(x.low - y.high, x.high - y.low, x, y)


def multiply(x: Box, y: Box) -> Box:
    """x y; the square of x where both are one box."""
    if x is y:
        return _even(np.square, True)(x)
    ends = [np.where((a == 0) | (b == 0), 0.0, a * b) for a in (x.low, x.high) for b in (y.low, y.high)]
    return widened(np.minimum.reduce(ends), np.maximum.reduce(ends), x, y)


def reciprocal(x: Box) -> Box:
    """1/x; the whole line, with a jump, where x may be 0."""
    crosses = (x.low <= 0) & (x.high >= 0)
    least, most = 1 / np.where(crosses, 1, x.high), 1 / np.where(crosses, 1, x.low)
    # 1/x of a tiny x overflows; a later product with it may be finite all the same.
    low, high = np.where(crosses, -np.inf, np.minimum(least, HUGE)), np.where(crosses, np.inf, np.maximum(most, -HUGE))
    result = widened(low, high, x)
    return Box(result.low, result.high, result.jumps | crosses)


def _power(x: Box, n: Box) -> Box:
    """x ** n of a constant n: of a whole one by monotony or evenness, of another for x >= 0."""
    p = float(n.low.reshape(-1)[0]) if n.low.size == 1 and np.array_equal(n.low, n.high) else np.nan
    if not p >= 0:
        return reciprocal(_power(x, Box.point(-p))) if p < 0 else _unknown(x, n)
    if p == int(p):
        return _even(lambda u: u**p, True)(x) if p % 2 == 0 else _rising(lambda u: u**p)(x)
    return _rising(lambda u: u**p, 0.0)(x)


def _step(x: Box, low: Any, high: Any) -> Box:
    """A function that jumps at 0, with its values at the two ends."""
    crosses = (x.low <= 0) & (x.high >= 0) & (x.low != x.high)
    result = Box.of(np.asarray(low, dtype=float), np.asarray(high, dtype=float), x)
    return Box(result.low, result.high, result.jumps | crosses)


def _steps(f: Callable[[Any], Any]) -> Rule:
    """floor and ceil."""

    def bounded(x: Box) -> Box:
        result = Box.of(f(x.low), f(x.high), x)
        return Box(result.low, result.high, result.jumps | (result.low != result.high))

    return bounded


def _compared(certain: Callable[[Box, Box], Any], possible: Callable[[Box, Box], Any]) -> Rule:
    """A truth value: [1, 1] certain, [0, 0] impossible, [0, 1] open."""

    def bounded(x: Box, y: Box) -> Box:
        return Box.of(np.asarray(certain(x, y), dtype=float), np.asarray(possible(x, y), dtype=float), x, y)

    return bounded


def _bracket(c: Box) -> Box:
    return Box(c.low, c.high, c.jumps | (c.low != c.high))


def _where(c: Box, x: Box, y: Box) -> Box:
    """x, y or the hull of both; an open choice counts as a jump."""
    low = np.where(c.low > 0, x.low, np.where(c.high > 0, np.minimum(x.low, y.low), y.low))
    high = np.where(c.low > 0, x.high, np.where(c.high > 0, np.maximum(x.high, y.high), y.high))
    jumps = (c.low != c.high) | np.where(c.low > 0, x.jumps, y.jumps)
    return Box(low, high, np.broadcast_to(jumps, low.shape))


def _same(x: Box, y: Box) -> Any:
    return (x.low == x.high) & (y.low == y.high) & (x.low == y.low)


def _meet(x: Box, y: Box) -> Any:
    return (x.low <= y.high) & (y.low <= x.high)


RULES: dict[str, Rule] = {
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "divide": lambda x, y: multiply(x, reciprocal(y)),
    "negative": lambda x: Box.of(-x.high, -x.low, x),
    "reciprocal": reciprocal,
    "power": _power,
    "sqrt": _rising(np.sqrt, 0.0),
    "exp": _rising(np.exp),
    "expm1": _rising(np.expm1),
    "log": _rising(np.log, 0.0),
    "log1p": _rising(np.log1p, -1.0),
    "tanh": _rising(np.tanh),
    "sinh": _rising(np.sinh),
    "arctan": _rising(np.arctan),
    "arcsinh": _rising(np.arcsinh),
    "special.erf": _rising(scipy.special.erf),
    "special.erfc": _falling(scipy.special.erfc),
    "fermi_dirac": _rising(fermi_dirac),
    "cosh": _even(np.cosh, True),
    "absolute": _even(np.abs, True),
    "log_cosh": _even(log_cosh, True),
    "log_cosh_dual": _even(log_cosh_dual, True),
    "sech_squared": _even(sech_squared, False),
    "binary_entropy": _even(binary_entropy, False),
    "sin": _wave(np.sin, np.pi / 2),
    "cos": _wave(np.cos, 0.0),
    "maximum": lambda x, y: Box.of(np.maximum(x.low, y.low), np.maximum(x.high, y.high), x, y),
    "minimum": lambda x, y: Box.of(np.minimum(x.low, y.low), np.minimum(x.high, y.high), x, y),
    "sign": lambda x: _step(x, np.sign(x.low), np.sign(x.high)),
    "heaviside": lambda x, z: _step(x, np.heaviside(x.low, z.low), np.heaviside(x.high, z.high)),
    "floor": _steps(np.floor),
    "ceil": _steps(np.ceil),
    "bracket": _bracket,
    "where": _where,
    "masked": lambda x, c: _where(c, x, Box.point(-np.inf)),
    "greater": _compared(lambda x, y: x.low > y.high, lambda x, y: x.high > y.low),
    "greater_equal": _compared(lambda x, y: x.low >= y.high, lambda x, y: x.high >= y.low),
    "less": _compared(lambda x, y: x.high < y.low, lambda x, y: x.low < y.high),
    "less_equal": _compared(lambda x, y: x.high <= y.low, lambda x, y: x.low <= y.high),
    "equal": _compared(_same, _meet),
    "not_equal": _compared(lambda x, y: ~_meet(x, y), lambda x, y: ~_same(x, y)),
    "logical_not": lambda c: Box.of(1 - c.high, 1 - c.low, c),
    "logical_and": lambda x, y: Box.of(np.minimum(x.low, y.low), np.minimum(x.high, y.high), x, y),
    "logical_or": lambda x, y: Box.of(np.maximum(x.low, y.low), np.maximum(x.high, y.high), x, y),
}

# What never jumps where it is defined and finite.
_CONTINUOUS = """
state parameter const eye arange time diagonal contract sum peak add subtract multiply negative maximum minimum absolute
exp expm1 tanh sinh cosh arctan arcsinh special.erf special.erfc fermi_dirac log_cosh log_cosh_dual sech_squared binary_entropy sin cos
"""
CONTINUOUS = frozenset(_CONTINUOUS.split())

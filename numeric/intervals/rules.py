"""f([a, b]) for each entrywise operation of a program: by end points where f is monotone, by cases where it is not.

Elementary functions are bounded at the end points by `proved`, arithmetic is moved outward by `boxes`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numeric.intervals.boxes import Array, Box, outward, widened
from numeric.intervals.proved import PROVED, bounds
from numeric.intervals.turns import may_hold

Rule = Callable[..., Box]


def rule(op: str) -> Rule:
    """The rule of an operation on boxes; of one that has none, the whole line."""
    return RULES.get(op, _unknown)


def _unknown(*boxes: Box) -> Box:
    shape = np.broadcast_shapes(*(b.low.shape for b in boxes))
    return Box(np.full(shape, -np.inf), np.full(shape, np.inf), np.ones(shape, dtype=bool))


def _at_ends(op: str, first: Array, last: Array) -> tuple[Array, Array]:
    """A lower bound of f at the first numbers, an upper one at the last; NaN where either is outside f's domain."""
    if first is last:
        low, high = bounds(op, first)
    else:
        lows, highs = bounds(op, np.stack((first, last)))
        low, high = lows[0], highs[1]
    f = PROVED[op]
    if np.isneginf(f.first) and np.isposinf(f.last):
        return low, high
    inside = (np.minimum(first, last) >= f.first) & (np.maximum(first, last) <= f.last)
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def _rising(op: str) -> Rule:
    return lambda x: Box.of(*_at_ends(op, x.low, x.high), x)


def _falling(op: str) -> Rule:
    return lambda x: Box.of(*_at_ends(op, x.high, x.low), x)


def _sizes(x: Box) -> tuple[Array, Array]:
    """The least and the largest |x|, one array where they are known to be equal."""
    if x.low is x.high:
        return (np.abs(x.low),) * 2
    far = np.maximum(np.abs(x.low), np.abs(x.high))
    return np.where((x.low <= 0) & (x.high >= 0), 0.0, np.minimum(np.abs(x.low), np.abs(x.high))), far


def _even(op: str, rises: bool) -> Rule:
    """Even, and monotone in |x|."""

    def bounded(x: Box) -> Box:
        near, far = _sizes(x)
        return Box.of(*(_at_ends(op, near, far) if rises else _at_ends(op, far, near)), x)

    return bounded


def _wave(op: str, quarters: int) -> Rule:
    """sin or cos, whose maxima lie at so many quarter turns and whose minima half a turn on."""

    def bounded(x: Box) -> Box:
        (low, high), (low2, high2) = bounds(op, x.low), bounds(op, x.high)
        low = np.where(may_hold(x.low, x.high, quarters + 2), -1.0, np.minimum(low, low2))
        return Box.of(low, np.where(may_hold(x.low, x.high, quarters), 1.0, np.maximum(high, high2)), x)

    return bounded


def _i1e(x: Box) -> Box:
    """e^-|x| I1(x), which rises to less than 0.22 at 1.545 and falls from there on; odd."""
    (low, high), (low2, high2) = bounds("special.i1e", x.low), bounds("special.i1e", x.high)
    top, bottom = (x.low <= 1.6) & (x.high >= 1.5), (x.low <= -1.5) & (x.high >= -1.6)
    return Box.of(np.where(bottom, -0.22, np.minimum(low, low2)), np.where(top, 0.22, np.maximum(high, high2)), x)


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
        near, far = _sizes(x)
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


def _power(x: Box, n: Box) -> Box:
    """x ** n: by products for one whole n, else e^{n log x} for x >= 0."""
    p = float(n.low.reshape(-1)[0]) if n.low.size and np.all(n.low == n.low.reshape(-1)[0]) and np.array_equal(n.low, n.high) else np.nan
    if p < 0:
        return reciprocal(_power(x, Box.point(np.full(n.low.shape, -p))))
    if p == np.rint(p) and p < 2**20:
        return _whole_power(x, int(p))
    return _real_power(x, n)


def _whole_power(x: Box, p: int) -> Box:
    """By repeated squaring of |x|, outward; turned over where x < 0 and p is odd."""
    if p % 2 == 0:
        near, far = _sizes(x)
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
    result = RULES["exp"](multiply(n, RULES["log"](x)))
    defined = (x.low > 0) | ((x.low == 0) & (n.low >= 0))
    low, high = np.where(defined, result.low, -np.inf), np.where(defined, result.high, np.inf)
    return Box(low, high, result.jumps | ~defined)


def _sign(x: Box) -> Box:
    crosses = (x.low <= 0) & (x.high >= 0) & (x.low != x.high)
    return Box(np.sign(x.low), np.sign(x.high), x.jumps | crosses)


def _heaviside(x: Box, z: Box) -> Box:
    """0 on the left, 1 on the right, z at 0: the hull of those that can be."""
    zero, left, right = (x.low <= 0) & (x.high >= 0), x.low < 0, x.high > 0
    low = np.minimum(np.where(zero, z.low, np.inf), np.where(left, 0.0, np.where(right, 1.0, np.inf)))
    high = np.maximum(np.where(zero, z.high, -np.inf), np.where(right, 1.0, np.where(left, 0.0, -np.inf)))
    return Box.of(low, high, Box(low, high, x.jumps | (zero & (left | right)) | (zero & z.jumps)))


def _steps(f: Callable[[Any], Any]) -> Rule:
    """floor and ceil."""

    def bounded(x: Box) -> Box:
        low, high = f(x.low), f(x.high)
        return Box(low, high, x.jumps | (low != high))

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


def _differ(x: Box, y: Box) -> Box:
    """Exclusive or of truth values."""
    return Box.of(np.asarray((x.low > y.high) | (y.low > x.high), dtype=float), 1.0 - (_same(x, y)), x, y)


RULES: dict[str, Rule] = {
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "divide": divide,
    "negative": lambda x: Box(-x.high, -x.low, x.jumps),
    "reciprocal": reciprocal,
    "power": _power,
    **{name: _rising(name) for name in ("sqrt", "exp", "expm1", "log", "log1p", "tanh", "sinh", "arctan", "arcsinh")},
    **{name: _rising(name) for name in ("special.erf", "fermi_dirac", "arcsin", "arccosh", "arctanh", "special.erfinv", "dilogarithm")},
    "special.erfc": _falling("special.erfc"),
    "arccos": _falling("arccos"),
    "cosh": _even("cosh", True),
    "absolute": lambda x: Box(*_sizes(x), x.jumps),
    "log_cosh": _even("log_cosh", True),
    "log_cosh_dual": _even("log_cosh_dual", True),
    "sech_squared": _even("sech_squared", False),
    "binary_entropy": _even("binary_entropy", False),
    "special.i0e": _even("special.i0e", False),
    "special.i1e": _i1e,
    "sin": _wave("sin", 1),
    "cos": _wave("cos", 0),
    "maximum": lambda x, y: Box.of(np.maximum(x.low, y.low), np.maximum(x.high, y.high), x, y),
    "minimum": lambda x, y: Box.of(np.minimum(x.low, y.low), np.minimum(x.high, y.high), x, y),
    "sign": _sign,
    "heaviside": _heaviside,
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
    "logical_xor": _differ,
}

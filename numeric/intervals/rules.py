"""f([a, b]) for each entrywise operation of a program: by end points where f is monotone, by cases where it is not."""

from __future__ import annotations

import numpy as np
from flint import arb

from numeric.intervals.arithmetic import add, divide, modulo, multiply, reciprocal, sizes, subtract
from numeric.intervals.boxes import Box
from numeric.intervals.logic import bracket, compared, differ, heaviside, meet, same, sign, steps, where
from numeric.intervals.monotone import Rule, angle, even, falling, on_balls, rising, scaled_bessel, wave
from numeric.intervals.powers import power


def rule(op: str) -> Rule:
    """The rule of an operation on boxes; of one that has none, the whole line."""
    return RULES.get(op, _unknown)


def _unknown(*boxes: Box) -> Box:
    shape = np.broadcast_shapes(*(b.low.shape for b in boxes))
    return Box(np.full(shape, -np.inf), np.full(shape, np.inf), np.ones(shape, dtype=bool))


RULES: dict[str, Rule] = {
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "divide": divide,
    "negative": lambda x: Box(-x.high, -x.low, x.jumps),
    "reciprocal": reciprocal,
    "power": power,
    **{name: rising(name) for name in ("sqrt", "exp", "expm1", "log", "log1p", "tanh", "sinh", "arctan", "arcsinh")},
    **{name: rising(name) for name in ("special.erf", "fermi_dirac", "arcsin", "arccosh", "arctanh", "special.erfinv", "dilogarithm")},
    "special.erfc": falling("special.erfc"),
    "arccos": falling("arccos"),
    "cosh": even("cosh", True),
    "absolute": lambda x: Box(*sizes(x), x.jumps),
    "log_cosh": even("log_cosh", True),
    "log_cosh_dual": even("log_cosh_dual", True),
    "sech_squared": even("sech_squared", False),
    "binary_entropy": even("binary_entropy", False),
    "tan": on_balls(arb.tan),
    "arctan2": angle,
    "mod": modulo,
    "special.gamma": on_balls(arb.gamma),
    "special.gammaln": on_balls(lambda x: x.lgamma() if x > 0 else arb("nan")),
    "special.digamma": on_balls(arb.digamma),
    "special.jv": on_balls(lambda order, x: x.bessel_j(order)),
    "special.ive": on_balls(lambda order, x: x.bessel_i(order, scaled=True) if x > 0 else arb("nan")),
    "special.i0e": even("special.i0e", False),
    "special.i1e": scaled_bessel,
    "sin": wave("sin", 1),
    "cos": wave("cos", 0),
    "maximum": lambda x, y: Box.of(np.maximum(x.low, y.low), np.maximum(x.high, y.high), x, y),
    "minimum": lambda x, y: Box.of(np.minimum(x.low, y.low), np.minimum(x.high, y.high), x, y),
    "sign": sign,
    "heaviside": heaviside,
    "floor": steps(np.floor),
    "ceil": steps(np.ceil),
    "bracket": bracket,
    "where": where,
    "masked": lambda x, c: where(c, x, Box.point(-np.inf)),
    "greater": compared(lambda x, y: x.low > y.high, lambda x, y: x.high > y.low),
    "greater_equal": compared(lambda x, y: x.low >= y.high, lambda x, y: x.high >= y.low),
    "less": compared(lambda x, y: x.high < y.low, lambda x, y: x.low < y.high),
    "less_equal": compared(lambda x, y: x.high <= y.low, lambda x, y: x.low <= y.high),
    "equal": compared(same, meet),
    "not_equal": compared(lambda x, y: ~meet(x, y), lambda x, y: ~same(x, y)),
    "logical_not": lambda c: Box.of(1 - c.high, 1 - c.low, c),
    "logical_and": lambda x, y: Box.of(np.minimum(x.low, y.low), np.minimum(x.high, y.high), x, y),
    "logical_or": lambda x, y: Box.of(np.maximum(x.low, y.low), np.maximum(x.high, y.high), x, y),
    "logical_xor": differ,
}

# What never jumps where it is defined and finite.
_CONTINUOUS = """
state parameter const eye arange time diagonal contract sum peak add subtract multiply negative maximum minimum absolute
exp expm1 tanh sinh cosh arctan arcsinh special.erf special.erfc fermi_dirac log_cosh log_cosh_dual sech_squared binary_entropy sin cos
"""
CONTINUOUS = frozenset(_CONTINUOUS.split())

__all__ = ["CONTINUOUS", "RULES", "Rule", "add", "divide", "multiply", "reciprocal", "rule", "subtract"]

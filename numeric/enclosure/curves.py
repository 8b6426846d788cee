"""Which curve a node of a program is: how it bends, and its values on intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from numeric.enclosure.bends import BENDS, Bend, power_bend, reciprocal_bend, square_bend
from numeric.graph import Node
from numeric.intervals.boxes import Box
from numeric.intervals.rules import rule


def _exponent(node: Node, boxes: Mapping[Node, Box]) -> float | None:
    low, high = (np.ravel(v) for v in (boxes[node.args[1][0]].low, boxes[node.args[1][0]].high))
    return float(low[0]) if low.size == 1 and low[0] == high[0] else None


def bend_of(node: Node, boxes: Mapping[Node, Box]) -> Bend | None:
    """How the function bends; None where that is not known."""
    if node.op == "multiply":
        return square_bend()
    if node.op == "reciprocal":
        return reciprocal_bend()
    if node.op == "power":
        p = _exponent(node, boxes)
        return None if p is None else power_bend(p)
    return BENDS.get(node.op)


def function_of(node: Node, boxes: Mapping[Node, Box]) -> Callable[[Box], Box]:
    """The function on intervals; a product of a node with itself is its square."""
    if node.op in ("multiply", "contract"):
        return lambda u: rule("multiply")(u, u)
    if node.op == "power":
        exponent = Box.point(_exponent(node, boxes))
        return lambda u: rule("power")(u, exponent)
    return rule(node.op)


__all__ = ["bend_of", "function_of"]

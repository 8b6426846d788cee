"""Da[e_k] of every node of a program at one state, exact to rounding: forward derivatives along all components at once.

Griewank and Walther, Evaluating Derivatives (2008), chapter 3. A node with a kink there has no derivative, and is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from numeric.field import Array
from numeric.graph import Node
from numeric.intervals.boxes import Box
from numeric.intervals.choices import CHOICES
from numeric.intervals.slopes import power_slopes, slopes
from numeric.steady.jets import Places, along

# The sign of f' at x, where it is not that of every x.
SIGNS: Mapping[str, Callable[[Array], Array]] = {
    "negative": lambda x: -np.ones_like(x),
    "reciprocal": lambda x: -np.ones_like(x),
    "special.erfc": lambda x: -np.ones_like(x),
    "sech_squared": lambda x: -np.sign(x),
    "log_cosh": np.sign,
    "cosh": np.sign,
    "sin": lambda x: np.sign(np.cos(x)),
    "cos": lambda x: -np.sign(np.sin(x)),
}

Tangents = dict[Node, Array]


def tangents(order: list[Node], states: Mapping[str, Array], center: Mapping[Node, Box]) -> Tangents:
    """(n, axes...) of each node that varies, from those of the states, (n, axes...), and the values at the state."""
    found: Tangents = {}
    for node in order:
        if node.varies and node.op != "diagonal" and all(a in found for a, _ in node.args if a.varies):
            made = states[node.data] if node.op == "state" else _made(node, found, center)
            if made is not None and np.all(np.isfinite(made)):
                found[node] = made
    return found


def _made(node: Node, found: Tangents, center: Mapping[Node, Box]) -> Array | None:
    width = len(node.axes)
    moving = [(k, a, places) for k, (a, places) in enumerate(node.args) if a.varies]
    if any(len(set(places)) < len(places) for _, places in node.args):
        return None
    if node.op == "peak":  # a shift that cancels: held at its value
        return np.zeros((len(found[node.args[0][0]]), *center[node].low.shape[1:]))
    if node.op == "sum":
        return _summed_over(node, found)
    if node.op in ("contract", "multiply", "divide"):
        return _product(node, found, center)
    if node.op in ("add", "subtract"):
        parts = [(-1 if k and node.op == "subtract" else 1) * _spread(found[a], places, width) for k, a, places in moving]
        return _shaped(np.asarray(sum(parts)), node, center)
    if node.op in CHOICES:
        return _chosen(node, found, center)
    return _entrywise(node, found, center)


def _summed_over(node: Node, found: Tangents) -> Array:
    a, places = node.args[0]
    gone = tuple(1 + k for k, p in enumerate(places) if p >= len(node.axes))
    return _spread(found[a].sum(axis=gone), tuple(p for p in places if p < len(node.axes)), len(node.axes))


def _product(node: Node, found: Tangents, center: Mapping[Node, Box]) -> Array:
    (a, pa), (b, pb) = node.args
    x, y = center[a].middle[0], center[b].middle[0]
    factors = [(found[a] if a.varies else None, x), (found[b] if b.varies else None, y)]
    if node.op == "divide":
        factors[1] = (None if factors[1][0] is None else -factors[1][0] / y**2, 1 / y)
    (da, x), (db, y) = factors
    la, lb, lc = ("".join(chr(97 + p) for p in places) for places in (pa, pb, range(len(node.axes))))
    parts = [] if da is None else [np.einsum(f"Z{la},{lb}->Z{lc}", da, y, optimize=True)]
    parts += [] if db is None else [np.einsum(f"{la},Z{lb}->Z{lc}", x, db, optimize=True)]
    return np.asarray(sum(parts))


def _chosen(node: Node, found: Tangents, center: Mapping[Node, Box]) -> Array | None:
    shape = center[node].low.shape[1:]
    boxes = [center[a].map(lambda v, p=p: np.broadcast_to(along(v[0], p, len(shape)), shape)) for a, p in node.args]
    which = CHOICES[node.op](*boxes)
    if np.any(which < 0):
        return None
    n = len(next(found[a] for a, _ in node.args if a.varies))
    parts = [np.broadcast_to(_spread(found[a], p, len(shape)), (n, *shape)) if a.varies else np.zeros((n, *shape)) for a, p in node.args]
    if node.op == "absolute":
        parts[0] = parts[0] * np.sign(boxes[0].middle)
    return np.choose(which, [*parts, np.zeros((n, *shape))])


def _entrywise(node: Node, found: Tangents, center: Mapping[Node, Box]) -> Array | None:
    (a, places), *others = node.args
    x = center[a]
    if node.op == "power" and len(others) == 1 and not others[0][0].varies:
        p = float(center[others[0][0]].low.reshape(-1)[0])
        slope, sign = power_slopes(x, p)[0], np.sign(p) * np.where(p % 2 == 0, np.sign(x.middle), 1.0)
    else:
        rule = slopes(node.op)
        if rule is None or others:
            return None
        slope, sign = rule(x, center[node])[0], SIGNS.get(node.op, np.ones_like)(x.middle)
    return _spread(found[a] * (slope * sign), places, len(node.axes))


def _shaped(a: Array, node: Node, center: Mapping[Node, Box]) -> Array:
    return np.broadcast_to(a, (len(a), *center[node].low.shape[1:]))


def _spread(a: Array, places: Places, width: int) -> Array:
    return along(a, (0, *(1 + p for p in places)), 1 + width)

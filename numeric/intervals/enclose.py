"""Enclosures: for a box Y of states, boxes that hold every value of a program's outputs on it.

The program's graph of operations is walked once, each node as a box of arrays (rows, axes...).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.notation import Index
from numeric.bound import Bound
from numeric.buffers import ordered
from numeric.formulas import Kind, pair_name
from numeric.graph import Node, Value
from numeric.intervals.boxes import GUARANTEE, ULP, Box, widened
from numeric.intervals.machine import require_ieee
from numeric.intervals.products import midrad_product
from numeric.intervals.rules import CONTINUOUS, rule

Array = NDArray[Any]
Intervals = Mapping[str, tuple[Array, Array]]
Narrow = Callable[[Node, Box, Mapping[Node, Box]], Box]


class Enclosure:
    """A bound model's flow, Jacobian or energy on boxes of packed rows."""

    guarantee = GUARANTEE
    """What a certificate may say of the boxes."""

    def __init__(self, model: Bound, width: int, kind: Kind = "flow", careful: bool = True, intervals: Intervals | None = None) -> None:
        """Lower the formulas of this kind, for states of `width` packed components.

        `careful` formulas shift their exponentials; `intervals` has (lows, highs) of parameters that are not known exactly.
        """
        require_ieee()
        packing, sizes = model.packing(width)
        _, self._outputs = model.model.lowered(kind, sizes, frozenset(model.params), careful=careful)
        self.order = ordered([v for _, v, _ in self._outputs])
        self.outputs = {name: v.node for name, v, _ in self._outputs}
        self._packing, self._sizes, self._params = packing, sizes, model.params
        self._intervals = dict(intervals or {})
        self._fixed: dict[Node, Box] = {}

    def __call__(self, low: Array, high: Array) -> dict[str, Box]:
        """The outputs by name, (rows, axes...), on the boxes [low, high] (rows, n)."""
        found = self.nodes(low, high)
        return {name: self._output(found[v.node], v, where, len(low)) for name, v, where in self._outputs}

    def nodes(self, low: Array, high: Array, known: Narrow | None = None) -> dict[Node, Box]:
        """Every node of the program on the boxes [low, high] (rows, n); `known` may narrow each before others are made of it."""
        found = dict(self._fixed)
        first = self._packing.views(np.asarray(low, np.float64))
        ends = first, first if high is low else self._packing.views(np.asarray(high, np.float64))
        with np.errstate(all="ignore"):
            for node in self.order:
                if node not in found:
                    box = self._node(node, found, ends)
                    found[node] = box if known is None or not node.varies else known(node, box, found)
                    if not node.varies:
                        self._fixed[node] = found[node]
        return found

    def packed(self, low: Array, high: Array) -> Box:
        """The outputs of a kind like the state as packed rows, (rows, n)."""
        parts = self(low, high)
        flat = [parts[name].map(lambda a: a.reshape(len(low), -1)) for name in self._packing.names]
        return Box(*(np.concatenate([getattr(p, what) for p in flat], axis=1) for what in ("low", "high", "jumps")))

    def matrix(self, low: Array, high: Array, rows: Sequence[str] | None = None, columns: Sequence[str] | None = None) -> Box:
        """The blocks of a Jacobian or Hessian as one matrix in packed order, of the box of one row, (n, n), or those of some states."""
        parts, names, size = self(low, high), self._packing.names, self._packing.size

        def whole(what: str) -> Array:
            chosen = [[(a, b) for b in columns or names] for a in rows or names]
            return np.block([[getattr(parts[pair_name(a, b)], what).reshape(size(a), size(b)) for a, b in row] for row in chosen])

        return Box(whole("low"), whole("high"), whole("jumps"))

    @property
    def may_jump(self) -> bool:
        """Whether any operation of the program can jump anywhere."""
        return any(node.op not in CONTINUOUS for node in self.order)

    def entries(self, node: Node) -> int:
        """How many entries a node has for one row."""
        return prod(self._sizes[axis] for axis in node.axes)

    def _output(self, box: Box, v: Value, where: Sequence[Index], rows: int) -> Box:
        """An output with its axes in the order asked for, one for each row."""
        shape = (rows, *(self._sizes[i.axis] for i in where))
        aligned = _aligned(box, [where.index(i) for i in v.where], len(where))
        return aligned.map(lambda a: np.broadcast_to(a, shape))

    def _node(self, node: Node, found: Mapping[Node, Box], ends: tuple[dict[str, Array], dict[str, Array]]) -> Box:
        if node.op == "state":
            low, high = (e[node.data] for e in ends)
            return Box(low, high, np.zeros(low.shape, dtype=bool))
        leaf = self._leaf(node, ends)
        if leaf is not None:
            return leaf
        if node.op == "contract":
            return _contracted(node, found)
        if node.op in ("sum", "peak"):
            return _reduced(node, found)
        width = len(node.axes)
        aligned: dict[Any, Box] = {(a, p): _aligned(found[a], p, width) for a, p in node.args}
        return rule(node.op)(*(aligned[key] for key in node.args)).map(lambda a: np.broadcast_to(a, self._shape(node, a)))

    def _shape(self, node: Node, a: Array) -> tuple[int, ...]:
        """Batch axis in front, of length 1 where nothing varies."""
        return (a.shape[0] if a.ndim > len(node.axes) else 1, *(self._sizes[axis] for axis in node.axes))

    def _leaf(self, node: Node, ends: tuple[dict[str, Array], dict[str, Array]]) -> Box | None:
        sizes = [self._sizes[axis] for axis in node.axes]
        if node.op == "const":
            return _number(node.data)
        if node.op == "parameter":
            return Box.of(*self._ends(node.data))
        if node.op == "eye":
            return Box.point(np.eye(sizes[0])[None])
        if node.op == "arange":
            return Box.point(np.arange(float(sizes[0]))[None])
        if node.op == "time":
            return Box.point(np.zeros(1)).map(lambda a: a)
        return self._diagonal(node, ends) if node.op == "diagonal" else None

    def _ends(self, name: str) -> tuple[Array, Array]:
        """Lows and highs of a parameter, with a batch axis."""
        low, high = self._intervals.get(name, (self._params[name],) * 2)
        return np.asarray(low)[None], np.asarray(high)[None]

    def _diagonal(self, node: Node, ends: tuple[dict[str, Array], dict[str, Array]]) -> Box:
        kind, name, places = node.data
        letters = "".join(chr(97 + p) for p in places)
        pattern = f"Z{letters}->Z{''.join(chr(97 + k) for k in range(len(node.axes)))}"
        low, high = (e[name] for e in ends) if kind == "state" else self._ends(name)
        low, high = np.einsum(pattern, low), np.einsum(pattern, high)
        return Box(low, high, np.zeros(low.shape, dtype=bool))


def _number(value: float) -> Box:
    """A number of the formulas, (1,): one of more than 26 bits was rounded, maybe thrice as it was folded into others, and is widened.

    Sums of such numbers that cancel before they are folded are not covered; what must be, comes as a parameter with its exact value.
    """
    a = np.array([value])
    short = not np.isfinite(value) or float(np.frexp(value)[0] * 2**26).is_integer()
    return Box.point(a) if short else widened(a, a, ulps=4)


def _aligned(box: Box, places: Sequence[int], width: int) -> Box:
    """With the batch axis in front and an axis for each label of the result, of length 1 where the argument has none."""
    order = sorted(range(len(places)), key=lambda k: places[k])
    missing = [1 + p for p in range(width) if p not in places]

    def change(a: Array) -> Array:
        return np.expand_dims(a.transpose(0, *(1 + k for k in order)), missing)

    return box.map(change)


def _reduced(node: Node, found: Mapping[Node, Box]) -> Box:
    (a, places) = node.args[0]
    gone = tuple(1 + k for k, p in enumerate(places) if p >= len(node.axes))
    kept = [p for p in places if p < len(node.axes)]
    box = found[a]
    reduce = np.add.reduce if node.op == "sum" else np.maximum.reduce
    terms = int(np.prod([box.low.shape[k] for k in gone], dtype=int))
    low, high = reduce(box.low, axis=gone), reduce(box.high, axis=gone)
    jumps = np.logical_or.reduce(box.jumps, axis=gone)
    if node.op == "sum":
        # Sums in any order are off by γ_{n-1} Σ|x| < 2 n u Σ|x| less 2 u Σ|x|, for the rounding of the rest.
        slack = terms * ULP * np.add.reduce(np.maximum(np.abs(box.low), np.abs(box.high)), axis=gone)
        result = widened(low - slack, high + slack, Box(low, high, jumps))
    else:
        result = Box(low, high, jumps)
    return _aligned(result, kept, len(node.axes))


def _contracted(node: Node, found: Mapping[Node, Box]) -> Box:
    """Σ a b by midpoints and radii."""
    (a, pa), (b, pb) = node.args
    x, y = found[a], found[b]
    pattern = f"Z{_letters(pa)},Z{_letters(pb)}->Z{_letters(range(len(node.axes)))}"

    def product(u: Array, v: Array) -> Array:
        rows = max(len(u), len(v))
        return np.einsum(pattern, *(np.broadcast_to(w, (rows, *w.shape[1:])) for w in (u, v)), optimize=True)

    sizes = {p: n for box, places in ((x, pa), (y, pb)) for p, n in zip(places, box.low.shape[1:], strict=True)}
    terms = prod(n for p, n in sizes.items() if p >= len(node.axes))
    middle, radius = midrad_product(x.middle, x.radius, y.middle, y.radius, product, terms)
    jumps = np.zeros(middle.shape, dtype=bool)
    if x.jumps.any() or y.jumps.any():
        jumps = product(x.jumps.astype(float), np.ones(y.low.shape)) + product(np.ones(x.low.shape), y.jumps.astype(float)) > 0
    return widened(middle - radius, middle + radius, Box(middle, middle, jumps))


def _letters(places: Any) -> str:
    return "".join(chr(97 + p) for p in places)

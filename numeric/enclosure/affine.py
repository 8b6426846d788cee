"""A program on a box as affine forms: f(y) = c + A (y - m) + B ε ± e for every y of the box, and a box for every node on the way.

Each node is bounded by interval rules and by its form, whichever says more. What is no sum or product becomes a line
(`numeric.enclosure.lines`) and an ε for its distance from it; where no line is known, the interval's middle and an ε.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.bound import Bound
from numeric.enclosure.alignment import aligned, product, spread_over
from numeric.enclosure.bends import square_bend
from numeric.enclosure.curves import bend_of, function_of
from numeric.enclosure.form import Form, U, add, constant, contracted, multiply, scaled, summed, with_symbols
from numeric.enclosure.lines import corner, line
from numeric.graph import Node
from numeric.intervals.boxes import Box
from numeric.intervals.enclose import Enclosure, Intervals
from numeric.intervals.rules import rule

Array = NDArray[Any]
# Symbols beyond which distances from lines are no longer told apart.
SYMBOLS = 600
LINEAR = ("add", "subtract", "negative", "sum")


@dataclass(frozen=True)
class Linear:
    """f = center + parts ε ± error, rows packed: (rows, n), (rows, n, K), (rows, n). reach: ρ, (rows, K); the first n are the states'.

    origin: (rows or 1, K - n, n), how much of each other ε comes from each state; hull: the interval of f; jumps: where it may jump.
    """

    center: Array
    parts: Array
    error: Array
    reach: Array
    origin: Array
    hull: Box


class AffineEnclosure:
    """A bound model's flow on boxes of packed rows."""

    def __init__(self, model: Bound, width: int, intervals: Intervals | None = None) -> None:
        """Lower the flow, for states of `width` packed components; `intervals` of parameters that are not doubles."""
        self._boxes = Enclosure(model, width, "flow", careful=False, intervals=intervals)
        self._packing, self._sizes = model.packing(width)
        self.width, self._symbols = width, {}
        taken = width
        for node in self._boxes.order:
            count = prod(self._sizes[a] for a in node.axes)
            if node.varies and node.op not in ("state", "diagonal") and not _is_linear(node) and taken + count <= width + SYMBOLS:
                self._symbols[node] = slice(taken, taken + count)
                taken += count
        self.symbols = taken

    def __call__(self, low: Array, high: Array) -> Linear:
        """The outputs, those of a kind like the state, on boxes [low, high] (rows, n)."""
        return _Walk(self, np.asarray(low, np.float64), np.asarray(high, np.float64)).outputs()


class _Walk:
    """One walk through the program."""

    def __init__(self, owner: AffineEnclosure, low: Array, high: Array) -> None:
        self.owner, self.rows = owner, len(low)
        states = Box.of(low, high)
        self.middle, self.radius = states.middle, states.radius
        self.reach = np.zeros((self.rows, owner.symbols))
        self.reach[:, : owner.width] = self.radius
        self.origin = np.zeros((self.rows, owner.symbols - owner.width, owner.width))
        self.forms: dict[Node, Form] = {}
        self.boxes: Mapping[Node, Box] = {}
        self.boxes = owner._boxes.nodes(low, high, self._known)

    def outputs(self) -> Linear:
        """The outputs as packed rows."""
        own, rows, K = self.owner, self.rows, self.owner.symbols
        parts = {name: self._output(v.node, [where.index(i) for i in v.where], where) for name, v, where in own._boxes._outputs}
        found = [parts[name] for name in own._packing.names]
        center = np.concatenate([np.reshape(a[0], (rows, -1)) for a in found], 1)
        error = np.concatenate([np.reshape(a[2], (rows, -1)) for a in found], 1)
        slopes = np.concatenate([np.reshape(a[1], (rows, -1, K)) for a in found], 1)
        hull = Box(*(np.concatenate([np.reshape(getattr(a[3], w), (rows, -1)) for a in found], 1) for w in ("low", "high", "jumps")))
        return Linear(center, slopes, error, self.reach, self.origin, hull)

    def _output(self, node: Node, places: list[int], where: Any) -> tuple[Array, Array, Array, Box]:
        shape = (self.rows, *(self.owner._sizes[i.axis] for i in where))
        form = self._form(node).change(lambda a, behind: aligned(a, places, len(where), behind))
        parts = np.zeros((1,) * (len(shape) + 1)) if form.parts is None else form.parts
        box = self.boxes[node].map(lambda a: np.broadcast_to(aligned(a, places, len(where), 0), shape))
        full = np.broadcast_to(parts, (*shape, self.owner.symbols))
        return np.broadcast_to(form.center, shape), full, np.broadcast_to(form.error, shape), box

    def _known(self, node: Node, box: Box, found: Mapping[Node, Box]) -> Box:
        """The form of a node that varies, and its box made narrower by it."""
        self.boxes = found
        form = self.forms[node] = self._made(node, box)
        bounds = form.range
        low, high = np.maximum(box.low, bounds.low), np.minimum(box.high, bounds.high)
        if node.op == "contract" and node.args[0] == node.args[1]:
            low = np.maximum(low, 0.0)
        crossed = low > high
        return Box(np.where(crossed, box.low, low), np.where(crossed, box.high, high), np.broadcast_to(box.jumps, low.shape))

    def _form(self, node: Node) -> Form:
        return self.forms[node] if node.varies else constant(self.boxes[node], self.reach)

    def _args(self, node: Node) -> list[Form]:
        width = len(node.axes)
        return [self._form(a).change(lambda x, behind, p=p: aligned(x, p, width, behind)) for a, p in node.args]  # type: ignore[misc]

    def _made(self, node: Node, box: Box) -> Form:
        if node.op in ("state", "diagonal"):
            return self._state(node, box)
        if node.op in ("maximum", "minimum", "absolute"):
            return self._cornered(node, box)
        if node.op == "contract":
            return self._squares(node) if node.args[0] == node.args[1] else self._contracted(node)
        if node.op == "sum":
            return self._summed(node)
        if node.op in ("add", "subtract"):
            x, y = self._args(node)
            return add(x, y, 1.0 if node.op == "add" else -1.0)
        if node.op == "negative":
            return scaled(self._args(node)[0], np.array(-1.0))
        if node.op == "multiply" and node.args[0] != node.args[1]:
            self._trace(node)
            x, y = self._args(node)
            return multiply(x, y, self.owner._symbols.get(node))
        if node.op == "divide" and not node.args[1][0].varies:
            x, y = self._args(node)
            inverse = rule("reciprocal")(Box.of(y.center - y.error, y.center + y.error))
            return scaled(x, inverse.middle, inverse.radius)
        return self._lined(node, box)

    def _state(self, node: Node, box: Box) -> Form:
        """The states' own symbols; of a diagonal or of what is no state, an interval."""
        if node.op == "diagonal":
            return self._interval(node, box)
        packing, n = self.owner._packing, self.owner.symbols
        part = packing.part(node.data)
        shape = box.low.shape[1:]
        parts = np.zeros((1, part.stop - part.start, n))
        parts[0, np.arange(part.stop - part.start), np.arange(part.start, part.stop)] = 1.0
        center = self.middle[:, part].reshape(self.rows, *shape)
        return Form(center, parts.reshape(1, *shape, n), np.zeros((1,) * center.ndim), self.reach)

    def _interval(self, node: Node, box: Box) -> Form:
        """Middle and radius, with an ε of its own."""
        self._trace(node)
        # An unbounded entry has nothing to say: an infinite radius takes part in no sum.
        center, radius = box.middle, np.where(np.isfinite(box.radius), box.radius, np.inf)
        form = Form(center, np.zeros((1,) * center.ndim + (self.owner.symbols,)), np.zeros((1,) * center.ndim), self.reach)
        return with_symbols(form, radius, self.owner._symbols.get(node))

    def _lined(self, node: Node, box: Box) -> Form:
        """A function of one varying quantity along its line; anything else by its interval."""
        bend, (a, places) = bend_of(node, self.boxes), node.args[0]
        if bend is None or not a.varies:
            return self._interval(node, box)
        (x,) = self._args(node)[:1]
        u = self.boxes[a].map(lambda v: aligned(v, places, len(node.axes), 0))
        self._trace(node)
        return self._lifted(node, x, *line(function_of(node, self.boxes), bend, u))

    def _lifted(self, node: Node, x: Form, alpha: Array, h: Box) -> Form:
        """α x + [h], with an ε of its own for each entry."""
        return with_symbols(_raised(scaled(x, alpha), h.middle), h.radius, self.owner._symbols.get(node))

    def _cornered(self, node: Node, box: Box) -> Form:
        """max(x, k), min(x, k) of a number k, and |x|: chords above or below a corner."""
        moving = [k for k, (a, _) in enumerate(node.args) if a.varies]
        if len(moving) != 1:
            return self._interval(node, box)
        args = self._args(node)
        a, places = node.args[moving[0]]
        x, u = args[moving[0]], self.boxes[a].map(lambda v: aligned(v, places, len(node.axes), 0))
        k = args[1 - moving[0]] if len(args) == 2 else None
        self._trace(node)
        if k is None:
            return self._lifted(node, x, *corner(u, np.zeros(()), -1.0, 1.0))
        sign = 1.0 if node.op == "maximum" else -1.0
        alpha, h = corner(u if sign > 0 else rule("negative")(u), sign * k.center, 0.0, 1.0)
        lifted = self._lifted(node, scaled(x, np.array(sign)), alpha, h)
        return add(scaled(lifted, np.array(sign)), k)

    def _squares(self, node: Node) -> Form:
        """Σ x²: each square along its line, their distances in one ε for each sum."""
        a, places = node.args[0]
        form, gone = self._form(a), tuple(1 + k for k, p in enumerate(places) if p >= len(node.axes))
        alpha, h = line(function_of(node, self.boxes), square_bend(), self.boxes[a])
        self._trace(node)
        raised = _raised(scaled(form, alpha), h.middle)
        kept = [p for p in places if p < len(node.axes)]
        total = summed(raised, gone).change(lambda x, behind: aligned(x, kept, len(node.axes), behind))
        radius = np.add.reduce(h.radius, axis=gone) * (1 + 2.0**-40)
        return with_symbols(total, aligned(radius, kept, len(node.axes), 0), self.owner._symbols.get(node))

    def _summed(self, node: Node) -> Form:
        (a, places) = node.args[0]
        gone = tuple(1 + k for k, p in enumerate(places) if p >= len(node.axes))
        kept = [p for p in places if p < len(node.axes)]
        return summed(self._form(a), gone).change(lambda x, behind: aligned(x, kept, len(node.axes), behind))

    def _contracted(self, node: Node) -> Form:
        (a, pa), (b, pb) = node.args
        self._trace(node)
        letters = ["".join(chr(97 + p) for p in q) for q in (pa, pb, range(len(node.axes)))]

        def summed_products(x: Array, y: Array, p: int, q: int) -> Array:
            return product(letters, x, y, p, q)

        mine = {p for p in (*pa, *pb) if p >= len(node.axes)}
        terms = prod(n.center.shape[1 + q.index(p)] for p in mine for n, q in [(self._form(a), pa) if p in pa else (self._form(b), pb)])
        return contracted(self._form(a), self._form(b), summed_products, terms, self.owner._symbols.get(node))

    def _held(self, parts: Array) -> Array:
        """Σ_k |D_k| ρ_k over the symbols that come from each state, (rows, axes..., n)."""
        n, flat = self.owner.width, np.abs(parts).reshape(len(parts), -1, parts.shape[-1]) * self.reach[:, None, :]
        held = flat[..., :n]
        if flat[..., n:].any():
            held = held + flat[..., n:] @ self.origin
        return held.reshape(-1, *parts.shape[1:-1], n)

    def _trace(self, node: Node) -> None:
        """Which states the new symbols of a node come from: those that its arguments' parts hold."""
        symbols = self.owner._symbols.get(node)
        if symbols is None:
            return
        n, count = self.owner.width, symbols.stop - symbols.start
        share = np.zeros((self.rows, count, n))
        for a, places in node.args:
            form = self._form(a)
            if form.parts is not None:
                held = self._held(form.parts)
                share += spread_over(held, places, node, self.owner._sizes).reshape(-1, count, n)
        total = share.sum(axis=2, keepdims=True)
        offset = symbols.start - n
        self.origin[:, offset : offset + count] = np.divide(share, total, out=np.zeros_like(share), where=total > 0)


def _raised(x: Form, by: Array) -> Form:
    """x + numbers."""
    return Form(x.center + by, x.parts, x.error + 2 * U * (np.abs(by) + x.size), x.reach)


def _is_linear(node: Node) -> bool:
    varying = [a for a, _ in node.args if a.varies]
    if node.op in LINEAR:
        return True
    if node.op in ("multiply", "contract"):
        return len(varying) < 2
    return node.op == "divide" and not node.args[1][0].varies


__all__ = ["AffineEnclosure", "Linear"]

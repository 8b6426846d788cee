"""|T D²f(z)[T⁻¹u, T⁻¹v]| <= K(r) for unit u, v and |T (z - y)| <= r: so |T (J(z) - J(y)) T⁻¹| <= r K(r).

The flow's program is walked once, and with every node go bounds of its derivatives (`numeric.steady.jets`). Its values are
enclosed by the mean value theorem, a(y) ± r |Da|, where that is narrower than the rule of its operation: a ball is far smaller
than the box around it. Nothing of the size n × n × n is made, nor the formulas of J.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from numeric.bound import Bound
from numeric.field import Array
from numeric.graph import Node
from numeric.intervals.boxes import Box
from numeric.intervals.choices import CHOICES
from numeric.intervals.enclose import Enclosure
from numeric.intervals.rules import reciprocal
from numeric.intervals.slopes import SLOPES, power_slopes, slopes
from numeric.steady.jets import (
    Factor,
    Jet,
    Places,
    along,
    composed,
    fixed,
    largest_norm,
    picked,
    product,
    spread,
    summed,
    summed_over,
    unbounded,
)
from numeric.steady.layer_jets import layer_jet
from numeric.steady.layers import Layer, opened_model
from numeric.steady.metric import Metric
from numeric.steady.tangents import tangents

SUMS = ("add", "subtract")
SHIFTS = 1e-12  # rounding of the values at y, as a share

Arg = tuple[Node, Places, Jet]
Shape = tuple[int, ...]
Exact = Mapping[Node, tuple[Array, float]]


class Curvature:
    """K of a bound model's flow around packed states."""

    def __init__(self, model: Bound, width: int, known: list[Layer] | None = None) -> None:
        """`known`: the model's layers. Activations of joint ones, of which D³L is bounded, take part as states of their own."""
        self._joint = [layer for layer in known or [] if layer.lagrangian.kind == "joint" and layer.third is not None]
        self._states, _ = model.packing(width)
        program = opened_model(model, width, self._joint)
        self._width = width + sum(layer.fibres.size for layer in self._joint)
        self._packing, _ = program.packing(self._width)
        self.program = Enclosure(program, self._width)

    @property
    def size(self) -> int:
        """How many numbers the derivatives of the largest array have."""
        return self._states.width * max(self.program.entries(node) for node in self.program.order)

    def around(self, y: Array, metric: Metric) -> Callable[[float], float]:
        """K(r), infinite where an operation of the flow has a kink in the ball, or its slopes are not known."""
        walks = self.walks(y, metric)
        outer = {name: metric.forth_norm(self._states.part(name)) for name in self._states.names}

        def K(r: float) -> float:
            walk = walks(r)
            parts = [outer[name] * walk.jet(self.program.outputs[name]).bend for name in outer]
            return float(np.linalg.norm(np.nan_to_num(parts, nan=np.inf)))

        return K

    def walks(self, y: Array, metric: Metric) -> Callable[[float], Walk]:
        """The bounds of all nodes over the ball of a radius around y."""
        jets = [layer_jet(layer, y, metric) for layer in self._joint]
        x = np.concatenate([y, *(jet.value for jet in jets)])
        center = self.program.nodes(x[None], x[None])
        exact = self._exact(np.concatenate([metric.undo(np.eye(y.size)).T, *(jet.tangents for jet in jets)], axis=1), center)
        states, added = self._inputs(metric), self._packing.names[len(self._states.names) :]

        def walked(r: float) -> Walk:
            inputs = {**states, **{name: jet.within(r, self._packing.shape(name)) for name, jet in zip(added, jets, strict=True)}}
            reach = r * np.concatenate([jet.first.reshape(-1) for jet in inputs.values()])
            walk = Walk(_Start(center, inputs, exact), r)
            with np.errstate(all="ignore"):
                self.program.nodes((x - reach)[None], (x + reach)[None], walk)
            return walk

        return walked

    def _exact(self, x: Array, center: Mapping[Node, Box]) -> Exact:
        """|Da[u]| at y, of the entries of each node and of the whole, from Dx along the columns of T⁻¹."""
        with np.errstate(all="ignore"):
            found = tangents(self.program.order, self._packing.views(x), center)
            flat = {node: D.reshape(len(D), -1) for node, D in found.items()}
            return {n: (np.sqrt((D**2).sum(axis=0)).reshape(found[n].shape[1:]), largest_norm(D[None])) for n, D in flat.items()}

    def _inputs(self, metric: Metric) -> dict[str, Jet]:
        """The states themselves: Dy_j[u] = (T⁻¹ u)_j."""
        result = {}
        for name in self._states.names:
            place, shape = self._states.part(name), self._states.shape(name)
            first = metric.reach[place].reshape(shape)
            result[name] = Jet.of(first, np.zeros(shape), metric.back_norm(place))
        return result


class _Start(NamedTuple):
    """At the centre of a ball: the values of all nodes, the jets of the states, and the exact |Da| of what has a derivative."""

    center: Mapping[Node, Box]
    inputs: Mapping[str, Jet]
    exact: Exact


class Walk:
    """The jets of nodes in the order of the program; called with each node's box, which it narrows."""

    def __init__(self, start: _Start, r: float) -> None:
        self._center, self._inputs, self._exact = start
        self._r = r
        self._jets: dict[Node, Jet] = {}

    def jet(self, node: Node) -> Jet:
        """The bounds of a node's derivatives."""
        return self._jets[node] if node.varies else fixed(self._center[node].low.shape[1:])

    def __call__(self, node: Node, box: Box, found: Mapping[Node, Box]) -> Box:
        """The box, or what a(y) ± r |Da| leaves of it."""
        if node.op == "peak":  # the shift of a sum of exponentials, which any shift leaves as it is: that of the centre
            self._jets[node] = fixed(box.low.shape[1:])
            return self._center[node]
        jet = self._jets[node] = self._held(node, self._made(node, box, found))
        center, move = self._center[node], self._r * jet.first[None]
        move = np.where(np.isnan(move), np.inf, move)
        low = np.maximum(box.low, np.where(np.isfinite(center.low), center.low - move * (1 + SHIFTS), -np.inf))
        high = np.minimum(box.high, np.where(np.isfinite(center.high), center.high + move * (1 + SHIFTS), np.inf))
        return Box(low, np.maximum(low, high), box.jumps)

    def _held(self, node: Node, jet: Jet) -> Jet:
        """|Da(z)| <= |Da(y)| + r |D²a|."""
        if node not in self._exact:
            return jet
        first, norm = self._exact[node]
        near = first + self._r * jet.second
        return Jet.of(np.fmin(jet.first, near), jet.second, float(np.fmin(jet.norm, norm + self._r * jet.bend)), jet.bend)

    def _made(self, node: Node, box: Box, found: Mapping[Node, Box]) -> Jet:
        shape, width, args = box.low.shape[1:], len(node.axes), [(a, places, self.jet(a)) for a, places in node.args]
        if node.op in ("state", "diagonal"):
            return self._read(node)
        if not np.any(box.low != box.high) or all(jet.still for *_, jet in args):
            return fixed(shape)
        if any(len(set(places)) < len(places) for _, places, _ in args) or np.any(box.jumps):
            return unbounded(shape)
        if node.op == "sum":
            _, places, jet = args[0]
            return summed_over(jet, places, width)
        if node.op in ("contract", "multiply", "divide"):
            return product(*_factors(node, args, found), width)
        return self._entrywise(node, args, shape, found, box)

    def _read(self, node: Node) -> Jet:
        """A state, or its components with equal indices."""
        if node.op == "state":
            return self._inputs[node.data]
        _, name, places = node.data
        jet = self._inputs[name]
        pattern = "".join(chr(97 + p) for p in places) + "->" + "".join(chr(97 + k) for k in range(len(node.axes)))
        return Jet.of(np.einsum(pattern, jet.first), np.einsum(pattern, jet.second), jet.norm, jet.bend)

    def _entrywise(self, node: Node, args: list[Arg], shape: Shape, found: Mapping[Node, Box], box: Box) -> Jet:
        jets, boxes = [spread(jet, places, shape) for _, places, jet in args], [found[a] for a, *_ in args]
        if node.op in SUMS:
            return summed(jets)
        if node.op in CHOICES:
            which = CHOICES[node.op](*(_aligned(b, places, shape) for b, (_, places, _) in zip(boxes, args, strict=True)))
            return picked([*jets, fixed(shape)], which)
        if node.op == "power" and not args[1][0].varies:
            return composed(jets[0], *(d[0] for d in power_slopes(boxes[0], float(boxes[1].low.reshape(-1)[0]))))
        rule = slopes(node.op)
        plain = len(args) == 1 and args[0][1] == tuple(range(len(shape)))
        return composed(jets[0], *(d[0] for d in rule(boxes[0], box))) if rule is not None and plain else unbounded(shape)


def _aligned(box: Box, places: Places, shape: Shape) -> Box:
    return box.map(lambda a: np.broadcast_to(along(a[0], places, len(shape)), shape))


def _factors(node: Node, args: list[Arg], found: Mapping[Node, Box]) -> tuple[Factor, Factor]:
    (a, pa, ja), (b, pb, jb) = args
    x, y = found[a], found[b]
    if node.op == "divide":
        inverse = reciprocal(y)
        d1, d2 = SLOPES["reciprocal"](y, inverse)
        y, jb = inverse, jb if jb.still else composed(jb, d1[0], d2[0])
    return Factor(ja, x.middle[0], x.radius[0], pa), Factor(jb, y.middle[0], y.radius[0], pb)

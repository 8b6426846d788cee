"""Sweeps at the cost of the rows that move: every block of components has its turn with a program for its rows alone.

Programs are made once for every length of a block, arrays of parameters gathered once for every block, and workspace is
shared by all. Sums that are kept up to date within a sweep are summed anew at the next, so that rounding does not add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.notation import Index
from numeric.bound import Bound
from numeric.discrete.kernels import Workspace, fixed_values
from numeric.discrete.orders import Block
from numeric.discrete.part import Moves, Part
from numeric.discrete.restricted import Restriction, linear
from numeric.formulas import outputs
from numeric.graph import Graph, Node, Value
from numeric.program import BoundProgram, Program

Array = NDArray[Any]

# Rows that move together should stay in cache while every component has its turn, as each turn reads them all, and be many,
# as each turn costs its calls. At N = 1000 chunks of 512 rows (4 MB) are best, of 128 cost 2.3 times, of 1000 1.2 times as much.
CHUNK_BYTES, LEAST_ROWS = 2**22, 64


class Turns:
    """Sweeps of a bound model over packed rows like `y`, in any order of blocks."""

    def __init__(self, bound: Bound, y: Array) -> None:
        self._packing, sizes = bound.packing(y.shape[1])
        low = bound.model.lowering(sizes, frozenset(name for name, a in bound.params.items() if not np.all(a)), careful=True)
        self._updates = {name: (value, where) for name, value, where in outputs(bound.system, low, "update")}
        self._whole, self._workspace = low.graph, Workspace()
        self._shapes = {s.name: tuple(sizes[axis] for axis in s.axes) for s in bound.system.states}
        probes = [_probe(low.graph, *update) for update in self._updates.values()]
        kept = {name: node for probe in probes for name, node in probe.kept.items()}
        self.kept = {name: BoundProgram(_whole_sum(low.graph, name, node), bound.params) for name, node in kept.items()}
        self._sums = {name: found for name, node in kept.items() if (found := linear(node))}
        self._moves, self._parts = cache(self._moves_of), dict[bytes, list[Part]]()
        fixed = {node for state in self._shapes for node, _ in self._moves(state, 1).restriction.fixed.values()}
        self._fixed = fixed_values(fixed | {s.weights for s in self._sums.values()}, sizes, bound.params)

    def sweep(self, y: Array, blocks: Iterable[Block], t: float) -> Array:
        """The packed rows (batch, n) after a turn for every block."""
        new, turns = y.copy(), [self._parts_of(block) for block in blocks]
        rows = max(LEAST_ROWS, CHUNK_BYTES // max(y.itemsize * y.shape[1], 1))
        with np.errstate(all="ignore"):  # infinities are results here, as in any program
            for first in range(0, len(y), rows):
                self._sweep(new[first : first + rows], turns, t)
        return new

    def _sweep(self, y: Array, turns: Sequence[Sequence[Part]], t: float) -> None:
        """All turns for some rows, in place."""
        inputs = {name: np.array(a, order="C") for name, a in self._packing.views(y).items()}
        sums = {name: np.empty((len(y), *bound.program.outputs[name]), y.dtype) for name, bound in self.kept.items()}
        for name, bound in self.kept.items():
            bound.run(inputs, t, {name: sums[name]}, len(y), y.dtype)
        inputs |= sums
        for parts in turns:
            targets = [part.target(inputs, t) for part in parts]
            for part, target in zip(parts, targets, strict=True):
                part.settle(inputs, target)
        for name, view in self._packing.views(y).items():
            view[...] = inputs[name]

    def _parts_of(self, block: Block) -> list[Part]:
        """The block, state by state."""
        found = self._parts.get(block.tobytes())
        if found is None:
            found = self._parts[block.tobytes()] = list(self._split(block))
        return found

    def _split(self, block: Block) -> Iterable[Part]:
        first = 0
        for name, shape in self._shapes.items():
            size = int(np.prod(shape))
            own = block[(block >= first) & (block < first + size)] - first
            if own.size:
                yield Part(name, own, shape, self._moves(name, own.size), self._fixed, self._workspace)
            first += size

    def _moves_of(self, state: str, length: int) -> Moves:
        sums = {name: s for name, s in self._sums.items() if s.local.state == state}
        return Moves(self._whole, self._updates[state], length, sums)


def _probe(whole: Graph, value: Value, where: tuple[Index, ...]) -> Restriction:
    """A restriction to one component, which shows what has to be kept."""
    found = Restriction(whole, 1)
    found.rows(value, where)
    return found


def _whole_sum(whole: Graph, name: str, node: Node) -> Program:
    """The program of a kept sum over all of the state."""
    value = Value(node, tuple(Index(f"i{k}", axis) for k, axis in enumerate(node.axes)))
    return Program(whole, [(name, value, value.where)])

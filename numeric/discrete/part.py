"""The part of a block that lies in one state: its turn, and the sums that follow its moves.

A kept sum Σ_j F_j a(s_j) moves by Σ_{j in B} F_j (a(s'_j) - a(s_j)), a product as thin as the block B.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.notation import Index
from numeric.discrete.kernels import Kernel, Workspace
from numeric.discrete.restricted import B, Chosen, LinearSum, Places, Restriction, gathered
from numeric.emit_fixed import LETTERS
from numeric.graph import Graph, Node, Value
from numeric.program import Program

Array = NDArray[Any]
Arrays = Mapping[str, Array]


class Moves:
    """The programs for any block of `length` components in one state.

    target: where they go. entrywise: the functions of them that stand in the `sums`.
    """

    def __init__(self, whole: Graph, update: tuple[Value, tuple[Index, ...]], length: int, sums: Mapping[str, LinearSum]) -> None:
        self.restriction, self.sums = Restriction(whole, length), dict(sums)
        graph, (value, where) = self.restriction.graph, update
        self.target = Program(graph, [("target", self.restriction.rows(value, where), (B,))])
        inner = [(name, self.restriction.cut(s.a, s.local.axes), (B,)) for name, s in self.sums.items()]
        self.entrywise = Program(graph, inner) if inner else None


class Part:
    """One block's components of one state of this shape, by their `numbers` in the flattened state."""

    def __init__(
        self, state: str, numbers: NDArray[np.intp], shape: tuple[int, ...], moves: Moves, fixed: Mapping[Node, Array], workspace: Workspace
    ) -> None:
        self.state, self._numbers, self._moves = state, numbers, moves
        self._at: Places = np.unravel_index(numbers, shape) if shape else ()
        own = {name: gathered(fixed[node], chosen, self._at) for name, (node, chosen) in moves.restriction.fixed.items()}
        self._target = Kernel(moves.target, own, workspace)
        self._entrywise = None if moves.entrywise is None else Kernel(moves.entrywise, own, workspace)
        self._columns = {name: s.columns(fixed[s.weights], self._at) for name, s in moves.sums.items()}

    def target(self, inputs: Arrays, t: float) -> Array:
        """Where the components go, (rows, entries); `inputs` holds all states and kept sums, (rows, axes...)."""
        state = inputs[self.state]
        new = np.empty((len(state), self._numbers.size), state.dtype)
        self._target.run(self._with_turn(inputs, self._target.states), t, [new])
        return new

    def settle(self, inputs: Arrays, new: Array) -> None:
        """Move the components there, and the sums after them."""
        before = self._functions(inputs)
        inputs[self.state].reshape(len(new), -1)[:, self._numbers] = new
        for name, old, now in zip(self._columns, before, self._functions(inputs), strict=True):
            step = now - old
            moved = np.flatnonzero(step.any(axis=1))  # near a fixed point hardly any row moves
            kept = inputs[name].reshape(len(new), -1)
            kept[moved] += step[moved] @ self._columns[name].astype(step.dtype, copy=False)

    def _functions(self, inputs: Arrays) -> list[Array]:
        """The entrywise functions of the components that stand in the kept sums."""
        state = inputs[self.state]
        found = [np.empty((len(state), self._numbers.size), state.dtype) for _ in self._columns]
        if self._entrywise is not None:
            self._entrywise.run(self._with_turn(inputs, self._entrywise.states), 0.0, found)
        return found

    def _with_turn(self, inputs: Arrays, names: Iterable[str]) -> dict[str, Array]:
        """The inputs of these names; a state's entries at the block are gathered as they stand now."""
        return {name: inputs[name] if name in inputs else self._entries(inputs, *self._moves.restriction.inputs[name]) for name in names}

    def _entries(self, inputs: Arrays, node: Node, chosen: Chosen) -> Array:
        if node.op == "state":
            return np.ascontiguousarray(gathered(inputs[node.data], chosen, self._at, lead=1))
        letters = "".join(LETTERS[p] for p in node.data[2])
        diagonal = np.einsum(f"Z{letters}->Z{LETTERS[: len(node.axes)]}", inputs[node.data[1]])
        return np.ascontiguousarray(gathered(diagonal, chosen, self._at, lead=1))

"""The rows B of an array need only the rows B of what it is made of: h_B = Σ_j W_Bj s_j reads no other row of W.

A graph is made again for the entries of a block: a node that is read along an index of the moving state is read along
the block instead, down to its leaves, which are gathered. So the cost of a turn is that of its own rows. What the block's
index does not reach would still be computed in full, such as the overlaps m_μ = Σ_j ξ_μj s_j behind a hidden layer; where
such a sum is linear in entrywise functions of one state it becomes an input, `kept` up to date by whoever runs the program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.notation import Index
from numeric.graph import Graph, Node, Value

# The axis of a block; no user's axis is called so, as it is no identifier.
BLOCK = "the block"
B = Index("b", BLOCK)

# For each axis of a node: which axis of the moving state it is read along at the block's entries; None: all of it.
Chosen = tuple[int | None, ...]
Places = tuple[NDArray[np.intp], ...]  # of the block's entries, along each axis of the state


def gathered(array: NDArray[Any], chosen: Chosen, at: Places, lead: int = 0) -> NDArray[Any]:
    """The entries of `array` at the block, along one axis that stands where the first chosen one stood; `lead` axes come before.

    >>> gathered(np.arange(6).reshape(2, 3), (1, 0), (np.array([2, 0]), np.array([1, 0])))
    array([5, 0])
    """
    axes = [lead + k for k, c in enumerate(chosen) if c is not None]
    if not axes:
        return array
    picks = [at[c] for c in chosen if c is not None]
    if len(axes) == 1 and (len(picks[0]) == 1 or np.all(np.diff(picks[0]) == 1)):  # neighbours are a view: half the memory of W at large N
        return array[(slice(None),) * axes[0] + (slice(int(picks[0][0]), int(picks[0][-1]) + 1),)]
    front = np.moveaxis(array, axes, range(len(axes)))[tuple(picks)]
    return np.moveaxis(front, 0, axes[0])


@dataclass(frozen=True)
class Local:
    """A node that is an entrywise function of one state: `axes` says which of the state's axes each of its own is."""

    state: str
    axes: tuple[int, ...]


class Restriction:
    """A graph for blocks of one length, made from the graph of the whole.

    fixed: the leaves that hold gathered arrays of parameters, by name. inputs: those that hold a state's entries at the
    block. kept: those that hold sums of the whole state.
    """

    def __init__(self, whole: Graph, length: int) -> None:
        self.graph = Graph({**whole.sizes, BLOCK: length})
        self.fixed: dict[str, tuple[Node, Chosen]] = {}
        self.inputs: dict[str, tuple[Node, Chosen]] = {}
        self.kept: dict[str, Node] = {}
        self._made: dict[tuple[Node, Chosen], Value] = {}

    def rows(self, value: Value, where: Sequence[Index]) -> Value:
        """The value at the block's entries, where its free indices `where` are the axes of the moving state."""
        return self.cut(value.node, tuple(where.index(i) for i in value.where))

    def cut(self, node: Node, chosen: Chosen) -> Value:
        """The node with its chosen axes read along the block."""
        found = self._made.get((node, chosen))
        if found is None:
            found = self._made[node, chosen] = self._cut(node, chosen)
        return found

    def _cut(self, node: Node, chosen: Chosen) -> Value:
        if node.op == "const":
            return self.graph.const(node.data)
        index = {p: B if c is not None else Index(f"i{p}", node.axes[p]) for p, c in enumerate(chosen)}
        where = list(dict.fromkeys(index.values()))
        leaf = self._leaf(node, chosen)
        if leaf is not None:
            return self.graph.leaf(*leaf, where=where, varies=leaf[0] != "parameter")
        along = {p: chosen[p] if p < len(chosen) else None for _, places in node.args for p in places}
        index |= {p: Index(f"i{p}", axis) for a, places in node.args for p, axis in zip(places, a.axes, strict=True) if along[p] is None}
        args = [
            Value(self.cut(a, tuple(along[p] for p in places)).node, tuple(dict.fromkeys(index[p] for p in places)))
            for a, places in node.args
        ]
        return self.graph.make(node.op, args, where, node.data, node.varies, node.boolean)

    def _leaf(self, node: Node, chosen: Chosen) -> tuple[str, str] | None:
        """The leaf that holds the node's entries at the block, as its kind and name; None for what is computed from others."""
        if not node.varies:
            return "parameter", _entered(self.fixed, f"fixed{node.number}", node, chosen)
        if node.op == "time":
            return "time", "t"
        if node.op in ("state", "diagonal"):
            whole = node.op == "state" and all(c is None for c in chosen)
            return "state", node.data if whole else _entered(self.inputs, f"turn{node.number}", node, chosen)
        if all(c is None for c in chosen) and linear(node) is not None:
            self.kept[f"kept__{node.number}"] = node
            return "state", f"kept__{node.number}"
        return None


def _entered(leaves: dict[str, tuple[Node, Chosen]], stem: str, node: Node, chosen: Chosen) -> str:
    name = f"{stem}__{'_'.join('' if c is None else str(c) for c in chosen)}"
    leaves[name] = node, chosen
    return name


def local(node: Node) -> Local | None:
    """Whether the node is an entrywise function of one state, over exactly its axes, and of fixed arrays."""
    if node.op == "state":
        return Local(node.data, tuple(range(len(node.axes))))
    if not node.varies or node.op in ("time", "contract", "sum", "peak", "diagonal"):
        return None
    inner = [(local(a), places) for a, places in node.args if a.varies]
    read = {(p, axis) for known, places in inner if known for p, axis in zip(places, known.axes, strict=True)}
    states = {known.state if known else None for known, _ in inner}
    every = list(range(len(node.axes)))
    one = len(states) == 1 and sorted(p for p, _ in read) == every == sorted(axis for _, axis in read)
    state = states.pop() if one else None
    return Local(state, tuple(axis for _, axis in sorted(read))) if state else None


@dataclass(frozen=True)
class LinearSum:
    """Σ F a over all axes of an entrywise function a of one state, with fixed `weights` F.

    `places` are the labels of F's axes; those below `rank` stay, the others are summed, and `chosen` says along which
    axis of the state.
    """

    a: Node
    local: Local
    weights: Node
    chosen: Chosen
    places: tuple[int, ...]
    rank: int

    def columns(self, weights: NDArray[Any], at: Places) -> NDArray[Any]:
        """F at the block's entries as a matrix (entries, what stays): the sum moves by (a(s') - a(s)) F."""
        taken = [k for k, c in enumerate(self.chosen) if c is not None]
        front = np.moveaxis(gathered(weights, self.chosen, at), taken[0], 0)
        stay = [p for p in self.places if p < self.rank]
        return front.transpose(0, *(1 + stay.index(p) for p in range(self.rank))).reshape(len(front), -1)


def linear(node: Node) -> LinearSum | None:
    """The node as a sum that is linear in an entrywise function of one state, if it is one."""
    if node.op != "contract":
        return None
    rank = len(node.axes)
    for (a, pa), (f, pf) in (node.args, node.args[::-1]):
        inner = local(a) if a.varies and not f.varies else None
        if inner is not None and all(p >= rank and p in pf for p in pa) and all(p in pa or p < rank for p in pf):
            chosen = tuple(inner.axes[pa.index(p)] if p in pa else None for p in pf)
            return LinearSum(a, inner, f, chosen, pf, rank)
    return None

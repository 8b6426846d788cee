"""How a box was cut: TREE = mark of a leaf | [component in packed order, point, TREE below, TREE above].

Marks of a search for zeros: "." no zero lies there, k no other than zero k, "m0" its mirror image 0 was searched in its place, "?" left
open. Marks of an inequality: "." it holds there by itself, k the leaf lies in a region with an argument of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
OPEN = None


@dataclass
class Tree:
    """Nodes by number; node 0 is the whole box.

    >>> tree = Tree()
    >>> below, above = tree.cut(0, 0, 0.5)
    >>> tree.close(below)
    >>> tree.data()
    [0, 0.5, '.', '?']
    """

    nodes: list[Any] = field(default_factory=lambda: [OPEN])

    def cut(self, node: int, component: int, point: float) -> tuple[int, int]:
        """Split a node in two; the numbers of the parts below and above."""
        below = len(self.nodes)
        self.nodes += [OPEN, OPEN]
        self.nodes[node] = (component, point, below, below + 1)
        return below, below + 1

    def close(self, node: int, mark: Any = ".") -> None:
        """Make a node a leaf."""
        self.nodes[node] = mark

    def cut_each(self, nodes: Array, components: Array, points: Array) -> tuple[Array, Array]:
        """Split nodes in two; the numbers of their parts."""
        cuts = zip(nodes.tolist(), components.tolist(), points.tolist(), strict=True)
        parts = np.array([self.cut(*c) for c in cuts], dtype=int).reshape(-1, 2)
        return parts[:, 0], parts[:, 1]

    def close_each(self, nodes: Array, marks: Any = ".") -> None:
        """Make nodes leaves, with one mark for all or one for each."""
        for node, mark in zip(nodes.tolist(), [marks] * len(nodes) if isinstance(marks, str) else marks, strict=True):
            self.nodes[node] = mark

    def data(self, node: int = 0, renamed: Mapping[Any, Any] | None = None) -> Any:
        """The tree as nested lists, with other marks where `renamed` says so; deep ones need no recursion."""
        marks, made = {OPEN: "?", **(renamed or {})}, dict[int, Any]()
        for k in range(len(self.nodes) - 1, -1, -1):
            n = self.nodes[k]
            made[k] = [n[0], n[1], made.pop(n[2]), made.pop(n[3])] if isinstance(n, tuple) else marks.get(n, n)
        return made[node]

    @property
    def is_open(self) -> bool:
        """Whether the whole is no leaf."""
        return isinstance(self.nodes[0], tuple) or self.nodes[0] is OPEN

    @property
    def leaves(self) -> int:
        """The number of leaves."""
        return sum(not isinstance(n, tuple) for n in self.nodes)


def leaf_boxes(data: Any, low: Array, high: Array) -> Iterator[tuple[Any, Array, Array]]:
    """(mark, low, high) of each leaf of a tree as data.

    >>> [(m, a.tolist(), b.tolist()) for m, a, b in leaf_boxes([0, 0.5, ".", 3], np.array([0.0]), np.array([1.0]))]
    [('.', [0.0], [0.5]), (3, [0.5], [1.0])]
    """
    stack = [(data, low, high)]
    while stack:
        t, a, b = stack.pop()
        if not isinstance(t, (list, tuple)):
            yield t, a, b
            continue
        k, point, below, above = t
        top, bottom = b.copy(), a.copy()
        top[k] = bottom[k] = point
        stack += [(above, bottom, b), (below, a, top)]


__all__ = ["Tree", "leaf_boxes"]

"""How a box was split: a leaf "." that holds by itself, a leaf k that lies in a region with an argument of its own, or a cut.

TREE = "." | k | [component in packed order, split point, TREE below, TREE above]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
OPEN = None


@dataclass
class Tree:
    """Nodes by number; node 0 is the whole box."""

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

    def data(self, node: int = 0) -> Any:
        """The tree as nested lists; deep ones need no recursion."""
        made: dict[int, Any] = {}
        for k in range(len(self.nodes) - 1, -1, -1):
            n = self.nodes[k]
            made[k] = [n[0], n[1], made[n[2]], made[n[3]]] if isinstance(n, tuple) else n
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

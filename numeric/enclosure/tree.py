"""How a box was cut into leaves: [component, point, left, right] at a cut, and at a leaf one of

"."   no zero lies there          k    no other than zero k           "m0"   its mirror image 0 was searched in its place
"?"   left open
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
NOTHING, OPEN, MIRRORED = -1, -2, -10


class Tree:
    """Nodes by number, in arrays that grow; node 0 is the whole box."""

    def __init__(self) -> None:
        self.component, self.point, self.left = [OPEN], [0.0], [0]
        # component: of a cut, else OPEN or, of a closed leaf, NOTHING, with a code as its point. left: the first of two children.

    def cut(self, nodes: Array, components: Array, points: Array) -> tuple[Array, Array]:
        """Cut these nodes and number their halves."""
        first = len(self.left) + 2 * np.arange(len(nodes))
        for node, c, p, child in zip(nodes.tolist(), components.tolist(), points.tolist(), first.tolist(), strict=True):
            self.component[node], self.point[node], self.left[node] = c, p, child
        count = 2 * len(nodes)
        self.component += [OPEN] * count
        self.point += [0.0] * count
        self.left += [0] * count
        return first, first + 1

    def close(self, nodes: Array, zeros: Array | int = NOTHING) -> None:
        """These hold nothing, or zero k and no other."""
        for node, k in zip(nodes.tolist(), np.broadcast_to(zeros, len(nodes)).tolist(), strict=True):
            self.component[node], self.point[node] = NOTHING, float(k)

    def mirror(self, nodes: Array, mirrors: Array) -> None:
        """What lies there, a mirror image of it lies elsewhere."""
        self.close(nodes, MIRRORED - mirrors)

    def __len__(self) -> int:
        return len(self.component)

    def data(self, renamed: dict[int, Any]) -> Any:
        """Nested lists, the zeros called as `renamed` says; made from the leaves up, for trees are deep."""
        found: list[Any] = [None] * len(self)
        for node in range(len(self) - 1, -1, -1):
            c = self.component[node]
            if c >= 0:
                a = self.left[node]
                found[node] = [c, self.point[node], found[a], found[a + 1]]
                found[a] = found[a + 1] = None
            else:
                found[node] = "?" if c == OPEN else _leaf(int(self.point[node]), renamed)
        return found[0]


def _leaf(code: int, renamed: dict[int, Any]) -> Any:
    return f"m{MIRRORED - code}" if code <= MIRRORED else "." if code < 0 else renamed.get(code, ".")


def depth_of(data: Any) -> int:
    """The most cuts between the root and a leaf.

    >>> depth_of([0, 0.5, ".", [1, 0.25, 0, "."]])
    2
    """
    return max((d for d, _ in _walked(data)), default=0)


def _walked(data: Any) -> Iterator[tuple[int, Any]]:
    pending = [(0, data)]
    while pending:
        d, node = pending.pop()
        if isinstance(node, list):
            pending += [(d + 1, node[2]), (d + 1, node[3])]
        yield d, node


__all__ = ["Tree", "depth_of"]

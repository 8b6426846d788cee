"""Which memory each array of a kernel lives in: the result itself, an operand that dies, or a free workspace buffer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod

from amsym.notation import Index
from numeric.graph import Node, Value

LEAVES = ("state", "time")
# Not entrywise: these read their arguments while they write their result.
WHOLE = ("contract", "sum", "peak", "diagonal", "printed", "where")


def ordered(values: Iterable[Value]) -> list[Node]:
    """All nodes that the values need, arguments first."""
    found: dict[Node, None] = {}

    def visit(node: Node) -> None:
        if node not in found:
            for a, _ in node.args:
                visit(a)
            found[node] = None

    for v in values:
        visit(v.node)
    return list(found)


def entrywise_args(node: Node) -> list[Node]:
    """Arguments of the shape of the node's result, read entry by entry: its result may overwrite them."""
    if node.op in WHOLE:
        return []
    straight = tuple(range(len(node.axes)))
    fits = [a for a, places in node.args if a.varies and places == straight and a.boolean == node.boolean and a.op not in LEAVES]
    return [a for a in fits if [b for b, _ in node.args].count(a) == 1]


class Buffers:
    """Hands out workspace buffers by entries per row, and takes them back after the last use."""

    def __init__(self, sizes: Mapping[str, int], order: Sequence[Node], outputs: Sequence[tuple[str, Value, tuple[Index, ...]]]) -> None:
        self._sizes = sizes
        self._last = {a: n for n, node in enumerate(order) for a, _ in node.args}
        self._last |= {v.node: len(order) for _, v, _ in outputs}
        self.home: dict[Node, str] = _results(order, self._last, outputs)
        self.kinds: list[tuple[int, bool]] = []
        self._free: dict[tuple[int, bool], list[int]] = {}

    def entries(self, node: Node) -> int:
        """The number of entries in a row of the node's array."""
        return prod(self._sizes[a] for a in node.axes)

    def place(self, step: int, node: Node) -> None:
        """Give the node's result a home."""
        if node in self.home:
            return
        for a in entrywise_args(node):
            if self._last[a] == step and self.home[a].startswith("w"):
                self.home[node] = self.home[a]
                return
        self.home[node] = self.take(self.entries(node), node.boolean)

    def take(self, entries: int, boolean: bool = False) -> str:
        """A free buffer, a new one where there is none."""
        free = self._free.setdefault((entries, boolean), [])
        if free:
            return f"w{free.pop()}"
        self.kinds.append((entries, boolean))
        return f"w{len(self.kinds) - 1}"

    def release(self, name: str) -> None:
        """Take a buffer back."""
        number = int(name[1:])
        self._free[self.kinds[number]].append(number)

    def release_after(self, step: int, node: Node) -> None:
        """Take back what the node read for the last time."""
        for a in dict.fromkeys(a for a, _ in node.args):
            home = self.home.get(a, "")
            if self._last[a] == step and home.startswith("w") and home != self.home.get(node):
                self.release(home)


def _results(order: Sequence[Node], last: Mapping[Node, int], outputs: Sequence[tuple[str, Value, tuple[Index, ...]]]) -> dict[Node, str]:
    """The nodes that are computed in the result's own memory: the result, and the chain of operands that die in it."""
    home: dict[Node, str] = {}
    step = {node: n for n, node in enumerate(order)}
    for name, value, where in outputs:
        node: Node | None = value.node
        if not value.node.varies or value.where != where or value.node.op in LEAVES or value.node in home:
            continue
        while node is not None:
            home[node] = f"out_{name}"
            dying = [a for a in entrywise_args(node) if last[a] == step[node] and a not in home]
            node = min(dying, key=lambda a: (a.op != "contract", -a.number)) if dying else None
    return home

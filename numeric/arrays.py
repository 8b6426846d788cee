"""What generated source calls its arrays: fixed ones, states, buffers and results, and views of them made once."""

from __future__ import annotations

from collections.abc import Sequence

from numeric.buffers import Buffers
from numeric.emit_fixed import fixed_name
from numeric.graph import Graph, Node
from numeric.views import labels_of, suffix


class Arrays:
    """Names by node.

    `needed`: the arguments of `prepare`, and the expressions that make them from fixed nodes.
    `static` and `head`: lines that make views, once in `prepare`, or at the head of each run for states and results.
    """

    def __init__(self, graph: Graph, buffers: Buffers) -> None:
        self._graph, self._buffers = graph, buffers
        self.needed: dict[str, str] = {}
        self.static: list[str] = []
        self.head: list[str] = []
        self._made: dict[str, str] = {}  # view expressions and their names
        self._of: dict[str, str] = {}  # and the other way round

    def name(self, node: Node) -> str:
        """The variable that holds the node's array, or a literal number."""
        if not node.varies:
            return fixed_name(node)
        if node.op == "state":
            return f"in_{node.data}"
        return "t" if node.op == "time" else self._buffers.home[node]

    def shaped(self, node: Node) -> str:
        """The node's array in its own shape; buffers are (rows, entries)."""
        name = self.name(node)
        if name.startswith("w") and len(node.axes) != 1:
            return self.view(name, f".reshape({', '.join(['rows', *(str(self._graph.sizes[a]) for a in node.axes)])})")
        return name

    def view(self, name: str, code: str) -> str:
        """A name for a view of an array or of a view, such as `.transpose(1, 0)`; each is made once."""
        if not code:
            return name
        expression = self._of.get(name, name) + code
        if expression not in self._made:
            made = self._made[expression] = f"v{len(self._made)}"
            self._of[made] = expression
            lines = self.head if expression.startswith(("in_", "out_", "t.", "t[")) else self.static
            lines.append(f"{made} = {expression}")
        return self._made[expression]

    def seen(self, node: Node, code: str) -> str:
        """A view of the node's array in its own shape."""
        return self.view(self.shaped(node), code)

    def constant(self, name: str, made: str) -> str:
        """A fixed array that `prepare` needs, made by an expression in `fixed`."""
        self.needed.setdefault(name, made)
        return name

    def aligned(self, node: Node, places: Sequence[int], wanted: Sequence[int]) -> str:
        """The array as an operand along `wanted`."""
        if node.op == "const":
            return fixed_name(node)
        code = suffix(labels_of(node, places), wanted)
        if not node.varies:
            return self.view(self.constant(fixed_name(node), fixed_name(node)), code)
        return self.seen(node, code)

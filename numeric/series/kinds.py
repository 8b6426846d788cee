"""What kind of node is which: those that stand still, sums that are one sum, and what computes a value at order 0."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from numeric.graph import Node
from numeric.program import NAMES
from numeric.series.choices import bracket
from numeric.series.functions import callee

# Piecewise constant: a value and no slope.
COMPARISONS = ("equal", "not_equal", "greater", "less", "greater_equal", "less_equal")
FLAT = frozenset(
    (*COMPARISONS, "sign", "floor", "ceil", "heaviside", "peak", "bracket", "logical_not", "logical_and", "logical_or", "logical_xor")
)
ADDITIVE = {"add": (1.0, 1.0), "subtract": (1.0, -1.0), "negative": (-1.0,)}


def still_nodes(order: Sequence[Node]) -> set[Node]:
    """The nodes that have a value and no slope, the fixed ones among them."""
    found: set[Node] = set()
    for node in order:
        made = bool(node.args) and all(a in found for a, _ in node.args)
        if not node.varies or node.op in FLAT or made:
            found.add(node)
    return found


def inner_sums(order: Sequence[Node], uses: Mapping[Node, int], still: Collection[Node]) -> set[Node]:
    """The sums, and multiples by a number, that one other sum reads and nothing else: they are summed with it in one pass."""
    found: set[Node] = set()
    for node in order:
        if node.op in ADDITIVE:
            found |= {a for a, _ in node.args if uses[a] == 1 and a not in still and _summable(a)}
    return found


def _summable(node: Node) -> bool:
    return node.op in ADDITIVE or (node.op == "multiply" and any(a.op == "const" for a, _ in node.args))


def name_of(node: Node) -> str:
    """What a node computes, as an error calls it."""
    return str(node.data).format(*"uvw") if node.op == "printed" else node.op.removeprefix("special.")


def value_of(node: Node) -> Callable[..., Any]:
    """What computes a node of entries that stand still."""
    if node.op == "bracket":
        return bracket
    if node.op == "where":
        return lambda c, a, b, out: np.copyto(out, np.where(c, a, b))
    if node.op == "masked":
        return lambda a, c, out: np.copyto(out, np.where(c, a, -np.inf))
    if node.op == "printed":
        names = [f"a{n}" for n in range(len(node.args))]
        function = eval(f"lambda {', '.join(names)}: real_part({node.data.format(*names)})", dict(NAMES))
        return lambda *arrays, out: np.copyto(out, function(*arrays))
    return callee(node.op)  # type: ignore[no-any-return]

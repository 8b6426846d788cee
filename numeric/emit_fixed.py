"""Source for what does not depend on the state: plain NumPy expressions, evaluated once in double precision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from numeric.elementwise import NAMED
from numeric.graph import Node
from numeric.views import suffix

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def fixed_name(node: Node) -> str:
    """The variable that holds a fixed node, or a literal number."""
    if node.op == "const":
        number = node.data
        return repr(number) if number == number and abs(number) != float("inf") else f"float('{number}')"
    return f"c{node.number}"


def fixed_line(node: Node, sizes: Mapping[str, int]) -> str:
    """The assignment that computes a fixed node."""
    return f"{fixed_name(node)} = {_expression(node, sizes)}"


def _expression(node: Node, sizes: Mapping[str, int]) -> str:
    leaf = _leaf(node, sizes)
    if leaf:
        return leaf
    if node.op in ("sum", "peak"):
        (a, places) = node.args[0]
        axes = tuple(k for k, p in enumerate(places) if p >= len(node.axes))
        kept = [p for p in places if p < len(node.axes)]
        return f"np.{'sum' if node.op == 'sum' else 'max'}({fixed_name(a)}, axis={axes})" + suffix(kept, range(len(node.axes)))
    if node.op == "contract":
        terms = ",".join("".join(LETTERS[p] for p in places) for _, places in node.args)
        names = ", ".join(fixed_name(a) for a, _ in node.args)
        return f'np.einsum("{terms}->{LETTERS[: len(node.axes)]}", {names}, optimize=True)'
    return entrywise(node, [fixed_name(a) + suffix(places, range(len(node.axes))) for a, places in node.args])


def _leaf(node: Node, sizes: Mapping[str, int]) -> str:
    if node.op == "parameter":
        return f'params["{node.data}"]'
    if node.op == "diagonal":
        letters = "".join(LETTERS[p] for p in node.data[2])
        return f'np.einsum("{letters}->{LETTERS[: len(node.axes)]}", params["{node.data[1]}"])'
    if node.op == "eye":
        return f"np.eye({sizes[node.axes[0]]})"
    return f"np.arange({sizes[node.axes[0]]}.0)" if node.op == "arange" else ""


def entrywise(node: Node, args: Sequence[str]) -> str:
    """An entrywise operation as an expression."""
    if node.op == "bracket":
        return f"np.asarray({args[0]}, dtype=float)"
    if node.op == "masked":
        return f"np.where({args[1]}, {args[0]}, -np.inf)"
    if node.op == "printed":
        return f"real_part({node.data.format(*args)})"
    return f"{callee(node.op)}({', '.join(args)})"


def callee(op: str) -> str:
    """The function that computes an operation: special.erf, fermi_dirac, np.tanh."""
    return op if op.startswith("special.") or op in NAMED else f"np.{op}"

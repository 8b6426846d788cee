"""Arrays read along other labels: transposed, with axes put in, or merged into the matrices of a product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from numeric.graph import Node

BATCH = -1


def labels_of(node: Node, places: Sequence[int]) -> list[int]:
    """The label of each axis of the array: BATCH in front where it varies."""
    return [BATCH, *places] if node.varies else list(places)


def suffix(stored: Sequence[int], wanted: Sequence[int]) -> str:
    """Source that turns an array with labels `stored` into one that broadcasts along `wanted`."""
    present = [label for label in wanted if label in stored]
    order = [stored.index(label) for label in present]
    turned = "" if order == sorted(order) else f".transpose({', '.join(map(str, order))})"
    first = wanted.index(present[0]) if present else len(wanted)
    slots = [":" if label in stored else "None" for label in wanted[first:]]
    return turned + (f"[{', '.join(slots)}]" if "None" in slots else "")


@dataclass(frozen=True)
class Matrices:
    """The labels of a contraction by role.

    stack: shared and kept. left, right: of one side only, each ending in the run that makes the matrix.
    outer_left, outer_right: the labels of one side over which the other is repeated.
    """

    stack: tuple[int, ...]
    outer_left: tuple[int, ...]
    left: tuple[int, ...]
    outer_right: tuple[int, ...]
    right: tuple[int, ...]
    summed: tuple[int, ...]

    @property
    def stacked(self) -> tuple[int, ...]:
        """All labels in front of the matrices."""
        return (*self.stack, *self.outer_left, *self.outer_right)


def roles(a: Sequence[int], b: Sequence[int], out: Sequence[int]) -> Matrices:
    """Which label of a ⊗ b → out does what."""
    stack = tuple(i for i in out if i in a and i in b)
    left = [i for i in out if i in a and i not in b]
    right = [i for i in out if i in b and i not in a]
    cut, slit = _run(left, out), _run(right, out)
    summed = tuple(i for i in a if i not in out)
    return Matrices(stack, tuple(left[:cut]), tuple(left[cut:]), tuple(right[:slit]), tuple(right[slit:]), summed)


def _run(labels: Sequence[int], stored: Sequence[int]) -> int:
    """Where the last run of labels that lie side by side begins."""
    n = len(labels)
    while n > 1 and stored.index(labels[n - 1]) == stored.index(labels[n - 2]) + 1:
        n -= 1
    return max(n - 1, 0)


def mergeable(stored: Sequence[int], rows: Sequence[int], columns: Sequence[int]) -> bool:
    """Whether rows and columns of a contiguous array merge into matrices that BLAS reads in place."""
    return _adjacent(stored, rows) and _adjacent(stored, columns) and stored[-1] in (*rows[-1:], *columns[-1:])


def _adjacent(stored: Sequence[int], group: Sequence[int]) -> bool:
    at = [stored.index(i) for i in group]
    return at == list(range(at[0], at[0] + len(at))) if at else True


def matrix(stored: Sequence[int], stack: Sequence[int], groups: Sequence[Sequence[int]], sizes: Mapping[int, str]) -> str:
    """Source for the view (stack..., one axis a group) of an array stored with labels `stored`."""
    wanted = [*stack, *(i for g in groups for i in g)]
    order = [stored.index(i) for i in wanted if i in stored]
    turned = "" if order == sorted(order) else f".transpose({', '.join(map(str, order))})"
    if len(wanted) == len(stored) and all(len(g) == 1 for g in groups):
        return turned
    shape = [sizes[i] if i in stored else "1" for i in stack]
    shape += [" * ".join(sizes[i] for i in g) or "1" for g in groups]
    return f"{turned}.reshape({', '.join(shape)})"

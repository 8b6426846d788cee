"""What a tree covers: the box of all states, cut into leaves, and the ways in which a certificate fails.

The tree says where to split, nothing more: both halves of every split are walked, so that the leaves always cover the domain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flint import fmpq

from proofs.checker.balls import Undetermined
from proofs.checker.boxes import Box, Field
from proofs.checker.model import Model, exact, table
from proofs.checker.reader import Unreadable

BITS, SPLITS = 128, 20_000
RELATIONS: dict[str, Callable[[Any, fmpq], bool]] = {
    "<=": lambda x, r: bool(x <= r),
    ">=": lambda x, r: bool(x >= r),
    "<": lambda x, r: bool(x < r),
    ">": lambda x, r: bool(x > r),
}


class Refused(Exception):
    """A certificate that claims what is not so, or does not show it."""


def domain_of(model: Model, c: Mapping[str, Any]) -> Box:
    """The box of all states, in packed order; null is an infinite end."""
    ends: dict[Any, Any] = {}
    for name in model.states:
        for k, side in enumerate(c["domain"][name]):
            whole = table(side, model.shape(name), lambda v: v) if isinstance(side, list) else dict.fromkeys(model.places(name), side)
            ends |= {(name, p, k): None if x is None else exact(x) for p, x in whole.items()}
    box = tuple((ends[(*q, 0)], ends[(*q, 1)]) for q in model.components)
    if any(low is not None and high is not None and low > high for low, high in box):
        raise Refused("the domain is empty")
    return box


def leaves(tree: Any, box: Box) -> Iterator[tuple[Box, Any]]:
    """Every leaf's box and label; both sides of every split are walked."""
    stack = [(tree, box)]
    while stack:
        t, b = stack.pop()
        if not isinstance(t, list):
            yield b, t
            continue
        if len(t) != 4 or type(t[0]) is not int or not 0 <= t[0] < len(b):
            raise Unreadable(f"{t!r:.40} is no split [component, point, tree, tree]")
        (low, high), s, k = b[t[0]], exact(t[1]), t[0]
        if high is None or s < high:
            stack.append((t[3], (*b[:k], (s if low is None else max(s, low), high), *b[k + 1 :])))
        if low is None or s > low:
            stack.append((t[2], (*b[:k], (low, s if high is None else min(s, high)), *b[k + 1 :])))


def touches(tree: Any, box: Box, label: str) -> bool:
    """Whether a closed box has a point in common with a leaf of this label."""
    if not isinstance(tree, list):
        return bool(tree == label)
    k, s = tree[0], exact(tree[1])
    return (box[k][0] <= s and touches(tree[2], box, label)) or (box[k][1] >= s and touches(tree[3], box, label))


def spend(left: list[int]) -> None:
    """Count one box more; raises Undetermined where the budget is spent."""
    left[0] -= 1
    if left[0] < 0:
        raise Undetermined("the checker's own splitting found no end")


def no_jump(model: Model, domain: Box) -> None:
    """Raises Undetermined where E may jump: its slopes are the same on both sides of what it climbs."""
    Field(model.graph, model.components, [model.energy], model.unknowns).jacobian(domain)

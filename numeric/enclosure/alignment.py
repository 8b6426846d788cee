"""Arrays of a node along the labels of another: a batch axis in front, an axis for each label, one for symbols behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.graph import Node

Array = NDArray[Any]


def aligned(a: Array, places: Sequence[int], width: int, behind: int) -> Array:
    """With the batch axis in front, an axis for each label, of length 1 where there is none, and `behind` axes after them."""
    order = sorted(range(len(places)), key=lambda k: places[k])
    missing = [1 + p for p in range(width) if p not in places]
    last = len(places) + 1
    return np.expand_dims(a.transpose(0, *(1 + k for k in order), *range(last, last + behind)), missing)


def product(letters: Sequence[str], x: Array, y: Array, p: int, q: int) -> Array:
    """Σ over shared letters, with a trailing axis behind x or y; numbers (one row) go through one matrix product."""
    a, b, out = letters
    tail = "K" if p or q else ""
    za, zb = "" if len(x) == 1 else "Z", "" if len(y) == 1 else "Z"
    left, right = (x[0] if not za else x), (y[0] if not zb else y)
    zo = "Z" if za or zb else ""
    pattern = f"{za}{a}{'K' if p else ''},{zb}{b}{'K' if q else ''}->{zo}{out}{tail}"
    found = np.einsum(pattern, left, right, optimize=["einsum_path", (0, 1)])
    return found if zo else found[None]


def spread_over(held: Array, places: Sequence[int], node: Node, sizes: Mapping[str, int]) -> Array:
    """What an argument holds, for each entry of the node; summed labels are added up."""
    width = len(node.axes)
    gone = tuple(1 + k for k, p in enumerate(places) if p >= width)
    kept = [p for p in places if p < width]
    found = aligned(held.sum(axis=gone) if gone else held, kept, width, 1)
    return np.broadcast_to(found, (len(held), *(sizes[a] for a in node.axes), held.shape[-1]))


__all__ = ["aligned", "product", "spread_over"]

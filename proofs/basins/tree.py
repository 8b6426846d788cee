"""Boxes by bisection: a tree of splits over one root box, whose leaves are rows of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rows = NDArray[np.intp]
CHUNK = 4_000_000  # comparisons of numbers at once


class Tree:
    """Boxes `low`, `high` (rows, n), with the split of those that are no leaves. Children share a face, exactly.

    >>> tree = Tree(np.zeros(2), np.array([1.0, 2.0]))
    >>> tree.split(np.array([0])).tolist(), tree.high[1].tolist(), tree.data({1: "in"}, "other")
    ([1, 2], [0.5, 2.0], [0, 0.5, 'in', 'other'])
    """

    def __init__(self, low: Array, high: Array) -> None:
        self.low, self.high = low[None].astype(float), high[None].astype(float)
        self._unit = np.maximum(high - low, np.finfo(float).tiny)
        self._splits: dict[int, tuple[int, float, int]] = {}

    @property
    def count(self) -> int:
        """How many boxes were made."""
        return len(self.low)

    def width(self, rows: Rows) -> Array:
        """The longest side of each, as a share of the root's."""
        return np.asarray(((self.high[rows] - self.low[rows]) / self._unit).max(axis=1, initial=0))

    def split(self, rows: Rows) -> Rows:
        """Halve the longest side of these leaves; the new rows."""
        low, high = self.low[rows], self.high[rows]
        k = np.argmax((high - low) / self._unit, axis=1)
        n = np.arange(len(rows))
        at = (low[n, k] + high[n, k]) / 2
        first, second = self.count + 2 * n, self.count + 2 * n + 1
        lows, highs = np.repeat(low, 2, axis=0), np.repeat(high, 2, axis=0)
        highs[2 * n, k] = at
        lows[2 * n + 1, k] = at
        self.low, self.high = np.concatenate([self.low, lows]), np.concatenate([self.high, highs])
        self._splits |= {int(r): (int(j), float(x), int(a)) for r, j, x, a in zip(rows, k, at, first, strict=True)}
        return np.asarray(np.sort(np.concatenate([first, second])), dtype=np.intp)

    def holding(self, y: Array, rows: Rows) -> Rows:
        """Which of these boxes hold a point, on their faces too."""
        inside = np.all((self.low[rows] <= y) & (y <= self.high[rows]), axis=1)
        return np.asarray(rows[inside])

    def touching(self, some: Rows, others: Rows) -> NDArray[np.bool_]:
        """Which of the others have a point in common with one of some."""
        return self.neighbours(some, others) >= 0

    def neighbours(self, some: Rows, others: Rows) -> Rows:
        """For each of the others, one of some that it touches, as its place in `some`; -1 where it touches none."""
        found = np.full(len(others), -1, dtype=np.intp)
        if not len(some):
            return found
        step = max(1, CHUNK // max(1, len(some) * self.low.shape[1]))
        for start in range(0, len(others), step):
            part = others[start : start + step]
            meet = np.all((self.low[some][None] <= self.high[part][:, None]) & (self.low[part][:, None] <= self.high[some][None]), axis=2)
            found[start : start + step] = np.where(meet.any(axis=1), meet.argmax(axis=1), -1)
        return found

    def data(self, labels: dict[int, str], rest: str, row: int = 0) -> Any:
        """[component, split point, below, above] down to the labels of the leaves; a branch of one label is one leaf."""
        if row not in self._splits:
            return labels.get(row, rest)
        k, at, first = self._splits[row]
        below, above = self.data(labels, rest, first), self.data(labels, rest, first + 1)
        return below if below == above == rest else [k, at, below, above]


__all__ = ["Array", "Rows", "Tree"]

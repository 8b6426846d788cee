"""Branch and bound: split the domain until an inequality holds on every part, is violated at a point, or the budget is spent.

First in floating point, many boxes at once; what holds there is then settled in balls, which alone make a verdict, and split further
where they need it. A part that lies in a region with an argument of its own (around a point where both sides are equal) is
a leaf too: boxes are cut along the faces of such regions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from amsym.notation.effort import Budget, check
from numeric.enclosure.tree import Tree

Array = NDArray[np.float64]
# Boxes bounded at once; the most boxes and the least width, against the domain, before a search gives up.
BATCH, BOXES, NARROWEST = 512, 60_000, 1e-7
# Splits lie off the middle, where symmetric models have their zeros.
OFF = 0.4921875
# After so many rounds regions are looked for around boxes that stay open, so many boxes a round.
PATIENCE, TRIES = 3, 3
# Bounds so near to 0, against what the first box's owes to its size, may be 0 but for rounding; so many such a round are put to balls.
NEARLY, TRIES_IN_BALLS = 1e-10, 32
# Splits in balls below a box that held in floating point, and what balls may take against the budget.
OVER = 3.0
DEPTH = 8


@dataclass(frozen=True)
class Region:
    """A box on which the inequality is shown by an argument of its own, told in data and words."""

    low: Array
    high: Array
    data: dict[str, Any]
    words: str


class Target(Protocol):
    """An inequality to be shown on boxes."""

    def upper(self, low: Array, high: Array) -> tuple[Array, Array]:
        """Estimates (rows,) that are ≤ 0 where it seems to hold, and by which components to split, (rows, n)."""

    def holds(self, low: Array, high: Array) -> bool:
        """Whether it holds on a box, for certain."""

    def worst(self, points: Array) -> Array:
        """By how much points seem to violate it, (rows,)."""

    def refutes(self, point: Array) -> Any:
        """What shows that it is violated at a point for certain, or None."""

    def region(self, point: Array) -> Region | None:
        """A region around a point at which both sides seem equal."""


@dataclass
class Cover:
    """What was found: the tree, its regions, a violation, and the boxes left open."""

    tree: Tree
    regions: list[Region] = field(default_factory=list)
    violation: Any = None
    left: list[tuple[Array, Array]] = field(default_factory=list)
    boxes: int = 0

    @property
    def holds(self) -> bool:
        """Whether the inequality is shown on the whole domain."""
        return self.violation is None and not self.left


def cover(target: Target, low: Array, high: Array, seconds: float = 4.0, boxes: int = BOXES) -> Cover:
    """Split [low, high], (n,), until the target holds everywhere or is violated; what the budget leaves open stands in `left`."""
    search = _Search(target, low, high, Budget(seconds), boxes)
    if target.holds(low, high):
        search.found.tree.close(0)
        return search.found
    search.run()
    return search.found


class _Search:
    def __init__(self, target: Target, low: Array, high: Array, budget: Budget, most: int) -> None:
        self.target, self.low, self.high, self.budget, self.most = target, low, high, budget, most
        self.found = Cover(Tree())
        self.open: list[tuple[int, Array, Array]] = [(0, low, high)]
        self.seeming: list[tuple[int, Array, Array]] = []
        self.asked: list[Array] = []
        self.rounds, self._scale, self._left_tries = 0, 0.0, 0

    def run(self) -> None:
        """Floating point until nothing is open, then balls."""
        while self.open and self.found.violation is None:
            check()
            if self.budget.spent or self.found.boxes > self.most:
                self.found.left = [(a, b) for _, a, b in self.open]
                return
            self._round()
        if self.found.violation is None:
            self._confirm()

    def _round(self) -> None:
        # The newest boxes first: they are few and small, so the list stays short.
        batch, self.open = self.open[-BATCH:], self.open[:-BATCH]
        batch = [b for box in batch for b in self._outside(*box)]
        if not batch:
            return
        self.rounds, self._left_tries = self.rounds + 1, TRIES_IN_BALLS
        low, high = np.array([b[1] for b in batch]), np.array([b[2] for b in batch])
        upper, smear = self.target.upper(low, high)
        self.found.boxes += len(batch)
        good = upper <= 0
        self.seeming += [b for b, g in zip(batch, good, strict=True) if g]
        self._scale = self._scale or float(np.max(np.abs(smear), where=np.isfinite(smear), initial=0.0))
        rest = [k for k in np.flatnonzero(~good) if not self._by_balls(batch[k], float(upper[k]))]
        if len(rest) and not self._violated(low[rest], high[rest]):
            self._look_for_regions(low[rest], high[rest])
            for k in rest if self.found.tree.is_open else ():
                self._split(batch[k], smear[k])

    def _by_balls(self, box: tuple[int, Array, Array], upper: float) -> bool:
        """Where only rounding keeps a bound above 0, balls and signs by structure may settle the box."""
        node, low, high = box
        if upper > NEARLY * self._scale or self._left_tries == 0:
            return False
        self._left_tries -= 1
        if not self.target.holds(low, high):
            return False
        self.found.tree.close(node)
        return True

    def _violated(self, low: Array, high: Array) -> bool:
        points = np.concatenate([low * (1 - t) + high * t for t in (0.5, OFF, 0.0, 1.0)])
        worst = self.target.worst(points)
        for k in np.argsort(-worst)[:TRIES]:
            if not worst[k] > 0:
                return False
            self.found.violation = self.target.refutes(points[k])
            if self.found.violation is not None:
                return True
        return False

    def _look_for_regions(self, low: Array, high: Array) -> None:
        if self.rounds <= PATIENCE:
            return
        width = (self.high - self.low) + (self.high == self.low)
        for k in np.argsort(((high - low) / width).max(axis=1))[:TRIES]:
            point, near = (low[k] + high[k]) / 2, (high[k] - low[k])
            if any(np.all(np.abs(point - p) <= near) for p in self.asked):
                continue
            self.asked.append(point)
            region = self.target.region(point)
            if region is not None and not any(_inside(region.low, region.high, r) for r in self.found.regions):
                self.found.regions.append(region)
                if _inside(self.low, self.high, region):
                    self._closed_whole(len(self.found.regions) - 1)
                    return

    def _closed_whole(self, k: int) -> None:
        """One region holds the whole domain: nothing of the search is needed."""
        self.found.tree, self.open, self.seeming = Tree([k]), [], []

    def _outside(self, node: int, low: Array, high: Array) -> list[tuple[int, Array, Array]]:
        """Parts of a box outside all regions; parts inside become leaves."""
        for k, region in enumerate(self.found.regions):
            if np.any(low >= region.high) or np.any(high <= region.low):
                continue
            if _inside(low, high, region):
                self.found.tree.close(node, k)
                return []
            for j in range(len(low)):
                face = next((f for f in (region.low[j], region.high[j]) if low[j] < f < high[j]), None)
                if face is not None:
                    return [b for part in self._cut(node, low, high, j, float(face)) for b in self._outside(*part)]
        return [(node, low, high)]

    def _cut(self, node: int, low: Array, high: Array, j: int, point: float) -> list[tuple[int, Array, Array]]:
        below, above = self.found.tree.cut(node, j, point)
        top, bottom = high.copy(), low.copy()
        top[j] = bottom[j] = point
        return [(below, low, top), (above, bottom, high)]

    def _split(self, box: tuple[int, Array, Array], smear: Array) -> None:
        node, low, high = box
        width = (self.high - self.low) + (self.high == self.low)
        share = (high - low) / width
        if share.max() < NARROWEST:
            self.found.left.append((low, high))
            return
        parts = split_at(low, high, np.where(share >= NARROWEST, smear, 0.0), share)
        self.open += self._cut(node, low, high, *parts)

    def _confirm(self) -> None:
        """Settle in balls what held in floating point."""
        for node, low, high in self.seeming:
            if not self._settled(node, low, high, DEPTH):
                self.found.left.append((low, high))
                return

    def _settled(self, node: int, low: Array, high: Array, depth: int) -> bool:
        check()
        if self.target.holds(low, high):
            self.found.tree.close(node)
            return True
        if depth == 0 or self.budget.used > OVER * self.budget.seconds:
            return False
        j, point = split_at(low, high, self.target.upper(low[None], high[None])[1][0], high - low)
        return all(self._settled(*part, depth - 1) for part in self._cut(node, low, high, j, point))


def split_at(low: Array, high: Array, smear: Array, share: Array) -> tuple[int, float]:
    """The component that matters most, the widest where none does, and a point inside."""
    usable = np.where((high > low) & np.isfinite(smear), smear, 0.0)
    j = int(np.argmax(usable if usable.max() > 0 else share))
    return j, float(low[j] + OFF * (high[j] - low[j]))


def _inside(low: Array, high: Array, region: Region) -> bool:
    return bool(np.all(low >= region.low) and np.all(high <= region.high))

"""All zeros of f in a box by branch and prune: cut what holds none, close what holds one, halve the rest.

A box is halved across the state whose nonlinearity keeps it wide. Near a zero Newton's method finds it, Krawczyk's test shows the
largest box around it that holds no other, and boxes that fall within that box are closed. Nothing here trusts Newton's method.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.notation.effort import Budget
from numeric.bound import Bound
from numeric.enclosure.affine import AffineEnclosure
from numeric.enclosure.krawczyk import Krawczyk
from numeric.enclosure.tighten import Tightened, tightened
from numeric.enclosure.tree import Tree
from numeric.intervals.enclose import Intervals

Array = NDArray[Any]
# Entries of the arrays of one round, which must stay in the cache of a core; the least number of boxes a round takes.
ENTRIES, LEAST = 400_000, 64
# A box that lost so much of its volume (natural logarithm) is cut again before it is halved; where halves meet, off the middle,
# which symmetric systems have zeros on.
GAIN, OFF = 0.7, 0.017
# Widths, relative to the domain's, below which Newton's method is tried, and below which a box is left open.
NEAR, LEAST_WIDTH = 1e-3, 2e-8
# Half-widths of the boxes around a zero that Krawczyk's test is tried on, relative to the domain's.
RADII = 0.5 ** np.arange(2.0, 34.0, 1.0)


@dataclass
class Zeros:
    """What a search found. middles, radii: (zeros, n), boxes with exactly one zero each; left: open boxes, lows and highs.

    tree: how the domain was cut, `boxes` how many boxes were looked at.
    """

    width: int
    middles: Array = field(init=False)
    radii: Array = field(init=False)
    left: tuple[Array, Array] = field(init=False)
    tree: Tree = field(default_factory=Tree)
    boxes: int = 0

    def __post_init__(self) -> None:
        self.middles, self.radii = np.empty((0, self.width)), np.empty((0, self.width))
        self.left = np.empty((0, self.width)), np.empty((0, self.width))


class Search:
    """Branch and prune for the zeros of one bound model's flow."""

    def __init__(self, model: Bound, width: int, intervals: Intervals | None = None) -> None:
        """Lower what is evaluated, for states of `width` packed components; `intervals` of parameters that are not doubles."""
        self.model = model
        self.affine, self.krawczyk = AffineEnclosure(model, width, intervals), Krawczyk(model, width, intervals)
        self.batch = max(LEAST, ENTRIES // (width * self.affine.symbols))

    def __call__(self, low: Array, high: Array, budget: Budget, most: int = 10_000_000, mirrors: Array | None = None) -> Zeros:
        """The zeros in [low, high], (n,) each, within the budget and so many boxes.

        mirrors: (m, n), rows a for which it is enough to search where a·y >= 0; a row with one entry cuts the domain first.
        """
        return _Round(self, low, high, np.empty((0, len(low))) if mirrors is None else mirrors, budget).run(most)


class _Round:
    """One search: boxes that wait, and what is known of zeros."""

    def __init__(self, owner: Search, low: Array, high: Array, mirrors: Array, budget: Budget) -> None:
        self.mirrors, self.budget = mirrors, budget
        self.owner, self.scale = owner, np.where(high > low, high - low, 1.0)
        self.low, self.high, self.node = low[None].copy(), high[None].copy(), np.zeros(1, dtype=int)
        self.found = Zeros(len(low))
        self.left: list[tuple[Array, Array]] = []

    def run(self, most: int) -> Zeros:
        """Until no box waits, or the budget is spent."""
        self._cut_at_mirrors()
        while len(self.low) and not self.budget.spent and self.found.boxes < most:
            low, high, node = self._taken()
            self.found.boxes += len(low)
            self._look(low, high, node)
        self.left.append((self.low, self.high))
        self.found.left = tuple(np.concatenate(ends) for ends in zip(*self.left, strict=True))  # type: ignore[assignment]
        return self.found

    def _taken(self) -> tuple[Array, Array, Array]:
        """The boxes that wait shortest: few are kept."""
        k = max(len(self.low) - self.owner.batch, 0)
        taken = self.low[k:], self.high[k:], self.node[k:]
        self.low, self.high, self.node = self.low[:k], self.high[:k], self.node[:k]
        return taken

    def _wait(self, low: Array, high: Array, node: Array) -> None:
        self.low, self.high = np.concatenate([self.low, low]), np.concatenate([self.high, high])
        self.node = np.concatenate([self.node, node])

    def _cut_at_mirrors(self) -> None:
        """Halve the domain at y_j = 0 where a mirror turns y_j over."""
        for a in self.mirrors:
            (j,) = np.flatnonzero(a) if np.count_nonzero(a) == 1 else (None,)
            if j is not None:
                across = (self.low[:, j] < 0) & (self.high[:, j] > 0)
                low, high, node = self.low[across], self.high[across], self.node[across]
                self.low, self.high, self.node = self.low[~across], self.high[~across], self.node[~across]
                self._split(low, high, node, np.full(len(low), j), np.zeros(len(low)))

    def _mirrored(self, low: Array, high: Array, node: Array) -> Array:
        """Close the boxes that lie where a·y < 0 for a mirror, for certain."""
        if not len(self.mirrors):
            return np.zeros(len(low), dtype=bool)
        ends = np.maximum(low[:, None] * self.mirrors, high[:, None] * self.mirrors)
        beyond = ends.sum(axis=2) < -1e-12 * np.abs(ends).sum(axis=2)
        # A box that only touches a·y = 0 with its face is beyond it, save for what the other side holds too.
        beyond |= (ends <= 0).all(axis=2) & (low[:, None] * self.mirrors + high[:, None] * self.mirrors < 0).any(axis=2)
        hit = beyond.any(axis=1)
        self.found.tree.close_each(node[hit], [f"m{k}" for k in beyond[hit].argmax(axis=1)])
        return np.asarray(hit)

    def _look(self, low: Array, high: Array, node: Array) -> None:
        """Cut the boxes, close those that can be closed, and let the rest wait, halved or not."""
        own = ~self._mirrored(low, high, node)
        low, high, node = low[own], high[own], node[own]
        if not len(low):
            return
        cut = tightened(low, high, self.owner.affine(low, high), self.scale)
        self.found.tree.close_each(node[cut.empty])
        went = ~cut.empty
        low, high, node, cut = low[went], high[went], node[went], _kept(cut, went)
        if not len(low):
            return
        inside = (cut.low > low).all(axis=1) & (cut.high < high).all(axis=1)
        narrow = ((cut.high - cut.low) / self.scale).max(axis=1) < NEAR
        self._discover(cut, inside | narrow)
        rest = ~self._closed(cut, node)
        with np.errstate(divide="ignore"):
            gain = -np.log((cut.high - cut.low) / np.where(high > low, high - low, 1.0)).sum(axis=1)
        tiny = ((cut.high - cut.low) / self.scale).max(axis=1) < LEAST_WIDTH
        self.left.append((cut.low[rest & tiny], cut.high[rest & tiny]))
        again = rest & ~tiny & (gain > GAIN)
        self._wait(cut.low[again], cut.high[again], node[again])
        self._halve(_kept(cut, rest & ~tiny & ~again), node[rest & ~tiny & ~again])

    def _halve(self, cut: Tightened, node: Array) -> None:
        if not len(node):
            return
        rows, j = np.arange(len(node)), cut.weight.argmax(axis=1)
        a, b = cut.low[rows, j], cut.high[rows, j]
        point = a / 2 + b / 2 + (b - a) * OFF
        stuck = (point <= a) | (point >= b)
        self.left.append((cut.low[stuck], cut.high[stuck]))
        self._split(cut.low[~stuck], cut.high[~stuck], node[~stuck], j[~stuck], point[~stuck])

    def _split(self, low: Array, high: Array, node: Array, j: Array, point: Array) -> None:
        """Let both halves of each box wait, cut across component j."""
        rows = np.arange(len(node))
        left, right = self.found.tree.cut_each(node, j, point)
        upper, lower = high.copy(), low.copy()
        upper[rows, j] = lower[rows, j] = point
        self._wait(np.concatenate([low, lower]), np.concatenate([upper, high]), np.concatenate([left, right]))

    def _discover(self, cut: Tightened, near: Array) -> None:
        """Zeros that Newton's method finds from the boxes near one, each with the box that Krawczyk's test allows it."""
        if len(self.found.middles):
            near = near & (self._holder(cut) < 0)
        for z in self._newton((cut.low / 2 + cut.high / 2)[near]):
            if self.budget.spent:  # along a continuum each box has a zero of its own, and none passes
                return
            within: Any = np.abs(z - self.found.middles) <= self.found.radii
            if not within.all(axis=1).any():
                radius = self._alone(z)
                if radius is not None:
                    self.found.middles = np.concatenate([self.found.middles, z[None]])
                    self.found.radii = np.concatenate([self.found.radii, radius[None]])

    def _newton(self, y: Array) -> Array:
        """Distinct points at which a few steps come to rest."""
        if not len(y):
            return y
        step = np.full(y.shape, np.inf)
        for _ in range(12):
            f, J = self.owner.model.packed_flow(y), self.owner.model.packed_jacobian(y)
            known = np.isfinite(f).all(axis=1) & np.isfinite(J).all(axis=(1, 2))
            y, f, J = y[known], f[known], J[known]
            try:
                step = np.linalg.solve(J, f[:, :, None])[..., 0]
            except np.linalg.LinAlgError:
                step = np.array([np.linalg.lstsq(a, b, rcond=None)[0] for a, b in zip(J, f, strict=True)])
            y = y - step
            good = np.isfinite(y).all(axis=1) & (np.abs(y) < 1e8).all(axis=1)
            y, step = y[good], step[good]
            if not len(y) or (np.abs(step) <= 1e-13 * self.scale).all():
                break
        y = y[(np.abs(step) <= 1e-10 * self.scale).all(axis=1)]
        _, first = np.unique((y / (1e-9 * self.scale)).round(), axis=0, return_index=True)
        return y[np.sort(first)]

    def _alone(self, z: Array) -> Array | None:
        """The largest half-widths for which Krawczyk's test shows that z's zero is alone."""
        radii = RADII[:, None] * self.scale
        passed = self.owner.krawczyk(np.broadcast_to(z, radii.shape), radii)
        return radii[np.argmax(passed)] if passed.any() else None

    def _holder(self, cut: Tightened) -> Array:
        """Which zero's own box holds each box; -1 where none does."""
        m, r = self.found.middles, self.found.radii
        within: Any = ((cut.low[:, None] >= m - r) & (cut.high[:, None] <= m + r)).all(axis=2)
        return np.where(within.any(axis=1), within.argmax(axis=1), -1)

    def _closed(self, cut: Tightened, node: Array) -> Array:
        """Close the boxes that fall within a zero's own box: they hold it or nothing."""
        if not len(self.found.middles):
            return np.zeros(len(node), dtype=bool)
        holder = self._holder(cut)
        held = holder >= 0
        self.found.tree.close_each(node[held], holder[held].tolist())
        return np.asarray(held)


def _kept(cut: Tightened, rows: Array) -> Tightened:
    return Tightened(cut.low[rows], cut.high[rows], cut.empty[rows], cut.weight[rows])


__all__ = ["Search", "Zeros"]

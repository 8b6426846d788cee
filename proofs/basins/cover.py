"""A set {E <= c} around a state, walled in: boxes "in", one next to the other, and "out", with E > c, wherever they end.

In the boxes "in", dE/dt < 0 but in the ball, which takes all that enters it. So a trajectory that starts there at E <= c cannot leave
before it reaches the ball: it would have to rise to a box with E > c, or to leave through a face of the domain through which the
flow enters. Nor can it stay outside of the ball, where E falls at least at some rate: S = {E <= c} ∩ (boxes "in") is compact
(LaSalle).

The boxes are found by a flood from the state, in doubles; balls confirm each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proofs.basins.leaves import Leaves
from proofs.basins.tree import Rows, Tree

Array = NDArray[Any]
UNSEEN, OUT, IN, STUCK, SPLIT = range(5)
COARSE = 0.3  # of the root's side: a larger box in which E passes c is split, for it may reach over a wall
FINEST = 2.0**-12
REPAIRS = 400  # times that leaks are sealed, or leaves split that balls did not confirm
DETOUR = 1  # boxes by which a way to a leak may be longer than the shortest


@dataclass(frozen=True, repr=False)
class Cover:
    """The tree with the rows that are in, and those that wall them in."""

    tree: Tree
    inside: Rows
    walls: Rows

    def data(self) -> Any:
        """The tree as plain lists, with leaves "in", "out" and "other"."""
        return self.tree.data({**{int(r): "in" for r in self.inside}, **{int(r): "out" for r in self.walls}}, "other")

    def holds(self, y: Array) -> bool:
        """Whether a box that is in has this state."""
        return bool(len(self.tree.holding(y, self.inside)))

    def box(self) -> tuple[Array, Array]:
        """The smallest box around those that are in."""
        return self.tree.low[self.inside].min(axis=0), self.tree.high[self.inside].max(axis=0)


def cover(leaves: Leaves, low: Array, high: Array, others: Array, budget: int) -> Cover | None:
    """The cover of the domain [low, high] (n,) around the centre of the ball; None where it is not found in so many boxes.

    `others`, (k, n), are steady states with E <= c, where they are known: no box around one will ever be quiet.
    """
    return _Flood(leaves, low, high, others, budget).run()


class _Flood:
    """The state of the search: the tree and a label for each of its rows."""

    def __init__(self, leaves: Leaves, low: Array, high: Array, others: Array, budget: int) -> None:
        self.leaves, self.others, self.budget = leaves, others, budget
        self.tree = Tree(low, high)
        self.label = np.full(1, UNSEEN)
        self.below = np.zeros(1, dtype=bool)
        self.forced, self.confirmed = np.zeros((2, 1), dtype=bool)

    def run(self) -> Cover | None:
        for _ in range(REPAIRS):
            component = self._flooded()
            if component is None:
                return None
            leak = self._touching(component, STUCK)
            if len(leak):
                if not self._sealed(component, leak):
                    return None
                continue
            walls = self._touching(component, OUT)
            failed = self._unconfirmed(component, walls)
            if not len(failed):
                return Cover(self.tree, component, walls)
            self.forced[failed] = True
            if np.any(self.tree.width(failed) <= FINEST):
                return None
            self._split(failed)
        return None

    def _flooded(self) -> Rows | None:
        """The boxes IN that are connected to the centre, once all that they touch has been seen; None where the budget is spent."""
        component = self._grown(np.zeros(0, dtype=np.intp), self._holding(IN))
        fresh = np.union1d(self._holding(UNSEEN), self._touching(component, UNSEEN))
        while len(fresh):
            if self.tree.count > self.budget:
                return None
            made = self.tree.count
            self._see(fresh)
            new = fresh[self.label[fresh] == IN]
            component = self._grown(component, new)
            unseen = np.flatnonzero(self.label == UNSEEN)
            young, old = unseen[unseen >= made], unseen[unseen < made]
            fresh = np.concatenate([old[self.tree.touching(new, old)], young[self.tree.touching(component, young)]])
            fresh = np.union1d(fresh, self._holding(UNSEEN))
        return component if len(component) else None

    def _holding(self, label: int) -> Rows:
        """The boxes of a label that hold the centre."""
        return self.tree.holding(self.leaves.ball.center, np.flatnonzero(self.label == label))

    def _grown(self, component: Rows, new: Rows) -> Rows:
        """The component with new boxes, and all boxes IN that are connected to them."""
        found = np.union1d(component, new)
        rest = np.setdiff1d(np.flatnonzero(self.label == IN), found)
        while len(new) and len(rest):
            meet = self.tree.touching(new, rest)
            new, rest = rest[meet], rest[~meet]
            found = np.concatenate([found, new])
        return np.sort(found)

    def _touching(self, component: Rows, label: int) -> Rows:
        rows = np.flatnonzero(self.label == label)
        return np.asarray(rows[self.tree.touching(component, rows)])

    def _see(self, rows: Rows) -> None:
        """Label boxes, and split those that show nothing yet."""
        low, high = self.tree.low[rows], self.tree.high[rows]
        seen, width = self.leaves.seen(low, high), self.tree.width(rows)
        inside = seen.quiet & (seen.below | (width <= COARSE)) & ~self.forced[rows]
        inside[inside] = self._kept(low[inside], high[inside])
        label = np.where(seen.above & ~self.forced[rows], OUT, np.where(inside, IN, UNSEEN))
        held = np.zeros(len(rows), dtype=bool)
        for y in self.others:
            held |= np.all((low <= y) & (y <= high), axis=1)
        held &= ~np.all((low <= self.leaves.ball.center) & (self.leaves.ball.center <= high), axis=1)
        label = np.where((label == UNSEEN) & ((width <= FINEST) | (held & (width <= COARSE))), STUCK, label)
        self.label[rows], self.below[rows] = label, seen.below
        self._split(rows[label == UNSEEN])

    def _kept(self, low: Array, high: Array) -> NDArray[np.bool_]:
        """Whether the flow enters through every face that boxes share with the domain."""
        kept = np.ones(len(low), dtype=bool)
        for k, side in self._faces():
            on = np.flatnonzero(self._on_face(low, high, k, side) & kept)
            if len(on):
                kept[on] = self.leaves.enters(low[on], high[on], k, side)
        return kept

    def _faces(self) -> list[tuple[int, int]]:
        return [(k, side) for k in range(self.tree.low.shape[1]) for side in (-1, 1)]

    def _on_face(self, low: Array, high: Array, k: int, side: int) -> NDArray[np.bool_]:
        return np.asarray(high[:, k] == self.tree.high[0, k] if side > 0 else low[:, k] == self.tree.low[0, k])

    def _split(self, rows: Rows) -> None:
        if not len(rows):
            return
        new = self.tree.split(rows)
        self.label[rows] = SPLIT
        fresh = np.zeros(len(new), dtype=bool)
        self.label = np.concatenate([self.label, np.full(len(new), UNSEEN)])
        self.below, self.forced, self.confirmed = (np.concatenate([a, fresh]) for a in (self.below, self.forced, self.confirmed))

    def _sealed(self, component: Rows, leak: Rows) -> bool:
        """Split the boxes, on short ways from the centre to a leak, in which E passes c; whether there were any."""
        rows = np.concatenate([component, leak])
        start = self._holding(IN)
        away, back = self._steps(start, component, rows), self._steps(leak, component, rows)
        total = away + back
        way = rows[total <= total.min() + DETOUR]
        way = way[~self.below[way] & (self.tree.width(way) > FINEST)]
        middle = self.leaves.terrain.at.bound.packed_energy((self.tree.low[way] + self.tree.high[way]) / 2) if len(way) else np.zeros(0)
        walls = way[middle > self.leaves.level]
        self._split(walls if len(walls) else way)
        return bool(len(way))

    def _steps(self, start: Rows, through: Rows, rows: Rows) -> Array:
        """How many boxes lie between `start` and each of the rows, on ways through some of them."""
        found = dict.fromkeys(start.tolist(), 0.0)
        new, rest = start, np.setdiff1d(rows, start)
        for step in range(1, len(rows) + 1):
            if not len(new) or not len(rest):
                break
            meet = self.tree.touching(new, rest)
            found |= dict.fromkeys(rest[meet].tolist(), float(step))
            new, rest = np.intersect1d(rest[meet], through), rest[~meet]
        return np.array([found.get(int(r), np.inf) for r in rows])

    def _unconfirmed(self, component: Rows, walls: Rows) -> Rows:
        """Leaves that balls do not confirm."""
        low, high = self.tree.low, self.tree.high
        new_walls, new = (np.setdiff1d(rows, np.flatnonzero(self.confirmed)) for rows in (walls, component))
        held = [r for r in new_walls if self.leaves.is_above(low[r], high[r])]
        held += [r for r in new if self.leaves.is_quiet(low[r], high[r]) and self._is_kept(int(r))]
        self.confirmed[held] = True
        return np.setdiff1d(np.concatenate([new_walls, new]), held).astype(np.intp)

    def _is_kept(self, r: int) -> bool:
        low, high = self.tree.low[r], self.tree.high[r]
        on = [(k, side) for k, side in self._faces() if self._on_face(low[None], high[None], k, side)[0]]
        return all(self.leaves.is_entered(low, high, k, side) for k, side in on)


__all__ = ["Cover", "cover"]

"""What a walk has seen: its stations in order, the special points between them, and from these the branch."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from numeric.continuation.branch import Branch, End, SpecialPoint
from numeric.continuation.branch_points import Special
from numeric.continuation.corners import Corner
from numeric.continuation.events import Met
from numeric.continuation.family import Family
from numeric.continuation.locate import on_curve
from numeric.continuation.station import Station
from numeric.field import Array

if TYPE_CHECKING:
    from numeric.continuation.walk import Walk


class Record:
    """Rows of a branch while it is followed."""

    def __init__(self, family: Family, restore: Any, name: str) -> None:
        self._family, self._restore, self._name = family, restore, name
        self._z: list[Array] = []
        self._unstable: list[int] = []
        self._points: list[SpecialPoint] = []

    def add(self, z: Array, unstable: int) -> None:
        """One more steady state."""
        self._z.append(z)
        self._unstable.append(unstable)

    def stretch(self, a: Station, b: Station, met: list[Met]) -> None:
        """The way from one station to the next, with what was met on it."""
        counts = [a.unstable, *(self._between(a, b, one, other) for one, other in pairwise(met)), b.unstable]
        for k, m in enumerate(met):
            self._special(m.special, (counts[k], counts[k + 1]))
        self.add(b.z, b.unstable)

    def _between(self, a: Station, b: Station, one: Met, other: Met) -> int:
        """The number of unstable eigenvalues between two special points; -1 where no station could be placed there."""
        middle = on_curve(self._family)(a, b, (one.share + other.share) / 2)
        return -1 if middle is None else middle.unstable

    def corner(self, corner: Corner | None) -> None:
        """The corner in which the last stretch ended, if it is one of the branch."""
        if corner is None or not corner.jumps:
            return
        del self._z[-1], self._unstable[-1]
        sides = corner.before.unstable, corner.behind.unstable
        turns = bool(corner.before.tangent[-1] * corner.behind.tangent[-1] < 0)
        self._special(Special("kink", corner.before.z, None, turns=turns), sides)

    def _special(self, special: Special, sides: tuple[int, int]) -> None:
        """A special point, as a row of the branch too."""
        self.add(special.z, max(sides))
        state, s = self._state(special.z)
        vector = None if special.vector is None else self._row(special.vector)
        point = SpecialPoint(special.kind, s, state, vector, sides, special.criticality, special.frequency, special)
        self._points.append(point)

    def _state(self, z: Array) -> tuple[Any, float]:
        """The state in the caller's structure, and s."""
        x = z * self._family.units
        return self._row(x[:-1]), float(x[-1])

    def _row(self, y: Array) -> Any:
        """One packed state in the caller's structure."""
        return self._restore(y[None], batch_shape=())

    def branch(self, end: End, walk: Walk) -> Branch:
        """The branch as the caller gets it."""
        x = np.array(self._z) * self._family.units
        states = self._restore(np.ascontiguousarray(x[:, :-1]), batch_shape=(len(x),))
        return Branch(self._name, x[:, -1].copy(), states, np.array(self._unstable), self._points, end, walk)

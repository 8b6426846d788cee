"""The walk along a branch, step by step with a look at what lies between, until it leaves the range or can go no further."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from amsym.errors import InputError
from numeric.continuation.branch import Branch, End, SpecialPoint
from numeric.continuation.collect import Record
from numeric.continuation.corrector import corrected
from numeric.continuation.events import events
from numeric.continuation.family import Family
from numeric.continuation.locate import narrowed, on_curve
from numeric.continuation.station import Station, station
from numeric.continuation.step import step
from numeric.field import Array

SWITCHES = (1e-2, 3e-3, 1e-3, 1e-4)  # how far from a branch point the other branch is looked for, in units
GAP = 1e-4  # in units: steps down to this length are taken again where they may have crossed from one branch to another
ASTRAY = 0.8  # least cosine between the crossing tangent and the way to the first station


@dataclass(frozen=True)
class Walk:
    """What a branch is followed with: the curve, the ends of s ahead and behind, and the steps, all in units."""

    family: Family
    packed: Any
    """pack(state), the rows (1, n) and the way back."""
    restore: Any
    name: str
    to: float
    back: float
    first: float
    longest: float
    steps: int

    def branch(self, start: Station, origin: SpecialPoint | None = None) -> Branch:
        """Follow the curve from a station in the direction of its tangent; `origin` is the branch point that it comes from."""
        record = Record(self.family, self.restore, self.name)
        if origin is not None and origin.special is not None:
            record.add(origin.special.z, max(origin.unstable))
        record.add(start.z, start.unstable)
        return record.branch(self._follow(start, record), self)

    def _follow(self, a: Station, record: Record) -> End:
        """Step after step into the record; why the branch stopped."""
        start, h = a, self.first
        for _ in range(self.steps):
            taken = step(self.family, a, h, self.longest)
            if isinstance(taken, End):
                return taken
            b, end = self._end(start, a, taken.end)
            met = events(self.family, a, b)
            h = float(np.linalg.norm(b.z - a.z))
            if h > GAP and not all(m.special.settled for m in met):
                h /= 4
                continue
            record.stretch(a, b, met)
            if end is not None:
                return end
            record.corner(taken.corner)
            a, h = taken.onward, taken.next
        return End.STEPS_OVER

    def _end(self, start: Station, a: Station, b: Station) -> tuple[Station, End | None]:
        """Where the stretch from a to b really ends, and whether the branch does."""
        ahead = np.sign(self.to - self.back)
        if (b.z[-1] - self.to) * ahead >= 0:
            return self._at(self.to, a, b), End.REACHED
        if (self.back - b.z[-1]) * ahead >= 0:
            return self._at(self.back, a, b), End.LEFT
        return (start, End.CLOSED) if _closes(start, a, b) else (b, None)

    def _at(self, s: float, a: Station, b: Station) -> Station:
        """The station at s between two."""
        return b if b.z[-1] == s else narrowed(a, b, lambda x: float(x.z[-1] - s), on_curve(self.family))[1]

    def switched(self, point: SpecialPoint, side: int, along: Any) -> Branch:
        """The branch through a special point, to one side of its crossing tangent or of a given direction."""
        assert point.special is not None
        z, t = point.special.z, point.special.crossing if along is None else self._direction(along)
        assert t is not None
        for away in SWITCHES:
            start = self._beside(z, side * t, away)
            if start is not None:
                return self.branch(start, point)
        raise InputError(
            f"no branch was found along the crossing direction at {self.name} = {point.parameter:.6g}; one within "
            f"{SWITCHES[-1]:g} was expected: give another along="
        )

    def _direction(self, along: Any) -> Array:
        """A state's direction as one of z, at fixed s."""
        rows, _ = self.packed(along)
        size = float(np.linalg.norm(rows))
        if rows.shape != (1, self.family.n) or not size > 0:
            raise InputError("along is no direction of one state; a state that is not zero was expected: give point.vector or the like")
        return np.append(rows[0] / size, 0.0)

    def _beside(self, z: Array, t: Array, away: float) -> Station | None:
        """A station of the branch that leaves z along t."""
        found = corrected(self.family, z + away * t, t)
        if found is None or (found.z - z) @ t < ASTRAY * np.linalg.norm(found.z - z):
            return None
        return station(self.family, found.z, t)


def _closes(start: Station, a: Station, b: Station) -> bool:
    """Whether a step passes the start again, the way it went there."""
    before, behind = ((x.z - start.z) @ start.tangent for x in (a, b))
    if not before < 0 <= behind:
        return False
    chord = b.z - a.z
    nearest = a.z + chord * before / (before - behind)
    return bool(np.linalg.norm(nearest - start.z) <= 0.1 * np.linalg.norm(chord))

"""A corner: between two stations on different pieces of f lies a kink; there the branch ends one smooth piece and begins another.

The new tangent is that of the new piece, turned so that the function which changed sign goes on as it came.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from numeric.continuation.corrector import corrected
from numeric.continuation.family import Family
from numeric.continuation.kinks import crossed, pattern
from numeric.continuation.locate import narrowed
from numeric.continuation.station import SIDE, Station, differ
from numeric.field import Array


@dataclass(frozen=True)
class Corner:
    """The station that ends the old piece and the one, at the same point, that begins the new one."""

    before: Station
    behind: Station

    @property
    def jumps(self) -> bool:
        """Whether the Jacobian does: a kink of a higher derivative is none of the branch's."""
        return differ(self.before.slopes, self.behind.slopes)


@dataclass(frozen=True)
class _Place:
    """A point of the curve, without its tangent."""

    z: Array


def corner(family: Family, a: Station, b: Array) -> Corner | None:
    """The first corner between a station and a point (n + 1,) on another piece; None where it cannot be told."""
    end = _Place(b)
    turned = crossed(a.piece, pattern(family.kinks(b)))
    found: _Place | None = None
    for _ in range(4):  # each time at least one of the functions that change sign earlier is taken
        if not turned.size:
            break
        k = _first(family.kinks(a.z), family.kinks(end.z), turned)
        located = _located(family, a, end, k)
        if located is None:
            return None
        found = end = located
        values = family.kinks(found.z)
        others = np.abs(values) > 1e-10 * (1 + np.abs(values).max(initial=0))
        turned = np.flatnonzero((a.piece * pattern(values) < 0) & others)
    return None if found is None else joined(family, a, found.z)


def _first(u: Array, v: Array, turned: NDArray[np.intp]) -> int:
    """Which of the functions crosses zero first, taken as linear between the two points."""
    return int(turned[np.argmin(np.abs(u[turned]) / np.abs(u[turned] - v[turned]))])


def _located(family: Family, a: Station, b: _Place, k: int) -> _Place | None:
    """Where function k vanishes between two points, guessed on the chord; None where it jumps or no point is found."""

    def between(one: _Place, other: _Place, share: float) -> _Place | None:
        chord = other.z - one.z
        length = float(np.linalg.norm(chord))
        found = corrected(family, one.z + share * chord, chord / length) if length else None
        return None if found is None else _Place(found.z)

    start = _Place(a.z)
    other = narrowed(start, b, lambda p: float(family.kinks(p.z)[k]), between)[1]
    return other if abs(float(family.kinks(other.z)[k])) <= SIDE / 10 else None


def joined(family: Family, a: Station, z: Array) -> Corner | None:
    """The corner at z, reached from a station of the old piece."""
    chord = z - a.z
    length = float(np.linalg.norm(chord))
    if length <= 2 * SIDE:
        old = replace(a, z=z)
    else:
        slopes = family.slopes(z - SIDE * chord / length)
        tangent = _null(slopes, chord)
        if tangent @ chord < 0.7 * length and tangent @ a.tangent < 0.7:
            return None
        old = Station(z, tangent, slopes, a.piece, family.rate, False)
    return _behind(family, old, z)


def _behind(family: Family, old: Station, z: Array) -> Corner | None:
    """The corner with the station of the piece that lies ahead of the old tangent."""
    ahead = pattern(family.kinks(z + SIDE * old.tangent))
    turned = crossed(old.piece, ahead)
    if not turned.size:
        return None
    slopes = family.slopes(z + SIDE * old.tangent)
    tangent = _null(slopes, old.tangent)
    k = int(turned[0])
    rise = family.kinks(z + SIDE * tangent)[k] - family.kinks(z - SIDE * tangent)[k]
    if rise * float(ahead[k]) < 0:
        tangent = -tangent
    return Corner(old, Station(z, tangent, slopes, ahead, family.rate, False))


def _null(slopes: Array, before: Array) -> Array:
    """The unit null vector, turned as `before`."""
    t: Array = np.linalg.svd(slopes)[2][-1]
    return t if t @ before >= 0 else -t

"""What lies between two stations of one smooth piece: folds, branch points and crossings of the border of stability."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from numeric.continuation.branch_points import Special, branch_point, upward
from numeric.continuation.family import Family
from numeric.continuation.hopf import REAL, hopf_point
from numeric.continuation.locate import narrowed, on_curve
from numeric.continuation.station import Station, nearness

SAME = 1e-5  # in units: sign changes nearer than this are those of one point
MARGINAL = 1e-8  # real parts below this share of the largest eigenvalue at a point found cross there as well: the other of a pair
NEARLY = 1e-5  # B is singular at a branch point and not at a fold: its least singular value, as a share of its largest


class Met(NamedTuple):
    """A special point and a station as near to it as there is one; how far on the way from one station to the next."""

    special: Special
    at: Station
    share: float


def events(family: Family, a: Station, b: Station) -> list[Met]:
    """The special points between two stations, in order."""
    met: list[Met] = []
    for find in (_branch_points, _folds, _crossings):
        for special, at in find(family, a, b, len(met)):
            if all(np.linalg.norm(special.z - other.special.z) > SAME for other in met):
                chord = b.z - a.z
                met.append(Met(special, at, float((special.z - a.z) @ chord / (chord @ chord))))
    return sorted(met, key=lambda m: m.share)


Pairs = list[tuple[Special, Station]]


def _branch_points(family: Family, a: Station, b: Station, met: int) -> Pairs:
    """The branch point where det B changes sign."""
    if a.orientation * b.orientation >= 0:
        return []
    at = narrowed(a, b, _determinant(a), on_curve(family))[1]
    return [(branch_point(family, at.z, at.tangent), at)]


def _determinant(a: Station) -> Callable[[Station], float]:
    """det B in units of det B at a."""
    least = a.log_determinant

    def ratio(x: Station) -> float:
        return x.orientation * float(np.exp(np.clip(x.log_determinant - least, -700, 700)))

    return ratio


def _folds(family: Family, a: Station, b: Station, met: int) -> Pairs:
    """The fold where s turns back."""
    if (a.tangent[-1] < 0) == (b.tangent[-1] < 0):
        return []
    at = narrowed(a, b, lambda x: float(x.tangent[-1]), on_curve(family))[1]
    return [(_fold(at), at)]


def _fold(at: Station) -> Special:
    """The fold at a station whose tangent has no share of s."""
    return Special("fold", at.z, upward(at.tangent[:-1] / np.linalg.norm(at.tangent[:-1])), turns=True)


def _crossings(family: Family, a: Station, b: Station, met: int) -> Pairs:
    """Changes of the number of unstable eigenvalues beyond the one that a fold or a simple branch point explains."""
    low, high = sorted((a.unstable, b.unstable))
    if low < 0 or high - low <= (1 if met else 0):
        return []
    found: Pairs = []
    for place in range(low, high):
        known = any(abs(at.values[place].real) <= MARGINAL * np.abs(at.values).max() for _, at in found)
        if not known and a.values[place].real * b.values[place].real < 0:
            at = narrowed(a, b, lambda x, k=place: float(x.values[k].real), on_curve(family))[1]  # type: ignore[misc]
            found.append((_crossing(family, at, place), at))
    return found


def _crossing(family: Family, at: Station, place: int) -> Special:
    """What crosses the border at a station whose eigenvalue at this place has real part 0: a pair, or one or more real ones."""
    if abs(at.values[place].imag) > REAL * np.abs(at.values).max():
        return hopf_point(family, at, place)
    return branch_point(family, at.z, at.tangent) if nearness(at.bordered) < NEARLY else _fold(at)

"""What lies between two stations of one smooth piece: folds, branch points and crossings of the border of stability."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from numeric.continuation.branch_points import Special, branch_point
from numeric.continuation.corrector import solved
from numeric.continuation.family import Family
from numeric.continuation.hopf import spectral
from numeric.continuation.locate import narrowed, on_curve
from numeric.continuation.station import Station

SAME = 1e-5  # in units: sign changes nearer than this are those of one point


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
    if a.orientation * b.orientation >= 0:
        return []
    low, high = narrowed(a, b, _determinant(a, b), on_curve(family))
    at = low if np.linalg.norm(low.z - a.z) > 0 else high
    start = _between(low, high, _determinant(a, b))
    return [(branch_point(family, start, at.tangent), at)]


def _between(low: Station, high: Station, phi: Callable[[Station], float]) -> np.ndarray:
    """Where the line through two values of phi vanishes: the best guess where the curve could be followed no further."""
    one, other = phi(low), phi(high)
    share = 0.5 if one == other else one / (one - other)
    return np.asarray(low.z + share * (high.z - low.z))


def _determinant(a: Station, b: Station) -> Callable[[Station], float]:
    """A smooth function with the sign of det B: g of [[B, p], [qᵀ, 0]] (x, g) = (0, 1), p and q singular vectors of B.

    Source: Govaerts (2000), Numerical Methods for Bifurcations of Dynamical Equilibria, chapter 3.
    """
    near = min((a, b), key=lambda x: float(np.linalg.svd(x.bordered, compute_uv=False)[-1]))
    left, _, right = np.linalg.svd(near.bordered)
    p, q = left[:, -1], right[-1]

    def g(x: Station) -> float:
        matrix = np.block([[x.bordered, p[:, None]], [q[None], np.zeros((1, 1))]])
        found = solved(matrix, np.append(np.zeros(len(p)), 1.0))
        return 0.0 if found is None else float(found[-1])

    return g


def _folds(family: Family, a: Station, b: Station, met: int) -> Pairs:
    if (a.tangent[-1] < 0) == (b.tangent[-1] < 0):
        return []
    at = narrowed(a, b, lambda x: float(x.tangent[-1]), on_curve(family))[1]
    v = at.tangent[:-1] / np.linalg.norm(at.tangent[:-1])
    return [(Special("fold", at.z, v), at)]


def _crossings(family: Family, a: Station, b: Station, met: int) -> Pairs:
    """Changes of the number of unstable eigenvalues beyond the one that a fold or a simple branch point explains."""
    low, high = sorted((a.unstable, b.unstable))
    if low < 0 or high - low <= (1 if met else 0):
        return []
    found: Pairs = []
    for place in range(low, high):
        if a.values[place].real * b.values[place].real < 0:
            at = narrowed(a, b, lambda x, k=place: float(x.values[k].real), on_curve(family))[1]  # type: ignore[misc]
            if all(np.linalg.norm(at.z - other.z) > SAME for _, other in found):
                found.append((spectral(family, at, place), at))
    return found

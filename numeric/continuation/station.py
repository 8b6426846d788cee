"""A station of a branch: a point z, its unit tangent t with ∂f/∂z t = 0, and the numbers whose signs tell what lies between two.

t_s changes sign at a fold; the determinant of B = [∂f/∂z; t] at a simple branch point, and at no fold; the real part of an
eigenvalue of ∂f/∂y where stability changes. Source: Kuznetsov, Elements of Applied Bifurcation Theory (2004), chapter 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from numeric.continuation.corrector import solved
from numeric.continuation.family import Family
from numeric.continuation.kinks import Pattern, pattern
from numeric.field import Array

NEUTRAL = 1e-10  # real parts within this share of the largest eigenvalue count as zero
SINGULAR = 1e-9  # B counts as singular where its least singular value falls below this share of its largest
SIDE = 1e-6  # how far beside a point, in units, the pieces of f that meet there are told apart
JUMP = 1e-4  # Jacobians that differ by more than this share across 2 SIDE jump: smooth ones move by 1e-6


@dataclass(frozen=True)
class Station:
    """A point (n + 1,), its unit tangent, ∂f/∂z (n, n + 1), and the piece of f on which it lies."""

    z: Array
    tangent: Array
    slopes: Array
    piece: Pattern
    rate: Array
    """What rows of ∂f/∂z times give ∂f/∂y in the caller's units, (n, 1)."""
    split: bool
    """Whether ∂f/∂z jumps at the point itself: then its eigenvalues are those of one side."""

    @property
    def bordered(self) -> Array:
        """B = [∂f/∂z; t]."""
        return np.vstack([self.slopes, self.tangent])

    @cached_property
    def _determinant(self) -> tuple[float, float]:
        sign, size = np.linalg.slogdet(self.bordered)
        return float(sign), float(size)

    @property
    def orientation(self) -> float:
        """The sign of det B."""
        return self._determinant[0]

    @property
    def log_determinant(self) -> float:
        """log |det B|."""
        return self._determinant[1]

    @property
    def jacobian(self) -> Array:
        """∂f/∂y in the caller's units, (n, n)."""
        return self.slopes[:, :-1] * self.rate

    @cached_property
    def values(self) -> NDArray[np.complex128]:
        """The eigenvalues of ∂f/∂y, the largest real part first; (n,)."""
        found = np.linalg.eigvals(self.jacobian).astype(np.complex128)
        return found[np.lexsort((found.imag, -found.real))]

    @cached_property
    def unstable(self) -> int:
        """How many eigenvalues lie right of the border; -1 where the Jacobian jumps, and nothing is known."""
        if self.split:
            return -1
        return int(np.count_nonzero(self.values.real > NEUTRAL * np.abs(self.values).max(initial=0)))


def station(family: Family, z: Array, before: Array) -> Station | None:
    """The station at a point of the curve, its tangent turned as `before` is; None where B is singular."""
    slopes = family.slopes(z)
    tangent = tangent_of(slopes, before)
    return None if tangent is None else _station(family, z, slopes, tangent)


def station_near(family: Family, z: Array, chord: Array) -> Station | None:
    """The same between two stations, with the unit chord for a tangent where B is singular: a branch point is that near."""
    slopes = family.slopes(z)
    if not np.isfinite(slopes).all():
        return None
    tangent = tangent_of(slopes, chord)
    return _station(family, z, slopes, chord if tangent is None else tangent)


def _station(family: Family, z: Array, slopes: Array, tangent: Array) -> Station:
    """The station with its piece of f."""
    piece = pattern(family.kinks(z))
    return Station(z, tangent, slopes, piece, family.rate, bool((piece == 0).any()) and jumps(family, z))


def tangent_of(slopes: Array, before: Array) -> Array | None:
    """The unit null vector t of ∂f/∂z with t·before > 0; None where there are two, or `before` is at right angles to it."""
    found = solved(np.vstack([slopes, before]), np.append(np.zeros(len(slopes)), 1.0))
    if found is None:
        return None
    tangent: Array = found / np.linalg.norm(found)
    return tangent if nearness(np.vstack([slopes, tangent])) > SINGULAR else None


def nearness(matrix: Array) -> float:
    """How far a matrix is from one of lower rank: its least singular value by its largest, long rows at length 1."""
    sizes = even_sizes(matrix)
    return float(sizes[-1] / sizes[0]) if sizes[0] > 0 else 0.0


def even_sizes(matrix: Array) -> Array:
    """The singular values of a matrix, rows longer than 1 taken at length 1: far out slopes grow, and nothing is singular."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(np.linalg.svd(matrix / np.maximum(lengths, 1), compute_uv=False))


def jumps(family: Family, z: Array) -> bool:
    """Whether ∂f/∂z differs between two points beside z, on either side along two directions."""
    rng = np.random.default_rng(0)
    for v in rng.normal(size=(2, z.size)):
        away = SIDE * v / np.linalg.norm(v)
        if differ(family.slopes(z + away), family.slopes(z - away)):
            return True
    return False


def differ(one: Array, other: Array) -> bool:
    """Whether two Jacobians are those of different pieces."""
    return float(np.abs(one - other).max(initial=0)) > JUMP * max(float(np.abs(one).max()), float(np.abs(other).max()))

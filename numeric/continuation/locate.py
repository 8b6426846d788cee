"""A sign change between two stations, narrowed on the curve itself: the Illinois method, with every guess corrected.

Where the same end moves twice the value at the other is halved, so that both close in. Source: Dowell and Jarratt (1971),
BIT 11, 168-174.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np

from numeric.continuation.corrector import corrected
from numeric.continuation.family import Family
from numeric.continuation.station import Station, station_near
from numeric.field import Array

ITERATIONS = 80
NARROW = 1e-14  # of |z| + 1: the bracket, or the last move, below which a zero counts as found
ZERO = 1e-12  # of the change of phi over the step: values below it are zero; an eigenvalue of 256 neurons is right to 1e-13 of it


class Point(Protocol):
    """Anything on the curve."""

    @property
    def z(self) -> Array:
        """Where it lies, (n + 1,)."""
        ...


P = TypeVar("P", bound=Point)


def narrowed(a: P, b: P, phi: Callable[[P], float], between: Callable[[P, P, float], P | None]) -> tuple[P, P]:
    """Two points of the curve with opposite signs of phi, as close as it goes; equal ones where phi is 0.

    `between` gives the point at a share of the way from one to the other, None where it finds none.
    """
    before, after = phi(a), phi(b)
    low, high = before, after
    last, kept = a.z, None
    for k in range(ITERATIONS):
        share = low / (low - high) if k % 3 < 2 and low != high else 0.5
        c = between(a, b, float(np.clip(share, 1e-3, 1 - 1e-3)))
        if c is None:
            break
        value = phi(c)
        if abs(value) <= ZERO * abs(after - before):
            return c, c
        ahead = value * before > 0
        if ahead:
            a, low, high = c, value, high / 2 if ahead is kept else high
        else:
            b, high, low = c, value, low / 2 if ahead is kept else low
        kept = ahead
        least = NARROW * (1 + float(np.linalg.norm(c.z)))
        if np.linalg.norm(c.z - last) <= least or np.linalg.norm(b.z - a.z) <= least:
            return c, c
        last = c.z
    return a, b


def on_curve(family: Family) -> Callable[[Station, Station, float], Station | None]:
    """Between two stations: guessed by the cubic through both with their tangents, then corrected."""

    def between(a: Station, b: Station, share: float) -> Station | None:
        chord = b.z - a.z
        length = float(np.linalg.norm(chord))
        if length == 0:
            return None
        found = corrected(family, hermite(a, b, share), chord / length)
        if found is None or float(np.linalg.norm(found.z - a.z)) > 2 * length:
            return None
        return station_near(family, found.z, chord / length)

    return between


def hermite(a: Station, b: Station, share: float) -> Array:
    """The cubic with the tangents of both, its error is of the fourth order in their distance."""
    x, length = share, float(np.linalg.norm(b.z - a.z))
    forth = (1 + 2 * x) * (1 - x) ** 2 * a.z + x**2 * (3 - 2 * x) * b.z
    return np.asarray(forth + length * (x * (1 - x) ** 2 * a.tangent + x**2 * (x - 1) * b.tangent))

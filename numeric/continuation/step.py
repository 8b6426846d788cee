"""One step: a guess along the tangent, corrected, and taken if the branch did not turn sharply; up to a corner where there is one.

Steps are such that the tangent turns by about TURN; a step whose correction is not short against it is taken again at half
its length, as it may have gone over to another branch. Source: Allgower and Georg, Numerical Continuation Methods (1990), chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numeric.continuation.branch import End
from numeric.continuation.corners import Corner, corner, joined
from numeric.continuation.corrector import Corrected, corrected
from numeric.continuation.family import Family
from numeric.continuation.kinks import crossed, pattern
from numeric.continuation.station import Station, station

TURN, SHARPEST = 0.1, 0.35  # radians: the turn of the tangent that is aimed at, and the largest that is accepted
OFF = 0.15  # of a step: the longest correction that is accepted
LEAST = 1e-7  # the shortest step, in units; near a sharp corner it places the corner to its square
DIVERGED = 1e12


@dataclass(frozen=True)
class Step:
    """The station reached, the corner there if it is one, and the length to try next."""

    end: Station
    corner: Corner | None
    next: float

    @property
    def onward(self) -> Station:
        """Where the next step starts."""
        return self.end if self.corner is None else self.corner.behind


def step(family: Family, a: Station, h: float, longest: float) -> Step | End:
    """The next station of the same smooth piece, about h away; why there is none otherwise."""
    why = End.STEP_TOO_SMALL
    while h >= LEAST:
        guess = a.z + h * a.tangent
        if not np.abs(guess[:-1]).max(initial=0) * family.unit < DIVERGED:
            return End.DIVERGED
        found = corrected(family, guess, a.tangent)
        if found is not None:
            taken = _taken(family, a, found, h, longest)
            if isinstance(taken, Step):
                return taken
            why = taken
        h *= 0.5 if why is End.STEP_TOO_SMALL else 0.7
    return _sharp(family, a) or why


def _taken(family: Family, a: Station, found: Corrected, h: float, longest: float) -> Step | End:
    """The step to a corrected point, or up to the first corner before it; why it is not taken otherwise."""
    if crossed(a.piece, pattern(family.kinks(found.z))).size:
        met = corner(family, a, found.z)
        return End.STEP_TOO_SMALL if met is None else Step(met.before, met, h)
    b = station(family, found.z, a.tangent)
    if b is None:
        return End.SINGULAR
    turn = float(np.arccos(np.clip(a.tangent @ b.tangent, -1, 1)))
    if turn > SHARPEST or found.first > OFF * h:
        return End.STEP_TOO_SMALL
    return Step(b, None, min(longest, h * float(np.clip(TURN / max(turn, 1e-9), 0.5, 2))))


def _sharp(family: Family, a: Station) -> Step | None:
    """A corner straight ahead, beyond which the branch turns back so far that no step across it was corrected."""
    ahead = a.z + 4 * LEAST * a.tangent
    u, v = family.kinks(a.z), family.kinks(ahead)
    turned = crossed(pattern(u), pattern(v))
    if not turned.size:
        return None
    share = float(np.min(u[turned] / (u[turned] - v[turned])))
    met = joined(family, a, a.z + share * (ahead - a.z))
    return None if met is None else Step(met.before, met, 100 * LEAST)

"""{E <= c} around a steady state, for the largest c that a cover closes: up to just below the lowest saddle of its border."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from amsym.words import counted
from numeric.rigorous import Undetermined
from proofs.basins.ball import Ball
from proofs.basins.barrier import surroundings
from proofs.basins.cover import Cover, cover
from proofs.basins.descent import Descent, descent
from proofs.basins.leaves import Leaves
from proofs.basins.terrain import Terrain
from proofs.basins.trap import trap

Array = NDArray[Any]
# Shares of the way from E(y*) up to the barrier, tried in turn. Walls get thin next to it, as the root of what is left: at
# N = 4 a set of 90 % took 3000 boxes, one of 99 % more than 40 000.
FEW, SHARES_OF_FEW, SHARES = 2, (0.995, 0.97, 0.85, 0.5), (0.9, 0.6, 0.3)


@dataclass(frozen=True, repr=False)
class Sublevel:
    """{z: E(z) <= level} in the boxes of a cover, over the domain [low, high] (n,)."""

    terrain: Terrain
    ball: Ball
    level: float
    cover: Cover
    low: Array
    high: Array
    descent: Descent | None

    def holds(self, y: Array) -> bool:
        """Whether the set has this state for certain."""
        try:
            return self.cover.holds(y) and bool(self.terrain.exact_energy(y) <= arb(self.level))
        except Undetermined:
            return False


def sublevel(terrain: Terrain, ball: Ball, low: Array, high: Array, boxes: int) -> tuple[Sublevel | None, str]:
    """The set of the first level, from above, whose cover closes in the domain [low, high] (n,); else why there is none."""
    found = descent(terrain.asked)
    near = surroundings(terrain.at, ball.center, low, high)
    low, high = trap(terrain, ball.center, low, high)
    tried = 0
    for level in _levels(terrain, ball.center, near.saddles, low, high):
        energies = terrain.at.bound.packed_energy(near.zeros) if len(near.zeros) else np.zeros(0)
        closed = cover(Leaves(terrain, ball, found, level), low, high, near.zeros[energies <= level], boxes)
        if closed is not None:
            return Sublevel(terrain, ball, level, closed, low, high, found), ""
        tried += 1
    if not tried:
        return None, "no set E ≤ c was tried: no level above that of the state was found around it"
    why = "the energy may be flat along a direction, or hardly rises"
    return None, f"no set E ≤ c was closed with {counted(boxes, 'box', 'boxes')} at {counted(tried, 'level')}: {why}"


def _levels(terrain: Terrain, center: Array, saddles: Array, low: Array, high: Array) -> Iterator[float]:
    E = terrain.at.bound.packed_energy
    least = float(E(center[None])[0])
    top = float(E(saddles).min()) if len(saddles) else float(terrain.rough_energy(low[None], high[None]).high[0])
    if np.isfinite(top) and top > least:
        if not len(saddles):
            yield top
        for share in SHARES_OF_FEW if terrain.n <= FEW else SHARES:
            yield least + share * (top - least)


__all__ = ["Sublevel", "sublevel"]

"""Two states on either side of a boundary, φ(low) = k ≠ φ(high), brought together by sections of the segment between them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from numeric.basins.destinations import Destinations
from numeric.basins.ends import AMBIGUOUS, TIME_OVER
from numeric.field import Array

SECTIONS = 16  # of a segment at once: fewer calls, each of which costs about the same, than halving makes


class Pair(NamedTuple):
    """Packed states (n,): `low` in the basin, `high` outside."""

    low: Array
    high: Array

    @property
    def middle(self) -> Array:
        """Halfway, (n,)."""
        return np.asarray((self.low + self.high) / 2)

    @property
    def rows(self) -> Array:
        """Both, (2, n)."""
        return np.stack([self.low, self.high])

    @property
    def apart(self) -> float:
        """Their distance, as a share of 1 + |y|_inf."""
        return float(np.abs(self.high - self.low).max() / (1 + np.abs(self.low).max()))


def bracketed(phi: Destinations, label: int, pair: Pair, near: float) -> Pair:
    """A pair at most `near` apart on the segment, its low end in the basin `label`; as near as the ends of starts can be told.

    Ambiguous starts are passed over: they lie on a boundary as nearly as the tolerances tell.
    """
    inner = np.arange(1, SECTIONS)[:, None] / SECTIONS
    while pair.apart > near:
        rows = np.concatenate([pair.low[None], pair.low + inner * (pair.high - pair.low), pair.high[None]])
        found = np.concatenate([[label], phi(rows[1:-1]), [-4]])  # -4: the far end is none of this basin, whatever it is
        known = np.flatnonzero((found != AMBIGUOUS) & (found != TIME_OVER))
        last = int(np.argmax(found[known] != label))  # the first known one outside
        shorter = Pair(rows[known[last - 1]], rows[known[last]])
        if not shorter.apart < pair.apart:
            break
        pair = shorter
    return pair


def astride(phi: Destinations, label: int, pair: Pair, near: float) -> Pair | None:
    """The pair, moved apart along its line until its ends lie on either side; None where 1000 times `near` does not do.

    A flow that draws the boundary's two sides together, and the error of a step, may set both states on one side of it.
    """
    way = pair.high - pair.low
    if not np.any(way):
        return None
    way = way / np.abs(way).max() * (1 + np.abs(pair.low).max())
    for width in (0.0, *(near * 10.0**k for k in range(4))):
        wide = Pair(pair.low - width * way, pair.high + width * way) if width else pair
        low, high = phi(wide.rows)
        if low == label and high not in (label, AMBIGUOUS, TIME_OVER):
            return wide
    return None

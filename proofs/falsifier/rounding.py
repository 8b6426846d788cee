"""From a row of floats to rationals of small height: the coarsest grid around it that has a violating point."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from proofs.draws import Values
from proofs.falsifier.hunt import Found

Array = NDArray[np.float64]
# Denominators of the grids, points looked at on each, and how many steps of the grid they may be away.
DENOMINATORS = (1, 2, 3, 4, 5, 6, 8, 10, 16, 32, 100, 1000, 10**4, 10**6, 10**9, 10**12, 10**15)
POINTS, AWAY = 48, (0.0, 0.5, 1.0, 2.0)
# Roundings of a row that are handed on.
TRIES = 4


def rationals(found: Found, n: int, least: float) -> Iterator[Values]:
    """Exact values near the n-th row, those with the smallest denominators first, that score more than `least` in floats."""
    noise, handed = np.random.default_rng(n), 0
    for largest in DENOMINATORS:
        rows = _grid(found, found.rows[n], largest, noise)
        scores = found.score(rows)
        values = found.at.exact(rows[int(scores.argmax())], largest)
        if found.score(found.at.row(values)[None])[0] > least:
            yield values
            handed += 1
        if handed == TRIES:
            return


def _grid(found: Found, row: Array, largest: int, noise: np.random.Generator) -> Array:
    """The row and points near it, rounded to multiples of 1/largest, but for numbers that are small fractions already."""
    away = np.resize(AWAY, POINTS)[:, None] / largest * noise.uniform(-1, 1, size=(POINTS, len(row)))
    pinned = found.at.low == found.at.high
    return found.at.projected(np.where(pinned, row, np.round((row + away) * largest) / largest))


__all__ = ["rationals"]

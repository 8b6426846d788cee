"""A violating row with simpler numbers: one number after the other is pinned to 0, 1, -1 or a fraction near it, and the rest climbs again.

Rounding alone loses a violation that lies in a thin region: there the other numbers must follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from amsym.notation import Tensor
from amsym.notation.effort import Budget, remaining
from proofs.falsifier.ascent import climb
from proofs.falsifier.coordinates import Coordinates
from proofs.falsifier.hunt import Found
from proofs.falsifier.landmarks import near_zeros
from proofs.shrinking import LEFT, together

Array = NDArray[np.float64]
# Seconds, steps of a climb, departures that it starts from, and the share of the score that must be left.
SECONDS, STEPS, APART, SHARE = 1.0, 8, (0.0, 0.01, 0.1, 1.0), 1e-3
# States up to which zeros are looked for again after each change.
MANY = 50
DENOMINATORS = (1, 2, 3, 4, 5, 8, 10)


def simplified(found: Found, n: int, noise: np.random.Generator) -> Found:
    """The n-th row alone, with as many numbers pinned as keep a share of its score; parameters before states."""
    row, at, budget = found.rows[n], found.at, Budget(min(SECONDS, remaining() - LEFT))
    least = SHARE * float(found.scores[n])
    for entry in _entries(at):
        position, sign = entry[0]
        for value in _simpler(sign * row[position], at, position):
            if budget.spent:
                break
            pinned = _pinned(at, entry, value)
            new, score = _climbed(replace(found, at=pinned), row, least, noise)
            if score > least:
                row, at = new, pinned
                break
    # The last climb goes away from the border of the region, for rounding to stay inside.
    row, score = _climbed(replace(found, at=at), row, np.inf, noise)
    return replace(found, rows=row[None], scores=np.array([score]), at=at)


def _climbed(found: Found, row: Array, least: float, noise: np.random.Generator) -> tuple[Array, float]:
    """The highest row that climbs reach, from near this one and then from near zeros of the fields, as soon as it scores enough."""
    best, score = row, -np.inf
    for start in _starts(found, row, noise):
        for rows, scores in climb(found.score, start, found.at, STEPS, noise):
            top = int(scores.argmax())
            if scores[top] > score:
                best, score = rows[top], float(scores[top])
            if score > least:
                return best, score
    return best, score


def _starts(found: Found, row: Array, noise: np.random.Generator) -> Iterator[Array]:
    rows = row + np.array(APART)[:, None] * noise.normal(size=(len(APART), len(row)))
    yield rows
    for f in found.fields if found.states <= MANY else ():
        yield near_zeros(f, rows, found.at, found.states, noise)


def _entries(at: Coordinates) -> Iterator[list[tuple[int, int]]]:
    """The positions of each number with signs, several where symmetry makes them one; those of parameters first."""
    start, found = 0, []
    for key, shape in zip(at.keys, at.shapes, strict=True):
        is_state = isinstance(key, Tensor) and key.kind == "state"
        places = {place: start + n for n, place in enumerate(np.ndindex(shape))}
        groups = {frozenset(together(key, place)): 0 for place in places}
        start += len(places)
        if not (isinstance(key, Tensor) and {"psd", "orthogonal"} & set(key.properties)):
            found += [(is_state, [(places[p], sign) for p, sign in group]) for group in groups]
    yield from (group for is_state, group in sorted(found, key=lambda f: f[0]))


def _simpler(x: float, at: Coordinates, position: int) -> list[float]:
    near = [float(Fraction(float(x)).limit_denominator(d)) for d in DENOMINATORS]
    return [v for v in dict.fromkeys((0.0, 1.0, -1.0, *near)) if at.low[position] <= v <= at.high[position]]


def _pinned(at: Coordinates, entry: list[tuple[int, int]], value: float) -> Coordinates:
    low, high = at.low.copy(), at.high.copy()
    for position, sign in entry:
        low[position] = high[position] = sign * value
    return replace(at, low=low, high=high)


__all__ = ["simplified"]

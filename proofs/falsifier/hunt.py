"""One hunt at given sizes: starts, trajectories and landmarks, the best of them climbed, the highest rows handed on as they come."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.notation.effort import check
from amsym.system import System
from proofs.draws import Values, fits
from proofs.falsifier.ascent import climb
from proofs.falsifier.compiled import Function, function_of, moved
from proofs.falsifier.coordinates import Coordinates, coordinates, width
from proofs.falsifier.inequality import Inequality
from proofs.falsifier.landmarks import arguments, beside, near_zeros
from proofs.falsifier.starts import starts
from proofs.trajectories import ridden

Array = NDArray[np.float64]
# Starts of which one has to have what is declared.
FITTING = 12
# Starts, numbers in all rows of a batch (wide rows are fewer), rows that climb, their steps, rows handed on at a time.
STARTS, NUMBERS, CLIMBERS, STEPS, BEST = 384, 200_000, 96, 40, 4


@dataclass(frozen=True)
class Found:
    """The highest rows of a moment with their scores, how many rows were started from, and what they were scored and moved by."""

    rows: Array
    scores: Array
    score: Function
    height: Function
    at: Coordinates
    fields: tuple[Function, ...]
    states: int
    started: int


def hunt(
    claim: Inequality, sizes: Mapping[str, int], given: Values, domain: Mapping[Any, Any], rng: random.Random, noise: np.random.Generator
) -> Iterator[Found]:
    """The highest rows after the starts, along trajectories, beside landmarks, and while climbing; also where they are not above 0.

    Raises AmsymError where a formula has no numbers.
    """
    at = coordinates(claim.system, sizes, given, domain)
    height = function_of(claim.formula, at, sizes, given)
    score = height if claim.scale is None else _ratio(height, function_of(claim.scale, at, sizes, given))
    fields = () if claim.system.depends_on_time else tuple(moved(f, at, sizes, given) for f in claim.fields)
    states = sum(width(s, sizes) for s in claim.system.states)
    count = int(min(STARTS, max(16, NUMBERS // at.width)))
    first = starts(claim.system, sizes, given, at, count, rng, noise)
    if not _some_fit(claim.system, first, at, given):
        return

    def best(rows: Array, started: int = 0) -> Found:
        scores = score(rows)
        top = np.argsort(-scores, kind="stable")[:BEST]
        return Found(rows[top], scores[top], score, height, at, fields, states, started)

    yield best(first, len(first))
    pool = [first]
    near = beside(arguments(claim.system), first, at, sizes, given, noise)
    for rows in chain(_more(fields, score, first, at, states, noise), near):
        pool.append(rows)
        yield best(rows, len(rows))
    for f in (score, height) if claim.scale is not None else (score,):
        for rows, _ in climb(f, _highest(f, pool), at, STEPS, noise):
            check()
            yield best(rows)


def _ratio(above: Function, below: Function) -> Function:
    """above/below, -inf where both vanish."""

    def run(rows: Array) -> Array:
        with np.errstate(all="ignore"):
            found = above(rows) / below(rows)
        return np.where(np.isnan(found), -np.inf, found)

    return run


def _some_fit(system: System, rows: Array, at: Coordinates, given: Values) -> bool:
    """Whether what is declared can be had together at all; no start has a matrix that is semidefinite and orthogonal but not 1."""
    return any(fits(system, at.exact(row, None), given) for row in rows[:: max(1, len(rows) // FITTING)])


def _highest(f: Function, pool: list[Array]) -> Array:
    """The highest rows, some of each kind."""
    share = max(4, CLIMBERS // len(pool))
    return np.concatenate([rows[np.argsort(-f(rows), kind="stable")[:share]] for rows in pool])


def _more(fields: tuple[Function, ...], score: Function, rows: Array, at: Coordinates, states: int, noise: Any) -> Iterator[Array]:
    """Rows along trajectories of the first field, which is the flow, and near the zeros of all."""
    for n, field in enumerate(fields):
        if n == 0:
            rows = ridden(field, score, rows, at)
            yield rows
        yield near_zeros(field, rows, at, states, noise)


__all__ = ["Found", "hunt"]

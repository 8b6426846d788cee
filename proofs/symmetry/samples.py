"""Gradients at exact points, enough to settle the affine symmetries: as many as there are unknowns, and where the energy has kinks,
more of them wherever the flows of what is still open lead to a piece that no sample has met.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from amsym.system import System
from numeric.symmetries import Sampler, Samples, column_sizes, null_space, open_fields
from proofs.draws import Values
from proofs.probes import kink_functions
from proofs.symmetry.clock import Clock
from proofs.symmetry.points import Points
from proofs.symmetry.steps import as_field, at_state, moved, rationalised, times

Array = NDArray[np.float64]

SEED = 20250717
# Samples that a fit of weights looks at, and samples beyond the number of unknowns.
FITTED, SPARE = 40, 6
# The share of the time for samples along flows, steps in a row that may show nothing new, and how far a new row must stand off
# the null space.
EXPLORING, MISSES, NEW = 0.4, 30, 1e-9


def unknowns(samples: Samples) -> int:
    """The number n (n + 1) of entries of A and c."""
    return samples.width * (samples.width + 1)


def is_full(samples: Samples) -> bool:
    """Whether there are more samples than unknowns."""
    return len(samples.points) >= unknowns(samples) + SPARE // 2


def sampled(system: System, sizes: Mapping[str, int], fixed: Values, clock: Clock, shifts: bool = False) -> Samples | None:
    """Gradients at as many points as there are unknowns (of shifts alone: n) and some more, or as many as the time allows."""
    sampler = Sampler(system, kink_functions(system))
    samples = Samples(system.states, dict(sizes))
    points = Points(system, sizes, fixed, random.Random(SEED), sampler.bends)
    need = (samples.width if shifts else unknowns(samples)) + SPARE
    drawing = clock.share((1 - EXPLORING) * clock.seconds) if sampler.bends else clock
    for _ in range(20 * need):
        done = len(samples.points)
        # What will not be finished in time is cut to what the fits need.
        if done == need or drawing.spent or (done >= FITTED // 2 and drawing.used / done * need > drawing.seconds):
            break
        sampler.add(samples, points.draw())
    if sampler.bends and len(samples.points) == need:
        explore(sampler, samples, clock, shifts)
    return samples if samples.points else None


def explore(sampler: Sampler, samples: Samples, clock: Clock, shifts: bool = False) -> None:
    """Add states to which the fields that the samples leave open lead, where they leave fewer open: beyond a kink, say."""
    rng, more = np.random.default_rng(SEED), True
    while more and not clock.spent:
        more = _explore_once(sampler, samples, clock, shifts, rng)


def _explore_once(sampler: Sampler, samples: Samples, clock: Clock, shifts: bool, rng: np.random.Generator) -> bool:
    """Follow generic fields of the null space from the samples; it shrinks with each state kept. Whether one was kept."""
    matrix = _matrix(samples, shifts)
    sizes = column_sizes(matrix)
    null = null_space(matrix / sizes)
    before, misses = len(null), 0
    while len(null) and misses < MISSES and not clock.spent:
        # Of shifts alone the steps may be much larger.
        only = open_fields(samples.gradient_matrix) if misses % 2 else np.zeros((0, 0))
        new = _sample_along(sampler, samples, only if len(only) else null / sizes, rng)
        row = _matrix(new, shifts)[0] / sizes if new is not None else np.zeros(len(sizes))
        off = null @ row
        if new is None or np.linalg.norm(off) <= NEW * np.linalg.norm(row):
            misses += 1
            continue
        samples.points += new.points
        samples.gradients += new.gradients
        null, misses = null_space(off[None, :] / np.linalg.norm(off)) @ null, 0
    return len(null) < before


def _matrix(samples: Samples, shifts: bool) -> Array:
    return samples.gradient_matrix if shifts else samples.matrix


def _sample_along(sampler: Sampler, samples: Samples, fields: Array, rng: np.random.Generator) -> Samples | None:
    """A sample one finite step from another along a generic one of the fields; None where there is none."""
    field, _ = rationalised(as_field(rng.normal(size=len(fields)) @ fields, samples.width))
    k = int(rng.integers(len(samples.points)))
    after = moved(field, samples.state(k), float(rng.choice(times(field))))
    new = Samples(samples.states, samples.sizes)
    return new if after is not None and sampler.add(new, at_state(samples, k, after)) else None

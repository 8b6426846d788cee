"""Where a search starts: simple parameters first, states at several scales, nearly equal neurons, and corners of the domain."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.notation import Tensor
from amsym.system import System
from proofs.draws import Values, flattened
from proofs.falsifier.coordinates import Coordinates
from proofs.settings import simple_parameters, strong_parameters

Array = NDArray[np.float64]
# Simple choices of parameters, and the scales at which states and other parameters are drawn.
SIMPLE, SCALES = 8, (0.1, 0.3, 1.0, 3.0, 8.0, 30.0)
# The largest departure from equal neurons, in powers of ten, and the share of the rows of each kind.
NEAR, SHARE = 6, 0.2


def starts(
    system: System, sizes: Mapping[str, int], given: Values, at: Coordinates, count: int, rng: random.Random, noise: np.random.Generator
) -> Array:
    """So many rows; half of them with simple parameters."""
    rows = np.concatenate([_drawn(key, shape, count, noise) for key, shape in zip(at.keys, at.shapes, strict=True)], axis=1)
    states = sum(int(np.prod(shape, dtype=int)) for k, shape in zip(at.keys, at.shapes, strict=True) if k in system.states)
    for n, values in enumerate(_simple(system, sizes, given, rng)):
        rows[n : count // 2 : SIMPLE + 4, states:] = _parameters(values, at, system)
    rows[:, :states] = _spread(rows[:, :states], at.low[:states], at.high[:states], noise)
    return at.projected(rows)


def _drawn(key: Any, shape: tuple[int, ...], count: int, noise: np.random.Generator) -> Array:
    """Normal numbers at a scale of each row, some of them set to zero; a part of the rows nearly equal."""
    n = int(np.prod(shape, dtype=int))
    scale = noise.choice(SCALES, size=(count, 1))
    x = scale * noise.normal(size=(count, n))
    equal = noise.random(count) < SHARE
    apart = 10.0 ** -noise.uniform(0, NEAR, size=(count, 1))
    x[equal] = (scale * noise.normal(size=(count, 1)) + scale * apart * noise.normal(size=(count, n)))[equal]
    sparse = noise.random(count) < SHARE
    x[sparse] *= noise.integers(2, size=(count, n))[sparse]
    return x


def _simple(system: System, sizes: Mapping[str, int], given: Values, rng: random.Random) -> Iterator[Values]:
    yield from strong_parameters(system, sizes, given)
    yield from islice(simple_parameters(system, sizes, given, rng, simple=SIMPLE), SIMPLE)


def _parameters(values: Values, at: Coordinates, system: System) -> list[float]:
    free = [k for k in at.keys if not (isinstance(k, Tensor) and k in system.states)]
    return [float(x) for k in free for x in flattened(values[k]).values()]


def _spread(x: Array, low: Array, high: Array, noise: np.random.Generator) -> Array:
    """States of a bounded box drawn in it: evenly, or each number near one of its ends."""
    if not len(low) or np.max(high - low) >= 1e6:
        return x
    inside = low + (high - low) * noise.random(x.shape)
    depth = (high - low) * 10.0 ** -noise.uniform(0, NEAR, size=(len(x), 1)) * noise.random(x.shape)
    border = np.where(noise.random(x.shape) < 0.5, low + depth, high - depth)
    border = np.where(noise.random((len(x), 1)) < 0.5, border, np.where(noise.random(x.shape) < 0.5, inside, border))
    kind = noise.random((len(x), 1))
    return np.where(kind < 0.4, inside, np.where(kind < 0.8, border, x))


__all__ = ["starts"]

"""Where to look: other zeros of the flow around a steady state, and the lowest saddle from which a trajectory falls to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.simulate import simulate
from numeric.stability.point import Point
from numeric.steady.polish import polish

Array = NDArray[Any]
STARTS, SEED = 60, 11
NEAR = 1e-6  # two zeros nearer than this, as a share of 1 + |y|, are one
NUDGE, ARRIVED = 1e-3, 1e-2
LONG = 1e3


@dataclass(frozen=True)
class Surroundings:
    """Zeros of the flow found, (k, n), without the state itself, and the saddles among them that border its basin, (s, n)."""

    zeros: Array
    saddles: Array


def surroundings(at: Point, center: Array, low: Array, high: Array) -> Surroundings:
    """By Newton's method from points of the box [low, high] (n,), and by trajectories from both sides of each saddle; no proof."""
    rng, n = np.random.default_rng(SEED), len(center)
    starts = rng.uniform(low, high, (STARTS * n, n))
    mirrored = np.clip(np.concatenate([-center[None], np.zeros((1, n)), (rng.choice((-1, 0, 1), (2 * STARTS, n)) * center)]), low, high)
    found: list[Array] = [center]
    for start in np.concatenate([mirrored, starts]):
        zero = polish(at.bound, start)
        y, scale = zero.y, NEAR * (1 + np.abs(zero.y).max(initial=0))
        if zero.converged and np.all((low <= y) & (y <= high)) and all(np.abs(y - other).max(initial=0) > scale for other in found):
            found.append(y)
    zeros = np.array(found[1:]).reshape(-1, n)
    return Surroundings(zeros, _bordering(at, center, zeros))


def _bordering(at: Point, center: Array, zeros: Array) -> Array:
    """Zeros with one growing direction along which a trajectory leads to the centre."""
    starts, owner = [], []
    for k, y in enumerate(zeros):
        values, vectors = np.linalg.eig(at.jacobian(y))
        grows = np.flatnonzero(values.real > 1e-9)
        if len(grows) == 1:
            v = vectors[:, grows[0]].real
            starts += [y + NUDGE * (1 + np.abs(y).max()) * s * v / np.linalg.norm(v) for s in (1, -1)]
            owner += [k, k]
    if not starts:
        return zeros[:0]
    packed = np.array(starts)
    rows = {name: part.reshape(len(packed), *at.shapes[name]) for name, part in _parts(at, packed).items()}
    end: Any = simulate(at.bound, None, rows, t=LONG, energy_check=False).end
    ends = np.concatenate([np.asarray(end[name]).reshape(len(packed), -1) for name in at.shapes], axis=1)
    arrived = np.abs(ends - center).max(axis=1, initial=0) <= ARRIVED * (1 + np.abs(center).max(initial=0))
    return np.asarray(zeros[sorted({o for o, here in zip(owner, arrived, strict=True) if here})])


def _parts(at: Point, packed: Array) -> dict[str, Array]:
    widths = np.cumsum([int(np.prod(shape, dtype=int)) for shape in at.shapes.values()])
    return dict(zip(at.shapes, np.split(packed, widths[:-1], axis=1), strict=True))


__all__ = ["Surroundings", "surroundings"]

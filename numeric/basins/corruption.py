"""Ways to corrupt a memory ξ by an amount r: ξ + r u with |u| = 1, or k of its components with their signs flipped, k = r."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.field import Array

# (which directions (rows,), amounts (rows,)) -> packed starts (rows, n)
Path: TypeAlias = Callable[[NDArray[np.intp], Array], Array]


class Corruption(NamedTuple):
    """`path` from the memory along each direction; amounts run from 0 to `limit`, by `grain` at the finest (0: any number).

    `reach(s)` is the largest amount that moves no start by more than s in the Euclidean norm.
    """

    path: Path
    limit: float
    grain: float
    reach: Callable[[float], float]


def displaced(memory: Array, moved: NDArray[np.intp], directions: int | Any, limit: float, rng: np.random.Generator) -> Corruption:
    """ξ + r u, u uniform on the unit sphere of the components `moved`, or the rows of `directions` made unit."""
    given = not isinstance(directions, (int, np.integer))
    u = np.asarray(directions, dtype=np.float64) if given else rng.normal(size=(int(directions), len(moved)))
    if u.ndim != 2 or u.shape[1] != len(moved) or not np.all(np.linalg.norm(u, axis=1) > 0) or not np.isfinite(u).all():
        raise InputError(f"directions has shape {u.shape}; rows of {len(moved)} numbers, not all 0, were expected: one direction a row")
    u = u / np.linalg.norm(u, axis=1, keepdims=True)

    def path(which: NDArray[np.intp], r: Array) -> Array:
        rows = np.tile(memory, (len(which), 1))
        rows[:, moved] += r[:, None] * u[which]
        return rows

    return Corruption(path, limit, 0.0, lambda s: s)


def flipped(memory: Array, moved: NDArray[np.intp], directions: int, limit: float, rng: np.random.Generator) -> Corruption:
    """The first k components of a random order of `moved`, their signs flipped; a direction is an order."""
    if not isinstance(directions, (int, np.integer)):
        raise InputError("directions are given and corruption is 'flip'; a number of random orders was expected: say directions=64")
    rank = rng.permuted(np.tile(np.arange(len(moved)), (int(directions), 1)), axis=1)

    def path(which: NDArray[np.intp], k: Array) -> Array:
        rows = np.tile(memory, (len(which), 1))
        rows[:, moved] *= np.where(rank[which] < k[:, None], -1.0, 1.0)
        return rows

    far = 2 * np.sqrt(np.cumsum(np.sort(memory[moved] ** 2)[::-1]))  # k flips move by 2 |ξ| over these k at most
    return Corruption(path, min(limit, len(moved)), 1.0, lambda s: float(np.searchsorted(far, s, side="right")))

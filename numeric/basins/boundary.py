"""Where φ changes along a segment: [a, b] with φ(a) ≠ φ(b) is halved, and the half at whose ends φ still differs is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from numeric.basins.ends import Labels
from numeric.field import Array

Phi = Callable[[Array], Labels]  # points (k, d) -> labels (k,)


@dataclass(frozen=True)
class Boundary:
    """Points of the boundaries between basins, one on each edge of a grid of starts at whose ends different basins lie.

    points: (k, 2), each within `accuracy` of a change. sides: (k, 2), the labels on its two sides. meshes: (n - 1, m - 1, 4), of each
    mesh of the grid the points on its lower, upper, left and right edge by number, -1 where there is none.
    """

    points: Array
    sides: Labels
    accuracy: float
    meshes: Labels

    def between(self, a: int, b: int) -> Array:
        """The points between two labels, (k, 2)."""
        return self.points[np.all(np.sort(self.sides, axis=1) == sorted((a, b)), axis=1)]

    @cached_property
    def segments(self) -> Array:
        """Pieces of the boundary, (s, 2, 2): in each mesh its two points are joined, or three and four with their mean."""
        pieces: list[Array] = []
        for mesh in self.meshes[np.any(self.meshes >= 0, axis=-1)]:
            found = self.points[mesh[mesh >= 0]]
            pieces += [found] if len(found) == 2 else [np.stack([p, found.mean(axis=0)]) for p in found]
        return np.array(pieces).reshape(-1, 2, 2)


def halved(phi: Phi, low: Array, high: Array, at_low: Labels, at_high: Labels, accuracy: float) -> tuple[Array, Labels]:
    """Midpoints (k, d) of brackets no longer than 2 accuracy, and the labels of their ends (k, 2), of all segments at once.

    Any label counts, those of starts that reach nothing too. Where φ changes several times on a segment one change is found.
    """
    low, high, sides = low.copy(), high.copy(), np.stack([at_low, at_high], axis=1)
    for _ in range(200):  # doubles are exhausted long before
        wide = np.flatnonzero(np.linalg.norm(high - low, axis=1) > 2 * accuracy)
        wide, middle = _apart(wide, (low[wide] + high[wide]) / 2, low, high)
        if not wide.size:
            break
        found = phi(middle)
        same = found == sides[wide, 0]
        low[wide[same]] = middle[same]
        high[wide[~same]], sides[wide[~same], 1] = middle[~same], found[~same]
    return (low + high) / 2, sides


def _apart(rows: NDArray[np.intp], middle: Array, low: Array, high: Array) -> tuple[NDArray[np.intp], Array]:
    """Rows whose middle rounding still tells from both ends."""
    open_ = np.any(middle != low[rows], axis=1) & np.any(middle != high[rows], axis=1)
    return rows[open_], middle[open_]


def boundary(phi: Phi, x: Array, y: Array, labels: Labels, accuracy: float) -> Boundary:
    """The boundary that a grid of starts, abscissae x (m,) and ordinates y (n,), labels (n, m), shows, to this accuracy."""
    starts = np.stack(np.meshgrid(x, y), axis=-1)
    across, up = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    ends = [(starts[:, :-1][across], starts[:, 1:][across]), (starts[:-1][up], starts[1:][up])]
    at = [(labels[:, :-1][across], labels[:, 1:][across]), (labels[:-1][up], labels[1:][up])]
    low, high = (np.concatenate([pair[k] for pair in ends]) for k in (0, 1))
    at_low, at_high = (np.concatenate([pair[k] for pair in at]) for k in (0, 1))
    points, sides = halved(phi, low, high, at_low, at_high, accuracy)
    return Boundary(points, sides, accuracy, _meshes(across, up))


def _meshes(across: NDArray[np.bool_], up: NDArray[np.bool_]) -> Labels:
    """The numbers of the points on the four edges of each mesh; points are counted along rows first, then along columns."""
    h, v = (np.full(mask.shape, -1, dtype=np.intp) for mask in (across, up))
    h[across], v[up] = np.arange(across.sum()), across.sum() + np.arange(up.sum())
    return np.stack([h[:-1], h[1:], v[:, :-1], v[:, 1:]], axis=-1)

"""Where the energy is flat: regions in which ∇E·v = 0 exactly for some direction v, and so E(y + c v) = E(y) nearby.

A cell of the grid is tested at its corners and its centre. The five gradients G (5, 2) have a null direction v where
their smaller singular value vanishes, and every direction is flat where the larger one does too: that is a cell, an
open set, and no single point where the slope happens to vanish. "Vanishes" is 1e-9 of the steepest slope on the
rectangle, so a saturated sigmoid counts as flat where doubles cannot tell it from flat, as in dead_neurons Example 3.
An energy that is linear on a cell is flat across its slope by the same definition.

Source: dead_neurons Definition (dead neurons), Proposition 1, Examples 2 to 4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array
from numeric.plot.plane import Plane

VANISHES = 1e-9


@dataclass(frozen=True)
class FlatCells:
    """Cells of an (n, m) grid, rows along the second component.

    `x` (m + 1,), `y` (n + 1,): the edges. `rank` (n, m): how many directions of the plane the energy changes along, 0 to 2.
    `direction` (n, m, 2): the unit vector along which it does not, where rank is 1; NaN elsewhere.
    """

    x: Array
    y: Array
    rank: NDArray[np.int_]
    direction: Array

    @property
    def flat(self) -> NDArray[np.bool_]:
        """The cells on which the energy is flat along at least one direction, (n, m)."""
        return np.asarray(self.rank < 2)

    @property
    def everywhere(self) -> bool:
        """Whether no cell is free of flat directions."""
        return bool(self.flat.all())


def flat_cells(plane: Plane, x: tuple[float, float], y: tuple[float, float], n: int = 60) -> FlatCells:
    """The flat cells of an n by n grid on the rectangle.

    >>> import amsym as am
    >>> from numeric.plot import plane_of
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> energy = am.total(y[i], i)**2/2
    >>> cells = flat_cells(plane_of(am.System(flow={y[i]: -am.total(y[i], i)}, energy=energy), {}), (-1, 1), (-1, 1), n=4)
    >>> cells.everywhere, cells.direction[0, 0].round(3).tolist()
    (True, [-0.707, 0.707])
    """
    edges_x, edges_y = _edges(x, n), _edges(y, n)
    corners = _gradients(plane, edges_x, edges_y)
    middle = _gradients(plane, (edges_x[:-1] + edges_x[1:]) / 2, (edges_y[:-1] + edges_y[1:]) / 2)
    slopes = np.stack([corners[:-1, :-1], corners[1:, :-1], corners[:-1, 1:], corners[1:, 1:], middle], axis=2)
    steepest = np.linalg.norm(corners, axis=-1).max()
    _, size, right = np.linalg.svd(slopes, full_matrices=False)
    rank = np.count_nonzero(size > VANISHES * steepest, axis=-1)
    direction = np.where((rank == 1)[..., None], _upward(right[..., 1, :]), np.nan)
    return FlatCells(edges_x, edges_y, rank, direction)


def _edges(limits: tuple[float, float], n: int) -> Array:
    """n + 1 edges; one that rounding left beside zero is zero, for that is where the kinks are."""
    edges = np.linspace(*limits, n + 1)
    return np.where(np.abs(edges) < 1e-12 * (limits[1] - limits[0]), 0.0, edges)


def _gradients(plane: Plane, a: Array, b: Array) -> Array:
    """∇E on the grid, (len(b), len(a), 2)."""
    grid = np.stack(np.meshgrid(a, b), axis=-1)
    return plane.gradient(grid.reshape(-1, 2)).reshape(grid.shape)


def _upward(v: Array) -> Array:
    """v or -v, whichever points up (or right): a flat direction has no sign."""
    turned = (v[..., 1] < -1e-12) | ((np.abs(v[..., 1]) <= 1e-12) & (v[..., 0] < 0))
    return np.where(turned[..., None], -v, v)

"""Anderson's iteration for x = G(x): x' = Σ_k α_k G(x_k), Σ_k α_k = 1, with the weights that make |Σ_k α_k (G(x_k) - x_k)| least.

Rows are equations of their own: each has its own weights and its own end, and a row that ended costs nothing. On linear
equations it is as good as GMRES, and wants no derivative.

Source: Anderson (1965), J. ACM 12, 547-560; Walker and Ni (2011), SIAM J. Numer. Anal. 49, 1715-1735.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array

WINDOW = 8  # differences that are kept
# Beside the Gram matrix of unit differences: below it they are parallel to rounding, and weights would be noise.
RIDGE = 1e-12

Rows = NDArray[np.intp]
Mask = NDArray[np.bool_]
# (x, rows) -> G(x) and which of these rows are solved at x; x and G(x) are (rows, n).
Image = Callable[[Array, Rows], tuple[Array, Mask]]


def anderson(image: Image, x: Array, iterations: int) -> tuple[Mask, NDArray[np.int64]]:
    """Move every row of `x` (rows, n), in place, to where `image` calls it solved; which rows were, and the images taken.

    Rows that overflow, or are not solved after so many images, stay where they are then.

    >>> x = np.array([[1.0], [2.0]])
    >>> solved, images = anderson(lambda x, rows: (np.cos(x), abs(np.cos(x) - x)[:, 0] < 1e-12), x, 20)
    >>> x.round(6).tolist(), solved.tolist()
    ([[0.739085], [0.739085]], [True, True])
    """
    solved, images = np.zeros(len(x), dtype=bool), np.zeros(len(x), dtype=np.int64)
    rows, past = np.arange(len(x)), Past(x)
    for _ in range(iterations):
        here = x[rows]
        there, done = image(here, rows)
        images[rows] += 1
        solved[rows[done]] = True
        going = ~done & np.isfinite(there).all(axis=1)
        if not going.any():
            break
        past.keep(going)
        rows = rows[going]
        x[rows] = past.next_point(here[going], there[going])
    return solved, images


class Past:
    """The last few differences of points and of residuals G(x) - x, each (differences, rows, n)."""

    def __init__(self, x: Array) -> None:
        self._points, self._residuals = np.empty((2, 0, *x.shape), x.dtype)
        self._last: tuple[Array, Array] | None = None

    def keep(self, going: Mask) -> None:
        """Forget all other rows."""
        if going.all():
            return
        self._points, self._residuals = self._points[:, going], self._residuals[:, going]
        if self._last is not None:
            self._last = self._last[0][going], self._last[1][going]

    def next_point(self, x: Array, image: Array) -> Array:
        """Where to look after x, (rows, n)."""
        residual = image - x
        if self._last is not None:
            self._points = np.concatenate([self._points[-WINDOW + 1 :], (x - self._last[0])[None]])
            self._residuals = np.concatenate([self._residuals[-WINDOW + 1 :], (residual - self._last[1])[None]])
        self._last = x, residual
        if not len(self._points):
            return image
        gamma = _least_squares(self._residuals, residual)
        return np.asarray(image - np.einsum("rk,krn->rn", gamma, self._points + self._residuals))


def _least_squares(columns: Array, target: Array) -> Array:
    """The γ (rows, k) for which |target - Σ_k γ_k columns_k| is least; columns (k, rows, n)."""
    length = np.linalg.norm(columns, axis=2)
    unit = (columns / np.where(length > 0, length, 1)[:, :, None]).transpose(1, 0, 2).astype(np.float64)
    gram = unit @ unit.transpose(0, 2, 1) + RIDGE * np.eye(len(columns))
    gamma = np.linalg.solve(gram, unit @ target[:, :, None].astype(np.float64))[:, :, 0]
    return np.asarray((gamma / np.where(length > 0, length, 1).T).astype(target.dtype))

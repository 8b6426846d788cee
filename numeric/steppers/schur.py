"""(1 - hγJ) x = r by the structure of J: states with diagonal blocks by division, the others by one small inverse.

Split the states into E, whose own blocks are diagonal and which do not meet one another, and the rest K:
D = 1 - hγ J_EE,    (1 - hγ J_KK - (hγ)² J_KE D⁻¹ J_EK) x_K = r_K + hγ J_KE D⁻¹ r_E,    D x_E = r_E + hγ J_EK x_K.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array
from numeric.steppers.linear_field import LinearField, apart, places

# Memory for the matrices of rows that are solved together.
MATRIX_BYTES = 2**26


class Schur:
    """The matrices 1 - hγJ of some rows: `prepare` them at the beginning of a step, then `solve` for each stage."""

    def __init__(self, field: LinearField, width: int) -> None:
        """`width` is that of packed rows."""
        self._field, self._layout = field, field.layout(width)
        meet, sizes = field.couplings, {s: part.stop - part.start for s, part in self._layout.items()}
        self.eliminated = E = apart(meet, sorted(sizes, key=lambda s: -sizes[s]))
        self.kept = K = tuple(s for s in self._layout if s not in E)
        self._sizes, self._E, self._K = sizes, places(self._layout, E), places(self._layout, K)

    def rows_at_once(self, itemsize: int) -> int:
        """As many rows as have their matrices in MATRIX_BYTES, and one at least."""
        k, e = self._K.size, self._E.size
        return int(max(1, MATRIX_BYTES // (itemsize * max(1, 4 * k * k + 3 * k * e))))

    def prepare(self, y: Array, t: Array, step: Array) -> None:
        """Take J at rows y (rows, n) and times t (rows,), for steps hγ (rows,)."""
        self._y, self._t, self._h = y, t, step[:, None]
        h, K, E = step[:, None, None], self.kept, self.eliminated
        self._D = 1 - self._h * self._field.packed_slopes(y, t, rows=E)[:, self._E]
        S = np.eye(self._K.size, dtype=y.dtype) - h * self._block(K, K)
        if E and K:
            S -= h * h * ((self._block(K, E) / self._D[:, None, :]) @ self._block(E, K))
        self._inverse = inverses(S)

    def solve(self, r: Array) -> Array:
        """x of (1 - hγJ) x = r, (rows, n); not finite where the matrix is singular.

        The blocks between E and K act as products along a direction, which read weights and no matrices of rows.
        """
        x = np.zeros_like(r)
        x[:, self._E] = r[:, self._E] / self._D
        right = r[:, self._K] + self._h * self._product(x, self.kept, self.eliminated, self._K)
        x[:, self._K] = (self._inverse @ right[:, :, None])[:, :, 0]
        x[:, self._E] = (r[:, self._E] + self._h * self._product(x, self.eliminated, self.kept, self._E)) / self._D
        return x

    def _product(self, x: Array, rows: tuple[str, ...], moving: tuple[str, ...], at: NDArray[np.intp]) -> Array:
        if not rows or not moving:
            return np.zeros((len(x), at.size), x.dtype)
        return np.asarray(self._field.packed_jvp(self._y, x, self._t, rows=rows, moving=moving)[:, at])

    def _block(self, rows: tuple[str, ...], columns: tuple[str, ...]) -> Array:
        """Part of J, (rows, n_rows, n_columns), or (1, ...) where no state and no time changes it."""
        pairs = [(a, b) for a in rows for b in columns if self._field.couplings[a, b] != "none"]
        some = slice(1) if set(pairs) <= self._field.fixed_blocks else slice(None)
        blocks = self._field.packed_blocks(self._y[some], pairs, self._t[some]) if pairs else {}
        if len(rows) == len(columns) == len(pairs) == 1:
            return blocks[pairs[0]]
        count = len(self._y[some])
        zero = {(a, b): np.zeros((count, self._sizes[a], self._sizes[b]), self._y.dtype) for a in rows for b in columns}
        strips = [np.concatenate([{**zero, **blocks}[a, b] for b in columns], axis=2) for a in rows]
        return np.concatenate(strips, axis=1) if strips else np.zeros((count, 0, 0), self._y.dtype)


def inverses(matrices: Array) -> Array:
    """The inverse of each matrix (rows, k, k), NaN where there is none.

    >>> inverses(np.array([[[2.0]], [[0.0]]]))[:, 0, 0].tolist()
    [0.5, nan]
    """
    try:
        return np.asarray(np.linalg.inv(matrices))
    except np.linalg.LinAlgError:
        if len(matrices) == 1:
            return np.full_like(matrices, np.nan)
        half = len(matrices) // 2
        return np.concatenate([inverses(matrices[:half]), inverses(matrices[half:])])

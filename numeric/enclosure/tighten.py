"""Cut from a box of states what holds no zero of f = c + A x + B ε ± e, x = y - m: row by row, and by rows of A⁻¹.

    x_j ∈ -(c_i + Σ_{k≠j} A_ik x_k + B_i ε)/A_ij          every row i for every state j
    x   ∈ -C c - (C B) ε + (I - C A) x ± |C| e             C an approximate inverse of A, whatever its error

Both hold for every zero in the box, so a box that an empty interval remains of holds none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.enclosure.affine import Linear
from numeric.enclosure.form import U
from numeric.enclosure.inverses import inverses

Array = NDArray[Any]


@dataclass(frozen=True)
class Tightened:
    """low, high: (rows, n), what is left of the boxes.  empty: (rows,), whether that is nothing.

    weight: (rows, n), how much of the remaining width of all states comes from each state's nonlinearity.
    """

    low: Array
    high: Array
    empty: NDArray[np.bool_]
    weight: Array


def tightened(low: Array, high: Array, f: Linear, scale: Array) -> Tightened:
    """Boxes (rows, n) cut by the rows of f; `scale` (n,) says what counts as a width of 1 in each state."""
    n = low.shape[1]
    r = f.reach[:, :n]
    with np.errstate(all="ignore"):
        A, B = f.parts[:, :, :n], f.parts[:, :, n:]
        sizes = np.abs(f.parts)
        total = np.matmul(sizes, f.reach[:, :, None])[..., 0] + f.error
        # What rounding may have changed in every sum below: all terms of a row together, times their number.
        slack = 8 * (f.reach.shape[1] + n) * U * (total + np.abs(f.center)) + 1e-300
        total = total + slack
        empty = (np.abs(f.center) > total).any(axis=1) | (f.hull.low > 0).any(axis=1) | (f.hull.high < 0).any(axis=1)
        by_rows = _by_rows(f.center, A, total, sizes[:, :, :n] * r[:, None, :])
        by_inverse, spread = _by_inverse(f, A, B, r, slack)
        left, right = (np.fmin(a, b) for a, b in zip(by_rows, by_inverse, strict=True))
        middle = low / 2 + high / 2
        new_low, new_high = np.fmax(low, _down(middle - left)), np.fmin(high, _up(middle + right))
        empty |= (new_low > new_high).any(axis=1)
    return Tightened(new_low, new_high, empty, _weights(f, spread, new_high - new_low, scale))


def _by_rows(c: Array, A: Array, total: Array, own: Array) -> tuple[Array, Array]:
    """How far a zero may lie left and right of the middle at most, (rows, n) each."""
    rest = (total[:, :, None] - own) / np.abs(A)
    at = -c[:, :, None] / A
    wide = 16 * U * (np.abs(at) + rest)
    left = np.nanmin(np.where(np.isfinite(at + rest), rest + wide - at, np.inf), axis=1)
    right = np.nanmin(np.where(np.isfinite(at + rest), rest + wide + at, np.inf), axis=1)
    return left, right


def _by_inverse(f: Linear, A: Array, B: Array, r: Array, slack: Array) -> tuple[tuple[Array, Array], Array]:
    """The same from C f, and |C B| ρ by symbols, (rows, n, K - n)."""
    n = A.shape[1]
    C = inverses(A)
    CB = np.abs(np.matmul(C, B)) * f.reach[:, None, n:]
    R = np.abs(np.eye(n) - np.matmul(C, A))
    aC = np.abs(C)
    at = -np.matmul(C, f.center[:, :, None])[..., 0]
    around = CB.sum(axis=2) + np.matmul(R, r[:, :, None])[..., 0] + np.matmul(aC, (f.error + slack)[:, :, None])[..., 0]
    around = around * (1 + 1e-12) + 4 * U * np.abs(at) + 4 * n * U * r
    left, right = around - at, around + at
    good = np.isfinite(left) & np.isfinite(right)
    return (np.where(good, left, np.inf), np.where(good, right, np.inf)), np.where(np.isfinite(CB), CB, 0.0)


def _weights(f: Linear, spread: Array, width: Array, scale: Array) -> Array:
    """How much of the width that all states keep comes from each state's part in each symbol."""
    share = np.matmul((spread / scale[:, None]).sum(axis=1)[:, None, :], np.broadcast_to(f.origin, (len(width), *f.origin.shape[1:])))
    return np.asarray(share[:, 0, :] + 1e-3 * width / scale)


def _down(x: Array) -> Array:
    return np.nextafter(x, -np.inf)


def _up(x: Array) -> Array:
    return np.nextafter(x, np.inf)


__all__ = ["Tightened", "tightened"]

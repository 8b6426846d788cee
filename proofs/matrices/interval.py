"""Is every symmetric matrix with entries in given intervals positive (semi)definite? Exactly, in rationals.

    sufficient     C - diag(Σ_j R_ij v_j / v_i) ⪰ 0       for some v > 0: |xᵀ E x| ≤ Σ_ij R_ij |x_i| |x_j| ≤ Σ_i x_i² Σ_j R_ij v_j/v_i
    exact          C - T R T ⪰ 0  for every T = diag(±1)  (Rohn 1994), 2^(n-1) matrices

with C the midpoints and R the radii.  Source: Rohn, Positive definiteness and stability of interval matrices, SIAM J. Matrix
Anal. Appl. 15, 1994.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from flint import fmpq
from numpy.typing import NDArray

from proofs.matrices.exact import Rows, as_fmpq, rough
from proofs.matrices.factor import factored

Array = NDArray[Any]
# So many rows for which all sign patterns are tried.
PATTERNS = 5


def is_definite_over(low: Rows, high: Rows, strict: bool = True) -> bool:
    """Whether all symmetric matrices between low and high are positive definite (semidefinite, if not strict).

    False says only that it was not shown, where there are more than 5 rows.

    >>> one, far = [[fmpq(2), fmpq(-1)], [fmpq(-1), fmpq(2)]], [[fmpq(2), fmpq(2)], [fmpq(2), fmpq(2)]]
    >>> is_definite_over(one, far, strict=False), is_definite_over(one, far)
    (True, False)
    """
    n = range(len(low))
    C = [[(low[i][j] + high[i][j]) / 2 for j in n] for i in n]
    R = [[(high[i][j] - low[i][j]) / 2 for j in n] for i in n]
    if _shifted(C, R, strict):
        return True
    return len(low) <= PATTERNS and all(_holds(_signed(C, R, signs), strict) for signs in _patterns(len(low)))


def _shifted(C: Rows, R: Rows, strict: bool) -> bool:
    v = [as_fmpq(float(x)) for x in weights(rough(R))]
    shift = [sum((r * v[j] for j, r in enumerate(row)), fmpq(0)) / v[i] for i, row in enumerate(R)]
    return _holds([[x - (shift[i] if i == j else 0) for j, x in enumerate(row)] for i, row in enumerate(C)], strict)


def weights(R: Array) -> Array:
    """v > 0 with R v near a multiple of v: a few steps of the power method on R + its mean, (..., n, n) to (..., n)."""
    n = R.shape[-1]
    B = R + np.mean(R, axis=(-2, -1), keepdims=True) / n + np.finfo(float).tiny
    v = np.ones((*R.shape[:-2], n))
    for _ in range(8):
        v = np.einsum("...ij,...j->...i", B, v)
        v = v / np.max(v, axis=-1, keepdims=True)
    return np.maximum(v, 1e-3)


def _patterns(n: int) -> Any:
    """All signs, the first of them +1."""
    return ((1, *rest) for rest in product((1, -1), repeat=n - 1))


def _signed(C: Rows, R: Rows, signs: tuple[int, ...]) -> Rows:
    return [[x - signs[i] * signs[j] * R[i][j] for j, x in enumerate(row)] for i, row in enumerate(C)]


def _holds(rows: Rows, strict: bool) -> bool:
    found = factored(rows)
    return found.is_definite if strict else found.negative is None


def rough_bound(C: Array, R: Array) -> Array:
    """A floating-point estimate from below of the least eigenvalue over each of a batch of interval matrices, (rows, n, n)."""
    v = weights(R)
    shift = np.einsum("zij,zj->zi", R, v) / v
    n = C.shape[-1]
    shifted = np.where(np.isfinite(C), C, 0.0)
    shifted[:, range(n), range(n)] -= np.where(np.isfinite(shift), shift, 0.0)
    found = np.linalg.eigvalsh(shifted)[:, 0]
    good = np.isfinite(C).all(axis=(1, 2)) & np.isfinite(shift).all(axis=1)
    return np.where(good, found, -np.inf)


__all__ = ["is_definite_over", "rough_bound", "weights"]

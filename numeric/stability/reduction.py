"""S = V_aᵀ J V_a: the Jacobian on the complement of the dead space, and the rates of the dead directions themselves.

Where J maps the dead space D to itself, J is block triangular and its spectrum is that of S with that of V_dᵀ J V_d, which is
-1/τ. Time constants that differ along a null vector break this; then only the largest part of D that J keeps is split off.
Source: dead_neurons eq. (4) and the matrix S below it; appendix A for time constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.stability.dead_space import EPS, DeadSpace

Array = NDArray[Any]


@dataclass(frozen=True)
class Reduction:
    """matrix: S, (m, m). basis: V_a, (n, m), orthonormal. rates: the eigenvalues (n - m,) on what was split off.

    split: the part of the dead space that was split off, all of it unless `leaks` directions were kept.
    """

    matrix: Array
    basis: Array
    rates: Array
    split: DeadSpace
    leaks: int


def reduction(J: Array, D: DeadSpace) -> Reduction:
    """Split what J keeps of the dead space off.

    >>> r = reduction(np.array([[-1.0, 0.0], [2.0, -3.0]]), DeadSpace(np.array([0, -1]), np.zeros((2, 0))))
    >>> r.matrix.tolist(), r.rates.tolist()
    ([[-1.0]], [(-3+0j)])
    """
    split = kept(J, D)
    V, Va = split.basis(), split.complement()
    rates = np.linalg.eigvals(V.T @ J @ V).astype(np.complex128)
    return Reduction(Va.T @ J @ Va, Va, rates, split, D.count - split.count)


def kept(J: Array, D: DeadSpace) -> DeadSpace:
    """The largest subspace of D that J maps to itself, within rounding."""
    allowed = 64 * len(J) * EPS * max(float(np.abs(J).max(initial=0.0)), np.finfo(float).tiny)
    while D.count:
        V = D.basis()
        outside = D.off(J @ V)
        if np.abs(outside).max() <= allowed:
            break
        _, s, right = np.linalg.svd(outside, full_matrices=True)
        sizes = np.concatenate([s, np.zeros(len(right) - len(s))])
        D = DeadSpace(np.zeros(len(V), dtype=int), V @ right[sizes <= allowed].T)
    return D


__all__ = ["Reduction", "kept", "reduction"]

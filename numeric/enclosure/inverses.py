"""Approximate inverses of a batch of matrices, (rows, n, n): what they are used for holds with any matrix in their place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def inverses(A: Array) -> Array:
    """Of each matrix; of a singular one that of a slightly different matrix, of one that is not finite the identity.

    >>> inverses(np.array([[[2.0]], [[np.inf]]])).ravel().tolist()
    [0.5, 1.0]
    """
    A = np.where(np.isfinite(A).all(axis=(1, 2), keepdims=True), A, np.eye(A.shape[1]))
    try:
        return np.linalg.inv(A)
    except np.linalg.LinAlgError:
        return np.array([_inverse(a) for a in A])


def _inverse(a: Array) -> Array:
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        nudge = 1e-6 * np.abs(a).max() + 1e-12
        return np.linalg.inv(a + nudge * np.diag(np.linspace(1.0, 2.0, len(a))))


__all__ = ["inverses"]

"""Is a matrix of given doubles positive semidefinite, as the exact numbers that they are? By pivots in balls, or in rationals."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, ctx

from proofs.matrices.exact import symmetric_rows
from proofs.matrices.factor import factored

# The most rows for exact factors of a singular matrix, and for balls; bits of the balls.
EXACT, LARGEST, BITS = 20, 80, 256


def is_semidefinite(a: Any) -> bool:
    """Whether a symmetric matrix of doubles is positive semidefinite for certain; large ones that are singular or nearly so are not shown.

    >>> is_semidefinite(np.array([[2.0, 1.0], [1.0, 0.5]])), is_semidefinite(np.array([[1.0, 2.0], [2.0, 1.0]]))
    (True, False)
    """
    a = np.asarray(a, dtype=float)
    n = len(a)
    if n == 0 or n > LARGEST or not np.isfinite(a).all():
        return False
    least = float(np.linalg.eigvalsh(a)[0])
    scale = float(np.max(np.abs(a))) * n * 1e-12
    if least < -scale:
        return False
    if least > scale and _positive_pivots(a):
        return True
    return n <= EXACT and factored(symmetric_rows(a)).negative is None


def _positive_pivots(a: Any) -> bool:
    """Whether a symmetric elimination in balls has positive pivots only."""
    before, ctx.prec = ctx.prec, BITS
    try:
        S = [[arb(float(x)) for x in row] for row in a]
        for p in range(len(S)):
            if not S[p][p] > 0:
                return False
            for i in range(p + 1, len(S)):
                factor = S[i][p] / S[p][p]
                for j in range(i, len(S)):
                    S[i][j] -= factor * S[p][j]
                    S[j][i] = S[i][j]
        return True
    finally:
        ctx.prec = before

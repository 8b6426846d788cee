"""The rank of sampled rows for certain: a square minor whose determinant's ball does not contain zero."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import scipy.linalg
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat
from numpy.typing import NDArray

from numeric.symmetries import PRECISION, Samples, column_sizes, largest, rank

Array = NDArray[np.float64]


def certified_full_rank(samples: Samples, known: Array) -> bool:
    """Whether the rows have rank n (n + 1) - d for certain, where the rows of `known` lie in their null space and span d dimensions.

    Then the null space is exactly what `known` spans: d unknowns are dropped, and a square minor of the rest has a determinant
    whose ball does not contain zero. `known` holds simple rationals in floating point; its rank is taken exactly.
    """
    dropped = set(_pivots(known))
    columns = [c for c in range(samples.width * (samples.width + 1)) if c not in dropped]
    return _nonsingular(samples.matrix[:, columns], samples.row, columns)


def certified_gradient_rank(samples: Samples, known: Array) -> bool:
    """The same for shifts alone: the gradients have rank n - d for certain."""
    dropped = set(_pivots(known))
    columns = [c for c in range(samples.width) if c not in dropped]
    return _nonsingular(samples.gradient_matrix[:, columns], lambda k: samples.gradients[k], columns)


def _pivots(known: Array) -> list[int]:
    """Columns on which rows of `known` are independent, by exact elimination."""
    d = rank(known)
    if d == 0:
        return []
    _, _, order = scipy.linalg.qr(known.T, mode="economic", pivoting=True)
    exact = [[Fraction(float(x)).limit_denominator(10**6) for x in known[k]] for k in order[:d]]
    reduced, found = fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in exact]).rref()
    return [next(c for c in range(known.shape[1]) if reduced[r, c] != 0) for r in range(found)]


def _nonsingular(matrix: Array, row: Callable[[int], list[arb]], columns: list[int]) -> bool:
    n = len(columns)
    if len(matrix) < n:
        return False
    if n == 0:
        return True
    scales = column_sizes(matrix)
    _, _, order = scipy.linalg.qr((matrix / scales).T, mode="economic", pivoting=True)
    before, ctx.prec = ctx.prec, PRECISION
    try:
        chosen = [row(int(k)) for k in order[:n]]
        sizes = [largest(balls) for balls in chosen]
        square = arb_mat(
            [[balls[c] / (size * s) for c, s in zip(columns, scales, strict=True)] for balls, size in zip(chosen, sizes, strict=True)]
        )
        if _near_identity(square):
            return True
        determinant = square.det()
        return bool(determinant.is_finite() and not determinant.contains(0))
    finally:
        ctx.prec = before


def _near_identity(square: arb_mat) -> bool:
    """Whether a floating-point inverse R shows the matrix M nonsingular: every row sum of |I - R M| lies below 1."""
    midpoints = np.array([[float(x) for x in row] for row in square.tolist()])
    try:
        inverse = np.linalg.inv(midpoints)
    except np.linalg.LinAlgError:
        return False
    if not np.isfinite(inverse).all():
        return False
    product = (arb_mat(inverse.tolist()) * square).tolist()
    return all(sum((abs(x - int(r == c)) for c, x in enumerate(row)), arb(0)) < 1 for r, row in enumerate(product))

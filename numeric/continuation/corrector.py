"""Newton's method on f(z) = 0, n·(z - guess) = 0: back to the curve within the plane at right angles to n.

Source: Keller (1977), Numerical solution of bifurcation and nonlinear eigenvalue problems.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from numeric.continuation.family import Family
from numeric.field import Array

ITERATIONS = 12
CLOSE = 1e-9  # a step of this length, relative to |z| + 1, leaves an error of its square
STALLED = 1e-6  # shorter steps that no longer shrink are rounding, magnified by a matrix that is nearly singular


class Corrected(NamedTuple):
    """The point, and the length of the first of Newton's steps, which tells how good the guess was."""

    z: Array
    first: float


def corrected(family: Family, guess: Array, normal: Array) -> Corrected | None:
    """The point of the curve in the plane; None where Newton's method does not settle."""
    z, first, before = guess, 0.0, np.inf
    for k in range(ITERATIONS):
        matrix = np.vstack([family.slopes(z), normal])
        wrong = np.append(family.f(z), normal @ (z - guess))
        step = solved(matrix, -wrong)
        if step is None:  # singular to the last digit, as at a branch point with round numbers: the shortest step
            step = shortest(matrix, -wrong)
        z, size = z + step, float(np.linalg.norm(step))
        if not np.isfinite(size):
            return None
        first = size if k == 0 else first
        scale = 1 + float(np.linalg.norm(z))
        if size <= CLOSE * scale or (size > before / 2 and size <= STALLED * scale):
            return Corrected(z, first)
        if size > 2 * before:
            return None
        before = size
    return None


def solved(matrix: Array, right: Array) -> Array | None:
    """matrix⁻¹ right; None where it is singular or not finite."""
    if not (np.isfinite(matrix).all() and np.isfinite(right).all()):
        return None
    try:
        x = np.linalg.solve(matrix, right)
    except np.linalg.LinAlgError:
        return None
    return x if np.isfinite(x).all() else None


def shortest(matrix: Array, right: Array) -> Array:
    """The shortest solution by least squares; NaN where the matrix is not finite."""
    if not (np.isfinite(matrix).all() and np.isfinite(right).all()):
        return np.full(right.shape, np.nan)
    return np.asarray(np.linalg.lstsq(matrix, right, rcond=1e-10)[0])

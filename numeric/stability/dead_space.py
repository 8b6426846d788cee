"""The dead space D = {v : Λ v = 0} at a state, with its projectors Pd on D and Pa = I - Pd.

Dead neurons are kept as places, null vectors of joint activations as columns, so that thousands of dead neurons take no matrix.
Source: dead_neurons, definition of dead neurons and Proposition 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import sympy as sp
from numpy.typing import NDArray

from amsym.dead import Dead, dead
from amsym.exact import exact
from numeric.cone import null_columns, orthonormal, ray_sides
from numeric.stability.point import Point
from numeric.stability.products import DENSE
from numeric.stability.slopes import activation_matrix, slopes

Array = NDArray[Any]

EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class DeadSpace:
    """sides: (n,), ±1 in the direction in which a neuron is dead, 0 elsewhere. vectors: (n, k) orthonormal, zero at dead neurons.

    A neuron whose slope only rounds to zero counts as dead, on the side of its sign.
    """

    sides: NDArray[np.int_]
    vectors: Array

    @property
    def neurons(self) -> NDArray[np.bool_]:
        """Which neurons are dead."""
        return self.sides != 0

    @property
    def count(self) -> int:
        """The dimension of D."""
        return int(self.neurons.sum()) + self.vectors.shape[1]

    def onto(self, x: Array) -> Array:
        """Pd x, of (n,) or columns (n, m)."""
        at = self.neurons if x.ndim == 1 else self.neurons[:, None]
        return np.where(at, x, 0.0) + self.vectors @ (self.vectors.T @ x)

    def off(self, x: Array) -> Array:
        """Pa x = x - Pd x."""
        return x - self.onto(x)

    def basis(self) -> Array:
        """V, (n, k): ±e_i for dead neurons, then the null vectors."""
        units = np.diag(self.sides.astype(float))[:, self.neurons]
        return np.concatenate([units, self.vectors], axis=1)

    def complement(self) -> Array:
        """An orthonormal basis (n, n - k) of the complement: e_i for alive neurons that no null vector touches, then the rest.

        >>> DeadSpace(np.array([0, -1, 0]), np.zeros((3, 0))).complement().T.tolist()
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
        """
        touched = np.any(self.vectors != 0, axis=1)
        units = np.eye(len(touched))[:, ~touched & ~self.neurons]
        rest = scipy.linalg.null_space(self.vectors[touched].T) if touched.any() else np.zeros((0, 0))
        spread = np.zeros((len(touched), rest.shape[1]))
        spread[touched] = rest
        return np.concatenate([units, spread], axis=1)


def no_dead(n: int) -> DeadSpace:
    """The empty dead space of n components."""
    return DeadSpace(np.zeros(n, dtype=int), np.zeros((n, 0)))


def dead_space(at: Point) -> DeadSpace:
    """The dead space at a point: exact rays and null vectors, and where Λ is zero within rounding.

    >>> from amsym import zoo
    >>> from numeric.stability.point import point
    >>> p = point(zoo.hopfield("tanh"), {"W": np.zeros((2, 2)), "b": [0, 0]}, [-30.0, 2.0])
    >>> dead_space(p).sides.tolist()
    [-1, 0]
    """
    params, parts = at.bound.params, at.parts(at.y)
    scalars = {s: exact(sp.sympify(float(params[s.name]))) for s in at.system.scalars}
    found = [_of_state(d, at, parts[d.state.name]) for d in dead(at.system, scalars)]
    return DeadSpace(np.concatenate([s for s, _ in found]), scipy.linalg.block_diag(*(v for _, v in found)))


def _of_state(d: Dead, at: Point, y: Array) -> tuple[Array, Array]:
    """Sides and null vectors of one state's components."""
    sides = ray_sides(d, y, at.bound.params).ravel()
    small = slopes(d, at)
    if small is not None:
        flat = np.abs(small) <= EPS * max(1.0, float(np.abs(small).max(initial=0.0)))
        return np.where((sides == 0) & flat, np.where(y.ravel() < 0, -1, 1), sides), np.zeros((y.size, 0))
    exactly = [np.where(sides != 0, 0.0, c) for c in null_columns(d, y, at.bound.params)]
    known = orthonormal(np.array(exactly).T).reshape(y.size, -1) if exactly else np.zeros((y.size, 0))
    return sides, np.concatenate([known, _numeric_null(d, at, known)], axis=1)


def _numeric_null(d: Dead, at: Point, known: Array) -> Array:
    """Null vectors of Λ within rounding beyond the known ones: of joint activations with supports, or saturated ones."""
    n = len(known)
    matrix = activation_matrix(d, at) if n <= DENSE and d.joint else None
    if matrix is None:
        return np.zeros((n, 0))
    _, s, right = np.linalg.svd(matrix)
    null = right[s <= n * EPS * max(1.0, float(s.max(initial=0.0)))].T
    left, new, _ = np.linalg.svd(null - known @ (known.T @ null), full_matrices=False)
    return np.asarray(left[:, new > 0.5], dtype=float)  # 0 or 1 to rounding: what is known, and what is new


__all__ = ["DeadSpace", "dead_space", "no_dead"]

"""Rows g ⊗ (y, 1) of sampled gradients g = ∇E(y): their null space holds the affine fields v(y) = A y + c with v·g = 0.

Gradients are evaluated in balls at exact rational points, so that the rank of the rows can be certified (`numeric.certified_rank`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, ctx
from numpy.typing import NDArray

from amsym.notation import Component, Index, Tensor, depends_on, derivative, free_indices, fresh_indices
from amsym.system import System
from numeric.rigorous import Evaluator, Undetermined, ball

Array = NDArray[np.float64]

# Bits of the balls, and the relative size below which a singular value counts as zero: gradients are correct to 1e-16.
PRECISION, GAP = 192, 1e-12


@dataclass
class Samples:
    """States and gradients at exact points; `matrix`: the rows g ⊗ (y, 1) in floating point, each of length 1."""

    states: tuple[Tensor, ...]
    sizes: Mapping[str, int]
    points: list[Mapping[Any, Any]] = field(default_factory=list)
    gradients: list[list[arb]] = field(default_factory=list)

    @property
    def width(self) -> int:
        """The number n of entries of all states."""
        return sum(int(np.prod([self.sizes[a] for a in s.axes], dtype=int)) for s in self.states)

    @property
    def matrix(self) -> Array:
        """(samples, n (n + 1)) in floating point."""
        y = np.array([[float(x) for x in self.state(k)] for k in range(len(self.points))]).reshape(len(self.points), -1)
        g = self.gradient_matrix
        return _unit_rows((g[:, :, None] * y[:, None, :]).reshape(len(g), -1))

    def state(self, k: int) -> list[Fraction]:
        """All entries of the k-th state, and a 1 behind them."""
        return [x for s in self.states for x in _flat(self.points[k][s])] + [Fraction(1)]

    def row(self, k: int) -> list[arb]:
        """The k-th row g ⊗ (y, 1) in balls."""
        y = [ball(x) for x in self.state(k)]
        return [a * b for a in self.gradients[k] for b in y]

    @property
    def gradient_matrix(self) -> Array:
        """(samples, n) in floating point."""
        rows = [[float(x / size) for x in g] for g in self.gradients for size in [largest(g)]]
        return _unit_rows(np.array(rows).reshape(len(self.gradients), -1))


def _unit_rows(a: Array) -> Array:
    norms = np.linalg.norm(a, axis=1, keepdims=True) if a.size else np.ones((len(a), 1))
    return np.asarray(a / np.where(norms > 0, norms, 1), dtype=float)


def largest(balls: list[arb]) -> arb:
    """A positive number of the size of the largest, e^5000 included; 1 where all are zero."""
    size = max((abs(x).mid() for x in balls), default=arb(1))
    return size if size > 0 else arb(1)


class Sampler:
    """Gradients of a system's energy at exact points away from kinks (`bends`: expressions that must not vanish)."""

    def __init__(self, system: System, bends: tuple[sp.Expr, ...] = ()) -> None:
        assert system.energy is not None
        self.system = system
        self.bends = tuple(u for u in bends if any(depends_on(u, s) for s in system.states))
        self.gradient = {
            s: (w, derivative(system.energy, s[w] if w else Component(s))) for s in system.states for w in [fresh_indices(s.axes)]
        }

    def add(self, samples: Samples, values: Mapping[Any, Any]) -> bool:
        """Evaluate at one point; False where the energy or its gradient is not defined there or the point is on a kink."""
        before, ctx.prec = ctx.prec, PRECISION
        try:
            here = Evaluator(samples.sizes, values, PRECISION)
            g = self._gradient(here)
        except (Undetermined, ZeroDivisionError, OverflowError):
            return False
        finally:
            ctx.prec = before
        samples.gradients.append(g)
        samples.points.append(values)
        return True

    def _gradient(self, here: Evaluator) -> list[arb]:
        for bend in self.bends:
            for at in _places(tuple(sorted(free_indices(bend), key=str)), here.sizes):
                if here(bend, at).contains(0):
                    raise Undetermined("on a kink")
        values = [here(self.system.energy)]
        values += [here(g, at) for w, g in self.gradient.values() for at in _places(w, here.sizes)]
        if not all(v.is_finite() for v in values):
            raise Undetermined("not finite")
        return values[1:]


def _places(where: tuple[Index, ...], sizes: Mapping[str, int]) -> Iterable[dict[Index, int]]:
    return (dict(zip(where, place, strict=True)) for place in product(*(range(sizes[i.axis]) for i in where)))


def _flat(value: Any) -> Iterable[Fraction]:
    return (x for part in value for x in _flat(part)) if isinstance(value, tuple) else (value,)


def null_space(a: Array, gap: float = GAP) -> Array:
    """An orthonormal basis (k, columns) of {x : a x = 0}, singular values below `gap` (times the largest, if above 1) counted as zero.

    >>> null_space(np.array([[1.0, 1.0]])).shape
    (1, 2)
    """
    if a.shape[1] == 0:
        return np.zeros((0, 0))
    if a.shape[0] > a.shape[1]:
        a = np.asarray(np.linalg.qr(a, mode="r"), dtype=float)
    _, s, v = np.linalg.svd(a, full_matrices=True)
    return np.asarray(v[int(np.sum(s > gap * max(1.0, s[0]))) :], dtype=float)


def open_fields(matrix: Array) -> Array:
    """The null space of a sample's rows g ⊗ (y, 1), or g, an orthonormal basis.

    Each entry is correct to 1e-16 of itself, so columns are brought to one size first: a state of size 10⁶ beside the constant 1
    does not make them dependent.

    >>> open_fields(np.array([[1.0, 1e-7], [1.0, 2e-7]])).shape
    (0, 2)
    """
    sizes = column_sizes(matrix)
    scaled = null_space(matrix / sizes)
    return np.asarray(np.linalg.qr((scaled / sizes).T)[0].T, dtype=float) if len(scaled) else scaled


def column_sizes(matrix: Array) -> Array:
    """The largest entry of each column, at least 1e-12: what is smaller is rounding of a zero. A column of zeros has size 1."""
    largest = np.abs(matrix).max(axis=0, initial=0.0)
    return np.asarray(np.where(largest > 0, np.maximum(largest, 1e-12), 1.0), dtype=float)


def rank(a: Array, gap: float = 1e-9) -> int:
    """The number of singular values that are not small against the largest."""
    return 0 if a.size == 0 or not a.any() else int(np.linalg.matrix_rank(a, tol=gap * np.linalg.norm(a, 2)))


def rational_basis(null: Array, largest: int = 60) -> list[list[Fraction]] | None:
    """The reduced echelon basis of the rows' span in rationals with small denominators; None where the entries are none.

    >>> rational_basis(np.array([[0.6, -0.6, 0.0]]))
    [[Fraction(-1, 1), Fraction(1, 1), Fraction(0, 1)]]
    """
    a = np.array(null[:, ::-1], dtype=float)
    row = 0
    for column in range(a.shape[1]):
        if row == len(a):
            break
        pivot = row + int(np.argmax(np.abs(a[row:, column])))
        if abs(a[pivot, column]) < 1e-8:
            continue
        a[[row, pivot]] = a[[pivot, row]]
        a[row] /= a[row, column]
        others = np.arange(len(a)) != row
        a[others] -= np.outer(a[others, column], a[row])
        row += 1
    basis = [[Fraction(float(x)).limit_denominator(largest) for x in r[::-1]] for r in a]
    close = all(abs(float(q) - x) < 1e-7 for r, b in zip(a, basis, strict=True) for x, q in zip(r[::-1], b, strict=True))
    return basis if close else None


def independent_columns(a: Array) -> list[int]:
    """The columns that the columns before them do not span."""
    r = np.asarray(np.linalg.qr(a, mode="r"), dtype=float)
    kept: list[int] = []
    scale = max(float(np.abs(r).max(initial=0.0)), 1e-300)
    for n in range(a.shape[1]):
        trial = [*kept, n]
        if rank(r[:, trial] / scale) == len(trial):
            kept = trial
    return kept

"""A(y) ⪰ 0, or ≻ 0, for every state of a box, A a matrix of formulas; violated by an exact state and an exact vector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from flint import ctx
from numpy.typing import NDArray

from numeric.ball_functions import Undetermined
from numeric.intervals.boxes import Box
from proofs.inequalities.boxed import Boxed
from proofs.inequalities.branching import Region
from proofs.inequalities.matrix_forms import MatrixForm, ends_of
from proofs.inequalities.over_box import BITS
from proofs.matrices.exact import as_fmpq
from proofs.matrices.interval import PATTERNS, is_definite_over, rough_bound

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Indefinite:
    """A state and a vector x at which xᵀ A x < 0 (≤ 0, where definiteness was asked for), and its ball."""

    values: Mapping[Any, Any]
    vector: list[int]
    ball: Any


class Definite:
    """The symmetric part of a matrix form is positive semidefinite (definite, if strict)."""

    def __init__(self, problem: Boxed, form: MatrixForm, strict: bool) -> None:
        self.problem, self.form, self.strict = problem, form, strict

    @np.errstate(all="ignore")
    def upper(self, low: Array, high: Array) -> tuple[Array, Array]:
        """Minus the least eigenvalue over each box, bounded in floating point; how much each component widens the entries."""
        bound = -least_over(self.form.rough(low, high))
        bound = np.where(np.isnan(bound), np.inf, bound)
        smear = np.zeros(low.shape)
        for k in range(low.shape[1]) if np.any(bound > 0) else ():
            a = b = (low + high) / 2
            a, b = a.copy(), b.copy()
            a[:, k], b[:, k] = low[:, k], high[:, k]
            R = self.form.rough(a, b).radius
            smear[:, k] = np.where(np.isfinite(R), R, 1e300).sum(axis=(1, 2)) * (high[:, k] > low[:, k])
        return (np.where(bound < 0, bound, np.inf) if self.strict else bound), smear

    def holds(self, low: Array, high: Array) -> bool:
        """In balls, then in rationals."""
        before, ctx.prec = ctx.prec, BITS
        try:
            lows, highs = ends_of(self.form.sure(self.problem.over(low, high)))
            if not (np.isfinite(lows).all() and np.isfinite(highs).all()):
                return False
            lo, hi = ([[as_fmpq(x) for x in row] for row in rows] for rows in (lows, highs))
            return is_definite_over(lo, hi, self.strict)
        except Undetermined:
            return False
        finally:
            ctx.prec = before

    def worst(self, points: Array) -> Array:
        """Minus the least eigenvalue at points."""
        A = self.form.rough(points, points)
        M = np.where(np.isfinite(A.middle), A.middle, 0.0)
        least = -np.linalg.eigvalsh((M + M.transpose(0, 2, 1)) / 2)[:, 0]
        return np.asarray(least if not self.strict else np.where(least >= -1e-14, np.fmax(least, 1e-300), least))

    def refutes(self, point: Array) -> Indefinite | None:
        """An exact state of the box and a vector of small whole numbers, if the ball of xᵀ A x says so."""
        for d in (1, 4, 256, 0):
            exact = [Fraction(round(x * d), d) if d else Fraction(x) for x in map(float, point)]
            if self.problem.holds_point(exact):
                found = self._violation(exact)
                if found is not None:
                    return found
        return None

    def region(self, point: Array) -> Region | None:
        """None: eigenvalues have no zeros of their own."""
        return None

    def _violation(self, exact: list[Fraction]) -> Indefinite | None:
        tables = self.problem.tables(exact)
        here = self.problem.exactly_at(exact)
        before, ctx.prec = ctx.prec, here.precision
        try:
            M = self.form.sure(here)
            rough = np.array([[float((M[i][j] + M[j][i]).mid()) / 2 for j in range(len(M))] for i in range(len(M))])
            if not np.isfinite(rough).all():
                return None
            lowest = np.linalg.eigh(rough)[1][:, 0]
            for size in (1, 2, 5, 10, 100, 10**4, 10**8, 2**50):
                x = [round(float(u / np.max(np.abs(lowest))) * size) for u in lowest]
                form = sum(M[i][j] * x[i] * x[j] for i in range(len(M)) for j in range(len(M)))
                if form < 0 or (self.strict and form <= 0):
                    return Indefinite(tables, x, form)
        except Undetermined:
            pass
        finally:
            ctx.prec = before
        return None


def least_over(A: Box) -> Array:
    """The least eigenvalue of the symmetric parts over each box, from below but for rounding; by sign patterns where they are few."""
    C, R = A.middle, A.radius
    C, R = (C + C.transpose(0, 2, 1)) / 2, (R + R.transpose(0, 2, 1)) / 2
    bound, n = rough_bound(C, R), C.shape[-1]
    open_rows = np.flatnonzero((bound <= 0) & np.isfinite(R).all(axis=(1, 2)))
    if 1 < n <= PATTERNS and len(open_rows):
        corners = []
        for signs in product((1, -1), repeat=n - 1):
            T = np.outer((1, *signs), (1, *signs))
            corners.append(np.linalg.eigvalsh(C[open_rows] - T * R[open_rows])[:, 0])
        bound[open_rows] = np.maximum(bound[open_rows], np.min(corners, axis=0))
    return bound

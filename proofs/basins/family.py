"""The mean Jacobian between c and any z of a box, f(z) - f(c) = J̄(z) (z - c), in the hull J₀ + Σ_k δ_k u_k v_kᵀ with |δ_k| <= ρ_k.

J̄ = ∫₀¹ J(c + t(z - c)) dt. At t the state lies in the box shrunk by t, so that the mean of the hulls over nested boxes holds J̄:
far less of J moves on average than at the border. Where the columns of J are scaled by slopes, J = C + Σ_m A_m diag(s_m), each
slope is one δ, u its column of A_m; elsewhere every entry of J is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, arb_mat
from numpy.typing import NDArray

from amsym.notation import Index, Tensor
from numeric.steady.columns import columns_of, read_columns
from proofs.basins.terrain import Terrain
from proofs.basins.wide import WideEvaluator
from proofs.zeros.points import Field

Array = NDArray[Any]
ROUNDING = 1e-15  # more than three roundings take from a half-width


@dataclass(frozen=True)
class Family:
    """J₀ (n, n), U (n, K) in balls; V (n, K) of unit vectors and ρ (K,) in doubles that are exact bounds."""

    middle: arb_mat
    U: arb_mat
    V: Array
    radius: Array


@dataclass(frozen=True)
class Block:
    """A slope s_m of one state, with its columns of A_m: (column number, the indices of s_m at it, the column's balls)."""

    slope: sp.Expr
    columns: tuple[tuple[int, dict[Index, int], tuple[arb, ...]], ...]


class Jacobians:
    """Hulls of the Jacobian's mean over the boxes c ± t reach."""

    def __init__(self, terrain: Terrain) -> None:
        self._terrain, self.n = terrain, terrain.n
        flow = terrain.system.flow
        assert flow is not None
        read = read_columns(terrain.system, flow)
        self.by_columns = read is not None
        if read is not None:
            self._fixed, self._blocks = self._matrices(*read)

    def mean(self, center: Array, reach: Array, shells: int) -> Family:
        """The hull over [c - reach, c + reach] from so many nested boxes; of one, that of all J and not of means."""
        parts = [reach * (k / shells) * (1 + ROUNDING) for k in range(1, shells + 1)]
        here = [self._terrain.over(np.nextafter(center - d, -np.inf), np.nextafter(center + d, np.inf)) for d in parts]
        return self._scaled(here) if self.by_columns else self._entries(here)

    def _scaled(self, boxes: list[WideEvaluator]) -> Family:
        n, J = self._terrain.n, [list(row) for row in self._fixed]
        self._terrain.check_unbroken(boxes[-1])  # the largest
        U: list[tuple[arb, ...]] = []
        where, radius = [], []
        for block in self._blocks:
            for j, at, column in block.columns:
                middle, rho = _mean([here(block.slope, at) for here in boxes])
                for i in range(n):
                    J[i][j] += column[i] * middle
                if rho > 0:
                    U.append(column)
                    where.append(j)
                    radius.append(rho)
        return _family(J, [list(u) for u in U], where, radius)

    def _entries(self, boxes: list[WideEvaluator]) -> Family:
        n, found = self._terrain.n, [self._terrain.jacobian(here) for here in boxes]
        J = [[arb(0)] * n for _ in range(n)]
        U: list[list[arb]] = []
        where, radius = [], []
        for i in range(n):
            for j in range(n):
                middle, rho = _mean([F[i][j] for F in found])
                J[i][j] = arb(middle)
                if rho > 0:
                    U.append([arb(int(i == k)) for k in range(n)])
                    where.append(j)
                    radius.append(rho)
        return _family(J, U, where, radius)

    def _matrices(self, fixed: Any, slopes: Any) -> tuple[list[list[arb]], list[Block]]:
        """C and the columns of every A_m, in balls at the model's parameters."""
        problem, system = self._terrain.problem, self._terrain.system
        here = problem.at(np.zeros(problem.width))

        def entries(blocks: dict[tuple[Tensor, Tensor], sp.Expr], column: tuple[Field, Any]) -> tuple[arb, ...]:
            g, q = column
            at = dict(zip(columns_of(system, g.state), q, strict=True))
            rows = ((f, p, blocks.get((f.state, g.state))) for f, p in problem.rows)
            return tuple(arb(0) if A is None or A == 0 else here(A, {**f.at(p), **at}) for f, p, A in rows)

        C = [entries(fixed, column) for column in problem.rows]
        found = []
        for state, known in slopes.items():
            places = [(j, g, q) for j, (g, q) in enumerate(problem.rows) if g.state == state]
            for slope, weights in known.items():
                blocks = {(a, state): A for a, A in weights.items()}
                columns = [(j, dict(zip(columns_of(system, state), q, strict=True)), entries(blocks, (g, q))) for j, g, q in places]
                found.append(Block(slope, tuple(columns)))
        return [[C[j][i] for j in range(len(C))] for i in range(len(C))], found


def _mean(values: list[arb]) -> tuple[float, float]:
    """A middle of the mean of these balls, and a bound of the mean's distance to it."""
    low = sum((v.lower() for v in values), arb(0)) / len(values)
    high = sum((v.upper() for v in values), arb(0)) / len(values)
    middle = float(((low + high) / 2).mid())
    return middle, upward((high - middle).max(middle - low))


def _family(J: list[list[arb]], U: list[list[arb]], where: list[int], radius: list[float]) -> Family:
    n = len(J)
    columns = arb_mat(n, len(U), [U[k][i] for i in range(n) for k in range(len(U))])
    return Family(arb_mat(J), columns, np.eye(n)[:, where].reshape(n, len(U)), np.array(radius, dtype=float))


def upward(x: arb) -> float:
    """A double that is no less than x.

    >>> upward(arb(1) / 3) > 0.333
    True
    """
    return float(np.nextafter(float(x.upper()), np.inf)) if x.is_finite() else float("inf")


__all__ = ["Array", "Family", "Jacobians", "upward"]

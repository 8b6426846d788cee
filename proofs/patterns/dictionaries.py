"""v_B = D v_N + d for many nodes at once: pivots of the dual simplex method in double precision, one step of each node at a time.

Nothing here is trusted: a node that looks infeasible proposes multipliers, which `refutations` checks in exact rationals.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]
Flags = NDArray[np.bool_]

# Pivots a node may take; networks of 24 neurons took 1 to 30. What is not settled by then is split like a feasible node.
PIVOTS = 200
TOLERANCE = 1e-9


@dataclass
class Nodes:
    """A batch of B nodes of the search tree: dictionaries with m basic and q free variables of V = m + q.

    table: (B, m, q + 1).  basic, free: which variables.  zero: (B, V) variables fixed at 0.  raised: (B, V) those bounded below by
    `SHIFT` instead of 0.  number: of the node in the tree.
    """

    table: Floats
    basic: Whole
    free: Whole
    zero: Flags
    raised: Flags
    loose: Flags
    number: Whole

    def __len__(self) -> int:
        return len(self.table)

    def take(self, which: NDArray[np.generic] | slice) -> Nodes:
        """Some of the nodes, copied."""
        return Nodes(*(getattr(self, f.name)[which].copy() for f in fields(self)))

    @staticmethod
    def joined(*parts: Nodes) -> Nodes:
        """Batches one after the other."""
        return Nodes(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Nodes)))


def settled(nodes: Nodes) -> tuple[Whole, Whole, Floats]:
    """Pivot every node until it is feasible or a row shows that it is not.

    Returns for each node 1 (feasible), -1 (infeasible) or 0 (pivots spent), the row that shows it, and the sign of the row:
    sign · (v_row - Σ D v_free) = sign · d < 0 with coefficients ≥ 0 on all variables that are not fixed.
    """
    B = len(nodes)
    status, row, sign = np.zeros(B, np.intp), np.zeros(B, np.intp), np.zeros(B)
    active = np.arange(B)
    for _ in range(PIVOTS):
        zero = np.take_along_axis(nodes.zero[active], nodes.basic[active], 1)
        d = nodes.table[active, :, -1]
        excess = np.where(zero, np.abs(d), -d)
        r = excess.argmax(1) if excess.shape[1] else np.zeros(len(active), np.intp)
        worst = excess[np.arange(len(active)), r] if excess.shape[1] else np.zeros(len(active))
        done = worst <= TOLERANCE
        status[active[done]] = 1
        active, r = active[~done], r[~done]
        j, way, stuck = _entering(nodes, active, r)
        status[active[stuck]], row[active[stuck]], sign[active[stuck]] = -1, r[stuck], way[stuck]
        active, r, j = active[~stuck], r[~stuck], j[~stuck]
        if not len(active):
            break
        pivot(nodes, active, r, j)
    return status, row, sign


def _entering(nodes: Nodes, active: Whole, r: Whole) -> tuple[Whole, Floats, Flags]:
    """The largest pivot that moves the row's variable towards its bound, the way it has to move, and where there is none."""
    R = nodes.table[active, r]
    way = -np.sign(R[:, -1])
    zero = np.take_along_axis(nodes.zero[active], nodes.free[active], 1)
    gain = np.where(zero, 0.0, R[:, :-1] * way[:, None])
    if not gain.shape[1]:
        return np.zeros(len(active), np.intp), way, np.ones(len(active), bool)
    j = gain.argmax(1)
    largest = np.abs(R[:, :-1]).max(1)
    stuck = gain[np.arange(len(active)), j] <= TOLERANCE * np.maximum(largest, 1e-300)
    return j, way, stuck


def pivot(nodes: Nodes, which: Whole, r: Whole, j: Whole) -> None:
    """In each of these nodes the basic variable of row r and the free one of column j change places."""
    D, a = nodes.table[which], np.arange(len(which))
    R, C = D[a, r], D[a, :, j]
    p = C[a, r]
    new = -R / p[:, None]
    new[a, j] = 1 / p
    D[a, :, j] = 0
    D += C[:, :, None] * new[:, None, :]
    D[a, r] = new
    nodes.table[which] = D
    leaving = nodes.basic[which, r]
    nodes.basic[which, r] = nodes.free[which, j]
    nodes.free[which, j] = leaving


def raise_bounds(nodes: Nodes, v: Whole, by: float) -> None:
    """Bound one variable of each node below by `by` more than before: the constants are those of v - by."""
    a = np.arange(len(nodes))
    basic, free = nodes.basic == v[:, None], nodes.free == v[:, None]
    nodes.table[:, :, -1] -= by * basic
    held = free.any(1)
    column = nodes.table[a, :, free.argmax(1)] if free.shape[1] else np.zeros(basic.shape)
    nodes.table[:, :, -1] += by * held[:, None] * column


def values(nodes: Nodes) -> Floats:
    """v at the dictionaries' points, the free variables at 0; (B, V)."""
    v = np.zeros(nodes.zero.shape)
    np.put_along_axis(v, nodes.basic, nodes.table[:, :, -1], 1)
    return v


__all__ = ["Nodes", "pivot", "raise_bounds", "settled", "values"]

"""Σ λ_r (v_r - D_r v_free) = λ·d < 0 with coefficients ≥ 0: no v ≥ 0 satisfies the equations. (Farkas' lemma.)

Variables that a pattern fixes at 0 may have coefficients of any sign; where λ·d = 0, a variable that the pattern wants > 0 with a
coefficient > 0 contradicts as well. Multipliers are proposed in double precision and judged in exact rationals, where a float is the
binary fraction that it is; where rounding spoils them, they are solved for exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from proofs.patterns.complementarity import Complementarity
from proofs.patterns.dictionaries import Flags, Floats, Nodes, Whole
from proofs.patterns.forms import ZERO, exact

# Coefficients that are 0 but for rounding are lifted above it by this share of the rows of their variables.
LIFT = 2.0**-32

Multipliers = dict[int, fmpq]  # of the rows of the problem's table


def refuted(problem: Complementarity, nodes: Nodes, row: Whole, sign: Floats, wanted: Flags) -> list[Multipliers | None]:
    """For each node the multipliers that refute it, or None where these rows do not.

    wanted: (B, V) variables that are > 0 in the pattern.
    """
    proposed = _proposed(problem, nodes, row, sign)
    products = _products(problem, proposed)
    found: list[Multipliers | None] = []
    for b, lam in enumerate(proposed):
        multipliers = {r: exact(float(x)) for r, x in enumerate(lam) if x != 0}
        if judged(problem, multipliers, nodes.zero[b], wanted[b], products[b] if products else None):
            found.append(multipliers)
            continue
        solved = _solved(problem, nodes, b, int(row[b]), int(sign[b]))
        found.append(solved if solved is not None and judged(problem, solved, nodes.zero[b], wanted[b]) else None)
    return found


def judged(problem: Complementarity, lam: Multipliers, zero: NDArray[Any], wanted: NDArray[Any], row: Sequence[fmpq] | None = None) -> bool:
    """Whether the multipliers contradict the conditions, exactly; `row`: λ times the table, where it is known."""
    total = sum((x * problem.constants[r] for r, x in lam.items()), ZERO)
    if total > 0:
        return False
    row = row if row is not None else _row(problem, lam)
    strict = False
    for v, a in [*((problem.basic[r], x) for r, x in lam.items()), *((v, -a) for v, a in zip(problem.free, row, strict=True))]:
        if a < 0 and not zero[v]:
            return False
        strict = strict or (a > 0 and bool(wanted[v]))
    return bool(total < 0) or strict


def _row(problem: Complementarity, lam: Multipliers) -> list[fmpq]:
    table = problem.table
    return [sum((x * table[r, j] for r, x in lam.items()), ZERO) for j in range(len(problem.free))]


def _products(problem: Complementarity, proposed: Floats) -> list[list[fmpq]] | None:
    if not proposed.size or not problem.free:
        return None
    rows: list[list[fmpq]] = (fmpq_mat([[exact(float(x)) for x in lam] for lam in proposed]) * problem.table).tolist()
    return rows


def _proposed(problem: Complementarity, nodes: Nodes, row: Whole, sign: Floats) -> Floats:
    """(B, m) multipliers of the problem's rows, with the lift and without what is negative where it may not be."""
    B, V = nodes.zero.shape
    a, basic = np.arange(B), np.array(problem.basic, np.intp)
    own = _identity(nodes, row) * sign[:, None]
    lam = own[:, basic]
    size = np.abs(lam) @ np.abs(problem.start[:, :-1])
    lifted = np.zeros((B, V), bool)
    lifted[:, list(problem.free)] = size > 0
    current = np.take_along_axis(lifted & ~nodes.zero, nodes.basic, 1)
    current[a, row] = False
    weight = LIFT * current
    total = np.zeros((B, V))
    np.put_along_axis(total, nodes.basic, weight, 1)
    np.put_along_axis(total, nodes.free, -np.einsum("bm,bmq->bq", weight, nodes.table[:, :, :-1]), 1)
    lam = lam + total[:, basic]
    return np.nan_to_num(np.where((lam < 0) & ~nodes.zero[:, basic], 0.0, lam), posinf=0.0, neginf=0.0)


def _identity(nodes: Nodes, row: Whole) -> Floats:
    """v_row - Σ D v_free as coefficients of all variables."""
    a = np.arange(len(nodes))
    found = np.zeros(nodes.zero.shape)
    np.put_along_axis(found, nodes.free, -nodes.table[a, row, :-1], 1)
    found[a, nodes.basic[a, row]] = 1
    return found


def _solved(problem: Complementarity, nodes: Nodes, b: int, row: int, sign: int) -> Multipliers | None:
    """The multipliers of the row's identity in exact rationals, from which variables are basic."""
    basic, mine = {int(v) for v in nodes.basic[b]}, int(nodes.basic[b, row])
    rows = [r for r, v in enumerate(problem.basic) if v == mine or v not in basic]
    columns = [j for j, v in enumerate(problem.free) if v in basic and v != mine]
    equations = [[problem.table[r, j] for r in rows] for j in columns]
    if mine in problem.basic:
        equations.append([fmpq(int(problem.basic[r] == mine)) for r in rows])
    else:
        equations.append([-problem.table[r, problem.free.index(mine)] for r in rows])
    try:
        x = fmpq_mat(equations).solve(fmpq_mat([[ZERO]] * len(columns) + [[fmpq(sign)]]))
    except (ZeroDivisionError, ValueError):
        return None
    return {r: x[k, 0] for k, r in enumerate(rows) if x[k, 0] != 0}


__all__ = ["Multipliers", "judged", "refuted"]

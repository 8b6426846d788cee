"""w = z - t, z, w ≥ 0, z_k w_k = 0: steady states of a flow made of ramps z_k = max(0, t_k), as a complementarity problem.

The equations f(y, z) = 0 and w = z - t(y, z) are reduced exactly, so that some of the w, z depend on the others; conditions that hold
at every steady state (the box, and 0 ≤ z_a - z_b ≤ b - a for two cuts a < b of one chain) stand beside them as further slacks u ≥ 0.
Source: Cottle, Pang and Stone, The Linear Complementarity Problem, 1992.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from proofs.patterns.flow import PiecewiseFlow
from proofs.patterns.forms import ONE, ZERO, Form, constant, double, variable
from proofs.patterns.kinks import Ramp


@dataclass(frozen=True)
class Complementarity:
    """v_basic = table v_free + constants, all v ≥ 0; v is w_0.., z_0.., u_0.. by number, and w_k z_k = 0 for each of the `kinks`."""

    kinks: int
    basic: tuple[int, ...]
    free: tuple[int, ...]
    table: fmpq_mat
    constants: tuple[fmpq, ...]

    @property
    def size(self) -> int:
        """One more than the largest number of a variable."""
        return max((*self.basic, *self.free, 2 * self.kinks - 1)) + 1

    @cached_property
    def start(self) -> NDArray[np.float64]:
        """The table with its constants in double precision, the constants scaled to at most 1."""
        rows = [[double(a) for a in row] for row in _rows(self.table)]
        last = np.array([double(c) for c in self.constants])
        largest = np.abs(last).max(initial=0.0)
        return np.concatenate([np.array(rows).reshape(len(self.basic), len(self.free)), (last / (largest or 1.0))[:, None]], axis=1)

    def name(self, v: int) -> str:
        """w3, z0 or u2."""
        kind = 2 if v >= 2 * self.kinks else v // self.kinks
        return f"{'wzu'[kind]}{v - kind * self.kinks}"


def _rows(table: fmpq_mat) -> Any:
    return table.tolist() if table.ncols() else [[] for _ in range(table.nrows())]


def complementarity(flow: PiecewiseFlow) -> Complementarity | None:
    """The problem of a continuous flow; None where its equations contradict one another whatever the z and w are.

    >>> from amsym import zoo
    >>> from proofs.patterns.from_question import piecewise_flow
    >>> from proofs.question import question
    >>> p = complementarity(piecewise_flow(question(zoo.hopfield("relu"), {"W": [[0.5]], "b": [1.0]})))
    >>> [p.name(v) for v in p.basic], p.table, p.constants        # w = (1 - W) z - b
    (['w0'], [1/2], (-1,))
    """
    n, K = flow.n, len(flow.kinks)
    equations = [*flow.flow, *(_slack(flow, k) for k in range(K))]
    order = [*range(n), *range(n + K, n + 2 * K), *range(n, n + K)]
    reduced, rank = fmpq_mat([[*(f.slopes.get(v, ZERO) for v in order), -f.constant] for f in equations]).rref()
    rows = reduced.tolist()[:rank]
    pivots = [next(j for j, a in enumerate(row) if a != 0) for row in rows]
    if pivots and pivots[-1] == n + 2 * K:
        return None
    known = {order[p]: (row, p) for p, row in zip(pivots, rows, strict=True)}
    columns = [j for j in range(n, n + 2 * K) if j not in pivots]
    found = [(j - n, known[order[j]][0]) for j in pivots if j >= n]
    slacks = {2 * K + k: s for k, form in enumerate(further(flow)) if (s := _in_columns(form, known, columns, order, n)) is not None}
    table = [[-row[j] for j in columns] for _, row in found] + [s[0] for s in slacks.values()]
    constants = [row[-1] for _, row in found] + [s[1] for s in slacks.values()]
    basic = [v for v, _ in found] + list(slacks)
    matrix = fmpq_mat(table) if table and columns else fmpq_mat(len(table), len(columns))
    return Complementarity(K, tuple(basic), tuple(j - n for j in columns), matrix, tuple(constants))


def _slack(flow: PiecewiseFlow, k: int) -> Form:
    """w_k - z_k + t_k = 0."""
    kink = flow.kinks[k]
    assert isinstance(kink, Ramp)
    z, w = variable(flow.n + k), variable(flow.n + len(flow.kinks) + k)
    return w - z + flow.chains[kink.chain] + constant(-kink.cut)


def further(flow: PiecewiseFlow) -> Iterator[Form]:
    """The u_k, which are ≥ 0 at every steady state by the box and by the order of the cuts."""
    for row in flow.box_rows:
        yield row.form
    for chain in range(len(flow.chains)):
        own = sorted((k.cut, v) for v, k in enumerate(flow.kinks) if isinstance(k, Ramp) and k.chain == chain)
        for (a, first), (b, second) in pairwise(own):
            gain = variable(flow.n + first) - variable(flow.n + second)
            yield gain
            yield constant(b - a) - gain


def _in_columns(form: Form, known: Any, columns: list[int], order: list[int], n: int) -> tuple[list[fmpq], fmpq] | None:
    """The form by the columns that are left; None where a state that nothing determines stands in it."""
    slopes, rest = dict.fromkeys(columns, ZERO), form.constant
    places = {v: j for j, v in enumerate(order)}
    for v, a in form.slopes.items():
        if v not in known:
            if places[v] < n:
                return None
            slopes[places[v]] = slopes[places[v]] + a
            continue
        row, pivot = known[v]
        assert row[pivot] == ONE
        if any(row[j] != 0 for j in range(n) if j != pivot):
            return None
        rest = rest + a * row[-1]
        for j in columns:
            slopes[j] = slopes[j] - a * row[j]
    return [slopes[j] for j in columns], rest


__all__ = ["Complementarity", "complementarity", "further"]

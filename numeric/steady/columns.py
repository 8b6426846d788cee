"""J(y) = C + Σ_m A_m diag(s_m(y)): a Jacobian whose columns are scaled by slopes, each of its own component only.

Networks of neurons with one-variable activations have it: for f = W g(y) - y it is J = W diag(g') - 1. How far J moves with
y is then a question about the slopes alone, and no matrix is bounded entry by entry. The form is read off the formulas.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from amsym.notation import Component, Index, Tensor, Total, derivative
from amsym.system import System
from numeric.aside import aside
from numeric.bound import Bound
from numeric.directional import columns as new_indices
from numeric.directional import component
from numeric.field import Array
from numeric.intervals.enclose import Enclosure

Flow = Mapping[Component, sp.Expr]
# Of one state: the slopes that scale its columns, and with each the matrix A[a, here] for every row state a.
Slopes = dict[sp.Expr, dict[Tensor, sp.Expr]]


@dataclass(frozen=True)
class Columns:
    """The matrices `fixed` C and `weights` A_m, (n, n), at the model's parameters, and the slopes s_m."""

    fixed: Array
    weights: tuple[Array, ...]
    slopes: tuple[Bound, ...]
    """s_m(y_j) as flows of systems of their own."""
    values: tuple[Enclosure, ...]
    bends: tuple[Enclosure, ...]
    """Enclosures of s_m and of s_m'."""

    def jacobian(self, y: Array) -> Array:
        """J at one packed state (n,), (n, n)."""
        return np.asarray(self.fixed + sum(A * s for A, s in zip(self.weights, self.slopes_at(y), strict=True)))

    def slopes_at(self, y: Array) -> Array:
        """s_m(y), (m, n)."""
        return np.array([s.packed_flow(y[None])[0] for s in self.slopes]).reshape(len(self.slopes), y.size)

    def steepest(self, y: Array, reach: Array) -> tuple[Array, Array]:
        """L and ρ with |s_m(z) - s_m(y)| <= L |z - y| + ρ for |z - y| <= reach at a packed state, both (m, n).

        ρ is 0 but where a slope may jump on the way; there L is.
        """
        low, high = (y - reach)[None], (y + reach)[None]
        L, jump = np.zeros((2, len(self.slopes), y.size))
        for m, (value, bend, s) in enumerate(zip(self.values, self.bends, self.slopes_at(y), strict=True)):
            v, b = value.packed(low, high), bend.packed(low, high)
            L[m] = np.where(v.jumps, 0.0, np.maximum(np.abs(b.low), np.abs(b.high)))[0]
            jump[m] = np.where(v.jumps, np.maximum(v.high - s, s - v.low), 0.0)[0]
        return L, jump


def columns(model: Bound, width: int, flow: Flow | None = None) -> Columns | None:
    """The form of the model's Jacobian for states of `width` packed components; None where it has another form.

    `flow`: formulas in place of the model's own, in which activations may stand as symbols that do not move.
    """
    read = None if model.system.flow is None or model.system.depends_on_time else read_columns(model.system, flow or model.system.flow)
    if read is None:
        return None
    fixed, slopes = read
    count = max((len(s) for s in slopes.values()), default=0)
    listed = {s: [*found.items(), *[(sp.Integer(0), {})] * (count - len(found))] for s, found in slopes.items()}
    parts = [{s: found[m] for s, found in listed.items()} for m in range(count)]
    here = {s: component(s, columns_of(model.system, s)) for s in slopes}
    values = [aside(model, {here[s]: part[s][0] for s in slopes}, width=width) for part in parts]
    bends = [aside(model, {here[s]: derivative(part[s][0], here[s]) for s in slopes}, width=width) for part in parts]
    return Columns(
        matrix(model, fixed, width),
        tuple(matrix(model, {(a, s): A for s in slopes for a, A in part[s][1].items()}, width) for part in parts),
        tuple(values),
        tuple(Enclosure(v, width) for v in values),
        tuple(Enclosure(b, width) for b in bends),
    )


Blocks = Mapping[tuple[Tensor, Tensor], sp.Expr]


def read_columns(system: System, flow: Flow) -> tuple[Blocks, dict[Tensor, Slopes]] | None:
    """C and the slopes of every state's columns, from the formulas; None where a term has another form."""
    fixed: dict[tuple[Tensor, Tensor], sp.Expr] = defaultdict(lambda: sp.S.Zero)
    slopes: dict[Tensor, Slopes] = {s: {} for s in system.states}
    for row, f in flow.items():
        for state in system.states:
            at = columns_of(system, state)
            for term in sp.Add.make_args(_spread(derivative(f, component(state, at)))):
                split = _split(term, component(state, at))
                if split is None:
                    return None
                weight, slope = split
                if slope == 1:
                    fixed[row.tensor, state] += weight
                else:
                    known = slopes[state].setdefault(slope, {})
                    known[row.tensor] = known.get(row.tensor, sp.S.Zero) + weight
    return dict(fixed), slopes


def columns_of(system: System, state: Tensor) -> tuple[Index, ...]:
    """Indices of a state's columns, other than those of any equation."""
    return new_indices(state, {i for c in system.equations for i in c.where})


def _spread(expr: sp.Expr) -> sp.Expr:
    """Products of a sum that do not share one slope, multiplied out."""
    return sp.expand_mul(expr) if any(a.is_Add for a in sp.Mul.make_args(expr)) and expr.is_Mul else expr


def _split(term: sp.Expr, column: Component) -> tuple[sp.Expr, sp.Expr] | None:
    """A and s of a term A s, where s depends on the column's component only and A on no state or activation."""
    weight, slope = sp.S.One, sp.S.One
    for factor in sp.Mul.make_args(term):
        components = {c for c in factor.atoms(Component) if c.tensor.kind != "parameter"}
        if not components:
            weight *= factor
        elif components == {column} and not factor.has(Total):
            slope *= factor
        else:
            return None
    free = set(slope.atoms(Index)) - set(column.where)
    return None if free else (weight, slope)


def matrix(model: Bound, blocks: Blocks, width: int) -> Array:
    """The blocks as one matrix in packed order, (n, n): the Jacobian of a linear flow."""
    flow: dict[Any, sp.Expr] = {}
    for row in model.system.equations:
        terms = [_product(A, s, columns_of(model.system, s)) for (a, s), A in blocks.items() if a == row.tensor]
        flow[row] = sp.Add(*terms)
    linear = aside(model, flow, width=width)
    return np.asarray(linear.packed_jacobian(np.zeros((1, width)))[0])


def _product(A: sp.Expr, state: Tensor, at: tuple[Index, ...]) -> sp.Expr:
    return Total(A * component(state, at), *at) if at else A * component(state, at)

"""Derivatives without their matrix: (J u)_i = d/dε f_i(y + ε u) at ε = 0, and ∂f_i/∂y_j = d_i δ_ij where the form says so.

A derivative along a direction costs what the flow costs, a matrix product for a matrix product; J itself would be an
array (N, N) a row. Source: Griewank and Walther, Evaluating Derivatives (2008), chapter 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

import sympy as sp

from amsym.notation import Component, Delta, Index, Tensor, Total, derivative, fresh_index
from amsym.system import System, time

_STEP = sp.Dummy("ε", real=True)


def along(expr: sp.Expr, directions: Mapping[Tensor, Tensor]) -> sp.Expr:
    """Σ_s Σ_j ∂f/∂s_j u_j for directions {s: u}; states that are not named stay where they are.

    >>> from amsym.notation import indices, parameter, state, total
    >>> i, j = indices("i j", "N")
    >>> y, u, W = state("y", "N"), state("u", "N"), parameter("W", "N N")
    >>> along(total(W[i, j]*sp.sin(y[j]), j) - y[i], {y: u})
    -u[i] + Σ_j W[i, j]*u[j]*cos(y[j])
    """
    return sp.sympify(derivative(_moved(expr, directions), _STEP)).xreplace({_STEP: sp.S.Zero})


def _moved(expr: Any, directions: Mapping[Tensor, Tensor]) -> Any:
    """f(y + ε u)."""
    if isinstance(expr, Component):
        u = directions.get(expr.tensor)
        return expr if u is None else expr + _STEP * component(u, expr.where)
    if isinstance(expr, Total):
        return Total(_moved(expr.body, directions), *expr.bound)
    if not expr.args or not any(t in directions for t in expr.atoms(Tensor)):
        return expr
    return expr.func(*(_moved(a, directions) for a in expr.args))


def component(tensor: Tensor, where: tuple[Index, ...]) -> Any:
    """The component at these indices, of a scalar state too."""
    return tensor[where] if tensor.axes else Component(tensor)


def columns(state: Tensor, avoid: set[Index]) -> tuple[Index, ...]:
    """New indices over the axes of a state."""
    found: list[Index] = []
    for axis in state.axes:
        found.append(fresh_index(axis, {*avoid, *found}))
    return tuple(found)


def own_slope(f: sp.Expr, row: Component, state: Tensor) -> sp.Expr | None:
    """d_i where ∂f_i/∂s_j = d_i δ_ij by its form, every term with its deltas; None where it is no diagonal, 0 where it is 0.

    >>> from amsym.notation import indices, parameter, state
    >>> i, y, b = indices("i", "N")[0], state("y", "N"), parameter("b", "N")
    >>> own_slope(b[i]*y[i]**2 - y[i], y[i], y)
    2*b[i]*y[i] - 1
    """
    at = columns(state, set(row.where))
    slope = sp.expand_mul(derivative(f, component(state, at)))
    if slope == 0:
        return sp.S.Zero
    if state.axes != row.tensor.axes:
        return None
    deltas = {Delta(i, j) for i, j in zip(row.where, at, strict=True)}
    terms = [sp.Mul.make_args(term) for term in sp.Add.make_args(slope)]
    if not all(deltas <= set(factors) for factors in terms):
        return None
    bare = sp.Add(*(sp.Mul(*(a for a in factors if a not in deltas)) for factors in terms))
    return sp.sympify(bare.xreplace(dict(zip(at, row.where, strict=True))))


def directions_of(system: System) -> dict[Tensor, Tensor]:
    """A direction u for every state, with a name that no state has."""
    prefix = reduce(lambda p, s: p if not s.name.startswith(p) else p + "_", sorted(system.states, key=str), "along_")
    return {s: Tensor(prefix + s.name, s.axes, "state") for s in system.states}


def time_slope(f: sp.Expr) -> sp.Expr:
    """∂f/∂t at a fixed state."""
    return sp.sympify(derivative(f, time))

"""Formulas as functions of rows (batch, n): free parameters become states of a System, so that each row has numbers of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.errors import AmsymError
from amsym.notation import Component, Tensor, free_indices, fresh_indices, total
from amsym.system import System
from numeric.compile import Model
from proofs.draws import Values, floats
from proofs.falsifier.coordinates import Coordinates

Array = NDArray[np.float64]
Function = Callable[[Array], Array]


def function_of(formula: sp.Expr, at: Coordinates, sizes: Mapping[str, int], given: Values) -> Function:
    """The values (batch,) of a formula without free indices; -inf where it has none.

    >>> from amsym.notation import parameter, state
    >>> from proofs.falsifier.coordinates import coordinates
    >>> x, a = state("x"), parameter("a")
    >>> at = coordinates(System(flow={x: -x}, energy=a*x**2), {}, {}, {})
    >>> function_of(a*x**2, at, {}, {})(np.array([[3.0, 2.0], [1.0, -1.0]]))
    array([18., -1.])

    Raises NotationError for formulas that have no numbers.
    """
    return _called(_bound(formula, at, sizes, given, ()))


def selected(formula: sp.Expr, at: Coordinates, sizes: Mapping[str, int], given: Values, rows: int, noise: np.random.Generator) -> Function:
    """The values (rows,) of a formula at one place of its free indices for each row, drawn once."""
    free = tuple(sorted(free_indices(formula), key=str))
    if not free:
        return function_of(formula, at, sizes, given)
    taken = {getattr(k, "name", "") for k in at.keys} | set(sizes)
    selector = Tensor(next(n for n in (f"pick{k}" for k in range(99)) if n not in taken), tuple(i.axis for i in free), "state")
    run = _called(_bound(total(selector[free] * formula, *free), at, sizes, given, (selector,)))
    places = int(np.prod([sizes[i.axis] for i in free]))
    picks = np.eye(places)[noise.integers(places, size=rows)]
    return lambda x: run(np.hstack([x, np.repeat(picks, len(x) // rows, axis=0)]))


def moved(flow: Mapping[Component, sp.Expr], at: Coordinates, sizes: Mapping[str, int], given: Values) -> Function:
    """dy/dt (batch, n) of the states, 0 for parameters."""
    rule = _as_states(at)
    still = {c: f for c, f in _still(rule.values()).items() if c.tensor not in {k.tensor for k in flow}}
    bound = _compiled(System(flow={**{c: f.xreplace(rule) for c, f in flow.items()}, **still}), sizes, given)

    def run(rows: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.nan_to_num(np.asarray(bound.packed_flow(rows)))

    return run


def _as_states(at: Coordinates) -> dict[Any, Any]:
    """Each parameter that rows hold, and the state that stands for it."""
    rule: dict[Any, Any] = {}
    for key in at.keys:
        if isinstance(key, Tensor):
            rule[key] = Tensor(key.name, key.axes, "state", key.properties)
        else:
            rule[key] = Component(Tensor(key.name, (), "state"))
    return rule


def _still(states: Any) -> dict[Component, sp.Expr]:
    tensors = [getattr(s, "tensor", s) for s in states]
    return {Component(t, *fresh_indices(t.axes)): sp.S.Zero for t in tensors}


def _bound(formula: sp.Expr, at: Coordinates, sizes: Mapping[str, int], given: Values, more: tuple[Tensor, ...]) -> Any:
    rule = _as_states(at)
    system = System(flow=_still([*rule.values(), *more]), energy=sp.sympify(formula).xreplace(rule))
    return _compiled(system, sizes, given)


def _compiled(system: System, sizes: Mapping[str, int], given: Values) -> Any:
    names = {p.name for p in (*system.parameters, *system.scalars)}
    params = {str(k.name): floats(v) for k, v in given.items() if str(k.name) in names}
    return Model(system).bind(params, sizes={a: n for a, n in sizes.items() if a in system.axes})


def _called(bound: Any) -> Function:
    def run(rows: Array) -> Array:
        with np.errstate(all="ignore"):
            try:
                values = np.asarray(bound.packed_energy(np.ascontiguousarray(rows)))
            except (AmsymError, ArithmeticError, ValueError):
                return np.full(len(rows), -np.inf)
        return np.where(np.isfinite(values), values, -np.inf)

    return run


__all__ = ["Function", "function_of", "moved", "selected"]

"""Which function of a state is its activation: the declared one, or what the weights multiply, Σ_j W_ij u(y_j)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp

from amsym.notation import Component, Index, Tensor, Total, depends_on, free_indices, fresh_indices, rename
from amsym.notation.canonical import canonical_core
from amsym.system import System

Where = tuple[Index, ...]
Factors = tuple[sp.Expr, ...]


@dataclass(frozen=True)
class Activation:
    """g[where] of a state in words and as a formula; the formula is None where it is not known, or only a name."""

    state: Tensor
    where: Where
    formula: sp.Expr | None
    name: str
    declared: bool


def activations(system: System) -> tuple[Activation, ...]:
    """The activation of every state of a flow.

    >>> from amsym.notation import indices, parameter, state, total
    >>> (i, j), y, W = indices("i j", "N"), state("y", "N"), parameter("W", "N N")
    >>> system = System(flow={y[i]: total(W[i, j]*sp.tanh(y[j]), j) - y[i]})
    >>> [(a.name, a.declared) for a in activations(system)]
    [('tanh(y[i])', False)]
    """
    return tuple(_activation(system, s) for s in system.states)


def _activation(system: System, state: Tensor) -> Activation:
    where = _letters(system, state)
    declared = system.activations.get(state)
    if declared is not None:
        formula = None if declared.kind == "abstract" else declared.activation(state[where])
        return Activation(state, where, formula, declared.name, True)
    found = _readings(system, state, where)
    # Two readings that differ leave open which of them is the activation.
    if len(found) != 1:
        return Activation(state, where, None, "not known", False)
    formula = next(iter(found.values()))
    return Activation(state, where, formula, str(formula), False)


def _letters(system: System, state: Tensor) -> Where:
    return system.indices(state) if state in {c.tensor for c in system.equations} else fresh_indices(state.axes)


def _readings(system: System, state: Tensor, where: Where) -> dict[sp.Expr, sp.Expr]:
    """What weights multiply under sums in the flow, and where nothing is found there, in the energy."""
    for formulas in (tuple(system.equations.values()), () if system.energy is None else (system.energy,)):
        found = {canonical_core(u): u for f in formulas for u in _weighted(f, state, where, ())}
        if found:
            return found
    return {}


def _weighted(e: sp.Basic, state: Tensor, where: Where, outside: Factors) -> Iterator[sp.Expr]:
    """u[where] for every Σ W u of the expression; `outside`: factors of the state in front of the sum, such as 1 / Σ e^y."""
    if isinstance(e, sp.Mul):
        for n, f in enumerate(e.args):
            others = [h for m, h in enumerate(e.args) if m != n and depends_on(h, state) and not _holds_weights(h)]
            yield from _weighted(f, state, where, (*outside, *others))
    elif isinstance(e, Total):
        for term in sp.Add.make_args(e.body):
            yield from _of_term(term, e.bound, state, where, outside)
    elif isinstance(e, sp.Add):
        for a in e.args:
            yield from _weighted(a, state, where, outside)
    else:
        for a in e.args:
            yield from _weighted(a, state, where, ())


def _of_term(term: sp.Expr, bound: Where, state: Tensor, where: Where, outside: Factors) -> Iterator[sp.Expr]:
    factors = sp.Mul.make_args(term)
    for w in (f for f in factors if _is_weight(f)):
        at = tuple(i for i in w.where if i in bound)  # type: ignore[attr-defined]
        yield from _at(tuple(f for f in factors if f is not w), at, state, where, outside)
    for f in factors:
        if f.has(Total):
            yield from _weighted(f, state, where, ())


def _at(factors: Factors, at: Where, state: Tensor, where: Where, outside: Factors) -> Iterator[sp.Expr]:
    """The factors that share an index with the weight, at each of its indices that runs over the state's axis."""
    for i in at:
        mine = [f for f in factors if depends_on(f, state) and i in free_indices(f)]
        free = frozenset().union(*(free_indices(f) for f in mine)) if mine else frozenset()
        order = tuple(sorted(free, key=lambda k: (state.axes.index(k.axis) if k.axis in state.axes else -1, str(k))))
        if mine and tuple(k.axis for k in order) == state.axes and not any(_holds_weights(f) for f in mine):
            # 1 / Σ e^y, or a token's own spread: factors of the same row, whether they stand inside the sum or in front of it.
            row = [f for f in (*factors, *outside) if depends_on(f, state) and free_indices(f) <= free - {i}]
            yield rename(sp.Mul(*row, *mine), dict(zip(order, where, strict=True)))


def _is_weight(f: sp.Expr) -> bool:
    return isinstance(f, Component) and f.tensor.kind == "parameter" and len(f.where) > 1


def _holds_weights(f: sp.Basic) -> bool:
    return any(_is_weight(c) for c in f.atoms(Component))


__all__ = ["Activation", "activations"]

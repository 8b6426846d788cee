"""A System's formulas with activations kept as symbols: E(x, g) and f(x, g), together with g = u(x).

Proofs are short in this form, since an activation's formula is opened only where it matters. A Memory knows it
from its layers; for a hand-written System it is found by looking for the activation's formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import sympy as sp

from amsym.notation import Component, Index, Tensor, Total, all_indices, depends_on, free_indices, fresh_indices, rename
from amsym.notation.canonical import canonical_core


@dataclass(frozen=True)
class Activated:
    """Energy and flow in states and activation tensors; `formulas` gives each activation tensor's formula u(indices)."""

    energy: sp.Expr
    flow: Mapping[Component, sp.Expr]
    states: Mapping[Tensor, Tensor]
    formulas: Mapping[Tensor, Callable[..., sp.Expr]]

    def xreplace(self, rule: dict[Any, Any]) -> Activated:
        """The same with parameters replaced."""
        flow = {c.xreplace(rule): f.xreplace(rule) for c, f in self.flow.items()}
        states = {g: rule.get(s, s) for g, s in self.states.items()}
        formulas = {g: _replaced(u, rule) for g, u in self.formulas.items()}
        return replace(self, energy=self.energy.xreplace(rule), flow=flow, states=states, formulas=formulas)

    def opened(self, expr: sp.Expr) -> sp.Expr:
        """The expression with every activation tensor written out."""
        return opened(expr, self.formulas)

    def tensor_of(self, state: Tensor) -> Tensor | None:
        """The activation tensor of a state."""
        return next((g for g, s in self.states.items() if s == state), None)


def _replaced(u: Callable[..., sp.Expr], rule: dict[Any, Any]) -> Callable[..., sp.Expr]:
    return lambda *where: u(*where).xreplace(rule)


def opened(expr: Any, formulas: Mapping[Tensor, Callable[..., sp.Expr]]) -> Any:
    """Write activation tensors out by their formulas, also under sums."""
    if isinstance(expr, Component):
        u = formulas.get(expr.tensor)
        return expr if u is None else u(*expr.where)
    if not expr.args:
        return expr
    if isinstance(expr, Total):
        # Bound names that an activation's formula uses inside stay apart by themselves: its sums bind their own.
        return Total(opened(expr.body, formulas), *expr.bound)
    return expr.func(*(opened(a, formulas) for a in expr.args))


def closed(expr: sp.Expr, g: Tensor, state: Tensor, u: Callable[..., sp.Expr]) -> sp.Expr:
    """Write g[where] wherever the formula u(where) stands as a piece of the expression."""
    where = fresh_indices(state.axes)
    return closed_at(expr, g, state, u, where)


def closed_at(e: Any, g: Tensor, state: Tensor, u: Callable[..., sp.Expr], where: tuple[Index, ...]) -> Any:
    """`closed` for a formula u whose indices are asked for at `where`."""
    if not isinstance(e, sp.Expr) or not e.args or isinstance(e, Component) or not depends_on(e, state):
        return e
    at = _matching(e, u, where)
    if at is not None:
        return g[at]
    if isinstance(e, Total):
        return Total(closed_at(e.body, g, state, u, where), *e.bound)
    return e.func(*(closed_at(a, g, state, u, where) for a in e.args))


def _matching(e: sp.Expr, u: Callable[..., sp.Expr], where: tuple[Index, ...]) -> tuple[Index, ...] | None:
    """The indices at which e is u, if it is."""
    pattern = u(*where)
    if e.func is not pattern.func or len(free_indices(e)) != len(free_indices(pattern)):
        return None
    for at in _assignments(where, tuple(sorted(free_indices(e), key=str))):
        if e == rename(pattern, dict(zip(where, at, strict=True))) or canonical_core(e) == canonical_core(u(*at)):
            return at
    return None


def _assignments(where: tuple[Index, ...], found: tuple[Index, ...]) -> list[tuple[Index, ...]]:
    return [at for at in permutations(found, len(where)) if all(a.axis == w.axis for a, w in zip(at, where, strict=True))]


def candidates(state: Tensor, formulas: tuple[sp.Expr, ...]) -> list[tuple[tuple[Index, ...], sp.Expr]]:
    """Pieces of the formulas that could be an activation of the state: one free index an axis, and sums over the state inside."""
    found: dict[sp.Expr, tuple[tuple[Index, ...], sp.Expr]] = {}
    for f in formulas:
        for piece in sorted(f.atoms(sp.Add, sp.Mul, sp.Pow, sp.Function), key=str):
            free = tuple(sorted(free_indices(piece), key=lambda i: (state.axes.index(i.axis) if i.axis in state.axes else -1, str(i))))
            if tuple(i.axis for i in free) != state.axes or not depends_on(piece, state):
                continue
            others = [t for t in piece.atoms(Tensor) if t.kind != "parameter" and t != state]
            inner = any(depends_on(t, state) for t in piece.atoms(Total))
            weights = [t for t in piece.atoms(Tensor) if t.kind == "parameter" and len(t.axes) > len(state.axes)]
            if inner and not others and not weights and all_indices(piece):
                found.setdefault(canonical_core(piece), (free, piece))
    return list(found.values())

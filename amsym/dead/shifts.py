"""e(x + c v) = e(x) + c k for every real c, with a k that x + c v leaves as it is: found by rules, exact at kinks and jumps too.

A component x_i has k = v_i, a sum the sum of its ks, a product one moving factor at most; inside functions and brackets
nothing may move. Each k is tested for zero as soon as it is made: x_i - m of a mean m has 1 - Σ s / Σ s = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from amsym.notation import Component, Index, Mask, Tensor, Total, depends_on, free_indices, is_zero, rename, total
from amsym.notation.canonical import canonical_core
from amsym.notation.effort import check

Entry = Callable[[Component], sp.Expr]


def shift_rate(e: sp.Expr, x: Tensor, entry: Entry) -> sp.Expr | None:
    """The k of e(x + c v) = e(x) + c k, with v given by `entry` for each component; None where no rule applies.

    >>> from amsym.notation import indices
    >>> from amsym.notation.declare import state
    >>> (i, j), x = indices("i j", "N"), state("x", "N")
    >>> shift_rate(sp.Max(0, x[i] - x[j]), x, lambda at: sp.S.One), shift_rate(total(x[i], i), x, lambda at: sp.S.One)
    (0, N)
    """
    check()
    if not depends_on(e, x):
        return sp.S.Zero
    if isinstance(e, Component):
        return entry(e) if e.tensor == x else None
    rate = _rate(e, x, entry)
    return sp.S.Zero if rate is not None and vanishes(rate) else rate


def vanishes(e: sp.Expr) -> bool:
    """Whether an expression is zero: with its brackets as they are, or for any numbers in their places."""
    return is_zero(e) if not e.has(Mask) else is_zero(_unnamed(e, {})) or is_zero(e)


def _unnamed(e: Any, names: dict[sp.Basic, Tensor]) -> Any:
    """The expression with each bracket over indices i, j .. as a component S[i, j, ..], equal brackets as one S."""
    if isinstance(e, Mask):
        free = tuple(sorted(free_indices(e), key=str))
        private = {i: Index(f"_m{n}", i.axis) for n, i in enumerate(free)}
        key = canonical_core(rename(e, private))
        name = names.setdefault(key, Tensor(f"_S{len(names)}", tuple(i.axis for i in free), "parameter"))
        return Component(name, *free) if free else sp.Symbol(name.name, real=True)
    if not e.args or not e.has(Mask):
        return e
    if isinstance(e, Total):
        return Total(_unnamed(e.body, names), *e.bound)
    return e.func(*(_unnamed(a, names) for a in e.args))


def _rate(e: sp.Expr, x: Tensor, entry: Entry) -> sp.Expr | None:
    if isinstance(e, Total):
        # Letters that v has of its own (the row that moves) must not be bound here.
        safe = e.clear_of(fixed(x, entry))
        rate = shift_rate(safe.body, x, entry)
        return None if rate is None else total(rate, *safe.bound)
    if isinstance(e, sp.Add):
        return _sum([shift_rate(a, x, entry) for a in e.args])
    if isinstance(e, sp.Mul):
        return _product(e, x, entry)
    if isinstance(e, (Mask, sp.Piecewise)):
        values = [value for value, _ in e.args] if isinstance(e, sp.Piecewise) else []
        gaps = [r.lhs - r.rhs for r in e.atoms(Relational) if r.has(Component)]
        return _still([*values, *gaps], x, entry)
    return _still(list(e.args), x, entry)


def fixed(x: Tensor, entry: Entry) -> frozenset[Index]:
    """The free indices of v besides those of the component that it is asked for."""
    where = tuple(Index(f"_s{n}", axis) for n, axis in enumerate(x.axes))
    return free_indices(entry(x[where])) - set(where)


def _sum(rates: list[sp.Expr | None]) -> sp.Expr | None:
    return None if any(r is None for r in rates) else sp.Add(*(r for r in rates if r is not None))


def _product(e: sp.Mul, x: Tensor, entry: Entry) -> sp.Expr | None:
    rates: list[Any] = [shift_rate(a, x, entry) for a in e.args]
    moving = [n for n, r in enumerate(rates) if r != 0]
    if None in rates or len(moving) > 1:
        return None
    return sp.S.Zero if not moving else sp.Mul(rates[moving[0]], *(a for n, a in enumerate(e.args) if n != moving[0]))


def _still(parts: list[Any], x: Tensor, entry: Entry) -> sp.Expr | None:
    """0 where nothing moves."""
    return sp.S.Zero if all(isinstance(a, sp.Expr) and shift_rate(a, x, entry) == 0 for a in parts) else None

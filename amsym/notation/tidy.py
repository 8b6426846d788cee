"""Make a derived formula readable without multiplying it out: merge equal sums, sinh/cosh = tanh, common factors in front."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sympy as sp

from amsym.notation.axes import Index, all_indices, free_indices, rename
from amsym.notation.canonical import canonical_core, lettered
from amsym.notation.marks import Mask
from amsym.notation.sums import Total
from amsym.notation.tensors import Component

# Sums of up to so many nodes are compared in canonical form (0.05 s at most); larger ones by their letters only, as multiplying
# out attention over normalised tokens takes 9 s.
SMALL = 80


def merged(expr: sp.Expr) -> sp.Expr:
    """Sums that differ only in the names of their bound indices become one sum; sums that cancel go."""
    expr = _hyperbolic(expr)
    totals = sorted(_outermost(expr), key=sp.default_sort_key)
    known: dict[sp.Expr, Total] = {}
    rule: dict[sp.Expr, sp.Expr] = {}
    for t in totals:
        core = canonical_core(t) if _pieces(t) <= SMALL else renumbered(t)
        twin = known.setdefault(core, t) if core != 0 else sp.S.Zero
        if twin is not t:
            rule[t] = twin
    return expr.xreplace(rule) if rule else expr


@lru_cache(maxsize=50_000)
def _pieces(expr: sp.Basic) -> int:
    return 1 + sum(_pieces(a) for a in expr.args)


@lru_cache(maxsize=20_000)
def renumbered(expr: Any) -> Any:
    """Bound indices named by depth and by where they come first: equal for copies that differ in letters only."""
    if not isinstance(expr, sp.Expr) or not expr.args or not expr.has(Total):
        return expr
    inner = expr.func(*(renumbered(a) for a in expr.args))
    if not isinstance(inner, Total):
        return inner
    first = 1 + max((int(i.name[1:]) for i in all_indices(inner.body) if i.name[0] == "_" and i.name[1:].isdigit()), default=0)
    order = [i for i in sp.preorder_traversal(inner.body) if i in inner.bound]
    names = {i: Index(f"_{first + n}", i.axis) for n, i in enumerate(dict.fromkeys(order))}
    return Total(rename(inner.body, names), *(names[i] for i in inner.bound))


def _outermost(expr: sp.Basic) -> set[Total]:
    if isinstance(expr, Total):
        return {expr}
    return set().union(*(_outermost(a) for a in expr.args))


def _hyperbolic(expr: sp.Expr) -> sp.Expr:
    """sinh(u)/cosh(u) as tanh(u)."""
    if not expr.has(sp.sinh):
        return expr
    return expr.replace(lambda e: isinstance(e, sp.Mul) and e.has(sp.sinh), _quotients)


def _quotients(product: sp.Mul) -> sp.Expr:
    powers = product.as_powers_dict()
    for f in [f for f in powers if isinstance(f, sp.sinh)]:
        c, n = sp.cosh(f.args[0]), powers[f]
        if powers.get(c) == -n:
            product = product / (f**n / c**n) * sp.tanh(f.args[0]) ** n
    return product


def polished(expr: Any) -> Any:
    """From the inside out: common factors in front of sums of terms, u₊ [u > 0] as u₊."""
    if not isinstance(expr, sp.Expr) or not expr.args or isinstance(expr, (Component, Mask)):
        return expr
    inner = expr.func(*(polished(a) for a in expr.args))
    if isinstance(inner, sp.Add):
        return _common_factor(inner)
    return _product(inner) if isinstance(inner, sp.Mul) else inner


def _product(expr: sp.Mul) -> sp.Expr:
    """Numbers out of brackets, brackets that a positive part makes superfluous away."""
    factors: list[sp.Expr] = []
    for f in expr.args:
        content, rest = f.as_content_primitive() if isinstance(f, sp.Add) else (sp.S.One, f)
        factors += [content, rest]
    parts = {f.args[1] for f in factors if isinstance(f, sp.Max) and len(f.args) == 2 and f.args[0] == 0}
    kept = [f for f in factors if not (isinstance(f, Mask) and f.condition.func is sp.StrictGreaterThan and f.condition.lhs in parts)]
    return sp.Mul(*kept)


def tidy(expr: Any, letters: dict[str, tuple[str, ...]] | None = None) -> Any:
    """A formula to show: merged, common factors in front, bound indices in the author's letters."""
    return lettered(polished(merged(sp.sympify(expr))), letters)


def _common_factor(expr: sp.Add) -> sp.Expr:
    """a b + a c as a (b + c), where a stands in every term."""
    first, *others = (dict(t.as_powers_dict()) for t in expr.args)
    common = {b: e for b, e in first.items() if not b.is_Number and e.is_positive and all(o.get(b) == e for o in others)}
    if not common:
        return expr
    front = sp.Mul(*(b**e for b, e in common.items()))
    return sp.Mul(front, sp.Add(*(t / front for t in expr.args)))


def letters_of(*exprs: sp.Basic) -> dict[str, tuple[str, ...]]:
    """The index names that the formulas use, by axis, in the order of the alphabet."""
    found: dict[str, set[str]] = {}
    for expr in exprs:
        for i in all_indices(expr) | free_indices(expr):
            if isinstance(i, Index) and not i.name.startswith("_"):
                found.setdefault(i.axis, set()).add(i.name)
    return {axis: tuple(sorted(names)) for axis, names in found.items()}

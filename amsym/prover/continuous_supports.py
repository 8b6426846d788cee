"""Formulas with brackets of a support that do not jump all the same: L of sparsemax, and its activation (x_i - t)₊.

Closed terms are added up as functions of the threshold and the moments, of which the size of the support may not be left; under a sum
each bracket must come with a factor that vanishes at the threshold. What does not jump is locally Lipschitz (see `moments`).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.notation import Index, Mask, Total, depends_on, free_indices, has_state
from amsym.prover.moments import Moments, NotOfThisKind, jumps
from amsym.prover.support import the_support


def continuous_over_support(e: sp.Expr, others: tuple[type, ...]) -> bool:
    """Whether all that may jump in e are brackets of one support, and they do not make it jump.

    others: what else may jump.

    >>> from amsym import lagrangians
    >>> from amsym.notation import index, state
    >>> x, i = state("x", "N"), index("i", "N")
    >>> g = lagrangians.sparsemax().activation(x[i])
    >>> [continuous_over_support(f, ()) for f in (lagrangians.sparsemax().of(x), g, g / x[i])]
    [True, True, False]
    """
    found = the_support(e)
    if found is None or (others and any(not isinstance(n, Mask) and has_state(n) for n in e.atoms(*others))):
        return False
    try:
        return _holds(e, Moments(found[1], found[0]))
    except NotOfThisKind:
        return False


def _holds(e: Any, m: Moments) -> bool:
    if not e.has(Mask):
        return True
    closed: list[Any] = []
    rest: list[Any] = []
    for a in sp.Add.make_args(e):
        value = _closed(a, m)
        (rest if value is None else closed).append(a if value is None else value)
    return not jumps(sp.Add(*closed)) and all(_product_holds(a, m) for a in rest)


def _closed(e: Any, m: Moments) -> Any:
    if free_indices(e):
        return None
    try:
        return m.value(e)
    except NotOfThisKind:
        return None


def _product_holds(e: Any, m: Moments) -> bool:
    """A product whose factors with brackets of one entry vanish together at its threshold, and whose other factors do not jump."""
    if not e.has(Mask):
        return True
    if isinstance(e, Total):
        return _holds(e.body, m)
    factors = sp.Mul.make_args(e)
    entries = {j for f in factors for mask in f.atoms(Mask) for j in _free(mask, f)}
    if not entries:
        return len(factors) > 1 and all(_holds(f, m) for f in factors)
    for j in entries:
        own = [f for f in factors if j in free_indices(f) and depends_on(f, m.x)]
        if not m.entry(sp.Mul(*own), j):
            return False
    left = [f for f in factors if f.has(Mask) and not (free_indices(f) & entries)]
    return all(_holds(f, m) for f in left)


def _free(mask: Mask, factor: Any) -> set[Index]:
    """The free index of a bracket, where the factor around it leaves it free."""
    return {j for j in free_indices(mask) if j in free_indices(factor)}


__all__ = ["continuous_over_support"]

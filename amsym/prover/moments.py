"""Sums over a support as functions of its threshold t and of the moments A_n = Σ u^n of u = x - t on it, q A_p = c.

t is where Σ_k q (x_k - t)₊^p = c: it rises with every x_k and by s where all x_k do, so it is Lipschitz in x, and so are the moments
from A_1 on, locally. A_0, the number of entries in the support, jumps.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.notation import Component, Index, Mask, Tensor, Total, depends_on, free_indices
from amsym.prover.support import HIGHEST, Support, the_support

T = sp.Dummy("t", real=True)
# A_0 is the size of the support, which holds the largest x; A_n = Σ u^n with u > 0 there.
MOMENTS = [sp.Dummy(f"A{n}", positive=True) for n in range(HIGHEST + 2)]


class NotOfThisKind(Exception):
    """The formula is no function of the threshold and the moments."""


class Moments:
    """Formulas over the support as functions of t, the moments and parameters."""

    def __init__(self, support: Support, x: Tensor) -> None:
        self.support, self.x = support, x
        self.s, self.u = sp.Dummy("s"), sp.Dummy("u", real=True)

    def value(self, e: Any, j: Index | None = None) -> Any:
        """The formula with x_j = u + t and the bracket of x_j as s, for the index j of the sum around it."""
        if not depends_on(e, self.x):
            return self._fixed(e)
        if isinstance(e, Component) and e == self._at(j):
            return self.u + T
        if isinstance(e, Mask):
            if j is None or free_indices(e) != {j}:
                raise NotOfThisKind(e)
            return self.s
        if isinstance(e, Total):
            return self._total(e)
        if isinstance(e, (sp.Add, sp.Mul, sp.Pow)):
            return e.func(*(self.value(a, j) for a in e.args))
        raise NotOfThisKind(e)

    def entry(self, e: Any, j: Index) -> bool:
        """Whether a formula of entry j is a multiple of (x_j - t)₊ that does not jump."""
        found = sp.expand(self.value(e, j))
        if not found.is_polynomial(self.s, self.u):
            raise NotOfThisKind(e)
        terms = sp.Poly(found, self.s, self.u).terms()
        return all(brackets and n and not jumps(coefficient) for (brackets, n), coefficient in terms)

    def _at(self, j: Index | None) -> Any:
        return None if j is None else self.x[j]

    def _fixed(self, e: Any) -> Any:
        if free_indices(e):
            raise NotOfThisKind(e)
        return e

    def _total(self, e: Total) -> Any:
        """Σ_j s u^n = A_n; a term without a bracket runs over more than the support."""
        if len(e.bound) != 1 or free_indices(e):
            raise NotOfThisKind(e)
        body = sp.expand(self.value(e.body, e.bound[0]))
        if not body.is_polynomial(self.s, self.u):
            raise NotOfThisKind(e)
        result = sp.S.Zero
        for (brackets, n), coefficient in sp.Poly(body, self.s, self.u).terms():
            if not brackets or n >= len(MOMENTS):
                raise NotOfThisKind(e)
            result += coefficient * (self.support.c / self.support.q if n == self.support.p else MOMENTS[n])
        return result


def over_support(e: sp.Expr) -> sp.Expr | None:
    """A closed formula as a function of threshold and moments, simplified; None for any other.

    >>> from amsym.notation import indices, mask, state, total
    >>> (j, k), x = indices("j k", "N"), state("x", "N")
    >>> over_support(total(mask(1 - total(sp.Max(0, x[k] - x[j]), k) > 0), j)).is_positive
    True
    """
    found = None if free_indices(e) else the_support(e)
    if found is None:
        return None
    try:
        return sp.simplify(Moments(found[1], found[0]).value(e))
    except NotOfThisKind:
        return None


def jumps(value: Any) -> bool:
    """Whether a function of threshold and moments has the size of the support in it."""
    return value.has(MOMENTS[0]) and sp.simplify(value).has(MOMENTS[0])


__all__ = ["MOMENTS", "Moments", "NotOfThisKind", "T", "jumps", "over_support"]

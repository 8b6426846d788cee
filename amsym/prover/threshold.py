"""Sums over a support, [c - Σ_k φ(x_k - x_j) > 0] with φ(u) = q u₊^p: the minimum over a threshold, and hence convex.

φ rises strictly from 0, so Σ_k φ(x_k - t) = c > 0 has one solution t, and F(x_j) = Σ_k φ(x_k - x_j) < c exactly where x_j > t. With
u = x - t on the support {x_j > t} a formula L is one of t and of the moments A_n = Σ u^n, where q A_p = c. If that is

    J = α (c t + Σ_k Φ(x_k - t)) + const,    Φ' = φ,  α > 0,

then L(x) = min_t J(x, t): ∂J/∂t = α (c - Σ φ(x_k - t)) vanishes at the threshold, and J is convex in (x, t) together, as Φ is convex.
Partial minimisation keeps convexity (Boyd and Vandenberghe 3.2.5). sparsemax and entmax are of this kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from amsym.notation import Component, Index, Mask, Tensor, Total, depends_on, free_indices
from amsym.prover.signs import is_positive

_T = sp.Dummy("t", real=True)


@dataclass(frozen=True)
class Support:
    """[c - Σ_k q (x_k - x_j)₊^p > 0]."""

    c: sp.Expr
    q: sp.Expr
    p: int


class _NotOfThisKind(Exception):
    """The formula is no function of the threshold and the moments."""


def least_over_threshold(L: sp.Expr, x: Tensor) -> list[str] | None:
    """The lemmas that show L convex in x as a minimum over a threshold; None for any other formula.

    >>> from amsym import lagrangians
    >>> from amsym.notation import state
    >>> x = state("x", "N")
    >>> [least_over_threshold(f.of(x), x) is not None for f in (lagrangians.sparsemax(), lagrangians.softmax())]
    [True, False]
    """
    masks = {m for m in L.atoms(Mask) if depends_on(m, x)}
    supports = {_support(m, x) for m in masks}
    if len(x.axes) != 1 or len(supports) != 1 or None in supports:
        return None
    (s,) = supports
    assert s is not None
    try:
        value = _Moments(s, x).value(L)
    except _NotOfThisKind:
        return None
    alpha = sp.simplify(sp.diff(value, _T) / s.c)
    if alpha.free_symbols & {_T, *_MOMENTS} or not is_positive(alpha):
        return None
    rest = sp.simplify(value - alpha * (s.c * _T + s.q * _MOMENTS[s.p + 1] / (s.p + 1)))
    if rest.free_symbols & {_T, *_MOMENTS}:
        return None
    phi, Phi = f"{s.q}*u₊^{s.p}", f"{s.q / (s.p + 1)}*u₊^{s.p + 1}"
    return [
        f"φ = {phi} rises strictly from 0, so Σ φ(x - t) = {s.c} at one t, and the support is where x > t",
        f"there L = ({alpha}) ({s.c}*t + Σ Φ(x - t)) + {rest} with Φ = {Phi}: the least over t, where its slope {s.c} - Σ φ(x - t) vanishes",
        "the least over t of a function that is convex in (x, t) is convex in x",
    ]


# A_0 is the size of the support, which holds the largest x; A_n = Σ u^n with u > 0 there.
_MOMENTS = [sp.Dummy(f"A{n}", positive=True) for n in range(9)]


def _support(m: Mask, x: Tensor) -> Support | None:
    """The support that a bracket tells, None for any other bracket."""
    condition = m.condition
    if not isinstance(condition, sp.StrictGreaterThan):
        return None
    c, falling = (condition.lhs - condition.rhs).as_independent(*(a for a in condition.atoms(Total) if depends_on(a, x)), as_Add=True)
    number, total = (-falling).as_coeff_Mul()
    if not isinstance(total, Total) or len(total.bound) != 1 or depends_on(c, x) or not is_positive(c):
        return None
    q, power = total.body.as_coeff_Mul()
    base, p = power.as_base_exp()
    (k,) = total.bound
    j = free_indices(m) - {k}
    if len(j) != 1 or not (isinstance(base, sp.Max) and len(base.args) == 2 and base.args[0] == 0):
        return None
    right = base.args[1] == x[k] - x[next(iter(j))] and p.is_Integer and 1 <= p < len(_MOMENTS) - 1
    return Support(c, number * q, int(p)) if right and number * q > 0 else None


class _Moments:
    """Formulas over the support as functions of t, the moments and parameters."""

    def __init__(self, support: Support, x: Tensor) -> None:
        self.support, self.x = support, x
        self.s, self.u = sp.Dummy("s"), sp.Dummy("u", real=True)

    def value(self, e: Any, j: Index | None = None) -> Any:
        """The formula with x_j = u + t and the bracket of x_j as s, for the index j of the sum around it."""
        if not depends_on(e, self.x):
            return self._fixed(e)
        if isinstance(e, Component) and e == self._at(j):
            return self.u + _T
        if isinstance(e, Mask):
            if j is None or free_indices(e) != {j}:
                raise _NotOfThisKind(e)
            return self.s
        if isinstance(e, Total):
            return self._total(e)
        if isinstance(e, (sp.Add, sp.Mul, sp.Pow)):
            return e.func(*(self.value(a, j) for a in e.args))
        raise _NotOfThisKind(e)

    def _at(self, j: Index | None) -> Any:
        return None if j is None else self.x[j]

    def _fixed(self, e: Any) -> Any:
        if free_indices(e):
            raise _NotOfThisKind(e)
        return e

    def _total(self, e: Total) -> Any:
        """Σ_j s u^n = A_n; a term without a bracket runs over more than the support."""
        if len(e.bound) != 1 or free_indices(e):
            raise _NotOfThisKind(e)
        body = sp.expand(self.value(e.body, e.bound[0]))
        if not body.is_polynomial(self.s, self.u):
            raise _NotOfThisKind(e)
        result = sp.S.Zero
        for (brackets, n), coefficient in sp.Poly(body, self.s, self.u).terms():
            if not brackets or n >= len(_MOMENTS):
                raise _NotOfThisKind(e)
            result += coefficient * (self.support.c / self.support.q if n == self.support.p else _MOMENTS[n])
        return result


__all__ = ["least_over_threshold"]

"""Brackets that tell a support, [c - Σ_k φ(x_k - x_j) > 0] with φ(u) = q u₊^p and c > 0: the largest x_j is always in it."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from amsym.notation import Mask, Tensor, Total, depends_on, free_indices, has_state

# The highest power p that is looked at.
HIGHEST = 7


@dataclass(frozen=True)
class Support:
    """[c - Σ_k q (x_k - x_j)₊^p > 0]."""

    c: sp.Expr
    q: sp.Expr
    p: int


def support_of(m: Mask, x: Tensor) -> Support | None:
    """The support that a bracket tells, None for any other bracket."""
    condition = m.condition
    if not isinstance(condition, sp.StrictGreaterThan):
        return None
    c, falling = (condition.lhs - condition.rhs).as_independent(*(a for a in condition.atoms(Total) if depends_on(a, x)), as_Add=True)
    number, total = (-falling).as_coeff_Mul()
    if not isinstance(total, Total) or len(total.bound) != 1 or depends_on(c, x) or not c.is_positive:
        return None
    q, power = total.body.as_coeff_Mul()
    base, p = power.as_base_exp()
    (k,) = total.bound
    j = free_indices(m) - {k}
    if len(j) != 1 or not (isinstance(base, sp.Max) and len(base.args) == 2 and base.args[0] == 0):
        return None
    right = base.args[1] == x[k] - x[next(iter(j))] and p.is_Integer and 1 <= p <= HIGHEST
    return Support(c, number * q, int(p)) if right and number * q > 0 else None


def the_support(e: sp.Expr) -> tuple[Tensor, Support] | None:
    """The state of one axis and the support that all its brackets in e tell; None where there is none, or more than one."""
    masks = [m for m in e.atoms(Mask) if has_state(m)]
    states = {t for m in masks for t in m.atoms(Tensor) if t.kind == "state"}
    if len(states) != 1:
        return None
    (x,) = states
    found = {support_of(m, x) for m in masks} if len(x.axes) == 1 else set()
    only = found.pop() if len(found) == 1 else None
    return None if only is None else (x, only)


__all__ = ["HIGHEST", "Support", "support_of", "the_support"]

"""An update between two declared values, s ← high where h > 0, low where h < 0, read from its formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from amsym.notation import Component, Delta, Index, Mask, Tensor, Total
from amsym.system import outermost_choices


@dataclass(frozen=True)
class Choice:
    """s ← high where h > 0, low where h < 0; at h = 0 "high", "low", or as the system's tie says ("tie")."""

    field: sp.Expr
    low: int
    high: int
    at_zero: str


def choice_of(c: Component, update: sp.Expr) -> Choice | None:
    """The choice between the two declared values that an update such as sign(h), mask(h > 0) or 1 - 2 mask(h > 0) makes."""
    nodes = outermost_choices(update)
    if len(set(c.tensor.values)) != 2 or len(nodes) != 1:
        return None
    (node,) = nodes
    if isinstance(node, sp.sign) and update not in (node, -node):
        return None
    if not isinstance(node, (sp.sign, Mask)) or (isinstance(node, Mask) and not isinstance(node.condition, (sp.Gt, sp.Ge))):
        return None
    off_value, at_zero = (
        (sp.S.NegativeOne, "tie") if isinstance(node, sp.sign) else (sp.S.Zero, "high" if isinstance(node.condition, sp.Ge) else "low")
    )
    u = node.args[0] if isinstance(node, sp.sign) else node.condition.lhs - node.condition.rhs
    on, off = (update.xreplace({node: v}) for v in (sp.S.One, off_value))
    if {on, off} != set(map(sp.Integer, c.tensor.values)):
        return None
    if on > off:
        return Choice(u, int(off), int(on), at_zero)
    return Choice(-u, int(on), int(off), {"high": "low", "low": "high"}.get(at_zero, at_zero))


def without_brackets(e: Any) -> Any:
    """[i ≠ j] as 1 - δ_ij, so that Σ_j [i ≠ j] x_j and Σ_j x_j - x_i compare equal (in proofs only: in numbers it would cancel)."""
    if isinstance(e, Mask) and isinstance(e.condition, (sp.Ne, sp.Eq)) and all(isinstance(i, Index) for i in e.condition.args):
        same = Delta(*e.condition.args)
        return 1 - same if isinstance(e.condition, sp.Ne) else same
    if not e.args or isinstance(e, (Component, Tensor)):
        return e
    return Total(without_brackets(e.body), *e.bound) if isinstance(e, Total) else e.func(*(without_brackets(a) for a in e.args))


def with_value(e: Any, c: Component, value: sp.Expr) -> Any:
    """The expression with the single component s_k set to a value: s_j becomes s_j + δ_jk (value - s_k)."""
    if isinstance(e, Component) and e.tensor == c.tensor:
        hit = sp.Mul(*(Delta(a, b) for a, b in zip(e.where, c.where, strict=True)))
        return e + hit * (value - c)
    if isinstance(e, Total):
        safe = e.clear_of(frozenset(c.where))
        return Total(with_value(safe.body, c, value), *safe.bound)
    if not e.args or isinstance(e, (Component, Tensor)):
        return e
    return e.func(*(with_value(a, c, value) for a in e.args))

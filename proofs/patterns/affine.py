"""Is a flow piecewise affine? Each formula sums products of at most one part that is affine in the states, numbers and brackets."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from amsym.notation import Component, Delta, Index, Mask, Size, Total, has_state
from amsym.system import System, time

# How a part depends on the states: not at all, by brackets only, piecewise affine.
NUMBER, LEVEL, AFFINE = 0, 1, 2


def is_piecewise_affine(system: System) -> bool:
    """Whether the flow is piecewise affine in the states, with coefficients that are rational in the parameters.

    >>> from amsym import zoo
    >>> [is_piecewise_affine(zoo.hopfield(g)) for g in ("relu", "hard_tanh", "tanh")]
    [True, True, False]
    """
    return system.flow is not None and not system.depends_on_time and all(degree(f) is not None for f in system.flow.values())


def degree(e: Any) -> int | None:
    """NUMBER, LEVEL or AFFINE by the form of the expression; None for anything else.

    >>> from amsym.notation import state, index
    >>> y = state("y", "N")[index("i", "N")]
    >>> degree(y*sp.Max(0, sp.Heaviside(y)) - abs(y)), degree(y**2), degree(sp.exp(y))
    (2, None, None)
    """
    if isinstance(e, Component):
        return AFFINE if has_state(e) else NUMBER
    if isinstance(e, (sp.Number, sp.Symbol, Index, Size, Delta)):
        return NUMBER if e is not time and e.is_finite is not False else None
    if isinstance(e, Total):
        return degree(e.body)
    if isinstance(e, sp.Mul):
        return _product([degree(a) for a in e.args])
    if isinstance(e, sp.Pow):
        return _power(e)
    if isinstance(e, (sp.Add, sp.Max, sp.Min, sp.Abs)):
        return _largest([degree(a) for a in e.args])
    return _bracket(e)


def _largest(parts: list[int | None]) -> int | None:
    known = [p for p in parts if p is not None]
    return max(known, default=NUMBER) if len(known) == len(parts) else None


def _product(parts: list[int | None]) -> int | None:
    return _largest(parts) if sum(p == AFFINE for p in parts) <= 1 else None


def _power(e: sp.Pow) -> int | None:
    base = degree(e.base)
    if not e.exp.is_Integer or base is None or base == AFFINE or (base == LEVEL and e.exp < 0):
        return None
    return base


def _bracket(e: Any) -> int | None:
    if isinstance(e, sp.Piecewise):
        inner = _largest([_condition(c) for _, c in e.args])
        return None if inner is None else _largest([inner, *(degree(v) for v, _ in e.args)])
    if isinstance(e, Mask):
        return _condition(e.condition)
    if isinstance(e, (sp.sign, sp.Heaviside)):
        parts = _largest([degree(a) for a in e.args])
        return None if parts is None else min(parts, LEVEL)
    return None


def _condition(c: Any) -> int | None:
    if c in (sp.true, sp.false):
        return NUMBER
    if isinstance(c, (sp.And, sp.Or, sp.Not, sp.ITE)):
        return _largest([_condition(a) for a in c.args])
    if not isinstance(c, Relational):
        return None
    inner = degree(c.lhs - c.rhs)
    return None if inner is None else min(inner, LEVEL)


__all__ = ["degree", "is_piecewise_affine"]

"""g ≤ 0 for a polynomial g that touches 0 at points that are no fractions: -g is a sum of squares, so it holds at every state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from amsym.errors import AmsymError
from amsym.notation import Component, Index, Tensor, components
from amsym.notation.tensors import Entry
from proofs.draws import flattened
from proofs.inequalities.boxed import Boxed
from proofs.matrices import sum_of_squares

# The most components and the highest degree.
WIDTH, DEGREE = 4, 8


def by_squares(problem: Boxed, g: sp.Expr, at: Mapping[Index, int]) -> dict[str, Any] | None:
    """The certificate of -g as a sum of squares; None where g is no small polynomial or no squares are found.

    >>> from amsym.notation import index, state
    >>> from amsym.system import System
    >>> from proofs.inequalities.boxed import boxed
    >>> from proofs.question import question
    >>> i, y = index("i", "N"), state("y", "N")
    >>> p = boxed(question(System(flow={y[i]: -y[i]}), {}, {"y": ([-2], [2])}))
    >>> by_squares(p, -(y[i]**4 - 2*y[i]**2 + 1), {i: 0})["property"]
    'sum of squares'
    """
    polynomial = _polynomial(problem, g, at)
    if polynomial is None:
        return None
    try:
        found = sum_of_squares(-polynomial)
    except AmsymError:
        return None
    return dict(found.certificate) if found.holds else None


def _polynomial(problem: Boxed, g: sp.Expr, at: Mapping[Index, int]) -> sp.Expr | None:
    """g over explicit components with exact parameters, if that is a small polynomial."""
    if problem.width > WIDTH:
        return None
    explicit = components(g, problem.sizes, tuple(at))
    expr = explicit[tuple(at.values())] if at else explicit
    rule: dict[Any, Any] = {}
    for key, value in problem.fixed.items():
        for place, x in flattened(value).items():
            symbol = Entry(key, place) if place else Component(key) if isinstance(key, Tensor) else key
            rule[symbol] = sp.Rational(x.numerator, x.denominator)
    names = {(Entry(s, p) if p else Component(s)): sp.Symbol(f"{s.name}{''.join(f'_{k}' for k in p)}") for s, p in problem.places}
    expr = expr.xreplace(rule).xreplace(names)
    if expr.has(Entry, Component) or not expr.is_polynomial(*names.values()):
        return None
    expr = sp.expand(expr)
    return expr if sp.Poly(expr, *names.values()).total_degree() <= DEGREE else None

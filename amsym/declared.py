"""An activation that is declared beside its Lagrangian must be L'; at a few points, in numbers, a wrong one is told."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.errors import ModelError
from amsym.facts import Formula
from amsym.notation import Component, derivative

# Points off the usual kinks, and the number that parameters stand for.
_POINTS, _NUMBER = (sp.Rational(-7, 5), sp.Rational(3, 7), sp.Rational(19, 8)), sp.Rational(6, 7)


def check_activation(formula: Formula, activation: Formula, name: str) -> None:
    """Raises ModelError where g(x) and L'(x) differ; says nothing where they cannot be evaluated.

    >>> check_activation(lambda x: x**2 / 2, lambda x: 2 * x, "w")
    Traceback (most recent call last):
      ...
    amsym.errors.ModelError: the activation of 'w' is not the derivative of its L: at x = -7/5, ...; mend one, ...
    """
    x = sp.Symbol("x", real=True)
    L, g = formula(x), activation(x)
    if L.has(Component) or g.has(Component):
        return
    rule = dict.fromkeys((L.free_symbols | g.free_symbols) - {x}, _NUMBER)
    slope = derivative(L, x)
    for point in _POINTS:
        here, declared = (_value(e, {**rule, x: point}) for e in (slope, g))
        if here is not None and declared is not None and abs(here - declared) > 1e-9 * (1 + abs(declared)):
            where = f"at x = {point}, L' = {here:.5f} and g = {declared:.5f}"
            raise ModelError(f"the activation of '{name}' is not the derivative of its L: {where}; mend one, or leave the activation out")


def _value(e: Any, rule: dict[Any, Any]) -> float | None:
    try:
        found = complex(sp.N(e.xreplace(rule).doit(), 20))
    except (TypeError, ValueError, ArithmeticError):
        return None
    return found.real if found.imag == 0 and abs(found) < 1e300 else None

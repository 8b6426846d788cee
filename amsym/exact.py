"""Decimals as the fractions that they read as, 0.1 as 1/10: proofs are exact, and so are counterexamples."""

from __future__ import annotations

from typing import Any

import sympy as sp


def exact(expr: Any) -> Any:
    """The expression with every floating-point number as the shortest decimal that means it.

    >>> exact(0.1*sp.Symbol("x"))
    x/10
    """
    expr = sp.sympify(expr)
    return expr.xreplace({x: sp.Rational(repr(float(x))) for x in expr.atoms(sp.Float)})

"""Parameters of Lagrangians as the user gives them: a real number, a decimal, a scalar parameter; a shift δ also over the axis."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.errors import ModelError
from amsym.exact import formula, shown
from amsym.notation import Component, Tensor, free_indices


def scalar(value: Any, what: str) -> sp.Expr:
    """A real number or scalar parameter, decimals as the fractions that they read as.

    >>> scalar(0.1, "the slope")
    1/10
    >>> scalar(sp.Symbol("q"), "the slope")
    Traceback (most recent call last):
      ...
    amsym.errors.ModelError: the slope is a real number or scalar parameter, got q, which may be complex: write am.parameter('q')

    A symbol must be known to be real, as those of `parameter` are: made real here, it would not be the q of another formula.
    Raises ModelError for anything else.
    """
    try:
        result = formula(value, what)
    except ModelError as error:
        raise ModelError(_no_scalar(value, what)) from error
    symbols = result.free_symbols
    with_axes = free_indices(result) or any(isinstance(s, Tensor) and s.kind == "state" for s in symbols)
    if with_axes or result.is_real is False or result.has(sp.nan, sp.zoo, sp.oo, -sp.oo):
        raise ModelError(_no_scalar(value, what))
    for s in sorted(symbols, key=str):
        if isinstance(s, sp.Symbol) and not s.is_real:
            raise ModelError(f"{what} is a real number or scalar parameter, got {s}, which may be complex: write am.parameter('{s}')")
    return result


def _no_scalar(value: Any, what: str) -> str:
    name = value if isinstance(value, str) and value.isidentifier() else "beta"
    remedy = f"write a number or a parameter without axes, am.parameter('{name}')"
    return f"{what} is a real number or scalar parameter, got {shown(value)}: {remedy}"


def shift(delta: Any, i: Any) -> Any:
    """δ_i for a parameter over the axis, δ for a number or a scalar parameter."""
    return delta[i] if isinstance(delta, Tensor) else delta


def checked_shift(delta: Any, what: str) -> Any:
    """A shift δ: a parameter over one axis as it is, anything else as a scalar."""
    if isinstance(delta, Component):
        raise ModelError(f"{what} is a number or a parameter, got {delta}: give the parameter itself, {delta.tensor.name}")
    return delta if isinstance(delta, Tensor) and len(delta.axes) == 1 else scalar(delta, what)


def between(end: Any) -> tuple[Any, Any]:
    """The interval from 0 to a number of either sign."""
    return sp.Min(0, end), sp.Max(0, end)

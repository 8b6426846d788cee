"""Parameters of Lagrangians as the user gives them: a real number, a decimal, a scalar parameter; a shift δ also over the axis."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.errors import ModelError
from amsym.exact import exact
from amsym.notation import Tensor


def scalar(value: Any, what: str) -> sp.Expr:
    """A real number or scalar parameter, decimals as the fractions that they read as.

    >>> scalar(0.1, "the slope")
    1/10

    Raises ModelError for anything else.
    """
    try:
        result = exact(value)
    except (sp.SympifyError, TypeError, AttributeError) as error:
        raise ModelError(f"{what} is a real number or scalar parameter, got {value!r}") from error
    if (
        not isinstance(result, sp.Expr)
        or isinstance(result, Tensor)
        or result.is_real is False
        or result.has(sp.nan, sp.zoo, sp.oo, -sp.oo)
    ):
        raise ModelError(f"{what} is a real number or scalar parameter, got {value!r}")
    return result


def shift(delta: Any, i: Any) -> Any:
    """δ_i for a parameter over the axis, δ for a number or a scalar parameter."""
    return delta[i] if isinstance(delta, Tensor) else delta


def checked_shift(delta: Any, what: str) -> Any:
    """A shift δ: a parameter over one axis as it is, anything else as a scalar."""
    return delta if isinstance(delta, Tensor) and len(delta.axes) == 1 else scalar(delta, what)


def between(end: Any) -> tuple[Any, Any]:
    """The interval from 0 to a number of either sign."""
    return sp.Min(0, end), sp.Max(0, end)

"""Functions of balls, each raising `Undetermined` where its value is not known to be a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import arb

from amsym.errors import AmsymError
from amsym.notation.functions import Li2


class Undetermined(AmsymError):
    """A comparison or a function value that the balls do not settle."""


def nonzero(x: arb, what: Any) -> arb:
    """x, if it is not 0 for certain."""
    if x.contains(0):
        raise Undetermined(f"{what} is not finite here")
    return x


def positive(x: arb, what: Any) -> arb:
    """x, if it is above 0 for certain."""
    if not x > 0:
        raise Undetermined(f"{what} is not defined here: its argument is {x}")
    return x


def finite(x: arb, what: Any) -> arb:
    """x, if it is a number."""
    if not x.is_finite():
        raise Undetermined(f"{what} is not finite here")
    return x


FUNCTIONS: dict[Any, Callable[[arb], arb]] = {
    sp.exp: arb.exp,
    sp.tanh: arb.tanh,
    sp.cosh: arb.cosh,
    sp.sinh: arb.sinh,
    sp.erf: arb.erf,
    sp.atan: arb.atan,
    sp.sin: arb.sin,
    sp.cos: arb.cos,
    sp.asinh: arb.asinh,
    sp.acosh: arb.acosh,
    sp.atanh: arb.atanh,
    sp.asin: arb.asin,
    sp.acos: arb.acos,
    sp.tan: arb.tan,
    sp.sech: lambda x: 1 / x.cosh(),
    sp.csch: lambda x: 1 / nonzero(x.sinh(), "csch"),
    sp.coth: lambda x: 1 / nonzero(x.tanh(), "coth"),
    sp.erfc: arb.erfc,
    sp.erfinv: arb.erfinv,
    sp.LambertW: lambda x: positive(x, "LambertW").lambertw(),
    sp.Abs: abs,
    sp.log: lambda x: positive(x, "log").log(),
    Li2: lambda x: x.polylog(2),
}

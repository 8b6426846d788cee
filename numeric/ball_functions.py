"""Functions of balls, each raising `Undetermined` where its value is not known to be a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import arb

from amsym.errors import AmsymError
from amsym.notation.functions import Li2

Ball = Callable[[arb], arb]
THIN = arb(2) ** -40  # of balls narrower than this, what one evaluation overestimates is nothing


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


def _rising(f: Ball) -> Ball:
    """A monotone function of a wide ball from its ends: `arb(0, 5).tanh()` alone is ± 2e4."""

    def ends(x: arb) -> arb:
        return f(x) if x.rad() < THIN * (1 + abs(x.mid())) else f(x.lower()).union(f(x.upper()))

    return ends


def _even(f: Ball) -> Ball:
    """A function of a wide ball that is even, and monotone in |x|."""

    def ends(x: arb) -> arb:
        return f(x) if x.rad() < THIN * (1 + abs(x.mid())) else f(x.abs_lower()).union(f(x.abs_upper()))

    return ends


def _absolute(x: arb) -> arb:
    """|x|, from 0 where the ball holds 0."""
    return arb(0).union(x.abs_upper()) if x.contains(0) and not x.is_exact() else abs(x)


def _atan2(y: arb, x: arb) -> arb:
    nonzero(x * x + y * y, "atan2")
    return arb.atan2(y, x)


FUNCTIONS: dict[Any, Ball] = {
    sp.exp: _rising(arb.exp),
    sp.tanh: _rising(arb.tanh),
    sp.cosh: _even(arb.cosh),
    sp.sinh: _rising(arb.sinh),
    sp.erf: _rising(arb.erf),
    sp.atan: _rising(arb.atan),
    sp.sin: arb.sin,
    sp.cos: arb.cos,
    sp.asinh: _rising(arb.asinh),
    sp.acosh: _rising(arb.acosh),
    sp.atanh: _rising(arb.atanh),
    sp.asin: _rising(arb.asin),
    sp.acos: _rising(arb.acos),
    sp.tan: arb.tan,
    sp.sech: _even(arb.sech),
    sp.csch: lambda x: 1 / nonzero(x.sinh(), "csch"),
    sp.coth: lambda x: 1 / nonzero(x.tanh(), "coth"),
    sp.erfc: _rising(arb.erfc),
    sp.erfinv: _rising(arb.erfinv),
    sp.LambertW: lambda x: positive(x, "LambertW").lambertw(),
    sp.Abs: _absolute,
    sp.log: lambda x: _rising(arb.log)(positive(x, "log")),
    sp.gamma: arb.gamma,
    sp.loggamma: lambda x: positive(x, "loggamma").lgamma(),
    sp.digamma: arb.digamma,
    Li2: lambda x: x.polylog(2),
}
FUNCTIONS_OF_TWO: dict[Any, Callable[[arb, arb], arb]] = {
    sp.besseli: lambda order, z: z.bessel_i(order),
    sp.besselj: lambda order, z: z.bessel_j(order),
    sp.atan2: _atan2,
}
CONSTANTS: dict[Any, Callable[[], arb]] = {
    sp.pi: arb.pi,
    sp.E: arb.const_e,
    sp.EulerGamma: arb.const_euler,
    sp.Catalan: arb.const_catalan,
    sp.GoldenRatio: lambda: (1 + arb(5).sqrt()) / 2,
}

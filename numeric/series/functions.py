"""Which equation each function's series follows: g' = w u' with w a series, such as tanh' = (1 - tanh²) u'."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.special

from numeric.elementwise import NAMED
from numeric.series.series import Series

if TYPE_CHECKING:
    from numeric.series.builder import Builder


def callee(op: str) -> Any:
    """The function that computes an operation: scipy.special.erf, np.tanh, or one of amsym's own."""
    if op in NAMED:
        return NAMED[op]
    return getattr(scipy.special, op.removeprefix("special.")) if op.startswith("special.") else getattr(np, op)


def _gaussian(u: Any, out: Any) -> None:
    """2/√π e^(-u) of a square u."""
    np.exp(-u, out=out)
    np.multiply(out, 2 / sqrt(pi), out=out)


def _inverse_gaussian(u: Any, out: Any) -> None:
    """√π/2 e^u of a square u."""
    np.exp(u, out=out)
    np.multiply(out, sqrt(pi) / 2, out=out)


def _softplus(u: Any, out: Any) -> None:
    np.logaddexp(u, 0, out=out)


def _exp(p: Builder, u: Series) -> Series:
    g = p.chain(u, np.exp)
    return p.with_slope(g, g.out)


def _expm1(p: Builder, u: Series) -> Series:
    g = p.chain(u, np.expm1)
    return p.with_slope(g, p.linear([(1.0, g.out)], 1.0))


def _tanh(p: Builder, u: Series) -> Series:
    """g' = -2 v u' with v = (g² - 1)/2, which is the form with the fewest passes over memory."""
    g = p.chain(u, np.tanh, -2.0)
    return p.with_slope(g, p.square(g.out, 0.5, -1.0))


def _sech_squared(p: Builder, u: Series) -> Series:
    return p.restarted(u, NAMED["sech_squared"], p.square(p.function("tanh", u), -1.0, -1.0))


def _log_cosh(p: Builder, u: Series) -> Series:
    return p.with_slope(p.chain(u, NAMED["log_cosh"]), p.function("tanh", u))


def _log_cosh_dual(p: Builder, u: Series) -> Series:
    return p.with_slope(p.chain(u, NAMED["log_cosh_dual"]), p.product(u, p.function("sech_squared", u)))


def _logistic(p: Builder, u: Series) -> Series:
    g = p.chain(u, scipy.special.expit)
    return p.with_slope(g, p.linear([(1.0, g.out), (-1.0, p.square(g.out))]))


def _binary_entropy(p: Builder, u: Series) -> Series:
    s = p.function("logistic", u)
    slope = p.linear([(1.0, s), (-1.0, p.square(s))])
    return p.with_slope(p.chain(u, NAMED["binary_entropy"], -1.0), p.product(u, slope))


def _fermi_dirac(p: Builder, u: Series) -> Series:
    softplus = p.with_slope(p.chain(u, _softplus), p.function("logistic", u))
    return p.with_slope(p.chain(u, NAMED["fermi_dirac"]), softplus)


def _log(p: Builder, u: Series) -> Series:
    return p.with_slope(p.inverse(u, np.log), u)


def _log1p(p: Builder, u: Series) -> Series:
    return p.with_slope(p.inverse(u, np.log1p), p.linear([(1.0, u)], 1.0))


def _pair(op: str, other: str, signs: tuple[float, float]) -> Rule:
    """g' = ± h u', h' = ± g u'."""

    def rule(p: Builder, u: Series) -> Series:
        g, h = p.chain(u, callee(op), signs[0]), p.chain(u, callee(other), signs[1])
        p.with_slope(h, g.out)
        return p.with_slope(g, h.out)

    return rule


def _tan(p: Builder, u: Series) -> Series:
    g = p.chain(u, np.tan)
    return p.with_slope(g, p.square(g.out, 1.0, 1.0))


def _from_square(op: str, scale: float, constant: float, root: bool, sign: float = 1.0) -> Rule:
    """g' d = ± u' with d = scale (u² + constant), or its root: the inverse trigonometric and hyperbolic functions."""

    def rule(p: Builder, u: Series) -> Series:
        d = p.square(u, scale, constant)
        return p.with_slope(p.inverse(u, callee(op), sign), p.root(d) if root else d)

    return rule


def _error_function(op: str, sign: float) -> Rule:
    def rule(p: Builder, u: Series) -> Series:
        w = p.chain(p.square(u), _gaussian, -1.0)
        return p.with_slope(p.chain(u, callee(op), sign), p.with_slope(w, w.out))

    return rule


def _erfinv(p: Builder, u: Series) -> Series:
    g = p.chain(u, scipy.special.erfinv)
    w = p.chain(p.square(g.out), _inverse_gaussian)
    return p.with_slope(g, p.with_slope(w, w.out))


def _gamma(p: Builder, u: Series) -> Series:
    g = p.chain(u, scipy.special.gamma)
    return p.with_slope(g, p.product(g.out, p.function("special.digamma", u)))


Rule = Callable[["Builder", Series], Series]

RULES: dict[str, Rule] = {
    "exp": _exp,
    "expm1": _expm1,
    "tanh": _tanh,
    "sech_squared": _sech_squared,
    "log_cosh": _log_cosh,
    "log_cosh_dual": _log_cosh_dual,
    "logistic": _logistic,
    "binary_entropy": _binary_entropy,
    "fermi_dirac": _fermi_dirac,
    "log": _log,
    "log1p": _log1p,
    "sinh": _pair("sinh", "cosh", (1.0, 1.0)),
    "cosh": _pair("cosh", "sinh", (1.0, 1.0)),
    "sin": _pair("sin", "cos", (1.0, -1.0)),
    "cos": _pair("cos", "sin", (-1.0, 1.0)),
    "tan": _tan,
    "arcsin": _from_square("arcsin", -1.0, -1.0, True),
    "arccos": _from_square("arccos", -1.0, -1.0, True, -1.0),
    "arctan": _from_square("arctan", 1.0, 1.0, False),
    "arcsinh": _from_square("arcsinh", 1.0, 1.0, True),
    "arccosh": _from_square("arccosh", 1.0, -1.0, True),
    "arctanh": _from_square("arctanh", -1.0, -1.0, False),
    "special.erf": _error_function("special.erf", 1.0),
    "special.erfc": _error_function("special.erfc", -1.0),
    "special.erfinv": _erfinv,
    "special.gamma": _gamma,
}

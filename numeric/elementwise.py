"""Functions of one number, entry by entry: a NumPy or SciPy ufunc each, SymPy's code printer for the rest."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import scipy.special
import sympy as sp
from numpy.typing import NDArray
from sympy.printing.numpy import SciPyPrinter

from amsym.errors import NotationError
from amsym.notation.functions import BinaryEntropy, LogCoshDual

# SymPy function → ufunc by name; `special.` ones are SciPy's.
UFUNCS: dict[Any, str] = {
    sp.exp: "exp",
    sp.log: "log",
    sp.tanh: "tanh",
    sp.sinh: "sinh",
    sp.cosh: "cosh",
    sp.sin: "sin",
    sp.cos: "cos",
    sp.tan: "tan",
    sp.asin: "arcsin",
    sp.acos: "arccos",
    sp.atan: "arctan",
    sp.asinh: "arcsinh",
    sp.acosh: "arccosh",
    sp.atanh: "arctanh",
    sp.atan2: "arctan2",
    sp.Abs: "absolute",
    sp.sign: "sign",
    sp.floor: "floor",
    sp.ceiling: "ceil",
    sp.Heaviside: "heaviside",
    sp.Mod: "mod",
    sp.erf: "special.erf",
    sp.erfc: "special.erfc",
    sp.erfinv: "special.erfinv",
    sp.gamma: "special.gamma",
    sp.loggamma: "special.gammaln",
    sp.digamma: "special.digamma",
    sp.besselj: "special.jv",
    LogCoshDual: "log_cosh_dual",
    BinaryEntropy: "binary_entropy",
}


def dilogarithm(z: Any, out: NDArray[Any] | None = None) -> Any:
    """Li_2(z) = spence(1 - z) for real z ≤ 1."""
    return np.copyto(out, scipy.special.spence(1 - z)) if out is not None else scipy.special.spence(1 - z)


# B_n/(n + 1)! of the even n from 2 on: terms fall by (log 2 / 2π)² = 1/82 each.
_BERNOULLI = (1 / 36, -1 / 3600, 1 / 211680, -1 / 10886400, 1 / 526901760, -4.0647616451442e-11, 8.921691020639e-13, -1.993929586072e-14)


def fermi_dirac(u: Any, out: NDArray[Any] | None = None) -> Any:
    """-Li_2(-e^u), the integral of log(1 + e^u), to full precision for any u.

    For u ≤ 0 by t + t²/4 + Σ B_n t^{n+1}/(n+1)! with t = log(1 + e^u); above 0 by Li_2(-e^u) + Li_2(-e^-u) = -π²/6 - u²/2.
    """
    t = np.log1p(np.exp(-np.abs(u)))
    square = t * t
    tail = np.zeros_like(t)
    for b in reversed(_BERNOULLI):
        tail = tail * square + b
    below = t + square / 4 + tail * square * t
    return _given(np.where(u > 0, np.pi**2 / 6 + u * u / 2 - below, below), u, out)


def log_cosh(u: Any, out: NDArray[Any] | None = None) -> Any:
    """log cosh u: log(1 + 2 sinh²(u/2)) near 0, |u| + log(1 + e^{-2|u|}) - log 2 beyond 1."""
    a = np.abs(u)
    near = np.log1p(2 * np.sinh(np.minimum(a, 1) / 2) ** 2)
    return _given(np.where(a < 1, near, a + (np.log1p(np.exp(-2 * a)) - np.log(2))), u, out)


def log_cosh_dual(u: Any, out: NDArray[Any] | None = None) -> Any:
    """u tanh u - log cosh u: as it stands near 0, log 2 - log(1 + q) - 2|u| q/(1 + q) with q = e^{-2|u|} beyond 1."""
    a = np.abs(u)
    b, q = np.minimum(a, 1), np.exp(-2 * a)
    near = b * np.tanh(b) - np.log1p(2 * np.sinh(b / 2) ** 2)
    return _given(np.where(a < 1, near, np.log(2) - (np.log1p(q) + 2 * a * q / (1 + q))), u, out)


def sech_squared(u: Any, out: NDArray[Any] | None = None) -> Any:
    """1/cosh² u = 4q/(1 + q)² with q = e^{-2|u|}: from |u| = 19 on nothing is left of 1 - tanh² u."""
    q = np.exp(-2 * np.abs(u))
    return _given(4 * q / (1 + q) ** 2, u, out)


def binary_entropy(u: Any, out: NDArray[Any] | None = None) -> Any:
    """The entropy of 1/(1 + e^-u): log(1 + q) + |u| q/(1 + q) with q = e^{-|u|}, a sum of positive terms."""
    a = np.abs(u)
    q = np.exp(-a)
    return _given(np.log1p(q) + a * q / (1 + q), u, out)


def _given(value: Any, u: Any, out: NDArray[Any] | None) -> Any:
    """The value in the precision of u, in `out` where one was given."""
    return np.copyto(out, value) if out is not None else np.asarray(value).astype(np.result_type(u), copy=False)


# What compiled programs call by name, beside NumPy and SciPy.
NAMED = {f.__name__: f for f in (dilogarithm, fermi_dirac, log_cosh, log_cosh_dual, sech_squared, binary_entropy)}


def real_part(value: Any) -> Any:
    """The real part, NaN where there is an imaginary one."""
    return np.where(value.imag == 0, value.real, np.nan) if np.iscomplexobj(value) else value


@lru_cache(maxsize=1000)
def printed(function: Any, count: int) -> str:
    """Python source for a function of `count` arguments `{0}`, `{1}` ... by SymPy's printer.

    Raises NotationError when the printer has no code for it.
    """
    names = [sp.Symbol(f"amsym_{n}", real=True) for n in range(count)]
    source = SciPyPrinter({"fully_qualified_modules": True, "strict": False}).doprint(function(*names))
    if "Not supported" in source or "#" in source:
        raise NotationError(
            f"{function.__name__}() has no numerical code: a function that SciPy or NumPy computes was expected; rewrite the formula"
        )
    for n in range(count):
        source = source.replace(f"amsym_{n}", f"{{{n}}}")
    return source

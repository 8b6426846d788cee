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
}


def dilogarithm(z: Any, out: NDArray[Any] | None = None) -> Any:
    """Li_2(z) = spence(1 - z) for real z <= 1."""
    return np.copyto(out, scipy.special.spence(1 - z)) if out is not None else scipy.special.spence(1 - z)


def fermi_dirac(u: Any, out: NDArray[Any] | None = None) -> Any:
    """-Li_2(-e^u), the integral of log(1 + e^u), for any u: above 0 by Li_2(-e^u) + Li_2(-e^-u) = -π²/6 - u²/2."""
    below = -scipy.special.spence(1 + np.exp(-np.abs(u)))
    value = np.where(u > 0, np.pi**2 / 6 + u * u / 2 - below, below).astype(np.result_type(u), copy=False)
    return np.copyto(out, value) if out is not None else value


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

"""Boxes to try rules on, likely and awkward ones, with a number in each; values by mpmath with 60 digits; and what is not contained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np
from mpmath import mp
from numpy.typing import NDArray

from numeric.intervals.boxes import Box

Array = NDArray[np.float64]
DIGITS = 60
BIG = float(np.finfo(np.float64).max)
# Kinks, ends of domains and of cells, thresholds between formulas, overflow, underflow.
PLACES = (0, 5e-324, 2.3e-308, 1 / 128, 0.5, np.sqrt(0.5), 0.75, 1, np.sqrt(2), np.pi / 2, np.pi, 6, 16, 20, 24, 27, 27.3, 40, 512)
FAR = (708.4, 709.78, 710.48, 744.5, 745.2, 800, 1e5, 1e8, 2.0**28, 1e22, 1e150, 1.4e154, BIG)


class Cases(NamedTuple):
    """Ends (count,) of intervals and a number within each; the ends may be infinite, the numbers are not."""

    low: Array
    high: Array
    inner: Array

    @property
    def box(self) -> Box:
        """The intervals."""
        return Box(self.low, self.high, np.zeros(self.low.shape, dtype=bool))


def numbers(rng: np.random.Generator, count: int) -> Array:
    """Doubles of all sizes, near kinks and borders, and of everyday size."""
    places = np.array([*PLACES, *FAR])
    picks = [
        np.ldexp(rng.uniform(0.5, 1, count), rng.integers(-1073, 1025, count)),
        np.ldexp(rng.uniform(0.5, 1, count), rng.integers(-60, 12, count)),
        rng.uniform(0, 6, count),
        rng.uniform(0, 60, count),
        rng.uniform(0, 800, count),
        rng.choice(places, count),
        np.nextafter(rng.choice(places, count), rng.choice([-np.inf, np.inf], count)),
        np.nextafter(rng.integers(0, 64 * 64, count) / 64 + 1 / 128, rng.choice([0, np.inf], count)),
        1 + rng.choice([-1, 1], count) * 2.0 ** rng.uniform(-53, 0, count),
    ]
    return np.clip(np.choose(rng.integers(0, len(picks), count), picks), 0, BIG) * rng.choice([-1.0, 1.0], count)


@np.errstate(all="ignore")
def cases(rng: np.random.Generator, count: int, first: float = -np.inf, last: float = np.inf) -> Cases:
    """Intervals within [first, last]: points, neighbours, narrow, wide, half-infinite; the number is an end or inside."""
    a, b = _into(numbers(rng, count), first, last), _into(numbers(rng, count), first, last)
    kind = rng.integers(0, 6, count)
    narrow = a + np.abs(a) * 2.0 ** rng.uniform(-52, 0, count)
    b = np.choose(kind, [a, np.nextafter(a, np.inf), narrow, b, b, b])
    low, high = np.minimum(a, b), np.clip(np.maximum(a, b), None, min(last, BIG))
    low = np.clip(np.minimum(low, high), -BIG, None)
    inner = np.choose(rng.integers(0, 3, count), [low, high, low + (high - low) * rng.uniform(0, 1, count)])
    inner = np.clip(np.where(np.isfinite(inner), inner, low), low, high)
    open_ = (kind == 5) & (rng.random(count) < 0.5)
    low = np.where(open_ & (first == -np.inf) & (rng.random(count) < 0.6), -np.inf, low)
    return Cases(low, np.where(open_ & (last == np.inf) & (rng.random(count) < 0.6), np.inf, high), inner)


def _into(x: Array, first: float, last: float) -> Array:
    """Numbers of the domain: out of a half-line turned over, out of an interval shrunk."""
    if np.isfinite(first) and np.isfinite(last):
        return np.where((x >= first) & (x <= last), x, first + (last - first) * np.abs(np.sin(np.arange(len(x)))))
    return np.clip(np.abs(x) if np.isfinite(first) else -np.abs(x) if np.isfinite(last) else x, first, last)


def outside(low: float, high: float, value: Any) -> bool:
    """Whether a value of so many digits is below or above, by more than its own last digits; what is no number is nowhere."""
    if not mp.isfinite(value):
        return not (low <= value <= high) and not mp.isnan(value)
    slack = abs(value) * mp.mpf(10) ** (5 - DIGITS)
    return bool(value + slack < low or value - slack > high)


def bessel(kind: str) -> Callable[[Any, Any], Any]:
    """J_n(x), or e^-x I_n(x), where mpmath is asked for it."""
    f = {"special.jv": mp.besselj, "special.ive": lambda n, x: mp.besseli(n, x) * mp.exp(-x)}[kind]
    return lambda n, x: f(n, x) if 1e-9 < x < 60 and 0 <= n < 9 else mp.nan


def failures(found: Box, f: Callable[..., Any], *inner: Array) -> list[tuple[Any, ...]]:
    """The arguments whose value is not in its interval, with the interval and the value."""
    wrong = []
    with mpmath.workdps(DIGITS):
        for low, high, *x in zip(found.low.tolist(), found.high.tolist(), *(a.tolist() for a in inner), strict=True):
            value = f(*map(mp.mpf, x))
            if outside(low, high, value):
                wrong.append((*x, low, high, value))
    return wrong


# The functions in mpmath, in forms that keep their digits


def log_cosh(x: Any) -> Any:
    """log cosh x."""
    return mp.log1p(2 * mp.sinh(x / 2) ** 2) if abs(x) < 1 else abs(x) - mp.ln2 + mp.log1p(mp.exp(-2 * abs(x)))


def log_cosh_dual(x: Any) -> Any:
    """x tanh x - log cosh x."""
    if abs(x) < 1:
        return x * mp.tanh(x) - log_cosh(x)
    q = mp.exp(-2 * abs(x))
    return mp.ln2 - mp.log1p(q) - 2 * abs(x) * q / (1 + q)


def binary_entropy(x: Any) -> Any:
    """log(1 + q) + |x| q/(1 + q), q = e^-|x|."""
    q = mp.exp(-abs(x))
    return mp.log1p(q) + abs(x) * q / (1 + q)


def fermi_dirac(x: Any) -> Any:
    """-Li2(-e^x) = Σ (-1)^{k+1} e^{kx}/k², turned over for x > 0."""
    if x > 0:
        return mp.pi**2 / 6 + x**2 / 2 - fermi_dirac(-x)
    return mp.exp(x) if x < -400 else -mp.polylog(2, -mp.exp(x))


def scaled_bessel(order: int) -> Callable[[Any], Any]:
    """e^-|x| I_n(x)."""
    return lambda x: mp.besseli(order, x) * mp.exp(-abs(x)) if abs(x) < 1e4 else mp.nan


def log(x: Any) -> Any:
    """log x, -∞ at 0."""
    return mp.log(x) if x else -mp.inf


def log1p(x: Any) -> Any:
    """log(1 + x), -∞ at -1."""
    return mp.log1p(x) if x != -1 else -mp.inf


REFERENCES: dict[str, Callable[[Any], Any]] = {
    "exp": mp.exp,
    "expm1": mp.expm1,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "log": log,
    "log1p": log1p,
    "sqrt": mp.sqrt,
    "tanh": mp.tanh,
    "arctan": mp.atan,
    "arcsinh": lambda x: mp.sign(x) * mp.asinh(abs(x)),
    "sech_squared": lambda x: 1 / mp.cosh(x) ** 2,
    "log_cosh": log_cosh,
    "log_cosh_dual": log_cosh_dual,
    "binary_entropy": binary_entropy,
    "fermi_dirac": fermi_dirac,
    "sin": mp.sin,
    "cos": mp.cos,
    "special.erf": mp.erf,
    "special.erfc": lambda x: mp.erfc(x) if abs(x) < 1000 else mp.mpf(2 * int(x < 0)),
    "arcsin": mp.asin,
    "arccos": mp.acos,
    "arccosh": mp.acosh,
    "arctanh": mp.atanh,
    "special.erfinv": mp.erfinv,
    "special.i0e": scaled_bessel(0),
    "special.i1e": scaled_bessel(1),
    "dilogarithm": lambda x: mp.re(mp.polylog(2, x)),
    "tan": mp.tan,
    "special.gamma": lambda x: mp.gamma(x) if abs(x) < 1e4 and not mp.isint(x) else mp.nan,
    "special.gammaln": lambda x: mp.loggamma(x) if 0 < x < 1e20 else mp.nan,
    "special.digamma": lambda x: mp.digamma(x) if 1e-9 < abs(x) < 1e20 and not mp.isint(x) else mp.nan,
    "negative": lambda x: -x,
    "reciprocal": lambda x: 1 / x if x else mp.nan,
    "absolute": abs,
    "sign": mp.sign,
    "floor": mp.floor,
    "ceil": mp.ceil,
}
SLOW = (
    "fermi_dirac",
    "special.erf",
    "special.erfc",
    "special.erfinv",
    "special.i0e",
    "special.i1e",
    "dilogarithm",
    "arctanh",
    "tan",
    "special.gamma",
    "special.gammaln",
    "special.digamma",
)
DOMAINS: dict[str, tuple[float, float]] = {
    "sqrt": (0, np.inf),
    "log": (0, np.inf),
    "log1p": (-1, np.inf),
    "arcsin": (-1, 1),
    "arccos": (-1, 1),
    "arctanh": (-1, 1),
    "special.erfinv": (-1, 1),
    "arccosh": (1, np.inf),
    "dilogarithm": (-np.inf, 1),
}


def _truth(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
    return lambda x, y: mp.mpf(int(compare(x, y)))


REFERENCES_OF_TWO: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y if y else mp.nan,
    "special.jv": bessel("special.jv"),
    "special.ive": bessel("special.ive"),
    "arctan2": lambda y, x: mp.atan2(y, x) if x or y else mp.nan,
    "mod": lambda x, y: x - y * mp.floor(x / y) if y and abs(x) < 1e30 * abs(y) else mp.nan,
    "maximum": max,
    "minimum": min,
    "heaviside": lambda x, z: z if x == 0 else mp.mpf(int(x > 0)),
    "greater": _truth(lambda x, y: x > y),
    "greater_equal": _truth(lambda x, y: x >= y),
    "less": _truth(lambda x, y: x < y),
    "less_equal": _truth(lambda x, y: x <= y),
    "equal": _truth(lambda x, y: x == y),
    "not_equal": _truth(lambda x, y: x != y),
}
POWERS = (-3.0, -2.0, -1.0, -0.5, 0.0, 1 / 3, 0.5, 1.0, 2.0, 2.5, 3.0, 7.0, 33.0, 64.0, 101.0)


def power(p: float) -> Callable[[Any], Any]:
    """x^p, not a number where it is not real or not finite."""
    whole = p == int(p)
    return lambda x: mp.nan if (x == 0 and p < 0) or (x < 0 and not whole) else x ** (int(p) if whole else mp.mpf(p))

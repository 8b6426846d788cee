"""Beyond which |x| a function is constant in floating point: its exact value rounds to one and the same number from there on.

For an outermost smooth piece of g whose values settle, c = round(g(x)) for all large x; the threshold is the T with
round(g(x)) = c for |x| ≥ |T|, round to nearest. T is found on a grid of doubling distances, from far away inwards, and then by
bisection, with mpmath at 400 digits, so it is that of a correctly rounded activation; where the tail is monotone, all of it
stays. A library's own function may stop
changing earlier or later: scipy's expit at 36.74 (here 37.43), numpy's float32 tanh at 10.0 (here 9.01). Of a tail
whose slope has no sign that is shown, only the points of the grid are known, and its words say so.
Source: dead_neurons footnotes 2 and 4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from amsym.dead.rays import slope_sign

# What holds of every threshold, in words.
CAVEAT = "float64 and float32: of the correctly rounded activation; a library's own may stop changing about a tenth earlier or later"
TYPES: dict[str, Any] = {"float64": np.float64, "float32": np.float32}
# 1 + e^-745 needs 324 digits to be told from 1.
DIGITS = 400
# Distances at which the tail is looked at, from far away inwards: 2^70 down to 2^-20.
_FAR, _NEAR = 70, -20
_OPERATIONS = 60


@dataclass(frozen=True)
class Saturation:
    """g rounds to `value` for x ≥ beyond (side 1) or x ≤ beyond (side -1), in units of `unit`, a formula in the parameters.

    monotone: whether g was shown monotone beyond, so that it cannot leave the value again between the points looked at.
    """

    side: int
    beyond: float
    value: float
    dtype: str
    unit: sp.Expr = sp.S.One
    monotone: bool = False

    def condition(self, x: Any) -> str:
        """Where it is constant, in words: y[i] > 19.0615, or y[i] > 19.0615/beta."""
        per = "" if self.unit == 1 else f"/{1 / self.unit}"
        return f"{x} {'>' if self.side > 0 else '<'} {self.beyond:.6g}{per}"


def saturations(tail: sp.Expr, cut: sp.Expr, x: sp.Symbol, side: int) -> tuple[Saturation, ...]:
    """Where the outermost piece of g on one side is constant in float64 and float32; empty where it never is.

    tail: the smooth formula beyond `cut`. A formula with one scale, g(βx) with β > 0, is settled in units of 1/β.

    >>> x = sp.Symbol("x", real=True)
    >>> for s in saturations(sp.tanh(x), -sp.oo, x, 1):
    ...     print(s.dtype, s.condition("x"), s.value)
    float64 x > 19.0615 1.0
    float32 x > 9.01091 1.0
    """
    for unit in _units(tail, x):
        plain, start = tail if unit == 1 else sp.simplify(tail.xreplace({x: x * unit})), cut / unit
        if not (plain.free_symbols - {x}) and (start in (sp.oo, -sp.oo) or start.is_number):
            first = 0.0 if start in (sp.oo, -sp.oo) else float(start)
            found = (_saturation(plain, x, side, first, bool(start in (sp.oo, -sp.oo)), dtype) for dtype in TYPES)
            return tuple(replace(f, unit=unit, monotone=_is_monotone(tail, x, f, unit)) for f in found if f is not None)
    return ()


def _is_monotone(tail: sp.Expr, x: sp.Symbol, found: Saturation, unit: sp.Expr) -> bool:
    edge = sp.Rational(found.beyond) * unit
    return slope_sign(x, *((edge, sp.oo) if found.side > 0 else (-sp.oo, edge)), tail) != 0


def _units(tail: sp.Expr, x: sp.Symbol) -> list[sp.Expr]:
    """1, and the inverse of each positive scale of x."""
    # sp.simplify() has no time limit of its own: long formulas are not rescaled.
    scales = (
        []
        if tail.count_ops() > _OPERATIONS
        else sorted((s for s in tail.free_symbols - {x} if isinstance(s, sp.Expr) and s.is_positive), key=str)
    )
    return [sp.S.One, *(1 / s for s in scales)]


@lru_cache(maxsize=512)
def _saturation(tail: sp.Expr, x: sp.Symbol, side: int, first: float, open_start: bool, dtype: str) -> Saturation | None:
    with mpmath.workdps(DIGITS):
        try:
            return _search(sp.lambdify(x, tail, "mpmath"), side, first, open_start, dtype)
        except (ArithmeticError, ValueError, TypeError, NameError, MemoryError):
            return None


def _search(g: Callable[[Any], Any], side: int, first: float, open_start: bool, dtype: str) -> Saturation | None:
    limit = _settled(g, side, first, dtype)
    if limit is None:
        return None
    low, high = _cell(limit, dtype)

    def constant(d: Any) -> bool:
        return bool(low < g(first + side * d) < high)

    power = _FAR
    while power >= _NEAR and constant(mpmath.mpf(2) ** power):
        power -= 1
    if power < _NEAR:
        return None
    inside, outside = mpmath.mpf(2) ** (power + 1), mpmath.mpf(2) ** power
    for _ in range(64):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if constant(middle) else (inside, middle)
    return Saturation(side, float(first + side * inside), float(limit) + 0.0, dtype)


def _settled(g: Callable[[Any], Any], side: int, first: float, dtype: str) -> Any:
    """The number that g rounds to at the far end of the grid, if it is one and the same from there to half of its length."""
    values = {_rounded(g(first + side * mpmath.mpf(2) ** p), dtype) for p in range(_FAR - 5, _FAR + 1)}
    only = values.pop()
    return only if not values and np.isfinite(only) else None


def _rounded(value: Any, dtype: str) -> Any:
    """To the nearest number of the type, by comparing with the midpoints around a first guess."""
    if not isinstance(value, mpmath.mpf):
        raise ValueError(f"{value} is no real number")
    with np.errstate(over="ignore"):
        guess = TYPES[dtype](float(value))
    if not np.isfinite(guess):
        return guess
    low, high = _cell(guess, dtype)
    if value < low:
        return np.nextafter(guess, TYPES[dtype](-np.inf))
    return np.nextafter(guess, TYPES[dtype](np.inf)) if value > high else guess


def _cell(c: Any, dtype: str) -> tuple[Any, Any]:
    """The midpoints to the neighbours of a floating-point number: what lies between them rounds to it."""
    exact = mpmath.mpf(float(c))
    down, up = (mpmath.mpf(float(np.nextafter(c, TYPES[dtype](end)))) for end in (-np.inf, np.inf))
    return (exact + down) / 2, (exact + up) / 2

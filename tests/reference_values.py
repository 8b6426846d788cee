"""Formulas written out in components and evaluated with 40 digits: what compiled code must agree with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from amsym.notation import Component, Index, Mask, Tensor, components, derivative, fresh_index
from amsym.notation.tensors import Entry
from amsym.system import System

DIGITS = 40
mpmath.mp.dps = DIGITS


def value(expr: Any, sizes: Mapping[str, int], numbers: Mapping[str, Any], order: Sequence[Index] = ()) -> Any:
    """The expression as an array over `order`, or a float."""
    explicit = components(expr, sizes, order)
    flat = list(explicit) if order else [explicit]
    flat = list(np.array(explicit.tolist(), dtype=object).reshape(-1)) if order else flat
    shape = tuple(sizes[i.axis] for i in order)
    return np.array([number(e, numbers) for e in flat]).reshape(shape) if order else number(flat[0], numbers)


def number(expr: Any, numbers: Mapping[str, Any]) -> float:
    """One explicit formula as a float."""
    expr = sp.sympify(expr).replace(Mask, lambda c: sp.Piecewise((1, c), (0, True)))
    symbols = sorted(expr.free_symbols | set(expr.atoms(Component)), key=str)
    symbols = [s for s in symbols if not isinstance(s, Tensor)]
    if not symbols:
        return float(expr.evalf(DIGITS))
    names = [sp.Dummy() for _ in symbols]
    function = sp.lambdify(names, expr.xreplace(dict(zip(symbols, names, strict=True))), "mpmath")
    return float(mpmath.re(function(*(_at(s, numbers) for s in symbols))))


def _at(symbol: Any, numbers: Mapping[str, Any]) -> Any:
    if isinstance(symbol, Entry):
        return mpmath.mpf(float(np.asarray(numbers[symbol.tensor.name])[symbol.position]))
    name = symbol.tensor.name if isinstance(symbol, Component) else symbol.name
    return mpmath.mpf(float(np.asarray(numbers[name])))


def flow(system: System, sizes: Mapping[str, int], numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The right-hand sides."""
    return {c.tensor.name: value(f, sizes, numbers, c.where) for c, f in system.equations.items()}


def energy(system: System, sizes: Mapping[str, int], numbers: Mapping[str, Any]) -> float:
    """E."""
    return value(system.energy, sizes, numbers)


def gradient(system: System, sizes: Mapping[str, int], numbers: Mapping[str, Any]) -> dict[str, Any]:
    """∂E/∂y from SymPy's own derivative of the explicit energy, not from index notation."""
    explicit = components(system.energy, sizes)
    result = {}
    for c in system.equations:
        shape = tuple(sizes[a] for a in c.tensor.axes)
        slopes = [number(sp.diff(explicit, Entry(c.tensor, at)), numbers) for at in np.ndindex(*shape)]
        result[c.tensor.name] = np.array(slopes).reshape(shape)
    return result


def jacobian(system: System, sizes: Mapping[str, int], numbers: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """∂f/∂y."""
    result: dict[str, dict[str, Any]] = {}
    for c, f in system.equations.items():
        for s in system.states:
            where: tuple[Index, ...] = ()
            for axis in s.axes:
                where = (*where, fresh_index(axis, {*c.where, *where}))
            result.setdefault(c.tensor.name, {})[s.name] = value(derivative(f, s[where]), sizes, numbers, (*c.where, *where))
    return result

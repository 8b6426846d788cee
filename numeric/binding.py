"""Numbers that fit a system: every parameter present, of the declared shape and with the declared properties.

Tolerances, with u the largest magnitude of the entries and ε = 2.2e-16 (1.2e-7 for single precision): symmetric and
antisymmetric to 4 ε u, orthogonal to 64 n ε, positive semidefinite to 64 n ε u. The rest holds exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from math import inf
from numbers import Real
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.errors import InputError, NotationError
from amsym.notation import Tensor
from amsym.notation.tensors import block_orders
from amsym.system import System
from numeric.layout import told

Array = NDArray[Any]


def checked_parameters(
    system: System, params: Mapping[str, Any] | None, sizes: Mapping[str, int] | None = None
) -> tuple[dict[str, Array], dict[str, int]]:
    """Every parameter as a double-precision array of its own, and the sizes of the axes that they fix.

    Raises InputError for a missing or unknown name, a wrong shape, entries that are not finite real numbers, and a
    declared property that does not hold. Raises NotationError for an abstract activation, which has no numbers.
    """
    given = _mapping(params)
    for p in system.parameters:
        if p.kind == "activation":
            raise NotationError(abstract(p))
    tensors = {p.name: p for p in system.parameters}
    scalars = {s.name: s for s in system.scalars}
    _check_names({**tensors, **scalars}, given)
    arrays = {name: _array(name, given[name]) for name in (*tensors, *scalars)}
    known = _sizes(tensors, arrays, sizes or {})
    for name, tensor in tensors.items():
        _check_properties(tensor, arrays[name], _epsilon(given[name]))
    for name, symbol in scalars.items():
        _check_scalar(symbol, arrays[name])
    _check_lagrangians(system, arrays)
    return arrays, known


def abstract(tensor: Tensor) -> str:
    """What is wrong with an abstract Lagrangian or activation where numbers are wanted."""
    what = "Lagrangian" if tensor.order == 0 else "activation"
    return f"'{tensor.name}' is an abstract {what}, which has no numbers: give the layer a Lagrangian such as am.lagrangians.tanh()"


def _mapping(params: Any) -> dict[str, Any]:
    if params is None:
        return {}
    if not isinstance(params, Mapping):
        raise InputError(f"params is {type(params).__name__}; a mapping of names to numbers was expected: {{'W': array, 'beta': 4.0}}")
    return {str(getattr(key, "name", key)): value for key, value in params.items()}


def _check_names(expected: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    for name in given:
        if name not in expected:
            near = [e for e in expected if e.lower() == str(name).lower()] or get_close_matches(name, expected, 1)
            known = f"the parameters are {', '.join(sorted(expected))}" if expected else "the system has no parameters"
            raise InputError(f"unknown parameter '{name}'; {known}: {f'did you mean {near[0]!r}?' if near else 'leave it out'}")
    for name, what in expected.items():
        if name not in given:
            shape = f"an array over axes '{' '.join(what.axes)}'" if isinstance(what, Tensor) else "a number"
            have = ", ".join(sorted(given)) or "none"
            raise InputError(f"parameter '{name}' is missing; {shape} was expected, got {have}: add '{name}' to params")


def _float(x: Any) -> float:
    """The nearest double, infinite beyond the largest."""
    try:
        return float(x)
    except OverflowError:
        return inf if x > 0 else -inf


def _array(name: str, value: Any) -> Array:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InputError(f"parameter '{name}' is a ragged sequence; a rectangular array was expected: give all rows one length") from error
    if array.dtype.kind == "c":
        raise InputError(f"parameter '{name}' is complex; real numbers were expected: pass its real part")
    if array.dtype.kind == "O" and all(isinstance(x, (Real, sp.Rational, sp.Float)) for x in array.flat):
        array = np.array([_float(x) for x in array.flat]).reshape(array.shape)
    if array.dtype.kind not in "fiub":
        raise InputError(f"parameter '{name}' holds {told(array.dtype)}; real numbers were expected: convert it to float")
    result = np.array(array, dtype=np.float64)
    bad = np.argwhere(~np.isfinite(result))
    if len(bad):
        at = tuple(int(k) for k in bad[0])
        place = f" at {list(at)}" if at else ""
        raise InputError(f"parameter '{name}' holds {result[at]}{place}; finite numbers were expected: mend that entry")
    return result


def _epsilon(value: Any) -> float:
    dtype = np.asarray(value).dtype
    return float(np.finfo(dtype).eps) if dtype.kind == "f" else float(np.finfo(np.float64).eps)


# Shapes


def _sizes(tensors: Mapping[str, Tensor], arrays: Mapping[str, Array], given: Mapping[str, int]) -> dict[str, int]:
    """The size of each axis that a parameter has, and who fixed it."""
    found: dict[str, tuple[int, str]] = {str(axis): (int(n), "the domain or sizes= say") for axis, n in given.items()}
    for name, tensor in tensors.items():
        shape, axes = arrays[name].shape, tensor.axes
        if len(shape) != len(axes):
            raise InputError(
                f"parameter '{name}' has shape {shape}; {len(axes)} axes were expected, '{' '.join(axes)}', got {len(shape)}: reshape it"
            )
        if len(set(axes)) < len(axes) and any(shape[k] != shape[axes.index(a)] for k, a in enumerate(axes)):
            square = f"axes '{' '.join(axes)}' need it square"
            raise InputError(f"parameter '{name}' has shape {shape}; {square}: make axes of one name equally long")
        for axis, n in zip(axes, shape, strict=True):
            size, who = found.setdefault(axis, (n, f"parameter '{name}' says"))
            if n != size:
                raise InputError(f"parameter '{name}' has shape {shape}, so axis '{axis}' has size {n}; {who} {size}: make them agree")
            if n == 0:
                raise InputError(f"parameter '{name}' has shape {shape}; axis '{axis}' is empty, entries were expected: give it some")
    return {axis: n for axis, (n, _) in found.items()}


def _check_scalar(symbol: sp.Symbol, array: Array) -> None:
    if array.ndim:
        raise InputError(f"parameter '{symbol.name}' has shape {array.shape}; one number was expected: pass a scalar")
    for prop in ("positive", "nonnegative", "integer"):
        if getattr(symbol, f"is_{prop}"):
            _ENTRYWISE[prop](symbol.name, array)


def _check_lagrangians(system: System, arrays: Mapping[str, Array]) -> None:
    """The conditions under which a Lagrangian with symbolic parameters is defined."""
    numbers = {s: sp.Rational(float(arrays[s.name])) for s in system.scalars}
    for name, p in system.requirements:
        if p.defined.xreplace(numbers) == sp.false:
            value = sp.N(p.value.xreplace(numbers), 6)
            raise InputError(f"{name} is not defined for {p.name} = {p.value} = {value}; {p.needs} was expected: give other numbers")


# Properties


def _check_properties(tensor: Tensor, array: Array, eps: float) -> None:
    for prop in tensor.properties:
        if prop in _ENTRYWISE:
            _ENTRYWISE[prop](tensor.name, array)
        elif prop in ("symmetric", "antisymmetric"):
            _check_symmetry(tensor, array, prop, eps)
    matrix = array.reshape(_matrix_shape(tensor, array))
    n = len(matrix)
    if tensor.has_property("orthogonal"):
        _within(tensor.name, "orthogonal", float(np.abs(matrix @ matrix.T - np.eye(n)).max()), 64 * n * eps, "max |W Wᵀ - 1|")
    if tensor.has_property("psd"):
        lowest = float(np.linalg.eigvalsh((matrix + matrix.T) / 2)[0])
        _within(tensor.name, "psd", max(-lowest, 0.0), 64 * n * eps * float(np.abs(matrix).max()), "its lowest eigenvalue is below 0 by")


def _matrix_shape(tensor: Tensor, array: Array) -> tuple[int, int]:
    half = len(tensor.axes) // 2
    return int(np.prod(array.shape[:half], dtype=int)), -1 if array.size else 0


def _check_symmetry(tensor: Tensor, array: Array, prop: str, eps: float) -> None:
    largest = float(np.abs(array).max())
    worst, place = 0.0, (0,) * len(tensor.axes)
    for order, sign in block_orders(tensor):
        gap = np.abs(array - (sign if prop == "antisymmetric" else 1) * array.transpose(order))
        if float(gap.max()) > worst:
            worst, place = float(gap.max()), tuple(int(k) for k in np.unravel_index(int(gap.argmax()), gap.shape))
    what = "max |W - Wᵀ|" if prop == "symmetric" else "max |W + Wᵀ|"
    _within(tensor.name, prop, worst, 4 * eps * largest, f"{what} at {list(place)}")


def _within(name: str, prop: str, violation: float, tolerance: float, what: str) -> None:
    if violation > tolerance:
        remedy = {"symmetric": "pass (W + W.T)/2", "antisymmetric": "pass (W - W.T)/2"}.get(prop, "mend it")
        raise InputError(
            f"parameter '{name}' is declared {prop}, got one that is not: {what} {violation:.3g}, "
            f"at most {tolerance:.1g} was expected: {remedy}, or drop the declaration"
        )


def _check_sign(name: str, array: Array, prop: str) -> None:
    low = float(array.min())
    if low < 0 or (prop == "positive" and low == 0):
        expected = "above 0" if prop == "positive" else "of at least 0"
        least = f" as its least entry; entries {expected}" if array.ndim else f"; numbers {expected}"
        raise InputError(
            f"parameter '{name}' is declared {prop}, got {low!r}{least} were expected: give other numbers, or drop the declaration"
        )


def _check_whole(name: str, array: Array) -> None:
    gap = np.abs(array - np.round(array))
    if gap.max() > 0:
        worst = float(array.reshape(-1)[int(gap.argmax())])
        raise InputError(
            f"parameter '{name}' is declared integer, got the entry {worst!r}; whole numbers were expected: round it, "
            f"or drop the declaration"
        )


_ENTRYWISE: dict[str, Any] = {
    "positive": lambda name, array: _check_sign(name, array, "positive"),
    "nonnegative": lambda name, array: _check_sign(name, array, "nonnegative"),
    "integer": _check_whole,
}

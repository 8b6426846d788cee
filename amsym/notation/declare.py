"""Declare what a formula is written in: `state("y", "N")`, `parameter("W", "N N", symmetric=True)`."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.errors import NotationError
from amsym.notation.axes import axis_names
from amsym.notation.tensors import Component, Tensor, checked_properties


def state(name: str, axes: str = "", values: tuple[int, ...] = ()) -> Any:
    """A state over axes, real unless `values` lists what it may be.

    >>> from amsym.notation.axes import index
    >>> state("y", "N")[index("i", "N")]
    y[i]
    """
    _check_name(name)
    tensor = Tensor(name, axis_names(axes), "state", (), values)
    return tensor if tensor.axes else Component(tensor)


def parameter(name: str, axes: str = "", **properties: bool) -> Any:
    """A parameter over axes, or a scalar symbol when it has none.

    Properties: symmetric, antisymmetric, psd, orthogonal, positive, nonnegative, integer.

    >>> from amsym.notation.axes import indices
    >>> i, j = indices("i j", "N")
    >>> W = parameter("W", "N N", symmetric=True)
    >>> W[j, i] - W[i, j]
    0
    """
    _check_name(name)
    declared = {key for key, value in properties.items() if value}
    names = axis_names(axes)
    if not names:
        unknown = declared - {"positive", "nonnegative", "integer"}
        if unknown:
            raise NotationError(f"a scalar parameter may be positive, nonnegative or integer, got {sorted(unknown)} for '{name}'")
        return sp.Symbol(name, real=True, **dict.fromkeys(declared, True))
    return Tensor(name, names, "parameter", checked_properties(name, names, declared))


def _check_name(name: str) -> None:
    if not isinstance(name, str) or not name.isidentifier():
        raise NotationError(f"a name is a Python identifier such as 'W', got {name!r}")

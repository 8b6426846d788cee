"""The grid of points under a picture, and the check of its limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from amsym.errors import InputError
from numeric.field import Array


def grid(x: tuple[float, float], y: tuple[float, float], n: int) -> tuple[Array, Array, Array]:
    """Abscissae (n,), ordinates (n,) and all points (n n, 2), rows of constant ordinate."""
    if n < 2:
        raise InputError(f"resolution is {n}; at least 2 points a side were expected: say 240")
    a, b = np.linspace(*x, n), np.linspace(*y, n)
    return a, b, np.stack(np.meshgrid(a, b), axis=-1).reshape(-1, 2)


def checked(name: str, limits: Any) -> tuple[float, float]:
    """The limits as two finite floats in increasing order, or an InputError that names them."""
    values = tuple(limits) if isinstance(limits, (tuple, list, np.ndarray)) else ()
    if len(values) != 2 or not all(math.isfinite(v) for v in values) or not values[0] < values[1]:
        raise InputError(f"{name} is {limits!r}; two finite limits (low, high) with low < high were expected: say {name}=(-3, 3)")
    return float(values[0]), float(values[1])

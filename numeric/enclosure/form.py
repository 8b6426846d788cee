"""x = c + Σ_k D_k ε_k ± e with |ε_k| ≤ ρ_k: affine forms, which remember what two quantities have in common.

The first ε are the states' own deviations from the middle of a box, the others one for each entry of a nonlinear node: its
distance from a line. Whatever a rounding may change goes into e, by a priori bounds: n terms err by n u/(1 - n u) of their sizes.
Source: Stolfi and de Figueiredo, Self-validated numerical methods, 1997, chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.intervals.boxes import Box

Array = NDArray[Any]
# Twice the unit roundoff, so that products of bounds and their own rounding are covered; and what underflow may cost.
U, TINY = 2.0**-52, 1e-300


@dataclass(frozen=True)
class Form:
    """center, error: (rows or 1, axes...); parts: the same with an axis for ε behind, or None of a number; reach: ρ, (rows, K)."""

    center: Array
    parts: Array | None
    error: Array
    reach: Array

    @cached_property
    def spread(self) -> Array:
        """Σ |D_k| ρ_k + e, how far x may lie from c."""
        if self.parts is None:
            return self.error
        K = self.reach.shape[1]
        sizes, axes = np.abs(self.parts), self.parts.ndim - 2
        if len(sizes) == 1:
            total = np.moveaxis(np.tensordot(sizes[0], self.reach, ((axes,), (1,))), -1, 0)
        else:
            total = np.matmul(sizes.reshape(len(sizes), -1, K), self.reach[:, :, None])[..., 0].reshape(sizes.shape[:-1])
        return (total + self.error) * (1 + (K + 4) * U)

    @cached_property
    def size(self) -> Array:
        """A bound of |x| and of all its parts."""
        return (np.abs(self.center) + self.spread) * (1 + U)

    @property
    def range(self) -> Box:
        """The interval [c - spread, c + spread]."""
        low, high = self.center - self.spread, self.center + self.spread
        slack = 2 * U * self.size + TINY
        return Box.of(low - slack, high + slack)

    def change(self, shape: Callable[[Array, int], Array]) -> Form:
        """The same change of shape of all arrays; `shape` is told how many axes stand behind the ones of the node."""
        parts = None if self.parts is None else shape(self.parts, 1)
        return Form(shape(self.center, 0), parts, shape(self.error, 0), self.reach)


def constant(box: Box, reach: Array) -> Form:
    """A number that is known to lie in an interval."""
    return Form(box.middle, None, np.where(box.low == box.high, 0.0, box.radius), reach)


def add(x: Form, y: Form, sign: float = 1.0) -> Form:
    """x + y, or x - y."""
    parts = (
        x.parts
        if y.parts is None
        else (y.parts if sign > 0 else -y.parts)
        if x.parts is None
        else (x.parts + y.parts if sign > 0 else x.parts - y.parts)
    )
    center = x.center + y.center if sign > 0 else x.center - y.center
    if parts is not None:
        parts = np.broadcast_to(parts, (max(len(parts), 1), *center.shape[1:], parts.shape[-1]))
    return Form(center, parts, x.error + y.error + 2 * U * (x.size + y.size) + TINY, x.reach)


def scaled(x: Form, a: Array, error: Array | float = 0.0) -> Form:
    """a x for numbers a, each known within `error`."""
    parts = None if x.parts is None else a[..., None] * x.parts
    return Form(a * x.center, parts, np.abs(a) * (x.error + 2 * U * x.size) + error * x.size + TINY, x.reach)


def multiply(x: Form, y: Form, symbols: slice | None) -> Form:
    """x y: linear where one is a number, else with a symbol for the product of the deviations."""
    if x.parts is None:
        return scaled(y, x.center, x.error * (1 + U))
    if y.parts is None:
        return scaled(x, y.center, y.error * (1 + U))
    parts = x.center[..., None] * y.parts + y.center[..., None] * x.parts
    error = np.abs(x.center) * y.error + np.abs(y.center) * x.error + 8 * U * x.size * y.size + TINY
    return with_symbols(Form(x.center * y.center, parts, error, x.reach), x.spread * y.spread, symbols)


def with_symbols(x: Form, radius: Array, symbols: slice | None) -> Form:
    """x ± radius: an ε of its own for each entry where symbols are left, else a larger e."""
    radius = np.broadcast_to(radius * (1 + 4 * U), np.broadcast_shapes(radius.shape, x.center.shape))
    if symbols is None or x.parts is None:
        return Form(x.center, x.parts, x.error + radius, x.reach)
    rows = max(len(x.center), len(radius))
    parts = np.array(np.broadcast_to(x.parts, (rows, *x.center.shape[1:], x.parts.shape[-1])))
    flat = parts.reshape(rows, -1, parts.shape[-1])
    entries = np.arange(flat.shape[1])
    # Each symbol is new here, so its coefficient is 1 and its reach the radius.
    flat[:, entries, symbols.start + entries] = 1.0
    x.reach[:, symbols] = radius.reshape(len(radius), -1)
    return Form(x.center, parts, x.error, x.reach)


def summed(x: Form, axes: tuple[int, ...]) -> Form:
    """The sum along axes."""
    terms = int(np.prod([x.center.shape[a] for a in axes], dtype=int))
    parts = None if x.parts is None else np.add.reduce(x.parts, axis=axes)
    error = np.add.reduce(x.error + terms * U * x.size, axis=axes) * (1 + terms * U) + TINY
    return Form(np.add.reduce(x.center, axis=axes), parts, error, x.reach)


Product = Callable[[Array, Array, int, int], Array]


def contracted(x: Form, y: Form, product: Product, terms: int, symbols: slice | None) -> Form:
    """Σ x y over shared labels; `product(a, b, p, q)` sums products where p and q axes stand behind those of a and b."""
    gamma = (terms + 4) * U
    center = product(x.center, y.center, 0, 0)
    sizes = product(x.size, y.size, 0, 0) * (1 + gamma)
    rest = product(np.abs(x.center), y.error, 0, 0) + product(x.error, y.size, 0, 0)
    error = rest * (1 + gamma) + 4 * gamma * sizes + TINY
    if x.parts is None or y.parts is None:
        moving = y.parts if x.parts is None else x.parts
        parts = None if moving is None else product(x.center, moving, 0, 1) if x.parts is None else product(moving, y.center, 1, 0)
        return Form(center, parts, error, x.reach)
    parts = product(x.center, y.parts, 0, 1) + product(x.parts, y.center, 1, 0)
    return with_symbols(Form(center, parts, error, x.reach), product(x.spread, y.spread, 0, 0) * (1 + gamma), symbols)

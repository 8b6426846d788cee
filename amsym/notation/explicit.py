"""Σ_i f(y_i) at N = 3 is f(y_0) + f(y_1) + f(y_2): explicit SymPy for exact algebra, small sizes and tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any, SupportsIndex

import sympy as sp

from amsym.errors import NotationError
from amsym.notation.axes import Index, Size, free_indices
from amsym.notation.sums import Total


def components(expr: Any, sizes: Mapping[Any, int], order: Iterable[Index] | None = None) -> Any:
    """The expression at given sizes, in symbols y_0, y_1, ... (`y[0]` gives the same symbol).

    A formula with free indices gives an array over them, in `order` (by name where it is not given).

    >>> from amsym.notation.axes import index
    >>> from amsym.notation.declare import state
    >>> from amsym.notation.sums import total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> components(total(y[i]**2, i), {"N": 3})
    y_0**2 + y_1**2 + y_2**2
    >>> components(y[i]/i.size, {"N": 2})
    [y_0/2, y_1/2]

    Raises NotationError when an axis has no size.
    """
    expr = sp.sympify(expr)
    numbers = {str(axis): _size(axis, n) for axis, n in sizes.items()}
    free = tuple(sorted(free_indices(expr), key=str)) if order is None else tuple(order)
    if not free_indices(expr) <= set(free):
        raise NotationError(f"order=({', '.join(map(str, free))}) leaves out free indices of the formula: {free_indices(expr) - set(free)}")
    explicit = _Explicit(numbers)
    shape = tuple(explicit.size(i.axis) for i in free)
    entries = [explicit(expr, dict(zip(free, at, strict=True))) for at in product(*map(range, shape))]
    return sp.ImmutableDenseNDimArray(entries, shape) if free else entries[0]


def _size(axis: Any, n: int) -> int:
    if not isinstance(n, (SupportsIndex, float)) or int(n) != n or n < 1:
        raise NotationError(f"the size of axis '{axis}' is a whole number from 1 on, got {n!r}")
    return int(n)


class _Explicit:
    """One walk over the tree; equal pieces at equal places are made once."""

    def __init__(self, sizes: dict[str, int]) -> None:
        self.sizes = sizes
        self.made: dict[Any, sp.Expr] = {}

    def size(self, axis: str) -> int:
        if axis not in self.sizes:
            raise NotationError(f"axis '{axis}' has no size; got sizes for {sorted(self.sizes)}: add '{axis}': 3, say")
        return self.sizes[axis]

    def __call__(self, expr: sp.Basic, at: dict[Index, int]) -> Any:
        key = (expr, frozenset((i, at[i]) for i in free_indices(expr)))
        if key not in self.made:
            self.made[key] = self._expand(expr, at)
        return self.made[key]

    def _expand(self, expr: sp.Basic, at: dict[Index, int]) -> Any:
        if isinstance(expr, Index):
            return sp.Integer(at[expr])
        if isinstance(expr, Size):
            return sp.Integer(self.size(expr.name))
        if isinstance(expr, Total):
            return self._sum(expr, at)
        if not expr.args:
            return expr
        return expr.func(*(self(a, at) for a in expr.args))

    def _sum(self, expr: Total, at: dict[Index, int]) -> Any:
        ranges = [range(self.size(i.axis)) for i in expr.bound]
        return sp.Add(*(self(expr.body, {**at, **dict(zip(expr.bound, place, strict=True))}) for place in product(*ranges)))

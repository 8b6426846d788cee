"""u(t + s) = u_0 + u_1 s + u_2 s² + ...: one array of a flow, its coefficients side by side."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Series:
    """The coefficients (orders, rows, axes...) of one array; `shape` are its axes.

    still: only u_0 is not zero. fixed: u_0 is one array for all rows. deep: all orders are kept, not the latest alone.
    rated: `rates` holds the coefficients k u_k of s u'(t + s) too. A state has these first; its u_k are made of them where it
    is `valued`, that is where an operation reads them, and `rates[0]` holds u_0.
    """

    def __init__(self, shape: Sequence[int], still: bool = False, boolean: bool = False, fixed: Array | None = None) -> None:
        self.shape, self.still, self.boolean, self.fixed = tuple(shape), still, boolean, fixed
        self.deep = self.rated = self.valued = self.is_state = False
        self.stack = self.rates = np.empty(0)
        self._memory: dict[str, Array] = {}
        self.home: tuple[Array, Array] | None = None  # stack and rates that are another's memory
        self.host: Series | None = None  # the sum that is made where this, its first term, was made
        self.hosting = False

    def depth(self, orders: int) -> int:
        """How many coefficients are kept."""
        return orders if self.deep and not self.still else 1

    def row_entries(self, orders: int) -> int:
        """The entries of memory that a row takes."""
        lodged = self.fixed is not None or self.host is not None or (self.home is not None and not (self.is_state and self.valued))
        own = 0 if lodged else self.depth(orders)
        return prod(self.shape) * (own + (orders if self.rated and self.home is None else 0))

    def lay(self, rows: int, orders: int, dtype: Any) -> None:
        """Make `stack` and `rates` for so many rows."""
        if self.fixed is not None:
            self.stack = self.fixed[None, None]
            return
        if self.host is not None:
            self.stack = self.host.stack
            return
        if self.home is not None:
            self.stack, self.rates = self.home
            if not (self.is_state and self.valued):
                return
        self.stack = self._room("stack", self.depth(orders), rows, np.dtype(bool) if self.boolean else dtype)
        if self.rated and self.home is None:
            self.rates = self._room("rates", orders, rows, dtype)

    def _room(self, name: str, depth: int, rows: int, dtype: Any) -> Array:
        """Memory that is kept, as fresh pages cost as much as the sums that fill them."""
        size = depth * rows * prod(self.shape)
        known = self._memory.get(name)
        if known is None or known.size < size:
            known = self._memory[name] = np.empty(size, dtype)
        return known[:size].reshape(depth, rows, *self.shape)


class Operand:
    """A series read along the labels of the array that it enters: axis m of the series runs along label `places[m]`."""

    def __init__(self, series: Series, places: Sequence[int] | None = None, width: int | None = None) -> None:
        self.series = series
        self.places = tuple(range(len(series.shape))) if places is None else tuple(places)
        self._width = len(self.places) if width is None else width
        self.stack = self.rates = np.empty(0)

    @property
    def still(self) -> bool:
        """Whether all coefficients but the first are zero."""
        return self.series.still

    def deep(self) -> Operand:
        """The same, with all orders kept."""
        self.series.deep = True
        return self

    def rated(self) -> Operand:
        """The same, with k u_k kept."""
        self.series.rated = True
        return self

    def lay(self) -> None:
        """Look at the series' arrays along the labels, with axes of length 1 for those that it has not."""
        self.stack = self._aligned(self.series.stack)
        if self.series.rated:
            self.rates = self._aligned(self.series.rates)

    def at(self, k: int) -> Array:
        """The k-th coefficient, (rows, labels...)."""
        return np.asarray(self.stack[k if len(self.stack) > 1 else 0])

    def _aligned(self, array: Array) -> Array:
        order = sorted(range(len(self.places)), key=self.places.__getitem__)
        turned = array.transpose(0, 1, *(2 + m for m in order))
        slots = [slice(None) if p in self.places else None for p in range(self._width)]
        return np.asarray(turned[(slice(None), slice(None), *slots)])


class Operation(ABC):
    """Makes the coefficients of one series from those of others, one order after the other.

    seeds: the operands whose u_0 every order needs; remembers: whether it needs its own. What else is at order 0 need not
    be known beyond order 0, so that a flow that is known already is not computed again.
    """

    remembers = False
    values = True  # whether it reads u_k, and not only u_0 and k u_k

    def __init__(self, out: Series, operands: Sequence[Operand] = (), seeds: Sequence[Operand] = ()) -> None:
        self.out, self.operands, self.seeds = out, tuple(operands), tuple(seeds)
        for a in operands:
            a.series.valued |= self.values

    def lay(self) -> None:
        """Take up the arrays of the operands."""
        for a in self.operands:
            a.lay()

    def at(self, k: int) -> Array:
        """Where the k-th coefficient goes."""
        stack = self.out.stack
        return np.asarray(stack[k if len(stack) > 1 else 0])

    def advance(self, k: int) -> None:
        """Make the k-th coefficient, and k times it where that is wanted."""
        if k and self.out.still:
            return
        if k:
            self.next(k)
        else:
            self.first()
        if k and self.out.rated:
            np.multiply(self.at(k), k, out=self.out.rates[k])

    @abstractmethod
    def first(self) -> None:
        """u_0."""

    @abstractmethod
    def next(self, k: int) -> None:
        """u_k, k >= 1."""


def convolution(a: Array, b: Array, out: Array) -> None:
    """out = Σ_j a_j b_{m-j} over all m + 1 coefficients of both, in one pass (a single product is twice as fast alone)."""
    if len(a) == 1:
        np.multiply(a[0], b[0], out=out)
        return
    np.einsum("j...,j...->...", a, b[::-1], out=out)

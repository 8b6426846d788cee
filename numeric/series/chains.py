"""g(u): k g_k = Σ_j j u_j w_{k-j} where g' = w u', and the same read backwards where g' d = u'."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numeric.series.series import Array, Operand, Operation, Series, convolution

First = Callable[..., Any]


class Chain(Operation):
    """g with g' = c w u'; w may be g itself, or a series made of g."""

    remembers, values = True, False

    def __init__(self, out: Series, u: Operand, first: First, scale: float = 1.0) -> None:
        super().__init__(out, (u.rated(),))
        self._u, self._first, self._scale = u, first, scale
        self._w: Operand | None = None

    def slope(self, w: Series) -> None:
        """Say what w is."""
        self._w = Operand(w).deep()
        w.valued = True
        self.operands, self.seeds = (self._u, self._w), (self._w,)

    def first(self) -> None:
        """g(u_0)."""
        self._first(self._u.at(0), out=self.at(0))

    def next(self, k: int) -> None:
        """(c/k) Σ_{j>=1} j u_j w_{k-j}."""
        assert self._w is not None
        out = self.at(k)
        convolution(self._u.rates[1 : k + 1], self._w.stack[:k], out)
        np.multiply(out, self._scale / k, out=out)


class Inverse(Operation):
    """g with g' d = c u': logarithms and inverse functions, whose 1/g' is the simpler series d."""

    remembers = True

    def __init__(self, out: Series, u: Operand, first: First, scale: float = 1.0) -> None:
        super().__init__(out, (u,))
        out.rated = True
        self._u, self._first, self._scale = u, first, scale
        self._d: Operand | None = None
        self._inverse: Any = None

    def slope(self, d: Series) -> None:
        """Say what d is."""
        self._d = Operand(d).deep()
        d.valued = True
        self.operands, self.seeds = (self._u, self._d), (self._d,)

    def first(self) -> None:
        """g(u_0)."""
        self._first(self._u.at(0), out=self.at(0))

    def next(self, k: int) -> None:
        """(c u_k - (1/k) Σ_{0<j<k} j g_j d_{k-j}) / d_0."""
        assert self._d is not None
        out = self.at(k)
        if k == 1:
            self._inverse = np.reciprocal(self._d.at(0))
            np.multiply(self._u.at(1), self._scale, out=out)
        else:
            convolution(self.out.rates[1:k], self._d.stack[1:k], out)
            np.multiply(out, -1 / k, out=out)
            np.add(out, self._scale * self._u.at(k), out=out)
        np.multiply(out, self._inverse, out=out)


class Restarted(Operation):
    """A series that equals another from order 1 on, with a first coefficient by a function made for it."""

    def __init__(self, out: Series, u: Operand, first: First, like: Operand, scale: float = 1.0) -> None:
        super().__init__(out, (u, like))
        self._u, self._first, self._like, self._scale = u, first, like, scale

    def first(self) -> None:
        """g(u_0)."""
        self._first(self._u.at(0), out=self.at(0))

    def next(self, k: int) -> None:
        """The other's coefficient."""
        np.multiply(self._like.at(k), self._scale, out=self.at(k))


class Composition(Operation):
    """g(u) = Σ_m c_m (u - u_0)^m with the Taylor coefficients c_m of g at u_0: for functions whose slopes close in no equation.

    It keeps all powers of u - u_0: order p costs p³/6 products an entry, where an equation costs p² of them.
    """

    remembers = True

    def __init__(self, out: Series, u: Operand, first: First, expansion: Callable[[Array, int], Array], orders: int) -> None:
        """`expansion(u_0, m)` are the coefficients c_0 .. c_{m-1}, (m, ...)."""
        super().__init__(out, (u.deep(),))
        self._u, self._first, self._expansion, self._orders = u, first, expansion, orders
        self._c = self._powers = np.empty(0)

    def first(self) -> None:
        """g(u_0), and its derivatives there."""
        u = self._u.at(0)
        self._first(u, out=self.at(0))
        self._c = self._expansion(u, self._orders)
        self._powers = np.zeros((self._orders, self._orders, *u.shape), u.dtype)

    def next(self, k: int) -> None:
        """Σ_m c_m [(u - u_0)^m]_k, where [v^m]_k = Σ_j v_j [v^{m-1}]_{k-j}."""
        self._powers[1, k] = self._u.at(k)
        for m in range(2, k + 1):
            convolution(self._u.stack[1 : k - m + 2], self._powers[m - 1, m - 1 : k], self._powers[m, k])
        np.einsum("m...,m...->...", self._c[1 : k + 1], self._powers[1 : k + 1, k], out=self.at(k))

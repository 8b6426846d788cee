"""Operations collected in the order in which they run: series in, series out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from amsym.errors import NotationError
from numeric.series.arithmetic import Linear, Product, Root, Square
from numeric.series.chains import Chain, Composition, Inverse, Restarted
from numeric.series.expansions import EXPANSIONS
from numeric.series.functions import RULES, callee
from numeric.series.series import Operand, Operation, Series


class Builder:
    """Sums, products and functions of series of one shape; `operations` makes them, so many `orders` of coefficients."""

    def __init__(self, orders: int) -> None:
        self.operations: list[Operation] = []
        self.orders = orders
        self._functions: dict[tuple[str, Series], Series] = {}

    def linear(self, terms: Sequence[tuple[float, Series]], constant: float = 0.0) -> Series:
        """Σ c u + constant."""
        like = terms[0][1]
        parts = [(c, Operand(u)) for c, u in terms]
        if constant:
            parts.append((1.0, Operand(Series((), still=True, fixed=np.array(constant)), (), len(like.shape))))
        return self.add(Linear(Series(like.shape), parts))

    def product(self, u: Series, v: Series) -> Series:
        """u v."""
        return self.add(Product(Series(u.shape), Operand(u), Operand(v)))

    def square(self, u: Series, scale: float = 1.0, constant: float = 0.0) -> Series:
        """scale (u² + constant)."""
        return self.add(Square(Series(u.shape), Operand(u), scale, constant))

    def root(self, u: Series) -> Series:
        """√u."""
        return self.add(Root(Series(u.shape), Operand(u)))

    def chain(self, u: Series, first: Callable[..., Any], scale: float = 1.0) -> Chain:
        """g with g(u_0) = first(u_0), whose slope is still to be said."""
        op = Chain(Series(u.shape), Operand(u), first, scale)
        self.add(op)
        return op

    def inverse(self, u: Series, first: Callable[..., Any], scale: float = 1.0) -> Inverse:
        """The same by the reciprocal of its slope."""
        op = Inverse(Series(u.shape), Operand(u), first, scale)
        self.add(op)
        return op

    def with_slope(self, g: Chain | Inverse, w: Series) -> Series:
        """g, once its slope is said."""
        g.slope(w)
        return g.out

    def restarted(self, u: Series, first: Callable[..., Any], like: Series) -> Series:
        """`like`, with first(u_0) as its first coefficient."""
        return self.add(Restarted(Series(u.shape), Operand(u), first, Operand(like)))

    def function(self, op: str, u: Series) -> Series:
        """A function of one series, made once. Raises NotationError where it has no series."""
        found = self._functions.get((op, u))
        if found is None:
            found = self._functions[op, u] = self._function(op, u)
        return found

    def _function(self, op: str, u: Series) -> Series:
        if op in RULES:
            return RULES[op](self, u)
        expansion = EXPANSIONS.get(op)
        if expansion is not None:
            return self.add(Composition(Series(u.shape), Operand(u), callee(op), expansion, self.orders))
        raise unknown(op.removeprefix("special."))

    def add(self, op: Operation) -> Series:
        """Take an operation in; its result."""
        self.operations.append(op)
        return op.out


def unknown(name: str) -> NotationError:
    """The error for what has no series."""
    return NotationError(f"{name} has no power series here; a flow made of functions with a known slope was expected: take another method")

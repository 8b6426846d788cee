"""Functions of pieces: the piece that holds just after t is expanded, which u_0 tells, or the first coefficients that differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from numeric.series.series import Array, Operand, Operation, Series


class Still(Operation):
    """What has a value and no slope: brackets, comparisons, signs, shifts of exponentials, and all that is made of these."""

    remembers = True

    def __init__(self, out: Series, operands: tuple[Operand, ...], value: Callable[..., Any]) -> None:
        """`value(*arrays, out=)` computes it."""
        super().__init__(out, operands, operands)
        self._value = value

    def first(self) -> None:
        """The value."""
        self._value(*(a.at(0) for a in self.operands), out=self.at(0))

    def next(self, k: int) -> None:
        """Nothing: all further coefficients are 0."""


class Clock(Operation):
    """Time itself: t + s. The engine writes t."""

    def first(self) -> None:
        """Written already."""

    def next(self, k: int) -> None:
        """1, then 0."""
        self.at(k)[...] = 1 if k == 1 else 0


class Largest(Operation):
    """max(u, v), or min: the larger of the two just after t; entries with u_0 = v_0 wait for coefficients that differ."""

    remembers = True

    def __init__(self, out: Series, u: Operand, v: Operand, smallest: bool = False) -> None:
        super().__init__(out, (u, v), (u, v))
        self._u, self._v, self._smallest = u, v, smallest
        self._first_holds = self._open = np.empty(0, bool)

    def first(self) -> None:
        """The larger value."""
        u, v = self._u.at(0), self._v.at(0)
        (np.minimum if self._smallest else np.maximum)(u, v, out=self.at(0))
        self._first_holds = np.asarray(u < v if self._smallest else u > v)
        self._open = np.asarray(u == v)

    def next(self, k: int) -> None:
        """The coefficient of the one that holds."""
        u, v = (np.zeros(1, self.out.stack.dtype) if a.still else a.at(k) for a in (self._u, self._v))
        if self._open.any():
            self._first_holds = self._first_holds | (self._open & (u < v if self._smallest else u > v))
            self._open = self._open & (u == v)
        if self._v.still:
            np.multiply(u, self._first_holds, out=self.at(k))
        else:
            np.copyto(self.at(k), np.where(self._first_holds, u, v))


class Absolute(Operation):
    """|u|: the sign is that of the first coefficient that is not 0."""

    remembers = True

    def __init__(self, out: Series, u: Operand) -> None:
        super().__init__(out, (u,), (u,))
        self._u = u
        self._sign = np.empty(0)

    def first(self) -> None:
        """|u_0|."""
        u = self._u.at(0)
        np.absolute(u, out=self.at(0))
        self._sign = np.sign(u)

    def next(self, k: int) -> None:
        """u_k or -u_k."""
        u = self._u.at(k)
        if not self._sign.all():
            self._sign = np.where(self._sign == 0, np.sign(u), self._sign)
        np.multiply(u, self._sign, out=self.at(k))


class Where(Operation):
    """u where a condition holds at t, v elsewhere."""

    def __init__(self, out: Series, condition: Operand, u: Operand, v: Operand) -> None:
        super().__init__(out, (condition, u, v), (condition,))
        self._condition, self._u, self._v = condition, u, v

    def first(self) -> None:
        """The value of the one that holds."""
        np.copyto(self.at(0), np.where(self._condition.at(0), self._u.at(0), self._v.at(0)))

    def next(self, k: int) -> None:
        """The coefficient of the one that holds."""
        u, v = (0 if a.still else a.at(k) for a in (self._u, self._v))
        np.copyto(self.at(k), np.where(self._condition.at(0), u, v))


class Masked(Operation):
    """An exponent, -∞ where a condition does not hold at t; e^u has no slope there."""

    def __init__(self, out: Series, u: Operand, condition: Operand) -> None:
        super().__init__(out, (u, condition), (condition,))
        self._u, self._condition = u, condition

    def first(self) -> None:
        """u_0, or -∞."""
        np.copyto(self.at(0), np.where(self._condition.at(0), self._u.at(0), -np.inf))

    def next(self, k: int) -> None:
        """u_k, or 0."""
        np.copyto(self.at(k), np.where(self._condition.at(0), self._u.at(k), 0))


class Remainder(Operation):
    """u mod m for an m that stands still: u less a multiple of m."""

    def __init__(self, out: Series, u: Operand, modulus: Operand) -> None:
        super().__init__(out, (u, modulus))
        self._u, self._modulus = u, modulus

    def first(self) -> None:
        """u_0 mod m."""
        np.mod(self._u.at(0), self._modulus.at(0), out=self.at(0))

    def next(self, k: int) -> None:
        """u_k."""
        np.copyto(self.at(k), self._u.at(k))


def bracket(condition: Array, out: Array) -> None:
    """1 where the condition holds, 0 elsewhere."""
    np.copyto(out, condition)

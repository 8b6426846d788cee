"""Rational matrices: read from any numbers, told as plain data, and vectors of small height with a given sign xᵀ A x < 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq

from amsym.errors import InputError
from numeric.rigorous import rational

Row = list[fmpq]
Rows = list[Row]
# Denominators 2^k up to which vectors are rounded.
BITS = 80


def as_fmpq(x: Any) -> fmpq:
    """A number as an exact rational of flint; a float is the binary fraction that it is."""
    if isinstance(x, fmpq):
        return x
    q = rational(x)
    return fmpq(q.numerator, q.denominator)


def exact_rows(A: Any, what: str = "the matrix") -> Rows:
    """The rows of a matrix of numbers: nested lists, an array, a SymPy or flint matrix.

    Raises InputError where the rows differ in length or an entry is no finite number.
    """
    listed = A.tolist() if hasattr(A, "tolist") else A
    if not isinstance(listed, Sequence) or not all(isinstance(row, Sequence) and not isinstance(row, str) for row in listed):
        raise InputError(f"{what} is {A!r}; a matrix was expected: give its rows")
    rows = [[as_fmpq(x) for x in row] for row in listed]
    if len({len(row) for row in rows}) > 1:
        raise InputError(f"{what} has rows of lengths {[len(row) for row in rows]}; equal lengths were expected: mend the rows")
    return rows


def symmetric_rows(A: Any, what: str = "the matrix") -> Rows:
    """The rows of a symmetric matrix.

    Raises InputError for one that is not square, empty or not symmetric.

    >>> symmetric_rows([[1, 0.5], ["1/2", 2]])
    [[1, 1/2], [1/2, 2]]
    """
    rows = exact_rows(A, what)
    n = len(rows)
    if n == 0 or len(rows[0]) != n:
        raise InputError(f"{what} has {n} rows of {len(rows[0]) if rows else 0} entries; a square matrix was expected: give n rows of n")
    for i in range(n):
        for j in range(i):
            if rows[i][j] != rows[j][i]:
                words = f"{what} has entry [{i}, {j}] = {rows[i][j]} and [{j}, {i}] = {rows[j][i]}"
                raise InputError(f"{words}; a symmetric matrix was expected: give (A + A.T)/2, which has the same form xᵀ A x")
    return rows


def symmetric_part(rows: Rows) -> Rows:
    """(A + Aᵀ)/2, which has the same form xᵀ A x."""
    n = range(len(rows))
    return [[(rows[i][j] + rows[j][i]) / 2 for j in n] for i in n]


def form(rows: Rows, x: Sequence[fmpq]) -> fmpq:
    """xᵀ A x.

    >>> form(exact_rows([[1, 2], [2, 1]]), [fmpq(1), fmpq(-1)])
    -2
    """
    return sum((a * u * v for row, u in zip(rows, x, strict=True) for a, v in zip(row, x, strict=True) if a and u and v), fmpq(0))


def plain_rows(rows: Rows) -> list[list[str]]:
    """The rows as text that is exact."""
    return [[str(x) for x in row] for row in rows]


def fraction(x: fmpq) -> Fraction:
    """A rational of flint as Python's."""
    return Fraction(int(x.p), int(x.q))


def of_small_height(x: Sequence[fmpq], accepted: Callable[[list[fmpq]], bool]) -> list[fmpq]:
    """A vector of small whole numbers near a multiple of x that is accepted, as x itself must be.

    >>> of_small_height([fmpq(1, 3), fmpq(-1000001, 3000000)], lambda v: form(exact_rows([[1, 2], [2, 1]]), v) < 0)
    [1, -1]
    """
    top = max(abs(u) for u in x)
    for k in range(BITS):
        rounded = [_nearest(u / top * 2**k) for u in x]
        if accepted(rounded):
            return rounded
    return list(x)


def _nearest(u: fmpq) -> fmpq:
    return fmpq((u + fmpq(1, 2)).floor())


def rough(rows: Rows) -> Any:
    """The matrix in floating point."""
    return np.array([[float(fraction(x)) for x in row] for row in rows])

"""a_0 + Σ_v a_v v: affine forms in numbered variables, with exact rational coefficients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import fmpq

ZERO, ONE = fmpq(0), fmpq(1)


@dataclass(frozen=True)
class Form:
    """A constant and the coefficients that are not zero, by variable.

    >>> a = variable(0) + variable(1).scaled(fmpq(1, 2)) + constant(fmpq(3))
    >>> print(a - variable(0))
    3 + 1/2*v1
    """

    constant: fmpq
    slopes: Mapping[int, fmpq]

    def __add__(self, other: Form) -> Form:
        slopes = dict(self.slopes)
        for v, a in other.slopes.items():
            total = slopes.pop(v, ZERO) + a
            if total != 0:
                slopes[v] = total
        return Form(self.constant + other.constant, slopes)

    def __sub__(self, other: Form) -> Form:
        return self + other.scaled(-ONE)

    def __str__(self) -> str:
        return " + ".join([str(self.constant), *(f"{a}*v{v}" for v, a in sorted(self.slopes.items()))])

    def scaled(self, a: fmpq) -> Form:
        """The form times a number."""
        return Form(self.constant * a, {v: a * b for v, b in self.slopes.items()} if a != 0 else {})

    @property
    def is_constant(self) -> bool:
        """Whether it holds no variable."""
        return not self.slopes

    def split(self, first: Callable[[int], bool]) -> tuple[Form, Form]:
        """The part, with the constant, in the variables that `first` picks, and the rest."""
        kept = {v: a for v, a in self.slopes.items() if first(v)}
        return Form(self.constant, kept), Form(ZERO, {v: a for v, a in self.slopes.items() if v not in kept})


def constant(a: Any) -> Form:
    """A number as a form."""
    return Form(exact(a), {})


def variable(v: int) -> Form:
    """One variable as a form."""
    return Form(ZERO, {v: ONE})


def exact(a: Any) -> fmpq:
    """A whole number, fraction or float as the exact rational that it is.

    >>> exact(0.375)
    3/8
    """
    if isinstance(a, fmpq):
        return a
    q = Fraction(a)
    return fmpq(q.numerator, q.denominator)


def fraction(a: fmpq) -> Fraction:
    """The same number in Python's own type."""
    return Fraction(int(a.p), int(a.q))


def double(a: fmpq) -> float:
    """The nearest double; older python-flint has no float(fmpq)."""
    return int(a.p) / int(a.q)


def summed(forms: Iterable[Form]) -> Form:
    """The sum, made in one pass."""
    total, slopes = ZERO, dict[int, fmpq]()
    for f in forms:
        total = total + f.constant
        for v, a in f.slopes.items():
            slopes[v] = slopes.get(v, ZERO) + a
    return Form(total, {v: a for v, a in slopes.items() if a != 0})


__all__ = ["Form", "constant", "double", "exact", "fraction", "summed", "variable"]

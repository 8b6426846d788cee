"""δ_ij contracts, a mask [i ≠ j] stays.

A delta is what differentiation makes, and sums use it up. A mask is an Iverson bracket, 1 where its
condition holds and 0 elsewhere; no sum ever rewrites it, since Σ_B [B ≠ C] e^A turned into
Σ_B e^A - e^A_CC cancels catastrophically.
"""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from amsym.errors import NotationError
from amsym.notation.axes import Index


class Delta(sp.Expr):
    """The Kronecker delta of two indices over one axis."""

    is_integer = True
    is_nonnegative = True
    is_commutative = True

    def __new__(cls, i: sp.Expr, j: sp.Expr) -> Any:
        i, j = sp.sympify(i), sp.sympify(j)
        _check_places(i, j)
        if i == j:
            return sp.S.One
        if i.is_Integer and j.is_Integer:
            return sp.S.Zero
        _check_same_axis("delta", i, j)
        return sp.Expr.__new__(cls, *sorted((i, j), key=str))

    def _eval_power(self, exponent: sp.Expr) -> Any:
        return self if exponent.is_positive else None

    def _eval_derivative(self, wrt: sp.Expr) -> sp.Expr:
        return _flat(wrt)

    def _sympystr(self, printer: Any) -> str:
        return f"δ[{printer._print(self.args[0])}, {printer._print(self.args[1])}]"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body = rf"\delta_{{{printer._print(self.args[0])} {printer._print(self.args[1])}}}"
        return body if exp is None else f"{body}^{{{exp}}}"

    def _mathml_presentation(self, printer: Any) -> Any:
        from amsym.notation.printing import mathml_indexed

        return mathml_indexed("δ", self.args, printer)

    def _pretty(self, printer: Any) -> Any:
        return printer._print(sp.Symbol(str(self)))


class Mask(sp.Expr):
    """The Iverson bracket [condition], a number 0 or 1."""

    is_integer = True
    is_nonnegative = True
    is_commutative = True

    def __new__(cls, condition: Any) -> Any:
        condition = sp.sympify(condition)
        if condition is sp.true:
            return sp.S.One
        if condition is sp.false:
            return sp.S.Zero
        if not isinstance(condition, Boolean):
            raise NotationError(f"mask() takes a condition such as Ne(i, j) or y[i] > 0, got {condition}")
        return sp.Expr.__new__(cls, _ordered(condition))

    @property
    def condition(self) -> Any:
        """The condition in the bracket."""
        return self.args[0]

    def _eval_power(self, exponent: sp.Expr) -> Any:
        return self if exponent.is_positive else None

    def _eval_derivative(self, wrt: sp.Expr) -> sp.Expr:
        return _flat(wrt)

    def _sympystr(self, printer: Any) -> str:
        return f"[{_words(self.condition, printer)}]"

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        body = rf"\left[{printer._print(self.condition)}\right]"
        return body if exp is None else f"{body}^{{{exp}}}"

    def _mathml_presentation(self, printer: Any) -> Any:
        from amsym.notation.printing import mathml_bracket

        return mathml_bracket(self.condition, printer)

    def _pretty(self, printer: Any) -> Any:
        return printer._print(sp.Symbol(str(self)))


_SIGNS = {"==": "=", "!=": "≠", ">": ">", "<": "<", ">=": "≥", "<=": "≤"}


def _words(condition: Any, printer: Any) -> str:
    if isinstance(condition, Relational):
        return f"{printer._print(condition.lhs)} {_SIGNS[condition.rel_op]} {printer._print(condition.rhs)}"
    return str(printer._print(condition))


def _ordered(condition: Any) -> Any:
    """Ne(j, i) and Ne(i, j) are one condition, a < b and b > a as well."""
    for relation in condition.atoms(Relational):
        _check_same_axis("mask", *relation.args)
    if isinstance(condition, (sp.Eq, sp.Ne)):
        lhs, rhs = sorted(condition.args, key=sp.default_sort_key)
        return condition.func(lhs, rhs, evaluate=False)
    return condition.xreplace({less: less.reversed for less in condition.atoms(sp.StrictLessThan, sp.LessThan)})


def _flat(wrt: sp.Expr) -> sp.Expr:
    """Deltas and brackets are flat in components, entries and scalars; nothing is differentiated by an index."""
    if isinstance(wrt, Index):
        raise NotationError(f"cannot differentiate by {wrt}: take a component such as y[i] or a real scalar")
    return sp.S.Zero


def _check_places(*places: Any) -> None:
    for i in places:
        if not isinstance(i, Index) and not (isinstance(i, sp.Integer) and i.is_nonnegative):
            raise NotationError(f"delta compares indices made by indices('i j', 'N') or numbers 0, 1, 2 ..., got {i}")


def _check_same_axis(what: str, i: sp.Expr, j: sp.Expr) -> None:
    if isinstance(i, Index) and isinstance(j, Index) and i.axis != j.axis:
        raise NotationError(f"{what} compares '{i}' over axis '{i.axis}' with '{j}' over axis '{j.axis}'; both must run over one axis")


def delta(i: Any, j: Any) -> Any:
    """The Kronecker delta δ_ij, used up by the first sum over i or j.

    >>> from amsym.notation.axes import indices
    >>> i, j = indices("i j", "N")
    >>> delta(j, i)
    δ[i, j]
    """
    return Delta(i, j)


def mask(condition: Any) -> Any:
    """The bracket [condition]: 1 where it holds, 0 elsewhere; sums leave it alone.

    >>> from amsym.notation.axes import indices
    >>> i, j = indices("i j", "N")
    >>> mask(sp.Ne(j, i))
    [i ≠ j]
    """
    return Mask(condition)

"""Formulas as text that reads in one way only: Σ[j:N] W[i, j]*tanh(y[j]), where the printed form says Σ_j.

What amsym prints leaves the axes of bound indices to the reader, and two indices of one name over two axes look alike. Here each
sum says its axes, equal names of different indices are made different, and numbers are whole or fractions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.printing.precedence import PRECEDENCE, precedence
from sympy.printing.str import StrPrinter

from amsym.notation import Index, all_indices
from amsym.notation.functions import Composed

_SIGNS = {"==": "=", "!=": "≠", ">": ">", "<": "<", ">=": "≥", "<=": "≤"}


def formula_text(expr: Any, names: Mapping[Index, str] | None = None) -> str:
    """The exact text of an index expression.

    >>> from amsym.notation import indices, parameter, state, total
    >>> i, j = indices("i j", "N")
    >>> y, W = state("y", "N"), parameter("W", "N N")
    >>> formula_text(total(W[i, j]*y[j]/2, j))
    '(Σ[j:N] W[i, j]*y[j])/2'
    """
    expr = sp.sympify(expr)
    return str(_Exact(dict(names) if names is not None else index_names(expr)).doprint(expr))


def index_names(*formulas: Any) -> dict[Index, str]:
    """A name for each index, its own where no index of another axis has it."""
    every = sorted(set().union(*(all_indices(sp.sympify(f)) for f in formulas)), key=lambda i: (i.name, i.axis))
    axes: dict[str, set[str]] = {}
    for i in every:
        axes.setdefault(i.name, set()).add(i.axis)
    named = {i: i.name if len(axes[i.name]) == 1 else f"{i.name}_{i.axis}" for i in every}
    # An index may be called i_N already: then numbers tell them apart.
    return named if len(set(named.values())) == len(named) else {i: f"{name}_{n}" for n, (i, name) in enumerate(named.items())}


class _Exact(StrPrinter):
    # Index expressions print themselves by this hook for `str`; here the methods below do.
    printmethod = "_exact_text"

    def __init__(self, names: dict[Index, str]) -> None:
        super().__init__()
        self.names = names

    def _print_Index(self, expr: Any) -> str:
        return self.names.get(expr, str(expr.name))

    def _print_Component(self, expr: Any) -> str:
        return f"{expr.tensor.name}[{', '.join(self._print(i) for i in expr.where)}]" if expr.where else str(expr.tensor.name)

    def _print_Entry(self, expr: Any) -> str:
        return f"{expr.tensor.name}[{', '.join(map(str, expr.position))}]"

    def _print_Total(self, expr: Any) -> str:
        bound = ", ".join(f"{self._print(i)}:{i.axis}" for i in expr.bound)
        return f"Σ[{bound}] {self.parenthesize(expr.body, PRECEDENCE['Mul'], strict=True)}"

    def _print_Delta(self, expr: Any) -> str:
        return f"δ[{', '.join(self._print(i) for i in expr.args)}]"

    def _print_Mask(self, expr: Any) -> str:
        return f"[{self._print(expr.condition)}]"

    def _print_Relational(self, expr: Any) -> str:
        return f"{self._sided(expr.lhs)} {_SIGNS[expr.rel_op]} {self._sided(expr.rhs)}"

    def _sided(self, side: Any) -> str:
        return f"({self._print(side)})" if precedence(side) <= PRECEDENCE["Relational"] else str(self._print(side))

    def _print_Exp1(self, expr: Any) -> str:
        return "exp(1)"

    def _print_Pi(self, expr: Any) -> str:
        return "(4*atan(1))"

    def _print_Float(self, expr: Any) -> str:
        return f"({sp.Rational(expr)})"

    def _print_Function(self, expr: Any) -> str:
        if isinstance(expr, Composed):
            return f"({self._print(expr.definition(expr.args[0]))})"
        return str(super()._print_Function(expr))


__all__ = ["formula_text", "index_names"]

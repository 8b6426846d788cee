"""Formulas in sentences, W[i, j]*tanh(y[j]): as they are typed, with long fractions by their first digits.

Reasons and certificates are plain text that programs read as well; `prose` makes y_i of y[i] where people read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.printing.precedence import precedence
from sympy.printing.str import StrPrinter

from amsym.notation import lettered
from amsym.render.numbers import in_words, is_long
from amsym.render.structure import is_atom

Letters = Mapping[str, tuple[str, ...]]


def words(expr: Any, letters: Letters | None = None) -> str:
    """An expression in a sentence; `letters` by axis for its bound indices, else they keep theirs.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> words(total(sp.Rational("1.0507009873554804")*sp.Max(0, y[i]), i))
    '1.05070…*(Σ_i Max(0, y[i]))'
    """
    expr = sp.sympify(expr)
    return str(WordsPrinter().doprint(expr if letters is None else lettered(expr, dict(letters))))


def product(factor: Any, of: str, letters: Letters | None = None, sign: str = " ") -> str:
    """A factor before something that has a name, without a needless 1.

    >>> x = sp.Symbol("x")
    >>> [product(m, "f") for m in (sp.S.One, -sp.S.One, -2*x, x + 1)]
    ['f', '-f', '-(2*x) f', '(x + 1) f']
    """
    if _is_negative(factor):
        return f"-{product(-factor, of, letters, sign)}"
    if factor == 1:
        return of
    shown = words(factor, letters)
    alone = is_atom(sp.sympify(factor)) or not any(c in shown for c in " +-*/")
    return f"{shown if alone else f'({shown})'}{sign}{of}"


def added(factor: Any, to: str, letters: Letters | None = None, sign: str = "*") -> str:
    """The same as what follows in a sum: + f, - f, + 2*f.

    >>> [added(m, "f") for m in (sp.S.One, -sp.S.One, -2*sp.Symbol("x"))]
    ['+ f', '- f', '- (2*x)*f']
    """
    negative = _is_negative(factor)
    return f"{'-' if negative else '+'} {product(-factor if negative else factor, to, letters, sign)}"


def _is_negative(factor: Any) -> bool:
    return bool(sp.sympify(factor).as_coeff_Mul()[0].is_negative)


class WordsPrinter(StrPrinter):
    """SymPy's `str`, hooks and all, with short numbers."""

    def _print_Rational(self, expr: sp.Rational) -> str:
        return in_words(expr) if is_long(expr) else str(super()._print_Rational(expr))

    def _print_Integer(self, expr: sp.Integer) -> str:
        return self._print_Rational(expr)

    def _print_Mul(self, expr: sp.Mul) -> str:
        number, rest = expr.as_coeff_Mul()
        if not is_long(number):
            return str(super()._print_Mul(expr))
        shown = self.parenthesize(rest, precedence(expr), strict=True)
        return in_words(number) + (shown[1:] if shown.startswith("1/") else f"*{shown}")


__all__ = ["added", "product", "words"]

r"""Formulas in LaTeX: \frac{1}{2} \sum_{i j} W_{i j} \tanh{\left(y_{i} \right)}."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.printing.latex import LatexPrinter as SymPyLatex
from sympy.printing.latex import translate
from sympy.printing.pretty.pretty_symbology import greek_unicode

from amsym.render.names import Name, component_name, index_name, name_of, tensor_name
from amsym.render.numbers import in_latex, is_long
from amsym.render.structure import needs_brackets, product_of, terms_of_sum

COMMANDS = {sign: translate(word) for word, sign in greek_unicode.items()} | {"ε": r"\epsilon", "λ": r"\lambda", "Λ": r"\Lambda"}


def latex(expr: Any) -> str:
    r"""The formula in LaTeX.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> latex(total(y[i]**2, i)/2)
    '\\frac{1}{2} \\sum_{i} y_{i}^{2}'
    """
    return str(LatexPrinter().doprint(sp.sympify(expr)))


class LatexPrinter(SymPyLatex):
    """SymPy's LaTeX printer with our order of products and sums, and one subscript g_{h,i} where a name has its own."""

    printmethod = "_amsym_latex"

    def _print_Symbol(self, expr: sp.Symbol, style: str = "plain") -> str:
        return _named(name_of(expr.name))

    def _print_Index(self, expr: Any) -> str:
        return _letters(index_name(expr))

    def _print_Size(self, expr: Any) -> str:
        return _letters(expr.name)

    def _print_Component(self, expr: Any, exp: str | None = None) -> str:
        return _raised(_named(component_name(expr)), exp)

    def _print_Entry(self, expr: Any, exp: str | None = None) -> str:
        return _raised(_named(tensor_name(expr.tensor)._replace(indices=tuple(map(str, expr.position)))), exp)

    def _print_Tensor(self, expr: Any) -> str:
        return _named(tensor_name(expr))

    def _print_Delta(self, expr: Any, exp: str | None = None) -> str:
        return _raised(rf"\delta_{{{' '.join(self._print(a) for a in expr.args)}}}", exp)

    def _print_Mask(self, expr: Any, exp: str | None = None) -> str:
        return _raised(rf"\left[{self._print(expr.condition)}\right]", exp)

    def _print_Total(self, expr: Any, exp: str | None = None) -> str:
        body = self._bracketed(expr.body, isinstance(expr.body, sp.Add))
        shown = rf"\sum_{{{' '.join(self._print(i) for i in expr.bound)}}} {body}"
        return shown if exp is None else rf"\left({shown}\right)^{{{exp}}}"

    def _print_Add(self, expr: sp.Add, order: Any = None) -> str:
        (negative, first), *others = terms_of_sum(expr)
        rest = "".join(f" {'-' if minus else '+'} {self._print(term)}" for minus, term in others)
        return ("- " if negative else "") + str(self._print(first)) + rest

    def _print_Mul(self, expr: sp.Expr) -> str:
        p = product_of(expr)
        sign = "- " if p.negative else ""
        if not p.under:
            return sign + self._factors(p.number, p.over)
        above, beside = p.parted()
        fraction = rf"\frac{{{self._factors(p.above, above, alone=True)}}}{{{self._factors(p.below, p.under, alone=True)}}}"
        return sign + (f"{fraction} {self._factors(sp.S.One, beside)}" if beside else fraction)

    def _factors(self, number: sp.Expr, factors: tuple[sp.Expr, ...], alone: bool = False) -> str:
        """Number and factors side by side; one that stands alone above or below a bar needs no brackets."""
        if not factors:
            return str(self._print(number))
        if len(factors) == 1 and number == 1 and alone:
            return str(self._print(factors[0]))
        parts = [] if number == 1 else [self._print(number)]
        return " ".join([*parts, *(self._bracketed(f, needs_brackets(f, f is factors[-1])) for f in factors)])

    def _bracketed(self, expr: sp.Expr, needed: bool) -> str:
        return rf"\left({self._print(expr)}\right)" if needed else str(self._print(expr))

    def _print_Rational(self, expr: sp.Rational) -> str:
        return in_latex(expr) if is_long(expr) else str(super()._print_Rational(expr))

    def _print_Pow(self, expr: sp.Pow) -> str:
        if is_long(expr.exp) and expr.exp.is_positive:
            return str(self._helper_print_standard_power(expr, "%s^{%s}"))
        return str(super()._print_Pow(expr))

    def parenthesize(self, item: Any, level: int, is_neg: bool = False, strict: bool = False) -> str:
        """As SymPy does it, and around a base such as 1.2 · 10^{12}."""
        return self._bracketed(item, True) if is_long(item) else str(super().parenthesize(item, level, is_neg=is_neg, strict=strict))

    def _print_Li2(self, expr: Any, exp: str | None = None) -> str:
        return _raised(r"\operatorname{Li}_{2}", exp) + rf"\left({self._print(expr.args[0])}\right)"

    def _print_Rate(self, expr: Any, exp: str | None = None) -> str:
        name = component_name(expr.args[0])
        return _raised(_named(name, dotted=True), exp)

    def _print_TimeDerivative(self, expr: Any) -> str:
        return rf"\frac{{d {self._print(expr.args[0])}}}{{d t}}"

    def _print_Slope(self, expr: Any, exp: str | None = None) -> str:
        power = "" if len(expr.wrt) == 1 else f"^{{{len(expr.wrt)}}}"
        below = r" \, ".join(rf"\partial {self._print(v)}" for v in expr.wrt)
        shown = rf"\frac{{\partial{power} {self._print(expr.of)}}}{{{below}}}"
        return shown if exp is None else rf"\left({shown}\right)^{{{exp}}}"

    def _print_Space(self, expr: Any) -> str:
        base = r"\left\{" + ", ".join(map(str, expr.values)) + r"\right\}" if expr.values else r"\mathbb{R}"
        names = r" \times ".join(_letters(n.name) for n in expr.sizes)
        return f"{base}^{{{names}}}" if names else base


def _named(name: Name, dotted: bool = False) -> str:
    head = rf"\dot{{{_letters(name.head)}}}" if dotted else _letters(name.head)
    below = ",".join([*map(_letters, name.below), *([" ".join(map(_letters, name.indices))] if name.indices else [])])
    above = ",".join(map(_letters, name.above))
    return head + (f"^{{{above}}}" if above else "") + (f"_{{{below}}}" if below else "")


def _letters(word: str) -> str:
    r"""Greek letters as commands, words upright: ΔE is \Delta E."""
    if len(word) > 1 and word.isascii() and word.isalpha():
        return rf"\mathrm{{{word}}}"
    shown = "".join(COMMANDS[c] + " " if c in COMMANDS else c for c in word)
    return shown.strip().replace(" '", "'")


def _raised(shown: str, exp: str | None) -> str:
    return shown if exp is None else f"{shown}^{{{exp}}}" if "^" not in shown else rf"\left({shown}\right)^{{{exp}}}"

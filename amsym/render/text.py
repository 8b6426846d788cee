"""Formulas as text that reads as mathematics: ½ Σ_ij W_ij tanh(y_i) tanh(y_j)."""

from __future__ import annotations

import unicodedata
from typing import Any

import sympy as sp
from sympy.printing.str import StrPrinter

from amsym.render.names import Name, component_name, index_name, joined_indices, letter, name_of, tensor_name
from amsym.render.numbers import in_text, is_long
from amsym.render.structure import POWERED, is_atom, needs_brackets, product_of, terms_of_sum

_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_FRACTIONS = {"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/8": "⅛"}
_RELATIONS = {"==": "=", "!=": "≠", ">": ">", "<": "<", ">=": "≥", "<=": "≤"}
_WORDS = {"Li2": "Li₂", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arsinh", "Heaviside": "θ"}


def text(expr: Any) -> str:
    """The formula on one line.

    >>> from amsym.notation import indices, parameter, state, total
    >>> i, j = indices("i j", "N")
    >>> y, W, beta = state("y", "N"), parameter("W", "N N"), parameter("beta")
    >>> text(total(W[i, j]*sp.tanh(beta*y[j])**2, i, j)/2)
    '½ Σ_ij W_ij tanh²(β y_j)'
    """
    return str(TextPrinter().doprint(sp.sympify(expr)))


class TextPrinter(StrPrinter):
    """SymPy's text printer with the hooks of `str` set aside, so that str(expr) stays what can be typed."""

    printmethod = "_amsym_text"

    def _print_Symbol(self, expr: sp.Symbol) -> str:
        return _named(name_of(expr.name))

    def _print_Index(self, expr: Any) -> str:
        return index_name(expr)

    def _print_Size(self, expr: Any) -> str:
        return str(expr.name)

    def _print_Entry(self, expr: Any) -> str:
        return _named(tensor_name(expr.tensor)._replace(indices=tuple(map(str, expr.position))))

    def _print_Component(self, expr: Any) -> str:
        return _named(component_name(expr))

    def _print_Tensor(self, expr: Any) -> str:
        return _named(tensor_name(expr))

    def _print_Delta(self, expr: Any) -> str:
        return "δ_" + joined_indices(tuple(self._print(a) for a in expr.args))

    def _print_Mask(self, expr: Any) -> str:
        return f"[{self._print(expr.condition)}]"

    def _print_Total(self, expr: Any) -> str:
        body = self._bracketed(expr.body, isinstance(expr.body, sp.Add))
        return f"Σ_{joined_indices(tuple(index_name(i) for i in expr.bound))} {body}"

    def _print_Add(self, expr: sp.Add, order: Any = None) -> str:
        (negative, first), *others = terms_of_sum(expr)
        rest = "".join(f" {'-' if minus else '+'} {self._print(term)}" for minus, term in others)
        return ("-" if negative else "") + str(self._print(first)) + rest

    def _print_Mul(self, expr: sp.Expr) -> str:
        p = product_of(expr)
        sign = "-" if p.negative else ""
        if not p.under:
            return sign + self._factors(p.number, p.over)
        above, below = self._factors(p.above, p.over, closed=True), self._factors(p.below, p.under, closed=True)
        if len(p.under) + (p.below != 1) > 1:
            below = f"({below})"
        slash = " / " if " " in above + below else "/"
        return sign + above + slash + below

    def _factors(self, number: sp.Expr, factors: tuple[sp.Expr, ...], closed: bool = False) -> str:
        """Number and factors side by side; `closed` when something follows them."""
        if not factors:
            return str(self._print(number))
        shown = self._print(number)
        parts = [] if number == 1 else [f"({shown})" if "/" in shown else shown]
        last = len(factors) - 1
        parts += [self._bracketed(f, needs_brackets(f, last=n == last and not closed)) for n, f in enumerate(factors)]
        return " ".join(parts)

    def _bracketed(self, expr: sp.Expr, needed: bool) -> str:
        return f"({self._print(expr)})" if needed else str(self._print(expr))

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:
        base, exponent = expr.base, expr.exp
        if exponent.could_extract_minus_sign():
            return self._print_Mul(expr)
        if exponent == sp.Rational(1, 2):
            return "√" + self._bracketed(base, not is_atom(base))
        if isinstance(base, POWERED) and exponent.is_Integer:
            return self._function(base, str(exponent).translate(_DIGITS))
        return self._bracketed(base, not is_atom(base)) + self._raised(exponent)

    def _raised(self, exponent: sp.Expr) -> str:
        if exponent.is_Integer and exponent.is_positive and not is_long(exponent):
            return str(exponent).translate(_DIGITS)
        fraction = exponent.is_Rational and not is_long(exponent)
        shown = f"{exponent.p}/{exponent.q}" if fraction else str(self._print(exponent))
        return f"^{shown}" if shown.isalpha() else f"^({shown})"

    def _print_exp(self, expr: sp.exp) -> str:
        shown = str(self._print(expr.args[0]))
        return f"e^{shown}" if shown.isalpha() else f"e^({shown})"

    def _print_Exp1(self, expr: Any) -> str:
        return "e"

    def _print_Pi(self, expr: Any) -> str:
        return "π"

    def _print_Rational(self, expr: sp.Rational) -> str:
        if is_long(expr):
            return in_text(expr)
        shown = f"{abs(expr.p)}/{expr.q}"
        return ("-" if expr.p < 0 else "") + _FRACTIONS.get(shown, shown)

    def _print_Integer(self, expr: sp.Integer) -> str:
        return in_text(expr) if is_long(expr) else str(expr.p)

    def _print_Function(self, expr: sp.Function) -> str:
        return self._function(expr, "")

    def _function(self, expr: sp.Function, power: str) -> str:
        name = type(expr).__name__
        return f"{_WORDS.get(name, letter(name))}{power}({', '.join(self._print(a) for a in expr.args)})"

    def _print_besseli(self, expr: Any) -> str:
        return f"I_{self._print(expr.args[0])}({self._print(expr.args[1])})"

    def _print_Abs(self, expr: sp.Abs) -> str:
        return f"|{self._print(expr.args[0])}|"

    def _print_Max(self, expr: sp.Max) -> str:
        return f"max({', '.join(self._print(a) for a in sorted(expr.args, key=sp.default_sort_key))})"

    def _print_Min(self, expr: sp.Min) -> str:
        return f"min({', '.join(self._print(a) for a in sorted(expr.args, key=sp.default_sort_key))})"

    def _print_Relational(self, expr: Any) -> str:
        return f"{self._print(expr.lhs)} {_RELATIONS[expr.rel_op]} {self._print(expr.rhs)}"

    def _print_And(self, expr: Any) -> str:
        return " and ".join(self._print(a) for a in expr.args)

    def _print_Or(self, expr: Any) -> str:
        return " or ".join(self._print(a) for a in expr.args)

    def _print_Piecewise(self, expr: sp.Piecewise) -> str:
        cases = (f"{self._print(value)} {'otherwise' if when == True else f'if {self._print(when)}'}" for value, when in expr.args)  # noqa: E712
        return "{" + "; ".join(cases) + "}"

    def _print_Rate(self, expr: Any) -> str:
        name = component_name(expr.args[0])
        if len(name.head) > 1:
            return f"(d{_named(name)}/dt)"
        return _named(name._replace(head=unicodedata.normalize("NFC", name.head + "\u0307")))

    def _print_TimeDerivative(self, expr: Any) -> str:
        return f"d{self._print(expr.args[0])}/dt"

    def _print_Slope(self, expr: Any) -> str:
        power = "" if len(expr.wrt) == 1 else str(len(expr.wrt)).translate(_DIGITS)
        return f"∂{power}{self._print(expr.of)}/" + "".join(f"∂{self._print(v)}" for v in expr.wrt)

    def _print_Space(self, expr: Any) -> str:
        base = "{" + ", ".join(map(str, expr.values)) + "}" if expr.values else "ℝ"
        names = "×".join(map(str, expr.sizes))
        return base if not names else f"{base}^{names}" if len(expr.sizes) == 1 else f"{base}^({names})"


def _named(name: Name) -> str:
    above = "".join(f"^{a}" for a in name.above)
    return name.head + above + ("_" + ",".join(name.under) if name.under else "")

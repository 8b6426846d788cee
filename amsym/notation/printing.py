"""Index notation in LaTeX and MathML; the classes call these from their printing hooks."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.printing.precedence import PRECEDENCE


def latex_component(expr: Any, printer: Any, exp: str | None) -> str:
    """y_{i}, and y_{i}^{2} with a power."""
    name = printer._print(sp.Symbol(expr.tensor.name))
    if not expr.where:
        return name if exp is None else f"{name}^{{{exp}}}"
    below = " ".join(printer._print(i) for i in expr.where)
    head = f"{{{name}}}" if "_" in name or "^" in name else name
    body = f"{head}_{{{below}}}"
    return body if exp is None else f"{body}^{{{exp}}}"


def latex_total(expr: Any, printer: Any, exp: str | None) -> str:
    r"""\sum_{i j} ..."""
    below = " ".join(printer._print(i) for i in expr.bound)
    body = rf"\sum_{{{below}}} {printer.parenthesize(expr.body, PRECEDENCE['Mul'], is_neg=False, strict=True)}"
    return body if exp is None else rf"\left({body}\right)^{{{exp}}}"


def _tag(printer: Any, name: str, *children: Any) -> Any:
    node = printer.dom.createElement(name)
    for child in children:
        node.appendChild(printer.dom.createTextNode(child) if isinstance(child, str) else child)
    return node


def mathml_indexed(name: Any, where: Any, printer: Any) -> Any:
    """A letter with indices below."""
    head = _tag(printer, "mi", name) if isinstance(name, str) else name
    return _tag(printer, "msub", head, _tag(printer, "mrow", *(printer._print(i) for i in where)))


def mathml_component(expr: Any, printer: Any) -> Any:
    """y with its indices below."""
    head = printer._print(sp.Symbol(expr.tensor.name))
    return mathml_indexed(head, expr.where, printer) if expr.where else head


def mathml_bracket(condition: Any, printer: Any) -> Any:
    """[condition]."""
    return _tag(printer, "mrow", _tag(printer, "mo", "["), printer._print(condition), _tag(printer, "mo", "]"))


def mathml_total(expr: Any, printer: Any) -> Any:
    """A sum sign with the bound indices below, then the summand."""
    below = _tag(printer, "mrow", *(printer._print(i) for i in expr.bound))
    sign = _tag(printer, "munder", _tag(printer, "mo", "∑"), below)
    return _tag(printer, "mrow", sign, printer.parenthesize(expr.body, PRECEDENCE["Mul"], strict=True))

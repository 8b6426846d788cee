"""A derivation as an HTML fragment: a row a line, formulas in MathML that wrap before + and −, light and dark."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any
from xml.dom.minidom import Element

import sympy as sp

from amsym.derivation import Derivation, Line
from amsym.notation import Total
from amsym.render.mathml import MathMLPrinter
from amsym.render.prose import prose
from amsym.render.structure import product_of, terms_of_sum
from amsym.render.text import text

_RELATIONS = {">": "&gt;"}
# A term longer than this, counted as text, is cut before the + and − in its last bracket.
LONG = 60
# The two halves of a cut bracket cannot see each other: both take this height.
_TALL = {"minsize": "1.7em", "maxsize": "1.7em"}

# Each term of a long sum is a `math` of its own, so that lines break between terms; one term that is wider than
# the page scrolls in its box.
STYLE = """
.amsym-derivation { margin: 1em 0; color: inherit; }
.amsym-derivation h3 { margin: 0 0 .6em; font-size: 1.05em; }
.amsym-line { display: grid; grid-template-columns: 10.5em minmax(0, 1fr); gap: 0 1em; padding: .3em 0; align-items: baseline; }
.amsym-line + .amsym-line.amsym-first { border-top: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.amsym-label { font-size: .85em; opacity: .75; }
.amsym-formula { padding-left: 2em; text-indent: -2em; overflow-x: auto; overflow-y: hidden; line-height: 1.7; padding-bottom: .15em; }
.amsym-formula math { text-indent: 0; margin: .14em 0;
  font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", "DejaVu Math TeX Gyre", math; font-size: 1.08em; }
.amsym-note { display: inline-block; text-indent: 0; font-size: .85em; opacity: .75; line-height: 1.4; }
@media (max-width: 40em) {
  .amsym-line { grid-template-columns: minmax(0, 1fr); }
  .amsym-line:not(.amsym-first) .amsym-label { display: none; }
}
@media print { .amsym-line { break-inside: avoid; } .amsym-formula { overflow: visible; } }
"""


def derivation_html(derivation: Derivation) -> str:
    """The derivation with its style, to stand anywhere in a page."""
    return f"<style>{STYLE}</style>\n{derivation_rows(derivation)}"


def derivation_rows(derivation: Derivation, heading: bool = True) -> str:
    """The derivation without its style."""
    rows, last = [], ""
    for line in derivation.lines:
        rows.append(_row(line, line.label != last))
        last = line.label
    title = f"<h3>{escape(derivation.name)}</h3>\n" if heading else ""
    return f'<section class="amsym-derivation">{title}' + "\n".join(rows) + "\n</section>"


def _row(line: Line, first: bool) -> str:
    label = f'<div class="amsym-label">{escape(line.label) if first else ""}</div>'
    note = f' <span class="amsym-note">{escape(prose(line.note))}</span>' if line.note else ""
    kind = "amsym-line amsym-first" if first else "amsym-line"
    return f'<div class="{kind}">{label}<div class="amsym-formula" tabindex="0">{line_html(line)}{note}</div></div>'


def line_html(line: Line) -> str:
    """left = right, in one `math` for each term."""
    if isinstance(line.right, str):
        left = line.left if isinstance(line.left, str) else formula_html(line.left)
        return f"{left} {escape(line.relation)} {escape(prose(line.right))}"
    printer = MathMLPrinter()
    first, *others = _terms(printer, line.shown)
    relation = printer.tag("mo", _RELATIONS.get(line.relation, line.relation))
    opening = printer.tag("mrow", printer._print(sp.sympify(line.left)), relation, first)
    return " ".join(_math(part.toxml()) for part in (opening, *others))


def formula_html(expr: Any) -> str:
    """One formula as a `math` element."""
    printer = MathMLPrinter()
    return " ".join(_math(part.toxml()) for part in _terms(printer, expr))


def _terms(printer: MathMLPrinter, expr: sp.Expr) -> list[Element]:
    """The terms of a sum with their signs, long products cut as well; of ... ≤ 0, the relation goes with the last."""
    if isinstance(expr, sp.LessThan):
        *before, last = _terms(printer, expr.lhs)
        return [*before, printer.tag("mrow", last, printer.tag("mo", "≤"), printer._print(expr.rhs))]
    found: list[Element] = []
    for n, (minus, term) in enumerate(terms_of_sum(sp.sympify(expr))):
        first, *rest = _pieces(printer, term)
        found += [_signed(printer, n, minus, first), *rest]
    return found


def _signed(printer: MathMLPrinter, n: int, minus: bool, piece: Element) -> Element:
    if not n and not minus:
        return piece
    return printer.tag("mrow", printer.tag("mo", "−" if minus else "+", form="infix" if n else "prefix"), piece)


def _pieces(printer: MathMLPrinter, term: sp.Expr) -> list[Element]:
    """A term in one piece, or, where it is long, its factors up to the last bracket and then the terms in that bracket."""
    p = product_of(term)
    last = p.over[-1] if p.over else None
    if len(text(term)) <= LONG or not isinstance(last, (sp.Add, Total)):
        return [printer._print(term)]
    alone = p.over == (last,) and p.number == 1 and not p.under
    front = [] if alone else printer.parts(replace(p, over=p.over[:-1]), followed=True)
    first, *rest = _bracket(printer, last) if isinstance(last, sp.Add) else _summand(printer, last)
    return [*front, first, *rest] if len(text(term / last)) > LONG else [printer.spaced([*front, first]), *rest]


def _summand(printer: MathMLPrinter, last: Total) -> list[Element]:
    first, *rest = _bracket(printer, last.body) if isinstance(last.body, sp.Add) else _pieces(printer, last.body)
    return [printer.row(printer.sum_sign(last), first), *rest]


def _bracket(printer: MathMLPrinter, inner: sp.Add) -> list[Element]:
    """The terms of a sum in brackets, the opening one with the first, the closing one with the last."""
    first, *middle, last = _terms(printer, inner)
    opening = printer.tag("mrow", printer.tag("mo", "(", **_TALL, form="prefix"), first)
    return [opening, *middle, printer.tag("mrow", last, printer.tag("mo", ")", **_TALL, form="postfix"))]


def _math(inner: str) -> str:
    return f'<math displaystyle="true">{inner}</math>'

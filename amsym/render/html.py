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
from amsym.render.structure import Product, product_of, terms_of_sum
from amsym.render.text import text

_RELATIONS = {">": "&gt;"}
# A term longer than LONG, counted as text, is cut between factors, and before the + and − in those of its brackets that are
# longer than SHORT; a bracket opens beside what stands before it if that is no longer than BESIDE. A phone shows some 32 letters.
LONG, SHORT, BESIDE = 30, 24, 10
# The two halves of a cut bracket cannot see each other: both stand beside a strut, as high as a sum sign or a line.
_TALL, _LOW = {"height": "1.35em", "depth": ".85em"}, {"height": ".8em", "depth": ".3em"}

# Each term of a long sum is a `math` of its own, so that lines break between terms, and within a term only where it is
# wider than a line; one piece that is wider than the page scrolls in its box.
STYLE = """
.amsym-derivation { margin: 1em 0; color: inherit; }
.amsym-derivation h3 { margin: 0 0 .6em; font-size: 1.05em; }
.amsym-line { display: grid; grid-template-columns: 10.5em minmax(0, 1fr); gap: 0 1em; padding: .3em 0; align-items: baseline; }
.amsym-line + .amsym-line.amsym-first { border-top: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.amsym-label { font-size: .85em; opacity: .75; }
.amsym-formula { padding-left: 2em; text-indent: -2em; overflow-x: auto; overflow-y: hidden; line-height: 1.7; padding-bottom: .15em; }
.amsym-formula math { text-indent: 0; margin: .14em 0;
  font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", "DejaVu Math TeX Gyre", math; font-size: 1.08em; }
.amsym-term { display: inline-block; max-width: 100%; padding-left: 1em; text-indent: -1em; }
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
    """left = right, in one `math` for the left side and one for each term: a narrow line breaks after the relation as well."""
    if isinstance(line.right, str):
        left = line.left if isinstance(line.left, str) else formula_html(line.left)
        return f"{left} {escape(line.relation)} {escape(prose(line.right))}"
    printer = MathMLPrinter()
    relation = printer.tag("mo", _RELATIONS.get(line.relation, line.relation), form="infix", rspace="0")
    opening = printer.tag("mrow", printer._print(sp.sympify(line.left)), relation)
    first, *terms = _grouped(printer, line.shown)
    return " ".join([*(_math(piece.toxml()) for piece in (opening, *first)), *map(_term, terms)])


def formula_html(expr: Any) -> str:
    """One formula as `math` elements."""
    printer = MathMLPrinter()
    return " ".join(_term(group) for group in _grouped(printer, expr))


def _grouped(printer: MathMLPrinter, expr: sp.Expr) -> list[list[Element]]:
    """The pieces of each term of a sum with their signs; of ... ≤ 0, the relation goes with the last."""
    if isinstance(expr, sp.LessThan):
        groups = _grouped(printer, expr.lhs)
        groups[-1][-1] = printer.tag("mrow", groups[-1][-1], printer.tag("mo", "≤"), printer._print(expr.rhs))
        return groups
    found = []
    for n, (minus, term) in enumerate(terms_of_sum(sp.sympify(expr))):
        first, *rest = _pieces(printer, term)
        found.append([_signed(printer, n, minus, first), *rest])
    return found


def _terms(printer: MathMLPrinter, expr: sp.Expr) -> list[Element]:
    """The same pieces in one list."""
    return [piece for group in _grouped(printer, expr) for piece in group]


def _term(pieces: list[Element]) -> str:
    """A term in several pieces is kept on a line of its own where one can hold it."""
    inside = " ".join(_math(piece.toxml()) for piece in pieces)
    return f'<span class="amsym-term">{inside}</span>' if len(pieces) > 1 else inside


def _signed(printer: MathMLPrinter, n: int, minus: bool, piece: Element) -> Element:
    if not n and not minus:
        return piece
    return printer.tag("mrow", printer.tag("mo", "−" if minus else "+", form="infix" if n else "prefix"), piece)


def _pieces(printer: MathMLPrinter, term: sp.Expr) -> list[Element]:
    """A term in one piece; where it is long, a few factors at a time and then each long bracket, cut before + and −."""
    p = product_of(term)
    if len(text(term)) <= LONG:
        return [printer._print(term)]
    long = tuple(f for f in p.over if len(text(f)) > SHORT and _opens(f))
    short = replace(p, over=tuple(f for f in p.over if f not in long))
    bare = not short.over and p.number == 1 and not p.under
    found = [] if bare else _chunks(printer, short, followed=bool(long))
    for n, f in enumerate(long):
        first, *rest = _opened(printer, f, last=n == len(long) - 1)
        beside = not n and found and len(" ".join(map(text, short.over))) <= BESIDE
        found = [*found[:-1], printer.spaced([found[-1], first]), *rest] if beside else [*found, first, *rest]
    return found


def _chunks(printer: MathMLPrinter, p: Product, followed: bool) -> list[Element]:
    """The factors of a product, as many in a piece as a narrow line holds; a fraction is one piece."""
    if p.under:
        return [printer.spaced(printer.parts(p, followed))]
    groups: list[tuple[sp.Expr, ...]] = [()]
    for f in p.over:
        full = groups[-1] and len(" ".join(map(text, (*groups[-1], f)))) > SHORT
        groups = [*groups, (f,)] if full else [*groups[:-1], (*groups[-1], f)]
    parted = [replace(p, number=sp.S.One if n else p.number, over=group) for n, group in enumerate(groups)]
    return [printer.spaced(printer.parts(part, followed or part is not parted[-1])) for part in parted]


def _opens(factor: sp.Expr) -> bool:
    """Whether a factor has a bracket to be cut: a sum, a power of one, or Σ over something long."""
    return isinstance(factor, (sp.Add, Total)) or (_is_power(factor) and isinstance(factor.base, sp.Add))


def _is_power(factor: sp.Expr) -> bool:
    return isinstance(factor, sp.Pow) and bool(factor.exp.is_Integer and factor.exp.is_positive)


def _opened(printer: MathMLPrinter, factor: sp.Expr, last: bool) -> list[Element]:
    """The pieces of one factor; Σ needs brackets of its own where something follows it."""
    if isinstance(factor, Total):
        pieces = _summand(printer, factor)
        return pieces if last else _enclosed(printer, pieces, factor)
    inner, power = (factor.base, factor.exp) if _is_power(factor) else (factor, None)
    return _enclosed(printer, _terms(printer, inner), inner, power)


def _summand(printer: MathMLPrinter, factor: Total) -> list[Element]:
    body = factor.body
    first, *rest = _enclosed(printer, _terms(printer, body), body) if isinstance(body, sp.Add) else _pieces(printer, body)
    return [printer.row(printer.sum_sign(factor), first), *rest]


def _enclosed(printer: MathMLPrinter, pieces: list[Element], inner: sp.Expr, power: Any = None) -> list[Element]:
    """Brackets around pieces, the opening one with the first, the closing one with the last."""
    height = _TALL if inner.has(Total) else _LOW
    opening = printer.tag("mrow", printer.tag("mo", "(", form="prefix"), _strut(printer, height))
    closing = printer.tag("mrow", _strut(printer, height), printer.tag("mo", ")", form="postfix"))
    raised = closing if power is None else printer.tag("msup", closing, printer._print(power))
    *before, last = [printer.tag("mrow", opening, pieces[0]), *pieces[1:]]
    return [*before, printer.tag("mrow", last, raised)]


def _strut(printer: MathMLPrinter, height: dict[str, str]) -> Element:
    """An invisible height; the empty identifier keeps the row from counting as one operator, which would stretch with its own row."""
    return printer.tag("mpadded", printer.tag("mi"), width="0", **height)


def _math(inner: str) -> str:
    return f'<math displaystyle="true">{inner}</math>'

r"""A derivation in LaTeX: for each line an `align` environment with a \label such as eq:energy or eq:gradient-v."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.derivation import Derivation, Line
from amsym.render.latex import latex
from amsym.render.latex_words import in_latex
from amsym.render.prose import prose
from amsym.render.structure import terms_of_sum

# A right side longer than this is broken before its top-level + and -.
LONG = 160
_RELATIONS = {"=": "=", "∈": r"\in", "←": r"\leftarrow", ">": ">", "≥": r"\geq", "is": r"\text{ is }"}


def derivation_latex(derivation: Derivation) -> str:
    """All lines as numbered equations; the notes are comments."""
    return "\n\n".join(_equation(line, label) for line, label in zip(derivation.lines, _labels(derivation), strict=True)) + "\n"


def derivation_display(derivation: Derivation) -> str:
    """One displayed formula for notebooks: labels, then equations."""
    rows, last = [], ""
    for line in derivation.lines:
        label = line.label if line.label != last else ""
        rows.append(rf"&\text{{{label}}} && {_left(line)} {_right(line)}")
        last = line.label
    body = " \\\\\n".join(rows)
    return f"$\\displaystyle \\begin{{aligned}}\n{body}\n\\end{{aligned}}$"


def side_latex(side: Any) -> str:
    """A formula, or words as text."""
    return rf"\text{{{in_latex(prose(side))}}}" if isinstance(side, str) else latex(side)


def _equation(line: Line, label: str) -> str:
    comment = f"% {line.label}" + (f" ({prose(line.note)})" if line.note else "")
    rows = [_left(line) + " &" + _relation(line) + " " + first for first in [_broken(line)[0]]]
    rows += [rf"&\quad {more}" for more in _broken(line)[1:]]
    body = " \\nonumber \\\\\n  ".join(rows)
    return f"{comment}\n\\begin{{align}}\n  {body} \\label{{{label}}}\n\\end{{align}}"


def _left(line: Line) -> str:
    return side_latex(line.left)


def _relation(line: Line) -> str:
    return _RELATIONS[line.relation]


def _right(line: Line) -> str:
    return f"{_relation(line)} {side_latex(line.shown)}"


def _broken(line: Line) -> list[str]:
    """The right side, one term a row where it is long."""
    whole = side_latex(line.shown)
    if not isinstance(line.shown, sp.Add) or len(whole) <= LONG:
        return [whole]
    return [_term(n, minus, term) for n, (minus, term) in enumerate(terms_of_sum(line.shown))]


def _term(n: int, minus: bool, term: sp.Expr) -> str:
    sign = "- " if minus else "+ " if n else ""
    return sign + latex(term)


def _labels(derivation: Derivation) -> list[str]:
    """Labels that differ: eq:energy, eq:gradient-v, eq:hessian-v-h."""
    found: list[str] = []
    many = len({line.about for line in derivation.lines if line.label == "states"}) > 1
    for line in derivation.lines:
        about = line.about if many or line.label in ("states", "parameters") else ()
        label = "-".join(("eq:" + line.label.lower().replace(" ", "-"), *about))
        found.append(label if label not in found else f"{label}-{found.count(label) + 1}")
    return found

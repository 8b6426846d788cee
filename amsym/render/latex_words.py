r"""Sentences in LaTeX, for any engine: signs and Greek letters go into mathematics, → is $\to$ and r₊ is r$_{+}$."""

from __future__ import annotations

import re
import unicodedata

from amsym.render.latex import COMMANDS

_ESCAPED = {c: "\\" + c for c in "&%$#_{}"} | {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}
# Text fonts of old have other signs at the places of <, > and |.
_SIGNS = {c: c for c in "<>|"} | {
    "∇": r"\nabla", "∂": r"\partial", "Σ": r"\sum", "∑": r"\sum", "∫": r"\int", "√": r"\surd", "∞": r"\infty", "…": r"\ldots",
    "≤": r"\leq", "≥": r"\geq", "≠": r"\neq", "≈": r"\approx", "⪯": r"\preceq", "⪰": r"\succeq", "∈": r"\in", "∅": r"\emptyset",
    "→": r"\to", "←": r"\leftarrow", "·": r"\cdot", "×": r"\times", "⊗": r"\otimes", "±": r"\pm", "∓": r"\mp", "−": "-",
    "‖": r"\|", "⟨": r"\langle", "⟩": r"\rangle", "ℝ": r"\mathrm{R}", "ᵀ": "^{T}", "′": "'",
}  # fmt: skip
_ACCENTS = {"\u0307": r"\dot", "\u0304": r"\bar"}
_RAISED = re.compile(r"\$([\^_])\{[^{}]*\}\$(?:\$\1\{[^{}]*\}\$)+")
_PIECES = re.compile("(?s).[\u0307\u0304]?")


def in_latex(words: str) -> str:
    r"""Words with nothing in them but ASCII, as far as their signs are known here.

    >>> in_latex("E → -∞ as r₊ → ∞")
    'E $\\to$ -$\\infty$ as r$_{+}$ $\\to$ $\\infty$'
    """
    return _RAISED.sub(_joined, "".join(map(_piece, _PIECES.findall(words))))


def _joined(found: re.Match[str]) -> str:
    """Superscripts, or subscripts, in a row as one: 10⁻¹² is 10$^{-12}$."""
    return f"${found[1]}{{{''.join(re.findall(r'{([^{}]*)}', found[0]))}}}$"


def _piece(found: str) -> str:
    """One character, with the dot or bar above it."""
    apart = unicodedata.normalize("NFD", found)
    if apart[1:] in _ACCENTS:
        return f"${_ACCENTS[apart[1:]]}{{{COMMANDS.get(apart[0], apart[0])}}}$"
    sign = _SIGNS.get(found) or COMMANDS.get(found) or _composed(found)
    return _ESCAPED.get(found) or (f"${sign.strip()}$" if sign else found)


def _composed(c: str) -> str:
    """Superscripts, subscripts and fractions that are one character: ², ₊, ⁽, ½."""
    kind, _, parts = unicodedata.decomposition(c).partition(" ")
    plain = "".join(chr(int(code, 16)) for code in parts.split()).replace("\u2212", "-") if kind.startswith("<") else ""
    if kind == "<fraction>":
        above, below = plain.split("\u2044")
        return rf"\frac{{{above}}}{{{below}}}"
    return f"{'^' if kind == '<super>' else '_'}{{{plain}}}" if kind in ("<super>", "<sub>") else ""

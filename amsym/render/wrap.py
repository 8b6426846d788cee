"""Break a long formula before + and -, outside brackets where that is enough; nothing is ever cut off.

Where a term alone is too long, the line breaks between its factors, then inside its brackets, each step further in.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len

# Brackets inside brackets inside brackets ...: formulas met so far nest up to nine deep.
DEEPEST = 12
INWARD = "  "
_SIGNS = ("+", "-")
_BOUND = ("/", "=", "≠", "<", ">", "≤", "≥", "←", "∈")


def wrapped(formula: str, width: int) -> list[str]:
    """The formula in lines of at most `width` columns; a piece without a place to break stays whole.

    >>> wrapped("aa + bb - cc", 8)
    ['aa + bb', '- cc']
    """
    return _lines(_Piece(formula, 0), width, 0)


class _Piece(NamedTuple):
    """A part of the formula and how many brackets are open where it starts."""

    text: str
    level: int

    @property
    def width(self) -> int:
        return cell_len(self.text)


def _lines(whole: _Piece, width: int, step: int, used: int = 0) -> list[str]:
    """Pieces of this step side by side while they fit; one that is too long is broken at the places of the next step.

    `used`: so many columns of the first line are taken already.
    """
    if used + whole.width <= width or step == 2 * DEEPEST:
        return [whole.text]
    depth, between_factors = divmod(step, 2)
    lines: list[str] = []
    for piece in _cut(whole, depth, _between_factors if between_factors else _before_a_sign):
        taken = cell_len(lines[-1]) + 1 + (used if len(lines) == 1 else 0) if lines else used
        fits = taken + piece.width <= width
        beside = not lines or fits or (between_factors and piece.width > width - len(INWARD))
        more = [piece.text] if fits else _broken(piece, width, step + 1, taken if beside else 0)
        if lines and beside and taken + cell_len(more[0]) <= width:
            lines[-1] += f" {more[0]}"
            lines += more[1:]
        else:
            lines += more
    return lines


def _broken(piece: _Piece, width: int, step: int, used: int) -> list[str]:
    if used + piece.width <= width:
        return [piece.text]
    first, *rest = _lines(piece, width - len(INWARD), step, used - len(INWARD))
    return [first, *(INWARD + more for more in rest)]


def _before_a_sign(before: str, after: str) -> bool:
    return after in _SIGNS


def _between_factors(before: str, after: str) -> bool:
    """Not between Σ and its summand, nor beside a relation; a divisor keeps its slash."""
    return before not in (*_SIGNS, *_BOUND) and after not in (*_SIGNS, *_BOUND[1:]) and not before.startswith("Σ")


def _cut(whole: _Piece, depth: int, allowed: Callable[[str, str], bool]) -> list[_Piece]:
    """Cut at the spaces at this depth of brackets whose neighbours allow it."""
    words = whole.text.split(" ")
    found, level = [_Piece(words[0], whole.level)], whole.level + _opened(words[0])
    for before, after in pairwise(words):
        if level == depth and allowed(before.lstrip("-([") or before, after):
            found.append(_Piece(after, level))
        else:
            found[-1] = _Piece(f"{found[-1].text} {after}", found[-1].level)
        level += _opened(after)
    return found


def _opened(word: str) -> int:
    return sum((c in "([{") - (c in ")]}") for c in word)

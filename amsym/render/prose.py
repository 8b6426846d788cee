"""Formulas inside sentences: y[i] is read as y_i, tanh(y[i])**2 as tanh(y_i)²."""

from __future__ import annotations

import re

from amsym.render.names import joined_indices, letter, name_of

_COMPONENT = re.compile(r"\b([^\W\d]\w*)\[(\w+(?:, \w+)*)\]")
_POWER = re.compile(r"\*\*(\d+)\b")
_WORD = re.compile(r"\b(alpha|beta|gamma|delta|epsilon|eps|eta|theta|kappa|lambda|lamda|mu|nu|xi|rho|sigma|tau|phi|psi|omega)(?=\b|_)")
_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def prose(words: str) -> str:
    """The sentence with its formulas as they are read.

    >>> prose("M = diag(1 - tanh(beta*y[i])**2) for every W[i, j]")
    'M = diag(1 - tanh(β y_i)²) for every W_ij'
    """
    words = _COMPONENT.sub(_indexed, words)
    words = _POWER.sub(lambda m: m[1].translate(_DIGITS), words)
    return re.sub(r"(?<=[\w)\]]) ?\* ?(?=[\w(\[∂Σ])", " ", _WORD.sub(lambda m: letter(m[1]), words))


def _indexed(found: re.Match[str]) -> str:
    name = name_of(found[1])
    indices = joined_indices(tuple(letter(i) for i in found[2].split(", ")))
    return name.head + "_" + ",".join((*name.below, indices))

"""Formulas inside sentences: y[i] is read as y_i, tanh(y[i])**2 as tanh(y_i)², y[i] <= 0 as y_i ≤ 0, 1.5e-12 as 1.5·10⁻¹²."""

from __future__ import annotations

import re

from amsym.render.names import joined_indices, letter, name_of
from amsym.render.numbers import DIGITS

_COMPONENT = re.compile(r"\b([^\W\d]\w*)\[(\w+(?:, \w+)*)\]")
_POWER = re.compile(r"(?:\*\*|\^)(\d+)\b")
_PRODUCT = re.compile(r"(?<=[\w)\]…]) ?\* ?(?=[\w(\[∂Σ])")
_TEN = re.compile(r"(?<![\w.])(\d+(?:\.\d*)?…?)e([+-]?\d+)\b")
_WORD = re.compile(r"\b(alpha|beta|gamma|delta|epsilon|eps|eta|theta|kappa|lambda|lamda|mu|nu|xi|rho|sigma|tau|phi|psi|omega)(?=\b|_)")
_SIGNS = {"<=": "≤", ">=": "≥"}
# Indices that a proof made up, _1 and site0, alone or below a sum sign; and where the letters of a sentence stand.
_INNER, _SUM = re.compile(r"(?<!\w)(?:_\d+|site\d+)\b"), re.compile(r"Σ_((?:_\d+|site\d+)(?:,(?:_\d+|site\d+))*)(?!\w)")
_LETTERED = re.compile(r"\[([^\W\d]\w*(?:, \w+)*)\]|Σ_([^\W\d_]+)")


def prose(words: str) -> str:
    """The sentence with its formulas as they are read.

    >>> prose("M = diag(1 - tanh(beta*y[i])**2) for every W[i, j]")
    'M = diag(1 - tanh(β y_i)²) for every W_ij'
    >>> prose("flow C^0, E ~ -r**3/2 and rises as |y|^2")
    'flow C⁰, E ~ -r³/2 and rises as |y|²'
    """
    words = _COMPONENT.sub(_indexed, _with_letters(words))
    words = _POWER.sub(lambda m: m[1].translate(DIGITS), words)
    words = re.sub("[<>]=", lambda m: _SIGNS[m[0]], _TEN.sub(_power_of_ten, words))
    return _PRODUCT.sub(" ", _WORD.sub(lambda m: letter(m[1]), words))


def _with_letters(words: str) -> str:
    """The sentence with i, j, ... for the indices that a proof made up, those that it does not use already.

    >>> _with_letters("Σ__1,_2 U[_2, _1]*x[_2] with b[i]")
    'Σ_jk U[k, j]*x[k] with b[i]'
    """
    inner = list(dict.fromkeys(_INNER.findall(_SUM.sub(lambda m: m[1].replace(",", " "), words))))
    if not inner:
        return words
    others = _INNER.sub("0", _SUM.sub(" ", words))
    used = {c for m in _LETTERED.finditer(others) for c in re.findall(r"[^\W\d_]", m[1] or m[2])}
    names = dict(zip(inner, (c for c in "ijklmnpqrsuvwabc" if c not in used), strict=False))
    words = _SUM.sub(lambda m: "Σ_" + joined_indices(tuple(names.get(n, n) for n in m[1].split(","))), words)
    return _INNER.sub(lambda m: names.get(m[0], m[0]), words)


def _power_of_ten(found: re.Match[str]) -> str:
    mantissa, power = found[1], str(int(found[2])).translate(DIGITS)
    return f"10{power}" if mantissa == "1" else f"{mantissa}·10{power}"


def _indexed(found: re.Match[str]) -> str:
    name = name_of(found[1])
    indices = joined_indices(tuple(letter(i) for i in found[2].split(", ")))
    return name.head + "_" + ",".join((*name.below, indices))

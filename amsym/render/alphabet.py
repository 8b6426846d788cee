"""The letters beside a letter: j, k, ... after i, ν after μ, i2 after i1; without those that mean something in every derivation."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

# Left out: d, e, t of dE/dt and e^x, f and g for flow and activation, o; E, L, M, R; δ, ε, λ, π and those that look Latin.
_LATIN = "abchijklmnpqrsuvwxyz"
_CAPITAL = "ABCFGHIJKNPQSTUVWXYZ"
_GREEK = ("alpha", "beta", "gamma", "zeta", "eta", "theta", "kappa", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega")
_SIGNS = "αβγζηθκμνξρστφχψω"
_ALPHABETS: tuple[tuple[str, ...], ...] = (tuple(_LATIN), tuple(_CAPITAL), _GREEK, tuple(_SIGNS))


def neighbours(name: str) -> Iterator[str]:
    """Names like the given one, the nearest first; where the alphabet ends they are numbered.

    >>> from itertools import islice
    >>> [list(islice(neighbours(name), 3)) for name in ("i", "a", "mu", "i1", "w")]
    [['j', 'k', 'l'], ['b', 'c', 'h'], ['nu', 'xi', 'rho'], ['i2', 'i3', 'i4'], ['x', 'y', 'z']]
    """
    for alphabet in _ALPHABETS:
        if name in alphabet or (len(name) == 1 == len(alphabet[0]) and min(alphabet) <= name <= max(alphabet)):
            later = [n for n in alphabet if _place(n, alphabet) > _place(name, alphabet)]
            yield from later
            yield from (n for n in alphabet if n not in later and n != name)
    stem = name.rstrip("0123456789")
    start = int(name[len(stem) :] or 0) + 1
    yield from (f"{stem}{n}" for n in count(start))


def _place(name: str, alphabet: tuple[str, ...]) -> float:
    """The place in the alphabet; a letter that was left out stands where it would."""
    if name in alphabet:
        return alphabet.index(name)
    return sum(n < name for n in alphabet) - 0.5

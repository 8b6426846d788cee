"""The indices that a derivation writes: the author's own first, then their neighbours in the alphabet, and no letter for two axes.

With x_i over N and r_a over K a second index of N is j and one of K is b, whatever letters other sums of the author's use.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from amsym.notation import Component, Index, Tensor, fresh_index, rename
from amsym.render.alphabet import neighbours
from amsym.render.names import letter, name_of
from amsym.render.words import words
from amsym.system import System

# Letters for an axis: formulas met so far use up to five at a time.
EACH = 8
Letters = dict[str, tuple[str, ...]]


@lru_cache(maxsize=256)
def letters(system: System) -> Letters:
    """The letters of each axis, the author's own first; no two axes share one.

    >>> from amsym import zoo
    >>> letters(zoo.softmax_memory().system)["N"][:2], letters(zoo.softmax_memory().system)["K"][:2]
    (('i', 'k'), ('j', 'l'))
    """
    found = _own(system)
    given = {axis: (*found[axis], *system.letters.get(axis, ()), "i")[0] for axis in found}
    taken = {letter(name) for own in found.values() for name in own} | _names(system)
    for count in range(1, EACH + 1):
        for axis, own in found.items():
            if len(own) < count:
                own.append(next(n for n in neighbours(given[axis]) if n not in taken and letter(n) not in taken))
                taken.add(letter(own[-1]))
    return {axis: tuple(own) for axis, own in found.items()}


def _own(system: System) -> dict[str, list[str]]:
    """The author's letters by axis; one that is used for several axes belongs to the first state with it, else where letters are few."""
    used = {axis: dict.fromkeys(system.letters.get(axis, ())) for axis in system.axes}
    owner: dict[str, str] = {}
    for c in system.equations:
        for i in c.where:
            owner.setdefault(letter(i.name), i.axis)
    for name in sorted({letter(n) for names in used.values() for n in names} - set(owner)):
        axes = [axis for axis, names in used.items() if name in map(letter, names)]
        owner[name] = min(axes, key=list(owner.values()).count)
    return {axis: sorted(n for n in names if owner[letter(n)] == axis) for axis, names in used.items()}


def _names(system: System) -> set[str]:
    """Names that a formula of the system may show: an index that is called like a bias would be read as one."""
    plain = {*(t.name for t in (*system.states, *system.parameters)), *(s.name for s in system.scalars), *system.axes}
    return plain | {name_of(n).head for n in plain}


@lru_cache(maxsize=256)
def _renamed(system: System) -> dict[Index, Index]:
    """The author's indices of states whose letters belong to another axis, and what they are called instead."""
    places = list(dict.fromkeys(i for c in system.equations for i in c.where))
    kept = {i for i in places if i.name in letters(system)[i.axis]}
    new: dict[Index, Index] = {}
    for i in (i for i in places if i not in kept):
        taken = {j.name for j in (*kept, *new.values()) if j.axis == i.axis}
        new[i] = fresh_index(i.axis, {*kept, *new.values()}, next((n for n in letters(system)[i.axis] if n not in taken), None))
    return new


def where(system: System, s: Tensor) -> tuple[Index, ...]:
    """The indices of a state: those that the author gave it, where their letters are free."""
    return tuple(_renamed(system).get(i, i) for i in system.indices(s))


def at(system: System, s: Tensor) -> Any:
    """The state's component at these indices."""
    found = where(system, s)
    return s[found] if found else Component(s)


def second(system: System, s: Tensor, avoid: tuple[Index, ...]) -> tuple[Index, ...]:
    """Further indices over the state's axes."""
    found: list[Index] = []
    for axis in s.axes:
        taken = {i.name for i in (*avoid, *found)}
        like = next((n for n in letters(system).get(axis, ()) if n not in taken), None)
        found.append(fresh_index(axis, {*avoid, *found}, like))
    return tuple(found)


def relettered(system: System, expr: Any) -> Any:
    """A formula at the author's indices, at those of the derivation."""
    return rename(expr, _renamed(system))


def said(system: System, expr: Any) -> str:
    """A formula of the system in a sentence, in the letters of its derivation."""
    return words(relettered(system, expr), letters(system))


__all__ = ["at", "letters", "relettered", "said", "second", "where"]

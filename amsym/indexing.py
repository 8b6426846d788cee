"""The indices that a derivation writes: the author's own first, fresh letters where these run out."""

from __future__ import annotations

from typing import Any

from amsym.notation import Component, Index, Tensor, fresh_index
from amsym.system import System


def where(system: System, s: Tensor) -> tuple[Index, ...]:
    """The indices that the author gave the state."""
    return system.indices(s)


def at(system: System, s: Tensor) -> Any:
    """The state's component at the author's indices."""
    found = where(system, s)
    return s[found] if found else Component(s)


def second(system: System, s: Tensor, avoid: tuple[Index, ...]) -> tuple[Index, ...]:
    """Further indices over the state's axes, in the author's letters where there are enough."""
    found: list[Index] = []
    for axis in s.axes:
        taken = {i.name for i in (*avoid, *found)}
        like = next((n for n in system.letters.get(axis, ()) if n not in taken), None)
        found.append(fresh_index(axis, {*avoid, *found}, like))
    return tuple(found)

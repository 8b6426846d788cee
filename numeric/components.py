"""Components by number or by name: with v of size 2 packed in front of h, number 3 is h[1], "h[1]" and ("h", 1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from amsym.system import System

Pick: TypeAlias = int | str | tuple[Any, ...]
Name: TypeAlias = tuple[str, tuple[int, ...]]  # of a state, and the place of one component in it


def component_names(system: System, sizes: Mapping[str, int]) -> list[Name]:
    """Every component in the order in which states are packed."""
    return [(s.name, place) for s in system.states for place in np.ndindex(*(sizes[axis] for axis in s.axes))]


def text(name: Name) -> str:
    """The component in plain words, y[0]."""
    return f"{name[0]}[{', '.join(map(str, name[1]))}]" if name[1] else name[0]


def parts_of(pick: int | str) -> tuple[Any, ...]:
    """("y", 2) of "y[2]", as captions write it."""
    found = re.fullmatch(r"(\w+)\[(\d+(?:, ?\d+)*)\]", pick) if isinstance(pick, str) else None
    return (found[1], *map(int, found[2].split(","))) if found else (pick,)


class Components:
    """All components of the states of a system at these sizes, in the order in which states are packed."""

    def __init__(self, system: System, sizes: Mapping[str, int]) -> None:
        self._shapes = {s.name: tuple(sizes[axis] for axis in s.axes) for s in system.states}
        ends = np.cumsum([prod(shape) for shape in self._shapes.values()])
        self._first = {name: int(end) - prod(shape) for (name, shape), end in zip(self._shapes.items(), ends, strict=True)}
        self.count = int(ends[-1])

    def text(self, number: int) -> str:
        """The component as it is written, s[3]."""
        name = [name for name, first in self._first.items() if first <= number][-1]
        return text((name, tuple(int(k) for k in np.unravel_index(number - self._first[name], self._shapes[name]))))

    def numbers(self, pick: Any, what: str) -> NDArray[np.intp]:
        """The packed numbers that `pick` names, one, or all those of a state; `what` is the argument that errors name.

        Raises InputError where it names none.

        >>> from amsym.zoo import softmax_memory
        >>> Components(softmax_memory().system, {"N": 2, "K": 3}).numbers("h", "order")
        array([2, 3, 4])
        """
        pick = pick.item() if isinstance(pick, (np.generic, np.ndarray)) and np.ndim(pick) == 0 else pick
        if isinstance(pick, bool):
            raise InputError(f"{what} holds {pick}; numbers of components were expected: say np.flatnonzero(mask)")
        if isinstance(pick, str) and pick in self._shapes:
            return np.arange(self._first[pick], self._first[pick] + prod(self._shapes[pick]))
        number = pick if isinstance(pick, int) else self._named(pick)
        if number is None or not 0 <= number < self.count:
            last = f"{self.count - 1} or {self.text(self.count - 1)!r}"
            raise InputError(f"{what} holds {pick!r}, which names no component; the last is {last}: mend it, and make a block a list")
        return np.array([number])

    def _named(self, pick: Any) -> int | None:
        """The number of "h[1]", ("h", 1), or (1, 2) where there is one state; None where there is no such component."""
        parts = pick if isinstance(pick, tuple) else parts_of(pick)
        if len(self._shapes) == 1 and parts and not isinstance(parts[0], str):
            parts = (*self._shapes, *parts)
        name, place = (parts[0], parts[1:]) if parts else (None, ())
        shape = self._shapes.get(name) if isinstance(name, str) else None
        whole = all(isinstance(k, (int, np.integer)) and not isinstance(k, bool) for k in place)
        if shape is None or not whole or len(place) != len(shape) or not all(0 <= k < n for k, n in zip(place, shape, strict=True)):
            return None
        return self._first[str(name)] + int(np.ravel_multi_index(place, shape)) if shape else self._first[str(name)]

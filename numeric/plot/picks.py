"""Naming components of a state: y[2] is 2, or ("y", 2); W[1, 2] is (1, 2); with several states say ("v", 2), "v[2]", or "v"."""

from __future__ import annotations

from collections.abc import Sequence

from amsym.errors import InputError
from numeric.components import Name, Pick, component_names, parts_of, text

__all__ = ["Name", "Pick", "component_names", "label", "picked", "place_of", "text"]


def picked(plane: Sequence[Pick] | None, names: list[Name]) -> tuple[int, int]:
    """The packed numbers of the horizontal and the vertical component; the two that there are where plane is None.

    Raises InputError where there are not two to take, or where `plane` does not name two.
    """
    if plane is None:
        if len(names) != 2:
            raise InputError(_not_two(names))
        return 0, 1
    if isinstance(plane, str) or len(plane) != 2:
        raise InputError(f"plane is {plane!r}; two components were expected: say {_example(names)}")
    first, second = (place_of(pick, names) for pick in plane)
    if first == second:
        raise InputError(f"plane={plane!r} names {text(names[first])} twice; two different components were expected: say {_example(names)}")
    return first, second


def label(name: Name) -> str:
    """The component as mathematics, $y_{0}$."""
    return f"${name[0]}_{{{','.join(map(str, name[1]))}}}$" if name[1] else f"${name[0]}$"


def place_of(pick: Pick, names: list[Name]) -> int:
    """The packed number of one component; raises InputError where it is none."""
    parts = pick if isinstance(pick, tuple) else parts_of(pick)
    states = list(dict.fromkeys(state for state, _ in names))
    if not isinstance(parts[0], str) and len(states) == 1:
        parts = (states[0], *parts)
    matching = [n for n, (state, place) in enumerate(names) if (state, place) == (parts[0], tuple(parts[1:]))]
    whole = [n for n, (state, _) in enumerate(names) if parts == (state,)]
    if len(matching or whole) != 1:
        raise InputError(f"plane names {pick!r}, which is no component of the state; say {_example(names)}")
    return (matching or whole)[0]


def _not_two(names: list[Name]) -> str:
    if len(names) == 1:
        return f"the state has 1 component ({text(names[0])}); a picture needs 2: draw its energy as a curve"
    shown = ", ".join(map(text, names[:3])) + (", ..." if len(names) > 3 else "")
    return f"the state has {len(names)} components ({shown}); a picture needs 2: choose {_example(names)}, hold the rest with at=state"


def _example(names: list[Name]) -> str:
    """How `plane` is written for this state."""
    several = len({state for state, _ in names}) > 1

    def pick(name: Name) -> Pick:
        state, place = name
        return (state, *place) if several else place[0] if len(place) == 1 else place

    return f"plane=({pick(names[0])!r}, {pick(names[-1])!r})"

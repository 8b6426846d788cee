"""The points of a sweep: the Cartesian product of its axes, the last axis fastest, or a list of points."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np

from amsym.errors import InputError

LISTED = "point"  # the one axis of a list of points
KEPT = "rng"  # the argument that a sweep fills in itself


@dataclass(frozen=True)
class Grid:
    """Named axes and their values; where `listed`, the only axis holds whole points as dicts."""

    axes: dict[str, tuple[Any, ...]]
    listed: bool = False

    @classmethod
    def of(cls, grid: Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]]) -> Grid:
        """The grid that the user wrote.

        >>> Grid.of({"beta": [1.0, 2.0], "N": range(3)}).shape
        (2, 3)

        Raises InputError for an axis that is empty, has no order or more than one dimension, or holds nan or a value twice.
        """
        if isinstance(grid, Mapping):
            return cls({_name(name): _axis(name, values) for name, values in grid.items()})
        if not isinstance(grid, Sequence) or isinstance(grid, str) or not all(isinstance(point, Mapping) for point in grid):
            raise InputError(f"the grid is {_kind(grid)}; {{'beta': [1.0, 2.0]}} or a list of points, {{'beta': 1.0}} each, was expected")
        points = tuple({_name(name): _number(value) for name, value in point.items()} for point in grid)
        for place, point in enumerate(points):
            if point.keys() != points[0].keys():
                raise InputError(f"point {place} names {_names(point)}, point 0 {_names(points[0])}; the same names were expected in all")
            for name, value in point.items():
                if _is_nan(value):
                    raise InputError(f"point {place} holds nan for '{name}'; values that can be told apart were expected: drop or mend it")
        if not points:
            raise InputError("the grid is an empty list; at least one point was expected: [{'beta': 1.0}]")
        return cls({LISTED: points}, listed=True)

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return tuple(len(values) for values in self.axes.values())

    @property
    def size(self) -> int:
        """How many points there are."""
        return math.prod(self.shape)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the arguments that a point gives."""
        return tuple(self.axes[LISTED][0]) if self.listed else tuple(self.axes)

    def point(self, place: int) -> dict[str, Any]:
        """The arguments of the point at `place`, counted with the last axis fastest.

        >>> Grid.of({"beta": [1.0, 2.0], "N": range(3)}).point(4)
        {'beta': 2.0, 'N': 1}
        """
        if self.listed:
            return dict(self.axes[LISTED][place])
        at = np.unravel_index(place, self.shape)
        return {name: values[k] for (name, values), k in zip(self.axes.items(), at, strict=True)}

    def json(self) -> str:
        """The axes as text that tells 1 from 1.0 and keeps every digit.

        Raises InputError for values that are no real numbers, strings, truth values or None.
        """
        for name, values in self.axes.items():
            for value in values:
                for plain in value.values() if self.listed else (value,):
                    if not (plain is None or isinstance(plain, (bool, int, float, str))):
                        raise InputError(
                            f"axis '{name}' holds {_kind(plain)}, which no file keeps; real numbers, strings, truth values or None were "
                            "expected: let the grid name it, and the function look it up"
                        )
        return json.dumps(self.axes)


def words(point: Mapping[str, Any]) -> str:
    """A point as one reads it.

    >>> words({"beta": 4.0, "rule": "hebb"})
    "beta=4.0, rule='hebb'"
    """
    return ", ".join(f"{name}={value!r}" for name, value in point.items()) or "the only point"


def _axis(name: str, values: Any) -> tuple[Any, ...]:
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise InputError(f"axis '{name}' has shape {values.shape}; one dimension was expected: give its rows as a list")
    if isinstance(values, (str, bytes, Mapping, set, frozenset)) or not (isinstance(values, Iterable) and isinstance(values, Sized)):
        raise InputError(f"axis '{name}' is {_kind(values)}; a sequence of values was expected: put them in a list")
    axis = tuple(_number(value) for value in values)
    if not axis:
        raise InputError(f"axis '{name}' is empty; at least one value was expected: drop the axis or give it a value")
    _check_labels(name, axis)
    return axis


def _check_labels(name: str, axis: tuple[Any, ...]) -> None:
    seen: dict[Any, int] = {}
    for k, value in enumerate(axis):
        if _is_nan(value):
            raise InputError(f"axis '{name}' holds nan at place {k}; values that can be told apart were expected: drop or mend it")
        if isinstance(value, (bool, int, float, str)) and seen.setdefault(value, k) != k:
            raise InputError(f"axis '{name}' holds {value!r} twice, at places {seen[value]} and {k}; drop one, or add an axis of repeats")


def _name(name: Any) -> str:
    if not isinstance(name, str) or name == KEPT:
        expected = f"'{KEPT}' is the generator that a sweep makes itself" if name == KEPT else "a string was expected"
        raise InputError(f"the grid has the name {name!r}; {expected}: choose another")
    return name


def _number(value: Any) -> Any:
    """NumPy's scalars as Python's, so that a value is the same whether it came from an array, a list or a file."""
    return value.item() if isinstance(value, np.generic) else value


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _names(point: Mapping[str, Any]) -> str:
    return ", ".join(point) or "nothing"


def _kind(value: Any) -> str:
    return type(value).__name__

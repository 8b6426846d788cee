"""Answers as they come, a row each, and the array of an output that they make: the same for every order of arrival."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.sweep.grid import Grid, words

Array = NDArray[Any]
# The widest of each kind; unsigned comes before signed, and both together need floats.
WIDEST = {"b": np.bool_, "u": np.uint64, "i": np.int64, "f": np.float64, "c": np.complex128}
ORDER = "buifc"


class Rows:
    """The outputs of the points that are done, by place; all points have the same outputs, each of one shape."""

    def __init__(self, grid: Grid) -> None:
        """No answers yet."""
        self._grid = grid
        self._rows: dict[int, dict[str, Array]] = {}
        self._first: int | None = None

    def __len__(self) -> int:
        """How many points are done."""
        return len(self._rows)

    def __contains__(self, place: int) -> bool:
        """Whether the point at `place` is done."""
        return place in self._rows

    def add(self, place: int, outputs: dict[str, Array]) -> None:
        """Enter the answer of a point.

        Raises InputError, naming both points, where it differs from an earlier one in its outputs or their shapes.
        """
        if self._first is None:
            self._first = place
        first = self._rows.get(self._first, outputs)
        if outputs.keys() != first.keys() or any(outputs[name].shape != first[name].shape for name in first):
            here, there = (f"{_shapes(row)} at {words(self._grid.point(k))}" for k, row in ((place, outputs), (self._first, first)))
            raise InputError(f"the function gives {here}, but {there}; the same outputs and shapes were expected at every point: pad them")
        self._rows[place] = outputs

    def columns(self) -> tuple[NDArray[np.int64], dict[str, Array]]:
        """The places that are done, rising, and each output there, (places, shape of the output)."""
        places = sorted(self._rows)
        names = self._rows[places[0]] if places else {}
        columns = {name: stacked(self._rows[place][name] for place in places) for name in names}
        return np.array(places, dtype=np.int64), columns


def stacked(arrays: Iterable[Array]) -> Array:
    """One array of arrays of one shape, whose dtype depends on no order.

    >>> stacked([np.array(1), np.array(0.5)])
    array([1. , 0.5])
    """
    found = list(arrays)
    return np.stack(found, dtype=functools.reduce(joined, {array.dtype for array in found}), casting="unsafe")


def joined(a: np.dtype[Any], b: np.dtype[Any]) -> np.dtype[Any]:
    """Their own dtype if they are equal, else the widest of the later kind.

    NumPy's promotion is not associative: (int16, uint16), then float32 gives float64; (uint16, float32), then int16 gives float32.
    """
    if a == b:
        return a
    kinds = {a.kind, b.kind}
    return np.dtype(WIDEST["f" if kinds == {"u", "i"} else max(kinds, key=ORDER.index)])


def spread(places: NDArray[np.int64], column: Array, shape: tuple[int, ...]) -> Array:
    """An output over the whole grid, (shape of the grid, shape of the output); NaN at points that are not done."""
    size = int(np.prod(shape))
    if len(places) == size:
        return column.reshape((*shape, *column.shape[1:]))
    dtype = column.dtype if column.dtype.kind in "fc" else np.float64
    full = np.full((size, *column.shape[1:]), np.nan, dtype)
    full[places] = column
    return full.reshape((*shape, *column.shape[1:]))


def _shapes(row: Mapping[str, Array]) -> str:
    return ", ".join(f"{name} of shape {array.shape}" for name, array in row.items())

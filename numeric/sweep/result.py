"""Sweep: values[output][i, j, ...] is the output at axes[first][i], axes[second][j]; labelled, and kept in one file."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.sweep.files import Record, read, write
from numeric.sweep.grid import LISTED, Grid, words
from numeric.sweep.rows import spread
from numeric.sweep.task import Failure

Array = NDArray[Any]
NEAR = 1e-9  # labels of floats that differ by less, relatively, are one: 0.1 * 3 and 0.3


@dataclass(frozen=True, repr=False, eq=False)
class Sweep:
    """A function's outputs over a grid.

    `axes` holds the values of each axis by name; the only axis of a list of points is "point", and its values are dicts.
    `values` holds each output as an array (lengths of the axes..., shape of the output); the output of a function that
    returns no dict is called "value". `done` (lengths of the axes) tells the points that have a result, the others hold
    NaN. `failures` lists the points that raised. Two sweeps are equal if all of this is, dtypes and NaN included.
    """

    axes: dict[str, tuple[Any, ...]]
    values: dict[str, Array]
    done: NDArray[np.bool_]
    failures: tuple[Failure, ...] = ()
    function: str = ""
    seed: int = 0
    listed: bool = False

    @classmethod
    def of(cls, grid: Grid, places: NDArray[np.int64], columns: dict[str, Array], **rest: Any) -> Sweep:
        """The sweep whose points at `places` are done, with the outputs `columns` there, (places, shape of the output)."""
        done = np.zeros(grid.size, dtype=bool)
        done[places] = True
        values = {name: spread(places, column, grid.shape) for name, column in columns.items()}
        return cls(grid.axes, values, done.reshape(grid.shape), listed=grid.listed, **rest)

    @property
    def complete(self) -> bool:
        """Whether every point has a result."""
        return bool(self.done.all())

    @property
    def points(self) -> list[dict[str, Any]]:
        """The arguments of each point, in the order of `done.ravel()`."""
        grid = Grid(self.axes, self.listed)
        return [grid.point(place) for place in range(grid.size)]

    def __getitem__(self, name: str) -> Array:
        """An output by name.

        Raises InputError for a name that the function did not return.
        """
        if name not in self.values:
            known = ", ".join(repr(output) for output in self.values) or "none, as no point has a result"
            raise InputError(f"the sweep has no output {name!r}; its outputs are {known}")
        return self.values[name]

    def select(self, **chosen: Any) -> Sweep:
        """The part where the axes named have these values; they are dropped. Of a list of points, those that have them.

        >>> from numeric.sweep import sweep
        >>> s = sweep(lambda a, b: 10 * a + b, {"a": [1, 2], "b": [3, 4]}, progress=False)
        >>> s.select(a=2)["value"]
        array([23, 24])

        Raises InputError for an unknown axis or value.
        """
        if self.listed:
            return self._part((self._matching(chosen),), {LISTED: self.axes[LISTED]}, chosen)
        places = {name: _place(name, self._axis(name), value) for name, value in chosen.items()}
        at = tuple(places.get(name, slice(None)) for name in self.axes)
        return self._part(at, {name: axis for name, axis in self.axes.items() if name not in chosen}, chosen)

    def save(self, path: str | Path) -> None:
        """Write it to one .npz file, whole or not at all; what stood there before is replaced.

        Raises InputError where an axis holds other things than real numbers, strings, truth values and None.
        """
        grid = Grid(self.axes, self.listed)
        places = np.flatnonzero(self.done)
        columns = {name: value.reshape((grid.size, *value.shape[len(grid.shape) :]))[places] for name, value in self.values.items()}
        identity = {"function": self.function, "seed": self.seed, "listed": self.listed, "axes": grid.json()}
        write(Path(path), Record(identity, places, columns, tuple(_packed(failure) for failure in self.failures)))

    @classmethod
    def load(cls, path: str | Path) -> Sweep:
        """The sweep that `save` wrote, or that a checkpoint holds so far.

        Raises InputError for a file that is missing, damaged, or none of a sweep.
        """
        record = read(Path(path))
        identity = record.identity
        axes = {name: tuple(values) for name, values in json.loads(identity["axes"]).items()}
        failures = tuple(Failure(**failure) for failure in record.failures)
        rest = {"failures": failures, "function": identity["function"], "seed": identity["seed"]}
        return cls.of(Grid(axes, identity["listed"]), record.places, record.columns, **rest)

    def __eq__(self, other: object) -> bool:
        """Whether axes, outputs, points done, failures, function and seed are equal."""
        if not isinstance(other, Sweep):
            return NotImplemented
        plain = all(getattr(self, name) == getattr(other, name) for name in ("failures", "function", "seed", "listed"))
        return plain and _same_axes(self.axes, other.axes) and np.array_equal(self.done, other.done) and _same(self.values, other.values)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """One line: the function, the axes, the outputs, and what is missing."""
        from numeric.sweep.table import line

        return line(self)

    def __str__(self) -> str:
        """The line and a table of the points."""
        from numeric.sweep.table import table

        return table(self)

    def _axis(self, name: str) -> tuple[Any, ...]:
        if name not in self.axes:
            raise InputError(f"the sweep has no axis {name!r}; its axes are {', '.join(self.axes) or 'all chosen already'}")
        return self.axes[name]

    def _matching(self, chosen: dict[str, Any]) -> NDArray[np.int64]:
        """The places of a list's points that have the values chosen."""
        points = self.axes[LISTED]
        for name in chosen:
            if name not in points[0]:
                raise InputError(f"the points have no {name!r}; they have {', '.join(points[0])}")
        found = [k for k, point in enumerate(points) if all(_alike(point[name], value) for name, value in chosen.items())]
        if not found:
            raise InputError(f"no point has {words(chosen)}; see .points")
        return np.array(found)

    def _part(self, at: tuple[Any, ...], axes: dict[str, tuple[Any, ...]], chosen: dict[str, Any]) -> Sweep:
        if self.listed:
            axes = {LISTED: tuple(axes[LISTED][k] for k in at[0])}
        values = {name: np.asarray(value[at]) for name, value in self.values.items()}
        failures = tuple(f for f in self.failures if all(_alike(f.point[name], value) for name, value in chosen.items()))
        return Sweep(axes, values, np.asarray(self.done[at]), failures, self.function, self.seed, self.listed)


def _place(name: str, axis: tuple[Any, ...], value: Any) -> int:
    """Where the axis has the value: exactly, else to nine digits."""
    for alike in (_equal, _alike):
        found = [k for k, label in enumerate(axis) if alike(label, value)]
        if len(found) == 1:
            return found[0]
    shown = ", ".join(map(repr, axis[:10])) + (", ..." if len(axis) > 10 else "")
    raise InputError(f"axis '{name}' has no value {value!r}; it has {shown}: choose one of these")


def _alike(a: Any, b: Any) -> bool:
    numbers = all(isinstance(x, (int, float, np.number)) for x in (a, b))
    return math.isclose(a, b, rel_tol=NEAR) if numbers else _equal(a, b)


def _equal(a: Any, b: Any) -> bool:
    """Of labels, which may be arrays."""
    return bool(np.all(a == b))


def _same_axes(mine: dict[str, tuple[Any, ...]], other: dict[str, tuple[Any, ...]]) -> bool:
    if [(name, len(axis)) for name, axis in mine.items()] != [(name, len(axis)) for name, axis in other.items()]:
        return False
    return all(_equal(a, b) for name in mine for a, b in zip(mine[name], other[name], strict=True))


def _same(mine: dict[str, Array], other: dict[str, Array]) -> bool:
    if list(mine) != list(other):
        return False
    pairs = [(mine[name], other[name]) for name in mine]
    return all(a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def _packed(failure: Failure) -> dict[str, Any]:
    return {"point": failure.point, "error": failure.error, "traceback": failure.traceback}

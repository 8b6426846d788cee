"""States as the caller has them, an array or named arrays with any batch axes, and as rows (batch, axes...)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from amsym.notation import Tensor

Array = NDArray[Any]
Shape = tuple[int, ...]
FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


@dataclass(frozen=True)
class Rows:
    """A state read: arrays (rows, axes...) by name, the caller's batch axes, and whether it came by name."""

    arrays: dict[str, Array]
    lead: Shape
    named: bool
    dtype: np.dtype[Any]
    sizes: dict[str, int]

    @property
    def count(self) -> int:
        """The number of rows."""
        return prod(self.lead)


def read(states: Sequence[Tensor], state: Any, known: Mapping[str, int]) -> Rows:
    """Read a caller's state; integers become float64, float32 and float64 stay.

    Raises InputError for missing or unknown names, shapes that do not fit, and complex or other entries.
    """
    named = isinstance(state, Mapping)
    given = _by_name(states, state) if named else _single(states, state)
    sizes = dict(known)
    lead: Shape | None = None
    first = ""
    for tensor in states:
        array = given[tensor.name]
        mine = _lead(tensor, array, sizes)
        if lead is not None and mine != lead:
            raise InputError(
                f"state '{tensor.name}' has the batch axes {mine}, state '{first}' has {lead}; one batch was expected: broadcast them"
            )
        lead, first = mine, tensor.name
    assert lead is not None
    dtype = np.result_type(*(a.dtype for a in given.values()))
    rows = prod(lead)
    arrays = {s.name: _rows(given[s.name], dtype, (rows, *(sizes[a] for a in s.axes))) for s in states}
    return Rows(arrays, lead, named, dtype, sizes)


def _rows(array: Array, dtype: Any, shape: Shape) -> Array:
    array = array.astype(dtype, copy=False).reshape(shape)
    return array if len(shape) < 3 and (len(shape) < 2 or array.strides[1] == array.itemsize) else np.ascontiguousarray(array)


def _by_name(states: Sequence[Tensor], state: Mapping[Any, Any]) -> dict[str, Array]:
    given = {str(getattr(key, "name", key)): value for key, value in state.items()}
    names = [s.name for s in states]
    for name in names:
        if name not in given:
            got = ", ".join(given) or "none"
            raise InputError(f"the state has no '{name}'; the states are {', '.join(names)}, got {got}: add '{name}'")
    for name in given:
        if name not in names:
            raise InputError(f"the state has an unknown '{name}'; the states are {', '.join(names)}: leave it out")
    return {name: _array(name, given[name]) for name in names}


def _single(states: Sequence[Tensor], state: Any) -> dict[str, Array]:
    if len(states) != 1:
        names = ", ".join(f"'{s.name}': ..." for s in states)
        raise InputError(f"the state is {type(state).__name__}; the system has {len(states)} states: pass {{{names}}}")
    return {states[0].name: _array(states[0].name, state)}


def _array(name: str, value: Any) -> Array:
    array = value if isinstance(value, np.ndarray) else _converted(name, value)
    if array.dtype in FLOATS:
        return array
    if array.dtype.kind == "c":
        raise InputError(f"state '{name}' is complex; real numbers were expected: pass its real part")
    if array.dtype.kind not in "fiub":
        raise InputError(f"state '{name}' holds {told(array.dtype)}; real numbers were expected: convert it to float")
    return array.astype(np.float64)


def told(dtype: np.dtype[Any]) -> str:
    """What entries that are no numbers are.

    >>> told(np.array(["0.1"]).dtype), told(np.array([None]).dtype)
    ('text', 'Python objects')
    """
    return {"U": "text", "S": "bytes", "O": "Python objects"}.get(dtype.kind, str(dtype))


def _converted(name: str, value: Any) -> Array:
    try:
        return np.asarray(value)
    except ValueError as error:
        raise InputError(f"state '{name}' is a ragged sequence; a rectangular array was expected: give all rows one length") from error


def _lead(tensor: Tensor, array: Array, sizes: dict[str, int]) -> Shape:
    """The batch axes in front; sizes that nothing else fixed are entered."""
    width = len(tensor.axes)
    words = " ".join(tensor.axes)
    if array.ndim < width:
        raise InputError(f"state '{tensor.name}' has shape {array.shape}; axes '{words}' were expected, after any batch axes: add them")
    cut = array.ndim - width
    for axis, n in zip(tensor.axes, array.shape[cut:], strict=True):
        expected = sizes.setdefault(axis, n)
        if n != expected or n == 0:
            raise InputError(
                f"state '{tensor.name}' has shape {array.shape}; axis '{axis}' of '{words}' has size {expected or 'at least 1'}, got {n}: "
                f"give its last {'axis' if width == 1 else f'{width} axes'} the right length"
            )
    return array.shape[:cut]


class Packing:
    """States side by side in rows (batch, n)."""

    def __init__(self, states: Sequence[Tensor], sizes: Mapping[str, int]) -> None:
        self._shapes = {s.name: tuple(sizes[a] for a in s.axes) for s in states}
        ends = np.cumsum([prod(shape) for shape in self._shapes.values()]).tolist()
        self._parts = {name: slice(end - prod(shape), end) for (name, shape), end in zip(self._shapes.items(), ends, strict=True)}
        self.width: int = ends[-1]
        self._whole = next(iter(self._shapes)) if len(self._shapes) == 1 else None

    @property
    def names(self) -> tuple[str, ...]:
        """The states in packed order."""
        return tuple(self._shapes)

    def part(self, name: str) -> slice:
        """Where a state lies within a row."""
        return self._parts[name]

    def size(self, name: str) -> int:
        """The number of components of a state."""
        return prod(self._shapes[name])

    def join(self, rows: Rows) -> Array:
        """Arrays by name as one contiguous array (rows, n), never the caller's own memory."""
        flat = [a.reshape(rows.count, -1) if a.size else a.reshape(rows.count, prod(a.shape[1:])) for a in rows.arrays.values()]
        return np.array(flat[0], order="C") if len(flat) == 1 else np.concatenate(flat, axis=1)

    def split(self, packed: Array) -> dict[str, Array]:
        """Views (rows, axes...) of packed rows; several axes come contiguous, by a copy if need be."""
        return {name: _contiguous(a) for name, a in self.views(packed).items()}

    def views(self, packed: Array) -> dict[str, Array]:
        """The states within packed rows, (rows, axes...)."""
        if self._whole is not None:
            return {self._whole: packed if len(self._shapes[self._whole]) == 1 else packed.reshape(len(packed), *self._shapes[self._whole])}
        return {name: packed[:, part].reshape(len(packed), *self._shapes[name]) for name, part in self._parts.items()}

    def stacks(self, packed: Array) -> dict[str, Array]:
        """The states within stacks of packed rows, (stack, rows, axes...), as views."""
        return {name: packed[..., part].reshape((*packed.shape[:-1], *self._shapes[name])) for name, part in self._parts.items()}

    def shape(self, name: str) -> Shape:
        """The axes of a state."""
        return self._shapes[name]

    def restore(self, packed: Array, lead: Shape, named: bool) -> Any:
        """Packed rows in the caller's structure."""
        arrays = {name: packed[:, part].reshape((*lead, *self._shapes[name])) for name, part in self._parts.items()}
        return arrays if named else next(iter(arrays.values()))


def _contiguous(array: Array) -> Array:
    return array if array.ndim < 3 else np.ascontiguousarray(array)

"""Clamped components stay where they started: dy/dt = m ⊙ f(y), m = 0 at a clamped component and 1 elsewhere.

Where activations act one by one the energy still falls. Where one couples an axis, as a layer normalisation does, and part
of that axis is clamped, it may rise, dE/dt = -<m ⊙ f, Λ f> with a Λ that is not diagonal; such trajectories end as
ENERGY_ROSE, unless `energy_check=False`.
Source: modern_methods eq. (5.9).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.field import Array, Field, Restore


class Clamped:
    """A field whose flow is zero at the clamped components; everything else is the field's own."""

    def __init__(self, field: Any, free: NDArray[np.bool_]) -> None:
        """`free` (n,) is False where a component is clamped."""
        self._field, self.free = field, free

    def __getattr__(self, name: str) -> Any:
        return getattr(self._field, name)

    def packed_flow(self, y: Array, out: Array | None = None, t: Any = 0.0) -> Array:
        """m ⊙ f(y, t), (batch, n)."""
        f = self._field.packed_flow(y, out=out, t=t)
        return np.multiply(f, self.free, out=f)

    def packed_gradient(self, y: Array, t: Any = 0.0) -> Array:
        """m ⊙ ∂E/∂y, (batch, n): the slopes of E for what may move."""
        return np.asarray(self._field.packed_gradient(y, t=t) * self.free)

    def packed_jacobian(self, y: Array, t: Any = 0.0) -> Array:
        """diag(m) ∂f/∂y, (batch, n, n)."""
        J: Array = self._field.packed_jacobian(y, t=t)
        return np.multiply(J, self.free[:, None], out=J)

    def packed_jvp(self, y: Array, u: Array, t: Any = 0.0, **restricted: Any) -> Array:
        """m ⊙ (∂f/∂y u), (batch, n)."""
        return np.asarray(self._field.packed_jvp(y, u, t, **restricted) * self.free)

    def packed_slopes(self, y: Array, t: Any = 0.0, rows: Any = None) -> Array:
        """m ⊙ the diagonals of diagonal blocks, (batch, n)."""
        return np.asarray(self._field.packed_slopes(y, t, rows) * self.free)

    def packed_time_slope(self, y: Array, t: Any = 0.0) -> Array:
        """m ⊙ ∂f/∂t, (batch, n)."""
        return np.asarray(self._field.packed_time_slope(y, t) * self.free)

    def packed_flow_of(self, y: Array, rows: Any, t: Any = 0.0, out: Array | None = None) -> Array:
        """m ⊙ f(y, t) of some states, (batch, n)."""
        f: Array = self._field.packed_flow_of(y, rows, t, out)
        for name in rows:
            part = self._field.layout(y.shape[1])[name]
            f[:, part] *= self.free[part]
        return f

    def packed_blocks(self, y: Array, pairs: Any, t: Any = 0.0) -> dict[Any, Array]:
        """Blocks of diag(m) ∂f/∂y by (row, column)."""
        layout = self._field.layout(y.shape[1])
        return {(a, b): J * self.free[layout[a]][:, None] for (a, b), J in self._field.packed_blocks(y, pairs, t).items()}


def clamp_groups(clamp: Any, field: Field, y: Array, restore: Restore) -> list[tuple[Field, NDArray[np.intp]]]:
    """The fields to integrate, each with the trajectories that have its clamp; one field where nothing is clamped.

    clamp: a mask in the shape of one state or of the start, True where a component is clamped; {name: mask} for some of
    several states, or for the only one. Raises InputError for another shape, or for anything but truth values.
    """
    if clamp is None:
        return [(field, np.arange(len(y)))]
    masks = _packed(clamp, field, y, restore)
    kinds, which = np.unique(masks, axis=0, return_inverse=True)
    return [(_clamped(field, ~kind), np.flatnonzero(which.reshape(-1) == k)) for k, kind in enumerate(kinds)]


def _clamped(field: Field, free: NDArray[np.bool_]) -> Field:
    return field if free.all() else Clamped(field, free)


def _packed(clamp: Any, field: Field, y: Array, restore: Restore) -> NDArray[np.bool_]:
    """The masks of all trajectories, (batch, n)."""
    state: Any = restore(np.zeros_like(y))
    if isinstance(state, Mapping):
        named = clamp if isinstance(clamp, Mapping) else {}
        unknown = set(map(str, named)) - set(state)
        if not named or unknown:
            raise InputError(
                f"clamp is {clamp!r}; masks by name were expected, of {', '.join(state)}: clamp={{'{next(iter(state))}': mask}}"
            )
        for name, mask in named.items():
            state[str(name)][...] = _mask(mask, state[str(name)].shape, f"clamp of '{name}'")
    else:
        state = np.array(_mask(_of_one_state(clamp, field.state_names[0]), np.shape(state), "clamp"), dtype=y.dtype)
    return np.asarray(field.pack(state)[0] != 0)


def _of_one_state(clamp: Any, name: str) -> Any:
    """The mask of the only state, given as such or by its name."""
    if not isinstance(clamp, Mapping):
        return clamp
    if list(map(str, clamp)) != [name]:
        raise InputError(f"clamp is {clamp!r}; a mask of '{name}' was expected, the only state: clamp={{'{name}': mask}}")
    return next(iter(clamp.values()))


def _mask(mask: Any, shape: tuple[int, ...], what: str) -> NDArray[np.bool_]:
    try:
        array = np.asarray(mask)
    except ValueError:
        raise InputError(
            f"{what} is a ragged sequence; a mask was expected in the shape {shape} of the start: give all rows one length"
        ) from None
    if array.dtype != bool:
        raise InputError(f"{what} holds {array.dtype}; truth values were expected, True where a component is clamped: say mask == 1")
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise InputError(f"{what} has shape {array.shape}; the shape {shape} of the start was expected, or that of one state") from None

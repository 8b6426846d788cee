"""A field is a flow dy/dt = f(y, t) on packed rows (batch, n), and perhaps the energy E(y, t) that it lowers.

Integrators see states only as packed rows: every named state of one trajectory flattened and laid side by side. The
field that packed them knows how to restore the caller's structure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
State: TypeAlias = ArrayLike | Mapping[str, ArrayLike]
Restored: TypeAlias = Array | dict[str, Array]


class Restore(Protocol):
    """Packed rows (rows, n) back to the caller's structure, an array or a dict of arrays."""

    def __call__(self, packed: Array, batch_shape: tuple[int, ...] | None = None) -> Restored:
        """Unpack `packed`; `batch_shape` are the leading axes wanted, None those that the caller's state had."""
        ...


class Flow(Protocol):
    """dy/dt = f(y, t) of packed rows (batch, n), each row at its own time."""

    def __call__(self, y: Array, out: Array | None = None, t: Any = 0.0) -> Array:
        """f(y, t) of shape (batch, n), written to `out` if one is given; `t` is a number or an array (batch,)."""
        ...


class Field(Protocol):
    """What a simulation needs of a bound model, and no more."""

    @property
    def state_names(self) -> tuple[str, ...]:
        """Names of the states, in the order in which they are packed."""
        ...

    @property
    def has_energy(self) -> bool:
        """Whether `packed_energy` may be called."""
        ...

    def pack(self, state: Any) -> tuple[Array, Restore]:
        """A state with any leading batch axes as contiguous rows (batch, n), and the way back."""
        ...

    def packed_flow(self, y: Array, out: Array | None = None, t: Any = 0.0) -> Array:
        """f(y, t) of shape (batch, n); `t` is a number or an array (batch,)."""
        ...

    def packed_energy(self, y: Array, t: Any = 0.0) -> Array:
        """E(y, t) of shape (batch,); `t` is a number or an array (batch,)."""
        ...

"""J u and the blocks of J = ∂f/∂y at packed rows (batch, n): what implicit methods and spectra need of a bound model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from amsym.system import System
from numeric.couplings import Couplings, couplings, fixed_blocks, leaking
from numeric.directional import directions_of
from numeric.formulas import Kind, pair_name
from numeric.layout import FLOATS, Packing
from numeric.program import BoundProgram

Array = NDArray[Any]
Pair = tuple[str, str]


class Linearised(ABC):
    """The derivatives of the flow of a bound model, on packed rows."""

    system: System

    @property
    @abstractmethod
    def state_names(self) -> tuple[str, ...]:
        """The names of the states, in the order in which they are packed."""

    @abstractmethod
    def pack(self, state: Any) -> tuple[Array, Any]:
        """The state as contiguous rows (batch, n), and the way back."""

    @abstractmethod
    def packing(self, width: int) -> tuple[Packing, dict[str, int]]:
        """How packed rows of this width are laid out, and the sizes of all axes."""

    @abstractmethod
    def _program(self, kind: Kind, sizes: dict[str, int]) -> BoundProgram:
        """The program of this kind."""

    @cached_property
    def couplings(self) -> Couplings:
        """Which blocks of the Jacobian are "none", "diagonal" or "full", by (row, column). See `numeric.couplings`."""
        return couplings(self.system)

    @cached_property
    def leaks(self) -> tuple[str, ...]:
        """The states whose own blocks are diagonal and constant, such as a layer (drive - y) / tau."""
        return leaking(self.system)

    @cached_property
    def fixed_blocks(self) -> frozenset[Pair]:
        """The blocks of the Jacobian that neither a state nor time changes, by (row, column)."""
        return fixed_blocks(self.system)

    @property
    def depends_on_time(self) -> bool:
        """Whether t appears in the equations."""
        return self.system.depends_on_time

    def layout(self, width: int) -> dict[str, slice]:
        """Where each state lies within packed rows of this width."""
        packing, _ = self.packing(width)
        return {name: packing.part(name) for name in self.state_names}

    def jvp(self, state: Any, direction: Any, t: float = 0.0) -> Any:
        """J u, the derivative of the flow along a direction u, both in the state's structure; no matrix is formed.

        Raises InputError where the direction has another batch or shape than the state.
        """
        y, restore = self.pack(state)
        u, _ = self.pack(direction)
        if u.shape != y.shape:
            raise InputError(f"the direction has rows {u.shape}, the state {y.shape}; equal ones were expected: broadcast the direction")
        return restore(self.packed_jvp(y, u.astype(y.dtype, copy=False), t))

    def packed_flow_of(self, y: Array, rows: Collection[str], t: Any = 0.0, out: Array | None = None) -> Array:
        """f(y, t) of the states named, (batch, n); the others are left as they are in `out`, or 0."""
        return self._into(("flow", self._names(rows)), _floats(y), t, out)

    def packed_jvp(
        self,
        y: Array,
        u: Array,
        t: Any = 0.0,
        out: Array | None = None,
        rows: Collection[str] | None = None,
        moving: Collection[str] | None = None,
    ) -> Array:
        """J(y, t) u of packed rows, (batch, n): one row of products like the flow's own.

        `rows` names the states whose components are wanted, the others are left as they are in `out`, or 0; `moving` those
        along which u counts. With few of either, less is computed.
        """
        kind = "jvp", self._names(rows), self._names(moving)
        y = _floats(y)
        packing, _ = self.packing(y.shape[1])
        along = packing.split(np.ascontiguousarray(u, y.dtype))
        directions = {d.name: along[s.name] for s, d in directions_of(self.system).items()}
        return self._into(kind, y, t, out, directions)

    def packed_slopes(self, y: Array, t: Any = 0.0, rows: Collection[str] | None = None) -> Array:
        """∂f_i/∂y_i of packed rows, (batch, n), for the states named, whose own blocks are diagonal; 0 elsewhere."""
        return self._into(("slopes", self._names(rows)), _floats(y), t, None)

    def packed_time_slope(self, y: Array, t: Any = 0.0) -> Array:
        """∂f/∂t at fixed y of packed rows, (batch, n)."""
        return self._into("time_slope", _floats(y), t, None)

    def packed_jacobian(self, y: Array, t: Any = 0.0) -> Array:
        """∂f_i/∂y_j of packed rows, (batch, n, n), in packed order."""
        return self._matrix("jacobian", y, t)

    def packed_hessian(self, y: Array, t: Any = 0.0) -> Array:
        """∂²E/∂y_i∂y_j of packed rows, (batch, n, n), in packed order."""
        return self._matrix("hessian", y, t)

    def packed_blocks(self, y: Array, pairs: Sequence[Pair], t: Any = 0.0) -> dict[Pair, Array]:
        """The blocks ∂f_a/∂b named by (a, b), each (batch, n_a, n_b), axes flattened."""
        return self._pair_blocks(("jacobian", tuple(pairs)), y, pairs, t)

    def _matrix(self, kind: str, y: Array, t: Any) -> Array:
        names = self.state_names
        blocks = self._pair_blocks(kind, y, [(a, b) for a in names for b in names], t)
        return np.concatenate([np.concatenate([blocks[a, b] for b in names], axis=2) for a in names], axis=1)

    def _pair_blocks(self, kind: Kind, y: Array, pairs: Sequence[Pair], t: Any) -> dict[Pair, Array]:
        y = _floats(y)
        packing, sizes = self.packing(y.shape[1])
        program = self._program(kind, sizes)
        results = {name: np.empty((len(y), *shape), y.dtype) for name, shape in program.program.outputs.items()}
        program.run(packing.split(y), t, results, len(y), y.dtype)
        return {(a, b): results[pair_name(a, b)].reshape(len(y), packing.size(a), packing.size(b)) for a, b in pairs}

    def _names(self, names: Collection[str] | None) -> tuple[str, ...]:
        return self.state_names if names is None else tuple(s for s in self.state_names if s in names)

    def _into(self, kind: Kind, y: Array, t: Any, out: Array | None, more: Mapping[str, Array] | None = None) -> Array:
        """Run a program whose outputs are some of the states, into rows (batch, n)."""
        packing, sizes = self.packing(y.shape[1])
        result = np.zeros_like(y) if out is None else out
        if isinstance(kind, tuple) and not kind[1]:
            return result
        program = self._program(kind, sizes)
        views = {name: view for name, view in packing.views(result).items() if name in program.program.outputs}
        ready = {n: v if v.ndim < 3 and not np.may_share_memory(v, y) else np.empty(v.shape, v.dtype) for n, v in views.items()}
        program.run({**packing.split(y), **(more or {})}, t, ready, len(y), y.dtype)
        for name, array in ready.items():
            if array is not views[name]:
                views[name][...] = array
        return result


def _floats(y: Array) -> Array:
    return np.ascontiguousarray(y, y.dtype if y.dtype in FLOATS else np.float64)

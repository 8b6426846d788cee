"""A model with its parameters: call flow, energy and their derivatives with states, one or a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.formulas import Kind, Outputs, pair_name
from numeric.graph import Graph
from numeric.layout import FLOATS, Packing, Rows, read
from numeric.linearised import Linearised
from numeric.program import BoundProgram

if TYPE_CHECKING:
    from numeric.compile import Model

Array = NDArray[Any]


class Bound(Linearised):
    """Parameters checked once, programs made on first use.

    A state is an array (axes...) or {name: array}, each with any batch axes in front; results have the structure and the
    batch axes of the state, in its precision (float32 or float64; integers become float64). `t` is a number or an array of
    the batch axes. `out` takes the result and may be the state itself. Calls check shapes and dtypes, not NaN.
    Results are never memory that a later call writes to, and calls may come from several threads.
    """

    def __init__(self, model: Model, params: Mapping[str, Array], sizes: Mapping[str, int]) -> None:
        self.model, self.system = model, model.system
        self.params, self.sizes = dict(params), dict(sizes)
        self._zeros = frozenset(name for name, a in self.params.items() if not np.all(a))
        self._programs: dict[Any, BoundProgram] = {}
        self._packings: dict[int, tuple[Packing, dict[str, int]]] = {}

    def __repr__(self) -> str:
        sizes = ", ".join(f"{axis} = {n}" for axis, n in self.sizes.items()) or "sizes by the state"
        return f"{self.system.name}, compiled, with {', '.join(self.params) or 'no parameters'} ({sizes})"

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of the states, in the order in which they are packed."""
        return tuple(s.name for s in self.system.states)

    @property
    def has_flow(self) -> bool:
        """Whether the system has a flow."""
        return self.system.flow is not None

    @property
    def has_energy(self) -> bool:
        """Whether the system has an energy."""
        return self.system.energy is not None

    # On states as the caller has them

    def flow(self, state: Any, t: Any = 0.0, *, out: Any = None) -> Any:
        """dy/dt at a state, in the state's structure. Raises InputError where the system has an update instead."""
        return self._like_state("flow", state, t, out)

    def energy(self, state: Any, t: Any = 0.0, *, out: Any = None) -> Any:
        """E, a float, or an array of the batch axes. Raises InputError where the system has none."""
        return self._number("energy", state, t, out)

    def flow_and_energy(self, state: Any, t: Any = 0.0, *, out: Any = None) -> tuple[Any, Any]:
        """Both at once, sharing what they have in common; `out` is for the flow."""
        rows = self._read(state)
        results = self._run("flow_and_energy", rows, t, self._targets(rows, out))
        energy = results.pop("energy")
        return _structured(rows, results) if out is None else self._delivered(rows, results, out), _scalar(rows, energy)

    def gradient(self, state: Any, t: Any = 0.0, *, out: Any = None) -> Any:
        """∂E/∂y, in the state's structure."""
        return self._like_state("gradient", state, t, out)

    def energy_rate(self, state: Any, t: Any = 0.0, *, out: Any = None) -> Any:
        """dE/dt along the flow, a float, or an array of the batch axes."""
        return self._number("energy_rate", state, t, out)

    def update(self, state: Any, t: Any = 0.0, *, out: Any = None) -> Any:
        """The next state where all components are updated at once. Raises InputError where the system has a flow."""
        return self._like_state("update", state, t, out)

    def jacobian(self, state: Any, t: Any = 0.0) -> Any:
        """∂f_i/∂y_j as (batch..., axes of f, axes of y); {name: {name: array}} for states given by name."""
        return self._blocks("jacobian", state, t)

    def hessian(self, state: Any, t: Any = 0.0) -> Any:
        """∂²E/∂y_i∂y_j as (batch..., axes, axes); {name: {name: array}} for states given by name."""
        return self._blocks("hessian", state, t)

    def source(self, kind: str = "flow", sizes: Mapping[str, int] | None = None) -> str:
        """The Python source that runs: of "flow", "energy", "jacobian" ...; `sizes` for axes that no parameter has."""
        return self._program(kind, {**self.sizes, **(sizes or {})}).program.source

    # On packed rows (batch, n)

    def pack(self, state: Any) -> tuple[Array, Any]:
        """The state as contiguous rows (batch, n), and restore(packed, batch_shape=None), the way back."""
        rows = self._read(state)
        packing = Packing(self.system.states, rows.sizes)
        self._packings[packing.width] = packing, rows.sizes

        def restore(packed: Array, batch_shape: tuple[int, ...] | None = None) -> Any:
            return packing.restore(packed, rows.lead if batch_shape is None else tuple(batch_shape), rows.named)

        return packing.join(rows), restore

    def packed_flow(self, y: Array, out: Array | None = None, t: Any = 0.0) -> Array:
        """f(y, t) of packed rows, (batch, n); `t` is a number or (batch,)."""
        return self._packed("flow", y, out, t)

    def packed_update(self, y: Array, out: Array | None = None, t: Any = 0.0) -> Array:
        """The next state of packed rows, (batch, n)."""
        return self._packed("update", y, out, t)

    def packed_flow_and_energy(self, y: Array, out: Array | None = None, t: Any = 0.0) -> tuple[Array, Array]:
        """f(y, t), (batch, n), and E, (batch,), at once."""
        energy = np.empty(len(y), y.dtype)
        return self._packed("flow_and_energy", y, out, t, {"energy": energy}), energy

    def packed_energy(self, y: Array, t: Any = 0.0) -> Array:
        """E of packed rows, (batch,)."""
        packing, sizes = self.packing(y.shape[1])
        energy = np.empty(len(y), y.dtype)
        self._program("energy", sizes).run(packing.split(y), t, {"energy": energy}, len(y), y.dtype)
        return energy

    def packed_gradient(self, y: Array, t: Any = 0.0) -> Array:
        """∂E/∂y of packed rows, (batch, n)."""
        return self._packed("gradient", y, None, t)

    def packing(self, width: int) -> tuple[Packing, dict[str, int]]:
        """How packed rows of this width are laid out, and the sizes of all axes.

        Raises InputError where the width does not fit the states.
        """
        found = self._packings.get(width)
        if found is None:
            found = self._packings[width] = self._laid_out(width)
        return found

    def lowered(self, kind: Kind, width: int) -> tuple[Graph, Outputs]:
        """The nodes of "flow", "energy" ... for packed rows of this width, with all exponentials shifted, and the outputs among them."""
        low, results = self.model.lowered(kind, self.packing(width)[1], self._zeros)
        return low.graph, results

    # Inner workings

    def _read(self, state: Any) -> Rows:
        return read(self.system.states, state, self.sizes)

    def _program(self, kind: Kind, sizes: dict[str, int]) -> BoundProgram:
        key = (kind, tuple(sizes.items()))
        found = self._programs.get(key)
        if found is None:
            hasty = self.model.program(kind, sizes, self._zeros)
            found = BoundProgram(hasty, self.params, lambda: self.model.program(kind, sizes, self._zeros, careful=True))
            self._programs[key] = found
        return found

    def _run(self, kind: str, rows: Rows, t: Any, results: dict[str, Array] | None = None) -> dict[str, Array]:
        program = self._program(kind, rows.sizes)
        results = {} if results is None else results
        for name, shape in program.program.outputs.items():
            if name not in results:
                results[name] = np.empty((rows.count, *shape), rows.dtype)
        program.run(rows.arrays, _times(t, rows.lead), results, rows.count, rows.dtype)
        return results

    def _like_state(self, kind: str, state: Any, t: Any, out: Any) -> Any:
        rows = self._read(state)
        results = self._run(kind, rows, t, self._targets(rows, out))
        return _structured(rows, results) if out is None else self._delivered(rows, results, out)

    def _named(self, rows: Rows, out: Any) -> dict[str, Array]:
        named = dict(out) if rows.named else {self.state_names[0]: out}
        return {name: _target(name, named.get(name), rows) for name in self.state_names}

    def _targets(self, rows: Rows, out: Any) -> dict[str, Array] | None:
        """The caller's arrays as rows, where a program may write to them directly."""
        if out is None:
            return None
        named = self._named(rows, out)
        fit = {n: a for n, a in named.items() if a.flags.c_contiguous and not any(np.may_share_memory(a, s) for s in rows.arrays.values())}
        return {n: a.reshape(rows.arrays[n].shape) for n, a in fit.items()}

    def _delivered(self, rows: Rows, results: dict[str, Array], out: Any) -> Any:
        for name, target in self._named(rows, out).items():
            if not np.may_share_memory(target, results[name]):
                target[...] = results[name].reshape(target.shape)
        return out

    def _number(self, kind: str, state: Any, t: Any, out: Array | None) -> Any:
        rows = self._read(state)
        energy = self._run(kind, rows, t)["energy"]
        if out is None:
            return _scalar(rows, energy)
        out[...] = energy.reshape(rows.lead)
        return out

    def _blocks(self, kind: str, state: Any, t: Any) -> Any:
        rows = self._read(state)
        results = self._run(kind, rows, t)

        def block(a: str, b: str) -> Array:
            array = results[pair_name(a, b)]
            return array.reshape((*rows.lead, *array.shape[1:]))

        blocks = {a: {b: block(a, b) for b in self.state_names} for a in self.state_names}
        return blocks if rows.named else blocks[self.state_names[0]][self.state_names[0]]

    def _laid_out(self, width: int) -> tuple[Packing, dict[str, int]]:
        sizes = dict(self.sizes)
        missing = [a for s in self.system.states for a in s.axes if a not in sizes]
        if len(missing) == 1 == len(self.system.states[0].axes) == len(self.system.states):
            sizes[missing[0]] = width
        elif missing:
            raise InputError(f"rows have width {width}, but sizes of axes {missing} are unknown: pack a state, or bind(params, sizes=...)")
        packing = Packing(self.system.states, sizes)
        if packing.width != width:
            raise InputError(f"packed rows have width {width}; the states need {packing.width}: pack a state with pack()")
        return packing, sizes

    def _packed(self, kind: str, y: Array, out: Array | None, t: Any, more: Mapping[str, Array] | None = None) -> Array:
        y = np.ascontiguousarray(y, y.dtype if y.dtype in FLOATS else np.float64)
        packing, sizes = self.packing(y.shape[1])
        direct = out is not None and out.dtype == y.dtype and out.flags.c_contiguous and not np.may_share_memory(out, y)
        result = out if direct and out is not None else np.empty_like(y)
        views = packing.views(result)
        targets = {n: v if v.ndim < 3 or v.flags.c_contiguous else np.empty(v.shape, v.dtype) for n, v in views.items()}
        self._program(kind, sizes).run(packing.split(y), t, {**targets, **(more or {})}, len(y), y.dtype)
        for name, target in targets.items():
            if target is not views[name]:
                views[name][...] = target
        if out is not None and result is not out:
            out[...] = result
        return result if out is None else out


def _times(t: Any, lead: tuple[int, ...]) -> Any:
    """The time of each row, or one for all."""
    if isinstance(t, (int, float)):
        return t
    array = np.asarray(t, dtype=np.float64)
    if array.ndim and array.shape != lead:
        raise InputError(f"t has shape {array.shape}; a number or the batch axes {lead} were expected: give each state its time")
    return array.reshape(-1) if array.ndim else array


def _structured(rows: Rows, results: dict[str, Array]) -> Any:
    arrays = {name: a.reshape((*rows.lead, *a.shape[1:])) for name, a in results.items()}
    return arrays if rows.named else next(iter(arrays.values()))


def _scalar(rows: Rows, energy: Array) -> Any:
    return energy.reshape(rows.lead) if rows.lead else float(energy[0])


def _target(name: str, out: Any, rows: Rows) -> Array:
    expected = (*rows.lead, *rows.arrays[name].shape[1:])
    if not isinstance(out, np.ndarray) or out.shape != expected or out.dtype != rows.dtype:
        got = f"{out.dtype} {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        raise InputError(f"out for '{name}' is {got}; an array {rows.dtype} {expected} was expected: make it with np.empty_like(state)")
    return out

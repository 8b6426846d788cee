"""A program with gathered parameters, run on all rows at once in a workspace that it shares with others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.buffers import ordered
from numeric.emit_fixed import fixed_line, fixed_name
from numeric.graph import Node, Value
from numeric.program import NAMES, Program

Array = NDArray[Any]


class Workspace:
    """Buffers by number and kind, one set for all programs: they run one after the other and leave nothing behind."""

    def __init__(self) -> None:
        self._memory: dict[Any, Array] = {}

    def buffers_of(self, program: Program, dtype: Any) -> Callable[[int, int, int], Array]:
        """What `program.prepare` asks for its buffers."""

        def take(number: int, rows: int, entries: int) -> Array:
            kind = np.dtype(bool) if program.buffers[number][1] else np.dtype(dtype)
            known = self._memory.get((number, kind))
            if known is None or known.size < rows * entries:
                known = self._memory[number, kind] = np.empty(rows * entries, kind)
            return known[: rows * entries].reshape(rows, entries)

        return take


class Kernel:
    """A program with its constants; the last number of rows is prepared for."""

    def __init__(self, program: Program, params: Mapping[str, Array], workspace: Workspace) -> None:
        self._program, self._workspace = program, workspace
        self._fixed = program.fixed(params)
        self._ready: tuple[Any, Callable[..., Any]] | None = None

    @property
    def states(self) -> tuple[str, ...]:
        """The names of the inputs that it reads."""
        return self._program.states

    def run(self, inputs: Mapping[str, Array], t: float, outputs: Sequence[Array]) -> None:
        """Compute all outputs (rows, ...), in the program's order."""
        rows, dtype = len(outputs[0]), outputs[0].dtype
        if self._ready is None or self._ready[0] != (rows, dtype):
            self._ready = (rows, dtype), self._prepared(rows, dtype)
        times = np.full(rows, t, dtype) if self._program.timed else None
        self._ready[1](times, *(inputs[name] for name in self.states), *outputs)

    def _prepared(self, rows: int, dtype: Any) -> Callable[..., Any]:
        constants = [a if a.dtype == bool else a.astype(dtype, copy=False) for a in map(np.asarray, self._fixed)]
        constants = [np.ascontiguousarray(a) if a.ndim else a[()] for a in constants]
        return self._program.prepare(rows, dtype, self._workspace.buffers_of(self._program, dtype), *constants)


def fixed_values(nodes: Iterable[Node], sizes: Mapping[str, int], params: Mapping[str, Array]) -> dict[Node, Array]:
    """The arrays of nodes that do not depend on the state."""
    wanted = list(nodes)
    lines = [fixed_line(n, sizes) for n in ordered(Value(n, ()) for n in wanted) if n.op != "const"]
    scope: dict[str, Any] = {**NAMES, "params": params}
    with np.errstate(all="ignore"):
        exec("\n".join(lines), scope)
    return {n: np.asarray(scope[fixed_name(n)]) for n in wanted}

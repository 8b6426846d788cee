"""A compiled program: source executed once, constants made once per model and dtype, batches run in blocks of rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np
import scipy.special
from numpy.typing import NDArray

from numeric.elementwise import NAMED, real_part
from numeric.emit import Outputs, emit
from numeric.graph import Graph, Node

Array = NDArray[Any]

# A block's buffers should stay in cache, yet each block costs every matrix product a packing of its weights. Measured
# with 256 × 1024 layers: blocks of 500 rows (16 MB in float64) are best, of 64 cost 25 to 50 %, one of 1000 rows 1 to 3 %.
BLOCK_BYTES = 16 * 2**20
LEAST_ROWS, MOST_ROWS = 64, 512
# Beyond so many bytes a block has fewer rows than that: one of (rows, N, N) arrays.
MOST_BYTES = 64 * 2**20
# Kernels kept by number of rows, a thread: integrators shrink their batch row by row.
KERNELS = 64

# Sums of exponentials within these are exact to rounding without a shift: what underflows in them is below 1e-26 of the
# sum (single precision), and their third powers do not overflow. Past them a block is done again, with shifts.
MODERATE = {np.dtype(np.float32): (1e-12, 1e12), np.dtype(np.float64): (1e-100, 1e100)}
# After giving up once, so many blocks go to the shifted program directly.
PATIENCE = 32


def moderate(sums: Array) -> bool:
    """Whether all sums are neither tiny nor huge (nor NaN)."""
    low, high = MODERATE[sums.dtype]
    return bool(sums.min() > low and sums.max() < high)


NAMES: dict[str, Any] = {
    "np": np,
    "special": scipy.special,
    "scipy": scipy,
    "numpy": np,
    **NAMED,
    "moderate": moderate,
    "real_part": real_part,
}


class Program:
    """Named outputs, each a value with its axes in order, as executable source.

    `source`: the Python text. `states`: the names of the states that it reads. `hasty`: it may give up on a block of rows.
    """

    def __init__(self, graph: Graph, outputs: Outputs, watched: Collection[Node] = ()) -> None:
        made = emit(graph, outputs, watched)
        self.source, self.states, self.timed, self.hasty, self.buffers = made.text, made.states, made.timed, made.hasty, made.buffers
        self.outputs = {name: tuple(graph.sizes[i.axis] for i in where) for name, _, where in outputs}
        scope = dict(NAMES)
        exec(compile(self.source, "<amsym program>", "exec"), scope)
        self.fixed: Callable[[Mapping[str, Array]], tuple[Any, ...]] = scope["fixed"]
        self.prepare: Callable[..., Callable[..., None]] = scope["prepare"]
        self._floats = sum(n for n, boolean in self.buffers if not boolean) + sum(n for n, boolean in self.buffers if boolean) // 4

    def row_bytes(self, itemsize: int) -> int:
        """The memory that a row takes: workspace, and results."""
        results = sum(int(np.prod(shape)) for shape in self.outputs.values())
        return max(itemsize * (self._floats + 2 * results), 1)


class BoundProgram:
    """A program with its parameters; safe to call from several threads, each has a workspace of its own.

    `careful` makes the program that takes over where a hasty one gives up, when it first does.
    """

    def __init__(self, program: Program, params: Mapping[str, Array], careful: Callable[[], Program] | None = None) -> None:
        self.program = program
        with np.errstate(all="ignore"):
            self._fixed = program.fixed(params)
        self._constants: dict[Any, tuple[Any, ...]] = {}
        self._blocks: dict[Any, int] = {}
        self._local = threading.local()
        self._careful: Callable[[], BoundProgram] | None = None
        if program.hasty and careful is not None:
            self._careful = lru_cache(lambda: BoundProgram(careful(), params))

    def run(self, states: Mapping[str, Array], t: Any, outputs: Mapping[str, Array], rows: int, dtype: Any) -> None:
        """Compute all outputs (rows, axes...) from states (rows, axes...), in blocks of rows."""
        program = self.program
        times = np.broadcast_to(np.asarray(t, dtype), (rows,)) if program.timed or self._careful else None
        with np.errstate(all="ignore"):  # infinities are results here, as in the log of an empty sum
            block = self._block(rows, dtype)
            if block >= rows:
                if rows:
                    self._rows(rows, dtype, times, states, outputs)
                return
            for first in range(0, rows, block):
                part = slice(first, min(first + block, rows))
                here = ({name: a[part] for name, a in arrays.items()} for arrays in (states, outputs))
                self._rows(part.stop - first, dtype, None if times is None else times[part], *here)

    def _rows(self, rows: int, dtype: Any, times: Array | None, states: Mapping[str, Array], outputs: Mapping[str, Array]) -> None:
        """One block; by the careful program, which may read states in another order, where this one gives up, and for a while after."""
        arrays = [*(states[s] for s in self.program.states), *(outputs[name] for name in self.program.outputs)]
        if self._careful is None:
            self._kernel(rows, dtype)(times, *arrays)
            return
        wait = getattr(self._local, "wait", 0)
        if wait == 0 and self._kernel(rows, dtype)(times, *arrays) is not False:
            return
        self._local.wait = wait - 1 if wait else PATIENCE
        self._careful()._rows(rows, dtype, times, states, outputs)

    def _block(self, rows: int, dtype: Any) -> int:
        """Rows a block, in equal blocks."""
        found = self._blocks.get((rows, dtype))
        if found is None:
            found = self._blocks[rows, dtype] = self._equal_blocks(rows, dtype)
        return found

    def _equal_blocks(self, rows: int, dtype: Any) -> int:
        each = self.program.row_bytes(dtype.itemsize)
        most = min(max(BLOCK_BYTES // each, LEAST_ROWS), MOST_ROWS, max(MOST_BYTES // each, 1))
        return rows if rows <= most else ceil(rows / ceil(rows / most))

    def _kernel(self, rows: int, dtype: Any) -> Callable[..., None]:
        kernels: dict[Any, Callable[..., None]] | None = getattr(self._local, "kernels", None)
        if kernels is None:
            kernels = self._local.kernels = {}
            self._local.memory = {}
        kernel = kernels.get((rows, dtype))
        if kernel is None:
            if len(kernels) >= KERNELS:
                kernels.clear()
            kernel = kernels[rows, dtype] = self.program.prepare(rows, dtype, self._buffer(rows, dtype), *self._cast(dtype))
        return kernel

    def _buffer(self, rows: int, dtype: Any) -> Callable[[int, int, int], Array]:
        """Workspace by number: kernels of fewer rows share the memory of those of more."""
        memory: dict[Any, Array] = self._local.memory

        def buffer(number: int, rows: int, entries: int) -> Array:
            kind = np.dtype(bool) if self.program.buffers[number][1] else dtype
            known = memory.get((number, kind))
            if known is None or known.size < rows * entries:
                known = memory[number, kind] = np.empty(rows * entries, kind)
            return known[: rows * entries].reshape(rows, entries)

        return buffer

    def _cast(self, dtype: Any) -> tuple[Any, ...]:
        found = self._constants.get(dtype)
        if found is None:
            found = self._constants[dtype] = tuple(_cast(c, dtype) for c in self._fixed)
        return found


def _cast(constant: Any, dtype: Any) -> Any:
    """In the working dtype, contiguous; truth values stay what they are."""
    array = np.asarray(constant)
    if array.dtype != bool:
        with np.errstate(all="ignore"):
            array = array.astype(dtype, copy=False)
    return np.ascontiguousarray(array) if array.ndim else array[()]

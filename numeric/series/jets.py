"""Taylor coefficients of solutions: y_{k+1} = f_k / (k + 1), all orders of one block of rows while it is in cache.

One pass over the nodes of the flow makes f_k from y_0 .. y_k, so that a sum with fixed weights costs one matrix product an
order. Source: Griewank and Walther, Evaluating Derivatives (2008), chapter 13; Jorba and Zou (2005), Experiment. Math. 14, 99.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any, Protocol

import numpy as np

from amsym.errors import InputError
from numeric.buffers import ordered
from numeric.emit_fixed import fixed_line, fixed_name
from numeric.formulas import Outputs
from numeric.graph import Graph, Node
from numeric.layout import Packing
from numeric.program import NAMES
from numeric.series.arithmetic import Linear
from numeric.series.plan import Plan
from numeric.series.series import Array, Operand, Operation, Series

# All series of a block should stay in cache, yet each block costs every matrix product a packing of its weights, and every
# operation a call. Measured with tanh and N = 256.
BLOCK_BYTES = 8 * 2**20
LEAST_ROWS, MOST_ROWS = 32, 1024


class Formula(Protocol):
    """What a jet needs of a bound model; a clamped one says by `free` (n,) which components move."""

    params: dict[str, Array]

    def lowered(self, kind: str, width: int) -> tuple[Graph, Outputs]:
        """The nodes of the flow, and its outputs."""
        ...

    def packing(self, width: int) -> tuple[Packing, dict[str, int]]:
        """Where each state lies in packed rows, and the sizes of all axes."""
        ...


class Jets:
    """The coefficients y_0 .. y_order of the solutions through packed rows (batch, n), for one width, dtype and order.

    It keeps a workspace, so one thread at a time may use it. Near a kink the coefficients are those of the piece that holds
    just after t. Raises NotationError where a function of the flow has no series.

    >>> import numpy as np
    >>> from amsym.notation import indices, state
    >>> from amsym.system import System
    >>> from numeric.compile import compile
    >>> (i,), y = indices("i", "N"), state("y", "N")
    >>> jets = Jets(compile(System(flow={y[i]: y[i]*(1 - y[i])})).bind(), 1, order=3)
    >>> jets.coefficients(np.array([[0.5]]))[:, 0, 0]  # of 1/(1 + e^-s)
    array([ 0.5       ,  0.25      ,  0.        , -0.02083333])
    """

    def __init__(self, bound: Formula, width: int, dtype: Any = np.float64, order: int = 10) -> None:
        """Plan the operations; the flow of a clamped field is zero at its clamped components.

        Raises InputError for an order below 1, or rows of a width that the states have not.
        """
        if order < 1:
            raise InputError(f"the order is {order}; a whole number of at least 1 was expected: say order=10")
        self.order, self.width, self.dtype = order, width, np.dtype(dtype)
        graph, outputs = bound.lowered("flow", width)
        self._packing = bound.packing(width)[0]
        nodes = ordered([v for _, v, _ in outputs])
        with np.errstate(all="ignore"):
            self._fixed = _fixed_arrays(nodes, graph, bound.params, self.dtype)
            self._plan = Plan(nodes, self._fixed, graph.sizes, order, [v.node for _, v, _ in outputs])
        self._free: Array | None = getattr(bound, "free", None)
        self._outputs = [
            (name, Operand(self._plan.of(v.node), [where.index(i) for i in v.where], len(where))) for name, v, where in outputs
        ]
        self._rows, self._memory = -1, np.empty(0, self.dtype)
        self._settle()

    @property
    def row_bytes(self) -> int:
        """The memory that a row of a block takes."""
        return self.dtype.itemsize * ((self.order + 1) * self.width + sum(s.row_entries(self.order) for s in self._plan.series()))

    def coefficients(self, y: Array, t: Any = 0.0, flow: Array | None = None) -> Array:
        """y_0 .. y_order at rows y (batch, n) and times t, (order + 1, batch, n); `flow` is f(y, t), where it is known."""
        y = np.ascontiguousarray(y, self.dtype)
        result = np.empty((self.order + 1, *y.shape), self.dtype)
        for rows, block in self.blocks(y, t, flow):
            result[:, rows] = block
        for k in range(2, self.order + 1):
            result[k] /= k
        return result

    def blocks(self, y: Array, t: Any = 0.0, flow: Array | None = None) -> Iterator[tuple[slice, Array]]:
        """Block by block: which rows, and their y_0, y_1, 2 y_2, 3 y_3 .., (order + 1, rows, n), to be read before the next block."""
        times = np.broadcast_to(np.asarray(t, self.dtype), (len(y),))
        size = self._block(len(y))
        for first in range(0, len(y), size):
            rows = slice(first, min(first + size, len(y)))
            with np.errstate(all="ignore"):
                terms = self._jet(y[rows], times[rows], None if flow is None else flow[rows])
            yield rows, terms

    def _block(self, rows: int) -> int:
        """Rows a block, in equal blocks."""
        most = min(max(BLOCK_BYTES // self.row_bytes, LEAST_ROWS), MOST_ROWS)
        return ceil(rows / ceil(rows / most)) if rows else 1

    def _settle(self) -> None:
        """Which operations must run at order 0, where f is known; and which results may be written where y_{k+1} is made."""
        self._direct = self._writable()
        for _, operand in self._outputs:
            operand.series.deep |= operand.series in self._direct.values()
            operand.series.valued = True
        readers = Counter(a.series for op in self._plan.operations for a in op.operands)
        readers.update(a.series for _, a in self._outputs)
        for op in self._plan.operations:
            if isinstance(op, Linear):
                op.lodge(readers)
        self._valued = [s for s in self._plan.states.values() if s.valued]
        self._seeding = _seeding(self._plan.operations)

    def _writable(self) -> dict[str, Series]:
        """The outputs whose coefficients may be made where y_{k+1} belongs: not where a clamp changes them after."""
        found: dict[str, Series] = {}
        if self._free is not None:
            return found
        made = {op.out for op in self._plan.operations} - {self._plan.clock}
        for name, operand in self._outputs:
            series = operand.series
            straight = operand.places == tuple(range(len(operand.places)))
            alone = not series.still and not series.rated and series not in found.values()
            if straight and alone and series in made and len(series.shape) == len(self._packing.shape(name)):
                found[name] = series
        return found

    def _lay(self, rows: int) -> None:
        """Lay all arrays out for so many rows."""
        if rows == self._rows:
            return
        orders, plan = self.order, self._plan
        self._stack = self._room(rows)
        views = self._packing.stacks(self._stack)
        for name, state in plan.states.items():
            state.home = (views[name], views[name])
        for name, series in self._direct.items():
            series.home = (views[name][1:], np.empty(0))
        for series in sorted(plan.series(), key=lambda s: s.host is not None):
            series.lay(rows, orders, self.dtype)
        for op in plan.operations:
            op.lay()
        self._targets = [(views[name], operand) for name, operand in self._outputs if name not in self._direct]
        for _, operand in self._targets:
            operand.lay()
        self._rows = rows

    def _room(self, rows: int) -> Array:
        """Memory for the result, which is kept for blocks of fewer rows."""
        shape = (self.order + 1, rows, self.width)
        if self._memory.size < np.prod(shape):
            self._memory = np.empty(int(np.prod(shape)), self.dtype)
        return self._memory[: int(np.prod(shape))].reshape(shape)

    def _jet(self, y: Array, t: Array, flow: Array | None) -> Array:
        self._lay(len(y))
        self._stack[0] = y
        if self._plan.clock is not None:
            self._plan.clock.stack[0] = t
        self._values(0)
        for op in self._plan.operations if flow is None else self._seeding:
            op.advance(0)
        if flow is None:
            self._collect(0)
        else:
            self._stack[1] = flow
        for k in range(1, self.order):
            self._values(k)
            for op in self._plan.operations:
                op.advance(k)
            self._collect(k)
        return self._stack

    def _values(self, k: int) -> None:
        """y_k of the states, where an operation reads it."""
        for state in self._valued:
            np.multiply(state.rates[k], 1 / max(k, 1), out=state.stack[k if len(state.stack) > 1 else 0])

    def _collect(self, k: int) -> None:
        """Bring those f_k to their place that were not made there."""
        for target, operand in self._targets:
            target[k + 1] = 0 if k and operand.still else operand.at(k)
        if self._free is not None:
            np.multiply(self._stack[k + 1], self._free, out=self._stack[k + 1])


def _seeding(operations: Sequence[Operation]) -> list[Operation]:
    """The operations whose value at order 0 some higher order needs, in their order."""
    maker = {op.out: op for op in operations}
    needed = {op for op in operations if op.remembers and not op.out.still}
    open_ones = [*needed, *(maker[a.series] for op in operations if not op.out.still for a in op.seeds if a.series in maker)]
    found: set[Operation] = set()
    while open_ones:
        op = open_ones.pop()
        if op not in found:
            found.add(op)
            open_ones += [maker[a.series] for a in op.operands if a.series in maker]
    return [op for op in operations if op in found]


def _fixed_arrays(nodes: Sequence[Node], graph: Graph, params: Any, dtype: Any) -> dict[Node, Array]:
    """The arrays of all nodes that do not vary, made in double precision."""
    scope: dict[str, Any] = {**NAMES, "params": params}
    found: dict[Node, Array] = {}
    for node in nodes:
        if node.varies:
            continue
        if node.op != "const":
            exec(fixed_line(node, graph.sizes), scope)
        value = np.asarray(eval(fixed_name(node), scope))
        found[node] = value if value.dtype == bool else value.astype(dtype)
    return found

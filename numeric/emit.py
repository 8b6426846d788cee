"""From nodes to Python source: what is fixed once per model, and a kernel of NumPy calls that allocate nothing.

The source has two functions. `fixed(params)` computes, in double precision, whatever does not depend on the state.
`prepare(rows, dtype, buffer, ...)` lays views over workspace buffers for a number of rows and returns `run`, which
works on one block of rows: every call in it writes `out=` a buffer that is free by then, or the result itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from re import findall

from amsym.notation import Index
from numeric.arrays import Arrays
from numeric.buffers import Buffers, ordered
from numeric.emit_fixed import LETTERS, callee, fixed_line, fixed_name
from numeric.graph import Graph, Node, Value
from numeric.views import BATCH, Matrices, labels_of, matrix, mergeable, roles, suffix

Outputs = Sequence[tuple[str, Value, tuple[Index, ...]]]


@dataclass(frozen=True)
class Source:
    """Python source of a program, the states that it reads, and the (entries a row, boolean) of its buffers.

    timed: it reads the time. hasty: its kernel may give up.
    """

    text: str
    states: tuple[str, ...]
    timed: bool
    hasty: bool
    buffers: tuple[tuple[int, bool], ...]


def emit(graph: Graph, outputs: Outputs, watched: Collection[Node] = ()) -> Source:
    """The program that computes the named values, each with its axes in the order given.

    Its kernel returns False, for another program to take over, as soon as a `watched` node is not `moderate`.
    """
    order = ordered([v for _, v, _ in outputs])
    kernel = _Kernel(graph, [n for n in order if n.varies], outputs, watched)
    kernel.write()
    return kernel.source([n for n in order if not n.varies])


class _Kernel:
    """Writes the kernel, one node after the other."""

    def __init__(self, graph: Graph, order: list[Node], outputs: Outputs, watched: Collection[Node]) -> None:
        self._graph, self._order, self._outputs, self._watched = graph, order, outputs, watched
        self._buffers = Buffers(graph.sizes, order, outputs)
        self._arrays = Arrays(graph, self._buffers)
        self._body: list[str] = []

    def write(self) -> None:
        """Fill in the lines."""
        for step, node in enumerate(self._order):
            if node.op not in ("state", "time"):
                self._compute(step, node)
            if node in self._watched:
                self._say(f"if not moderate({self._arrays.shaped(node)}):")
                self._say("    return False")
            self._buffers.release_after(step, node)
        for name, value, where in self._outputs:
            if self._arrays.name(value.node) != f"out_{name}" or value.where != where:
                places = [where.index(i) for i in value.where]
                wanted = [BATCH, *range(len(where))]
                self._say(f"np.copyto(out_{name}, {self._arrays.aligned(value.node, places, wanted)})")

    def source(self, fixed: list[Node]) -> Source:
        """All lines together."""
        arrays, kinds = self._arrays, self._buffers.kinds
        states = tuple(dict.fromkeys(_state_name(n) for n in self._order if n.op in ("state", "diagonal")))
        args = ["t", *(f"in_{s}" for s in states), *(f"out_{name}" for name, _, _ in self._outputs)]
        used = set(findall(r"\bv\d+\b", "\n".join(self._body)))
        lines = [
            "def fixed(params):",
            *(f"    {fixed_line(n, self._graph.sizes)}" for n in fixed if n.op != "const"),
            f"    return ({''.join(f'{made}, ' for made in arrays.needed.values())})",
            "",
            "",
            f"def prepare({', '.join(['rows', 'dtype', 'buffer', *arrays.needed])}):",
            *(f"    w{n} = buffer({n}, rows, {entries})" for n, (entries, _) in enumerate(kinds)),
            *(f"    {line}" for line in arrays.static if line.split()[0] in used),
            "",
            f"    def run({', '.join(args)}):",
            *(f"        {line}" for line in arrays.head if line.split()[0] in used),
            *(f"        {line}" for line in self._body),
            "",
            "    return run",
            "",
        ]
        timed, hasty = any(n.op == "time" for n in self._order), any(n in self._watched for n in self._order)
        return Source("\n".join(lines), states, timed, hasty, tuple(kinds))

    def _say(self, line: str) -> None:
        self._body.append(line)

    # Operations

    def _compute(self, step: int, node: Node) -> None:
        self._buffers.place(step, node)
        if node.op == "contract":
            self._contract(node)
        elif node.op == "sum":
            self._sum(node)
        elif node.op == "peak":
            self._say(f"np.maximum.reduce({self._arrays.shaped(node.args[0][0])}, axis={_gone(node)}, out={self._arrays.shaped(node)})")
        elif node.op == "diagonal":
            letters = "".join(LETTERS[p] for p in node.data[2])
            self._say(f'np.copyto({self._arrays.shaped(node)}, np.einsum("Z{letters}->Z{LETTERS[: len(node.axes)]}", in_{node.data[1]}))')
        else:
            wanted = [BATCH, *range(len(node.axes))]
            self._entrywise(node, [self._arrays.aligned(a, places, wanted) for a, places in node.args])

    def _entrywise(self, node: Node, args: list[str]) -> None:
        out = self._arrays.shaped(node)
        if node.op == "bracket":
            self._say(f"np.copyto({out}, {args[0]})")
        elif node.op == "masked":
            self._mask(node, args, out)
        elif node.op == "where":  # np.where allocates, yet is eight times faster than a masked copy
            self._say(f"np.copyto({out}, np.where({', '.join(args)}))")
        elif node.op == "printed":
            self._say(f"np.copyto({out}, real_part({node.data.format(*args)}))")
        else:
            self._say(f"{callee(node.op)}({', '.join(args)}, out={out})")

    def _mask(self, node: Node, args: list[str], out: str) -> None:
        """-∞ where the mask does not hold; by adding it if the mask is fixed, ten times faster than a choice."""
        a, places = node.args[1]
        if a.varies:
            self._say(f"np.copyto({out}, np.where({args[1]}, {args[0]}, -np.inf))")
            return
        name = self._arrays.constant(f"gap_{fixed_name(a)}", f"np.where({fixed_name(a)}, 0.0, -np.inf)")
        gap = self._arrays.view(name, suffix(places, [BATCH, *range(len(node.axes))]))
        self._say(f"np.add({args[0]}, {gap}, out={out})")

    def _sum(self, node: Node) -> None:
        """Over the last axes as a product with ones, three times faster than np.sum; over others by np.add.reduce."""
        a, places = node.args[0]
        out, kept = self._arrays.shaped(node), len(places) - len(_gone(node))
        if all(p < len(node.axes) for p in places[:kept]) and list(places[:kept]) == list(range(kept)):
            entries = self._buffers.entries(a) // max(self._buffers.entries(node), 1)
            ones = self._arrays.constant(f"ones_{entries}", f"np.ones({entries})")
            flat = self._arrays.seen(a, "" if len(places) == 1 else f".reshape(-1, {entries})")
            self._say(f"np.matmul({flat}, {ones}, out={self._arrays.seen(node, '' if kept == 0 else '.reshape(-1)')})")
        else:
            self._say(f"np.add.reduce({self._arrays.shaped(a)}, axis={_gone(node)}, out={out})")

    def _contract(self, node: Node) -> None:
        (a, pa), (b, pb) = node.args
        la, lb, out = labels_of(a, pa), labels_of(b, pb), [BATCH, *range(len(node.axes))]
        r = roles(la, lb, out)
        if not r.left and not r.outer_left and (r.right or r.outer_right):
            a, la, b, lb = b, lb, a, la
            r = roles(la, lb, out)
        sizes = self._sizes(node)
        if not r.left:
            self._inner(node, (a, la), (b, lb), r, sizes)
            return
        left, temp_left = self._matrix(a, la, r.stacked, (r.left, r.summed), sizes)
        columns = (r.summed, r.right) if r.right else (r.summed,)
        right, temp_right = self._matrix(b, lb, r.stacked, columns, sizes)
        groups = [r.left, r.right] if r.right else [r.left]
        result = matrix(out, r.stacked, groups, sizes)
        if not r.right and r.stacked:  # a stack of matrices times vectors
            right, result = right + "[..., None]", result + "[..., None]"
        self._say(f"np.matmul({left}, {right}, out={self._arrays.seen(node, result)})")
        for temp in (temp_left, temp_right):
            if temp:
                self._buffers.release(temp)

    def _sizes(self, node: Node) -> dict[int, str]:
        sizes = {BATCH: "rows"}
        for a, places in node.args:
            sizes |= {p: str(self._graph.sizes[axis]) for p, axis in zip(places, a.axes, strict=True)}
        return sizes

    def _matrix(
        self, node: Node, stored: list[int], stack: Sequence[int], groups: Sequence[Sequence[int]], sizes: dict[int, str]
    ) -> tuple[str, str]:
        """An operand as (a stack of) matrices, and the buffer that it had to be copied to, if any."""
        if not node.varies:
            return self._weights(node, stored, stack, groups, sizes), ""
        if mergeable(stored, groups[0], groups[1] if len(groups) > 1 else ()):
            return self._arrays.seen(node, matrix(stored, stack, groups, sizes)), ""
        # Copied so that each group lies side by side; the one that has the batch comes first.
        sides = sorted(([i for i in stack if i in stored], *groups), key=lambda g: BATCH not in g)
        wanted = [i for g in sides for i in g]
        temp = self._buffers.take(self._buffers.entries(node))
        shaped = self._arrays.view(temp, f".reshape({', '.join(sizes[i] for i in wanted)})")
        self._say(f"np.copyto({shaped}, {self._arrays.seen(node, suffix(stored, wanted))})")
        return self._arrays.view(shaped, matrix(wanted, stack, groups, sizes)), temp

    def _weights(self, node: Node, stored: list[int], stack: Sequence[int], groups: Sequence[Sequence[int]], sizes: dict[int, str]) -> str:
        """A fixed operand as contiguous matrices, repeated along the labels of the stack that it does not have."""
        own = [i for i in stack if i in stored]
        name = f"m{node.number}_" + "_".join("".join(LETTERS[stored.index(i)] for i in g) for g in (own, *groups))
        self._arrays.constant(name, f"np.ascontiguousarray({fixed_name(node)}{matrix(stored, own, groups, sizes)})")
        if len(own) == len(stack):
            return name
        shape = [*(sizes[i] if i in stored else "1" for i in stack), *(" * ".join(sizes[i] for i in g) or "1" for g in groups)]
        return self._arrays.view(name, f".reshape({', '.join(shape)})")

    def _inner(self, node: Node, a: tuple[Node, list[int]], b: tuple[Node, list[int]], r: Matrices, sizes: dict[int, str]) -> None:
        """Sums without a matrix product: by vecdot where the summed axes come last in both, by einsum elsewhere."""
        count = len(r.summed)
        out = self._arrays.shaped(node)
        if all(tuple(stored[-count:]) == r.summed for _, stored in (a, b)):
            views = [self._arrays.seen(n, matrix(stored, r.stack, [r.summed], sizes)) for n, stored in (a, b)]
            self._say(f"np.vecdot({views[0]}, {views[1]}, out={out})")
            return
        terms = ",".join("".join("Z" if i == BATCH else LETTERS[i] for i in stored) for _, stored in (a, b))
        names = f"{self._arrays.shaped(a[0])}, {self._arrays.shaped(b[0])}"
        self._say(f'np.einsum("{terms}->Z{LETTERS[: len(node.axes)]}", {names}, out={out})')


def _gone(node: Node) -> tuple[int, ...]:
    """The axes of a reduction's argument that vanish."""
    (a, places) = node.args[0]
    return tuple(k + a.varies for k, p in enumerate(places) if p >= len(node.axes))


def _state_name(node: Node) -> str:
    return str(node.data if node.op == "state" else node.data[1])

"""One node for one array: tanh(y_i) and tanh(y_j) are the same node read along different labels.

A node computes an array over `axes`, with the batch axis in front where it varies with the state or with time.
A Value is a node read with labels, an index for each axis. Nodes are interned: asking for a node that was made
before gives that node, so what formulas share is computed once, within a formula and across all outputs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

from amsym.notation import Index

# Rows that cost estimates assume: contraction orders hardly depend on it.
NOMINAL_ROWS = 256


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """An operation on earlier nodes.

    `args`: pairs (node, places); `places` says which of this node's labels each axis of the argument runs along.
    Labels 0 .. len(axes)-1 are this node's own axes, the others are summed (or maximised) over.
    `varies`: whether it depends on the state or on time, and so has a batch axis in front.
    """

    number: int
    op: str
    args: tuple[tuple[Node, tuple[int, ...]], ...]
    data: Any
    axes: tuple[str, ...]
    varies: bool
    boolean: bool


class Value(NamedTuple):
    """A node and the index that each of its axes runs along."""

    node: Node
    where: tuple[Index, ...]

    @property
    def labels(self) -> frozenset[Any]:
        """Its indices, and "*" for the batch where there is one."""
        return frozenset((*self.where, "*")) if self.node.varies else frozenset(self.where)


class Graph:
    """All nodes of a program, at known sizes of the axes."""

    def __init__(self, sizes: Mapping[str, int], symmetric: Collection[str] = ()) -> None:
        self.sizes, self._mirrored = dict(sizes), frozenset(symmetric)
        self._known: dict[Any, Node] = {}

    def extent(self, labels: Iterable[Any]) -> int:
        """The number of entries over these labels, with nominal rows for the batch."""
        return prod(NOMINAL_ROWS if i == "*" else self.sizes[i.axis] for i in labels)

    def make(
        self, op: str, args: Sequence[Value], where: Sequence[Index], data: Any = None, varies: bool = False, boolean: bool = False
    ) -> Value:
        """The value of an operation with labels `where`; it varies where an argument does, or where told so."""
        key, node = self._find(op, args, tuple(where), data)
        if node is None:
            varies = varies or any(a.node.varies for a in args)
            node = Node(len(self._known), op, key[1], data, key[3], varies, boolean)
            self._known[key] = node
        return Value(node, tuple(where))

    def known(self, op: str, args: Sequence[Value], where: Sequence[Index], data: Any = None) -> bool:
        """Whether the operation has a node already."""
        return self._find(op, args, tuple(where), data)[1] is not None

    def _find(self, op: str, args: Sequence[Value], where: tuple[Index, ...], data: Any) -> tuple[Any, Node | None]:
        place: dict[Index, int] = {}
        for i in (*where, *(i for a in args for i in a.where)):
            place.setdefault(i, len(place))
        linked = tuple((a.node, self._places(a, place)) for a in args)
        key = (op, linked, data, tuple(i.axis for i in where))
        return key, self._known.get(key)

    def _places(self, a: Value, place: dict[Index, int]) -> tuple[int, ...]:
        """Where the argument's axes run; W_ij and W_ji are read alike where W is symmetric."""
        places = tuple(place[i] for i in a.where)
        return tuple(sorted(places)) if len(places) == 2 and self._symmetric(a.node) else places

    def _symmetric(self, node: Node) -> bool:
        if node.op in ("equal", "not_equal"):
            return all(a.op == "arange" for a, _ in node.args)
        if node.op == "parameter":
            return node.data in self._mirrored
        return node.op == "eye" or (node.op in ("logical_not", "bracket") and self._symmetric(node.args[0][0]))

    # Leaves

    def const(self, number: float) -> Value:
        """A number."""
        return self.make("const", (), (), float(number))

    def leaf(self, op: str, name: str, where: Sequence[Index], varies: bool) -> Value:
        """A state or a parameter by name, along `where`; with repeated indices its diagonal."""
        distinct = tuple(dict.fromkeys(where))
        if len(distinct) < len(where):
            return self.make("diagonal", (), distinct, (op, name, tuple(distinct.index(i) for i in where)), varies)
        return self.make(op, (), where, name, varies)

    # Elementwise operations

    def apply(self, op: str, *args: Value, data: Any = None, boolean: bool = False) -> Value:
        """An elementwise operation, along the labels of all its arguments, those of the largest first."""
        first = max(args, key=lambda a: (len(a.where), a.node.varies))
        where = tuple(dict.fromkeys((*first.where, *(i for a in args for i in a.where))))
        return self.make(op, args, where, data, boolean=boolean)

    def times(self, a: Value, b: Value) -> Value:
        """a b, where dividing by b is one operation if b is a reciprocal as large as the product."""
        if a.node.op == b.node.op == "const":
            return self.const(a.node.data * b.node.data)
        for x, y in ((a, b), (b, a)):
            if _is(x, 1.0):
                return y
            if _is(x, -1.0):
                return self.apply("negative", y)
            if x.node.op == "reciprocal" and x.labels >= y.labels and x.node.varies:
                return self.apply("divide", y, Value(x.node.args[0][0], tuple(x.where[p] for p in x.node.args[0][1])))
        return self.apply("multiply", *sorted((a, b), key=lambda v: v.node.number))

    def reciprocal(self, a: Value) -> Value:
        """1 / a."""
        return self.const(1 / a.node.data) if a.node.op == "const" and a.node.data else self.apply("reciprocal", a)

    def linear(self, terms: Iterable[tuple[float, Value]], constant: float = 0.0) -> Value:
        """Σ c v + constant: what does not vary first (it is computed once), then the small arrays, then the large."""
        collected: dict[Value, float] = {}
        for c, v in terms:
            if v.node.op == "const":
                constant += c * v.node.data
            else:
                collected[v] = collected.get(v, 0.0) + c
        kept = [(c, v) for v, c in collected.items() if c != 0]
        fixed = self._fold([(c, v) for c, v in kept if not v.node.varies])
        if constant or not kept:
            fixed = self.const(constant) if fixed is None else self.apply("add", fixed, self.const(constant))
        varying = self._fold([(c, v) for c, v in kept if v.node.varies], () if fixed is None else ((1.0, fixed),))
        result = varying if varying is not None else fixed
        assert result is not None
        return result

    def _fold(self, terms: list[tuple[float, Value]], last: Sequence[tuple[float, Value]] = ()) -> Value | None:
        if not terms:
            return None
        size = abs(terms[0][0])
        if len(terms) > 1 and size != 1 and not last and all(abs(c) == size for c, _ in terms):
            sign = -1.0 if all(c < 0 for c, _ in terms) else 1.0
            inner = self._fold([(sign * c / size, v) for c, v in terms])
            assert inner is not None
            return self.times(self.const(sign * size), inner)
        terms = sorted(terms, key=lambda t: (self.extent(t[1].labels), t[0] != 1, t[1].node.op in ("state", "time"), t[1].node.number))
        (c, total), *rest = [*terms, *last]
        if c < 0 and rest and rest[0][0] > 0:
            (c, total), rest = rest[0], [(c, total), *rest[1:]]
        total = self.times(self.const(c), total)
        for c, v in rest:
            total = self._plus(total, c, v)
        return total

    def _plus(self, total: Value, c: float, v: Value) -> Value:
        if _is(v, 0.0):
            return total
        if c == -1:
            return self.apply("subtract", total, v)
        return self.apply("add", total, self.times(self.const(c), v))

    def power(self, base: Value, exponent: float) -> Value:
        """base ** exponent; small whole and half exponents by products and roots, which are ten times faster."""
        if exponent < 0:
            return self.reciprocal(self.power(base, -exponent))
        if exponent != int(exponent):
            if 2 * exponent == int(2 * exponent) and exponent < 8:
                root = self.apply("sqrt", base)
                return root if exponent == 0.5 else self.times(self.power(base, exponent - 0.5), root)
            return self.apply("power", base, self.const(exponent))
        if exponent > 32:
            return self.apply("power", base, self.const(exponent))
        return self._whole(base, int(exponent))

    def _whole(self, base: Value, n: int) -> Value:
        if n == 0:
            return self.const(1.0)
        if n == 1:
            return base
        half = self._whole(base, n // 2)
        square = self.apply("multiply", half, half)
        return self.times(square, base) if n % 2 else square

    # Reductions

    def reduced(self, op: str, a: Value, gone: Iterable[Index]) -> Value:
        """The "sum" or the "peak" (maximum) of a over the indices `gone`."""
        away = set(gone)
        return self.make(op, (a,), [i for i in a.where if i not in away]) if away & set(a.where) else a

    def eye(self, i: Index, j: Index) -> Value:
        """δ_ij as an identity matrix."""
        return self.make("eye", (), (i, j))


def _is(v: Value, number: float) -> bool:
    return bool(v.node.op == "const" and v.node.data == number)


def is_one_plus(v: Value) -> Value | None:
    """x, where v is 1 + x."""
    if v.node.op != "add" or not any(a.op == "const" and a.data == 1.0 for a, _ in v.node.args):
        return None
    node, places = next((a, p) for a, p in v.node.args if a.op != "const")
    return Value(node, tuple(v.where[p] for p in places))

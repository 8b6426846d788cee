"""From the nodes of a flow to operations on series: a node is one operation, a function a few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from numeric.graph import Node
from numeric.series.arithmetic import Linear, Power, Product, Quotient, Scaled, Square
from numeric.series.builder import Builder, unknown
from numeric.series.chains import Chain, Composition
from numeric.series.choices import Absolute, Clock, Largest, Masked, Remainder, Still, Where
from numeric.series.contractions import Contraction, Diagonal
from numeric.series.expansions import BESSEL
from numeric.series.functions import callee
from numeric.series.kinds import ADDITIVE, inner_sums, name_of, still_nodes, value_of
from numeric.series.series import Array, Operand, Series


class Plan(Builder):
    """Operations in the order in which they run; `states` and `clock` are the series that the engine fills."""

    def __init__(
        self, order: Sequence[Node], fixed: Mapping[Node, Array], sizes: Mapping[str, int], orders: int, outputs: Sequence[Node]
    ) -> None:
        """`order`: all nodes, arguments first. `fixed`: the arrays of those that do not vary. `orders`: how many coefficients."""
        super().__init__(orders)
        self.states: dict[str, Series] = {}
        self.clock: Series | None = None
        self._sizes, self._fixed = sizes, fixed
        self._uses = Counter(a for node in order for a, _ in node.args) + Counter(outputs)
        self._quiet = still_nodes(order)
        self._inside = inner_sums(order, self._uses, self._quiet)
        self._series: dict[Node, Series] = {}
        for node in order:
            if node.varies and node not in self._inside:
                self._series[node] = self._lowered(node)

    def of(self, node: Node) -> Series:
        """The series of a node."""
        found = self._series.get(node)
        if found is None:
            found = self._series[node] = Series(np.shape(self._fixed[node]), still=True, fixed=np.asarray(self._fixed[node]))
        return found

    def series(self) -> list[Series]:
        """Every series there is."""
        mine = [x for op in self.operations for x in (op.out, *(a.series for a in op.operands))]
        return list(dict.fromkeys([*self.states.values(), *mine, *self._series.values()]))  # a flow may be a number alone

    # Nodes

    def _lowered(self, node: Node) -> Series:
        if node.op == "time":
            return self._time()
        if node.op in ("state", "diagonal"):
            return self._state(node)
        if node in self._quiet:
            return self._still(node)
        rule = _NODES.get(node.op)
        if rule is not None:
            return rule(self, node)
        if len(node.args) == 1 and node.op != "printed":
            return self.function(node.op, self.of(node.args[0][0]))
        raise unknown(name_of(node))

    def _shape(self, node: Node) -> tuple[int, ...]:
        return tuple(self._sizes[axis] for axis in node.axes)

    def _operands(self, node: Node) -> list[Operand]:
        return [Operand(self.of(a), places, len(node.axes)) for a, places in node.args]

    def _out(self, node: Node) -> Series:
        return Series(self._shape(node))

    def _time(self) -> Series:
        self.clock = Series(())
        self.add(Clock(self.clock))
        return self.clock

    def _state(self, node: Node) -> Series:
        if node.op == "state":
            return self._named(node.data, self._shape(node))
        _, name, places = node.data
        state = self._named(name, [self._sizes[node.axes[p]] for p in places])
        return self.add(Diagonal(self._out(node), Operand(state), places))

    def _named(self, name: str, shape: Sequence[int]) -> Series:
        state = self.states.setdefault(name, Series(shape))
        state.is_state = state.rated = True
        return state

    def _still(self, node: Node) -> Series:
        out = Series(self._shape(node), still=True, boolean=node.boolean)
        if node.op == "peak":
            gone = tuple(1 + k for k, p in enumerate(node.args[0][1]) if p >= len(node.axes))
            u = Operand(self.of(node.args[0][0]))
            return self.add(Still(out, (u,), lambda a, out: np.maximum.reduce(a, axis=gone, out=out)))
        if node.op in ("contract", "sum"):
            return self._contract(node, out)
        return self.add(Still(out, tuple(self._operands(node)), value_of(node)))

    def _linear(self, node: Node) -> Series:
        terms = self._terms(node, tuple(range(len(node.axes))))
        return self.add(Linear(self._out(node), [(c, Operand(self.of(a), p, len(node.axes))) for c, a, p in terms]))

    def _terms(self, node: Node, places: tuple[int, ...]) -> list[tuple[float, Node, tuple[int, ...]]]:
        """The sum that a node is, with the sums in it that nothing else reads; its axes run along `places`."""
        if node.op == "multiply":
            number, (a, inner) = sorted((a for a in node.args), key=lambda arg: arg[0].op != "const")
            parts = [(float(number[0].data), a, inner)]
        else:
            parts = [(c, a, inner) for c, (a, inner) in zip(ADDITIVE[node.op], node.args, strict=True)]
        terms = []
        for c, a, inner in parts:
            along = tuple(places[p] for p in inner)
            terms += [(c * d, x, q) for d, x, q in self._terms(a, along)] if a in self._inside else [(c, a, along)]
        return terms

    def _multiply(self, node: Node) -> Series:
        u, v = self._operands(node)
        out = self._out(node)
        if u.still or v.still:
            return self.add(Scaled(out, *((v, u) if u.still else (u, v))))
        if u.series is v.series and u.places == v.places:
            return self.add(Square(out, u))
        return self.add(Product(out, u, v))

    def _divide(self, node: Node) -> Series:
        *u, v = self._operands(node)
        if v.still:
            return self.add(Scaled(self._out(node), u[0], v, np.divide))
        return self.add(Quotient(self._out(node), u[0] if u else None, v))

    def _root(self, node: Node) -> Series:
        return self.root(self.of(node.args[0][0]))

    def _power(self, node: Node) -> Series:
        u = self._operands(node)[0]
        if node.args[1][0].op == "const":
            return self.add(Power(self._out(node), u, float(node.args[1][0].data)))
        base = Operand(self.function("log", u.series), u.places, len(node.axes)) if not u.still else None
        exponent = self._exponent(node, base)
        g = Chain(self._out(node), Operand(exponent), np.exp)
        self.add(g)
        return self.with_slope(g, g.out)

    def _exponent(self, node: Node, base: Operand | None) -> Series:
        """v log u of u^v."""
        u, v = self._operands(node)
        if base is None:
            log = Series(u.series.shape, still=True)
            self.add(Still(log, (Operand(u.series),), np.log))
            base = Operand(log, u.places, len(node.axes))
        if base.still or v.still:
            return self.add(Scaled(self._out(node), *((v, base) if base.still else (base, v))))
        return self.add(Product(self._out(node), base, v))

    def _largest(self, node: Node) -> Series:
        u, v = self._operands(node)
        return self.add(Largest(self._out(node), *((v, u) if u.still else (u, v)), node.op == "minimum"))

    def _absolute(self, node: Node) -> Series:
        return self.add(Absolute(self._out(node), *self._operands(node)))

    def _where(self, node: Node) -> Series:
        return self.add(Where(self._out(node), *self._operands(node)))

    def _masked(self, node: Node) -> Series:
        return self.add(Masked(self._out(node), *self._operands(node)))

    def _mod(self, node: Node) -> Series:
        u, modulus = self._operands(node)
        if not modulus.still:
            raise unknown("mod by what varies")
        return self.add(Remainder(self._out(node), u, modulus))

    def _bessel(self, node: Node) -> Series:
        u = self._operands(node)[1]
        if node.args[0][0].op != "const":
            raise unknown("a Bessel function of a varying order")
        nu, name = node.args[0][0].data, node.op
        out = self._out(node)
        first, expansion = callee(name), BESSEL[name]
        return self.add(Composition(out, u, lambda z, out: first(nu, z, out=out), lambda z, m: expansion(nu, z, m), self.orders))

    def _contract(self, node: Node, out: Series | None = None) -> Series:
        out = self._out(node) if out is None else out
        width = len(node.axes)
        sizes = {p: self._sizes[axis] for a, places in node.args for p, axis in zip(places, a.axes, strict=True)}
        a, *others = [Operand(self.of(x), places, width) for x, places in node.args]
        if node.op == "sum":
            gone = [p for p in node.args[0][1] if p >= width]
            ones = Series([sizes[p] for p in gone], still=True, fixed=np.ones([sizes[p] for p in gone]))
            others = [Operand(ones, gone, width)]
        return self.add(Contraction(out, a, others[0], sizes))


_NODES: dict[str, Callable[[Plan, Node], Series]] = {
    **dict.fromkeys(("add", "subtract", "negative"), Plan._linear),
    "multiply": Plan._multiply,
    "divide": Plan._divide,
    "reciprocal": Plan._divide,
    "sqrt": Plan._root,
    "power": Plan._power,
    "maximum": Plan._largest,
    "minimum": Plan._largest,
    "absolute": Plan._absolute,
    "where": Plan._where,
    "masked": Plan._masked,
    "mod": Plan._mod,
    "special.jv": Plan._bessel,
    "special.ive": Plan._bessel,
    "contract": Plan._contract,
    "sum": Plan._contract,
}

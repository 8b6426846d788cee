"""From an index expression to nodes: one rule a kind of expression, sums become contractions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from amsym.errors import NotationError
from amsym.notation import Component, Delta, Entry, Index, Mask, Size, Total
from amsym.notation.functions import Li2
from amsym.system import time
from numeric.binding import abstract
from numeric.brackets import spread
from numeric.contract import contract
from numeric.elementwise import UFUNCS, printed
from numeric.graph import Graph, Node, Value
from numeric.near_one import difference, logarithm_near_one
from numeric.scaled import Product, carries, finished, weights
from numeric.stable import logarithm, product

_COMPARE = {"==": "equal", "!=": "not_equal", ">": "greater", "<": "less", ">=": "greater_equal", "<=": "less_equal"}


class Lowering:
    """Lowers formulas of one system into one graph.

    sizes: of every axis. zeros: the names of the parameters that have a zero entry (see `numeric.stable`).
    symmetric: the names of those that are symmetric matrices, which are read either way.
    shifts: whether sums of exponentials are shifted; if not, `watched` lists those that must be neither tiny nor huge.

    Raises NotationError for what has no numbers: abstract activations, unknown functions.
    """

    def __init__(self, sizes: Mapping[str, int], zeros: Collection[str] = (), symmetric: Collection[str] = (), shifts: bool = True) -> None:
        self.graph, self.shifts = Graph(sizes, symmetric), shifts
        self.watched: list[Node] = []  # sums of exponentials without a shift
        self._zeros = frozenset(zeros)
        self._values: dict[Any, Value] = {}

    def value(self, expr: Any) -> Value:
        """The array that an expression stands for, along its free indices."""
        found = self._values.get(expr)
        if found is None:
            found = self._values[expr] = self._lower(expr)
        return found

    def product(self, expr: Any, scaled: bool = False, shifts: Any = None) -> Product:
        """The factors of a product, with exponentials apart (see `numeric.stable`)."""
        return product(self, expr, scaled, shifts)

    def knows(self, expr: Any) -> bool:
        """Whether the expression has been lowered already."""
        return expr in self._values

    def _lower(self, expr: Any) -> Value:
        if not isinstance(expr, Total) and expr.is_number:
            return self._number(expr)
        for kind, rule in _RULES:
            if isinstance(expr, kind):
                return rule(self, expr)
        got = type(expr).__name__
        raise NotationError(f"{expr} has no numerical rule: sums, products, powers and functions of components were expected; got {got}")

    def _number(self, expr: sp.Expr) -> Value:
        number = complex(expr.evalf(25))
        if number.imag:
            raise NotationError(f"{expr} is no real number; formulas over real states are expected: rewrite it")
        return self.graph.const(number.real)

    # Leaves

    def _size(self, expr: Size) -> Value:
        return self.graph.const(self.graph.sizes[expr.name])

    def _index(self, expr: Index) -> Value:
        return self.graph.make("arange", (), (expr,))

    def _symbol(self, expr: sp.Symbol) -> Value:
        if expr == time:
            return self.graph.leaf("time", "t", (), True)
        return self.graph.leaf("parameter", expr.name, (), False)

    def _component(self, expr: Component) -> Value:
        kind = expr.tensor.kind
        if kind == "activation":
            raise NotationError(abstract(expr.tensor))
        if any(not isinstance(i, Index) for i in expr.where):
            raise NotationError(f"{expr} mixes indices and numbers; pick a place with a mask instead: mask(Eq(i, 0))")
        return self.graph.leaf("state" if kind == "state" else "parameter", expr.tensor.name, expr.where, kind == "state")

    def _entry(self, expr: Entry) -> Value:
        raise NotationError(f"{expr} is an explicit entry; write {expr.tensor.name}[i], and pick a place with a mask: mask(Eq(i, 0))")

    def _delta(self, expr: Delta) -> Value:
        i, j = expr.args
        if isinstance(i, Index) and isinstance(j, Index):
            return self.graph.eye(i, j)
        return self.bracket(self.condition(sp.Eq(i, j, evaluate=False)))

    # Arithmetic

    def _add(self, expr: sp.Add) -> Value:
        whole = difference(self, expr)
        if whole is not None:
            return whole
        parts = [a.as_coeff_Mul() for a in expr.args]
        return self.graph.linear([(float(c), self.value(rest)) for c, rest in parts])

    def _mul(self, expr: sp.Mul) -> Value:
        return finished(self, self.product(expr))

    def _pow(self, expr: sp.Pow) -> Value:
        base, exponent = expr.args
        if not exponent.is_number:
            return self.graph.apply("power", self.nonnegative(base), self.value(exponent))
        if isinstance(base, Total) and exponent.is_Rational and carries(base):
            return finished(self, self.product(expr))
        inner = self.value(base) if exponent.is_Integer else self.nonnegative(base)
        return self.graph.power(inner, float(exponent))

    def nonnegative(self, expr: sp.Expr) -> Value:
        """A value for roots and logarithms: rounding must not make a sum of squares negative."""
        value = self.value(expr)
        if expr.has(Total) and expr.is_nonnegative:
            return self.graph.apply("maximum", value, self.graph.const(0.0))
        return value

    def _exp(self, expr: sp.exp) -> Value:
        return finished(self, self.product(expr))

    def _log(self, expr: sp.log) -> Value:
        if len(expr.args) != 1:
            raise NotationError(f"{expr} has a base; write log(x)/log(b)")
        near = logarithm_near_one(self, expr.args[0])
        return logarithm(self, expr.args[0]) if near is None else near

    def _total(self, expr: Total) -> Value:
        terms = spread(self.graph, expr.body)
        if len(terms) > 1:
            return self.value(sp.Add(*(Total(t, *expr.bound) for t in terms)))
        inner = self.product(expr.body)
        return self.graph.linear([(inner.coefficient, contract(self.graph, weights(self, inner), expr.bound))])

    # Functions

    def _max(self, expr: sp.Expr) -> Value:
        op = "maximum" if isinstance(expr, sp.Max) else "minimum"
        values = sorted((self.value(a) for a in expr.args), key=lambda v: (self.graph.extent(v.labels), v.node.number))
        result = values[0]
        for v in values[1:]:
            result = self.graph.apply(op, v, result)
        return result

    def _reciprocal_of(self, expr: sp.Expr) -> Value:
        under = {sp.sech: sp.cosh, sp.csch: sp.sinh, sp.coth: sp.tanh}[expr.func]
        return self.graph.reciprocal(self.value(under(expr.args[0])))

    def _bessel(self, expr: sp.besseli) -> Value:
        return finished(self, self.product(expr, True))

    def _dilogarithm(self, expr: Li2) -> Value:
        """Li_2(-c e^u) at u + log c, whatever u; others by SciPy's Spence function."""
        number, rest = expr.args[0].as_coeff_Mul()
        if number.is_negative and isinstance(rest, sp.exp):
            u = self.graph.linear([(1.0, self.value(rest.args[0]))], float(sp.log(-number)))
            return self.graph.apply("negative", self.graph.apply("fermi_dirac", u))
        return self.graph.apply("dilogarithm", self.value(expr.args[0]))

    def _undefined(self, expr: AppliedUndef) -> Value:
        raise NotationError(f"{expr} is an abstract activation, which has no numbers: put a function such as tanh in its place")

    def _function(self, expr: sp.Function) -> Value:
        values = [self.value(a) for a in expr.args]
        if expr.func in UFUNCS:
            return self.graph.apply(UFUNCS[expr.func], *values)
        return self.graph.apply("printed", *values, data=printed(expr.func, len(values)))

    # Conditions

    def condition(self, c: Any) -> Value:
        """A truth value."""
        if isinstance(c, Relational):
            return self.graph.apply(_COMPARE[c.rel_op], self.value(c.lhs), self.value(c.rhs), boolean=True)
        if isinstance(c, sp.Not):
            return self.graph.apply("logical_not", self.condition(c.args[0]), boolean=True)
        if isinstance(c, (sp.And, sp.Or, sp.Xor)):
            op = {sp.And: "logical_and", sp.Or: "logical_or", sp.Xor: "logical_xor"}[c.func]
            result, *rest = (self.condition(a) for a in c.args)
            for r in rest:
                result = self.graph.apply(op, result, r, boolean=True)
            return result
        raise NotationError(f"the condition {c} has no numerical rule: expected comparisons joined by And, Or, Not")

    def bracket(self, condition: Value) -> Value:
        """1 where the condition holds, 0 elsewhere."""
        return self.graph.apply("bracket", condition)

    def _mask(self, expr: Mask) -> Value:
        return self.bracket(self.condition(expr.condition))

    def _piecewise(self, expr: sp.Piecewise) -> Value:
        pairs = list(expr.args)
        default = self.value(pairs.pop().expr) if pairs[-1].cond == sp.true else self.graph.const(float("nan"))
        for pair in reversed(pairs):
            default = self.graph.apply("where", self.condition(pair.cond), self.value(pair.expr), default)
        return default

    # Facts about the numbers

    def may_vanish(self, node: Node) -> bool:
        """Whether an entry of an array of parameters may be 0."""
        if node.op == "parameter":
            return node.data in self._zeros
        if node.op == "diagonal":
            return node.data[1] in self._zeros
        if node.op in ("exp", "reciprocal", "eye", "const"):
            return node.op == "eye" or node.data == 0.0
        return node.op not in ("multiply", "sqrt", "absolute") or any(self.may_vanish(a) for a, _ in node.args)


_RULES: tuple[tuple[Any, Callable[[Lowering, Any], Value]], ...] = (
    (Component, Lowering._component),
    (sp.Add, Lowering._add),
    (sp.Mul, Lowering._mul),
    (sp.Pow, Lowering._pow),
    (Total, Lowering._total),
    (sp.exp, Lowering._exp),
    (sp.log, Lowering._log),
    (Mask, Lowering._mask),
    (Delta, Lowering._delta),
    (Entry, Lowering._entry),
    (Size, Lowering._size),
    (Index, Lowering._index),
    (sp.Symbol, Lowering._symbol),
    ((sp.Max, sp.Min), Lowering._max),
    (sp.besseli, Lowering._bessel),
    (Li2, Lowering._dilogarithm),
    ((sp.sech, sp.csch, sp.coth), Lowering._reciprocal_of),
    (sp.Piecewise, Lowering._piecewise),
    (AppliedUndef, Lowering._undefined),
    (sp.Function, Lowering._function),
)

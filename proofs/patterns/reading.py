"""f(y) read as an affine form in the states and in kinks, each component of the flow by itself, in exact rationals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import sympy as sp
from flint import fmpq
from sympy.core.relational import Relational

from amsym.notation import Component, Delta, Index, Mask, Size, Tensor, Total, free_indices
from proofs.patterns.forms import Form, constant, summed, variable
from proofs.patterns.kinks import Kinks, NotPiecewiseAffine


class Reader:
    """Forms of index expressions at given sizes and exact values of the parameters; states are numbered as they are packed.

    >>> from amsym.notation import index, state, total
    >>> i, j, y = index("i", "N"), index("j", "N"), state("y", "N")
    >>> reader = Reader((y,), {"N": 2}, {})
    >>> print(reader.read(total(sp.Max(-1, sp.Min(1, y[j])), j) - y[i], {i: 0}), reader.kinks.kinks[-1])
    -2 + -1*v0 + -1*v2 + 1*v3 + -1*v4 + 1*v5 Ramp(chain=1, cut=-1)
    """

    def __init__(self, states: tuple[Tensor, ...], sizes: Mapping[str, int], values: Mapping[Any, Any]) -> None:
        self.sizes, self.values = dict(sizes), dict(values)
        shapes = {s: tuple(sizes[a] for a in s.axes) for s in states}
        places = [(s, place) for s, shape in shapes.items() for place in product(*map(range, shape))]
        self.numbers = {key: n for n, key in enumerate(places)}
        self.kinks = Kinks(sum(prod(shape) for shape in shapes.values()))
        self._known: dict[Any, Form] = {}

    def read(self, e: sp.Basic, at: Mapping[Index, int]) -> Form:
        """The form; raises NotPiecewiseAffine where there is none."""
        key = (e, tuple(sorted((i.name, i.axis, at[i]) for i in free_indices(e))))
        if key not in self._known:
            self._known[key] = self._read(e, at)
        return self._known[key]

    def _read(self, e: Any, at: Mapping[Index, int]) -> Form:
        for kind, rule in _RULES:
            if isinstance(e, kind):
                return rule(self, e, at)
        raise NotPiecewiseAffine(e)

    def condition(self, c: Any, at: Mapping[Index, int]) -> Form:
        """1 where a condition holds and 0 elsewhere."""
        if c in (sp.true, sp.false):
            return constant(int(bool(c)))
        if isinstance(c, sp.ITE):
            return self.condition(c.to_nnf(), at)
        if isinstance(c, sp.Not):
            return constant(1) - self.condition(c.args[0], at)
        if isinstance(c, (sp.And, sp.Or)):
            return self._joined([self.condition(a, at) for a in c.args], isinstance(c, sp.And))
        if not isinstance(c, Relational):
            raise NotPiecewiseAffine(c)
        return self._compared(self.read(c.lhs, at) - self.read(c.rhs, at), c.rel_op)

    def _joined(self, parts: list[Form], every: bool) -> Form:
        result = constant(1)
        for p in parts:
            result = self.kinks.product(result, p if every else constant(1) - p)
        return result if every else constant(1) - result

    def _compared(self, u: Form, relation: str) -> Form:
        above, from_zero = self.kinks.step(u, closed=False), self.kinks.step(u, closed=True)
        one = constant(1)
        return {
            ">": above,
            ">=": from_zero,
            "<": one - from_zero,
            "<=": one - above,
            "==": from_zero - above,
            "!=": one - from_zero + above,
        }[relation]

    def given(self, e: Any, at: Mapping[Index, int]) -> Any:
        """The exact number that stands for a parameter's component or a scalar."""
        value = self.values.get(e.tensor if isinstance(e, Component) else e)
        if value is None:
            raise NotPiecewiseAffine(e)
        for i in e.where if isinstance(e, Component) else ():
            value = value[_place(i, at)]
        return value


def _place(i: Any, at: Mapping[Index, int]) -> int:
    return at[i] if isinstance(i, Index) else int(i)


def _component(reader: Reader, e: Component, at: Mapping[Index, int]) -> Form:
    number = reader.numbers.get((e.tensor, tuple(_place(i, at) for i in e.where)))
    return constant(reader.given(e, at)) if number is None else variable(number)


def _total(reader: Reader, e: Total, at: Mapping[Index, int]) -> Form:
    ranges = [range(reader.sizes[i.axis]) for i in e.bound]
    return summed(reader.read(e.body, {**at, **dict(zip(e.bound, place, strict=True))}) for place in product(*ranges))


def _add(reader: Reader, e: sp.Add, at: Mapping[Index, int]) -> Form:
    return summed(reader.read(a, at) for a in e.args)


def _mul(reader: Reader, e: sp.Mul, at: Mapping[Index, int]) -> Form:
    result = constant(1)
    for a in sorted(e.args, key=lambda a: not isinstance(a, (Mask, Delta))):
        result = reader.kinks.product(result, reader.read(a, at))
        if result.is_constant and result.constant == 0:
            break
    return result


def _power(reader: Reader, e: sp.Pow, at: Mapping[Index, int]) -> Form:
    base = reader.read(e.base, at)
    if not e.exp.is_Integer or (e.exp < 0 and (not base.is_constant or base.constant == 0)):
        raise NotPiecewiseAffine(e)
    if base.is_constant:
        return constant(base.constant ** int(e.exp))
    result = base
    for _ in range(int(e.exp) - 1):
        result = reader.kinks.product(result, base)
    return result


def _extreme(reader: Reader, e: Any, at: Mapping[Index, int]) -> Form:
    """max(a, b) = b + max(0, a - b), and min(a, b) = b - max(0, b - a)."""
    first, *rest = (reader.read(a, at) for a in e.args)
    for b in rest:
        first = b + reader.kinks.ramp(first - b) if isinstance(e, sp.Max) else b - reader.kinks.ramp(b - first)
    return first


def _absolute(reader: Reader, e: sp.Abs, at: Mapping[Index, int]) -> Form:
    u = reader.read(e.args[0], at)
    return reader.kinks.ramp(u).scaled(fmpq(2)) - u


def _sign(reader: Reader, e: sp.sign, at: Mapping[Index, int]) -> Form:
    u = reader.read(e.args[0], at)
    return reader.kinks.step(u, closed=False) + reader.kinks.step(u, closed=True) - constant(1)


def _heaviside(reader: Reader, e: sp.Heaviside, at: Mapping[Index, int]) -> Form:
    u, middle = reader.read(e.args[0], at), reader.read(e.args[1], at)
    above, from_zero = reader.kinks.step(u, closed=False), reader.kinks.step(u, closed=True)
    return above + reader.kinks.product(from_zero - above, middle)


def _piecewise(reader: Reader, e: sp.Piecewise, at: Mapping[Index, int]) -> Form:
    result, left = constant(0), constant(1)
    for value, condition in _cases(e):
        here = reader.condition(condition, at)
        result = result + reader.kinks.product(reader.kinks.product(left, here), reader.read(value, at))
        left = reader.kinks.product(left, constant(1) - here)
    if not (left.is_constant and left.constant == 0):
        raise NotPiecewiseAffine(e)
    return result


def _cases(e: sp.Piecewise) -> Iterator[tuple[Any, Any]]:
    """(value, condition), with a case distinction within a case taken apart: SymPy leaves out what the outer condition rules out."""
    for value, condition in e.args:
        inner = _cases(value) if isinstance(value, sp.Piecewise) else [(value, sp.true)]
        yield from ((v, sp.And(condition, c)) for v, c in inner)


def _delta(reader: Reader, e: Delta, at: Mapping[Index, int]) -> Form:
    a, b = (_place(i, at) for i in e.args)
    return constant(int(a == b))


def _number(reader: Reader, e: Any, at: Mapping[Index, int]) -> Form:
    if not (e.is_Rational or e.is_Float) or not e.is_finite:
        raise NotPiecewiseAffine(e)
    q = sp.Rational(e)
    return constant(Fraction(int(q.p), int(q.q)))


_RULES: tuple[tuple[Any, Any], ...] = (
    (Component, _component),
    (Total, _total),
    (sp.Add, _add),
    (sp.Mul, _mul),
    (sp.Pow, _power),
    ((sp.Max, sp.Min), _extreme),
    (sp.Abs, _absolute),
    (sp.sign, _sign),
    (sp.Heaviside, _heaviside),
    (Mask, lambda reader, e, at: reader.condition(e.condition, at)),
    (sp.Piecewise, _piecewise),
    (Delta, _delta),
    (Index, lambda reader, e, at: constant(at[e])),
    (Size, lambda reader, e, at: constant(reader.sizes[e.name])),
    (sp.Symbol, lambda reader, e, at: constant(reader.given(e, at))),
    (sp.Number, _number),
)

__all__ = ["Reader"]

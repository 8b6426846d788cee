"""Is Σ u(y) exactly zero here? Values of formulas at an exact point or over a box of states, and a zero test in exact algebra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import lcm
from typing import Any

import sympy as sp
from flint import arb

from amsym.notation import Component, Index, Tensor, components, free_indices
from numeric.rigorous import Evaluator, Undetermined
from proofs.draws import Values, flattened

Place = tuple[int, ...]


@dataclass(frozen=True)
class Field:
    """One formula for each component of a state: the flow of y, or ∂E/∂y, with the indices of its places."""

    state: Tensor
    where: tuple[Index, ...]
    formula: sp.Expr

    def places(self, sizes: Mapping[str, int]) -> Iterator[Place]:
        """All places of the state."""
        return product(*(range(sizes[a]) for a in self.state.axes))

    def at(self, place: Place) -> dict[Index, int]:
        """The indices set to a place."""
        return dict(zip(self.where, place, strict=True))


class BoxEvaluator(Evaluator):
    """Balls of formulas over a box: states are given as balls, by place; parameters exactly.

    >>> from amsym.notation import index, state
    >>> i, y = index("i", "N"), state("y", "N")
    >>> near = BoxEvaluator({"N": 1}, {}, {y: {(0,): arb(2, 0.125)}})(y[i]**2, {i: 0})
    >>> bool(near > 3 and near < 5)
    True
    """

    def __init__(self, sizes: Mapping[str, int], values: Values, box: Mapping[Tensor, Mapping[Place, arb]]) -> None:
        super().__init__(sizes, {k: v for k, v in values.items() if k not in box})
        self.box = box

    def _compute(self, e: sp.Basic, at: dict[Index, int]) -> arb:
        if isinstance(e, Component) and e.tensor in self.box:
            return self.box[e.tensor][tuple(at[i] if isinstance(i, Index) else int(i) for i in e.where)]
        return super()._compute(e, at)

    def sign(self, e: sp.Expr, at: dict[Index, int]) -> int:
        """-1, 0 or 1 for every state of the box alike."""
        if not any(c.tensor in self.box for c in e.atoms(Component)):
            return super().sign(e, at)
        value = self(e, at)
        if value > 0 or value < 0:
            return 1 if value > 0 else -1
        raise Undetermined(f"the sign of {e} is not the same over the box")


def off_kinks(here: Evaluator, bends: tuple[sp.Expr, ...]) -> bool:
    """Whether no kink function vanishes at the point, or anywhere in the box."""
    for u in bends:
        free = tuple(sorted(free_indices(u), key=str))
        for place in product(*(range(here.sizes[i.axis]) for i in free)):
            if here(u, dict(zip(free, place, strict=True))).contains(0):
                return False
    return True


def is_defined(here: Evaluator, formulas: tuple[tuple[sp.Expr, tuple[Index, ...]], ...]) -> bool:
    """Whether every formula is finite at the point, at all places."""
    for formula, where in formulas:
        for place in product(*(range(here.sizes[i.axis]) for i in where)):
            if not here(formula, dict(zip(where, place, strict=True))).is_finite():
                return False
    return True


def is_exactly_zero(field: Field, place: Place, here: Evaluator) -> bool:
    """Whether a formula is zero at an exact point: its ball is the number 0, or exact algebra says so.

    >>> from fractions import Fraction
    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> g = sp.exp(y[i])/total(sp.exp(y[i]), i) - sp.Rational(1, 3)
    >>> is_exactly_zero(Field(y, (i,), g), (0,), Evaluator({"N": 3}, {y: (Fraction(1, 7),)*3}))
    True
    """
    value = here(field.formula, field.at(place))
    if value.is_exact():
        return bool(value == 0)
    if not value.contains(0) or not value.rad() < arb(2) ** -100:
        return False
    return is_zero_number(_explicit(field, place, here))


def _explicit(field: Field, place: Place, here: Evaluator) -> sp.Expr:
    """The formula at one place as a SymPy number."""
    array = components(field.formula, here.sizes, field.where)
    expr = array[place] if field.where else array
    rule: dict[Any, Any] = {}
    for key, value in here.values.items():
        for at, x in flattened(value).items():
            rule[_symbol(key, at)] = sp.Rational(x.numerator, x.denominator)
    return expr.xreplace(rule)


def _symbol(key: Any, at: Place) -> sp.Expr:
    if not isinstance(key, Tensor):
        return key  # type: ignore[no-any-return]
    return key[at] if at else Component(key)


def is_zero_number(e: sp.Expr) -> bool:
    """Whether a number made of rationals, exponentials and roots is zero; False also where the algebra does not show it.

    e^(1/d) is transcendental, so powers of it are one unknown X and a rational function of X is zero only as a polynomial is;
    a root √r is an unknown with the relation s² = r. Anything else is an unknown of its own.

    >>> is_zero_number(sp.exp(1)/(2*sp.exp(1)) - sp.Rational(1, 2)), is_zero_number(sp.tanh(1) - sp.Rational(3, 4))
    (True, False)
    """
    e = e.replace(lambda n: isinstance(n, sp.tanh), lambda n: 1 - 2 / (sp.exp(2 * n.args[0]) + 1))
    e = e.replace(lambda n: isinstance(n, (sp.cosh, sp.sinh)), lambda n: n.rewrite(sp.exp))
    others = sorted((n for n in e.atoms(sp.Function) if not isinstance(n, sp.exp)), key=lambda n: (-n.count_ops(), str(n)))
    for n in others:
        e = e.xreplace({n: sp.Dummy(real=True)})
    powers = sorted((n for n in e.atoms(sp.exp) if n.args[0].is_Rational), key=sp.default_sort_key)
    d = lcm(1, *(int(n.args[0].q) for n in powers))
    X = sp.Dummy("X", positive=True)
    e = e.xreplace({n: X ** (n.args[0] * d) for n in powers}).xreplace({sp.E: X**d})
    roots = {
        n: sp.Dummy(positive=True) for n in sorted(e.atoms(sp.Pow), key=sp.default_sort_key) if n.base.is_Rational and n.exp == sp.S.Half
    }
    top = sp.numer(sp.together(e.xreplace(roots)))
    poly = sp.expand(top)
    for n, s in roots.items():
        poly = sp.rem(poly, s**2 - n.base, s) if poly.has(s) else poly
    return bool(sp.expand(poly) == 0)


__all__ = ["BoxEvaluator", "Field", "is_defined", "is_exactly_zero", "is_zero_number", "off_kinks"]

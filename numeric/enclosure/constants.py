"""Numbers that no double holds, 1/3, 1/N, √2, as scalars that are known to lie between two doubles.

A compiled program computes with the nearest double, and folds such numbers into one another. What is proved of a box must hold
for the formula as it is written: so each becomes a scalar of its own, for which programs take the double and enclosures an interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from numpy.typing import NDArray

from amsym.notation import Component, Size, Total
from amsym.system import System
from numeric.rigorous import Evaluator

Array = NDArray[Any]
Interval = tuple[Array, Array]
# Numbers with so few bits stay as they are: products of a few of them are exact in double precision.
BITS = 16


@dataclass(frozen=True)
class Exact:
    """A system whose formulas hold no number that doubles round; `values`: of the new scalars; `intervals`: of these and of parameters."""

    system: System
    values: dict[str, float]
    intervals: dict[str, Interval] = field(default_factory=dict)


def with_exact_numbers(flow: Mapping[Component, sp.Expr], sizes: Mapping[str, int], name: str = "system") -> Exact:
    """The flow with its sizes put in and every number of more than 16 bits as a scalar.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> exact = with_exact_numbers({y[i]: total(y[i], i)/3 - y[i]/2}, {"N": 2})
    >>> [f"{v:.4f}" for v in exact.values.values()], [float(h - l) > 0 for l, h in exact.intervals.values()]
    (['0.3333'], [True])
    """
    known = {s: sp.Integer(sizes[s.name]) for f in flow.values() for s in f.atoms(Size)}
    formulas = {c: f.xreplace(known) for c, f in flow.items()}
    numbers = sorted({n for f in formulas.values() for n in _numbers(f)}, key=sp.default_sort_key)
    scalars = {n: _scalar(k, n) for k, n in enumerate(numbers)}
    system = System(flow={c: _put(f, scalars) for c, f in formulas.items()}, name=name)
    bounds = {s.name: between(Evaluator({}, {})(n)) for n, s in scalars.items()}
    values = {s.name: float(sp.N(n, 20)) for n, s in scalars.items()}
    kept = {s.name for s in system.scalars}
    return Exact(system, {k: v for k, v in values.items() if k in kept}, {k: v for k, v in bounds.items() if k in kept})


def _scalar(k: int, n: sp.Expr) -> sp.Symbol:
    return sp.Symbol(f"number{k}", real=True, positive=n.is_positive or None, negative=n.is_negative or None)


def between(x: arb) -> Interval:
    """The doubles around a ball."""
    low, high = float(x.lower()), float(x.upper())
    return np.asarray(np.nextafter(low, -np.inf)), np.asarray(np.nextafter(high, np.inf))


def intervals_of(values: Mapping[str, Any]) -> dict[str, Interval]:
    """For arrays of exact rationals by name, the doubles around those that are no doubles."""
    found = {}
    for name, exact in values.items():
        a = np.asarray(exact, dtype=object)
        near = a.astype(np.float64)
        rounded = np.array([Fraction(float(x)) != Fraction(e) for x, e in zip(near.ravel(), a.ravel(), strict=True)]).reshape(near.shape)
        if rounded.any():
            found[name] = np.where(rounded, np.nextafter(near, -np.inf), near), np.where(rounded, np.nextafter(near, np.inf), near)
    return found


def _numbers(e: sp.Basic) -> set[sp.Expr]:
    """The largest parts of a formula that are numbers and may be rounded."""
    if isinstance(e, sp.Expr) and e.is_number and not e.has(Total, Component):
        return set() if _is_short(e) else {e}
    if isinstance(e, sp.Mul):
        # The coefficient of a product, whole: 2π/3 and not 2, π, 1/3.
        number, rest = _parted(e)
        return _numbers(number).union(*map(_numbers, rest.args if rest.is_Mul else (rest,)))
    return set().union(*map(_numbers, e.args)) if e.args else set()


def _is_short(e: sp.Expr) -> bool:
    if not e.is_Rational:
        return False
    p, q = abs(int(e.p)), int(e.q)
    return p < 2**BITS and q <= 2**BITS and q & (q - 1) == 0


def _put(e: sp.Expr, scalars: Mapping[sp.Expr, sp.Symbol]) -> sp.Expr:
    """The scalars in place of the numbers."""
    products = {n: s for n, s in scalars.items() if n.is_Mul}
    if products:
        e = e.replace(lambda a: isinstance(a, sp.Mul) and _parted(a)[0] in products, lambda a: products[_parted(a)[0]] * _parted(a)[1])
    return e.xreplace({n: s for n, s in scalars.items() if not n.is_Mul})


def _parted(a: sp.Mul) -> tuple[sp.Expr, sp.Expr]:
    """The product of its numbers, and the rest."""
    return sp.Mul(*(x for x in a.args if x.is_number)), sp.Mul(*(x for x in a.args if not x.is_number))


__all__ = ["Exact", "between", "intervals_of", "with_exact_numbers"]

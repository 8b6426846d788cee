"""The rational value of a formula that is made of rationals by sums, products, whole powers, maxima and brackets; None for any other.

Balls do not hold 1/3 exactly: a tie, or the root of a sum that is 0, is seen here.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from math import ceil, floor, prod
from typing import Any, Protocol

import sympy as sp

from amsym.errors import AmsymError, InputError
from amsym.notation import Component, Delta, Index, Mask, Size, Total


class Place(Protocol):
    """Who knows sizes, exact values, and which conditions hold."""

    sizes: dict[str, int]
    values: dict[Any, Any]

    def holds(self, condition: Any, at: dict[Index, int]) -> bool:
        """Whether a condition holds, for certain."""


def rational(x: Any) -> Fraction:
    """A number as the exact rational that it is; floats are binary fractions.

    >>> rational(0.5), rational(sp.Rational(1, 3)), rational(sp.Float(0.5))
    (Fraction(1, 2), Fraction(1, 3), Fraction(1, 2))
    """
    try:
        x = sp.Rational(x) if isinstance(x, sp.Float) else x
        return Fraction(x) if not isinstance(x, sp.Rational) else Fraction(int(x.p), int(x.q))
    except AmsymError:
        raise  # a limit on effort that struck here is no fault of the number
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"got {x!r}; a finite real number was expected, as 0.5, Fraction(1, 2) or the text '1/2'") from error


def known(ev: Place, e: Any, at: Mapping[Index, int]) -> Fraction | None:
    """The exact number that stands for a component, an index, a size or a scalar; None where none was given."""
    if isinstance(e, Index):
        return Fraction(at[e])
    if isinstance(e, Size):
        return Fraction(ev.sizes[e.name])
    value = ev.values.get(e.tensor if isinstance(e, Component) else e)
    if value is None:
        return None
    for i in e.where if isinstance(e, Component) else ():
        value = value[int(at[i] if isinstance(i, Index) else i)]
    return rational(value)


def exactly(ev: Place, e: Any, at: dict[Index, int]) -> Fraction | None:
    """The rational value of e with its free indices at the given places, where it has one that is found exactly.

    Raises Undetermined where a bracket in it is not settled.
    """
    if isinstance(e, (Component, sp.Symbol)):
        return known(ev, e, at)
    if e.is_Rational or e.is_Float:
        return rational(e)
    if isinstance(e, Mask):
        return Fraction(ev.holds(e.condition, at))
    if isinstance(e, Delta):
        i, j = (at[k] if isinstance(k, Index) else int(k) for k in e.args)
        return Fraction(i == j)
    if isinstance(e, sp.Pow):
        return _power(ev, e, at)
    if isinstance(e, Total):
        ranges = product(*(range(ev.sizes[i.axis]) for i in e.bound))
        return _all(sum, (exactly(ev, e.body, {**at, **dict(zip(e.bound, place, strict=True))}) for place in ranges))
    combine = next((f for kind, f in _OF_ALL.items() if isinstance(e, kind)), None)
    return None if combine is None else _all(combine, (exactly(ev, a, at) for a in e.args))


_OF_ALL: dict[Any, Any] = {
    sp.Add: sum,
    sp.Mul: prod,
    sp.Max: max,
    sp.Min: min,
    sp.Abs: lambda x: abs(x[0]),
    sp.sign: lambda x: (x[0] > 0) - (x[0] < 0),
    sp.floor: lambda x: floor(x[0]),
    sp.ceiling: lambda x: ceil(x[0]),
    sp.Mod: lambda x: x[0] % x[1] if x[1] else None,
}


def _all(combine: Any, parts: Any) -> Fraction | None:
    """The parts combined, None as soon as one is."""
    found = []
    for part in parts:
        if part is None:
            return None
        found.append(part)
    result = combine(found)
    return None if result is None else Fraction(result)


def _power(ev: Place, e: sp.Pow, at: dict[Index, int]) -> Fraction | None:
    if not e.exp.is_Integer:
        return None
    base = exactly(ev, e.base, at)
    return None if base is None or (base == 0 and e.exp < 0) else base ** int(e.exp)

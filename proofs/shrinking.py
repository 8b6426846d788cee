"""A counterexample, and how it is made small: numbers become 0, 1, -1 or rounder as long as the violation stays."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
from flint import arb

from amsym.notation import Tensor
from amsym.notation.effort import Budget, remaining
from amsym.render.numbers import value_in_words
from amsym.system import System
from numeric.rigorous import Undetermined
from proofs.draws import Values, fits, flattened, nested, parity, plain
from proofs.probes import Probe, finite

# Denominators tried in turn, passes over all numbers, and the seconds after which a counterexample stays as it is.
DENOMINATORS, PASSES, SECONDS = (2, 3, 4, 5, 8, 10, 16, 32, 100, 1000, 10**4, 10**6, 10**9), 2, 2.0
# Seconds of the time allowed that are left for what comes after.
LEFT = 0.3


@dataclass(frozen=True)
class Violation:
    """A confirmed counterexample: sizes, exact values, and the ball of the rise that lies above zero (not below, if `strict`)."""

    sizes: dict[str, int]
    values: Values
    rise: arb
    what: str
    strict: bool = False

    @property
    def sign(self) -> str:
        """The relation to 0 that holds at the point: a strict claim is broken by 0 as well."""
        return "≥" if self.strict else ">"

    def certificate(self) -> dict[str, Any]:
        """The counterexample as plain data."""
        return {
            "kind": "exact counterexample",
            "sizes": self.sizes,
            "values": {_name(k): plain(v) for k, v in self.values.items()},
            "inequality": f"{self.what} {self.sign} 0",
            "value": str(self.rise.str(15)),
        }

    def words(self) -> str:
        """The counterexample in one line."""
        places = ", ".join(f"{_name(k)} = {value_in_words(v)}" for k, v in self.values.items())
        sizes = ", ".join(f"{axis} = {n}" for axis, n in self.sizes.items())
        return f"{self.what} = {self.rise.str(6, radius=False)} {self.sign} 0 at {sizes}{': ' if sizes else ''}{places}"

    __str__ = __repr__ = words


def clipped(values: Values, domain: Mapping[Any, Any]) -> Values:
    """Move states into the box of the domain by folding them into it."""
    by_name = {getattr(k, "name", str(k)): v for k, v in domain.items()} if domain else {}
    result = dict(values)
    for t, value in values.items():
        if isinstance(t, Tensor) and t.kind == "state" and t.name in by_name:
            low, high = by_name[t.name]
            table = {p: min(max(v, _at(low, p)), _at(high, p)) for p, v in flattened(value).items()}
            result[t] = nested(table, tuple(max(k[n] for k in table) + 1 for n in range(len(t.axes))))
    return result


def _at(bound: Any, place: tuple[int, ...]) -> Any:
    """The bound at a place, exactly; one number holds for all places, and an infinite one is no bound."""
    entry = np.asarray(bound)[place] if np.ndim(bound) else bound
    return Fraction(entry if isinstance(entry, (int, Fraction)) else float(entry)) if math.isfinite(entry) else float(entry)


def shrunk(
    found: Violation, probe: Probe, fixed: Collection[Any], system: System, domain: Mapping[Any, Any], seconds: float = SECONDS
) -> Violation:
    """Set numbers to 0, 1, -1 or round them as long as the violation stays, within what is declared."""
    budget, before = Budget(min(seconds, remaining() - LEFT)), None
    for _ in range(PASSES):
        if found is before:
            break
        before = found
        for key in [k for k in found.values if k not in fixed]:
            for place in flattened(found.values[key]):
                found = _shrink_one(found, probe, key, place, system, domain, budget)
    return found


def smaller(
    found: Violation,
    probe: Probe,
    fixed: Collection[Any],
    system: System,
    domain: Mapping[Any, Any],
    sizes: Collection[str],
    seconds: float = SECONDS,
) -> Violation:
    """Leave out one index of an axis after the other as long as the violation stays; `sizes` and axes of given numbers are kept."""
    kept = set(sizes) | {a for k in fixed if isinstance(k, Tensor) for a in k.axes} | _sized_by(system, domain)
    budget = Budget(min(seconds, remaining() - LEFT))
    for axis in [a for a in found.sizes if a not in kept]:
        n = found.sizes[axis] - 1
        while n >= 0 and found.sizes[axis] > 1 and not budget.spent:
            sizes = {**found.sizes, axis: found.sizes[axis] - 1}
            values = {k: _without(k, v, axis, n) for k, v in found.values.items()}
            found = _tried(Violation(sizes, values, found.rise, found.what, found.strict), found, probe, fixed, system)
            n -= 1
    return found


def _sized_by(system: System, domain: Mapping[Any, Any]) -> set[str]:
    """The axes of states whose bounds are arrays."""
    arrays = {getattr(getattr(k, "tensor", k), "name", k) for k, box in (domain or {}).items() if any(np.ndim(b) for b in box)}
    return {a for s in system.states if s.name in arrays for a in s.axes}


def _without(key: Any, value: Any, axis: str, n: int) -> Any:
    """The value without one index of an axis."""
    if not isinstance(key, Tensor) or axis not in key.axes:
        return value
    kept = {p: v for p, v in flattened(value).items() if all(p[k] != n for k, a in enumerate(key.axes) if a == axis)}
    moved = {tuple(x - (a == axis and x > n) for x, a in zip(p, key.axes, strict=True)): v for p, v in kept.items()}
    return nested(moved, tuple(max(p[k] for p in moved) + 1 for k in range(len(key.axes))))


def _tried(new: Violation, old: Violation, probe: Probe, fixed: Collection[Any], system: System) -> Violation:
    """The new one, if it is one."""
    if not fits(system, new.values, fixed):
        return old
    try:
        rise, what = finite(*probe(new.sizes, new.values))
    except (Undetermined, ZeroDivisionError):
        return old
    confirmed = rise >= 0 if new.strict else rise > 0
    return replace(new, rise=rise, what=what) if confirmed else old


def _shrink_one(
    found: Violation, probe: Probe, key: Any, place: tuple[int, ...], system: System, domain: Mapping[Any, Any], budget: Budget
) -> Violation:
    old = flattened(found.values[key])[place]
    for simple in _simpler(old):
        if budget.spent:
            break
        table = {**flattened(found.values[key]), **{p: sign * simple for p, sign in together(key, place)}}
        shape = tuple(found.sizes[a] for a in key.axes) if isinstance(key, Tensor) else ()
        values = clipped({**found.values, key: nested(table, shape)}, domain)
        given = [k for k in values if k != key]
        new = _tried(replace(found, values=values), found, probe, given, system)
        if new is not found:
            return new
    return found


def _simpler(old: Fraction) -> list[Fraction]:
    """Numbers to put in its place, the simplest first: 0, 1, -1, and what is near it with small denominators.

    >>> [str(x) for x in _simpler(Fraction(33, 100))]
    ['0', '1', '-1', '1/2', '1/3']
    """
    near = [Fraction(round(old)), *(old.limit_denominator(d) for d in DENOMINATORS)]
    every = dict.fromkeys((Fraction(0), Fraction(1), Fraction(-1), *near))
    return [x for x in every if _height(x) < _height(old)]


def _height(x: Fraction) -> int:
    return abs(x.numerator) + 2 * (x.denominator - 1) + (x < 0)


def together(key: Any, place: tuple[int, ...]) -> list[tuple[tuple[int, ...], int]]:
    """The places of a matrix that are one number by symmetry, with signs."""
    if isinstance(key, Tensor) and key.has_property("symmetric"):
        return [(p, 1) for p in permutations(place)]
    if isinstance(key, Tensor) and key.has_property("antisymmetric"):
        return [(p, parity(p) * parity(place)) for p in permutations(place)]
    return [(place, 1)]


def _name(key: Any) -> str:
    return str(key.name)

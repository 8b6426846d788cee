"""A counterexample, and how it is made small: numbers become 0, 1, -1 or rounder as long as the violation stays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

from amsym.notation import Tensor
from amsym.render.numbers import value_in_words
from amsym.system import System
from numeric.rigorous import Undetermined
from proofs.draws import Values, flattened, is_defined, nested, plain, respects
from proofs.probes import Probe, finite


@dataclass(frozen=True)
class Violation:
    """A confirmed counterexample: sizes, exact values, and the ball of the rise that lies above zero."""

    sizes: dict[str, int]
    values: Values
    rise: arb
    what: str

    def certificate(self) -> dict[str, Any]:
        """The counterexample as plain data."""
        return {
            "kind": "exact counterexample",
            "sizes": self.sizes,
            "values": {_name(k): plain(v) for k, v in self.values.items()},
            "inequality": f"{self.what} > 0",
            "value": str(self.rise.str(15)),
        }

    def words(self) -> str:
        """The counterexample in one line."""
        places = ", ".join(f"{_name(k)} = {value_in_words(v)}" for k, v in self.values.items())
        sizes = ", ".join(f"{axis} = {n}" for axis, n in self.sizes.items())
        return f"{self.what} = {self.rise.str(6, radius=False)} > 0 at {sizes}{': ' if sizes else ''}{places}"


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


def shrunk(found: Violation, probe: Probe, fixed: set[Any], system: System, domain: Mapping[Any, Any]) -> Violation:
    """Set numbers to 0, 1, -1 or round them as long as the violation stays, within what is declared."""
    for key in [k for k in found.values if k not in fixed]:
        for place in flattened(found.values[key]):
            found = _shrink_one(found, probe, key, place, system, domain)
    return found


def _shrink_one(found: Violation, probe: Probe, key: Any, place: tuple[int, ...], system: System, domain: Mapping[Any, Any]) -> Violation:
    old = flattened(found.values[key])[place]
    for simple in (Fraction(0), Fraction(1), Fraction(-1), Fraction(round(old)), old.limit_denominator(2)):
        if _height(simple) >= _height(old):
            continue
        table = {
            k: (simple if k == place or (_mirrors(key) and sorted(k) == sorted(place)) else v)
            for k, v in flattened(found.values[key]).items()
        }
        shape = tuple(found.sizes[a] for a in key.axes) if isinstance(key, Tensor) else ()
        values = clipped({**found.values, key: nested(table, shape)}, domain)
        if not (respects(key, values[key]) and is_defined(system, values)):
            continue
        try:
            rise, what = finite(*probe(found.sizes, values))
        except Undetermined:
            continue
        if rise > 0:
            return Violation(found.sizes, values, rise, what)
    return found


def _height(x: Fraction) -> int:
    return abs(x.numerator) + 2 * (x.denominator - 1) + (x < 0)


def _mirrors(key: Any) -> bool:
    return isinstance(key, Tensor) and key.has_property("symmetric")


def _name(key: Any) -> str:
    return str(key.name)

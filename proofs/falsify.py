"""Search for an explicit counterexample to `energy never increases`: exact rationals, the violation confirmed by balls.

Small sizes and small integers come first, and what is found is shrunk, so a counterexample can be read. A
suspected violation that rigorous arithmetic does not confirm is not returned.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from time import perf_counter
from typing import Any

import numpy as np
import sympy as sp
from flint import arb
from sympy.core.relational import Relational

from amsym.notation import Component, Mask, Tensor, free_indices, total
from amsym.notation.calculus import derivative_for_sympy
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.discrete import sign_argument
from amsym.prover.lyapunov import energy_rate
from amsym.prover.regularity import _JUMPS, _KINKS, moving
from amsym.system import System, time
from numeric.rigorous import Evaluator, Undetermined
from proofs.draws import Values, draw, flattened, nested, respects, sizes_up_to

# Draws for each choice of sizes, largest size of an axis, and the time after which the search gives up.
DRAWS, LARGEST, SECONDS, SEED = 60, 3, 6.0, 20250101


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
            "values": {_name(k): _plain(v) for k, v in self.values.items()},
            "inequality": f"{self.what} > 0",
            "value": str(self.rise.str(15)),
        }

    def words(self) -> str:
        """The counterexample in one line."""
        places = ", ".join(f"{_name(k)} = {_short(v)}" for k, v in self.values.items())
        sizes = ", ".join(f"{axis} = {n}" for axis, n in self.sizes.items())
        return f"{self.what} = {self.rise.str(6, radius=False)} > 0 at {sizes}: {places}"


@dataclass(frozen=True)
class Search:
    """What a search did: the violation if any, the number of exact evaluations, the largest value seen."""

    violation: Violation | None
    evaluations: int
    worst: float
    undetermined: int


def search(
    system: System, fixed: Values | None = None, sizes: Mapping[str, int] | None = None, domain: Mapping[Any, Any] | None = None
) -> Search:
    """Look for a state (and, where not fixed, parameters) at which the energy rises."""
    if not _can_be_drawn(system):
        return Search(None, 0, float("-inf"), 0)
    probe = _rate_probe(system) if system.flow is not None else _update_probe(system)
    rng, start = random.Random(SEED), perf_counter()
    count = undetermined = 0
    worst = float("-inf")
    for values, here in _candidates(system, fixed or {}, sizes, rng, domain or {}):
        if perf_counter() - start > SECONDS:
            break
        count += 1
        try:
            rise, what = _finite(*probe(here, values))
        except Undetermined:
            undetermined += 1
            continue
        worst = max(worst, float(rise))
        if rise > 0:
            found = _shrunk(Violation(here, values, rise, what), probe, set(fixed or {}), system, domain or {})
            return Search(found, count, worst, undetermined)
    return Search(None, count, worst, undetermined)


def _can_be_drawn(system: System) -> bool:
    """One state for an update by sign, and matrices where a matrix property is declared."""
    matrices = all(len(t.axes) == 2 for t in system.parameters if {"psd", "orthogonal"} & set(t.properties))
    return matrices and (
        system.update is None or (len(system.states) == 1 and sign_argument(next(iter(system.update.values()))) is not None)
    )


def _finite(rise: arb, what: str) -> tuple[arb, str]:
    if not rise.is_finite():
        raise Undetermined(f"{what} is not finite")
    return rise, what


Probe = Callable[[Mapping[str, int], Values], tuple[arb, str]]


def _rate_probe(system: System) -> Probe:
    rate = _rate(system)
    bends = kink_functions(system)

    def probe(sizes: Mapping[str, int], values: Values) -> tuple[arb, str]:
        here = Evaluator(sizes, values)
        for bend in bends:
            _require_nonzero(here, bend, sizes)
        rise = here(rate)
        if rise > 0:
            _require_defined(here, system, sizes)
        return rise, "dE/dt"

    return probe


def _rate(system: System) -> sp.Expr:
    """dE/dt, as it comes out of the differentiation where its normal form takes too long."""
    try:
        with time_limit(SECONDS / 2):
            return energy_rate(system)
    except OutOfTime:
        parts = [total(derivative_for_sympy(system.energy, c) * f, *c.where) for c, f in system.equations.items()]
        return sp.Add(*parts, derivative_for_sympy(system.energy, time) if system.depends_on_time else sp.S.Zero)


def _require_defined(here: Evaluator, system: System, sizes: Mapping[str, int]) -> None:
    """A derivative may have a value where its function has none: log(y)' = 1/y at y = -1."""
    for formula, where in ((system.energy, ()), *((f, c.where) for c, f in system.equations.items())):
        for place in product(*(range(sizes[i.axis]) for i in where)):
            _finite(here(formula, dict(zip(where, place, strict=True))), "a formula")


def kink_functions(system: System) -> tuple[sp.Expr, ...]:
    """The u of every max(0, u), |u| and [u > 0] of a state: at u = 0 the formal derivative is none, so it refutes nothing."""
    assert system.energy is not None
    nodes = set().union(*(moving(f, (*system.states, time), _KINKS + _JUMPS) for f in system.formulas))
    found: set[sp.Expr] = set()
    for n in nodes:
        relations = n.atoms(Relational) if isinstance(n, (Mask, sp.Piecewise)) else set()
        found |= {r.lhs - r.rhs for r in relations}
        if isinstance(n, (sp.Max, sp.Min)):
            found |= {a - b for a, b in combinations(n.args, 2)}
        elif isinstance(n, (sp.floor, sp.ceiling)):
            found.add(sp.sin(sp.pi * n.args[0]))
        elif not relations:
            found.add(n.args[0])
    return tuple(sorted(found, key=str))


def _require_nonzero(here: Evaluator, u: sp.Expr, sizes: Mapping[str, int]) -> None:
    free = tuple(sorted(free_indices(u), key=str))
    for place in product(*(range(sizes[i.axis]) for i in free)):
        if here(u, dict(zip(free, place, strict=True))).contains(0):
            raise Undetermined(f"the point lies on the kink {u} = 0")


def _update_probe(system: System) -> Probe:
    """The largest rise over the single updates (or the one synchronous update) from a state."""
    ((component, update),) = system.equations.items()
    state, field = component.tensor, sign_argument(update)
    together = system.order == "synchronous"

    def changed(here: Evaluator, table: Table, places: Iterable[tuple[int, ...]]) -> Table:
        """The state after the neurons at these places have been updated, all from the same state."""
        new = {p: _updated(system, state, here(field, dict(zip(component.where, p, strict=True))), table[p]) for p in places}
        return {**table, **new}

    def probe(sizes: Mapping[str, int], values: Values) -> tuple[arb, str]:
        shape = tuple(sizes[a] for a in state.axes)
        start = flattened(values[state])
        rises = []
        for places in [tuple(start)] if together else [(p,) for p in start]:
            here = Evaluator(sizes, {**values, state: nested(start, shape)})
            after = changed(here, start, places)
            rises.append(Evaluator(sizes, {**values, state: nested(after, shape)})(system.energy) - here(system.energy))
            # One after the other in a fixed order: the next neuron finds the state that this one has left.
            start = after if system.order == "sequential" else start
        return max(rises, key=float), f"E after a {'synchronous' if together else 'single'} update minus E before"

    return probe


Table = dict[tuple[int, ...], Fraction]


def _updated(system: System, state: Tensor, h: arb, old: Fraction) -> Fraction:
    new = _signed(system, h, old)
    if state.values and new not in state.values:
        raise Undetermined(f"the update leaves the values {state.values} of {state.name}")
    return new


def _signed(system: System, h: arb, old: Fraction) -> Fraction:
    if h > 0:
        return Fraction(1)
    if h < 0:
        return Fraction(-1)
    if h.is_exact() and h == 0:
        return {"keep": old, "up": Fraction(1), "down": Fraction(-1)}[system.tie]
    raise Undetermined("the sign of the field is not settled")


def _candidates(
    system: System, fixed: Values, sizes: Mapping[str, int] | None, rng: random.Random, domain: Mapping[Any, Any]
) -> Iterator[tuple[Values, dict[str, int]]]:
    small = sizes_up_to(system, LARGEST if len(system.axes) <= 3 else 2)
    choices = list({tuple(s.items()): s for s in ({**s, **(sizes or {})} for s in small)}.values())
    more = 1 if len(choices) > 1 else 10
    for coarse, repeats in ((True, DRAWS // 2), (False, DRAWS)):
        for here in choices:
            for _ in range(more * repeats):
                values = _clipped({**draw(system, here, rng, coarse), **fixed}, domain)
                if all(respects(k, v) for k, v in values.items() if k not in fixed):
                    yield values, here


def _clipped(values: Values, domain: Mapping[Any, Any]) -> Values:
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


def _shrunk(found: Violation, probe: Probe, fixed: set[Any], system: System, domain: Mapping[Any, Any]) -> Violation:
    """Set numbers to 0, 1, -1 or round them as long as the violation stays, within what is declared."""
    for key in [k for k in found.values if k not in fixed]:
        for place in flattened(found.values[key]):
            found = _shrink_one(found, probe, key, place, domain)
    return found


def _shrink_one(found: Violation, probe: Probe, key: Any, place: tuple[int, ...], domain: Mapping[Any, Any]) -> Violation:
    old = flattened(found.values[key])[place]
    for simple in (Fraction(0), Fraction(1), Fraction(-1), Fraction(round(old)), old.limit_denominator(2)):
        if _height(simple) >= _height(old):
            continue
        table = {
            k: (simple if k == place or (_mirrors(key) and sorted(k) == sorted(place)) else v)
            for k, v in flattened(found.values[key]).items()
        }
        shape = tuple(found.sizes[a] for a in key.axes) if isinstance(key, Tensor) else ()
        values = _clipped({**found.values, key: nested(table, shape)}, domain)
        if not respects(key, values[key]):
            continue
        try:
            rise, what = _finite(*probe(found.sizes, values))
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


def _plain(value: Any) -> Any:
    return [_plain(v) for v in value] if isinstance(value, tuple) else str(value)


def _short(value: Any) -> str:
    return f"({', '.join(_short(v) for v in value)})" if isinstance(value, tuple) else str(value)


__all__ = ["Component", "Search", "Violation", "search"]

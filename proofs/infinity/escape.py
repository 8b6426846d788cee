"""A path on which the energy falls to -∞, or stays below a bound while the state tends to infinity: found, decided, confirmed.

The limit along a path is decided by an exact series in r; then balls at growing r have to agree with it. Small sizes and small
whole parameters that respect what was declared come first, and what is found is shrunk.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import sympy as sp
from flint import arb

from amsym.errors import AmsymError
from amsym.notation import Tensor, components
from amsym.notation.effort import Budget, OutOfTime, check, time_limit
from amsym.notation.tensors import Entry
from amsym.prover.asymptotics import expansion
from amsym.prover.regularity import conditions
from amsym.prover.series import Series, Unsettled, leading_term
from amsym.render.numbers import value_in_words
from amsym.system import System
from proofs.draws import Values, fits, flattened, plain
from proofs.falsify import candidates
from proofs.infinity.confirmation import confirmed
from proofs.infinity.paths import Path, approaches, curves, places, rational, rays
from proofs.question import Question
from proofs.shrinking import Violation, shrunk

# Seconds for the search, and for the formula of one choice of sizes; seed; states beyond which no formula is written out.
SECONDS, FORMULA, SEED, ENTRIES = 4.0, 2.0, 20250101, 40
# Longer numbers are rounded in words (never in certificates).
LONG = 24


@dataclass(frozen=True)
class Escape:
    """Sizes, exact values, the path, the limit of the energy on it, its leading term, and its values at growing r."""

    sizes: dict[str, int]
    values: Values
    path: Path
    limit: sp.Expr
    lead: str
    brief: str
    energies: dict[str, str]

    def certificate(self) -> dict[str, Any]:
        """The path as plain data."""
        return {
            "kind": "exact counterexample",
            "sizes": self.sizes,
            "values": {str(getattr(k, "name", k)): plain(v) for k, v in self.values.items()},
            "path": self.path.words(self.values),
            "inequality": f"E → {_limit_words(self.limit)} as r → ∞",
            "leading term": self.lead,
            "energies": self.energies,
            "value": _limit_words(self.limit),
        }

    def words(self) -> str:
        """The path in one line."""
        moving = {t for t, _ in self.path.v}
        fixed = ", ".join(f"{getattr(k, 'name', k)} = {value_in_words(v)}" for k, v in self.values.items() if k not in moving)
        path = ", ".join(f"{name} = {value_in_words(v)}" for name, v in self.path.words(self.values).items())
        sizes = ", ".join(f"{axis} = {n}" for axis, n in self.sizes.items())
        tail = f"E ~ {self.brief} → -∞" if self.limit == -sp.oo else f"E → {_brief(self.limit)}"
        at = " at " + sizes if sizes else ""
        return f"{tail} as r → ∞ on {path}{at}" + (f": {fixed}" if fixed else "")


def _limit_words(limit: sp.Expr) -> str:
    return "-∞" if limit == -sp.oo else str(limit)


def _brief(e: sp.Expr) -> str:
    """A formula with long numbers rounded, for reading only."""
    text = str(e)
    return text if len(text) <= LONG else f"{e.evalf(6)}"


@dataclass
class Looked:
    """What a search did."""

    escape: Escape | None = None
    paths: int = 0
    unsettled: int = 0


def escape(question: Question, falls: bool) -> Looked:
    """Look for a path on which E → -∞ (`falls`), or on which E does not tend to +∞ though the state leaves every bounded set."""
    looked, budget = Looked(), Budget(SECONDS)
    if not can_be_drawn(question.system):
        return looked
    rng = random.Random(SEED)
    seen: set[Any] = set()
    for values, sizes in _choices(question, rng):
        check()
        if budget.spent:
            break
        for path, base in _paths(question.system, sizes, values, falls, rng, seen):
            if budget.spent:
                break
            if not path.stays_in(base, question.domain):
                continue
            looked.paths += 1
            found = along(question.system, sizes, base, path, falls)
            if isinstance(found, Escape):
                looked.escape = _shrunk(question, found, falls)
                return looked
            looked.unsettled += found is None
    return looked


def can_be_drawn(system: System) -> bool:
    """Whether parameters can be drawn, and some state is a real number."""
    matrices = all(len(t.axes) == 2 for t in system.parameters if {"psd", "orthogonal"} & set(t.properties))
    return matrices and any(not s.values for s in system.states)


def _choices(question: Question, rng: random.Random) -> Iterator[tuple[Values, dict[str, int]]]:
    yield from candidates(question.system, question.fixed or {}, question.sizes, rng, {})


def _paths(
    system: System, sizes: dict[str, int], values: Values, falls: bool, rng: random.Random, seen: set[Any]
) -> Iterator[tuple[Path, Values]]:
    """Rays from the origin and from the drawn state; then ways to a point where the formula ends, and curves."""
    where = places(system, sizes)
    if len(where) > ENTRIES:
        return
    zero = {**values, **{s: _zeroed(values[s]) for s in system.states if not s.values}}
    parameters = tuple(sorted((str(k), str(v)) for k, v in values.items() if k not in system.states or k.values))
    bases = [values] if parameters in seen else [zero, values]
    first = parameters not in seen
    seen.add(parameters)
    for base in bases:
        yield from ((path, base) for path in rays(where, values, rng))
    if falls and system.energy is not None and conditions(system.energy):
        yield from ((path, base) for base in bases for path in approaches(where))
    if first and len(where) <= 3:
        yield from ((path, zero) for path in curves(where))


def _zeroed(value: Any) -> Any:
    return tuple(_zeroed(v) for v in value) if isinstance(value, tuple) else Fraction(0)


@lru_cache(maxsize=64)
def _written_out(energy: sp.Expr, sizes: tuple[tuple[str, int], ...]) -> sp.Expr | None:
    try:
        with time_limit(FORMULA):
            return components(energy, dict(sizes))  # type: ignore[no-any-return]
    except (AmsymError, ValueError, TypeError):
        return None


def along(system: System, sizes: dict[str, int], values: Values, path: Path, falls: bool) -> Escape | bool | None:
    """The escape if the path is one, False if it is none, None where that is not settled."""
    assert system.energy is not None
    formula = _written_out(system.energy, tuple(sorted(sizes.items())))
    if formula is None or not (falls or path.leaves):
        return None
    series = path.series(values)
    try:
        with time_limit(FORMULA):
            s = expansion(formula.xreplace(_numbers(values, series)), series)
            limit = s.limit()
    except (Unsettled, OutOfTime, ZeroDivisionError, TypeError, ValueError):
        return None
    if limit == sp.oo or (falls and limit != -sp.oo):
        return False
    energies = confirmed(system, sizes, values, path, s, limit)
    if energies is None:
        return None
    lead = leading_term(s, sp.Symbol("r", positive=True)) if s.terms else sp.S.Zero
    return Escape(dict(sizes), values, path, limit, str(lead), _brief(lead), energies)


def _numbers(values: Values, series: dict[sp.Expr, Series]) -> dict[Any, Any]:
    """The exact numbers of everything that stays."""
    rule: dict[Any, Any] = {}
    for key, value in values.items():
        if not isinstance(key, Tensor):
            rule[key] = rational(value)
            continue
        from amsym.notation import Component

        for place, x in flattened(value).items():
            entry = Entry(key, place) if key.axes else Component(key)
            if entry not in series:
                rule[entry] = rational(x)
    return rule


def _shrunk(question: Question, found: Escape, falls: bool) -> Escape:
    """Simpler parameters and base points on which the same direction still escapes."""
    system, best = question.system, [found]

    def probe(sizes: Any, values: Values) -> tuple[arb, str]:
        again = along(system, dict(sizes), values, found.path, falls)
        if isinstance(again, Escape) and fits(system, values, question.fixed or {}) and found.path.stays_in(values, question.domain):
            best[0] = again
            return arb(1), "E"
        return arb(-1), "E"

    start = Violation(found.sizes, found.values, arb(1), "E")
    try:
        with time_limit(FORMULA):
            shrunk(start, probe, set(question.fixed or {}), system, {})
    except OutOfTime:
        pass
    return best[0]


__all__ = ["Escape", "Looked", "along", "escape"]

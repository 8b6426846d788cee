"""Two states on one dead ray, or on one line along a null vector, with different energies: exact, confirmed by balls.

The activation is the same at both, since the direction was proved dead; so such a pair refutes that the energy is flat.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import arb

from amsym.dead import Dead, Ray
from amsym.notation import Tensor, components
from amsym.notation.effort import Budget, check
from amsym.notation.tensors import Entry
from amsym.prover.flatness import Flat, full_vector
from amsym.render.numbers import value_in_words
from numeric.rigorous import Evaluator, Undetermined, rational
from proofs.draws import Values, flattened, nested, plain
from proofs.falsify import SEED, candidates
from proofs.probes import Probe, finite
from proofs.question import Question
from proofs.shrinking import Violation, clipped, shrunk

SECONDS = 3.0


@dataclass(frozen=True)
class Witness:
    """A confirmed pair: the violation at the first state, the second state, and the direction."""

    violation: Violation
    direction: str
    state: Tensor
    second: Any

    def certificate(self) -> dict[str, Any]:
        """The pair as plain data."""
        other = {"direction": self.direction, "second state": {self.state.name: plain(self.second)}}
        return {**self.violation.certificate(), **other}

    def words(self) -> str:
        """The pair in one line."""
        second = f"{self.state.name}' = {value_in_words(self.second)}"
        return f"{self.violation.words()}, and {second} with the same activation ({self.direction})"


@dataclass(frozen=True)
class Tried:
    """What the search did: the pair, if one was found, and how many exact pairs had energies that balls do not tell apart or show equal."""

    witness: Witness | None
    pairs: int


def energy_differs(question: Question, open_ones: list[Flat]) -> Tried:
    """Look for a pair along one of the directions that were not shown flat."""
    budget, pairs = Budget(SECONDS), 0
    probes = [(f, _probe(question, f)) for f in open_ones]
    drawn = candidates(question.system, question.fixed or {}, question.sizes, random.Random(SEED), question.domain or {})
    for values, here in drawn:
        for f, probe in probes:
            check()
            if budget.spent:
                return Tried(None, pairs)
            try:
                gap, what = finite(*probe(here, values))
            except Undetermined:
                continue
            pairs += 1
            if gap > 0:
                return Tried(_witness(question, f, probe, Violation(dict(here), values, gap, what)), pairs)
    return Tried(None, pairs)


def _witness(question: Question, f: Flat, probe: Probe, found: Violation) -> Witness:
    small = shrunk(found, probe, set(question.fixed or {}), question.system, question.domain or {})
    first, second = pair(f, small.values, small.sizes)
    small = replace(small, values={**small.values, f.dead.state: first})
    return Witness(small, f.words, f.dead.state, second)


def _probe(question: Question, f: Flat) -> Probe:
    energy, y = question.system.energy, f.dead.state

    def probe(sizes: Mapping[str, int], values: Values) -> tuple[arb, str]:
        first, second = ({**values, y: state} for state in pair(f, values, sizes))
        if any(clipped(v, question.domain or {}) != v for v in (first, second)):
            raise Undetermined("the pair leaves the domain")
        gap = Evaluator(sizes, second)(energy) - Evaluator(sizes, first)(energy)
        return abs(gap), f"|E({y.name}') - E({y.name})|"

    return probe


def pair(f: Flat, values: Values, sizes: Mapping[str, int]) -> tuple[Any, Any]:
    """The two states: the first component put on the ray at distances 1 and 3 from its end, or y and y + v."""
    table = flattened(values[f.dead.state])
    shape = tuple(sizes[a] for a in f.dead.state.axes)
    place = (0,) * len(shape)
    if isinstance(f.direction, Ray):
        points = [_number(f.direction.point(d), f.dead, values, sizes, place) for d in (1, 3)]
        tables = [{**table, place: p} for p in points]
    else:
        entries = {p: _number(full_vector(f.dead, f.direction), f.dead, values, sizes, p) for p in table if _same_row(f.dead, p, place)}
        tables = [table, {p: v + entries.get(p, 0) for p, v in table.items()}]
    first, second = (nested(t, shape) for t in tables)
    return first, second


def _same_row(found: Dead, a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return all(x == y for i, x, y in zip(found.where, a, b, strict=True) if i not in found.joint)


def _number(e: Any, found: Dead, values: Values, sizes: Mapping[str, int], place: tuple[int, ...]) -> Fraction:
    """The exact number of the end of a ray, or of an entry of a null vector; Undetermined where it is not rational."""
    explicit = components(sp.sympify(e), sizes, order=found.where)[place]
    exact = explicit.xreplace({s: _given(s, values) for s in explicit.free_symbols})
    if not exact.is_Rational:
        raise Undetermined(f"{exact} is not rational")
    return rational(exact)


def _given(s: Any, values: Values) -> sp.Rational:
    value = values[s.tensor] if isinstance(s, Entry) else values[s]
    for n in s.position if isinstance(s, Entry) else ():
        value = value[n]
    return sp.Rational(value.numerator, value.denominator)

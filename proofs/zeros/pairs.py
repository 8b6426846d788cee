"""Two steady states for the same parameters, at exact points or in disjoint boxes; or none, where a flow has one sign."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from amsym.notation import Component, Tensor, components
from amsym.notation.effort import Budget, check
from amsym.prover.regularity import conditions, is_continuous
from amsym.prover.signs import is_positive
from amsym.render.words import words
from amsym.system import System
from amsym.verdict import Status, Verdict
from numeric.rigorous import Evaluator, Undetermined
from proofs.draws import Values, flattened, plain
from proofs.probes import kink_functions
from proofs.question import Question
from proofs.settings import in_domain, simple_states
from proofs.zeros.boxes import WIDTH, box_data, box_in_domain, formulas_with_places, guesses, in_words, near
from proofs.zeros.contraction import CLAIM
from proofs.zeros.krawczyk import ZeroBox, ZeroProblem, proved_zero
from proofs.zeros.points import Field, is_defined, is_exactly_zero, off_kinks
from proofs.zeros.rough import RoughAt

# Starts of Newton's method for each draw of parameters, and where the parameters are given.
STARTS, MANY = 8, 60
SEARCH_SECONDS = 4.0


@dataclass
class Found:
    """Zeros that are proved, for one choice of parameters."""

    points: list[Values] = field(default_factory=list)
    boxes: list[ZeroBox] = field(default_factory=list)


def two_zeros(question: Question, sizes: dict[str, int], values: Values, rng: random.Random, rough: RoughAt | None) -> Verdict | None:
    """Two different steady states for these parameters, at exact points or in boxes."""
    system, found = question.system, Found()
    assert system.flow is not None
    fields = [Field(c.tensor, c.where, f) for c, f in system.flow.items()]
    jumps = kink_functions(system) if not all(is_continuous(f, system.states) for f in system.flow.values()) else ()
    problem = ZeroProblem(fields, sizes, values)
    for states in simple_states(system, sizes, rng):
        if rough is not None and not _nearly_zero(rough, problem, states):
            continue
        here = Evaluator(sizes, {**values, **states})
        try:
            if in_domain(states, question.domain) and states not in found.points and _vanishes(system, fields, here, jumps):
                found.points.append(states)
        except (Undetermined, ZeroDivisionError):
            continue
        if len(found.points) == 2:
            return _refuted_by(system, sizes, values, found)
    starts, budget = STARTS if question.fixed is None else MANY, Budget(SEARCH_SECONDS)
    for guess in guesses(problem, rng, starts, rough) if problem.width <= WIDTH else ():
        check()
        if budget.spent:
            break
        box = proved_zero(problem, guess) if not _is_known(found, problem, guess) else None
        if box is None or not box_in_domain(box, question.domain) or not _is_new(found, box) or not _defined_over(system, box):
            continue
        found.boxes.append(box)
        if len(found.points) + len(found.boxes) >= 2:
            return _refuted_by(system, sizes, values, found)
    return None


def _nearly_zero(rough: RoughAt, problem: ZeroProblem, states: Values) -> bool:
    """Whether balls are worth asking."""
    with np.errstate(all="ignore"):
        largest = float(np.max(np.abs(rough.value(_packed(problem, states)))))
    return not largest > 1e-9


def _vanishes(system: System, fields: list[Field], here: Evaluator, jumps: tuple[sp.Expr, ...]) -> bool:
    if not all(here(f.formula, f.at(p)).contains(0) for f in fields for p in f.places(here.sizes)):
        return False
    exact = all(is_exactly_zero(f, p, here) for f in fields for p in f.places(here.sizes))
    return exact and is_defined(here, formulas_with_places(system)) and off_kinks(here, jumps)


def _defined_over(system: System, box: ZeroBox) -> bool:
    try:
        return is_defined(box.evaluator(), formulas_with_places(system))
    except Undetermined:
        return False


def _is_known(found: Found, problem: ZeroProblem, guess: Any) -> bool:
    """Whether the guess is near what was found already, so that a proof would say nothing new."""
    others = [b.middle for b in found.boxes] + [_packed(problem, p) for p in found.points]
    return any(np.max(np.abs(o - guess)) < 1e-6 * (1 + np.max(np.abs(guess))) for o in others)


def _packed(problem: ZeroProblem, states: Values) -> Any:
    return np.array([float(flattened(states[f.state])[p]) for f, p in problem.rows])


def _is_new(found: Found, box: ZeroBox) -> bool:
    rows = list(zip(box.problem.rows, box.middle, box.radius, strict=True))
    outside = all(
        any(abs(flattened(p[f.state])[at] - Fraction(float(m))) > Fraction(float(r)) for (f, at), m, r in rows) for p in found.points
    )
    return outside and all(box.is_apart_from(b) for b in found.boxes)


def _refuted_by(system: System, sizes: dict[str, int], values: Values, found: Found) -> Verdict:
    zeros = [{"point": {s.name: plain(v) for s, v in p.items()}} for p in found.points] + [box_data(b) for b in found.boxes]
    shown = [in_words({}, p) for p in found.points] + [near(b) for b in found.boxes]
    certificate = {
        "kind": "two steady states",
        "sizes": sizes,
        "values": {str(k.name): plain(v) for k, v in values.items()},
        "steady states": zeros[:2],
        "method": "exact zeros of f at points; Krawczyk's test in boxes, which are disjoint",
    }
    return Verdict(CLAIM, Status.REFUTED, certificate, f"two steady states, {shown[0]} and {shown[1]}, at {in_words(sizes, values)}")


def no_zero(system: System, sizes: dict[str, int], values: Values) -> Verdict | None:
    """One component of the flow has a sign at every state: no steady state."""
    assert system.flow is not None
    if sum(len(list(Field(s, (), sp.S.Zero).places(sizes))) for s in system.states) > 2 or conditions(*system.flow.values()):
        return None
    for at, f in system.flow.items():
        array = components(f, sizes, at.where)
        for place in Field(at.tensor, at.where, f).places(sizes):
            e = (array[place] if at.where else array).xreplace(_numbers(values))
            sign = next((s for s in (1, -1) if e.free_symbols and is_positive(s * e)), 0) or (e.is_number and sp.sign(e))
            if sign:
                relation = f"{'>' if sign > 0 else '<'} 0"
                certificate = {
                    "kind": "no steady state",
                    "sizes": sizes,
                    "values": {str(k.name): plain(v) for k, v in values.items()},
                    "inequality": f"{e} {relation} for every state",
                }
                reason = f"no steady state: d{at.tensor.name}/dt = {words(e)} {relation} everywhere, at {in_words(sizes, values)}"
                return Verdict(CLAIM, Status.REFUTED, certificate, reason)
    return None


def _numbers(values: Values) -> dict[Any, Any]:
    rule: dict[Any, Any] = {}
    for key, value in values.items():
        for at, x in flattened(value).items():
            symbol = (key[at] if at else Component(key)) if isinstance(key, Tensor) else key
            rule[symbol] = sp.Rational(x.numerator, x.denominator)
    return rule

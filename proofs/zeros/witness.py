"""A state with ∇E(y) = 0 and f(y) ≠ 0, or the other way round: at an exact point, or somewhere in a box.

Exact points: both sides as balls; what must vanish is the number 0 or vanishes in exact algebra. Boxes: Krawczyk's test
proves that one side vanishes somewhere in the box, and balls that the other vanishes nowhere in it. Where Λ 1 = 0 for
every state (softmax, layer normalisation), a zero of f - 1 is such a point too: there ∇E = -c Λ f = 0.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from amsym.notation import Tensor, derivative, fresh_indices, is_zero, total
from amsym.notation.effort import Budget, OutOfTime, check, time_limit
from amsym.prover.identities import Way, ways
from amsym.system import System
from numeric.rigorous import Evaluator, Undetermined
from proofs.draws import Values, plain
from proofs.probes import kink_functions
from proofs.question import Question
from proofs.settings import SEED, in_domain, simple_parameters, simple_states
from proofs.zeros.boxes import (
    WIDTH,
    box_data,
    box_in_domain,
    choices_of_sizes,
    formulas_with_places,
    guesses,
    in_words,
    is_drawable,
    near,
)
from proofs.zeros.krawczyk import ZeroBox, ZeroProblem, proved_zero
from proofs.zeros.points import Field, is_defined, is_exactly_zero, off_kinks

# Seconds for exact points and for boxes; starts of Newton's method for a draw, and draws for a choice of sizes.
EXACT_SECONDS, BOX_SECONDS = 2.0, 2.5
STARTS, DRAWS = 4, 12


@dataclass
class Tried:
    """What a search did."""

    points: int = 0
    boxes: int = 0
    witness: dict[str, Any] | None = None
    words: str = ""

    def attempts(self) -> dict[str, Any]:
        """The search as data for an undecided verdict."""
        return {"kind": "attempts", "exact points": self.points, "starts of Newton's method": self.boxes, "seed": SEED}


@dataclass
class Sides:
    """The two sides of the claim: what vanishes, and what should then vanish too."""

    system: System
    zero: list[Field]
    other: list[Field]
    zero_name: str
    other_name: str
    bends: tuple[sp.Expr, ...] = field(default=())


def sides(system: System, forward: bool) -> Sides:
    """f = 0 against ∇E ≠ 0 (forward), or ∇E = 0 against f ≠ 0."""
    assert system.flow is not None
    assert system.energy is not None
    flow = [Field(c.tensor, c.where, f) for c, f in system.flow.items()]
    slopes = [Field(c.tensor, c.where, derivative(system.energy, c)) for c in system.flow]
    bends = kink_functions(system)
    if forward:
        return Sides(system, flow, slopes, "f", "∇E", bends)
    return Sides(system, slopes, flow, "∇E", "f", bends)


def link_witness(question: Question, forward: bool) -> Tried:
    """Search for a state at which one side vanishes and the other does not."""
    tried = Tried()
    if not is_drawable(question.system):
        return tried
    about = sides(question.system, forward)
    _exact_points(question, about, tried)
    if tried.witness is None:
        _boxes(question, about, tried, forward)
    return tried


def _exact_points(question: Question, about: Sides, tried: Tried) -> None:
    rng, budget = random.Random(SEED), Budget(EXACT_SECONDS)
    for values, sizes in _in_turn(question, rng):
        check()
        if budget.spent:
            return
        tried.points += 1
        found = _checked(about, values, sizes)
        if found is not None:
            tried.witness, tried.words = found
            return


def _in_turn(question: Question, rng: random.Random) -> Iterator[tuple[Values, dict[str, int]]]:
    """All sizes in turn, so that none is starved by the others."""
    streams = [_points(question, sizes, rng) for sizes in choices_of_sizes(question)]
    while streams:
        for stream in list(streams):
            found = next(stream, None)
            if found is None:
                streams.remove(stream)
            else:
                yield found


def _points(question: Question, sizes: dict[str, int], rng: random.Random) -> Iterator[tuple[Values, dict[str, int]]]:
    for values in simple_parameters(question.system, sizes, dict(question.fixed or {}), rng):
        for states in simple_states(question.system, sizes, rng):
            point = {**values, **states}
            if in_domain(point, question.domain):
                yield point, sizes


def _checked(about: Sides, values: Values, sizes: dict[str, int]) -> tuple[dict[str, Any], str] | None:
    """The certificate and the words, where the point is a witness for certain."""
    here = Evaluator(sizes, values)
    try:
        if not all(here(f.formula, f.at(p)).contains(0) for f in about.zero for p in f.places(sizes)):
            return None
        apart = next(((f, p) for f in about.other for p in f.places(sizes) if not here(f.formula, f.at(p)).contains(0)), None)
        if apart is None or not off_kinks(here, about.bends) or not is_defined(here, formulas_with_places(about.system)):
            return None
        if not all(is_exactly_zero(f, p, here) for f in about.zero for p in f.places(sizes)):
            return None
    except (Undetermined, ZeroDivisionError):
        return None
    return point_certificate(about, values, sizes, *apart, here)


def point_certificate(
    about: Sides, values: Values, sizes: dict[str, int], f: Field, place: Any, here: Evaluator
) -> tuple[dict[str, Any], str]:
    """An exact counterexample as data and in words."""
    name, value = _component_name(about.other_name, f, place), here(f.formula, f.at(place))
    certificate = {
        "kind": "exact counterexample",
        "sizes": sizes,
        "values": {str(k.name): plain(v) for k, v in values.items()},
        "inequality": f"{about.zero_name} = 0 exactly and {name} ≠ 0",
        "value": str(value.str(15)),
    }
    return certificate, f"{about.zero_name} = 0 but {name} = {value.str(6, radius=False)} at {in_words(sizes, values)}"


def _component_name(what: str, f: Field, place: Any) -> str:
    at = f"[{', '.join(map(str, place))}]" if place else ""
    return f"∂E/∂{f.state.name}{at}" if what == "∇E" else f"d{f.state.name}{at}/dt"


# Boxes


def _boxes(question: Question, about: Sides, tried: Tried, forward: bool) -> None:
    targets = [({}, about.zero, "")] if forward else [*_null_targets(question.system), ({}, about.zero, "")]
    rng, budget = random.Random(SEED), Budget(BOX_SECONDS)
    flow = about.zero if forward else about.other
    for sizes in choices_of_sizes(question):
        for n, values in enumerate(simple_parameters(question.system, sizes, dict(question.fixed or {}), rng, simple=4)):
            if n == DRAWS:
                break
            for target, fields, why in targets:
                check()
                if budget.spent:
                    return
                problem = ZeroProblem(flow if target else fields, sizes, values, target)
                if problem.width <= WIDTH and _box_witness(question, about, problem, why, rng, tried):
                    return


def _null_targets(system: System) -> list[tuple[dict[Tensor, int], list[Field], str]]:
    """f = 1 on states whose ∇E = -c Λ f with Λ 1 = 0, f = 0 on the others: there ∇E = 0."""
    try:
        with time_limit(1.0):
            found = {c.tensor: way for c in system.flow or {} for way in [next(ways(system, c), None)] if way is not None and way.forward}
            dead = [s for s, way in found.items() if _kills_constants(way)]
    except OutOfTime:
        return []
    if len(found) < len(system.states) or not dead:
        return []
    why = f"∇E = -c Λ f and Λ 1 = 0 for {', '.join(s.name for s in dead)}, where f = 1"
    return [(dict.fromkeys(dead, 1), [], why)]


def _kills_constants(way: Way) -> bool:
    """Whether the Hessian sends the constant vector to zero, at every state and size."""
    if way.potential is None:
        return False
    where = fresh_indices(way.state.axes)
    other = fresh_indices(way.state.axes, where)
    return is_zero(total(derivative(way.potential, way.state[where], way.state[other]), *other))


def _box_witness(question: Question, about: Sides, problem: ZeroProblem, why: str, rng: random.Random, tried: Tried) -> bool:
    for guess in guesses(problem, rng, STARTS):
        tried.boxes += 1
        box = proved_zero(problem, guess)
        if box is None or not box_in_domain(box, question.domain):
            continue
        found = _apart_in(about, box, why)
        if found is not None:
            tried.witness, tried.words = found
            return True
    return False


def _apart_in(about: Sides, box: ZeroBox, why: str) -> tuple[dict[str, Any], str] | None:
    """The other side is nonzero on the whole box, and the box meets no kink."""
    here = box.evaluator()
    sizes, values = box.problem.sizes, box.problem.values
    try:
        if not off_kinks(here, about.bends) or not is_defined(here, formulas_with_places(about.system)):
            return None
        apart: Any = next(((f, p) for f in about.other for p in f.places(sizes) if not here(f.formula, f.at(p)).contains(0)), None)
    except Undetermined:
        return None
    if apart is None:
        return None
    f, place = apart
    name, ball = _component_name(about.other_name, f, place), here(f.formula, f.at(place))
    certificate = {
        "kind": "counterexample in a box",
        "sizes": sizes,
        "values": {str(k.name): plain(v) for k, v in values.items()},
        **box_data(box),
        "zero": why or f"Krawczyk: exactly one state of the box has {about.zero_name} = 0",
        "inequality": f"{name} ≠ 0 on the whole box",
        "value": str(ball.str(15)),
    }
    words = f"{about.zero_name} = 0 but {name} = {ball.str(6, radius=False)} near {near(box)} ({in_words(sizes, values)})"
    return certificate, words


__all__ = ["Tried", "link_witness"]

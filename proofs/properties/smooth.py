"""Are flow and energy infinitely differentiable? If not: a point and a direction, the first derivative that jumps, and the class C^k."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from typing import Any

from amsym.notation.effort import Budget, OutOfTime, check, time_limit
from amsym.prover.regularity import conditions, kinks
from amsym.prover.smoothness import CLAIM, bends, differentiable, smooth
from amsym.system import System, time
from amsym.verdict import Status, Verdict
from numeric.rigorous import Evaluator
from proofs.draws import Values, plain
from proofs.kinks.points import Explicit, Part, on_kinks
from proofs.kinks.undefined import Hole, hole_at
from proofs.properties.links import with_given_scalars
from proofs.question import Question
from proofs.settings import SEED, in_domain, simple_parameters, simple_states
from proofs.zeros.witness import choices_of_sizes, in_words, is_drawable

# Seconds for the search.
SECONDS = 3.0


def decide(question: Question) -> Verdict | None:
    """PROVED C^∞, REFUTED by a derivative that jumps or a point without value, or UNDECIDED; None for updates.

    >>> from amsym import zoo
    >>> print(decide(Question(zoo.hopfield("relu"))).certificate["flow"])
    C^0
    """
    system = with_given_scalars(question)
    if system.flow is None:
        return None
    proved = _proved(system)
    if proved is not None:
        small = [axis for c in conditions(*system.formulas) for axis in c.sizes if question.sizes.get(axis) == 1]
        if not small:
            return proved
    if not is_drawable(system):
        return Verdict(
            CLAIM, Status.UNDECIDED, {"kind": "attempts"}, f"{_open(system)}; formulas that are only named leave nothing to draw"
        )
    return _searched(question, system)


def _proved(system: System) -> Verdict | None:
    try:
        return smooth(system)
    except OutOfTime:
        return None


def _parts(system: System) -> list[Part]:
    assert system.flow is not None
    flow = [(f"d{c}/dt", f, c.where) for c, f in system.flow.items()]
    return [Part("flow", flow), *([] if system.energy is None else [Part("energy", [("E", system.energy, ())])])]


def _class(part: Part, system: System) -> int | None:
    """The class shown for all formulas of the part."""
    degrees = [differentiable(f, system) for _, f, _ in part.formulas]
    finite = [k for k in degrees if k is not None]
    return min(finite) if finite else None


def _searched(question: Question, system: System) -> Verdict:
    parts = _parts(system)
    for part in parts:
        part.shown = _class(part, system)
    if all(p.shown is None for p in parts):
        steps = [
            {
                "lemma": "a Lipschitz function whose derivative is smooth almost everywhere is smooth",
                "hypothesis": "the kinks cancel in the derivative",
            }
        ]
        return Verdict(
            CLAIM,
            Status.PROVED,
            {"kind": "symbolic steps", "steps": steps},
            "flow and energy are infinitely differentiable: their kinks cancel",
        )
    hole = _walk(question, system, parts)
    if hole is not None:
        return Verdict(CLAIM, Status.REFUTED, hole[0], hole[1])
    worst = [p for p in parts if p.jump is not None]
    if worst:
        return _refuted(system, parts, worst)
    return Verdict(
        CLAIM,
        Status.UNDECIDED,
        {"kind": "attempts", "seed": SEED, **{p.name: p.degree() for p in parts}},
        f"{_open(system)}, and no point was found at which a derivative jumps",
    )


def _open(system: System) -> str:
    bent = [f for f in system.formulas if bends(f, system)]
    places = sorted({k for f in bent for k in kinks(f, (*system.states, time))})
    unsafe = [c.text for c in conditions(*system.formulas)]
    words = [f"kinks may lie at {_some(places)}"] if places else []
    return "; ".join(words + ([f"not shown: {_some(unsafe)}"] if unsafe else [])) or "the normal forms show no proof"


def _some(places: list[str]) -> str:
    """The first few, the shortest first."""
    short = sorted(places, key=lambda p: (len(p), p))
    return ", ".join(short[:4]) + (f" and {len(places) - 4} more" if len(places) > 4 else "")


def _refuted(system: System, parts: list[Part], worst: list[Part]) -> Verdict:
    places = sorted({k for f in system.formulas for k in kinks(f, (*system.states, time))})
    classes = {p.name: p.degree() for p in parts}
    lipschitz = all((p.shown is not None and p.shown >= 0) or p.shown is None for p in parts) and any(c == "C^0" for c in classes.values())
    first = min(worst, key=lambda p: p.jump.order if p.jump else 99)
    others = {f"{p.name} witness": p.witness for p in worst if p is not first}
    certificate = {**first.witness, **classes, "kinks": places, **others}
    words = ", ".join(f"{name} {c}" for name, c in classes.items()) + (" (locally Lipschitz)" if lipschitz else "")
    words += f", kinks at {_some(places)}" if places else ""
    return Verdict(CLAIM, Status.REFUTED, certificate, f"{words}: {first.words}")


# The search


def _walk(question: Question, system: System, parts: list[Part]) -> tuple[dict[str, Any], str] | None:
    """Look at points on the kinks until each part's first jump is found; or stop at a point without value."""
    budget, rng = Budget(SECONDS), random.Random(SEED)
    explicit = Explicit(system, parts)
    unsafe = any(not c.sizes or set(c.sizes) & {a for a, n in question.sizes.items() if n == 1} for c in conditions(*system.formulas))
    for sizes in choices_of_sizes(question):
        for values in _points(question, system, sizes, rng):
            check()
            if budget.used > _patience(parts) or (not unsafe and all(p.settled for p in parts)):
                return None
            hole = _hole(system, parts, sizes, values) if unsafe else None
            if hole is not None:
                return hole
            try:
                with time_limit(SECONDS):
                    on_kinks(explicit, question, parts, sizes, values)
            except OutOfTime:
                return None
    return None


def _patience(parts: list[Part]) -> float:
    """Seconds to go on: fewer once each part has a jump, and only its order is open."""
    return SECONDS / 2 if all(p.settled or p.jump is not None for p in parts) else SECONDS


def _points(question: Question, system: System, sizes: dict[str, int], rng: random.Random) -> Iterator[Values]:
    fixed = {k: v for k, v in (question.fixed or {}).items() if k in (*system.parameters, *system.scalars)}
    for values in simple_parameters(system, sizes, fixed, rng, simple=12):
        for n, states in enumerate(simple_states(system, sizes, rng)):
            point = {**values, **states}
            if n < 8 and in_domain(point, question.domain):
                yield point


def _hole(system: System, parts: list[Part], sizes: dict[str, int], values: Values) -> tuple[dict[str, Any], str] | None:
    here = Evaluator(sizes, values)
    for part in parts:
        for name, formula, where in part.formulas:
            for place in product(*(range(sizes[i.axis]) for i in where)):
                found = hole_at(formula, dict(zip(where, place, strict=True)), here)
                if found is not None:
                    return _hole_certificate(found, name, sizes, values)
    return None


def _hole_certificate(found: Hole, name: str, sizes: dict[str, int], values: Values) -> tuple[dict[str, Any], str]:
    certificate = {
        "kind": "exact counterexample",
        "sizes": sizes,
        "values": {str(k.name): plain(v) for k, v in values.items()},
        "inequality": f"{name} is not defined: {found.words}",
        "value": found.value,
    }
    return certificate, f"{name} is not defined at {in_words(sizes, values)}: {found.words}"


__all__ = ["decide"]

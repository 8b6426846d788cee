"""Which dead directions do the activations have? g(y + V c) = g(y) for every c ≥ 0 (dead_neurons, definition of dead neurons).

The verdict is about exact arithmetic; what is constant in floating point only is told in the reason and the certificate, found
numerically (see `numeric.saturation`), and no status rests on it. Every listed direction is shown dead by an identity, for
every size, every parameter as declared (or for the scalars given) and every state that it names. The status says more:

PROVED     what is listed is dead, and the reason says "no others" where it was shown that there are none, at any state; where
           it says "others are open", no more than the list is claimed.  With an empty list: there are no dead directions.
CERTIFIED  what is listed is dead for every size; that Λ has no further null vector is shown at exact points of sizes 2 and 3 only.
UNDECIDED  nothing was found, and nothing shows that there is nothing.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.dead import Dead, dead
from amsym.notation import Tensor
from amsym.notation.effort import OutOfTime
from amsym.verdict import Status, Verdict
from numeric.dead import DeadState, saturated
from proofs.certificates.exact_text import formula_text, index_names
from proofs.nullity import Sample, no_further
from proofs.question import Question

CLAIM = "dead directions"
SOURCE = "dead_neurons, definition of dead neurons; Examples 2 to 4; footnotes 1, 2, 4"


def decide(question: Question) -> Verdict | None:
    """The verdict on dead directions; None for discrete systems and where no activation is known.

    >>> from amsym import zoo
    >>> from proofs.question import question
    >>> print(decide(question(zoo.hopfield("relu"))))
    dead directions: PROVED (y[i] ≤ 0 (relu): the activation does not tell y[i] = -1 from -1000; no others)
    """
    found = dead_states(question)
    if found is None:
        return None
    samples = _samples(question, found)
    status = _status(found, samples)
    if status is Status.UNDECIDED:
        return Verdict(CLAIM, status, {"kind": "attempts", "open": _open(found, {})}, _reason(found, samples), SOURCE)
    return Verdict(CLAIM, status, _certificate(found, samples), _reason(found, samples), SOURCE)


def dead_states(question: Question) -> list[DeadState] | None:
    """The dead directions of every state, with given scalars put in; None where there is nothing to say."""
    if question.system.flow is None:
        return None
    found = [DeadState(d, saturated(d)) for d in dead(question.system, scalars(question))]
    return found if any(d.dead.formula is not None for d in found) else None


def scalars(question: Question) -> dict[sp.Symbol, sp.Rational]:
    """The scalar parameters that were given, as exact numbers."""
    given = question.fixed or {}
    return {s: sp.Rational(x.numerator, x.denominator) for s, x in given.items() if not isinstance(s, Tensor)}


def _samples(question: Question, found: list[DeadState]) -> dict[str, list[Sample]]:
    """For each state whose list is not known to be complete: samples at sizes 2 and 3 that leave no room for more."""
    result: dict[str, list[Sample]] = {}
    for s in found:
        if s.dead.null is not None and not s.dead.complete:
            try:
                samples = no_further(question.system, s.dead)
            except OutOfTime:
                samples = None
            if samples is not None:
                result[s.name] = samples
    return result


def _status(found: list[DeadState], samples: dict[str, list[Sample]]) -> Status:
    settled = all(s.dead.complete or s.name in samples for s in found)
    if settled and samples:
        return Status.CERTIFIED
    return Status.PROVED if settled or any(s.dead.exact for s in found) else Status.UNDECIDED


def _certificate(found: list[DeadState], samples: dict[str, list[Sample]]) -> dict[str, Any]:
    directions = [d for s in found for d in _directions(s.dead)]
    steps: list[dict[str, Any]] = [{"identity": d["identity"], **activation_data(s.dead)} for s in found for d in _directions(s.dead)]
    steps += [lemma_step(s) for s in found if s.dead.lemma]
    result: dict[str, Any] = {
        "kind": "symbolic steps",
        "directions": directions,
        "flat pieces": [_plateau(s.dead, p) for s in found for p in s.dead.plateaus],
        **{dtype: [_rounding(s, x) for s in found for x in s.saturations if x.dtype == dtype] for dtype in ("float64", "float32")},
        "steps": steps,
    }
    if samples:
        result["exact points"] = {name: [x.plain() for x in points] for name, points in samples.items()}
    if open_ones := _open(found, samples):
        result["open"] = open_ones
    return result


def activation_data(d: Dead) -> dict[str, Any]:
    """The activation by its component, in exact text: {"activation": {"y[i]": "tanh(y[i])"}}."""
    g = d.activation.formula
    return (
        {}
        if g is None
        else {"activation": {formula_text(d.component, names): formula_text(g, names) for names in [index_names(g, d.component)]}}
    )


def lemma_step(s: DeadState) -> dict[str, Any]:
    """The lemma that leaves no room for further dead directions, with the activation that it is applied to."""
    return {"lemma": s.dead.lemma, "hypothesis": f"the activation {s.dead.activation.name} of {s.name}", **activation_data(s.dead)}


def _directions(d: Dead) -> list[dict[str, str]]:
    y, x, i = str(d.component), d.state.name, ",".join(k.name for k in d.where)
    rays = [
        {
            "state": x,
            "where": r.condition(y),
            "direction": f"{'-' if r.side < 0 else '+'}e_{i}",
            "kind": "ray",
            "value": str(r.value),
            "identity": f"∂g/∂{y} = 0 where {r.condition(y)}",
        }
        for r in d.rays
    ]
    vectors = [
        {
            "state": x,
            "where": f"every {x}",
            "direction": str(v.vector),
            "kind": "null vector",
            "motion": d.motion(v),
            "identity": f"Σ Λ v = 0 for v = {v.vector}",
        }
        for v in d.vectors
    ]
    return rays + vectors


def _plateau(d: Dead, p: Any) -> dict[str, str]:
    return {"state": d.state.name, "where": f"{p.low} ≤ {d.component} ≤ {p.high}", "value": str(p.value)}


def _rounding(s: DeadState, x: Any) -> dict[str, str]:
    return {"state": s.name, "where": x.condition(s.dead.component), "value": repr(x.value)}


def _open(found: list[DeadState], samples: dict[str, list[Sample]]) -> list[str]:
    return [f"{s.name}: {'; '.join(s.dead.open)}" for s in found if s.dead.open and s.name not in samples]


def _reason(found: list[DeadState], samples: dict[str, list[Sample]]) -> str:
    exact = [w for s in found for w in _words(s.dead)]
    open_ones = _open(found, samples)
    tail = f"others are open ({'; '.join(open_ones)})" if open_ones else "no others"
    if samples:
        tail += f"; for {', '.join(samples)} shown at exact points of sizes 2 and 3, so for almost every state there"
    if exact:
        head = f"{', '.join(exact)}{_untold(found)}; {tail}"
    else:
        head = (
            tail.replace("others are open", "none was found, but they are not excluded") if open_ones else "no exact ones: " + _why(found)
        )
        head += tail.removeprefix("no others") if not open_ones else ""
    rounded = rounding_words(found)
    return head + (f"; {rounded}" if rounded else "")


def _words(d: Dead) -> list[str]:
    name = d.activation.name
    return [f"{r.condition(d.component)} ({name})" for r in d.rays] + [f"{d.motion(v)} ({name})" for v in d.vectors]


def _untold(found: list[DeadState]) -> str:
    """What a dead neuron means, on the first ray: the activation is the same at its end and far out."""
    first = next(((s.dead, r) for s in found for r in s.dead.rays), None)
    if first is None:
        return ""
    d, ray = first
    near, far = ray.point(1), ray.point(1000)
    return f": the activation does not tell {d.component} = {near} from {far}"


def _why(found: list[DeadState]) -> str:
    if not all(s.dead.complete for s in found):
        return "the Hessian has no null vector"
    strict = all((s.dead.profile and s.dead.profile.strict) or (s.dead.null and not s.dead.vectors) for s in found)
    if strict:
        return "the activation is injective" if len(found) == 1 else "every activation is injective"
    return "the activation is constant on no ray" if len(found) == 1 else "no activation is constant on a ray"


def rounding_words(found: list[DeadState]) -> str:
    """Where activations round to one number."""
    words = []
    for dtype in ("float64", "float32"):
        tails = [(s, x) for s in found for x in s.saturations if x.dtype == dtype]
        places = " and ".join(x.condition(s.dead.component) for s, x in tails)
        sure = all(x.monotone for _, x in tails)
        words += [f"in {dtype} rounded to one number for {places}{'' if sure else ' (at the points of a grid)'}"] if tails else []
    return "; ".join(words)

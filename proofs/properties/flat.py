"""Is the energy constant along the dead directions of its activations? Proposition 1 of dead_neurons, for any system.

PROVED     along every exact dead direction that was found (see `dead directions` for whether there are others), for every size,
           state and parameter as declared, at any fixed time where coefficients depend on it.
REFUTED    two states with the same activation, on one dead ray or line, whose energies differ: exact numbers, confirmed by balls.
SUPPORTED  not shown, and no exact pair of states with different energies was found.
VACUOUS    there are no exact dead directions, so there is nothing to be flat along.
UNDECIDED  none was found and they are not excluded, or no pair could be tried.
"""

from __future__ import annotations

from typing import Any

from amsym.prover.flatness import Flat, flatness
from amsym.verdict import Status, Verdict
from numeric.dead import DeadState
from proofs.flat_witness import Tried, energy_differs
from proofs.properties.dead import activation_data, dead_states, lemma_step, rounding_words, scalars
from proofs.question import Question

CLAIM = "energy flat along dead directions"
SOURCE = "dead_neurons Proposition 1"


def decide(question: Question) -> Verdict | None:
    """The verdict on Proposition 1; None for discrete systems and where no activation is known.

    >>> from amsym import zoo
    >>> from proofs.question import question
    >>> print(decide(question(zoo.hopfield("relu"))).reason)
    E does not change for y[i] ≤ 0: it is the same at y[i] = -1 and -1000
    """
    found = dead_states(question)
    if found is None or question.system.energy is None:
        return None
    if not any(s.dead.exact for s in found):
        return _nothing(found)
    flats = flatness(question.system, tuple(s.dead for s in found), scalars(question))
    open_ones = [f for f in flats if not f.shown]
    if not open_ones:
        return _proved(question, flats)
    return _searched(energy_differs(question, open_ones), flats, open_ones)


def _nothing(found: list[DeadState]) -> Verdict:
    rounded = rounding_words(found)
    tail = f"; flat up to rounding where the activation is so in floating point only: {rounded}" if rounded else ""
    if all(s.dead.complete for s in found):
        lemmas = [lemma_step(s) for s in found]
        return Verdict(
            CLAIM, Status.VACUOUS, {"kind": "symbolic steps", "steps": lemmas}, f"there are no exact dead directions{tail}", SOURCE
        )
    open_ones = [f"{s.name}: {'; '.join(s.dead.open)}" for s in found if s.dead.open]
    reason = f"no exact dead direction was found, but they are not excluded ({'; '.join(open_ones)}){tail}"
    return Verdict(CLAIM, Status.UNDECIDED, {"kind": "attempts", "open": open_ones}, reason, SOURCE)


def _proved(question: Question, flats: list[Flat]) -> Verdict:
    steps: list[dict[str, Any]] = []
    for f in flats:
        steps += [
            {"identity": f.identity, **activation_data(f.dead)},
            *({"lemma": line, "hypothesis": f"E along {f.words}"} for line in f.lemmas),
        ]
    reason = f"E does not change for {', '.join(dict.fromkeys(f.words for f in flats))}{_far(flats[0])}"
    if question.system.depends_on_time:
        reason += "; at any fixed time"
    return Verdict(CLAIM, Status.PROVED, {"kind": "symbolic steps", "steps": steps}, reason, SOURCE)


def _far(f: Flat) -> str:
    ray = next(iter(f.dead.rays), None)
    return "" if ray is None else f": it is the same at {f.dead.component} = {ray.point(1)} and {ray.point(1000)}"


def _searched(tried: Tried, flats: list[Flat], open_ones: list[Flat]) -> Verdict:
    if tried.witness is not None:
        return Verdict(CLAIM, Status.REFUTED, tried.witness.certificate(), tried.witness.words(), SOURCE)
    missing = "; ".join(f"{f.words}: {f.why}" for f in open_ones)
    known = [f.identity for f in flats if f.shown]
    certificate: dict[str, Any] = {"kind": "attempts", "shown": known, "not shown": missing, "exact pairs tried": tried.pairs}
    if tried.pairs == 0:
        return Verdict(CLAIM, Status.UNDECIDED, certificate, f"not shown, and no pair of states could be tried: {missing}", SOURCE)
    reason = f"no different energies in {tried.pairs} exact pairs of states; not shown: {missing}"
    return Verdict(CLAIM, Status.SUPPORTED, {**certificate, "kind": "statistical"}, reason, SOURCE)

"""Is the energy bounded below? Proved by degrees, certified for given numbers, or refuted by a path on which it falls to -∞."""

from __future__ import annotations

from typing import Any

from amsym.errors import AmsymError
from amsym.notation.effort import remaining, time_limit
from amsym.prover.boundedness import BOUNDED, energy_bounded_below
from amsym.prover.lyapunov import energy_may_jump
from amsym.prover.regularity import has_values_everywhere
from amsym.verdict import Status, Verdict
from proofs.inequalities.boxed import boxed
from proofs.inequalities.on_box import lower_bound
from proofs.infinity.definite import definite
from proofs.infinity.escape import Looked, escape
from proofs.question import Question


def decide(question: Question) -> Verdict:
    """PROVED, CERTIFIED for given parameters, REFUTED with a path, or UNDECIDED with what was tried.

    >>> from amsym.zoo import hopfield
    >>> print(decide(Question(hopfield("relu"))).status)
    REFUTED
    """
    verdict = on_a_box(question) or energy_bounded_below(question.system)
    return searched(question, verdict, "on which E falls to -∞", falls=True)


def searched(question: Question, verdict: Verdict, what: str, *, falls: bool) -> Verdict:
    """The verdict of the formulas; where it is open, that of the given numbers, then that of a search for a path."""
    if verdict.status is not Status.UNDECIDED or named_only(verdict):
        return verdict
    certified = certificate(question, verdict.claim, coercive=not falls)
    if certified is None and falls:
        certified = bound_on_a_box(question)
    if certified is not None:
        return certified
    looked = escape(question, falls=falls)
    return refuted(verdict.claim, looked) if looked.escape is not None else left_open(verdict, looked, what)


def on_a_box(question: Question) -> Verdict | None:
    """PROVED where the domain is a bounded box on which the energy is continuous."""
    energy = question.system.energy
    if energy is None or not question.is_boxed or not has_values_everywhere(energy) or energy_may_jump(question.system):
        return None
    steps = [
        {"lemma": "a continuous function on a compact set is bounded (Weierstrass)", "hypothesis": "E is continuous on the closed box"}
    ]
    data = {"kind": "symbolic steps", "domain": {"states": "the given box"}, "steps": steps}
    return Verdict(BOUNDED, Status.PROVED, data, "E is continuous, and the domain is a bounded box")


def bound_on_a_box(question: Question) -> Verdict | None:
    """CERTIFIED where a number below E is shown by branch and bound on the domain, for given parameters; None where none is."""
    try:
        problem = boxed(question) if question.numeric and question.is_boxed else None
    except AmsymError:
        return None
    if problem is None or question.system.energy is None:
        return None
    with time_limit(remaining() / 2):
        found = lower_bound(problem, question.system.energy)
    return None if found is None else Verdict(BOUNDED, found.status, found.certificate, f"on the domain {found.reason}")


def named_only(verdict: Verdict) -> bool:
    """Whether there is nothing to draw: a function in the energy is only a name."""
    return verdict.reason.endswith("only named")


def certificate(question: Question, claim: str, coercive: bool) -> Verdict | None:
    """CERTIFIED where the numbers that were given make a quadratic form positive definite."""
    found = definite(question) if question.numeric else None
    if found is None or (coercive and not found.coercive):
        return None
    data: dict[str, Any] = {
        "kind": "symbolic steps",
        "domain": {"sizes": dict(question.sizes), "parameters": "as given"},
        "steps": found.steps,
    }
    return Verdict(claim, Status.CERTIFIED, data, f"for the given parameters: {found.words}")


def refuted(claim: str, looked: Looked) -> Verdict:
    """The path that a search found."""
    assert looked.escape is not None
    return Verdict(claim, Status.REFUTED, looked.escape.certificate(), looked.escape.words())


def left_open(verdict: Verdict, looked: Looked, what: str) -> Verdict:
    """UNDECIDED, with the search added to what was tried."""
    tried = f"{looked.paths} paths were looked at, none of them settled as one {what}"
    data = {**verdict.certificate, "paths": looked.paths, "paths not settled": looked.unsettled}
    return Verdict(verdict.claim, Status.UNDECIDED, data, f"{verdict.reason}; {tried}")

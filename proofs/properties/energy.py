"""Does the energy never increase? The prover first, then given numbers on their domain, then a search for a counterexample."""

from __future__ import annotations

import math
from dataclasses import replace

import sympy as sp

from amsym.notation.effort import OutOfTime, remaining, time_limit
from amsym.prover.lyapunov import CLAIM, descent_proof, energy_may_jump, energy_never_increases
from amsym.prover.missing import missing_assumption
from amsym.system import System
from amsym.verdict import Status, Verdict
from proofs.falsify import SECONDS, SEED, Search, Violation, search
from proofs.inequalities.descent import descends
from proofs.question import Question

# Seconds for a first attempt at a proof and for a first search; what is refuted easily is not proved at length.
FIRST = 2.0
# Seconds for what holds of given numbers, before longer proofs for all of them.
GIVEN = 2.5


def decide(question: Question) -> Verdict:
    """PROVED by a pattern, CERTIFIED for given numbers, REFUTED by exact ones, SUPPORTED by a search, or UNDECIDED."""
    system = question.system
    if system.flow is not None and not _is_named_only(system):
        proved = _first_proof(system)
        if proved is not None:
            return proved
        first = _search(question, FIRST)
        if first.violation is not None:
            return _refuted(first.violation, _missing(system))
        given = _for_given_numbers(question, GIVEN)
        if given is not None:
            return given
    verdict = energy_never_increases(system)
    if verdict.status is not Status.UNDECIDED or _is_named_only(system):
        return verdict
    given = _for_given_numbers(question, remaining() / 2) if remaining() > 4 * GIVEN else None
    return given if given is not None else _searched(question, verdict)


def _for_given_numbers(question: Question, seconds: float) -> Verdict | None:
    """What holds for the parameters as given, in their domain where it is bounded."""
    try:
        with time_limit(min(seconds, remaining() / 2)):
            return descends(question)
    except OutOfTime:
        return None


def _first_proof(system: System) -> Verdict | None:
    try:
        with time_limit(FIRST):
            return descent_proof(system)
    except OutOfTime:
        return None


def _missing(system: System) -> str | None:
    """The missing assumption, where it is found about as fast as a proof with it would be."""
    with time_limit(FIRST):
        return missing_assumption(system)


def _search(question: Question, seconds: float = SECONDS) -> Search:
    return search(question.system, question.fixed, question.sizes, question.domain, seconds)


def _searched(question: Question, open_verdict: Verdict) -> Verdict:
    """Turn an undecided claim into a refuted or a supported one where the search says so."""
    result = _search(question)
    if result.violation is not None:
        return _refuted(result.violation, open_verdict.certificate.get("missing"))
    decided = result.evaluations - result.undetermined
    # The rate dE/dt does not see a jump of E, so draws of it are no evidence there.
    if decided == 0 or (question.system.flow is not None and energy_may_jump(question.system)):
        return open_verdict
    return _supported(open_verdict, result, decided)


def _refuted(found: Violation, missing: str | None) -> Verdict:
    tail = f"; missing assumption: {missing}, with it the claim is proved" if missing else ""
    return Verdict(CLAIM, Status.REFUTED, found.certificate(), found.words() + tail)


def _is_named_only(system: System) -> bool:
    """Whether a Lagrangian or a function is only a name: there is nothing to draw."""
    named = any(t.kind == "activation" for t in system.parameters)
    return named or any(f.atoms(sp.core.function.AppliedUndef) for f in system.formulas)


def _supported(open_verdict: Verdict, result: Search, decided: int) -> Verdict:
    # Rule of three, exactly: with no violation in n draws the 95 % bound on their probability is 1 - 0.05^(1/n).
    bound = 1 - math.exp(math.log(0.05) / decided)
    certificate = {
        "kind": "statistical",
        "seed": SEED,
        "draws": decided,
        "worst value": result.worst,
        "95 % bound on the probability of a violation": bound,
        "not proved because": open_verdict.reason,
    }
    reason = f"no counterexample in {decided} exact draws; not proved: {open_verdict.reason}"
    return replace(open_verdict, status=Status.SUPPORTED, certificate=certificate, reason=reason)

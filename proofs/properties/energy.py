"""Does the energy never increase? The prover first, then given numbers on their domain, then a search for a counterexample."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from amsym.notation.effort import OutOfTime, remaining, time_limit
from amsym.prover.lyapunov import CLAIM, descent_proof, energy_may_jump, energy_never_increases
from amsym.prover.missing import missing_assumption
from amsym.system import System
from amsym.verdict import Status, Verdict
from proofs.falsifier.evidence import in_words, statistical
from proofs.falsify import SECONDS, Falsifier, Search, Violation, energy_falsifier
from proofs.inequalities.descent import descends
from proofs.question import Question

# Seconds for a first attempt at a proof and for a first search; what is refuted easily is not proved at length.
FIRST = 2.0
# Seconds for what holds of given numbers, before longer proofs for all of them.
GIVEN = 2.5


def decide(question: Question) -> Verdict:
    """PROVED by a pattern, CERTIFIED for given numbers, REFUTED by exact ones, SUPPORTED by a search, or UNDECIDED."""
    system, falsifier = question.system, None
    if system.flow is not None and not _is_named_only(system):
        proved = _first_proof(system)
        if proved is not None:
            return proved
        falsifier = _falsifier(question)
        found = falsifier.run(FIRST).violation if falsifier is not None else None
        if found is not None:
            return _refuted(found, _missing(system))
        given = _for_given_numbers(question, GIVEN)
        if given is not None:
            return given
    verdict = energy_never_increases(system)
    if verdict.status is not Status.UNDECIDED or _is_named_only(system):
        return verdict
    given = _for_given_numbers(question, remaining() / 2) if remaining() > 4 * GIVEN else None
    return given if given is not None else _searched(question, verdict, falsifier or _falsifier(question))


def _for_given_numbers(question: Question, seconds: float) -> Verdict | None:
    """What holds for the parameters as given, in their domain where it is bounded."""
    try:
        with time_limit(min(seconds, remaining() / 2)):
            return descends(question)
    except OutOfTime:
        return None


def _falsifier(question: Question) -> Falsifier | None:
    return energy_falsifier(question.system, question.fixed, question.sizes, question.domain)


def _first_proof(system: System) -> Verdict | None:
    try:
        with time_limit(FIRST):
            return descent_proof(system)
    except OutOfTime:
        return None


def _missing(system: System) -> str | None:
    """The missing assumption, where it is found about as fast as a proof with it would be."""
    try:
        with time_limit(FIRST):
            return missing_assumption(system)
    except OutOfTime:
        return None


def _searched(question: Question, open_verdict: Verdict, falsifier: Falsifier | None) -> Verdict:
    """Turn an undecided claim into a refuted or a supported one where the search, going on, says so."""
    result = falsifier.run(SECONDS) if falsifier is not None else Search()
    if result.violation is not None:
        return _refuted(result.violation, open_verdict.certificate.get("missing"))
    if result.suspect is not None:
        data = {**open_verdict.certificate, **result.suspect.certificate()}
        return replace(open_verdict, certificate=data, reason=f"{result.suspect.words()}; not proved: {open_verdict.reason}")
    # The rate dE/dt does not see a jump of E, so draws of it are no evidence there.
    if result.draws == 0 or (question.system.flow is not None and energy_may_jump(question.system)):
        return open_verdict
    data = {**statistical(result), "not proved because": open_verdict.reason}
    reason = f"{in_words(result)}; not proved: {open_verdict.reason}"
    return replace(open_verdict, status=Status.SUPPORTED, certificate=data, reason=reason)


def _refuted(found: Violation, missing: str | None) -> Verdict:
    tail = f"; missing assumption: {missing}, with it the claim is proved" if missing else ""
    return Verdict(CLAIM, Status.REFUTED, found.certificate(), found.words() + tail)


def _is_named_only(system: System) -> bool:
    """Whether a Lagrangian or a function is only a name: there is nothing to draw."""
    named = any(t.kind == "activation" for t in system.parameters)
    return named or any(f.atoms(sp.core.function.AppliedUndef) for f in system.formulas)

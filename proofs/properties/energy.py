"""Does the energy never increase? The prover first, then a search for an explicit counterexample."""

from __future__ import annotations

import math
from dataclasses import replace

import sympy as sp

from amsym.prover.lyapunov import CLAIM, energy_may_jump, energy_never_increases
from amsym.system import System
from amsym.verdict import Status, Verdict
from proofs.falsify import SEED, Search, search
from proofs.question import Question


def decide(question: Question) -> Verdict:
    """PROVED by a pattern, REFUTED by exact numbers, SUPPORTED by a search that found nothing, or UNDECIDED."""
    verdict = energy_never_increases(question.system)
    return _searched(question, verdict) if verdict.status is Status.UNDECIDED else verdict


def _searched(question: Question, open_verdict: Verdict) -> Verdict:
    """Turn an undecided claim into a refuted or a supported one where the search says so."""
    system = question.system
    if _is_named_only(system):
        return open_verdict
    result = search(system, question.fixed, question.sizes, question.domain)
    if result.violation is not None:
        missing = open_verdict.certificate.get("missing")
        tail = f"; missing assumption: {missing}, with it the claim is proved" if missing else ""
        return Verdict(CLAIM, Status.REFUTED, result.violation.certificate(), result.violation.words() + tail, open_verdict.source)
    decided = result.evaluations - result.undetermined
    # The rate dE/dt does not see a jump of E, so draws of it are no evidence there.
    if decided == 0 or (system.flow is not None and energy_may_jump(system)):
        return open_verdict
    return _supported(open_verdict, result, decided)


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

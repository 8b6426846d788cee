"""Does the energy tend to infinity as the state does? Proved by degrees, or refuted by a path on which it stays low."""

from __future__ import annotations

from amsym.prover.boundedness import COERCIVE, energy_coercive, is_finite
from amsym.verdict import Status, Verdict
from proofs.infinity.escape import escape
from proofs.properties.bounded import certificate, left_open, named_only, refuted
from proofs.question import Question


def decide(question: Question) -> Verdict | None:
    """PROVED, CERTIFIED for given parameters, REFUTED with a path, or UNDECIDED; nothing for finitely many states.

    >>> from amsym.zoo import hopfield
    >>> print(decide(Question(hopfield("tanh"))).status)
    REFUTED
    """
    if is_finite(question.system):
        return None
    if question.is_boxed:
        return Verdict(
            COERCIVE, Status.VACUOUS, {"kind": "empty hypothesis"}, "the domain is a bounded box: no state in it tends to infinity"
        )
    verdict = energy_coercive(question.system)
    if verdict.status is not Status.UNDECIDED or named_only(verdict):
        return verdict
    certified = certificate(question, COERCIVE, True)
    if certified is not None:
        return certified
    looked = escape(question, falls=False)
    return refuted(COERCIVE, looked) if looked.escape is not None else left_open(verdict, looked, "on which E does not rise to ∞")

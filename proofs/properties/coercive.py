"""Does the energy tend to infinity as the state does? Proved by degrees, or refuted by a path on which it stays low."""

from __future__ import annotations

from amsym.prover.boundedness import COERCIVE, energy_coercive, is_finite
from amsym.verdict import Status, Verdict
from proofs.certificates.model import domain_data
from proofs.properties.bounded import searched
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
        certificate = {"kind": "empty hypothesis", "domain": domain_data(question.domain)}
        return Verdict(COERCIVE, Status.VACUOUS, certificate, "the domain is a bounded box: no state in it tends to infinity")
    return searched(question, energy_coercive(question.system), "on which E does not rise to ∞", falls=False)

"""Are steady states and critical points of the energy the same? Each direction proved, refuted by a witness, or left open.

The claims are about states at which E and f are differentiable and defined: f(y) = 0 implies ∇E(y) = 0, and the other way
round; for every size and every parameter as declared, or for those given; at every time, where time appears.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from amsym.prover.links import CRITICAL_STEADY, STEADY_CRITICAL, critical_are_steady, steady_are_critical
from amsym.system import System
from amsym.verdict import Status, Verdict
from proofs.question import Question
from proofs.zeros.boxes import is_drawable
from proofs.zeros.witness import Tried, link_witness


def decide_steady(question: Question) -> Verdict | None:
    """f = 0 implies ∇E = 0: PROVED by an identity, REFUTED by a witness, or UNDECIDED; None for updates.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> print(decide_steady(Question(System(flow={y[i]: 1 - y[i]}, energy=total(y[i]**2, i)/2))).status)
    REFUTED
    """
    return _decide(question, STEADY_CRITICAL, steady_are_critical, forward=True)


def decide_critical(question: Question) -> Verdict | None:
    """∇E = 0 implies f = 0: PROVED by an identity, REFUTED by a witness, or UNDECIDED; None for updates.

    >>> from amsym import zoo
    >>> print(decide_critical(Question(zoo.hopfield("relu"))).status)
    REFUTED
    """
    return _decide(question, CRITICAL_STEADY, critical_are_steady, forward=False)


def _decide(question: Question, claim: str, prove: Callable[[System], Verdict | None], forward: bool) -> Verdict | None:
    system = question.system
    if system.flow is None or system.energy is None:
        return None
    # By names first: an identity that holds for every number has no digits that a certificate could round.
    for named in dict.fromkeys((system, with_given_scalars(question))):
        proved = prove(named)
        if proved is not None:
            return proved
    tried = link_witness(question, forward)
    if tried.witness is not None:
        return Verdict(claim, Status.REFUTED, tried.witness, tried.words)
    return Verdict(claim, Status.UNDECIDED, tried.attempts(), _open_words(system, tried))


def _open_words(system: System, tried: Tried) -> str:
    words = "no identity ∇E = -M f or f = -R ∇E that settles it was found"
    if not is_drawable(system):
        return f"{words}; formulas that are only named leave nothing to draw"
    return f"{words}, and no witness among {tried.points} exact points and {tried.boxes} starts of Newton's method"


def with_given_scalars(question: Question) -> System:
    """The system with the scalars that were given as numbers: a slope a + (1 - a)[y > 0] has a sign once a is known."""
    scalars = {s: sp.Rational(x.numerator, x.denominator) for s, x in (question.fixed or {}).items() if isinstance(s, sp.Symbol)}
    return question.system.substitute(scalars) if scalars else question.system  # type: ignore[arg-type]

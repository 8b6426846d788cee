"""Where does the energy fall strictly? dE/dt = -Σ m f² or -Σ r (∂E)², with m > 0 or r ≥ 0: it stands still only where f = 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from amsym.notation import Tensor
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.lyapunov import lyapunov_arguments
from amsym.prover.patterns import gradient
from amsym.prover.regularity import is_continuous
from proofs.properties.links import with_given_scalars
from proofs.question import Question

SECONDS = 6.0
STRICT = "a sum of terms that are ≤ 0 is 0 only where each is: there m f² = 0 with m > 0, or r (∂E)² = 0 and f = -r ∂E"


@dataclass(frozen=True)
class Descent:
    """The identities that show dE/dt ≤ 0 for every state; `strict` where dE/dt = 0 gives f = 0; ∂E/∂y = -slope f where one is known."""

    strict: bool
    steps: tuple[dict[str, Any], ...]
    slopes: dict[Tensor, sp.Expr]


def descent(asked: Question) -> Descent | None:
    """What the prover shows of a flow with an energy, or None.

    >>> from amsym import zoo
    >>> descent(Question(zoo.hopfield("tanh"))).strict, descent(Question(zoo.hopfield("relu"))).strict
    (True, False)
    """
    system = with_given_scalars(asked)
    try:
        with time_limit(SECONDS):
            arguments = lyapunov_arguments(system)
            if arguments is None:
                return None
            smooth = all(is_continuous(e, system.states) for s in system.states for e in (gradient(system, s),))
            smooth = smooth and all(is_continuous(f, system.states) for f in system.equations.values())
    except OutOfTime:
        return None
    slopes = {a.state: a.factor.slope for a in arguments if a.pattern == "metric" and a.factor.slope is not None}
    known = all(a.factor.slope is not None and (a.strict or a.pattern == "gradient flow") for a in arguments)
    strict = smooth and known and all(a.pattern in ("metric", "gradient flow") for a in arguments)
    steps = [step for a in arguments for step in a.steps] + ([{"lemma": STRICT, "hypothesis": "m > 0 or r ≥ 0"}] if strict else [])
    return Descent(strict, tuple(steps), slopes)


__all__ = ["Descent", "descent"]

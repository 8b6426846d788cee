"""Search for an explicit counterexample to an inequality: rationals of small height, the violation confirmed by balls.

First exact draws, small sizes and small integers before fractions; then a climb in floats from many starts, whose highest points are
rounded (`falsifier`). A suspected violation that rigorous arithmetic does not confirm is a Suspect, never a Violation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amsym.judged import judged
from amsym.memory import Memory
from amsym.system import System
from numeric.simulate_input import positive
from proofs.draws import Values
from proofs.falsifier.drawn import can_be_drawn, candidates
from proofs.falsifier.inequality import formula_inequality, rate_inequality, update_inequality
from proofs.falsifier.judged import Suspect
from proofs.falsifier.search import SEED, Falsifier, Search
from proofs.question import Question
from proofs.shrinking import Violation

# Seconds after which a search gives up.
SECONDS = 6.0


def falsify(
    question: Question | System | Memory, formula: Any, relation: str = "<=", right: Any = 0, seconds: float = SECONDS
) -> Violation | Suspect | None:
    """A counterexample to `formula relation right`, a Suspect where none is confirmed, None where none is found.

    question: a model, or `proofs.question.question(model, params, domain)`, which keeps to these numbers and this domain.
    formula: without free indices, of the system's states and of parameters, which have their declared properties; `model.energy` is one.
    right: another, or a number.  seconds: of the search. At kinks and jumps of the formula nothing is refuted, since it may be a
    formal derivative.

    >>> from amsym.notation import index, parameter, state, total
    >>> i, y, b = index("i", "N"), state("y", "N"), parameter("b", "N", positive=True)
    >>> found = falsify(System(flow={y[i]: -y[i]}), total(b[i]*y[i]**2 - y[i], i), ">=", 0)
    >>> print(found)
    -(Σ_i (b[i]*y[i]**2 - y[i])) = 0.250000 > 0 at N = 1: b = (1), y = (1/2)
    >>> falsify(System(flow={y[i]: -y[i]}), total(y[i]**2, i), ">=", 0, seconds=0.2) is None
    True

    Raises InputError for an unknown relation and for a formula that is no number, ModelError for states that the system has not.
    """
    positive("seconds", seconds)
    asked = question if isinstance(question, Question) else Question(judged(question, "falsify", energy=False))
    claim = formula_inequality(asked.system, formula, relation, right)
    if not can_be_drawn(claim.system):
        return None
    fixed = {k: v for k, v in (asked.fixed or {}).items() if k in (*claim.system.parameters, *claim.system.scalars)}
    found = Falsifier(claim, fixed, asked.sizes, asked.domain or {}).run(seconds)
    return found.violation or found.suspect


def energy_falsifier(
    system: System, fixed: Values | None = None, sizes: Mapping[str, int] | None = None, domain: Mapping[Any, Any] | None = None
) -> Falsifier | None:
    """The search for a state (and, where not fixed, parameters) at which the energy rises; None where nothing can be drawn."""
    if not can_be_drawn(system):
        return None
    claim = rate_inequality(system) if system.flow is not None else update_inequality(system)
    return Falsifier(claim, fixed or {}, sizes or {}, domain or {})


def search(
    system: System,
    fixed: Values | None = None,
    sizes: Mapping[str, int] | None = None,
    domain: Mapping[Any, Any] | None = None,
    seconds: float = SECONDS,
) -> Search:
    """Look, for so many seconds, for a state (and, where not fixed, parameters) at which the energy rises."""
    falsifier = energy_falsifier(system, fixed, sizes, domain)
    return Search() if falsifier is None else falsifier.run(seconds)


__all__ = ["SEED", "Falsifier", "Search", "Suspect", "Violation", "can_be_drawn", "candidates", "energy_falsifier", "falsify", "search"]

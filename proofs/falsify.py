"""Search for an explicit counterexample to `energy never increases`: exact rationals, the violation confirmed by balls.

Small sizes and small integers come first, and what is found is shrunk, so a counterexample can be read. A
suspected violation that rigorous arithmetic does not confirm is not returned.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from amsym.notation.effort import Budget
from amsym.system import System
from numeric.rigorous import Undetermined
from proofs.draws import Values, draw, fits, sizes_up_to
from proofs.probes import finite, rate_probe
from proofs.shrinking import Violation, clipped, shrunk
from proofs.trajectories import rising_states
from proofs.updates import can_be_probed, update_probe

# Draws for each choice of sizes, largest size of an axis, and the time after which the search gives up.
DRAWS, LARGEST, SECONDS, SEED = 60, 3, 6.0, 20250101
# Draws before states along trajectories are looked at: what is wrong almost everywhere is refuted by small numbers.
FEW = 200


@dataclass(frozen=True)
class Search:
    """What a search did: the violation if any, the number of exact evaluations, the largest value seen."""

    violation: Violation | None
    evaluations: int
    worst: float
    undetermined: int


def search(
    system: System,
    fixed: Values | None = None,
    sizes: Mapping[str, int] | None = None,
    domain: Mapping[Any, Any] | None = None,
    seconds: float = SECONDS,
) -> Search:
    """Look, for so many seconds, for a state (and, where not fixed, parameters) at which the energy rises."""
    if not can_be_drawn(system):
        return Search(None, 0, float("-inf"), 0)
    probe = rate_probe(system) if system.flow is not None else update_probe(system)
    rng, budget = random.Random(SEED), Budget(seconds)
    count = undetermined = 0
    worst = float("-inf")
    drawn = candidates(system, fixed or {}, sizes, rng, domain or {})
    ridden = rising_states(system, fixed or {}, _choices(system, sizes), domain or {}, rng, Budget(seconds / 2))
    for values, here in chain(islice(drawn, FEW), ridden, drawn):
        if budget.spent:
            break
        count += 1
        try:
            rise, what = finite(*probe(here, values))
        except Undetermined:
            undetermined += 1
            continue
        worst = max(worst, float(rise))
        if rise > 0:
            found = shrunk(Violation(here, values, rise, what), probe, set(fixed or {}), system, domain or {})
            return Search(found, count, worst, undetermined)
    return Search(None, count, worst, undetermined)


def can_be_drawn(system: System) -> bool:
    """Updates that can be followed exactly, and matrices where a matrix property is declared."""
    matrices = all(len(t.axes) == 2 for t in system.parameters if {"psd", "orthogonal"} & set(t.properties))
    return matrices and (system.update is None or can_be_probed(system))


def candidates(
    system: System, fixed: Values, sizes: Mapping[str, int] | None, rng: random.Random, domain: Mapping[Any, Any]
) -> Iterator[tuple[Values, dict[str, int]]]:
    """Exact parameters and states with what was declared, and their sizes: small integers at small sizes first, then fractions."""
    choices = _choices(system, sizes)
    more = 1 if len(choices) > 1 else 10
    for coarse, repeats in ((True, DRAWS // 2), (False, DRAWS)):
        for here in choices:
            for _ in range(more * repeats):
                values = clipped({**draw(system, here, rng, coarse), **fixed}, domain)
                if fits(system, values, fixed):
                    yield values, here


def _choices(system: System, sizes: Mapping[str, int] | None) -> list[dict[str, int]]:
    """Small sizes that agree with those given, the smallest first."""
    small = sizes_up_to(system, LARGEST if len(system.axes) <= 3 else 2)
    return list({tuple(s.items()): s for s in ({**s, **(sizes or {})} for s in small)}.values())


__all__ = ["Search", "Violation", "can_be_drawn", "candidates", "search"]

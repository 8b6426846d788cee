"""What a search that found nothing is worth: with no violation in n draws its probability is below 1 - 0.05^(1/n), at 95 %.

For n = 300 that is 1 %, about 3/n (the rule of three). The draws need not be alike: where draw k violates with probability p_k, none
does with probability Π (1 - p_k) ≤ (1 - p)^n for their mean p. Source: Clopper and Pearson 1934; Hanley and Lippman-Hand 1983.
"""

from __future__ import annotations

import math
from typing import Any

from proofs.draws import plain
from proofs.falsifier.search import SEED, Search

LEVEL = 0.95
LAW = (
    "states and free parameters as declared, at the sizes and in the domain asked for: whole numbers from -2 to 2, "
    "then n/d with n from -24 to 24 and d from 1, 2, 4, 8"
)


def at_most(draws: int, level: float = LEVEL) -> float:
    """The one-sided bound on the mean probability of a violation after so many draws without one.

    >>> round(at_most(300), 4), at_most(0)
    (0.0099, 1.0)
    """
    return -math.expm1(math.log1p(-level) / draws) if draws else 1.0


def statistical(found: Search) -> dict[str, Any]:
    """The certificate: seed, draws, starts of the climb, the worst exact value and its point, and what follows of the sampling law."""
    data: dict[str, Any] = {
        "kind": "statistical",
        "seed": SEED,
        "draws": found.draws,
        "starts": found.starts,
        "exact evaluations": found.evaluations,
        "not settled": found.undetermined,
        "95 % bound on the probability of a violation": at_most(found.draws),
        "interval": [0.0, at_most(found.draws)],
        "sampling law": LAW,
    }
    if found.worst_at is not None:
        sizes, values = found.worst_at
        data["worst"] = found.worst
        data["worst at"] = {"sizes": sizes, "values": {str(k.name): plain(v) for k, v in values.items()}}
    return data


def in_words(found: Search) -> str:
    """The same in a few words.

    >>> in_words(Search(draws=300, starts=384))
    'no counterexample in 300 exact draws (at 95 % fewer than 1 in 100 such draws violate it) and from 384 starts'
    """
    one_in = math.floor(1 / at_most(found.draws))
    bound = f" (at 95 % fewer than 1 in {one_in} such draws violate it)" if one_in > 1 else ""
    climbed = f" and from {found.starts} starts" if found.starts else ""
    return f"no counterexample in {found.draws} exact draws{bound}{climbed}"


__all__ = ["at_most", "in_words", "statistical"]

"""Exact draws in a fixed order: small sizes and small integers first, then fractions; and the sizes at which to climb."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from amsym.system import System
from proofs.draws import Values, draw, fits, sizes_up_to
from proofs.falsifier.coordinates import is_held
from proofs.shrinking import clipped
from proofs.updates import can_be_probed

# Draws for each choice of sizes, and the largest size of an axis.
DRAWS, LARGEST = 60, 3
# Sizes of every axis at which to climb, and draws of parameters that cannot be moved for each of them.
SIZES, HELD = (2, 1, 3, 5), 3


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


def hunted_sizes(system: System, sizes: Mapping[str, int]) -> list[dict[str, int]]:
    """All axes equally long, in the order of SIZES, but for the sizes given; long axes only where there are few of them.

    >>> from amsym import zoo
    >>> hunted_sizes(zoo.softmax_memory().system, {"K": 7})[:2]
    [{'N': 2, 'K': 7}, {'N': 1, 'K': 7}]
    """
    largest = max(SIZES) if len(system.axes) <= 2 else LARGEST
    every = [{a: sizes.get(a, n) for a in system.axes} for n in SIZES if n <= largest]
    return list({tuple(s.items()): s for s in every}.values())


def held(system: System, sizes: Mapping[str, int], fixed: Values, rng: random.Random) -> Iterator[Values]:
    """A few draws of the parameters that no climb can move; nothing, once, where there is none."""
    keys = [k for k in (*system.parameters, *system.scalars) if k not in fixed and is_held(k)]
    for _ in range(HELD if keys else 1):
        values = draw(system, sizes, rng, coarse=True)
        yield {k: values[k] for k in keys}


__all__ = ["can_be_drawn", "candidates", "held", "hunted_sizes"]

"""Signs turned, states exchanged, places permuted: refuted by one exact point or proved by an identity."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import sympy as sp

from amsym.notation import Tensor
from amsym.prover.symmetry import flipped, permutable, proved_flip, proved_swap, swapped_energy
from amsym.symmetry import Discrete
from amsym.system import System
from numeric.rigorous import Evaluator, Undetermined
from proofs.symmetry_points import Undrawable, draw_point, sizes_to_try

SEED = 20250718
# States beyond which only single flips and the flip of all are tried, and points at which a candidate is tested.
MANY, POINTS = 5, 3


def discrete_symmetries(system: System) -> tuple[list[Discrete], list[str]]:
    """The proved ones, and what fits all points but was not proved."""
    points = _points(system)
    found, open_ones = _flips(system, points)
    for a, b in combinations(system.states, 2):
        differ = _differ(points, system.energy, swapped_energy(system.energy, a, b)) if (a.axes, a.values) == (b.axes, b.values) else True
        if not differ:
            words = f"{a.name} and {b.name} exchanged"
            if proved_swap(system, a, b):
                found.append(Discrete("swap", (a.name, b.name), words, ({"identity": f"E with {words} - E = 0"},)))
            elif differ is False:
                open_ones.append(words)
    found += [_permutation(axis) for axis in _moving_axes(system) if permutable(system, axis)]
    return found, open_ones


def _moving_axes(system: System) -> tuple[str, ...]:
    return tuple(dict.fromkeys(a for s in system.states for a in s.axes))


def _permutation(axis: str) -> Discrete:
    lemma = {"lemma": "an energy that tells no places of an axis apart is the same after permuting all states over it"}
    hypothesis = f"no parameter over {axis}; indices over {axis} are summed, stand in states, or are compared for equality only"
    return Discrete("permutation", (axis,), f"permutations of {axis}", ({**lemma, "hypothesis": hypothesis},))


def _flips(system: System, points: list[Evaluator]) -> tuple[list[Discrete], list[str]]:
    """A basis of the flips: small sets of states first, sets that earlier ones make up left out."""
    found: list[Discrete] = []
    open_ones: list[str] = []
    group: set[frozenset[Tensor]] = {frozenset()}
    for states in _subsets(system.states):
        differ = True if frozenset(states) in group else _differ(points, system.energy, flipped(system.energy, states))
        if differ:
            continue
        words = ", ".join(f"{s.name} → {_image(s)}" for s in states)
        if proved_flip(system, states):
            found.append(Discrete("flip", tuple(s.name for s in states), words, ({"identity": f"E after {words} - E = 0"},)))
            group |= {g ^ frozenset(states) for g in group}
        elif differ is False:
            open_ones.append(words)
    return found, open_ones


def _image(s: Tensor) -> str:
    centre = sum(s.values) if s.values else 0
    return f"{centre} - {s.name}" if centre else f"-{s.name}"


def _subsets(states: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, ...]]:
    able = tuple(s for s in states if not s.values or len(s.values) == 2)
    for size in range(1, len(able) + 1):
        if len(able) <= MANY or size in (1, len(able)):
            yield from combinations(able, size)


def _points(system: System) -> list[Evaluator]:
    rng, sizes = random.Random(SEED), sizes_to_try(system, {})[0]
    if any(t.kind == "activation" for t in system.parameters):
        return []
    try:
        return [Evaluator(sizes, draw_point(system, sizes, {}, rng)) for _ in range(POINTS)]
    except Undrawable:
        return []


def _differ(points: list[Evaluator], energy: Any, other: sp.Expr) -> bool | None:
    """Whether an exact point shows that the two differ; None where none could be evaluated."""
    seen: bool | None = None
    for here in points:
        try:
            if not (here(other) - here(energy)).contains(0):
                return True
            seen = False
        except Undetermined:
            continue
    return seen

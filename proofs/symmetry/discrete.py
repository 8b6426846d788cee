"""Signs turned, states exchanged, places permuted: refuted by one exact point or proved by an identity."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import sympy as sp

from amsym.notation import Tensor
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.symmetry import flipped, permutable, proved_flip, proved_swap, swapped_energy
from amsym.symmetry import Discrete
from amsym.system import System
from numeric.rigorous import Evaluator, Undetermined
from proofs.probes import kink_functions
from proofs.symmetry.clock import Clock
from proofs.symmetry.points import Points, Undrawable, sizes_to_try

SEED = 20250718
# States beyond which only single flips and the flip of all are tried, and points at which a candidate is tested, with kinks more.
MANY, POINTS, WITH_KINKS = 5, 3, 12
UNPROVED, LATE = "fits exact points, not proved", "not all sign flips, exchanges and permutations were tried in time"


def discrete_symmetries(system: System, clock: Clock) -> tuple[list[Discrete], list[str]]:
    """The proved ones, and what fits all points but was not proved, or was not tried in time."""
    search = _Search(system, clock)
    try:
        with time_limit(clock.left):
            search.run()
    except OutOfTime:
        search.open.append(LATE)
    return search.found, search.open


class _Search:
    """Candidates one after the other, until the time is over."""

    def __init__(self, system: System, clock: Clock) -> None:
        self.system, self.clock = system, clock
        self.found: list[Discrete] = []
        self.open: list[str] = []

    def run(self) -> None:
        """Signs first, then exchanges, then permutations; raises OutOfTime."""
        points = _points(self.system)
        self._flips(points)
        self._swaps(points)
        for axis in _moving_axes(self.system):
            self._go_on()
            self.found += [_permutation(axis)] if permutable(self.system, axis) else []
        self._go_on()

    def _go_on(self) -> None:
        # What a prover leaves undecided at the end of the time is not thereby refuted.
        if self.clock.spent:
            raise OutOfTime("the time for discrete symmetries is over")

    def _flips(self, points: list[Evaluator]) -> None:
        """A basis of the flips: small sets of states first, sets that earlier ones make up left out."""
        system, group = self.system, {frozenset[Tensor]()}
        for states in _subsets(system.states):
            self._go_on()
            differ = True if frozenset(states) in group else _differ(points, system.energy, flipped(system.energy, states))
            if differ:
                continue
            words = ", ".join(f"{s.name} → {_image(s)}" for s in states)
            if proved_flip(system, states):
                self.found.append(Discrete("flip", tuple(s.name for s in states), words, ({"identity": f"E after {words} - E = 0"},)))
                group |= {g ^ frozenset(states) for g in group}
            elif differ is False:
                self.open.append(f"{words}: {UNPROVED}")

    def _swaps(self, points: list[Evaluator]) -> None:
        """States over the same axes exchanged."""
        system = self.system
        for a, b in combinations(system.states, 2):
            self._go_on()
            if (a.axes, a.values) != (b.axes, b.values):
                continue
            differ = _differ(points, system.energy, swapped_energy(system.energy, a, b))
            words = f"{a.name} and {b.name} exchanged"
            if not differ and proved_swap(system, a, b):
                self.found.append(Discrete("swap", (a.name, b.name), words, ({"identity": f"E with {words} - E = 0"},)))
            elif differ is False:
                self.open.append(f"{words}: {UNPROVED}")


def _moving_axes(system: System) -> tuple[str, ...]:
    return tuple(dict.fromkeys(a for s in system.states for a in s.axes))


def _permutation(axis: str) -> Discrete:
    lemma = {"lemma": "an energy that tells no places of an axis apart is the same after permuting all states over it"}
    hypothesis = f"no parameter over {axis}; indices over {axis} are summed, stand in states, or are compared for equality only"
    return Discrete("permutation", (axis,), f"permutations of {axis}", ({**lemma, "hypothesis": hypothesis},))


def _image(s: Tensor) -> str:
    centre = sum(s.values) if s.values else 0
    return f"{centre} - {s.name}" if centre else f"-{s.name}"


def _subsets(states: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, ...]]:
    able = tuple(s for s in states if not s.values or len(s.values) == 2)
    for size in range(1, len(able) + 1):
        if len(able) <= MANY or size in (1, len(able)):
            yield from combinations(able, size)


def _points(system: System) -> list[Evaluator]:
    if any(t.kind == "activation" for t in system.parameters):
        return []
    sizes, bends = sizes_to_try(system, {})[0], kink_functions(system)
    points = Points(system, sizes, {}, random.Random(SEED), bends)
    try:
        return [Evaluator(sizes, points.draw()) for _ in range(WITH_KINKS if bends else POINTS)]
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

"""Symmetries of the zeros of a field, y → P y with f(P y) = ±P f(y): states turned over, places of an axis exchanged.

Of the zeros that are images of one another one comes last in the order of dictionaries. There y_p ≥ (P y)_p for every P, with p the
first component that P changes, so it is enough to search there and to take the images of what is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.notation import Component, Tensor, derivative, is_zero
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.symmetry import alike, flipped
from amsym.system import System
from proofs.enclosed.problem import Problem
from proofs.symmetry.points import specialised

Array = NDArray[Any]
# Seconds for all of them; states beyond which only single flips and that of all are tried.
SECONDS, MANY = 2.0, 4


@dataclass(frozen=True)
class Mirror:
    """(P y)_k = signs[k] y[places[k]], in packed components."""

    words: str
    places: Array
    signs: Array

    def __call__(self, y: Array) -> Array:
        """P y of packed rows (..., n)."""
        return np.asarray(self.signs * y[..., self.places])

    def keeps(self, low: Array, high: Array) -> bool:
        """Whether the box [low, high] is its own image."""
        a, b = self(low), self(high)
        return bool(np.array_equal(np.minimum(a, b), low) and np.array_equal(np.maximum(a, b), high))

    @property
    def row(self) -> Array:
        """a with a·y = y_p - (P y)_p for the first component p that P changes."""
        moved = (self.places != np.arange(len(self.places))) | (self.signs < 0)
        p, a = int(np.argmax(moved)), np.zeros(len(self.signs))
        a[p] += 1.0
        a[self.places[p]] -= self.signs[p]
        return a

    def to_dict(self) -> dict[str, Any]:
        """For a certificate."""
        return {"what": self.words, "places": self.places.tolist(), "signs": [int(s) for s in self.signs]}


def mirrors(problem: Problem) -> list[Mirror]:
    """The symmetries that keep the domain; each is an identity in the formulas, with parameters that are simple written out."""
    found: list[Mirror] = []
    try:
        with time_limit(SECONDS):
            system = specialised(problem.asked.system, dict(problem.asked.fixed or {}))
            formulas = _formulas(problem, system)
            found += _flips(problem, system, formulas)
            found += _exchanges(problem, system, formulas)
    except OutOfTime:
        pass
    return [m for m in found if m.keeps(problem.low, problem.high)]


def _formulas(problem: Problem, system: System) -> dict[Component, sp.Expr]:
    """What is to vanish, with the numbers that `specialised` puts in."""
    if problem.field == "flow":
        return dict(system.flow or {})
    return {c: -derivative(system.energy, c) for c in system.equations}


def _flips(problem: Problem, system: System, formulas: Mapping[Component, sp.Expr]) -> list[Mirror]:
    packing, _ = problem.model.packing(problem.width)
    found, group = [], {frozenset[Tensor]()}
    for states in _subsets(system.states):
        if frozenset(states) in group or not _turns(formulas, states):
            continue
        signs = np.ones(problem.width)
        for s in states:
            signs[packing.part(s.name)] = -1.0
        found.append(Mirror(f"{', '.join(s.name for s in states)} turned over", np.arange(problem.width), signs))
        group |= {g ^ frozenset(states) for g in group}
    return found


def _subsets(states: tuple[Tensor, ...]) -> list[tuple[Tensor, ...]]:
    sizes = range(1, len(states) + 1) if len(states) <= MANY else (1, len(states))
    return [c for k in sizes for c in combinations(states, k)]


def _turns(formulas: Mapping[Component, sp.Expr], states: tuple[Tensor, ...]) -> bool:
    """Whether the field turns over with the states: each formula to ± itself, one sign for each state."""
    return all(is_zero(flipped(f, states) + (f if c.tensor in states else -f)) for c, f in formulas.items())


def _exchanges(problem: Problem, system: System, formulas: Mapping[Component, sp.Expr]) -> list[Mirror]:
    """Neighbouring places of an axis exchanged, where no formula tells them apart."""
    axes = dict.fromkeys(a for s in system.states for a in s.axes)
    free = [axis for axis in axes if all(alike(f, axis) for f in formulas.values())]
    return [_exchange(problem, system, axis, k) for axis in free for k in range(problem.exact.sizes[axis] - 1)]


def _exchange(problem: Problem, system: System, axis: str, k: int) -> Mirror:
    packing, sizes = problem.model.packing(problem.width)
    places = np.arange(problem.width)
    for s in system.states:
        if axis in s.axes:
            part = packing.part(s.name)
            grid = places[part].reshape([sizes[a] for a in s.axes])
            order = np.arange(sizes[axis])
            order[[k, k + 1]] = order[[k + 1, k]]
            # A state over "N N" has both of its places exchanged.
            places[part] = grid[np.ix_(*(order if a == axis else np.arange(sizes[a]) for a in s.axes))].ravel()
    return Mirror(f"places {k} and {k + 1} of {axis} exchanged", places, np.ones(problem.width))


def orbit(middles: Array, radii: Array, found: list[Mirror]) -> tuple[Array, Array]:
    """The zeros and all their images under the mirrors, each once."""
    k = 0
    while k < len(middles):
        for m in found:
            image, radius = m(middles[k]), np.abs(m(radii[k]))
            if not (np.abs(image - middles) <= radii).all(axis=1).any():
                middles, radii = np.concatenate([middles, image[None]]), np.concatenate([radii, radius[None]])
        k += 1
    return middles, radii


__all__ = ["Mirror", "mirrors", "orbit"]

"""A few trajectories of a model at fixed numbers: where they end, the distinct steady states, and whether the energy rose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from amsym.system import System
from numeric.compile import Model
from numeric.outcomes import Outcome, Simulation
from numeric.simulate import simulate
from proofs.pictures.given import SEED, Numbers, sample

STARTS, SPREAD = 8, 2.0
TIME, STEPS, SWEEPS = 60.0, 3000, 30
FAR = 1e4  # a trajectory that ends beyond this has left the picture, whatever becomes of it
NEAR = 1e-4  # ends closer than this share of their size are one steady state
GAINS = (Fraction(1), Fraction(1, 2), Fraction(1, 4))  # of sampled couplings, until nothing diverges


@dataclass(frozen=True)
class Run:
    """Trajectories from a few starts, with the numbers they were made with.

    rose: how many trajectories the integrator stopped because the energy rose.  steady: distinct steady states, packed (k, n).
    """

    system: System
    bound: Any
    numbers: Numbers
    simulation: Simulation
    rose: int
    steady: Any
    energies: Any

    @property
    def count(self) -> int:
        """The number of trajectories."""
        return len(np.atleast_1d(self.simulation.ended(Outcome.STEADY)))

    @property
    def lost(self) -> int:
        """How many trajectories diverged, or ended beyond 10⁴."""
        rows, _ = self.bound.pack(self.simulation.end)
        with np.errstate(invalid="ignore"):
            far = ~(np.abs(rows).max(axis=1, initial=0) <= FAR)
        return int(np.count_nonzero(far | np.atleast_1d(self.simulation.ended(Outcome.DIVERGED))))


def run_of(system: System, numbers: Numbers) -> Run:
    """The trajectories; of sampled couplings the largest of three gains with which no trajectory diverges.

    >>> from amsym.zoo import hopfield
    >>> from proofs.pictures.given import numbers_for
    >>> found = run_of(hopfield(), numbers_for(hopfield()))
    >>> found.count, found.rose, found.lost, len(found.steady)
    (8, 0, 0, 2)
    """
    model = Model(system)
    first = _run(model, numbers)
    if not numbers.sampled or not first.lost:
        return first
    weaker = (_run(model, sample(system, numbers.sizes, gain)) for gain in GAINS[1:])
    return next((found for found in weaker if not found.lost), first)


def _run(model: Model, numbers: Numbers) -> Run:
    bound = model.bind(numbers.params, sizes=numbers.sizes)
    known = _known_sizes(model.system, bound.sizes, numbers.sizes)
    numbers = replace(numbers, sizes=known)
    start = _starts(model.system, numbers)
    checked = _simulated(bound, start, check=True)
    rose = int(np.count_nonzero(checked.ended(Outcome.ENERGY_ROSE)))
    drawn = _simulated(bound, start, check=False) if rose else checked
    steady, energies = _distinct(bound, drawn)
    return Run(model.system, bound, numbers, drawn, rose, steady, energies)


def _known_sizes(system: System, bound: Any, given: Any) -> dict[str, int]:
    """Every axis of the states has a size: the parameters', the one given, or two."""
    known = {**given, **bound}
    return {**known, **{axis: 2 for s in system.states for axis in s.axes if axis not in known}}


def _starts(system: System, numbers: Numbers) -> dict[str, Any]:
    """Seeded starts, {name: (batch, axes...)}; a start that is known comes first."""
    rng = np.random.default_rng(SEED)
    found = {}
    for s in system.states:
        shape = (STARTS, *(numbers.sizes[axis] for axis in s.axes))
        found[s.name] = rng.choice(s.values, size=shape).astype(float) if s.values else SPREAD * rng.normal(size=shape)
        if s.name in numbers.start:
            found[s.name][0] = numbers.start[s.name]
    return found


def _simulated(bound: Any, start: Any, check: bool) -> Simulation:
    options: dict[str, Any] = {"save": "steps", "progress": False, "seed": SEED}
    check = check and bound.has_energy
    with np.errstate(all="ignore"):
        if not bound.has_flow:
            return simulate(bound, None, start, steps=SWEEPS, energy_check=check, **options)
        steady = None if bound.system.depends_on_time else 1e-8
        return simulate(bound, None, start, t=TIME, max_steps=STEPS, steady=steady, energy_check=check, **options)


def _distinct(bound: Any, simulation: Simulation) -> tuple[Any, Any]:
    """The distinct steady states reached, packed (k, n), lowest energy first, and their energies where there are any."""
    rows, _ = bound.pack(simulation.end)
    rows = rows[np.atleast_1d(simulation.ended(Outcome.STEADY))]
    kept: list[Any] = []
    for row in rows:
        if all(np.abs(row - other).max() > NEAR * (1 + np.abs(other).max()) for other in kept):
            kept.append(row)
    found = np.array(kept).reshape(-1, rows.shape[1])
    energies = bound.packed_energy(found) if bound.has_energy and len(found) else None
    order = np.argsort(energies, kind="stable") if energies is not None else np.arange(len(found))
    return found[order], None if energies is None else energies[order]

"""How a trajectory ended, in one of five sentences, and what a simulation returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.words import counted
from numeric.field import Array, Restored
from numeric.sentences import Sentence

FAR = 1e12  # a state beyond this has diverged


class Outcome(Sentence):
    """Why a trajectory stopped; the value is the sentence."""

    STEADY = "the flow fell below the steady threshold: a small residual, not a certificate of a steady state nearby"
    TIME_OVER = "the time, or the number of steps allowed, was over before the flow fell below the steady threshold"
    DIVERGED = "the state became non-finite or larger than 1e12, or no step was small enough to go on"
    EVENT = "a terminal event was met"
    ENERGY_ROSE = "an accepted step raised the energy by more than rounding and the step's own error can explain"


@dataclass(frozen=True, repr=False)
class Simulation:
    """Trajectories, where they ended, and why.

    Shapes, for a start with leading axes `batch` (none for a single trajectory) and n components; states come as they
    went in, an array (..., n) or {name: array}:

    | save | times | states | energies |
    |---|---|---|---|
    | "end" | (batch,) end times | the end | (batch,) |
    | "steps" | list of (steps_k,) | list of (steps_k, n) | list of (steps_k,) |
    | times (T,) | (T,) | (batch, T, n) | (batch, T) |

    Saved times after a STEADY end hold the final state; after any other end before them they hold NaN. `energies` is
    None where the model has no energy. A single trajectory has no batch axis, no list, and one Outcome.
    """

    times: Any
    states: Any
    energies: Any
    end: Restored
    outcomes: Outcome | NDArray[np.object_]
    statistics: dict[str, Any]
    """`evaluations`, `accepted`, `rejected`: counts, (batch,). `largest_energy_rise` over one accepted step, (batch,): 0
    where the energy never rose, NaN where nobody looked. `methods`: the integrators that ran, by name. `seconds`: wall time
    of the whole batch."""
    events: dict[str, Any] | None = None
    """The `Crossings` of each event that was asked for."""

    def ended(self, outcome: Outcome) -> NDArray[np.bool_] | bool:
        """Which trajectories ended so: a mask (batch,), or one bool."""
        if isinstance(self.outcomes, Outcome):
            return self.outcomes is outcome
        return np.asarray(self.outcomes == outcome)

    def __repr__(self) -> str:
        """One line: how many trajectories ended how, and between which energies they run."""
        outcomes = np.asarray(self.outcomes, dtype=object)
        ended = outcomes.ravel().tolist()
        counts = ", ".join(f"{ended.count(o)} {o.name}" for o in Outcome if o in ended)
        many = counted(len(ended), "trajectory", "trajectories")
        return f"{': '.join(filter(None, (many, counts)))}{_energy_words(self.energies, outcomes.ndim)}"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return f"<div>{self}</div>"


def _energy_words(energies: Any, axes: int) -> str:
    """Energies first → last, each as a range over the trajectories; the last alone where no others were saved."""
    if energies is None:
        return ""
    if not isinstance(energies, list):
        energies = np.asarray(energies)
        if energies.ndim <= axes:
            ends = energies[np.isfinite(energies)]
            return f"; energy at the end {_range(ends)}" if ends.size else ""
        energies = energies.reshape(-1, max(energies.shape[-1], 1))
    known = [row[np.isfinite(row)] for row in energies]
    first, last = ([row[k] for row in known if row.size] for k in (0, -1))
    return f"; energy {_range(first)} → {_range(last)}" if first else ""


def _range(values: Any) -> str:
    low, high = (f"{f(values):.4g}" for f in (np.min, np.max))
    return low if low == high else f"{low} to {high}"


@dataclass
class Tally:
    """Per-trajectory counts and ends while a simulation runs; row k is trajectory k throughout."""

    end: Array
    time: Array
    outcomes: NDArray[np.object_]
    evaluations: NDArray[np.int64]
    accepted: NDArray[np.int64]
    rejected: NDArray[np.int64]
    rise: Array

    @classmethod
    def of(cls, start: Array, watched: bool) -> Tally:
        """A tally of trajectories at `start` (batch, n); `watched` says whether energies are compared."""
        batch = len(start)
        evaluations, accepted, rejected = np.zeros((3, batch), dtype=np.int64)
        outcomes = np.full(batch, Outcome.TIME_OVER, dtype=object)
        rise = np.full(batch, 0.0 if watched else np.nan)
        return cls(start.copy(), np.zeros(batch), outcomes, evaluations, accepted, rejected, rise)

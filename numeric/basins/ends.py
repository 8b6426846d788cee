"""What a start comes to, as one number: k for steady state k, or a negative number for each way to reach none.

Only a start that entered a certified region of a steady state belongs to its basin. Ambiguous, divergent and unfinished starts are
three classes of their own and are never merged.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.steady import Arrival, SteadyStates

AMBIGUOUS, DIVERGED, TIME_OVER = -1, -2, -3
CODES = {Arrival.AMBIGUOUS: AMBIGUOUS, Arrival.DIVERGED: DIVERGED, Arrival.TIME_OVER: TIME_OVER}
WORDS = {AMBIGUOUS: "ambiguous", DIVERGED: "diverged", TIME_OVER: "out of time"}
CLASSES = (Arrival.CONVERGED, Arrival.DIVERGED, Arrival.TIME_OVER, Arrival.AMBIGUOUS)

Labels = NDArray[np.intp]


def labelled(origin: Labels, arrivals: NDArray[np.object_]) -> Labels:
    """The number of each start's steady state where it CONVERGED, else its class; the shape of `origin`."""
    labels = np.array(origin, dtype=np.intp)
    for arrival, code in CODES.items():
        labels[np.asarray(arrivals == arrival)] = code
    return labels


def certified(found: SteadyStates) -> SteadyStates:
    """Only the steady states that some start CONVERGED to, the most visited first; all other starts have origin -1.

    What starts without a certificate settled at is left out, and they are counted in no basin.
    """
    labels = labelled(found.origin, found.outcomes)
    visits = np.bincount(labels[labels >= 0].ravel(), minlength=len(found))
    order = np.argsort(-visits, kind="stable")[: np.count_nonzero(visits)]
    place = np.full(len(found) + 1, -1, dtype=np.intp)
    place[order] = np.arange(len(order))
    residuals = {"residuals": found.statistics["residuals"][order]}
    return replace(
        found,
        states=_rows(found.states, order),
        energies=None if found.energies is None else found.energies[order],
        labels=[found.labels[k] for k in order],
        origin=place[np.where(labels >= 0, labels, len(found))],
        regions=[found.regions[k] for k in order],
        visits=visits[order],
        statistics={**found.statistics, **residuals},
    )


def _rows(states: Any, order: NDArray[np.intp]) -> Any:
    return {name: a[order] for name, a in states.items()} if isinstance(states, dict) else states[order]

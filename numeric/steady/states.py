"""steady_states: from every start along the flow to its steady state, each steady state once, exact to rounding."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from textwrap import fill
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from amsym.words import counted
from numeric.bound import Bound
from numeric.field import Array, Restore, State
from numeric.progress import Progress
from numeric.simulate_input import bound_model, checked_start, has_flow, nonnegative, positive
from numeric.stability import Stability, stability
from numeric.steady.arrivals import Arrival
from numeric.steady.drifts import drift_of
from numeric.steady.labels import Patterns, checked_patterns, labels
from numeric.steady.polish import polish
from numeric.steady.region import Region
from numeric.steady.search import MOST_STEPS, RESIDUAL, Found, Search

DEGENERATE = 80  # Newton steps to a zero of multiplicity m, which come 1/m of the way each: enough for the fifth from 1e-2 to 1e-9
SAME = 1e-6  # zeros without a region nearer than this, as a share of 1 + |y|_inf, are one

Numbers = NDArray[np.intp]


@dataclass(frozen=True, repr=False)
class SteadyStates:
    """The steady states that the starts reach, the most visited first, and which start went where.

    For starts with leading axes `batch`, and m steady states of n components:

    | field | shape | |
    |---|---|---|
    | states | (m, n), or {name: (m, ...)} | as the starts came |
    | energies | (m,), or None | E of each |
    | labels | list of m words | "stored", "mixed" or "spurious" where patterns were given, and "dead-flat" |
    | origin | (batch,) | for each start the number of its steady state, or -1 |
    | outcomes | (batch,) | an `Arrival` each |
    | regions | list of m | the contraction ball around it, or None where no norm contracts |
    | visits | (m,) | how many starts went there |
    """

    states: Any
    energies: Array | None
    labels: list[str]
    origin: Numbers
    outcomes: NDArray[np.object_]
    regions: list[Region | None]
    visits: Numbers
    statistics: dict[str, Any]
    """`evaluations` of the flow for each start, (batch,); `residuals` |f|_inf, (m,); `seconds`."""
    model: Bound = field(compare=False)

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def stability(self) -> list[Stability]:
        """The stability of each steady state, worked out when first asked for."""
        if isinstance(self.states, dict):
            return [stability(self.model, None, {name: a[k] for name, a in self.states.items()}) for k in range(len(self))]
        return [stability(self.model, None, state) for state in self.states]

    def ended(self, outcome: Arrival) -> NDArray[np.bool_]:
        """Which starts ended so, (batch,)."""
        return np.asarray(self.outcomes == outcome)

    def __repr__(self) -> str:
        counts = Counter(self.outcomes.ravel().tolist())
        words = ", ".join(f"{counts[a]} {a.name}" for a in Arrival if counts[a])
        lines = [f"{counted(len(self), 'steady state')} from {counted(self.outcomes.size, 'start')}{': ' * bool(words)}{words}"]
        lines += [self._line(k) for k in range(min(len(self), 8))]
        return "\n".join(lines + ([f"  and {len(self) - 8} more"] if len(self) > 8 else []))

    def _line(self, k: int) -> str:
        energy = "" if self.energies is None else f", E = {self.energies[k]:.6g}"
        ball = self.regions[k]
        held = "no region known" if ball is None else f"contracts at rate {ball.rate:.3g} within {ball.radius:.3g}"
        told = ", ".join(filter(None, (self.labels[k], held)))
        return fill(f"  {k}: {counted(int(self.visits[k]), 'start')}{energy}, {told}", 80, subsequent_indent="     ")

    __str__ = __repr__


def steady_states(
    system: Any,
    params: Any,
    starts: State,
    *,
    t: float = 1e5,
    rtol: float = 1e-6,
    atol: float | None = None,
    residual: float = RESIDUAL,
    patterns: Any = None,
    method: str = "auto",
    max_steps: int = MOST_STEPS,
    progress: bool | None = None,
) -> SteadyStates:
    """The steady state that the flow reaches from each start: followed until a region holds it, then polished by Newton's method.

    A trajectory is followed to a region that none leaves, a ball on which the logarithmic norm of the Jacobian is negative in a
    norm made for that steady state, so that where it ends is where integrating to the end would lead; a small residual alone
    retires nobody. Those that linger near a saddle run again at `rtol` / 100 and, if that changes their end, at
    `rtol` / 10⁴. Starts nearer to the border of a basin than the error of the steps (5e-6 by default, as the first run is in single
    precision from rtol = 1e-6 on) may be taken for those on its other side. Where no region is found, as at a marginal
    steady state, the flow is followed down to
    |f| <= residual (1 + |y|), and the start is AMBIGUOUS, though its state is told.

    `starts` is (N,), (batch, N) or {name: array}; steady states are in double precision. `t` is the longest time, in that of the flow.
    `patterns` (K, N), one a row, or {name: (K, N)} where several states would fit, make `labels` say what is recalled.

    >>> import numpy as np
    >>> import amsym as am
    >>> found = steady_states(am.zoo.hopfield(), {"W": [[0.0, 2.0], [2.0, 0.0]], "b": [0.0, 0.0]}, [[1.0, 0.5], [-0.2, -0.1], [0.3, 0.2]])
    >>> found.states.round(6), found.origin
    (array([[ 1.915008,  1.915008],
           [-1.915008, -1.915008]]), array([0, 1, 0]))

    Raises InputError for bad input, and for a flow that depends on time, which has no steady states.
    """
    model: Any = bound_model(system, params)
    if not has_flow(system, model):
        raise InputError("the system has an update; a flow was expected: am.simulate(..., steps=) runs updates to their fixed points")
    if model.system.depends_on_time:
        raise InputError("the flow depends on time, so that no state is steady for ever; am.simulate(..., steady=None) follows it")
    y, restore, lead = checked_start(model, starts)
    y = y.astype(np.float64)
    began, end = time.perf_counter(), nonnegative("t", t)
    rtol, residual = positive("rtol", rtol), nonnegative("residual", residual)
    atol = rtol if atol is None else positive("atol", atol)
    told = checked_patterns(model, y.shape[1], patterns)
    search = Search(model, drift_of(model, y.shape[1]), method, end, rtol, atol, residual, max_steps)
    with np.errstate(all="ignore"), Progress("steady states", progress) as bar:
        found = search.run(y, bar.update)
        result = _result(model, found, restore, lead, told)
    return replace(result, statistics={**result.statistics, "seconds": time.perf_counter() - began})


def _result(model: Any, found: Found, restore: Restore, lead: tuple[int, ...], patterns: Patterns | None) -> SteadyStates:
    """The steady states in the caller's structure, the most visited first."""
    zeros, regions, origin = _distinct(model, found)
    visits = np.bincount(origin[origin >= 0], minlength=len(zeros))
    order = np.argsort(-visits, kind="stable")
    zeros, place = zeros[order], np.append(np.argsort(order), -1)
    states = restore(zeros, batch_shape=(len(zeros),))
    by_name = states if isinstance(states, dict) else {model.state_names[0]: states}
    statistics = {
        "evaluations": found.evaluations.reshape(lead)[()],
        "residuals": np.abs(model.packed_flow(zeros)).max(axis=1, initial=0),
    }
    energies = model.packed_energy(zeros) if model.has_energy else None
    told = labels(model, zeros, by_name, patterns)
    held, arrivals = [regions[k] for k in order], found.arrivals.reshape(lead)
    return SteadyStates(states, energies, told, place[origin].reshape(lead), arrivals, held, visits[order], statistics, model)


def _distinct(model: Any, found: Found) -> tuple[Array, list[Region | None], Numbers]:
    """Every steady state once, (m, n): those with a region that some start reached, then what was polished without one."""
    origin = found.origin.copy()
    used = np.unique(origin[origin >= 0])
    renumber = {int(k): n for n, k in enumerate(used)}
    origin[origin >= 0] = [renumber[int(k)] for k in origin[origin >= 0]]
    zeros, regions = [found.regions[k].center for k in used], [found.regions[k] for k in used]
    held: list[Region | None] = list(regions)
    for row in np.flatnonzero((origin < 0) & (found.arrivals == Arrival.AMBIGUOUS)):
        zero = polish(model, found.ends[row], DEGENERATE).y
        same = [k for k, other in enumerate(zeros) if np.abs(zero - other).max(initial=0) <= SAME * (1 + np.abs(zero).max(initial=0))]
        origin[row] = same[0] if same else len(zeros)
        if not same:
            zeros.append(zero)
            held.append(None)
    return np.array(zeros).reshape(len(zeros), found.ends.shape[1]), held, origin

"""The edge state between two basins: the attractor of the flow on their common boundary, a saddle as a rule.

A pair of states on either side of the boundary is brought close by sections, followed by the flow until the two part, brought close
again, and so on: so the pair follows a trajectory that stays on the boundary, where the flow itself would leave it.

Source: Skufca, Yorke, Eckhardt (2006), Phys. Rev. Lett. 96, 174101.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np

from amsym.errors import InputError
from numeric.basins.destinations import Destinations, Following
from numeric.basins.ends import AMBIGUOUS, DIVERGED, TIME_OVER, WORDS, Labels
from numeric.basins.pair import Pair, astride, bracketed
from numeric.field import Array
from numeric.sentences import Sentence
from numeric.simulate import simulate
from numeric.simulate_input import bound_model, checked_start, nonnegative
from numeric.stability import Stability, stability
from numeric.steady.polish import polish

# Distances of the pair, as shares of 1 + |y|: brought to, and allowed to grow to. A pair nearer than the error of the trajectories
# that tell its labels is no bracket: at 1e-9 with rtol 1e-6 it left the boundary of a
# network of 24 neurons unseen. Near a boundary trajectories linger, and steady_states follows them with rtol / 100.
NEAR, APART, RTOL = 1e-7, 1e-5, 1e-7
SLOW, CLOSE = 0.05, 1e-3  # the flow, and the distance to the zero it leads to, below which the pair has settled; shares of 1 + |y|
NEUTRAL = 1e-9  # real parts within this share of the largest |eigenvalue| count as zero
ASIDE = (1e-4, 1e-3, 1e-2)  # steps to either side of a saddle, as shares of 1 + |y|


class EdgeOutcome(Sentence):
    """What edge tracking came to; the value is the sentence."""

    SADDLE = "it settled at a saddle with one unstable direction, whose two sides lead to the two basins"
    DEGENERATE = "it settled where not just one direction is unstable: perturb a or b off the symmetric set that holds them"
    UNCONFIRMED = "it settled at a saddle with one unstable direction, but the two sides do not lead to the two basins"
    NOT_SETTLED = "the rounds were over, or the boundary was lost, before it settled: it may hold a cycle or chaos, or needs more rounds"


@dataclass(frozen=True, repr=False)
class EdgeState:
    """The end of edge tracking.

    outcome: see `EdgeOutcome`. state: the saddle, or the last state on the boundary where none was reached, in the structure of `a`.
    residual: |f|_inf there. stability: None where it did not settle; `index` counts the unstable directions, -1 if unknown.
    labels: those of a and of b, k for `states[k]`, -2 for infinity. leads_to: those of the two sides of the saddle. states: the
    steady states (m, n), packed. track: (rounds, n), the way along the boundary, packed. time: how long that took.
    """

    outcome: EdgeOutcome
    state: Any
    residual: float
    stability: Stability | None
    labels: tuple[int, int]
    leads_to: tuple[int, int] | None
    states: Array
    track: Array
    time: float

    @property
    def index(self) -> int:
        """The number of unstable directions; -1 where it is unknown."""
        return -1 if self.stability is None else self.stability.index

    def __repr__(self) -> str:
        a, b = (WORDS.get(k, f"basin {k}") for k in self.leads_to or self.labels)
        head = f"{self.outcome.name} between {a} and {b}: index {self.index}, residual {self.residual:.1e}, after t = {self.time:.3g}"
        return f"{head}\n{fill(self.outcome.value, 78, initial_indent='  ', subsequent_indent='  ')}"

    __str__ = __repr__


def edge_state(
    system: Any,
    params: Any,
    a: Any,
    b: Any,
    *,
    rounds: int = 200,
    t: float = Following().t,
    rtol: float = RTOL,
    method: str = Following().method,
) -> EdgeState:
    """The edge state on the boundary of the basin of `a` that the segment from a to b crosses, a and b being in different basins.

    b may also diverge: then it is the border of what stays bounded. `rounds` bounds how often the pair is brought together.

    >>> import amsym as am
    >>> pair = {"W": [[0.0, 2.0], [2.0, 0.0]], "b": [0.0, 0.0]}
    >>> found = edge_state(am.zoo.hopfield(), pair, [1.0, 2.0], [-2.0, 0.5])
    >>> found.outcome.name, found.index, bool(abs(found.state).max() < 1e-9)
    ('SADDLE', 1, True)

    Raises InputError where a and b end alike, or where the end of one of them is not known.
    """
    model: Any = bound_model(system, params)
    (start, restore, lead), (other, _, _) = checked_start(model, a), checked_start(model, b)
    if len(start) != 1 or len(other) != 1 or lead:
        raise InputError(f"a and b hold {len(start)} and {len(other)} states; one each, without batch axes, was expected: say a[0], b[0]")
    phi = Destinations(model, start.shape[1], Following(nonnegative("t", t), rtol, method))
    ends = np.concatenate([start, other]).astype(np.float64)
    labels = _checked(phi(ends))
    pair = bracketed(phi, labels[0], Pair(ends[0], ends[1]), NEAR)
    zero, track, time = _followed(model, phi, labels[0], pair, rounds)
    if zero is None:
        last = track[-1]
        residual = float(np.abs(model.packed_flow(last[None])).max())
        return EdgeState(EdgeOutcome.NOT_SETTLED, restore(last[None]), residual, None, labels, None, _centers(phi), track, time)
    state = restore(zero[None])
    judged = stability(model, None, state)
    sides = _sides(model, phi, zero)
    outcome = _outcome(judged, sides, labels)
    return EdgeState(outcome, state, judged.residual, judged, labels, sides, _centers(phi), track, time)


def _checked(labels: Labels) -> tuple[int, int]:
    """The labels of a and b, which must be known and differ."""
    a, b = (int(k) for k in labels)
    for name, label in (("a", a), ("b", b)):
        if label in (AMBIGUOUS, TIME_OVER):
            raise InputError(f"the end of {name} is not known ({WORDS[label]}); a start within a basin was expected: move it, or raise t=")
    if a == b:
        raise InputError(f"a and b both end in {WORDS.get(a, f'steady state {a}')}; different basins were expected: am.basins finds starts")
    if a == DIVERGED:
        raise InputError("a diverges; a start in the basin of a steady state was expected: exchange a and b")
    return a, b


def _followed(model: Any, phi: Destinations, label: int, pair: Pair, rounds: int) -> tuple[Array | None, Array, float]:
    """The zero of the flow at which the pair settles, or None, the middles (rounds, n), and the time."""
    track, time, step = [pair.middle], 0.0, 1.0
    for _ in range(rounds):
        zero = _settled(model, pair.middle)
        if zero is not None:
            return zero, np.array(track), time
        moved, passed, step = _advanced(model, pair, step)
        across = astride(phi, label, moved, NEAR)
        if across is None:
            break
        pair, time = bracketed(phi, label, across, NEAR), time + passed
        track.append(pair.middle)
    return None, np.array(track), time


def _advanced(model: Any, pair: Pair, step: float) -> tuple[Pair, float, float]:
    """The pair as far along as it stays together, for how long, and the time to try next."""
    while True:
        run = simulate(model, None, model_state(model, pair.rows), t=step, steady=None, rtol=1e-10, atol=1e-12, energy_check=False)
        rows = model.pack(run.end)[0]
        moved = Pair(rows[0], rows[1])
        if moved.apart <= APART or step < 1e-6:
            return moved, step, 2 * step if moved.apart < APART / 4 else step
        step /= 2


def model_state(model: Any, rows: Array) -> Any:
    """Packed rows (k, n) as states by name."""
    packing, _ = model.packing(rows.shape[1])
    return packing.restore(rows, (len(rows),), True)


def _settled(model: Any, y: Array) -> Array | None:
    """The zero of the flow beside y, if the flow there is slow and the zero close."""
    scale = 1 + float(np.abs(y).max())
    if np.abs(model.packed_flow(y[None])).max() > SLOW * scale:
        return None
    zero = polish(model, y)
    if not zero.converged or np.abs(zero.y - y).max() > CLOSE * scale:
        return None
    values = np.linalg.eigvals(model.packed_jacobian(zero.y[None])[0])
    return None if values.real.max() < -NEUTRAL * np.abs(values).max() else zero.y  # no boundary runs into a stable state


def _sides(model: Any, phi: Destinations, zero: Array) -> tuple[int, int]:
    """The labels of both sides of a saddle along its most unstable direction, at the least distance from which both are told."""
    values, vectors = np.linalg.eig(model.packed_jacobian(zero[None])[0])
    v = vectors[:, int(np.argmax(values.real))].real
    sides = (AMBIGUOUS, AMBIGUOUS)
    for share in ASIDE:
        step = share * (1 + np.abs(zero).max()) * v / np.abs(v).max()
        plus, minus = phi(np.stack([zero + step, zero - step]))
        sides = int(plus), int(minus)
        if AMBIGUOUS not in sides:
            break
    return sides


def _outcome(judged: Stability, sides: tuple[int, int], labels: tuple[int, int]) -> EdgeOutcome:
    if judged.index != 1 or judged.marginal:
        return EdgeOutcome.DEGENERATE
    one_side = labels[0] in sides and sides[0] != sides[1] and AMBIGUOUS not in sides
    return EdgeOutcome.SADDLE if one_side else EdgeOutcome.UNCONFIRMED


def _centers(phi: Destinations) -> Array:
    return np.array([r.center for r in phi.regions]).reshape(-1, phi.width)

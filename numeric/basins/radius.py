"""r(u) = sup { r : ξ + s u flows to the steady state of ξ for all s <= r }: how far a memory may be corrupted and is still recalled.

Where that steady state has a contraction ball |T (z - y*)| <= ρ, every start within (ρ - |T (ξ - y*)|) / ‖T‖ of the memory lies in
it, so that no direction has a smaller radius.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from amsym.words import counted
from numeric.basins.corruption import Corruption, displaced, flipped
from numeric.basins.destinations import Destinations, Following
from numeric.basins.ends import WORDS, Labels
from numeric.basins.wilson import checked_level, wilson
from numeric.field import Array
from numeric.simulate_input import bound_model, checked_start
from numeric.steady import Region

SHELLS = 16  # amounts at which every direction is looked at before it is halved
HELD = 1 - 1e-9  # of the certified radius, for rounding
NEVER = -4


@dataclass(frozen=True, repr=False)
class Radius:
    """The retrieval radii of a memory, in the Euclidean norm or in flipped components.

    radii: (d,), of each direction, each too small by at most `accuracy`; the limit where no start failed up to it, which `censored`
    (d,) says. exits: (d,), where the starts just beyond go: k to `states[k]`, packed (m, n), or -1 ambiguous, -2 diverged, -3 out of
    time; -4 where no start failed. certified: no direction has a smaller radius, by the contraction ball, None where the memory is not
    in it; in double precision, not proved. state: the steady state. offset: its distance from the memory.
    """

    radii: Array
    censored: NDArray[np.bool_]
    exits: Labels
    states: Array
    certified: float | None
    state: Any
    offset: float
    accuracy: float
    level: float

    @property
    def smallest(self) -> float:
        """The smallest radius met, an upper bound of the radius of the largest ball around the memory that recalls it."""
        return float(self.radii.min())

    def quantile(self, q: Any) -> Any:
        """Quantiles of the radii over the directions."""
        return np.quantile(self.radii, q)

    def recalled(self, r: float) -> tuple[float, tuple[float, float]]:
        """The share of directions whose radius is at least r, and Wilson's interval for all directions."""
        k = int(np.count_nonzero(self.radii >= r))
        low, high = wilson(k, len(self.radii), self.level)
        return k / len(self.radii), (float(low), float(high))

    def __repr__(self) -> str:
        q, (_, (low, _)) = self.quantile([0.05, 0.5, 0.95]), self.recalled(self.smallest)
        held = "" if self.certified is None else f", {self.certified:.4g} certified for all directions"
        within = f" (+ {self.accuracy:.1g})" if self.accuracy else ""
        beyond = ", ".join(f"{np.mean(self.exits == c):.2f} {w}" for c, w in WORDS.items() if np.any(self.exits == c))
        lines = [
            f"retrieval radius in {counted(len(self.radii), 'direction')}: smallest {self.smallest:.4g}{within}{held}",
            f"  quantiles 5, 50, 95 %: {q[0]:.4g}, {q[1]:.4g}, {q[2]:.4g}; recalled up to the limit: {100 * np.mean(self.censored):.3g} %",
            f"  within the smallest at least {100 * low:.3g} % of all directions recall, at {100 * self.level:g} %",
        ]
        return "\n".join(lines + ([f"  just beyond it goes: {beyond}"] if beyond else []))

    __str__ = __repr__


def retrieval_radius(
    system: Any,
    params: Any,
    memory: Any,
    *,
    corruption: str = "displace",
    directions: int | Any = 64,
    over: str | Sequence[str] | None = None,
    limit: float | None = None,
    accuracy: float = 1e-4,
    seed: int = 0,
    level: float = 0.95,
    t: float = Following().t,
    rtol: float = Following().rtol,
    method: str = Following().method,
) -> Radius:
    """How far a memory may be corrupted in each of many directions so that the flow still recalls it.

    It is recalled where the flow from the corrupted memory reaches the certified steady state that the flow from `memory` itself
    reaches. `corruption` is "displace", memory + r u with u random of unit length (or the rows of `directions`, (d, n)), or "flip",
    r components of random order with their signs flipped. `over` names the states to corrupt, all by default. Each direction is
    looked at in 16 steps up to `limit` (by default 2 |memory| + 1, or all components), and halved to `accuracy` times the limit
    below the first that fails: a gap narrower than such a step is passed over.

    >>> import amsym as am
    >>> pair = {"W": [[0.0, 2.0], [2.0, 0.0]], "b": [0.0, 0.0]}
    >>> found = retrieval_radius(am.zoo.hopfield(), pair, [1.5, 1.5], directions=[[-1.0, -1.0], [1.0, 1.0]], limit=4.0)
    >>> found.radii.round(2), found.censored  # towards the saddle at the origin, and away from it
    (array([2.12, 4.  ]), array([False,  True]))

    Raises InputError for a memory that reaches no certified steady state, and for bad input.
    """
    model: Any = bound_model(system, params)
    y, restore, lead = checked_start(model, memory)
    if len(y) != 1 or lead:
        raise InputError(f"memory holds {len(y)} states with batch axes {lead}; one was expected: say memory[0]")
    y = y.astype(np.float64)
    phi = Destinations(model, y.shape[1], Following(t, rtol, method))
    home = int(phi(y)[0])
    if home < 0:
        raise InputError(f"the flow from the memory is {WORDS[home]}; a certified steady state was expected: polish it, or raise t=")
    way = _corruption(model, y[0], corruption, directions, over, limit, np.random.default_rng(seed))
    fine = max(_accurate(accuracy) * way.limit, way.grain)
    radii, beyond = _radii(phi, home, way, _count(directions), fine)
    ball = phi.regions[home]
    held = _certified(ball, y[0])
    certified = None if held is None else min(way.reach(held), way.limit)
    offset = float(np.linalg.norm(y[0] - ball.center))
    states = np.array([r.center for r in phi.regions])
    wide = 0.0 if way.grain else fine
    return Radius(radii, beyond == NEVER, beyond, states, certified, restore(ball.center[None]), offset, wide, checked_level(level))


def _accurate(accuracy: Any) -> float:
    """A share of the limit, no finer than rounding halves it: bisection to 0 would never end."""
    if not (isinstance(accuracy, (int, float, np.number)) and 0 < accuracy <= 1):
        raise InputError(f"accuracy is {accuracy!r}; a share of the limit above 0 and up to 1 was expected: say 1e-4")
    return max(float(accuracy), 4 * float(np.finfo(float).eps))


def _count(directions: Any) -> int:
    count = int(directions) if isinstance(directions, (int, np.integer)) else len(directions)
    if count < 1:
        raise InputError(f"directions is {directions!r}; at least one was expected: say 64")
    return count


def _corruption(model: Any, y: Array, kind: str, directions: Any, over: Any, limit: float | None, rng: np.random.Generator) -> Corruption:
    """The corruption by that name."""
    packing, _ = model.packing(len(y))
    names = packing.names if over is None else (over,) if isinstance(over, str) else tuple(over)
    if not names or not set(names) <= set(packing.names):
        raise InputError(f"over is {over!r}; names of states were expected, of {', '.join(packing.names)}: leave it out for all")
    moved = np.concatenate([np.arange(len(y))[packing.part(name)] for name in names])
    if limit is not None and not (np.isfinite(limit) and limit > 0):
        raise InputError(f"limit is {limit!r}; a finite number above 0 was expected: leave it out")
    if kind == "displace":
        far = 2 * float(np.linalg.norm(y[moved])) + 1 if limit is None else float(limit)
        return displaced(y, moved, directions, far, rng)
    if kind == "flip":
        return flipped(y, moved, directions, np.inf if limit is None else float(int(limit)), rng)
    raise InputError(f"corruption is {kind!r}; 'displace' or 'flip' was expected: pick one")


def _radii(phi: Destinations, home: int, way: Corruption, count: int, fine: float) -> tuple[Array, Labels]:
    """The radius of each direction, and where the starts beyond it go."""
    shells = np.linspace(0, way.limit, SHELLS + 1)
    shells = np.unique(np.floor(shells)) if way.grain else shells
    which, amounts = np.repeat(np.arange(count), len(shells) - 1), np.tile(shells[1:], count)
    found = phi(way.path(which, amounts)).reshape(count, -1)
    fails = found != home
    failed, first = fails.any(axis=1), fails.argmax(axis=1)
    low, high = np.where(failed, shells[first], way.limit), shells[first + 1]
    beyond = np.where(failed, found[np.arange(count), first], NEVER)
    while (wide := np.flatnonzero(failed & (high - low > fine))).size:
        middle = (low[wide] + high[wide]) / 2
        middle = np.floor(middle) if way.grain else middle
        label = phi(way.path(wide, middle))
        good = label == home
        low[wide[good]] = middle[good]
        high[wide[~good]], beyond[wide[~good]] = middle[~good], label[~good]
    return low, beyond


def _certified(ball: Region, y: Array) -> float | None:
    """(ρ - |T (y - y*)|) / ‖T‖, a Euclidean radius around y within the ball; None where y is outside."""
    room = ball.radius - float(ball.metric.length((y - ball.center)[None])[0])
    T = ball.metric.forth
    norm = float(np.abs(T).max()) if ball.metric.diagonal else float(np.linalg.norm(T, 2))
    return HELD * room / norm if room > 0 else None

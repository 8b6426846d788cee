"""From a state in a region to its steady state without a Jacobian: y ← y + h f(y), or Anderson's mixture of such steps.

Outside a region such iterations may leave the basin, however small the residual. Within it every iterate is checked: the ball is
invariant under the flow and y* its only steady state, so an iterate inside it is in the basin of y*. An Anderson step that would
leave the ball, or does not bring the residual down, is replaced by a plain step; a plain step that does so, by half of it.
Source of the mixture: Walker and Ni (2011), SIAM J. Numer. Anal. 49, 1715-1735.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from amsym.errors import InputError
from numeric.field import Array
from numeric.steady.region import Region
from numeric.steppers.anderson import Past

SHORTEST = 1e-6  # of a plain step: below it the flow does not come in
METHODS = ("fixed point", "anderson")


@dataclass(frozen=True)
class Settled:
    """The last iterate `y` (n,), |f|_inf there, whether it is below the residual asked for, and how often f was evaluated."""

    y: Array
    residual: float
    converged: bool
    evaluations: int


def settle(
    field: Any, y: Array, region: Region, *, method: str = "anderson", residual: float = 1e-12, steps: int = 10_000, h: float = 1.0
) -> Settled:
    """Iterate from a packed state (n,) in the region until |f| <= residual (1 + |y|); `h` is the first step, in units of time.

    >>> import numpy as np
    >>> import amsym as am
    >>> model = am.compile(am.zoo.hopfield()).bind({"W": [[0.0, 2.0], [2.0, 0.0]], "b": [0.0, 0.0]})
    >>> ball = am.steady_states(model, None, [1.0, 1.0]).regions[0]
    >>> done = settle(model, ball.center + 0.1, ball)
    >>> done.converged, done.evaluations < 12, np.abs(done.y - ball.center).max() < 1e-11
    (True, True, np.True_)

    Raises InputError for a state outside the region, or a method that is not known.
    """
    y = np.array(y, dtype=np.float64)
    if method not in METHODS:
        raise InputError(f"method is {method!r}; one of {', '.join(map(repr, METHODS))} was expected: pick one")
    if y.shape != region.center.shape or not region.holds(y[None])[0]:
        distance = float(region.metric.length((y - region.center)[None])[0]) if y.shape == region.center.shape else float("nan")
        raise InputError(
            f"y lies {distance:.3g} from the steady state; at most {region.radius:.3g} was expected: follow the flow into the region"
        )
    return _Iteration(field, region, method == "anderson", residual).run(y, steps, h)


class _Iteration:
    """Iterates y_k with f_k."""

    def __init__(self, field: Any, region: Region, mixes: bool, residual: float) -> None:
        self._field, self._region, self._mixes, self._residual = field, region, mixes, residual
        self._past = Past(region.center[None])
        self._evaluations = 0

    def run(self, y: Array, steps: int, h: float) -> Settled:
        """Iterate at most so many times."""
        f = self._flow(y)
        for _ in range(steps):
            if self._small(y, f) or h < SHORTEST:
                break
            found = self._mixture(y, f, h) if self._mixes else None
            if found is None:
                found, h = self._plain(y, f, h)
            y, f = found
        return Settled(y, float(np.abs(f).max(initial=0)), self._small(y, f), self._evaluations)

    def _flow(self, y: Array) -> Array:
        self._evaluations += 1
        return np.asarray(self._field.packed_flow(y[None])[0])

    def _small(self, y: Array, f: Array) -> bool:
        return bool(np.abs(f).max(initial=0) <= self._residual * (1 + np.abs(y).max(initial=0)))

    def _better(self, y: Array, before: Array) -> tuple[Array, Array] | None:
        """The iterate and its flow, if it lies in the region and its flow is slower in the region's norm."""
        if not self._region.holds(y[None])[0]:
            return None
        f, length = self._flow(y), self._region.metric.length
        return (y, f) if length(f[None])[0] < length(before[None])[0] else None

    def _plain(self, y: Array, f: Array, h: float) -> tuple[tuple[Array, Array], float]:
        while h >= SHORTEST:
            found = self._better(y + h * f, f)
            if found is not None:
                return found, h
            h /= 2
        return (y, f), h

    def _mixture(self, y: Array, f: Array, h: float) -> tuple[Array, Array] | None:
        """Anderson's next point of y ← y + h f(y); None where it is no gain."""
        return self._better(self._past.next_point(y[None], (y + h * f)[None])[0], f)

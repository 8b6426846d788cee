"""A contraction ball: |T (z - y*)| <= r on which the logarithmic norm of J stays below zero, so that all in it flow to y*.

If μ_T(J(z)) <= -c < 0 on a ball around the steady state y*, distances to y* in this norm fall at least as e^{-ct}: the ball is
invariant, y* is its only steady state, and every trajectory that enters it ends there. Double precision with a margin, not
a proof: `enclose_steady_states` gives proofs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numeric.field import Array
from numeric.steady.drift import Drift, Shares
from numeric.steady.metric import Metric, diagonal_metrics, eigenvector_metric

SLOW = (0, 1, 2, 4, 8, 16)  # numbers of slow directions that are tried
LARGEST, SMALLEST = 8.0, 1e-9  # radii, in the norm whose largest weight is 1
MARGIN = 1e-9  # of the logarithmic norm, in units of |J|: eigenvalues are right to 1e-13


@dataclass(frozen=True)
class Region:
    """A ball around the steady state `center` (n,) that no trajectory leaves: `radius` in the norm of `metric`, its `rate` c."""

    center: Array
    metric: Metric
    radius: float
    rate: float

    def holds(self, y: Array) -> Array:
        """Which rows (rows, n) lie in the ball."""
        return np.asarray(self.metric.length(y - self.center) <= self.radius)


def region(y: Array, drift: Drift) -> Region | None:
    """The largest contraction ball found around a steady state (n,); None where no norm contracts there."""
    J = drift.jacobian(y)
    found = [ball for metric in diagonal_metrics(J) if (ball := _ball(y, J, metric, drift))]
    if not found and (general := eigenvector_metric(J)):
        found = [ball for ball in [_ball(y, J, general, drift)] if ball]
    return max(found, key=lambda ball: ball.radius, default=None)


def _ball(y: Array, J: Array, metric: Metric, drift: Drift) -> Region | None:
    values, vectors = np.linalg.eigh(metric.conjugate(J))
    least = MARGIN * float(np.abs(values).max(initial=0))
    if not values[-1] < -least:
        return None
    counts = [k for k in SLOW if k < len(values)]
    slow = [vectors[:, len(values) - k :] for k in counts]

    def rate(r: float) -> float:
        """The contraction rate on the ball of this radius; negative where nothing is known."""
        shares = drift.shares(y, metric, r, slow)
        return max(_rate(k, -values[-1], -values[-1 - k], s) for k, s in zip(counts, shares, strict=True)) - least

    r = LARGEST
    while r > SMALLEST and not rate(r) > 0:
        r /= 2
    for trial in (1.5 * r, 1.25 * r):
        if r < LARGEST and rate(trial) > 0:
            r = trial
            break
    found = rate(r)
    return Region(y, metric, r, found) if found > 0 else None


def _rate(k: int, slow: float, rest: float, shares: Shares) -> float:
    """The least eigenvalue of [[slow - aa, -ab], [-ab, rest - bb]]; its last entry where no direction (k = 0) is set apart."""
    if not np.isfinite(shares.rest):
        return -np.inf
    a, d = slow - shares.slow, rest - shares.rest
    return d if k == 0 else float((a + d) / 2 - np.hypot((a - d) / 2, shares.mixed))

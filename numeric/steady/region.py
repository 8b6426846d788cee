"""A contraction ball: |T (z - y*)| <= r on which the logarithmic norm of J stays below zero, so that all in it flow to y*.

If μ_T(J(z)) <= -c < 0 on a ball around the steady state y*, distances to y* in this norm fall at least as e^{-ct}: the ball is
invariant, y* is its only steady state, and every trajectory that enters it ends there. Double precision with a margin, not a
proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from numeric.field import Array
from numeric.steady.drift import Drift
from numeric.steady.metric import Metric, identity_metric, lyapunov_metric

CUTS = (1, 2, 4, 8, 16, 32, 64)  # eigenvectors of the symmetric part, the slowest first, in groups up to these
LARGEST, SMALLEST = 8.0, 1e-9  # radii, in the norm whose largest weight is 1
MARGIN = 1e-9  # of the logarithmic norm, in units of |J|: eigenvalues are right to 1e-13


@dataclass(frozen=True, repr=False)
class Region:
    """A ball around the steady state `center` (n,) that no trajectory leaves: `radius` in the norm of `metric`, its `rate` c."""

    center: Array
    metric: Metric
    radius: float
    rate: float

    def __repr__(self) -> str:
        return f"ball of radius {self.radius:.3g} in {self.center.size} components, in which distances fall at rate {self.rate:.3g}"

    def holds(self, y: Array) -> Array:
        """Which rows (rows, n) lie in the ball."""
        return np.asarray(self.metric.length(y - self.center) <= self.radius)

    def near(self, y: Array) -> Array:
        """Rows whose first components do not exclude that they lie in the ball: eight of them tell most others apart."""
        some = slice(0, 8)
        return np.asarray(np.all(np.abs(y[:, some] - self.center[some]) <= self.radius * self.metric.reach[some], axis=1))


def region(y: Array, drift: Drift) -> Region | None:
    """The largest contraction ball found around a steady state (n,); None where no norm contracts there.

    >>> import amsym as am
    >>> from numeric.steady.drifts import drift_of
    >>> model = am.compile(am.zoo.hopfield()).bind({"W": [[0.5]], "b": [0.0]})
    >>> region(np.zeros(1), drift_of(model, 1)).radius
    0.75
    """
    J = drift.jacobian(y)
    with np.errstate(all="ignore"):
        return _largest(y, J, drift.metrics(y, J), drift) or _largest(y, J, _general(J), drift)


def _general(J: Array) -> Iterator[Metric]:
    """Norms for a J of any form."""
    yield identity_metric(len(J))
    general = lyapunov_metric(J)
    if general is not None:
        yield general


def _largest(y: Array, J: Array, metrics: Iterable[Metric], drift: Drift) -> Region | None:
    """The largest ball in these norms, up to the first whose ball is smaller than that of the one before."""
    best: Region | None = None
    for metric in metrics:
        ball = _ball(y, J, metric, drift)
        if best is not None and (ball is None or ball.radius < best.radius):
            break
        best = ball
    return best


def _ball(y: Array, J: Array, metric: Metric, drift: Drift) -> Region | None:
    values, vectors = np.linalg.eigh(metric.conjugate(J))
    least = MARGIN * float(np.abs(values).max(initial=0))
    if not values[-1] < -least:
        return None
    rates, groups = _groups(-values[::-1], vectors[:, ::-1])
    shares = drift.shares(y, metric, groups)

    def rate(D: Array) -> float:
        """The contraction rate where the drift is D: of v, at least the quadratic form diag(rates) - D in the |v_p|."""
        return float(np.linalg.eigvalsh(np.diag(rates) - D)[0]) - least if np.all(np.isfinite(D)) else -np.inf

    D = shares(SMALLEST)
    halved = LARGEST * 0.5 ** np.arange(np.log2(LARGEST / SMALLEST))
    # A drift grows at least in proportion to r, so that most radii are too large by the least of them.
    r = next((r for r in halved if rate(D * (r / SMALLEST)) > 0 and rate(shares(r)) > 0), 0.0)
    larger = [trial for trial in (1.5 * r, 1.25 * r) if 0 < r < LARGEST]
    r = next((trial for trial in larger if rate(shares(trial)) > 0), r)
    return Region(y, metric, float(r), rate(shares(r))) if r > 0 else None


def _groups(rates: Array, vectors: Array) -> tuple[Array, list[Array]]:
    """The slowest rate of each group of eigenvectors, and the groups, (n, k); the slowest come first."""
    cuts = [0, *(k for k in CUTS if k < len(rates)), len(rates)]
    return rates[cuts[:-1]], [vectors[:, a:b] for a, b in pairwise(cuts)]

"""The zeros of f on a rectangle by Newton's method from many starts, each with its stability read off the Jacobian.

Starts are a grid, and the centres of all cells of a finer grid in whose corners both components of f change sign. This
finds what a picture can resolve; it proves nothing (for all steady states, with certificates, see
`am.enclose_steady_states`). At a kink the Jacobian is one-sided: a state there is called stable only where all four
neighbouring Jacobians have a negative definite symmetric part (|y - y*|² then falls on every side), else undecided.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array
from numeric.plot.plane import Plane

Limits = tuple[float, float]

COARSE, FINE = 16, 96  # starts a side, and cells a side of the grid that is searched for changes of sign
ITERATIONS, HALVINGS = 60, 12
RESIDUAL = 1e-10  # |f| <= RESIDUAL (1 + |y|) counts as a zero
SAME = 1e-6  # zeros closer than this share of the rectangle are one
SIDE = 1e-7  # how far beside a state its one-sided Jacobians are taken, as a share of the rectangle
NEUTRAL = 1e-6  # real parts within this share of the largest |eigenvalue| are no evidence


@dataclass(frozen=True)
class SteadyPoints:
    """Steady states (k, 2) on the plane and, for each, "stable", "unstable" or "undecided"."""

    points: Array
    stability: NDArray[np.str_]

    def which(self, stability: str) -> Array:
        """The points of that stability, (m, 2)."""
        return self.points[self.stability == stability]


def steady_points(plane: Plane, x: Limits, y: Limits) -> SteadyPoints:
    """The steady states with x[0] <= a <= x[1] and y[0] <= b <= y[1], from left to right.

    >>> import amsym as am
    >>> from numeric.plot import plane_of
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> found = steady_points(plane_of(am.System(flow={y[i]: y[i] - y[i]**3}), {}), (-2, 2), (0.5, 2))
    >>> [(*map(float, point.round(6) + 0.0), word) for point, word in zip(found.points, found.stability.tolist())]
    [(-1.0, 1.0, 'stable'), (0.0, 1.0, 'unstable'), (1.0, 1.0, 'stable')]
    """
    low, high = np.array([x, y], dtype=np.float64).T
    span = high - low
    found = _polished(plane, np.concatenate([_grid(x, y, COARSE), _sign_changes(plane, x, y)]), span)
    inside = np.all((found >= low - SAME * span) & (found <= high + SAME * span), axis=1)
    points = _distinct(found[inside], span)
    labels = [_stability(plane, point, span) for point in points]
    return SteadyPoints(points, np.array(labels, dtype=np.str_))


def _grid(x: Limits, y: Limits, n: int) -> Array:
    """The centres of n by n cells, (n n, 2)."""
    middle = (np.arange(n) + 0.5) / n
    a, b = np.meshgrid(x[0] + (x[1] - x[0]) * middle, y[0] + (y[1] - y[0]) * middle)
    return np.stack([a.ravel(), b.ravel()], axis=1)


def _sign_changes(plane: Plane, x: Limits, y: Limits) -> Array:
    """The centres of the cells in whose corners both components of the flow take both signs."""
    a, b = np.meshgrid(np.linspace(*x, FINE + 1), np.linspace(*y, FINE + 1))
    f = plane.flow(np.stack([a.ravel(), b.ravel()], axis=1)).reshape(*a.shape, 2)
    corners = np.stack([f[:-1, :-1], f[1:, :-1], f[:-1, 1:], f[1:, 1:]])
    both = np.all((corners.min(axis=0) <= 0) & (corners.max(axis=0) >= 0), axis=-1)
    return _grid(x, y, FINE)[both.ravel()]


def _polished(plane: Plane, starts: Array, span: Array) -> Array:
    """Damped Newton steps from every start; those that reach a zero of the flow."""
    points, f = starts, plane.flow(starts)
    for _ in range(ITERATIONS):
        points, f = _newton(plane, points, f, span)
        if not len(points):
            break
    arrived = np.all(np.abs(_newton_step(plane, points, f)) <= SAME / 10 * span, axis=1)
    return points[_small(points, f) & arrived]


def _small(points: Array, f: Array) -> NDArray[np.bool_]:
    """Where |f| is as good as zero; a saturated flow may be small far from any zero, but then its Newton step is long."""
    return np.asarray(np.abs(f).max(axis=1, initial=0) <= RESIDUAL * (1 + np.abs(points).max(axis=1, initial=0)))


def _newton_step(plane: Plane, points: Array, f: Array) -> Array:
    """The least s with J s = -f, (k, 2), each equation in units of its own slope; by least squares where J is singular."""
    jacobian = plane.jacobian(points)
    slope = np.abs(jacobian).max(axis=2)
    unit = np.where(slope > 0, slope, 1.0)
    return -np.einsum("kij,kj->ki", np.linalg.pinv(jacobian / unit[..., None], rcond=1e-12), f / unit)


def _newton(plane: Plane, points: Array, f: Array, span: Array) -> tuple[Array, Array]:
    """One step for all points, halved until |f| does not rise; points that leave for good or find no way are dropped."""
    step = _newton_step(plane, points, f)
    old, moved, value = np.linalg.norm(f, axis=1), points.copy(), f.copy()
    waiting = np.flatnonzero(old > 0)
    for halving in range(HALVINGS):
        trial = points[waiting] + step[waiting] / 2**halving
        trial_f = plane.flow(trial)
        better = np.linalg.norm(trial_f, axis=1) <= (1 - 0.25 / 2**halving) * old[waiting]
        moved[waiting[better]], value[waiting[better]] = trial[better], trial_f[better]
        waiting = waiting[~better]
    stay = np.ones(len(points), dtype=bool)
    stay[waiting] = _small(points, f)[waiting]
    stay &= np.all(np.abs(moved - points) <= 10 * span, axis=1)
    return moved[stay], value[stay]


def _distinct(points: Array, span: Array) -> Array:
    """One of each cluster, ordered by the first component and then the second."""
    points = points[np.lexsort(np.round(points / span / SAME).T[::-1])]
    kept: list[Array] = []
    for point in points:
        if all(np.any(np.abs(point - other) > 2 * SAME * span) for other in kept):
            kept.append(point)
    return np.array(kept).reshape(-1, 2)


def _stability(plane: Plane, point: Array, span: Array) -> str:
    """ "stable", "unstable" or "undecided"."""
    beside = point + SIDE * span * np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    sides, f = plane.jacobian(beside), plane.flow(beside)
    scale = max(float(np.abs(sides).max()), np.finfo(np.float64).tiny)
    continuous = np.abs(f).max() <= 10 * scale * SIDE * span.max()
    if continuous and np.ptp(sides, axis=0).max() <= 1e-3 * scale:
        return _by_eigenvalues(plane.jacobian(point[None])[0])
    symmetric = (sides + sides.transpose(0, 2, 1)) / 2
    falls = np.linalg.eigvalsh(symmetric).max() < -NEUTRAL * scale
    return "stable" if continuous and falls else "undecided"


def _by_eigenvalues(jacobian: Array) -> str:
    values = np.linalg.eigvals(jacobian)
    margin = NEUTRAL * max(float(np.abs(values).max()), np.finfo(np.float64).tiny)
    if values.real.max() < -margin:
        return "stable"
    return "unstable" if values.real.max() > margin else "undecided"

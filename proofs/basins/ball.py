"""A ball |z - c|_P <= r in the basin of a steady state: its distance to c falls, and a contraction ball within catches all.

    |z - c|_P' <= -m |z - c|_P + |f(c)|_P         where P J̄ + J̄ᵀ P ⪯ -2 m P for the mean Jacobian J̄ between c and any z

So the ball of r > ρ = |f(c)|_P / m is invariant and all its states reach every ball of more than ρ. On one of these, r₀ > ρ, the same
holds of J itself: distances between any two trajectories fall there, so it holds exactly one steady state, within ρ of c, and all
end there. The mean slope of an activation from c to z stays below 1 long after its slope at z has passed 1, which makes r
far larger than a contraction ball: for dy/dt = y - y³ it is the whole way from 1 to the saddle, and not the first 42 %.

Source: Söderlind (2006), BIT 46, 631-652, for logarithmic norms; Lyapunov's direct method.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

from numeric.rigorous import Undetermined, ball
from numeric.steady.metric import diagonal_metrics, lyapunov_metric
from proofs.basins.definite import Rate, is_definite, is_proved, matrix, rate
from proofs.basins.family import Jacobians, upward
from proofs.basins.terrain import Terrain, fractions
from proofs.basins.wide import BITS

Array = NDArray[Any]
SHELLS, FEWER = 24, 8  # nested boxes of the mean, the last of states at the border; fewer where each costs n² entries and not n slopes
SMALL = 3  # components, whose entries cost little
LARGEST, SMALLEST = 2.0**7, 2.0**-30  # radii, in units of 1 + |c|
STEPS = 7  # bisections between a radius that holds and twice of it
LOOSER = (1.0, 0.995, 0.97, 0.9, 0.5, 0.1)  # what is left of the radius where balls do not confirm it
SHARE = 0.25  # of the rate m that was found, claimed


@dataclass(frozen=True, repr=False)
class Ball:
    """{z: (z - c)ᵀ P (z - c) <= r²}, all numbers exact: `core` r₀, `rate` m, `slack` ρ >= |f(c)|_P/m, `reach` of the whole ball (n,),
    `shells` of the mean.

    `multipliers` and `core_multipliers` are those of `proofs.basins.definite`, by the columns of the family.
    """

    center: Array
    P: Array
    radius: float
    rate: float
    slack: float
    core: float
    reach: Array
    shells: int
    multipliers: Array
    core_multipliers: Array

    def holds(self, y: Array) -> bool:
        """Whether the ball has this state, decided in fractions."""
        d = [a - b for a, b in zip(fractions(y), fractions(self.center), strict=True)]
        P = [fractions(row) for row in self.P]
        square = sum(P[i][j] * d[i] * d[j] for i in range(len(d)) for j in range(len(d)))
        return bool(square <= fractions(np.array([self.radius]))[0] ** 2)

    def near(self, low: Array, high: Array) -> NDArray[np.bool_]:
        """Which boxes (rows, n) seem to lie in the ball."""
        T = np.linalg.cholesky(self.P).T
        middle, half = (low + high) / 2 - self.center, (high - low) / 2
        return np.asarray(np.linalg.norm(np.abs(middle @ T.T) + half @ np.abs(T).T, axis=1) <= self.radius)

    def covers(self, low: Array, high: Array) -> bool:
        """Whether a box lies in the ball, in balls: (z - c)ᵀ P (z - c) about its middle."""
        P = matrix(self.P)
        n = len(low)
        middle = arb_mat(
            n, 1, [(ball(float(a)) + ball(float(b))) / 2 - ball(float(c)) for a, b, c in zip(low, high, self.center, strict=True)]
        )
        half = arb_mat(n, 1, [(ball(float(b)) - ball(float(a))) / 2 for a, b in zip(low, high, strict=True)])
        size = arb_mat(n, n, [abs(P[i, j]) for i in range(n) for j in range(n)])
        slope = arb_mat(n, 1, [abs(v) for v in (P * middle).entries()])
        most = (middle.transpose() * P * middle + 2 * slope.transpose() * half + half.transpose() * size * half)[0, 0]
        return bool(most <= ball(self.radius) ** 2)

    @property
    def size(self) -> float:
        """The logarithm of its volume, up to a constant: what tells the larger of two, and no claim."""
        return float(len(self.P) * np.log(self.radius) - np.linalg.slogdet(self.P)[1] / 2)


def attraction_ball(terrain: Terrain, center: Array, limit: Array) -> Ball | None:
    """The largest ball found around c (n,), a zero of f but for rounding, that reaches no farther than `limit` (n,) from c."""
    jacobians = Jacobians(terrain)
    best: Ball | None = None
    for P in metrics(terrain, center):
        found = _largest(terrain, jacobians, center, P, limit)
        if found is not None and (best is None or found.size > best.size):
            best = found
    return best


def metrics(terrain: Terrain, center: Array) -> Iterator[Array]:
    """Matrices P to try: 1, diagonals that make J symmetric, Lyapunov's, and the energy's Hessian at c."""
    J = terrain.at.jacobian(center)
    tried = [np.eye(len(J)), *(np.diag(m.forth**2) for m in diagonal_metrics(J))]
    general = lyapunov_metric(J)
    tried += [] if general is None else [general.forth.T @ general.forth]
    if terrain.has_energy:
        tried.append(terrain.at.moved(center).hessian())
    seen: list[Array] = []
    for P in tried:
        P = (P + P.T) / 2
        if not np.isfinite(P).all() or not np.linalg.eigvalsh(P)[0] > 1e-9 * np.abs(P).max():
            continue
        P = P / np.linalg.norm(P, 2)
        if not any(np.allclose(P, other, rtol=1e-6) for other in seen):
            seen.append(P)
            yield P


def _largest(terrain: Terrain, jacobians: Jacobians, c: Array, P: Array, limit: Array) -> Ball | None:
    """Bisection on r by the rate in doubles, then what balls confirm."""
    unit, scale = np.sqrt(np.diag(np.linalg.inv(P))), 1 + float(np.abs(c).max(initial=0))

    def found(r: float) -> Rate:
        try:
            return rate(P, jacobians.mean(c, r * unit, shells_of(jacobians)))
        except Undetermined:
            return Rate(-np.inf, np.ones(0))

    top = min(LARGEST * scale, float((limit / unit).min(initial=np.inf)))
    r = next((r for r in top * 0.25 ** np.arange(20) if r > SMALLEST and found(r).m > 0), 0.0)
    if r == 0:
        return None
    low, high = r, min(4 * r, top)
    for _ in range(STEPS if high > low else 0):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if found(middle).m > 0 else (low, middle)
    confirmed = (_confirmed(terrain, jacobians, c, P, float(low * share), limit) for share in LOOSER)
    return next((b for b in confirmed if b is not None), None)


def shells_of(jacobians: Jacobians) -> int:
    """How many nested boxes a mean takes."""
    return SHELLS if jacobians.by_columns or jacobians.n <= SMALL else FEWER


def _confirmed(terrain: Terrain, jacobians: Jacobians, c: Array, P: Array, r: float, limit: Array) -> Ball | None:
    """The ball of this radius, proved; None where a step does not hold in balls."""
    before, ctx.prec = ctx.prec, BITS
    try:
        reach = reach_of(P, r)
        if reach is None or not np.all(reach <= limit):
            return None
        whole = jacobians.mean(c, reach, shells_of(jacobians))
        found = rate(P, whole)
        m = SHARE * found.m
        if not m > 0 or not is_proved(P, whole, m, found.t):
            return None
        slack = upward(length(P, terrain, c) / ball(m))
        core = _core(jacobians, c, P, r, slack)
        return None if core is None else Ball(c, P, r, m, slack, core[0], reach, shells_of(jacobians), found.t, core[1])
    except Undetermined:
        return None
    finally:
        ctx.prec = before


def _core(jacobians: Jacobians, c: Array, P: Array, r: float, slack: float) -> tuple[float, Array] | None:
    """A radius r₀ > ρ at which J itself contracts, with its multipliers."""
    for r0 in r * 0.5 ** np.arange(60):
        if not r0 > 2 * slack:
            return None
        reach = reach_of(P, float(r0))
        assert reach is not None
        family = jacobians.mean(c, reach, 1)
        found = rate(P, family)
        if found.m > 0 and is_proved(P, family, 0.0, found.t):
            return float(r0), found.t
    return None


def reach_of(P: Array, r: float) -> Array | None:
    """How far each component goes in |z - c|_P <= r: r √(P⁻¹)_jj, rounded up; None where P is not shown to be definite.

    >>> bool(reach_of(np.eye(1), 1.0)[0] >= 1)
    True
    """
    exact = matrix(P)
    if not is_definite(exact):
        return None
    inverse: Any = exact.inv()
    return np.array([upward(ball(r) * inverse[j, j].sqrt()) for j in range(len(P))])


def length(P: Array, terrain: Terrain, c: Array) -> arb:
    """|f(c)|_P."""
    f = arb_mat(terrain.n, 1, terrain.problem.value(terrain.problem.at(c)))
    square = (f.transpose() * matrix(P) * f)[0, 0]
    return square.abs_upper().sqrt()


__all__ = ["Ball", "attraction_ball", "length", "metrics", "reach_of"]

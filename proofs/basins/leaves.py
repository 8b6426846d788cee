"""What one box shows by itself: E > c on it, no steady state or dE/dt < 0 on it, or that the flow enters through a face.

In doubles for many boxes at once, to search, and in balls for one, to decide; both try the rule of each operation and the mean value
theorem, f(m) + J (z - m). For "no steady state" also after multiplication with an inverse of J(m), which sees a zero from afar.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from numeric.intervals.boxes import Box
from numeric.rigorous import Undetermined
from proofs.basins.ball import Ball
from proofs.basins.definite import is_definite, matrix
from proofs.basins.descent import Descent
from proofs.basins.terrain import Terrain
from proofs.basins.wide import WideEvaluator

Array = NDArray[Any]
Mask = NDArray[np.bool_]


class Seen(NamedTuple):
    """Of rows of boxes: whether E > c on all of it, E <= c on all of it, and whether no state of it stays."""

    above: Mask
    below: Mask
    quiet: Mask


class Leaves:
    """The tests at one level c, with a ball of the basin that no leaf need be quiet in."""

    def __init__(self, terrain: Terrain, ball: Ball, descent: Descent | None, level: float) -> None:
        self.terrain, self.ball, self.level = terrain, ball, level
        self._strict = descent is not None and descent.strict
        self._slopes = descent.slopes if descent is not None else {}

    # In doubles

    def seen(self, low: Array, high: Array) -> Seen:
        """All three of boxes (rows, n)."""
        middle, half = (low + high) / 2, (high - low) / 2
        with np.errstate(all="ignore"):
            D = self.terrain.rough_gradient(low, high)
            least, most = _range(self.terrain, low, high, D)
            quiet = self._quiet(low, high, middle, half, D) | self.ball.near(low, high)
        return Seen(least > self.level, most <= self.level, quiet)

    def enters(self, low: Array, high: Array, k: int, side: int) -> Mask:
        """Whether the flow points inward on the face z_k = low (side -1) or high (side 1), or E > c on it; boxes (rows, n)."""
        low, high = _face(low, high, k, side)
        f = self.terrain.rough_flow(low, high)
        kept: Any = (f.high[:, k] if side > 0 else -f.low[:, k]) < 0
        rest = np.flatnonzero(~kept)
        if len(rest):
            with np.errstate(all="ignore"):
                least, _ = _range(self.terrain, low[rest], high[rest], self.terrain.rough_gradient(low[rest], high[rest]))
            kept[rest] = least > self.level
        return np.asarray(kept)

    def _quiet(self, low: Array, high: Array, middle: Array, half: Array, D: Box) -> Mask:
        f, J = self.terrain.rough_flow(low, high), self.terrain.rough_jacobian(low, high)
        mean = self.terrain.rough_flow(middle, middle)
        moved = np.einsum("zij,zj->zi", np.maximum(np.abs(J.low), np.abs(J.high)), half)
        broken: Any = J.jumps.any(axis=(1, 2)) | f.jumps.any(axis=1)
        smooth = ~broken[:, None]
        fl = np.where(smooth, np.fmax(f.low, mean.low - moved), f.low)
        fh = np.where(smooth, np.fmin(f.high, mean.high + moved), f.high)
        if not self._strict:
            products = np.maximum.reduce([a * b for a in (fl, fh) for b in (D.low, D.high)])
            return np.asarray((products.sum(axis=1) < 0) & np.isfinite(products).all(axis=1))
        apart = ((fl > 0) | (fh < 0)).any(axis=1)
        return np.asarray(apart | (smooth[:, 0] & _preconditioned(J, mean.middle, half)))

    # In balls, for one box (n,)

    def is_above(self, low: Array, high: Array) -> bool:
        """E > c on the box."""
        return any(_shown(way, low, high) for way in (self._values_above, self._slopes_above, self._bends_above))

    def _values_above(self, low: Array, high: Array) -> bool:
        return bool(self.terrain.energy(self.terrain.over(low, high)) > self.level)

    def _slopes_above(self, low: Array, high: Array) -> bool:
        """By ∇E: from the end where a component has one sign, from the middle in the others."""
        here, at = self.terrain.over(low, high), (low + high) / 2
        lows, highs, rest = list(low), list(high), arb(0)
        for k, d in enumerate(self._gradient(here)):
            if d > 0 or d < 0:
                lows[k] = highs[k] = low[k] if d > 0 else high[k]
            else:
                rest += d * (arb(float(low[k])).union(arb(float(high[k]))) - arb(float(at[k])))
                lows[k] = highs[k] = at[k]
        return bool(self.terrain.energy(self.terrain.over(np.array(lows), np.array(highs))) + rest > self.level)

    def _bends_above(self, low: Array, high: Array) -> bool:
        """By ∇²E ⪰ -μ diag(1/h²): E(m + d) >= E(m) - Σ |∂_k E(m)| h_k - ½ μ n for |d_k| <= h_k."""
        n, at = len(low), (low + high) / 2
        half = [(arb(float(b)) - arb(float(m))).max(arb(float(m)) - arb(float(a))) for a, b, m in zip(low, high, at, strict=True)]
        H = self.terrain.hessian(low, high)
        scaled = [[half[i] * H[i][j] * half[j] for j in range(n)] for i in range(n)]
        middle = np.array([[float(x.mid()) for x in row] for row in scaled])
        spread = np.array([[float(x.rad()) for x in row] for row in scaled])
        mu = max(0.0, float(-np.linalg.eigvalsh((middle + middle.T) / 2)[0] + spread.sum(axis=1).max())) * 1.001 + 1e-12
        if not is_definite(arb_mat([[scaled[i][j] + (arb(mu) if i == j else 0) for j in range(n)] for i in range(n)])):
            return False
        point = self.terrain.over(at, at)
        drop = sum((abs(g) * h for g, h in zip(self._gradient(point), half, strict=True)), arb(0)) + arb(mu) * n / 2
        return bool(self.terrain.energy(point) - drop > self.level)

    def is_quiet(self, low: Array, high: Array) -> bool:
        """The box lies in the ball, or holds no steady state (where that gives dE/dt < 0), or dE/dt < 0 on it."""
        if self.ball.covers(low, high):
            return True
        return any(_shown(way, low, high) for way in ((self._flows, self._is_apart) if self._strict else (self._falls,)))

    def _flows(self, low: Array, high: Array) -> bool:
        return any(v > 0 or v < 0 for v in self.terrain.flow(self.terrain.over(low, high)))

    def _falls(self, low: Array, high: Array) -> bool:
        here = self.terrain.over(low, high)
        products = (d * v for d, v in zip(self._gradient(here), self.terrain.flow(here), strict=True))
        return bool(sum(products, arb(0)) < 0)

    def is_entered(self, low: Array, high: Array, k: int, side: int) -> bool:
        """The flow points inward on the face, or E > c on it."""
        low, high = _face(low, high, k, side)

        def points_in(low: Array, high: Array) -> bool:
            f = self.terrain.flow(self.terrain.over(low, high))[k]
            return bool(f < 0 if side > 0 else f > 0)

        return _shown(points_in, low, high) or self.is_above(low, high)

    def _gradient(self, here: WideEvaluator) -> list[arb]:
        """∇E, as -m f where that is an identity: it cancels less."""
        found = []
        for (f, place), field in zip(self.terrain.problem.rows, self.terrain.slope_rows, strict=True):
            slope = self._slopes.get(f.state)
            if slope is None:
                found.append(here(field.formula, field.at(place)))
            else:
                found.append(-here(slope, f.at(place)) * here(f.formula, f.at(place)))
        return found

    def _is_apart(self, low: Array, high: Array) -> bool:
        """f(m) + J (z - m), times a matrix Y near J(m)⁻¹, has a component that is never 0."""
        here, n, middle = self.terrain.over(low, high), len(low), (low + high) / 2
        J = arb_mat(self.terrain.jacobian(here))
        f = arb_mat(n, 1, self.terrain.flow(self.terrain.over(middle, middle)))
        step = arb_mat(n, 1, [arb(float(a)).union(arb(float(b))) - arb(float(m)) for a, b, m in zip(low, high, middle, strict=True)])
        plain = f + J * step
        Y = matrix(np.linalg.inv(np.array([[float(v.mid()) for v in row] for row in J.tolist()])))
        turned = Y * f + (Y * J) * step
        return any(not v.contains(0) for v in (*plain.entries(), *turned.entries()))


def _shown(way: Callable[[Array, Array], bool], low: Array, high: Array) -> bool:
    """What a test in balls says of a box; False where they do not tell."""
    try:
        return way(low, high)
    except (Undetermined, ZeroDivisionError, np.linalg.LinAlgError):
        return False


def _range(terrain: Terrain, low: Array, high: Array, D: Box) -> tuple[Array, Array]:
    """Bounds of E on boxes, the best of three."""
    E, (least, most) = terrain.rough_energy(low, high), _bent(terrain, low, high)
    sloped = [_least(terrain, low, high, D), -_least(terrain, low, high, Box(-D.high, -D.low, D.jumps), -1)]
    return np.maximum.reduce([E.low, least, sloped[0]]), np.minimum.reduce([E.high, most, sloped[1]])


def _least(terrain: Terrain, low: Array, high: Array, D: Box, sign: int = 1) -> Array:
    """A lower bound of E, or -E: at the end where a component of its gradient D has one sign, by the mean value theorem in others."""
    middle, half = (low + high) / 2, (high - low) / 2
    mixed = ~((D.low > 0) | (D.high < 0))
    at = np.where(D.low > 0, low, np.where(D.high < 0, high, middle))
    drop = np.where(mixed, np.maximum(np.abs(D.low), np.abs(D.high)) * half, 0.0).sum(axis=1)
    E = terrain.rough_energy(at, at)
    found = (E.low if sign > 0 else -E.high) - drop
    return np.where(np.isnan(found), -np.inf, found)


def _bent(terrain: Terrain, low: Array, high: Array) -> tuple[Array, Array]:
    """E(m) ∓ (Σ |∂_k E(m)| h_k + ½ μ n), with -μ diag(1/h²) ⪯ ∇²E on the box, or ⪰ for the upper one; ∓∞ where ∇E may jump."""
    middle, half, n = (low + high) / 2, (high - low) / 2, low.shape[1]
    H = terrain.rough_hessian(low, high)
    scale = half[:, :, None] * half[:, None, :]
    spread = (H.radius * scale).sum(axis=2).max(axis=1)
    good = np.isfinite(spread) & (terrain.has_hessian | ~H.jumps.any(axis=(1, 2)))
    bends = np.linalg.eigvalsh(np.where(good[:, None, None], H.middle * scale, 0.0))[:, [0, -1]] + np.stack([-spread, spread], axis=1)
    E, g = terrain.rough_energy(middle, middle), terrain.rough_gradient(middle, middle)
    move = (np.maximum(np.abs(g.low), np.abs(g.high)) * half).sum(axis=1)
    least = E.low - move + np.minimum(bends[:, 0], 0) * n / 2
    most = E.high + move + np.maximum(bends[:, 1], 0) * n / 2
    return np.where(good & ~np.isnan(least), least, -np.inf), np.where(good & ~np.isnan(most), most, np.inf)


def _preconditioned(J: Box, f: Array, half: Array) -> Mask:
    """Whether Y f(m) + Y J (z - m) misses 0 in a component, with Y the inverse of J's middle."""
    middle, spread = J.middle, J.radius
    n = middle.shape[1]
    good = np.isfinite(spread).all(axis=(1, 2)) & (np.abs(np.linalg.det(middle)) > 1e-12)
    Y = np.linalg.inv(np.where(good[:, None, None], middle, np.eye(n)))
    moved = np.einsum("zij,zj->zi", np.abs(Y @ middle) + np.abs(Y) @ spread, half)
    return np.asarray(good & (np.abs(np.einsum("zij,zj->zi", Y, f)) > moved).any(axis=1))


def _face(low: Array, high: Array, k: int, side: int) -> tuple[Any, Any]:
    low, high = low.copy(), high.copy()
    (low if side > 0 else high)[..., k] = (high if side > 0 else low)[..., k]
    return low, high


__all__ = ["Leaves", "Seen"]

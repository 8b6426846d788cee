"""max g over boxes, bounded from above three ways in floating point, the least of which counts, many boxes at once.

    natural       g(X)
    mean value    g(c) + Σ_k |∂_k g(X)| r_k          after each X_k on which g is monotone has shrunk to the end where g is largest
    Taylor        g(c) + Σ_k |∂_k g(c)| r_k + ½ Σ_kj |∂_k∂_j g(X)| r_k r_j

Where brackets may jump inside X the first alone holds. Rounding is bounded as the enclosures of `numeric.intervals` bound it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.notation import Index, Mask, total
from numeric.bound import Bound
from numeric.formulas import pair_name
from numeric.intervals.boxes import Box
from numeric.intervals.enclose import Enclosure
from proofs.inequalities.boxed import Boxed

Array = NDArray[np.float64]
# So narrow, against the domain, must a box be before second derivatives are worth their price.
NARROW = 0.25


class Rough:
    """Upper bounds of one scalar formula on boxes, (rows, n)."""

    def __init__(self, problem: Boxed, g: sp.Expr, at: Mapping[Index, int]) -> None:
        """Compile g at the places `at` of its free indices."""
        # Σ_i [i = p] g_i is g_p: a formula without free indices, which has a gradient and a Hessian like an energy.
        scalar = total(sp.Mul(*(Mask(sp.Eq(i, p)) for i, p in at.items()), g), *at) if at else g
        self._problem, self.bound = problem, problem.rough(scalar)
        self._made: dict[str, Enclosure] = {}

    def enclosure(self, kind: str) -> Enclosure:
        """The enclosure of "energy" (g itself), "gradient" or "hessian"."""
        if kind not in self._made:
            self._made[kind] = Enclosure(self.bound, self._problem.width, kind)
        return self._made[kind]

    def value(self, low: Array, high: Array) -> Box:
        """g on boxes, (rows,)."""
        return self.enclosure("energy")(low, high)["energy"]

    def gradient(self, low: Array, high: Array) -> Box:
        """∇g on boxes, (rows, n)."""
        return self.enclosure("gradient").packed(low, high)

    def hessian(self, low: Array, high: Array) -> Box:
        """The Hessian on boxes, (rows, n, n)."""
        return matrices(self.enclosure("hessian"), self.bound, low, high)

    def upper(self, low: Array, high: Array) -> tuple[Array, Array]:
        """Upper bounds of g, (rows,), and how much each component may have to do with their size, (rows, n)."""
        natural = self.value(low, high)
        r = (high - low) / 2
        best, smear = natural.high.copy(), r.copy()
        rows = np.flatnonzero((best > 0) & ~natural.jumps)
        if len(rows):
            bound, spread = self._mean_value(low[rows], high[rows])
            best[rows], smear[rows] = np.fmin(best[rows], bound), np.where(np.isfinite(spread), spread, r[rows])
        width = self._problem.high - self._problem.low
        narrow = (high - low <= NARROW * width).all(axis=1)
        rows = np.flatnonzero((best > 0) & ~natural.jumps & narrow)
        if len(rows):
            best[rows] = np.fmin(best[rows], self._taylor(low[rows], high[rows]))
        return np.where(np.isnan(best), np.inf, best), smear

    def _mean_value(self, low: Array, high: Array) -> tuple[Array, Array]:
        G = self.gradient(low, high)
        low, high = shrunk(G, low, high)
        c, r = (low + high) / 2, (high - low) / 2
        r = np.nextafter(np.maximum(high - c, c - low), np.inf) * (r > 0)
        steep = np.maximum(np.abs(G.low), np.abs(G.high))
        with np.errstate(all="ignore"):
            parts = np.where(r > 0, steep * r, 0.0)
            central = self.value(c, c).high + np.nansum(parts, axis=1) * (1 + 1e-14)
        return np.fmin(central, self.value(low, high).high), parts

    def _taylor(self, low: Array, high: Array) -> Array:
        c = (low + high) / 2
        r = np.nextafter(np.maximum(high - c, c - low), np.inf)
        G, H = self.gradient(c, c), self.hessian(low, high)
        bends = np.maximum(np.abs(H.low), np.abs(H.high))
        k = np.arange(bends.shape[1])
        bends[:, k, k] = np.maximum(H.high[:, k, k], 0.0)
        with np.errstate(all="ignore"):
            first = np.sum(np.maximum(np.abs(G.low), np.abs(G.high)) * r, axis=1)
            second = np.einsum("zij,zi,zj->z", bends, r, r) / 2
            bound = self.value(c, c).high + (first + second) * (1 + 1e-14)
        return np.where(G.jumps.any(axis=1) | self.gradient(low, high).jumps.any(axis=1), np.inf, bound)


def shrunk(G: Box, low: Array, high: Array) -> tuple[Array, Array]:
    """The boxes with each component on which g rises at its upper end, and on which it falls at its lower."""
    rises, falls = G.low >= 0, G.high <= 0
    return np.where(rises, high, low), np.where(falls & ~rises, low, high)


def matrices(e: Enclosure, model: Bound, low: Array, high: Array) -> Box:
    """Blocks of a Hessian or Jacobian put together, (rows, n, n)."""
    parts, names = e(low, high), model.state_names
    packing, rows = model.packing(low.shape[1])[0], len(low)

    def whole(what: str) -> Any:
        blocks = [[getattr(parts[pair_name(a, b)], what).reshape(rows, packing.size(a), packing.size(b)) for b in names] for a in names]
        return np.concatenate([np.concatenate(row, axis=2) for row in blocks], axis=1)

    return Box(whole("low"), whole("high"), whole("jumps"))

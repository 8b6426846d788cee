"""Exactly one zero of f in X = m ± r where |C f(m)| + |I - C f'(X)| r < r: Krawczyk's test on a batch of boxes.

Existence by Brouwer, uniqueness because the inequality makes I - C f'(X) contract and C f'(X) nonsingular.
Source: Krawczyk 1969; Moore, Kearfott and Cloud, Introduction to Interval Analysis, 2009, section 8.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.bound import Bound
from numeric.enclosure.form import U
from numeric.enclosure.inverses import inverses
from numeric.formulas import pair_name
from numeric.intervals.boxes import Box
from numeric.intervals.enclose import Enclosure, Intervals
from numeric.intervals.products import midrad_product

Array = NDArray[Any]


class Krawczyk:
    """The test for the flow of one bound model."""

    def __init__(self, model: Bound, width: int, intervals: Intervals | None = None) -> None:
        """Lower f and f' for states of `width` packed components; `intervals` of parameters that are not doubles."""
        self._packing, _ = model.packing(width)
        self._value = Enclosure(model, width, "flow", careful=False, intervals=intervals)
        self._slope = Enclosure(model, width, "jacobian", careful=False, intervals=intervals)

    def __call__(self, middle: Array, radius: Array) -> NDArray[np.bool_]:
        """Whether each box middle ± radius, (rows, n), provably holds exactly one zero; False where that is not shown."""
        low, high = np.nextafter(middle - radius, -np.inf), np.nextafter(middle + radius, np.inf)
        with np.errstate(all="ignore"):
            f, J = self._value.packed(middle, middle), self.slopes(low, high)
            C, none = inverses(J.middle), np.zeros((1, 1, 1))
            CJ, spread = midrad_product(C, none, J.middle, J.radius)
            Cf, error = midrad_product(C, none, f.middle[:, :, None], f.radius[:, :, None])
            shift = np.abs(Cf) + error + (np.abs(np.eye(middle.shape[1]) - CJ) + spread) @ radius[:, :, None]
            # All terms are positive: their sums are off by n + 4 roundings of themselves at most.
            inside = shift[..., 0] * (1 + 8 * (middle.shape[1] + 4) * U) < radius * (1 - 4 * U)
        return np.asarray(inside.all(axis=1) & ~self._jumps(low, high))

    def slopes(self, low: Array, high: Array) -> Box:
        """f' on boxes, (rows, n, n)."""
        parts, names, size, rows = self._slope(low, high), self._packing.names, self._packing.size, len(low)

        def whole(what: str) -> Array:
            blocks = [[getattr(parts[pair_name(a, b)], what).reshape(rows, size(a), size(b)) for b in names] for a in names]
            return blocks[0][0] if len(names) == 1 else np.concatenate([np.concatenate(row, axis=2) for row in blocks], axis=1)

        return Box(whole("low"), whole("high"), whole("jumps"))

    def _jumps(self, low: Array, high: Array) -> NDArray[np.bool_]:
        """Whether f itself may jump within a box; its slopes do not see it."""
        return np.asarray(self._value.packed(low, high).jumps.any(axis=1)) if self._value.may_jump else np.zeros(len(low), dtype=bool)


__all__ = ["Krawczyk"]

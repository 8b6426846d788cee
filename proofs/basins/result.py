"""A certified basin: a set around a steady state, the proof that all of it flows there, and exact membership."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from amsym.verdict import Status, Verdict
from numeric.layout import read
from numeric.stability.point import Point
from proofs.basins.ball import Ball
from proofs.basins.sublevel import Sublevel

Array = NDArray[Any]
# The width of a box around 0 whose middle says nothing more.
NARROW = 1e-9


@dataclass(frozen=True, repr=False)
class CertifiedBasin:
    """A set that flows to one steady state.

    kind: "ball", {z: (z - c)ᵀ P (z - c) <= radius²}; "sublevel set", a ball and {z in boxes of the certificate: E(z) <= level};
    or "none".
    state, box: pairs (low, high) in the structure of the state that was given: they hold the steady state, and the set.
    center: c, in that structure too.  metric: P, (n, n), of packed components.  radius, metric, level and box are None where the set
    has none.
    verdict: CERTIFIED with all numbers exact, or UNDECIDED with its reason.
    """

    kind: str
    center: Any
    state: tuple[Any, Any]
    box: tuple[Any, Any] | None
    radius: float | None
    metric: Array | None
    level: float | None
    verdict: Verdict
    _sets: tuple[Ball | Sublevel, ...] = field(compare=False)
    _at: Point = field(compare=False)

    def contains(self, y: Any) -> bool:
        """Whether the set has this state, for certain: of a sublevel set it is False where balls do not decide E <= c.

        Raises InputError for a batch, a state of another shape, or numbers that are not finite.
        """
        rows = read(self._at.system.states, y, self._at.sizes)
        if rows.lead:
            raise InputError(f"the state has the batch axes {rows.lead}; one state was expected: take them one by one")
        packed = self._at.bound.pack(y)[0][0].astype(np.float64)
        if not np.isfinite(packed).all():
            raise InputError("the state holds numbers that are not finite; a state was expected: drop or mend it")
        return any(part.holds(packed) for part in self._sets)

    def __repr__(self) -> str:
        middle, low, high = (self._at.bound.pack(y)[0][0] for y in (self.center, *self.state))
        shown = np.where((low <= 0) & (high >= 0) & (high - low < NARROW), 0.0, middle)
        near = ", ".join(f"{x:.4g}" for x in shown[:6]) + (", ..." if len(shown) > 6 else "")
        if self.verdict.status is not Status.CERTIFIED:
            return f"No certified basin of the steady state near ({near}): {self.verdict.reason}"
        what = {
            "ball": f"a ball of radius {self.radius or 0:.4g}",
            "sublevel set": f"a ball of radius {self.radius or 0:.4g} and a set of energy E ≤ {self.level or 0:.6g}",
        }[self.kind]
        return f"Certified basin of the steady state near ({near}): {what}\n  {self.verdict.reason}"


__all__ = ["CertifiedBasin"]

"""EnclosedStates: boxes with exactly one zero each, what is known of their stability, and whether that is all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.verdict import Status, Verdict
from amsym.words import counted

Array = NDArray[Any]


@dataclass(frozen=True)
class EnclosedStates:
    """All steady states, or critical points, in a box.

    boxes: (lows, highs), each like a batch of states, one box a state, which holds exactly one.
    states: their midpoints, like a batch of states: an array (found, axes...), or arrays by name for several states.
    stability: a Verdict each. complete: a Verdict on there being no other in the domain.
    undecided: (lows, highs) of boxes that may hold more.  continua: what is known of steady states that are not isolated.
    energies: (found,) at the midpoints, None without an energy.  domain: {state: (lows, highs)}.  boxes_looked_at: a count.
    """

    boxes: tuple[Any, Any]
    states: Any
    stability: tuple[Verdict, ...]
    complete: Verdict
    undecided: tuple[Any, Any]
    energies: Array | None
    domain: Mapping[str, Any]
    boxes_looked_at: int = 0
    what: str = "steady state"
    continua: tuple[Any, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.stability)

    @property
    def stable(self) -> NDArray[np.bool_]:
        """(found,), True where stability is certified: for critical points of an energy, the minima."""
        return np.array([v.status is Status.CERTIFIED and "unstable" not in v.claim for v in self.stability], dtype=bool)

    @property
    def index(self) -> NDArray[np.int_]:
        """(found,), the certified number of unstable directions; -1 where it is not certified."""
        return np.array([v.certificate.get("index", -1) if v.status is Status.CERTIFIED else -1 for v in self.stability], dtype=int)

    def __str__(self) -> str:
        lines = [f"{counted(len(self), self.what)}, {self.complete.status}: {self.complete.reason}"]
        for k, row in enumerate(self._rows()[:20]):
            energy = "" if self.energies is None else f", E = {self.energies[k]:.6g}"
            lines.append(f"  {k}: {self._kind(k)}{energy}, at {row}")
        lines += [f"  ... and {len(self) - 20} more"] if len(self) > 20 else []
        return "\n".join([*lines, *(f"  continuum: {c}" for c in self.continua)])

    __repr__ = __str__

    def _kind(self, k: int) -> str:
        v = self.stability[k]
        if v.status is not Status.CERTIFIED:
            return f"stability {v.status}"
        least, most = ("minimum", "saddle or maximum") if self.what == "critical point" else ("stable", "unstable")
        return least if self.index[k] == 0 else f"{most}, index {self.index[k]}"

    def _rows(self) -> list[str]:
        parts = self.states if isinstance(self.states, Mapping) else {"": self.states}
        rows = [np.concatenate([np.reshape(a[k], -1) for a in parts.values()]) for k in range(len(self))]
        return ["(" + ", ".join(f"{x:.4g}" for x in row[:6]) + (", ...)" if len(row) > 6 else ")") for row in rows]


__all__ = ["EnclosedStates"]

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
# Regions left open that are printed, and the width of a box around 0 whose middle says nothing more.
OPEN, NARROW = 3, 1e-9


@dataclass(frozen=True)
class EnclosedStates:
    """All steady states, or critical points, in a box.

    boxes: (lows, highs), each like a batch of states, one box a state, which holds exactly one.
    states: their midpoints, like a batch of states: an array (found, axes...), or arrays by name for several states.
    stability: a Verdict each. complete: a Verdict on there being no other in the domain.
    undecided: (lows, highs) of boxes that may hold more.  continua: what is known of steady states that are not isolated.
    `stable` and `index` are arrays beside them: for one state, found.states[found.stable] are the stable ones.
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
        sets = f" and {counted(len(self.continua), 'continuum', 'continua')}" if self.continua else ""
        found = counted(len(self), f"isolated {self.what}" if sets else self.what) + sets
        lines = [f"{found}, {self.complete.status}: {self.complete.reason}"]
        for k, row in enumerate(self._rows()[:20]):
            energy = "" if self.energies is None else f", E = {self.energies[k]:.6g}"
            lines.append(f"  {k}: {self._kind(k)}{energy}, at {row}")
        lines += [f"  ... and {len(self) - 20} more"] if len(self) > 20 else []
        return "\n".join([*lines, *(f"  continuum: {c}" for c in self.continua), *self._open()])

    __repr__ = __str__

    def _kind(self, k: int) -> str:
        v = self.stability[k]
        if v.status is not Status.CERTIFIED:
            return f"stability {v.status}"
        least, most = ("minimum", "saddle or maximum") if self.what == "critical point" else ("stable", "unstable")
        return least if self.index[k] == 0 else f"{most}, index {self.index[k]}"

    def _rows(self) -> list[str]:
        """The states to four digits; 0 where the box holds it and is too narrow to tell."""
        middles, lows, highs = (_parts(x) for x in (self.states, *self.boxes))
        narrow = {name: (lows[name] <= 0) & (highs[name] >= 0) & (highs[name] - lows[name] < NARROW) for name in middles}
        shown = {name: np.where(narrow[name], 0.0, a) for name, a in middles.items()}
        return [", ".join(f"{name} = {_row(a[k])}" if name else _row(a[k]) for name, a in shown.items()) for k in range(len(self))]

    def _open(self) -> list[str]:
        """Where the first few regions are that were left open."""
        lows, highs = (_parts(x) for x in self.undecided)
        total = max((len(a) for a in lows.values()), default=0)

        def place(k: int) -> str:
            return " × ".join(f"{name + ' in ' if name else ''}{_row(a[k])} to {_row(highs[name][k])}" for name, a in lows.items())

        lines = [f"  left open: {place(k)}" for k in range(min(total, OPEN))]
        return lines + ([f"  ... and {total - OPEN} more, in `undecided`"] if total > OPEN else [])


def _parts(batch: Any) -> dict[str, Array]:
    return {name: np.asarray(a, dtype=float) for name, a in (batch.items() if isinstance(batch, Mapping) else [("", batch)])}


def _row(values: Array) -> str:
    row = np.ravel(values)
    return "(" + ", ".join(f"{x:.4g}" for x in row[:6]) + (", ...)" if len(row) > 6 else ")")


__all__ = ["EnclosedStates"]

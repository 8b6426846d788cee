"""A branch: steady states y(s) as one curve, its special points, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.continuation.branch_points import Special
from numeric.field import Array, Restored
from numeric.sentences import Sentence

if TYPE_CHECKING:
    from numeric.continuation.walk import Walk


class End(Sentence):
    """Why a branch stopped; the value is the sentence."""

    REACHED = "the branch reached the value asked for"
    LEFT = "the branch turned and left the range at its other end"
    CLOSED = "the branch came back to where it started: a closed curve"
    STEPS_OVER = "the number of steps allowed was over before the branch ended"
    STEP_TOO_SMALL = "no step was small enough to go on: the curve ends, or bends too sharply"
    SINGULAR = "the linearisation is singular beyond one point: steady states there form no single curve"
    DIVERGED = "the state became non-finite or larger than 1e12"


@dataclass(frozen=True, repr=False)
class SpecialPoint:
    """A point at which the branch turns, crosses another one, or changes stability.

    kind: "fold", "pitchfork", "transcritical", "hopf", "kink" (the slope of the branch jumps), or "branch point" where
    it is one and no normal form decides which. `vector`: the null vector of ∂f/∂y in the state's structure, for "hopf" the
    complex eigenvector, None for "kink". `unstable`: the number of eigenvalues with positive real part before and behind;
    -1 where it is not known. `criticality`: "supercritical" where what is born there is stable in the directions that
    change, "subcritical" where it is not, None elsewhere. `frequency`: ω of a Hopf point.
    """

    kind: str
    parameter: float
    state: Restored
    vector: Any
    unstable: tuple[int, int]
    criticality: str | None = None
    frequency: float | None = None
    special: Special | None = field(default=None, repr=False, compare=False)
    """The point in the units of the walk; what `Branch.switch` starts from."""

    def __repr__(self) -> str:
        before, behind = map(_count, self.unstable)
        told = f"{self.kind} at {round(self.parameter, 12) + 0.0:.10g}, unstable {before} → {behind}, |state| = {_length(self.state):.4g}"
        return ", ".join(filter(None, (told, self.words)))

    @property
    def turns(self) -> bool:
        """Whether the parameter turns back there, at a fold or a corner."""
        return self.special is not None and self.special.turns

    @property
    def words(self) -> str:
        """What is known beyond the kind: 'supercritical, period 6.28'."""
        period = None if self.frequency is None else f"period {2 * np.pi / self.frequency:.4g}"
        turn = "turns back" if self.kind == "kink" and self.turns else None
        return ", ".join(filter(None, (self.criticality, period, turn)))


@dataclass(frozen=True, repr=False)
class Branch:
    """Steady states along a curve.

    parameter (k,): its value at each station, special points included. states: as the start came, with k in front.
    unstable (k,): how many eigenvalues of ∂f/∂y have positive real part; at a special point the larger number of its two
    sides; -1 where the Jacobian jumps at the state itself. points: the special points in order. outcome: an `End`.
    """

    name: str
    parameter: Array
    states: Restored
    unstable: NDArray[np.int_]
    points: list[SpecialPoint]
    outcome: End
    walk: Walk = field(compare=False)
    """The curve and its settings; what `switch` goes on with."""

    @property
    def stable(self) -> NDArray[np.bool_]:
        """Where every small perturbation dies out exponentially, (k,)."""
        return np.asarray(self.unstable == 0)

    def switch(self, point: SpecialPoint, side: int = 1, along: Any = None) -> Branch:
        """The branch that crosses this one at a special point, from there on to one side, 1 or -1.

        It starts along the crossing tangent, which `along`, a direction in the state's structure, replaces: where several
        eigenvalues vanish at once there are many. The same range is followed.

        Raises InputError at a point that no branch of steady states crosses.
        """
        if side not in (1, -1):
            raise InputError(f"side is {side!r}; 1 or -1 was expected: each is one half of the crossing branch")
        if point.special is None or point.kind in ("fold", "kink", "hopf"):
            raise InputError(f"no branch of steady states crosses at a {point.kind}: pick a pitchfork, transcritical or branch point")
        if along is None and point.special.crossing is None:
            raise InputError("the crossing directions are not known at this branch point: give along=, for example point.vector")
        return self.walk.switched(point, side, along)

    def __repr__(self) -> str:
        """The range, and a table of the special points."""
        first, last = self.parameter[0], self.parameter[-1]
        head = f"Branch in {self.name} from {first:.6g} to {last:.6g}, {len(self.parameter)} steady states"
        stable = int(np.count_nonzero(self.stable))
        lines = [f"{head}, {stable} of them stable", f"end: {self.outcome.value}"]
        return "\n".join(lines + _table(self.name, self.points))

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def _table(name: str, points: list[SpecialPoint]) -> list[str]:
    """Aligned rows under a head; none where there are no points."""
    if not points:
        return []
    rows: list[tuple[str, ...]] = [(name[:16], "kind", "unstable", "|state|", "")]
    rows += [_row(p) for p in points]
    widths = [max(len(row[k]) for row in rows) for k in range(5)]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()[:80] for row in rows]


def _row(p: SpecialPoint) -> tuple[str, ...]:
    """Rounded to 12 places: beyond these a zero shows its rounding."""
    before, behind = map(_count, p.unstable)
    return f"{round(p.parameter, 12) + 0.0:.10g}", p.kind, f"{before} → {behind}", f"{_length(p.state):.4g}", p.words


def _count(unstable: int) -> str:
    """A number of unstable directions, "?" where it is not known."""
    return "?" if unstable < 0 else str(unstable)


def _length(state: Restored) -> float:
    """The norm over all components."""
    arrays = state.values() if isinstance(state, Mapping) else [state]
    return float(np.sqrt(sum(np.sum(np.square(a)) for a in arrays)))

"""Advance trajectories to their ends: with one method, or automatically with an explicit one and, for rows it finds stiff, an implicit one.

Rows are handed over in the middle of their way, each at its own time; whatever was recorded of them stays. First the layers
that relax fast are taken implicitly, if there are such; what is stiff even then goes to the exact Jacobian.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from amsym.errors import NotationError
from numeric.course import Course, Mask, Plan, Rows, Watch
from numeric.field import Array
from numeric.methods import AUTO, explicit_method, method_named, name_of, rows_at_once
from numeric.steppers.layered import Layered
from numeric.steppers.rosenbrock import Rosenbrock
from numeric.steppers.stepper import Stepper
from numeric.steppers.stiff import cost, resting, stiff_method
from numeric.steppers.stiffness import STEPS_OF_IMPLICIT, StiffWatch

PATIENCE = 60  # attempts before anybody looks for stiffness: what ends within them is not worth compiling derivatives for

Left = list[tuple[Rows, Array, Array]]
Fraction = Callable[[float], None]


class Handover:
    """Which rows of an explicit stepper shall go on with another method; it knows those that it chose, and the method `after`."""

    def __init__(self, plan: Plan, layered: bool) -> None:
        """`layered`: the stepper takes fast layers implicitly already."""
        self._plan, self._layered, self._attempts = plan, layered, 0
        self._watch: StiffWatch | None = None
        self._earliest = 0
        self.after: type[Stepper] = Rosenbrock
        self._blind = False
        self.chosen: set[int] = set()

    def __call__(self, rows: Rows, stepper: Stepper) -> Mask:
        """The rows found stiff, after each step."""
        self._attempts += 1
        if self._attempts < PATIENCE or not rows.size or self._blind:
            return np.zeros(rows.size, dtype=bool)
        try:
            stiff = self._stiff(rows, stepper)
        except NotationError:  # a function without a known derivative: nobody can look, and no implicit method could go on
            self._blind = True
            return np.zeros(rows.size, dtype=bool)
        self.chosen |= set(rows[stiff].tolist())
        return stiff

    def _stiff(self, rows: Rows, stepper: Stepper) -> Mask:
        if self._watch is None:
            self._watch = self._begun(rows, stepper)
        stiff = self._watch(rows, stepper)
        return stiff if self._attempts >= self._earliest else np.zeros_like(stiff)

    def _begun(self, rows: Rows, stepper: Stepper) -> StiffWatch:
        field: Any = self._plan.field
        y, t, tolerance = stepper.y, stepper.t, self._plan.tolerance
        self.after = Rosenbrock if self._layered else stiff_method(field, y, t)
        at_rest = resting(field, y) if self._layered else None
        each, end = cost(self.after, field, y.shape[1]), self._plan.end
        # What the rest will take is a guess, so a good part of what an implicit method costs was spent first; all of it where
        # nobody knows how long the way is.
        self._earliest = int(STEPS_OF_IMPLICIT * each / 2)
        if self._plan.open_ended:
            self._earliest, end = 2 * self._earliest, np.inf
        return StiffWatch(field, rows, y, end, tolerance, each, at_rest)


def advance(
    plan: Plan, method: str, rows: Rows, y: Array, t: Array, max_steps: int, progress: Fraction, picks: Watch | None = None
) -> tuple[Left, list[str]]:
    """Advance the trajectories `rows` from `y` (rows, n) and `t` (rows,), in parts that fit in memory.

    Hands back what `picks` set down on the way, and the names of the methods that ran.
    """
    first = explicit_method(plan.field, plan.tolerance, y.shape[1]) if method == AUTO else method_named(method)
    parts = np.array_split(np.arange(len(rows)), max(1, -(-len(rows) // rows_at_once(first, y))))
    left: Left = []
    names: dict[str, None] = {name_of(first): None}
    for done, part in enumerate(parts):
        if part.size or not len(rows):
            steps = _Steps(max_steps, _share(progress, done, len(parts)), picks)
            found, more = steps.run(plan, first, rows[part], y[part], t[part], method == AUTO and hasattr(plan.field, "packed_jvp"))
            left, names = left + found, {**names, **dict.fromkeys(more)}
    return left, list(names)


def _share(progress: Fraction, done: int, parts: int) -> Fraction:
    """The progress of one part among others."""
    return lambda fraction: progress((done + fraction) / parts)


class _Steps:
    """One part of the rows, through as many methods as it takes."""

    def __init__(self, max_steps: int, progress: Fraction, picks: Watch | None) -> None:
        self._max_steps, self._progress, self._picks = max_steps, progress, picks

    def run(self, plan: Plan, method: type[Stepper], rows: Rows, y: Array, t: Array, auto: bool) -> tuple[Left, list[str]]:
        """Drive the rows; those that turn out stiff go on with the next method."""
        last = not auto or method is Rosenbrock
        handover = None if last else Handover(plan, method is Layered)
        course = Course(plan, method, rows, y, t, self._both(handover))
        course.drive(self._max_steps, self._progress)
        if handover is None or not handover.chosen:
            return course.left, [name_of(method)]
        stiff, others = _split(course.left, handover.chosen)
        left, names = self.run(plan, handover.after, *stiff, auto)
        return others + left, [name_of(method), *names]

    def _both(self, handover: Handover | None) -> Watch | None:
        """What the caller picks, and the others that are stiff."""
        picks = self._picks
        if picks is None or handover is None:
            return picks or handover

        def either(rows: Rows, stepper: Stepper) -> Mask:
            picked = picks(rows, stepper)
            stiff = handover(rows, stepper)
            handover.chosen -= set(rows[picked].tolist())
            return picked | stiff

        return either


def _split(left: Left, chosen: set[int]) -> tuple[tuple[Rows, Array, Array], Left]:
    """What was handed over, as arrays by increasing number; and the rest."""
    rows, y, t = (np.concatenate(parts) for parts in zip(*left, strict=True))
    stiff = np.isin(rows, list(chosen))
    order = np.flatnonzero(stiff)[np.argsort(rows[stiff])]
    return (rows[order], y[order], t[order]), [(rows[~stiff], y[~stiff], t[~stiff])]

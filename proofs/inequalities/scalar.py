"""One scalar inequality on boxes: rough and sure bounds, exact violations, and regions around points where both sides are equal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.notation import Index
from numeric.ball_functions import Undetermined
from numeric.rigorous import Evaluator
from proofs.inequalities.boxed import Boxed
from proofs.inequalities.branching import Region
from proofs.inequalities.forms import Rough
from proofs.inequalities.sure import Sure

Array = NDArray[np.float64]
# Of a bound in floating point that belongs to a square and is 0 but for rounding.
ROUNDING = 1e-290
# Of values, against the largest met, that may be 0 at a point of small fractions nearby.
NEARLY = 1e-6


@dataclass(frozen=True)
class Found:
    """A point of the domain at which g > 0 (≥ 0, of a strict inequality), exactly, and the ball of g there."""

    values: Mapping[Any, Any]
    ball: Any


class Scalar:
    """g ≤ 0, or g < 0 where strict, for one formula at one choice of places."""

    def __init__(
        self,
        problem: Boxed,
        g: sp.Expr,
        at: Mapping[Index, int],
        strict: bool,
        region: Callable[[Array], Region | None] | None = None,
        valid: Callable[[Evaluator], bool] = lambda _: True,
    ) -> None:
        """`region`: what shows g ≤ 0 around a point; `valid`: whether a value of g at a point may refute anything."""
        self.problem, self.g, self.at, self.strict, self._valid = problem, g, dict(at), strict, valid
        self._sure = Sure(problem, g, at, strict)
        self._region, self._largest = region, 0.0

    @cached_property
    def _rough(self) -> Rough:
        return Rough(self.problem, self.g, self.at)

    def upper(self, low: Array, high: Array) -> tuple[Array, Array]:
        """Upper bounds of g in floating point."""
        bound, smear = self._rough.upper(low, high)
        return (np.where(bound < 0, bound, np.inf) if self.strict else bound - ROUNDING), smear

    def holds(self, low: Array, high: Array) -> bool:
        """In balls."""
        return self._sure.holds(low, high)

    def worst(self, points: Array) -> Array:
        """g at points."""
        with np.errstate(all="ignore"):
            g = self._rough.bound.packed_energy(points)
        g = np.where(np.isnan(g), -np.inf, g)
        # A strict inequality is violated by equality, which is rarely met but for rounding.
        self._largest = max(self._largest, float(np.max(np.abs(g), where=np.isfinite(g), initial=0.0)))
        return np.where(g >= -NEARLY * self._largest, np.fmax(g, ROUNDING), g) if self.strict else g

    def refutes(self, point: Array) -> Found | None:
        """The exact point, if the ball of g there says so; rounded to small fractions where they do as well."""
        for d in (1, 2, 4, 16, 256, 2**16, 0):
            exact = [Fraction(round(x * d), d) if d else Fraction(x) for x in map(float, point)]
            found = self._violation(exact) if self.problem.holds_point(exact) else None
            if found is not None:
                return found
        return None

    def _violation(self, exact: list[Fraction]) -> Found | None:
        try:
            here = self.problem.exactly_at(exact)
            g = here(self.g, self.at)
            if not self._valid(here):
                return None
        except Undetermined:
            return None
        return Found(self.problem.tables(exact), g) if g > 0 or (self.strict and g >= 0) else None

    def region(self, point: Array) -> Region | None:
        """Around a point where g touches 0; a strict inequality has none."""
        if self.strict:
            return None
        return self._region(point) if self._region is not None else None

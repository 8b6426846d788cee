"""A model at given numbers over boxes of packed states: f, J, E and ∇E in doubles, to search, and in balls, to decide."""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from amsym.notation import Tensor, derivative
from amsym.prover.regularity import chain_rule_holds, is_continuous
from numeric.formulas import pair_name
from numeric.intervals.boxes import Box
from numeric.intervals.enclose import Enclosure
from numeric.rigorous import Undetermined
from numeric.stability.point import Point
from proofs.basins.wide import WideEvaluator
from proofs.question import Question, question
from proofs.zeros.krawczyk import ZeroProblem
from proofs.zeros.points import Field, Place

Array = NDArray[Any]


class Terrain:
    """One bound model without time; states as packed rows (rows, n), parameters as the exact binary fractions that they are."""

    def __init__(self, at: Point) -> None:
        self.at, self.n = at, at.n
        self.asked: Question = question(at.system, at.bound.params)
        self.system = self.asked.system
        assert self.system.flow is not None
        fields = [Field(c.tensor, c.where, f) for c, f in self.system.flow.items()]
        self.problem = ZeroProblem(fields, at.sizes, dict(self.asked.fixed or {}))
        self._loose_flow = all(is_continuous(f, self.system.states) for f in self.system.flow.values())

    @cached_property
    def slope_rows(self) -> list[Field]:
        """∂E/∂y, a field for every packed component."""
        assert self.system.energy is not None
        slopes = [Field(c.tensor, c.where, derivative(self.system.energy, c)) for c in self.system.equations]
        return [f for f in slopes for _ in f.places(self.at.sizes)]

    @cached_property
    def has_energy(self) -> bool:
        """Whether there is an energy of which differences are averages of the formal ∇E."""
        return self.system.energy is not None and chain_rule_holds(self.system.energy, self.system.states)

    # In balls, over one box [low, high] of doubles (n,)

    def over(self, low: Array, high: Array, loose: bool | None = None) -> WideEvaluator:
        """Balls of formulas over the box; brackets may change only where the flow is continuous, or as told."""
        box: dict[Tensor, dict[Place, arb]] = {f.state: {} for f in self.problem.fields}
        for (f, place), a, b in zip(self.problem.rows, low, high, strict=True):
            box[f.state][place] = arb(float(a)).union(arb(float(b)))
        return WideEvaluator(self.problem.sizes, self.problem.values, box, loose=self._loose_flow if loose is None else loose)

    def flow(self, here: WideEvaluator) -> list[arb]:
        """f, n balls."""
        return self.problem.value(here)

    def jacobian(self, here: WideEvaluator) -> list[list[arb]]:
        """A hull of J, n rows; Undetermined where f may jump."""
        self.check_unbroken(here)
        return self.problem.slope(here)

    def check_unbroken(self, here: WideEvaluator) -> None:
        """Undetermined where f may jump in the box: J, the same on both sides, would not show it."""
        if not self._loose_flow and not all(v.is_finite() for v in self.flow(here)):
            raise Undetermined("the flow may jump in the box")

    def energy(self, here: WideEvaluator) -> arb:
        """E."""
        assert self.system.energy is not None
        return here(self.system.energy)

    def hessian(self, low: Array, high: Array) -> list[list[arb]]:
        """A hull of ∇²E, n rows; Undetermined where ∇E may jump."""
        here = self.over(low, high, loose=self.has_hessian)
        rows = zip(self.slope_rows, self.problem.rows, strict=True)
        if not self.has_hessian and not all(here(f.formula, f.at(p)).is_finite() for f, (_, p) in rows):
            raise Undetermined("the gradient may jump in the box")
        return self._curved.slope(here)

    @cached_property
    def has_hessian(self) -> bool:
        """Whether differences of ∇E are averages of the formal ∇²E wherever they are."""
        return all(is_continuous(f.formula, self.system.states) for f in dict.fromkeys(self.slope_rows))

    @cached_property
    def _curved(self) -> ZeroProblem:
        return ZeroProblem(list(dict.fromkeys(self.slope_rows)), self.problem.sizes, self.problem.values)

    def exact_energy(self, y: Array) -> arb:
        """E at exactly these numbers."""
        here = self.problem.at(y)
        assert self.system.energy is not None
        return here(self.system.energy)

    # In doubles, over many boxes (rows, n)

    @cached_property
    def _enclosures(self) -> dict[str, Enclosure]:
        kinds = ("flow", "jacobian", *(("energy", "gradient", "hessian") if self.has_energy else ()))
        return {kind: Enclosure(self.at.bound, self.n, kind) for kind in kinds}

    def rough_flow(self, low: Array, high: Array) -> Box:
        """f, (rows, n)."""
        return self._enclosures["flow"].packed(low, high)

    def rough_gradient(self, low: Array, high: Array) -> Box:
        """∇E, (rows, n)."""
        return self._enclosures["gradient"].packed(low, high)

    def rough_energy(self, low: Array, high: Array) -> Box:
        """E, (rows,)."""
        return self._enclosures["energy"](low, high)["energy"]

    def rough_jacobian(self, low: Array, high: Array) -> Box:
        """J, (rows, n, n)."""
        return self._matrices("jacobian", low, high)

    def rough_hessian(self, low: Array, high: Array) -> Box:
        """∇²E, (rows, n, n)."""
        return self._matrices("hessian", low, high)

    def _matrices(self, kind: str, low: Array, high: Array) -> Box:
        parts, rows = self._enclosures[kind](low, high), len(low)
        width = {name: int(np.prod(shape, dtype=int)) for name, shape in self.at.shapes.items()}

        def whole(what: str) -> Array:
            blocks = [[getattr(parts[pair_name(a, b)], what).reshape(rows, width[a], width[b]) for b in width] for a in width]
            return np.concatenate([np.concatenate(row, axis=2) for row in blocks], axis=1)

        return Box(whole("low"), whole("high"), whole("jumps"))


def fractions(y: Array) -> list[Fraction]:
    """The numbers as the exact fractions that they are."""
    return [Fraction(float(x)) for x in y]


__all__ = ["Terrain", "fractions"]

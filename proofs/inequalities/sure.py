"""g ≤ 0 (or < 0) on one box for certain: the same forms as in floating point, in balls, and signs by structure.

Source of the forms: Moore, Kearfott and Cloud, Introduction to Interval Analysis, 2009, chapter 6.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sympy as sp
from flint import arb, ctx
from numpy.typing import NDArray

from amsym.notation import Index
from numeric.ball_functions import Undetermined
from proofs.inequalities.boxed import Boxed
from proofs.inequalities.over_box import BITS, OverBox, interval
from proofs.inequalities.signs import has_sign

Array = NDArray[np.float64]


class Sure:
    """One scalar formula, to be bounded from above by 0 over boxes."""

    def __init__(self, problem: Boxed, g: sp.Expr, at: Mapping[Index, int], strict: bool) -> None:
        self.problem, self.g, self.at, self.strict = problem, g, dict(at), strict

    def holds(self, low: Array, high: Array) -> bool:
        """Whether the inequality holds on the whole box, by any of the forms."""
        before, ctx.prec = ctx.prec, BITS
        try:
            over = self.problem.over(low, high)
            g = self._natural(over)
            if self._settled(g) or (not self.strict and has_sign(over, self.g, self.at, -1)):
                return True
            # A formula that is not finite all over the box, or holds an open bracket, may jump: no mean-value theorem there.
            return bool(g.is_finite()) and not over.jumps and self._by_slopes(over, low, high)
        except Undetermined:
            return False
        finally:
            ctx.prec = before

    def _settled(self, x: arb) -> bool:
        return bool(x < 0 if self.strict else x <= 0)

    def _natural(self, over: OverBox) -> arb:
        try:
            return over(self.g, self.at)
        except Undetermined:
            return arb(0, float("inf"))

    def _gradient(self, over: OverBox) -> list[arb]:
        return [over(*self.problem.slope(self.g, self.at, k)) for k in range(self.problem.width)]

    def _by_slopes(self, over: OverBox, low: Array, high: Array) -> bool:
        """On the face where g is largest; there by its value, signs, the mean-value form and Taylor's."""
        G = self._gradient(over)
        rises, falls = [bool(s >= 0) for s in G], [bool(s <= 0) for s in G]
        a, b = np.where(rises, high, low), np.where(np.logical_and(falls, np.logical_not(rises)), low, high)
        face = self.problem.over(a, b)
        if self._settled(self._natural(face)) or (not self.strict and has_sign(face, self.g, self.at, -1)):
            return True
        c = (a + b) / 2
        middle = self.problem.over(c, c)
        spread = [interval(float(u), float(v)) - arb(float(m)) for u, v, m in zip(a, b, c, strict=True)]
        g = self._natural(middle)
        if self._settled(g + sum((s * d for s, d in zip(G, spread, strict=True)), arb(0))):
            return True
        return not over.jumps and self._settled(g + self._second(over, middle, spread))

    def _second(self, over: OverBox, middle: OverBox, spread: list[arb]) -> arb:
        """∇g(c)·d + ½ dᵀ H(X) d for |d| within the box."""
        total = sum((s * d for s, d in zip(self._gradient(middle), spread, strict=True)), arb(0))
        for k, d in enumerate(spread):
            if d.is_exact():
                continue
            slope, at = self.problem.slope(self.g, self.at, k)
            square = arb(0).union(d.abs_upper() ** 2)
            total += over(*self.problem.slope(slope, at, k)) * square / 2
            for j in range(k):
                total += over(*self.problem.slope(slope, at, j)) * d * spread[j]
        return total

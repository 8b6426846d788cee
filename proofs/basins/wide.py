"""Balls of formulas over wide boxes: f([a, b]) from f(a) and f(b) where f is monotone, [0, 1] for a bracket that may change.

Arb's functions widen a wide ball far beyond its image, tanh(0 ± 5) to 0 ± 2e4. At its two ends a monotone function is as
sharp as its image, and so is an even one at the nearest and the farthest |x|.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp
from flint import arb

from amsym.notation import Index, Mask, Tensor
from numeric.ball_functions import FUNCTIONS, finite, nonzero, positive
from numeric.rigorous import Undetermined, whole_power
from proofs.draws import Values
from proofs.zeros.points import BoxEvaluator, Place

BITS = 96
MONOTONE = {sp.tanh, sp.exp, sp.erf, sp.erfc, sp.atan, sp.sinh, sp.asinh, sp.log}
EVEN = {sp.cosh, sp.sech}


class WideEvaluator(BoxEvaluator):
    """Balls over a box of any width. `loose`: a bracket, step or sign that may change in the box is its hull.

    A loose value of a derivative is right only where the function itself is continuous: then differences of the function are
    averages of its derivative, which lie in the hull.

    >>> from amsym.notation import index, state
    >>> i, y = index("i", "N"), state("y", "N")
    >>> value = WideEvaluator({"N": 1}, {}, {y: {(0,): arb(0, 5)}})(sp.tanh(y[i])**2, {i: 0})
    >>> bool(value > -1e-6 and value < 1)
    True
    """

    def __init__(self, sizes: Mapping[str, int], values: Values, box: Mapping[Tensor, Mapping[Place, arb]], *, loose: bool = False) -> None:
        super().__init__(sizes, values, box)
        self.loose, self.precision = loose, BITS

    def _compute(self, e: sp.Basic, at: dict[Index, int]) -> arb:
        if e.func in MONOTONE or e.func in EVEN:
            return self._entrywise(e, at)
        if isinstance(e, sp.Pow):
            return self._power(e, at)
        if not self.loose or not isinstance(e, (Mask, sp.Heaviside, sp.sign)):
            return super()._compute(e, at)
        try:
            return super()._compute(e, at)
        except Undetermined:
            return hull(arb(-1 if isinstance(e, sp.sign) else 0), arb(1))

    def _entrywise(self, e: Any, at: dict[Index, int]) -> arb:
        """A chain of monotone functions, with an even one last, at the two ends of what it is of.

        A ball keeps 30 bits of its radius: of [1, e^22] it may reach below 0, and the logarithm of cosh would be lost.
        """
        chain = [e]
        while chain[-1].func in MONOTONE and (chain[-1].args[0].func in MONOTONE or chain[-1].args[0].func in EVEN):
            chain.append(chain[-1].args[0])
        x = self._value(chain[-1].args[0], at)
        values = ends(x) if chain[-1].func in MONOTONE else distances(x)
        for f in reversed(chain):
            values = tuple(finite(FUNCTIONS[f.func](v), f) for v in values)
        return hull(*values)

    def _power(self, e: sp.Pow, at: dict[Index, int]) -> arb:
        """x^n by its ends; of a fractional power, for x > 0."""
        if not e.exp.is_Rational:
            return super()._compute(e, at)
        x = self._value(e.base, at)
        if e.exp.is_Integer:
            n = abs(int(e.exp))
            power = hull(*(whole_power(v, n) for v in (ends(x) if n % 2 else distances(x))))
            return power if e.exp > 0 else 1 / nonzero(power, e)
        p = arb(int(e.exp.p)) / arb(int(e.exp.q))
        return finite(hull(*(positive(v, e) ** p for v in ends(positive(x, e)))), e)


def ends(x: arb) -> tuple[arb, ...]:
    """The two ends of a ball, as exact numbers outside of it by rounding at most."""
    return x.lower(), x.upper()


def distances(x: arb) -> tuple[arb, ...]:
    """The least and the largest |x|."""
    return x.abs_lower(), x.abs_upper()


def hull(a: arb, b: arb) -> arb:
    """A ball that holds both.

    >>> bool(hull(arb(1), arb(2)).contains(1.5))
    True
    """
    return a.union(b)


__all__ = ["WideEvaluator", "distances", "ends", "hull"]

"""Balls of formulas over a box of states, as narrow as one pass allows: monotone functions by their end points, even powers by |x|.

Brackets and signs that are not settled over the box count as the hull of what they may be, and are remembered: a formula that
holds one may jump in the box, so no mean-value theorem holds for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import sympy as sp
from flint import arb
from sympy.core.relational import Relational

from amsym.notation import Index, Mask, Tensor, free_indices
from amsym.notation.functions import Composed
from numeric.ball_functions import FUNCTIONS, Undetermined, finite, positive
from numeric.rigorous import whole_power
from proofs.draws import Values
from proofs.zeros.points import BoxEvaluator, Place

RISING = frozenset({sp.exp, sp.tanh, sp.sinh, sp.erf, sp.atan, sp.asinh, sp.log, sp.atanh, sp.asin, sp.acosh, sp.erfinv})
FALLING = frozenset({sp.erfc, sp.acos})
EVEN = frozenset({sp.cosh, sp.sech})
BITS = 96


class OverBox(BoxEvaluator):
    """Balls over a box; `jumps` says whether a bracket or a sign was not settled on the way.

    >>> from amsym.notation import index, state
    >>> i, y = index("i", "N"), state("y", "N")
    >>> at = OverBox({"N": 1}, {}, {y: {(0,): arb(0, 5)}})
    >>> bool(at(sp.tanh(y[i]), {i: 0}) < 1), bool(at(y[i]**2, {i: 0}) > -1e-6)
    (True, True)
    """

    def __init__(self, sizes: Mapping[str, int], values: Values, box: Mapping[Tensor, Mapping[Place, arb]]) -> None:
        super().__init__(sizes, values, box)
        self.precision, self.jumps = BITS, False

    def _value(self, e: sp.Basic, at: dict[Index, int]) -> arb:
        key = (e, tuple([at[i] for i in _free(e)]))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._compute(e, at)
        return found

    def _compute(self, e: sp.Basic, at: dict[Index, int]) -> arb:
        if isinstance(e, (Mask, sp.sign, sp.Heaviside)):
            return self._open(e, at)
        if isinstance(e, sp.Pow) and not isinstance(e, sp.exp):
            return self._power(e, at)
        if isinstance(e, sp.Function) and not isinstance(e, Composed) and e.func in RISING | FALLING | EVEN and len(e.args) == 1:
            return _by_ends(e, self._value(e.args[0], at))
        return super()._compute(e, at)

    def _open(self, e: Any, at: dict[Index, int]) -> arb:
        try:
            return super()._compute(e, at)
        except Undetermined:
            # What is not defined has no sign: sign(log y) at y < 0 is no number between -1 and 1.
            for u in (x for r in e.condition.atoms(Relational) for x in r.args) if isinstance(e, Mask) else e.args:
                finite(self._value(u, at), u)
            self.jumps = True
            if isinstance(e, sp.Heaviside):
                return arb(0.5, 0.5).union(self._value(e.args[1], at))
            return arb(0, 1) if isinstance(e, sp.sign) else arb(0.5, 0.5)

    def _power(self, e: sp.Pow, at: dict[Index, int]) -> arb:
        if not e.exp.is_Rational:
            return super()._compute(e, at)
        base, n = self._value(e.base, at), abs(e.exp)
        if n.is_Integer:
            result = ends(lambda x: whole_power(x, int(n)), base, even=n % 2 == 0)
        else:
            result = ends(lambda x: _root_power(x, n, e), base)
        return result if e.exp > 0 else 1 / _nonzero(result, e)


@lru_cache(maxsize=20_000)
def _free(e: sp.Basic) -> tuple[Index, ...]:
    """The free indices, in one order; they are asked for once a formula, and not once a box."""
    return tuple(sorted(free_indices(e), key=str))


def _nonzero(x: arb, e: sp.Basic) -> arb:
    if x.contains(0):
        raise Undetermined(f"{e} is not bounded over the box")
    return x


def _root_power(x: arb, n: sp.Rational, e: sp.Basic) -> arb:
    """x^n at one end of a ball; 0 at 0."""
    if x.is_exact() and x == 0:
        return x
    return (positive(x, e).log() * (arb(int(n.p)) / int(n.q))).exp() if n != sp.S.Half else positive(x, e).sqrt()


def _by_ends(e: Any, x: arb) -> arb:
    f = FUNCTIONS[e.func]
    return finite(ends(f, x, even=e.func in EVEN), e)


def ends(f: Callable[[arb], arb], x: arb, even: bool = False) -> arb:
    """The hull of f at both ends, which holds f of all that is between where f is monotone; of an even f, in |x|."""
    if x.is_exact():
        return f(x)
    return f(x.abs_lower()).union(f(x.abs_upper())) if even else f(x.lower()).union(f(x.upper()))


def interval(low: float, high: float) -> arb:
    """The ball that holds [low, high]."""
    return arb(low) if low == high else arb(low).union(arb(high))

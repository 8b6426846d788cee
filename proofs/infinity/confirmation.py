"""A limit along a path, claimed by a series, agrees with balls of the energy at growing r: an evaluation that shares no code with it."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import sympy as sp
from flint import arb

from amsym.prover.series import Series, leading_term
from amsym.system import System
from numeric.rigorous import Evaluator, Undetermined
from proofs.draws import Values
from proofs.infinity.paths import Path

# Powers of two at which balls have to confirm a limit: five values of r, then larger ones where constants are large.
TIMES = ((10, 12, 15, 18, 20), (30, 38, 45, 52, 60), (100, 110, 120, 130, 140))


def confirmed(system: System, sizes: dict[str, int], values: Values, path: Path, s: Series, limit: sp.Expr) -> dict[str, str] | None:
    """Balls of E at growing r that agree with the limit; None where they do not."""
    for exponents in TIMES:
        times = [Fraction(2) ** k * Fraction(11, 8) for k in exponents]
        try:
            balls = [Evaluator(sizes, path.point(values, t), 512)(system.energy) for t in times]
            if _agree(balls, times, s, limit):
                return {f"11/8 2^{k}": str(b.str(10, radius=False)) for k, b in zip(exponents, balls, strict=True)}
        except Undetermined:
            continue
    return None


def _agree(balls: list[arb], times: list[Fraction], s: Series, limit: sp.Expr) -> bool:
    if not all(b.is_finite() for b in balls):
        return False
    if limit == -sp.oo:
        t = sp.Symbol("t", positive=True)
        expected = [Evaluator({}, {t: x}, 512)(leading_term(s, t)) for x in times]
        falls = all(bool(b < a) for a, b in pairwise(balls))
        return falls and all(bool(b < e / 8) and bool(b > e * 8) for b, e in list(zip(balls, expected, strict=True))[2:])
    c = Evaluator({}, {}, 512)(limit)
    gaps = [abs(b - c) for b in balls]
    return bool(gaps[-1] < arb(1) / 4) and (bool(gaps[-1] < arb(2) ** -15) or all(bool(b < a) for a, b in pairwise(gaps)))

"""Where a formula ends: a proof that dE/dt ≤ 0 wherever the formulas are defined says something of a whole solution only if

(a) E → +∞ at the border of the states at which E is defined: a falling energy never gets there; or
(b) E is locally Lipschitz there and only the flow has no value: a solution obeys its equation at almost every t.

-log u and u^-p rise to +∞ where their u > 0 vanishes; roots of sums of squares are norms, and locally Lipschitz. Anything else,
such as 1/x, which a solution of dx/dt = 1 passes from -∞ to +∞, is not shown to be safe.
"""

from __future__ import annotations

import sympy as sp

from amsym.notation import Mask, Total, has_state
from amsym.notation.canonical import canonical_core
from amsym.prover.regularity import open_conditions
from amsym.prover.signs import is_nonnegative, is_positive
from amsym.system import System

LEMMA = "an energy that does not rise cannot reach states at which it tends to +∞"


def is_walled_in(system: System) -> bool:
    """Whether every solution keeps the energy's formula defined, or the energy is locally Lipschitz where it passes.

    >>> from amsym.notation import state
    >>> x = state("x")
    >>> [is_walled_in(System(flow={x: -x}, energy=E)) for E in (-sp.log(1 - x**2), 1/x)]
    [True, False]
    """
    assert system.energy is not None
    known = all(what in ("positive", "nonzero") for _, what in open_conditions(system.energy))
    return known and _is_safe(canonical_core(system.energy))


def rises(energy: sp.Expr) -> bool:
    """Whether some term tends to +∞ at a border of its own."""
    return any(_asks(t) and _is_safe(t) and not _is_lipschitz(t) for t in sp.Add.make_args(canonical_core(energy)))


def _asks(e: sp.Expr) -> bool:
    return bool(open_conditions(e))


def _is_safe(e: sp.Expr) -> bool:
    """Locally bounded below wherever it is defined, and tending to +∞ at each border: so is a sum of such."""
    if not _asks(e):
        return True
    if isinstance(e, sp.Add):
        return all(map(_is_safe, e.args))
    if isinstance(e, Total):
        return _is_safe(sp.expand_mul(e.body))
    return _is_lipschitz(e) or _is_wall(e)


def _is_wall(e: sp.Expr) -> bool:
    """-c log u, or c u^-p with u > 0 or p even, for a c > 0 that asks for nothing; and sums of them."""
    factors = sp.Mul.make_args(e)
    asking = [f for f in factors if _asks(f)]
    rest = sp.Mul(*(f for f in factors if f not in asking))
    if len(asking) != 1 or rest.has(Mask):
        return False
    (f,) = asking
    if isinstance(f, sp.log):
        return not _asks(f.args[0]) and is_positive(-rest)
    if isinstance(f, sp.Pow) and not isinstance(f, sp.exp):
        one_sided = not f.exp.is_integer or f.exp.is_even or is_nonnegative(f.base)
        return bool(f.exp.is_negative and one_sided) and not _asks(f.base) and is_positive(rest)
    if isinstance(f, Total):
        return _is_safe(rest * f.body)
    return isinstance(f, sp.Add) and _is_safe(sp.expand_mul(rest * f))


def _is_lipschitz(e: sp.Expr) -> bool:
    """A product of norms, (Σ squares)^p with p ≥ ½, and of what asks for nothing."""
    asking = [f for f in sp.Mul.make_args(e) if _asks(f)]
    return all(isinstance(f, sp.Pow) and f.exp.is_Rational and f.exp >= sp.S.Half and _is_square_sum(f.base) for f in asking)


def _is_square_sum(u: sp.Expr) -> bool:
    if isinstance(u, Total):
        return _is_square_sum(u.body)
    if isinstance(u, sp.Add):
        return all(map(_is_square_sum, u.args))
    if isinstance(u, sp.Mul):
        squares = [f for f in u.args if isinstance(f, sp.Pow) and f.exp == 2]
        return is_nonnegative(sp.Mul(*(f for f in u.args if f not in squares))) and all(map(_is_square_sum, squares))
    if isinstance(u, sp.Pow) and not isinstance(u, sp.exp):
        return bool(u.exp.is_Integer and u.exp.is_even and u.exp > 0) and not _asks(u.base)
    return not has_state(u) and is_nonnegative(u)


__all__ = ["LEMMA", "is_walled_in", "rises"]

"""A number above a formula wherever it is defined, at each size and for all parameters as declared: -log Σ_μ u_μ of bounded u.

Bounds through a formula are numbers and know no sizes; here a sum of N terms below c is below N c, and log u is below log c.
"""

from __future__ import annotations

import sympy as sp

from amsym.notation import Total, has_state
from amsym.prover.bounds import bounds
from amsym.prover.signs import is_nonnegative


def has_ceiling(e: sp.Expr) -> bool:
    """Whether some number, which may depend on sizes and parameters, is above every value of e.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> [has_ceiling(f) for f in (total(sp.Max(0, 1 - y[i]**2), i), sp.log(total(sp.tanh(y[i])**2, i)), y[i])]
    [True, True, False]
    """
    if bounds(e).high.is_finite or not has_state(e):
        return True
    if isinstance(e, sp.Add):
        return all(map(has_ceiling, e.args))
    if isinstance(e, Total):
        return has_ceiling(e.body)
    if isinstance(e, sp.log):
        return has_ceiling(e.args[0])
    if isinstance(e, sp.Mul):
        fixed = sp.Mul(*(a for a in e.args if not has_state(a)))
        rest = sp.Mul(*(a for a in e.args if has_state(a)))
        if is_nonnegative(fixed):
            return rest != e and has_ceiling(rest)
        return is_nonnegative(-fixed) and _has_floor(rest)
    return False


def _has_floor(e: sp.Expr) -> bool:
    """Whether some number is below every value of e where it is defined."""
    if bounds(e).low.is_finite:
        return True
    if isinstance(e, (Total, sp.Add)):
        return all(map(_has_floor, (e.body,) if isinstance(e, Total) else e.args))
    if isinstance(e, sp.Pow) and not isinstance(e, sp.exp):
        return bool(e.exp.is_real) and (not e.exp.is_integer or bool(e.exp.is_even) or is_nonnegative(e.base))
    return False


__all__ = ["has_ceiling"]

"""h ≥ 0 or h ≤ 0 over a box by structure, where balls that touch 0 cannot tell: squares, products and sums of what has a sign.

A ball cannot say [0, a]. So the formula is walked: a sum of nonnegative parts, a product with an even number of nonpositive
factors, even powers, a factor beside its own negative; whatever else has the sign of its ball.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import sympy as sp

from amsym.notation import Index, Mask, Total
from numeric.ball_functions import Undetermined
from proofs.inequalities.over_box import OverBox


def has_sign(here: OverBox, e: sp.Expr, at: Mapping[Index, int], sign: int) -> bool:
    """Whether sign · e ≥ 0 over the whole box, for certain.

    >>> from amsym.notation import index, state
    >>> from flint import arb
    >>> i, y = index("i", "N"), state("y", "N")
    >>> over = OverBox({"N": 1}, {}, {y: {(0,): arb(0, 2)}})
    >>> has_sign(over, -(y[i] - 1)**2, {i: 0}, -1), has_sign(over, y[i], {i: 0}, 1)
    (True, False)
    """
    at = dict(at)
    if isinstance(e, sp.Add):
        return all(has_sign(here, a, at, sign) for a in e.args) or _by_ball(here, e, at, sign)
    if isinstance(e, Total):
        places = (dict(zip(e.bound, p, strict=True)) for p in product(*(range(here.sizes[i.axis]) for i in e.bound)))
        return all(has_sign(here, e.body, {**at, **p}, sign) for p in places) or _by_ball(here, e, at, sign)
    if isinstance(e, sp.Mul):
        return _product(here, e, at, sign)
    if isinstance(e, (Mask, sp.Abs, sp.exp)) or _is_even(e):
        return sign > 0 and _is_defined(here, e, at)
    if isinstance(e, sp.Max) and sign > 0:
        return _is_defined(here, e, at) and any(has_sign(here, a, at, 1) for a in e.args)
    return _by_ball(here, e, at, sign)


def _is_even(e: Any) -> bool:
    return isinstance(e, sp.Pow) and e.exp.is_Integer and e.exp % 2 == 0


def _is_defined(here: OverBox, e: sp.Expr, at: dict[Index, int]) -> bool:
    try:
        return bool(here(e, at).is_finite())
    except Undetermined:
        return False


def _by_ball(here: OverBox, e: sp.Expr, at: dict[Index, int], sign: int) -> bool:
    try:
        return bool(sign * here(e, at) >= 0)
    except Undetermined:
        return False


def _product(here: OverBox, e: sp.Mul, at: dict[Index, int], sign: int) -> bool:
    """The product of the signs of the factors; a factor and its negative make minus a square."""
    factors, total = list(e.args), sign
    while factors:
        a = factors.pop()
        if -a in factors and isinstance(a, sp.Add):
            if not _is_defined(here, a, at):
                return False
            factors.remove(-a)
            total = -total
        elif has_sign(here, a, at, 1):
            continue
        elif has_sign(here, a, at, -1):
            total = -total
        else:
            return _by_ball(here, e, at, sign)
    return total > 0

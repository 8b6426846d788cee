"""A formula has no value at an exact point: the log of a number ≤ 0, a root of one < 0, the inverse of 0.

Only pieces that every value of the formula needs are looked at: not what a bracket [..] = 0 or an unused case stands before. The
inverse of 0 counts where values close by are huge or differ from side to side: sin(y)/y has a value at 0 in the eyes of many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import sympy as sp
from flint import arb

from amsym.notation import Delta, Index, Mask, Tensor, Total, depends_on, free_indices
from amsym.notation.functions import Li2
from amsym.system import time
from numeric.rigorous import Evaluator, Undetermined
from proofs.draws import Values, flattened, nested

# How close to the point values are looked at, and what counts as huge there.
NEAR, HUGE = Fraction(1, 2**30), 1000


@dataclass(frozen=True)
class Hole:
    """Why the formula has no value, in words, and the number that shows it."""

    words: str
    value: str


def hole_at(formula: sp.Expr, at: Mapping[Index, int], here: Evaluator) -> Hole | None:
    """The first piece of the formula that has no value at this point; None where none is certain.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> hole_at(sp.log(total(sp.Max(0, y[i]), i)), {}, Evaluator({"N": 2}, {y: (Fraction(-1), Fraction(0))})).words
    'the argument of the logarithm of Σ_i Max(0, y[i]) is 0'
    """
    for e, place in _needed(formula, dict(at), here):
        try:
            found = _hole(e, place, here)
        except (Undetermined, ZeroDivisionError):
            continue
        if found is not None and (not isinstance(e, sp.Pow) or not e.exp.is_negative or not _moves(e, here) or _is_wild(formula, at, here)):
            return found
    return None


def _needed(e: sp.Basic, at: dict[Index, int], here: Evaluator) -> Iterator[tuple[sp.Basic, dict[Index, int]]]:
    """The pieces without which the formula has no value, inner ones first, at every place of the sums around them."""
    if not e.args or isinstance(e, (Mask, Delta, sp.Piecewise)):
        return
    if isinstance(e, sp.Mul) and any(isinstance(f, (Mask, Delta)) for f in e.args):
        factors = [f for f in e.args if isinstance(f, (Mask, Delta))]
        if not all(_is_one(f, at, here) for f in factors):
            return
    if isinstance(e, Total):
        for place in product(*(range(here.sizes[i.axis]) for i in e.bound)):
            yield from _needed(e.body, {**at, **dict(zip(e.bound, place, strict=True))}, here)
        return
    for a in e.args:
        yield from _needed(a, at, here)
    yield e, at


def _is_one(f: sp.Expr, at: dict[Index, int], here: Evaluator) -> bool:
    try:
        return bool(here(f, {i: at[i] for i in free_indices(f)}) == 1)
    except Undetermined:
        return False


def _hole(e: sp.Basic, at: dict[Index, int], here: Evaluator) -> Hole | None:
    u, least, what = _asked(e)
    if u is None:
        return None
    value = here(u, {i: at[i] for i in free_indices(u)})
    zero = value.is_exact() and value == 0
    if value < 0 and least != "nonzero":
        return Hole(f"{what} of {u} is {value.str(6, radius=False)}", str(value.str(15)))
    return Hole(f"{what}{'' if least == 'nonzero' else ' of'} {u} is 0", "0") if zero and least in ("positive", "nonzero") else None


def _asked(e: Any) -> tuple[Any, str, str]:
    """(u, what u must be, in words) for the pieces that need something."""
    if isinstance(e, sp.log):
        return e.args[0], "positive", "the argument of the logarithm"
    if isinstance(e, Li2):
        return 1 - e.args[0], "nonnegative", "one minus the argument of the dilogarithm"
    if isinstance(e, sp.Pow) and not isinstance(e, sp.exp) and e.exp.is_Rational:
        if e.exp.is_Integer:
            return (e.base, "nonzero", "the denominator") if e.exp < 0 else (None, "", "")
        return e.base, "positive" if e.exp < 0 else "nonnegative", "the base of a root"
    return None, "", ""


def _moves(e: sp.Basic, here: Evaluator) -> bool:
    """Whether the piece depends on a state: else there is no value anywhere."""
    return any(depends_on(e, t) for t in here.values if t == time or (isinstance(t, Tensor) and t.kind == "state"))


def _is_wild(formula: sp.Expr, at: Mapping[Index, int], here: Evaluator) -> bool:
    """Whether values next to the point are huge, or differ from side to side in some component."""
    for state in [t for t in here.values if isinstance(t, Tensor) and t.kind == "state"]:
        for place in flattened(here.values[state]):
            left, right = (_beside(formula, at, here, state, place, side) for side in (-1, 1))
            if left is None or right is None:
                continue
            if abs(left) > HUGE or abs(right) > HUGE or abs(left - right) > arb("0.1"):
                return True
    return False


def _beside(formula: sp.Expr, at: Mapping[Index, int], here: Evaluator, state: Tensor, place: tuple[int, ...], side: int) -> arb | None:
    table = flattened(here.values[state])
    values: Values = {**here.values, state: nested({**table, place: table[place] + side * NEAR}, tuple(here.sizes[a] for a in state.axes))}
    try:
        value = Evaluator(here.sizes, values)(formula, dict(at))
    except (Undetermined, ZeroDivisionError):
        return None
    return value if value.is_finite() else None

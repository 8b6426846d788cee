"""Where formulas change their behaviour: at u = 0 for every argument u of a function, a root, a bracket or a denominator.

A fault in a small region, [y > 3], e^(-10⁶ (y - a)²), 1/(1 + 10⁶ (y_i - y_j)²), lies at such a place; a random state does not.
Zeros of f and of ∇E are others: where only one of the two vanishes, dE/dt changes its sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.errors import AmsymError
from amsym.notation.effort import check
from amsym.prover.regularity import moving
from amsym.system import System, time
from proofs.draws import Values
from proofs.falsifier.ascent import approach, newton
from proofs.falsifier.compiled import Function, selected
from proofs.falsifier.coordinates import Coordinates
from proofs.probes import kink_functions

Array = NDArray[np.float64]
# Rows sent to each landmark, steps on the way, the farthest and the nearest that they are put beside it, in powers of ten.
ROWS, STEPS, FAR, NEAR = 48, 24, -1, 8
# Numbers in a batch of Jacobians, rows beside each zero.
NUMBERS, BESIDE = 2_000_000, 6
# Landmarks at most, the short ones first.
MANY = 12


def arguments(system: System) -> tuple[sp.Expr, ...]:
    """The u of every function, root, bracket and denominator of a state.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> arguments(System(flow={y[i]: -sp.exp(y[i] - 3)*y[i]}, energy=total(sp.Max(0, y[i])**2/(1 + y[i]**2), i)))
    (-y[i], y[i] - 3, y[i]**2 + 1)
    """
    found: set[sp.Expr] = set(kink_functions(system))
    for formula in system.formulas:
        for node in moving(formula, (*system.states, time), (sp.Function, sp.exp, sp.Pow)):
            found |= _arguments(node)
    return tuple(sorted((u for u in found if not u.is_number), key=lambda u: (u.count_ops(), str(u)))[:MANY])


def _arguments(node: Any) -> set[sp.Expr]:
    if isinstance(node, sp.Pow) and not isinstance(node, sp.exp):
        plain = node.exp.is_Integer and node.exp > 0
        return set() if plain else {node.base}
    return {a for a in node.args if isinstance(a, sp.Expr)}


def beside(
    formulas: Iterable[sp.Expr], rows: Array, at: Coordinates, sizes: Mapping[str, int], given: Values, noise: np.random.Generator
) -> Iterator[Array]:
    """For each formula rows that lie close to its zeros, on both sides, at distances from 10 to 10⁻⁸."""
    for formula in formulas:
        check()
        some = rows[noise.permutation(len(rows))[:ROWS]]
        u = _function(formula, at, sizes, given, len(some), noise)
        if u is not None:
            yield _near(u, some, at, noise)


@np.errstate(all="ignore")
def near_zeros(field: Function, rows: Array, at: Coordinates, states: int, noise: np.random.Generator) -> Array:
    """Rows close to zeros of a field, at distances from 10 to 10⁻⁸ of them."""
    count = int(min(ROWS, NUMBERS // (2 * states**2)))
    some = rows[noise.permutation(len(rows))[: max(count, 4)]]
    x = newton(field, some, at, states, STEPS // 2) if count else some
    x = np.concatenate([x] * BESIDE)
    distance = 10.0 ** -noise.uniform(FAR, NEAR, size=(len(x), 1))
    x[:, :states] += distance * noise.normal(size=(len(x), states))
    return at.projected(x)


@np.errstate(all="ignore")
def _near(u: Function, rows: Array, at: Coordinates, noise: np.random.Generator) -> Array:
    x, slope = approach(u, rows, at, STEPS, noise)
    length = np.linalg.norm(slope, axis=1, keepdims=True)
    across = slope / np.where(length > 0, length, 1)
    distance = 10.0 ** -noise.uniform(FAR, NEAR, size=(len(x), 1))
    either = noise.normal(size=x.shape)
    return at.projected(np.concatenate([x, x + distance * across, x - distance * across, x + distance * either]))


def _function(formula: sp.Expr, at: Coordinates, sizes: Mapping[str, int], given: Values, rows: int, noise: Any) -> Function | None:
    try:
        return selected(formula, at, sizes, given, rows, noise)
    except (AmsymError, ArithmeticError, ValueError, TypeError):
        return None


__all__ = ["arguments", "beside", "near_zeros"]

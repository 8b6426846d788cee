"""u = 0: where max(0, u), |u| or a bracket [u > 0] of the flow bends, its Jacobian may jump and a branch may have a corner."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from sympy.core.relational import Relational

from amsym.notation import Index, Mask, Tensor, free_indices
from amsym.prover.regularity import JUMPS, KINKS, moving
from amsym.system import System
from numeric.directional import component
from numeric.field import Array

if TYPE_CHECKING:
    from numeric.continuation.family import Family

ON_KINK = 1e-12  # values of u below it count as zero: a branch along a kink leaves such rounding

Pattern = NDArray[np.int8]


def kink_functions(system: System) -> list[sp.Expr]:
    """Every u of the flow at whose zeros its formula changes.

    >>> from amsym.notation import indices, parameter, state, total
    >>> i, j = indices("i j", "N")
    >>> y, W = state("y", "N"), parameter("W", "N N")
    >>> kink_functions(System(flow={y[i]: total(W[i, j]*sp.Max(0, y[j] - 1), j) - y[i]}))
    [1 - y[j]]
    """
    nodes = set().union(*(moving(f, system.states, KINKS + JUMPS) for f in system.equations.values()))
    found = {u for node in nodes for u in _of_node(node)}
    return sorted((u for u in found if u.has(*system.states)), key=str)


def _of_node(node: sp.Basic) -> list[sp.Expr]:
    """The u of one kink or jump."""
    if isinstance(node, (Mask, sp.Piecewise)):
        return [r.lhs - r.rhs for r in node.atoms(Relational) if not isinstance(r.lhs, Index)]
    if isinstance(node, (sp.Max, sp.Min)):
        return [a - b for a, b in combinations(node.args, 2)]
    if isinstance(node, (sp.floor, sp.ceiling, sp.frac, sp.Mod)):  # they jump at the whole multiples of 1, or of the modulus
        return [sp.sin(sp.pi * node.args[0] / (node.args[1] if isinstance(node, sp.Mod) else 1))]
    return [node.args[0]]


def kink_values(family: Family) -> Callable[[Array], Array]:
    """All u at all places as one function of z, (m,); of length 0 for a smooth flow."""
    functions = kink_functions(family.system)
    if not functions:
        return lambda z: np.zeros(0)
    equations: dict[Any, Any] = dict.fromkeys(family.system.equations, sp.S.Zero)
    outputs = []
    for k, u in enumerate(functions):
        where = tuple(sorted(free_indices(u), key=str))
        outputs.append(Tensor(f"kink_{k}", tuple(i.axis for i in where), "state"))
        equations[component(outputs[-1], where)] = u
    bound = family.bound(System(flow=equations))
    width = sum(int(np.prod([family.sizes[a] for a in t.axes], dtype=int)) for t in outputs)

    def values(z: Array) -> Array:
        """u at z."""
        row = np.concatenate([z * family.units, np.zeros(width)])
        return bound.packed_flow(row[None])[0, family.n + 1 :]

    return values


def pattern(u: Array) -> Pattern:
    """The signs of u, 0 on a kink."""
    return np.where(np.abs(u) <= ON_KINK, 0, np.sign(u)).astype(np.int8)


def crossed(a: Pattern, b: Pattern) -> NDArray[np.intp]:
    """Which u have opposite signs at two points."""
    return np.flatnonzero(a * b < 0)

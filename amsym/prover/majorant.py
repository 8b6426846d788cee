"""E = A + B with A convex, B concave, and the update u solves ∇A(u) + ∇B(x) = 0: then E(u) ≤ E(x).

u minimises the convex A(z) + <∇B(x), z>, which lies above E up to a constant and touches it at x (the concave-convex procedure).
One neuron at a time needs A to be a sum over neurons. The one-step update of a softmax memory, x ← ξᵀ softmax(β ξ x), is of this kind.
Source: modern_methods eq. (2.11) ff.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.activated import opened
from amsym.notation import Component, derivative, is_zero
from amsym.notation.canonical import canonical_core
from amsym.prover.convexity import CONSTANT, CONVEX, Steps, curvature
from amsym.prover.factor import is_diagonal
from amsym.prover.regularity import is_continuous
from amsym.system import System


def by_majorant(system: System, c: Component, update: sp.Expr) -> tuple[list[dict[str, Any]], str] | str:
    """The steps and the words, or why the argument does not fit."""
    steps = Steps()
    parts = _split(system, c, steps)
    if parts is None:
        return "the energy was not split into a convex and a concave part whose majorant the update minimises"
    convex, concave = parts
    if system.order != "synchronous" and not is_diagonal(convex, c.tensor, tuple(range(len(c.where)))):
        return "the convex part of the energy couples neurons, which are updated one at a time"
    up, down = derivative(convex, c), derivative(concave, c)
    if not all(is_continuous(e, (c.tensor,)) for e in (convex, concave, up, down)):
        return "the convex or the concave part of the energy has a kink"
    moved = opened(up, {c.tensor: lambda *where: system.right_side(c.tensor, where)})
    if not is_zero(moved + down):
        return f"the update does not minimise the majorant A(z) + ∇B(x)·z with A = {convex}"
    lines = [
        {"identity": f"∇A(u) + ∇B({c.tensor.name}) = 0 for the update u, with A = {convex}"},
        *({"lemma": line, "hypothesis": "applied to A or to -B"} for line in steps.lines),
        {"lemma": "A(u) + ∇B(x)·u ≤ A(x) + ∇B(x)·x, since u minimises a convex function", "hypothesis": "A is convex"},
        {"lemma": "B(u) ≤ B(x) + ∇B(x)·(u - x)", "hypothesis": "B is concave"},
    ]
    return lines, "the update minimises a convex majorant of the energy"


def _split(system: System, c: Component, steps: Steps) -> tuple[sp.Expr, sp.Expr] | None:
    """The convex terms and the other ones, which must be concave or affine; affine ones count as concave."""
    assert system.energy is not None
    for energy in (system.energy, canonical_core(system.energy)):
        kinds = {term: curvature(term, c.tensor, steps) for term in sp.Add.make_args(energy)}
        if None not in kinds.values():
            convex = sp.Add(*(t for t, kind in kinds.items() if kind == CONVEX))
            return convex, sp.Add(*(t for t, kind in kinds.items() if kind not in (CONVEX, CONSTANT)))
    return None

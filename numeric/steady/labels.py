"""What a steady state recalls: m_μ = <ξ_μ, g> / (|ξ_μ| |g|), the overlap of its activation with each pattern.

"stored": one pattern, or its negative, has |m_μ| >= STORED. "mixed": no pattern has, but their span holds MIXED of
g. "spurious": neither. ", dead-flat" is added where neurons are dead, so that the energy is flat along their directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from amsym.dead import dead
from amsym.dead.activations import activations
from amsym.errors import InputError
from amsym.exact import exact
from amsym.notation import Component
from numeric.aside import aside
from numeric.bound import Bound
from numeric.cone import cone
from numeric.field import Array

STORED = 0.9  # a Hopfield network below its capacity recalls with 0.97 and more, its mixtures of three have 0.5 with each
MIXED = 0.8  # of a mixture's signs the span holds 0.87 for three patterns, 0.84 for five, 0.80 for very many


def labels(model: Bound, y: Array, states: Mapping[str, Array], patterns: Any) -> list[str]:
    """One label for each packed steady state (rows, n); `states` are the same by name; without patterns only what is dead is told."""
    words = [""] * len(y) if patterns is None else _recalled(*_activations(model, y, patterns))
    return [", ".join(filter(None, (w, "dead-flat" if flat else ""))) for w, flat in zip(words, _flat(model, states), strict=True)]


def _activations(model: Bound, y: Array, patterns: Any) -> tuple[Array, Array]:
    """The activations g (rows, n) of the state that the patterns (K, n) belong to, and the patterns."""
    xi = np.asarray(patterns, dtype=np.float64)
    packing, _ = model.packing(y.shape[1])
    fits = [s for s in model.system.states if xi.ndim == 2 and packing.size(s.name) == xi.shape[1]]
    if not fits:
        sizes = ", ".join(f"'{s.name}' ({packing.size(s.name)})" for s in model.system.states)
        raise InputError(f"patterns has shape {xi.shape}; rows as long as a state were expected, of {sizes}: pass one pattern a row, xi.T")
    state = fits[0]
    formulas = {a.state: (a.where, a.formula) for a in activations(model.system)}
    flow: dict[Any, Any] = {}
    for s in model.system.states:
        where, formula = formulas[s]
        here = s[where] if s.axes else Component(s)
        flow[here] = here if formula is None else formula
    g = aside(model, flow).packed_flow(y)
    return g[:, packing.part(state.name)], xi


def _recalled(g: Array, xi: Array) -> list[str]:
    unit = g / np.maximum(np.linalg.norm(g, axis=1, keepdims=True), np.finfo(float).tiny)
    m = np.abs(unit @ (xi / np.maximum(np.linalg.norm(xi, axis=1, keepdims=True), np.finfo(float).tiny)).T)
    basis = np.linalg.svd(xi, full_matrices=False)[2]
    held = np.linalg.norm(unit @ basis.T, axis=1)
    best = m.max(axis=1, initial=0)
    return ["stored" if b >= STORED else "mixed" if h >= MIXED else "spurious" for b, h in zip(best, held, strict=True)]


def _flat(model: Bound, states: Mapping[str, Array]) -> list[bool]:
    """Whether some state has dead directions, exact ones."""
    numbers = {s: exact(sp.Float(float(model.params[s.name]))) for s in model.system.scalars if s.name in model.params}
    every = [(d, states[d.state.name]) for d in dead(model.system, numbers)]
    count = len(next(iter(states.values())))
    return [any(cone(d, (), a[k], model.params).vectors.shape[1] for d, a in every) for k in range(count)]

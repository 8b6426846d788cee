"""What a steady state recalls: m_μ = <ξ_μ, g> / (|ξ_μ| |g|), the overlap of its activation with each pattern.

"stored": one pattern, or its negative, has |m_μ| >= STORED. "mixed": no pattern has, but their span holds MIXED of
g. "spurious": neither. ", dead-flat" is added where neurons are dead, so that the energy is flat along their directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Patterns:
    """Patterns ξ (K, N), one a row, of the state of that name."""

    state: str
    xi: Array


def checked_patterns(model: Bound, width: int, patterns: Any) -> Patterns | None:
    """What the caller gave as patterns of states with `width` packed components: {state: (K, N)}, or (K, N) for the first state that fits.

    Raises InputError for anything else, before any time is spent on the flow.
    """
    if patterns is None:
        return None
    packing, _ = model.packing(width)
    sizes = {s.name: packing.size(s.name) for s in model.system.states}
    named = dict(patterns) if isinstance(patterns, Mapping) else dict.fromkeys(sizes, patterns)
    if isinstance(patterns, Mapping) and (len(named) != 1 or not set(named) <= set(sizes)):
        raise InputError(
            f"patterns name {', '.join(map(str, named)) or 'no state'}; one of {', '.join(sizes)} was expected: pass {{name: (K, N)}}"
        )
    xi = _numbers(next(iter(named.values())))
    fits = [name for name in named if xi.ndim == 2 and sizes[name] == xi.shape[1]]
    if not fits:
        told = ", ".join(f"'{name}' ({sizes[name]})" for name in named)
        remedy = "xi.T" if xi.ndim == 2 else "[xi]"
        raise InputError(
            f"patterns has shape {xi.shape}; rows as long as a state were expected, of {told}: pass one pattern a row, {remedy}"
        )
    return Patterns(fits[0], xi)


def _numbers(patterns: Any) -> Array:
    try:
        xi = np.asarray(patterns, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            "patterns is no array of numbers; rows (K, N) were expected, one pattern a row: pass np.array(xi, float)"
        ) from error
    if not np.isfinite(xi).all():
        raise InputError("patterns hold a number that is not finite; finite numbers were expected: drop or mend it")
    return xi


def labels(model: Bound, y: Array, states: Mapping[str, Array], patterns: Patterns | None) -> list[str]:
    """One label for each packed steady state (rows, n); `states` are the same by name; without patterns only what is dead is told."""
    words = [""] * len(y) if patterns is None else _recalled(_activations(model, y, patterns.state), patterns.xi)
    return [", ".join(filter(None, (w, "dead-flat" if flat else ""))) for w, flat in zip(words, _flat(model, states), strict=True)]


def _activations(model: Bound, y: Array, state: str) -> Array:
    """The activations g (rows, N) of one state at packed rows (rows, n)."""
    formulas = {a.state: (a.where, a.formula) for a in activations(model.system)}
    flow: dict[Any, Any] = {}
    for s in model.system.states:
        where, formula = formulas[s]
        here = s[where] if s.axes else Component(s)
        flow[here] = here if formula is None else formula
    g = aside(model, flow).packed_flow(y)
    return g[:, model.packing(y.shape[1])[0].part(state)]


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

"""A System as plain data, so that a certificate stands alone: states, parameters with their properties, and formulas in exact text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from amsym.system import System
from amsym.verdict import Status, Verdict
from proofs.certificates.exact_text import formula_text, index_names
from proofs.draws import plain

# What SymPy may assume of a scalar, and what the certificate says of it.
_ASSUMED = ("positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer")


def model_data(system: System) -> dict[str, Any]:
    """States, parameters, flow or update, energy and declared Lagrangians of a System, as a certificate holds them.

    >>> from amsym import zoo
    >>> model_data(zoo.hopfield("tanh").system if hasattr(zoo.hopfield("tanh"), "system") else zoo.hopfield("tanh"))["flow"]
    {'y[i]': 'b[i] - y[i] + Σ[j:N] W[i, j]*tanh(y[j])'}
    """
    return dict(_data(system))


@lru_cache(maxsize=64)
def _data(system: System) -> dict[str, Any]:
    names = index_names(*system.formulas, *system.equations)
    data: dict[str, Any] = {"states": {s.name: list(s.axes) for s in system.states}, "parameters": _parameters(system)}
    kind = "flow" if system.flow is not None else "update"
    data[kind] = {formula_text(c, names): formula_text(f, names) for c, f in system.equations.items()}
    if kind == "update":
        data |= {"order": system.order, "tie": system.tie}
    if any(s.values for s in system.states):
        data["values"] = {s.name: list(map(int, s.values)) for s in system.states if s.values}
    if system.energy is not None:
        data["energy"] = formula_text(system.energy, names)
    if system.activations:
        data["Lagrangians"] = {s.name: formula_text(L.of(s)) for s, L in system.activations.items()}
    return data


def _parameters(system: System) -> dict[str, Any]:
    found: dict[str, Any] = {p.name: {"axes": list(p.axes), "properties": list(p.properties)} for p in system.parameters}
    for s in system.scalars:
        assumed = [name for name in _ASSUMED if getattr(s, f"is_{name}")]
        found[s.name] = {"axes": [], "properties": assumed}
    if system.depends_on_time:
        found["t"] = {"axes": [], "properties": ["nonnegative"]}
    return found


def with_model(verdict: Verdict, system: System, fixed: Mapping[Any, Any] | None = None, sizes: Mapping[str, int] | None = None) -> Verdict:
    """The verdict with what its certificate needs to stand alone: the model, and the given numbers and sizes where it has none.

    fixed: {parameter: nested tuples of fractions}, as a Question holds them.
    """
    if verdict.status is Status.UNDECIDED or "model" in verdict.certificate:
        return verdict
    more: dict[str, Any] = {"model": model_data(system)}
    if fixed is not None:
        more = {"sizes": dict(sizes or {}), "values": {str(k.name): plain(v) for k, v in fixed.items()}} | more
    return replace(verdict, certificate={**more, **verdict.certificate})


def domain_data(domain: Mapping[Any, Any] | None) -> dict[str, Any]:
    """The boxes of the states by name: {"y": [low, high]}, numbers or nested lists; None for an infinite end.

    >>> domain_data({"y": (-5, float("inf"))})
    {'y': [-5.0, None]}
    """
    named = {getattr(getattr(key, "tensor", key), "name", key): box for key, box in (domain or {}).items()}
    return {str(name): [_finite(np.asarray(bound, dtype=float).tolist()) for bound in box] for name, box in named.items()}


def _finite(x: Any) -> Any:
    return [_finite(v) for v in x] if isinstance(x, list) else x if math.isfinite(x) else None

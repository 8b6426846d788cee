"""The patterns that show dE/dt ≤ 0 for one state, each an identity that reduces to zero and a matrix that is semidefinite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from amsym.indexing import letters, said
from amsym.notation import Component, Index, Tensor, derivative, fresh_indices, is_zero, tidy, total
from amsym.notation.calculus import potential_tensor
from amsym.prover.activation import activation_argument
from amsym.prover.convexity import Steps, is_convex
from amsym.prover.factor import Factor, common_factor, hessian_factor, joint_factors, shared_part
from amsym.prover.signs import is_nonnegative, is_positive
from amsym.render.sentences import before, diagonal, factor_identity, hessian_identity, matrix_identity, scaled, slope_of
from amsym.system import System


@dataclass
class Argument:
    """What a pattern found for one state: the pattern, M or R, its words, and the steps that show it."""

    pattern: str
    state: Tensor
    factor: Factor
    words: str
    steps: list[dict[str, Any]] = field(default_factory=list)
    strict: bool = False


def gradient(system: System, state: Tensor) -> sp.Expr:
    """∂E/∂y at the indices that the author gave the state's equation."""
    assert system.energy is not None
    return derivative(system.energy, state[system.indices(state)] if state.axes else Component(state))


def _metric(system: System, c: Component) -> Argument | None:
    """∇E = -m f with a slope m ≥ 0."""
    left, f = gradient(system, c.tensor), system.equations[c]
    m = _slope(left, f, c)
    return None if m is None else _by_slope(system, "metric", c, m)


def _inverse_metric(system: System, c: Component) -> Argument | None:
    """f = -r ∇E with a factor r ≥ 0."""
    left, f = gradient(system, c.tensor), system.equations[c]
    r = _slope(f, left, c)
    return None if r is None else _by_slope(system, "gradient flow", c, r)


def _slope(a: sp.Expr, b: sp.Expr, c: Component) -> sp.Expr | None:
    """The m ≥ 0 with a = -m b."""
    m = sp.S.Zero if is_zero(a) else common_factor(a, b, c.where)
    return m if m is not None and is_nonnegative(m) else None


def _by_slope(system: System, pattern: str, c: Component, m: sp.Expr) -> Argument:
    m = tidy(m, letters(system))
    everywhere = "" if m.is_number else " for every state and parameter"
    lemma = {"lemma": "a square times a nonnegative factor is nonnegative", "hypothesis": f"{said(system, m)} ≥ 0{everywhere}"}
    shown = f"{'M' if pattern == 'metric' else 'R'} = {diagonal(system, m)}"
    steps = [{"identity": factor_identity(system, c, m, pattern == "metric")}, lemma]
    return Argument(pattern, c.tensor, Factor(slope=m), shown, steps, is_positive(m))


def _common_residual(system: System, c: Component) -> Argument | None:
    """f = a r and ∇E = -b r with a, b ≥ 0: amplification in front of a gradient, as in Cohen and Grossberg's networks."""
    left, f = gradient(system, c.tensor), system.equations[c]
    shared = shared_part(f, left)
    if shared is None:
        return None
    r, a, b = shared
    sign = next((s for s in (1, -1) if is_nonnegative(s * a) and is_nonnegative(-s * b)), None)
    if sign is None or not (is_zero(f - a * r) and is_zero(left - b * r)):
        return None
    return _weighed(system, c, sign * a, -sign * b)


def _weighed(system: System, c: Component, a: sp.Expr, b: sp.Expr) -> Argument | None:
    """∇E = -(b/a) f where a > 0, f = -(a/b) ∇E where b > 0."""
    if is_positive(a):
        return _by_slope(system, "metric", c, b / a)
    if is_positive(b):
        return _by_slope(system, "gradient flow", c, a / b)
    return None


def _potentials(system: System, state: Tensor) -> list[tuple[sp.Expr, str]]:
    declared = system.activations.get(state)
    found = [(declared.of(state), f"the Hessian of the Lagrangian {declared.name}")] if declared is not None else []
    found += [(potential_tensor(t)[()], f"the Hessian of {potential_tensor(t)}") for t in system.parameters if t.of == state]
    return found + [(p, f"the Hessian of {said(system, p)}") for p in joint_factors(state, system.formulas)]


def _hessian_metric(system: System, c: Component) -> Argument | None:
    """∇E = -c Λ f with Λ the Hessian of a convex function, declared or found in the formulas."""
    left = gradient(system, c.tensor)

    def flow(where: tuple[Index, ...]) -> sp.Expr:
        return system.right_side(c.tensor, where)

    for potential, name in _potentials(system, c.tensor):
        found = hessian_factor(left, flow, c, potential, name)
        if found is None:
            continue
        steps = Steps()
        sign = next((s for s in (1, -1) if is_nonnegative(s * found.scale) and is_convex(s * potential, c.tensor, steps)), None)
        if sign is not None:
            return _hessian_argument(system, c, found, steps)
    return None


def _hessian_argument(system: System, c: Component, found: Factor, steps: Steps) -> Argument:
    potential = said(system, found.potential)
    identity = {"identity": hessian_identity(system, c, found.scale, found.name), "potential": potential}
    lemmas = [{"lemma": line, "hypothesis": f"applied to {potential}"} for line in steps.lines]
    last = {
        "lemma": "the Hessian of a convex function is positive semidefinite",
        "hypothesis": f"{potential} is convex in {c.tensor.name}",
    }
    return Argument("metric", c.tensor, found, f"M = {scaled(system, found.scale, found.name)}", [identity, *lemmas, last])


def _activated_first(system: System, c: Component) -> Argument | None:
    """The activation pattern before any other for joint activations, whose written-out gradients are long."""
    declared = system.activations.get(c.tensor)
    return _activated(system, c) if declared is None or declared.kind != "additive" else None


def _activated(system: System, c: Component) -> Argument | None:
    """∂E/∂g = -c f with the activation g = ∇P kept as a symbol, P convex."""
    found = activation_argument(system, c)
    if found is None:
        return None
    potential = said(system, found.potential)
    steps: list[dict[str, Any]] = [
        {"identity": f"∂E/∂g_{c.tensor.name} {before(system, found.scale, 'f', ' ')} = 0, with activations as symbols"},
        {"identity": f"{slope_of(system, c)} at fixed activations = 0, with activations opened"},
        {"identity": f"{said(system, found.formula)} = ∂P/∂{said(system, c)}", "potential": potential},
        *({"lemma": line, "hypothesis": f"applied to {potential}"} for line in found.lemmas),
        {"lemma": "the Hessian of a convex function is positive semidefinite", "hypothesis": f"P is convex in {c.tensor.name}"},
    ]
    factor = Factor(potential=found.potential, scale=found.scale, name=found.name)
    return Argument("metric", c.tensor, factor, f"M = {scaled(system, found.scale, found.name)}", steps)


def _matrix_flow(system: System, c: Component) -> Argument | None:
    """f = -c P ∇E, or ∇E = -c P f, for a matrix P declared positive semidefinite."""
    left, f = gradient(system, c.tensor), system.equations[c]
    for P in system.parameters:
        if not P.has_property("psd") or P.axes != c.tensor.axes * 2:
            continue
        other = fresh_indices(c.tensor.axes, c.where)
        weight, names = P[c.where + other], dict(zip(c.where, other, strict=True))
        for pattern, a, b in (("gradient flow", f, left), ("metric", left, f)):
            scale = common_factor(a, total(weight * b.xreplace(names), *other), c.where)
            if scale is not None and not scale.free_symbols & set(c.where) and is_nonnegative(scale):
                metric, found = pattern == "metric", Factor(name=P.name, scale=scale)
                identity = {"identity": matrix_identity(system, c, P, scale, metric=metric)}
                lemma = {"lemma": "vᵀ P v ≥ 0", "hypothesis": f"{P.name} is declared positive semidefinite"}
                shown = f"{'M' if metric else 'R'} = {scaled(system, scale, P.name)}"
                return Argument(pattern, c.tensor, found, shown, [identity, lemma])
    return None


Pattern = Callable[[System, Component], Argument | None]

PATTERNS: tuple[Pattern, ...] = (
    _activated_first,
    _metric,
    _inverse_metric,
    _common_residual,
    _activated,
    _hessian_metric,
    _matrix_flow,
)


def in_order(system: System, c: Component) -> tuple[Pattern, ...]:
    """The patterns; where a Lagrangian was declared that acts over an axis, its Hessian is the likely metric, and comes early."""
    declared = system.activations.get(c.tensor)
    early = (_activated_first, _hessian_metric) if declared is not None and declared.kind == "joint" else ()
    return (*early, *(p for p in PATTERNS if p not in early))

"""Exactly one steady state for every size and parameter: couplings below 1/c, decoupled decay, or a strongly convex energy.

In f = r (W g - y + b) two steady states with difference Δy and Δg have Δy = W Δg and Δg·Δy ≥ |Δg|²/c, where g with slopes up
to c is the gradient of a convex function (Baillon and Haddad 1977). So Δg·(1/c - W)Δg ≤ 0, and Δg = 0 where the symmetric
part of W lies below 1/c. There is one: solutions of y = s (W g + b), s in [0, 1], are bounded alike, and the degree of
the identity is 1.
"""

from __future__ import annotations

import sympy as sp

from amsym.lagrangian import split_diagonal
from amsym.notation import Component, Delta, Tensor, depends_on, derivative, fresh_indices, state, tidy, total
from amsym.notation.canonical import canonical_core
from amsym.prover.bounds import bounds, known
from amsym.prover.convexity import Steps, is_convex
from amsym.prover.links import critical_are_steady, steady_are_critical
from amsym.prover.network import network
from amsym.prover.patterns import gradient
from amsym.prover.regularity import conditions, is_continuous, unknown_functions
from amsym.prover.signs import is_nonnegative, is_positive
from amsym.prover.slopes import moves
from amsym.system import System

MONOTONE = (
    "two steady states have Δg·(1/c - W)Δg ≤ 0 since Δg·Δy ≥ |Δg|²/c (Baillon and Haddad 1977), so Δg = 0 and Δy = 0; "
    "one exists, since all solutions of y = s (W g + b), 0 ≤ s ≤ 1, are bounded (Leray and Schauder)"
)
STRONG = "a continuously differentiable, strongly convex function has exactly one critical point"
SCALAR = "a continuous function of one variable with slope ≤ -a < 0 has exactly one zero"


def always_one(system: System) -> tuple[list[dict[str, str]], str] | None:
    """The steps and words that show exactly one steady state for every size and parameter, or None."""
    return _decoupled(system) or _definite(system) or _strongly_convex(system)


def _definite(system: System) -> tuple[list[dict[str, str]], str] | None:
    """Σ u²/c - Σ W u u ≥ Σ u²/(16 c) for every u."""
    net = network(system)
    if net is None or not net.monotone:
        return None
    u = {s: state(f"u_{s.name}", " ".join(s.axes)) for s in system.states}
    form: sp.Expr = sp.S.Zero
    for s in system.states:
        where = fresh_indices(s.axes)
        form += total(sp.Rational(15, 16) / net.slopes[s] * u[s][where] ** 2, *where)
    for (r, s), (w, a, b) in net.couplings.items():
        form -= total(w * u[r][a] * u[s][b], *a, *b)
    if not is_nonnegative(form):
        return None
    steps = [{"lemma": line, "hypothesis": "bounds of the slope"} for line in net.lemmas]
    steps += [
        {"identity": f"Σ u²/c - Σ W u u - Σ u²/(16 c) = {form} ≥ 0"},
        {"lemma": MONOTONE, "hypothesis": "1/c - W is positive definite"},
    ]
    return steps, "the couplings lie below 1/c, c the largest slope of g, so exactly one state has W g - y + b = 0"


def _decoupled(system: System) -> tuple[list[dict[str, str]], str] | None:
    """Every f_i is a function of y_i alone that falls at least at a rate a > 0."""
    if system.flow is None or conditions(*system.formulas):
        return None
    steps: list[dict[str, str]] = []
    for at, f in system.flow.items():
        if unknown_functions(f, system.states) or not is_continuous(f, system.states):
            return None
        if any(depends_on(f, s) for s in system.states if s != at.tensor):
            return None
        other = fresh_indices(at.tensor.axes, at.where)
        slope = derivative(f, at.tensor[other] if other else Component(at.tensor))
        deltas = tuple(Delta(a, b) for a, b in zip(at.where, other, strict=True))
        diagonal, rest = split_diagonal(slope, deltas) if deltas else (slope, sp.S.Zero)
        fall = tidy(-diagonal.xreplace(dict(zip(other, at.where, strict=True))))
        margin = _margin(fall, system.states)
        if rest != 0 or margin is None:
            return None
        steps += [{"identity": f"∂f/∂{at} = {-fall}"}, {"lemma": SCALAR, "hypothesis": f"{fall} ≥ {margin} > 0 for every state"}]
    return steps, "each component's flow depends on that component alone and falls everywhere, so it vanishes once"


def _margin(fall: sp.Expr, states: tuple[Tensor, ...]) -> sp.Expr | None:
    """A positive a ≤ fall that no state enters."""
    low = bounds(canonical_core(fall)).low
    if low.is_finite and known(low > 0):
        return low
    fixed = sp.Add(*(a for a in sp.Add.make_args(canonical_core(fall)) if not moves(a, states)))
    if is_positive(fixed) and is_nonnegative(canonical_core(fall - fixed)):
        return fixed
    return next((sp.Rational(1, n) for n in (2, 10, 100) if is_nonnegative(fall - sp.Rational(1, n))), None)


def _strongly_convex(system: System) -> tuple[list[dict[str, str]], str] | None:
    """Steady states are the critical points of a strongly convex energy."""
    if system.energy is None or len(system.states) != 1 or conditions(*system.formulas):
        return None
    (s,) = system.states
    if not all(is_continuous(e, (s,)) for e in (*system.formulas, gradient(system, s))):
        return None
    where = fresh_indices(s.axes)
    square = total(s[where] ** 2, *where) / 2 if where else Component(s) ** 2 / 2
    for eps in (sp.Rational(1, 2), sp.Rational(1, 16)):
        used = Steps()
        if is_convex(canonical_core(system.energy - eps * square), s, used):
            break
    else:
        return None
    links = steady_are_critical(system), critical_are_steady(system)
    if any(v is None for v in links):
        return None
    steps = [step for v in links if v is not None for step in v.certificate["steps"]]
    steps += [{"lemma": line, "hypothesis": "applied to E minus the square"} for line in used.lines]
    steps.append({"lemma": STRONG, "hypothesis": f"E - {eps} Σ {s.name}²/2 is convex"})
    return steps, f"E - {eps} Σ {s.name}²/2 is convex, and f = 0 exactly where ∇E = 0"


__all__ = ["MONOTONE", "always_one"]

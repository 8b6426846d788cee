"""Properties that follow from the formulas alone: smoothness, convex Lagrangians, steady states against critical points."""

from __future__ import annotations

from amsym.prover.convexity import Steps, is_convex
from amsym.prover.lyapunov import lyapunov_arguments
from amsym.prover.patterns import Argument
from amsym.prover.regularity import conditions, kinks, named_functions
from amsym.system import System, time
from amsym.verdict import Status, Verdict


def smooth(system: System) -> Verdict | None:
    """Flow and energy free of kinks and defined everywhere; nothing is said where they are not."""
    if system.flow is None or any(kinks(f, (*system.states, time)) for f in system.formulas) or conditions(*system.formulas):
        return None
    steps = [{"lemma": "compositions of smooth functions are smooth", "hypothesis": "no kink; logs, roots and denominators stay positive"}]
    unnamed = named_functions(*system.formulas)
    words = "flow and energy are infinitely differentiable" + (f", if {', '.join(unnamed)} are" if unnamed else "")
    return Verdict("smooth", Status.PROVED, {"kind": "symbolic steps", "steps": steps}, words)


def lagrangians_convex(system: System) -> Verdict | None:
    """Whether every declared Lagrangian is convex."""
    if not system.activations:
        return None
    claim, steps, open_ones = "Lagrangians convex", [], []
    for state, lagrangian in system.activations.items():
        used = Steps()
        if is_convex(lagrangian.of(state), state, used):
            steps += [{"lemma": line, "hypothesis": f"Lagrangian {lagrangian.name} of {state.name}"} for line in used.lines]
        else:
            open_ones.append(f"{lagrangian.name} of {state.name}")
    if open_ones:
        return Verdict(claim, Status.UNDECIDED, {"kind": "attempts"}, f"no rule shows {', '.join(open_ones)} convex")
    return Verdict(claim, Status.PROVED, {"kind": "symbolic steps", "steps": steps}, "each by rules of composition")


def _links(system: System, pattern: str) -> list[Argument] | None:
    """The arguments when every state has one of this pattern, or one whose factor is never zero and so works both ways."""
    if any(kinks(f, system.states) for f in system.formulas):
        return None
    arguments = lyapunov_arguments(system) if system.flow is not None else None
    fits = arguments is not None and all(a.pattern == pattern or a.strict for a in arguments)
    return arguments if fits else None


def steady_are_critical(system: System) -> Verdict | None:
    """f = 0 implies ∇E = 0, where ∇E = -M f, or R is invertible."""
    words = "∇E = -M f, so f = 0 gives ∇E = 0", "∇E = -R⁻¹ f with R > 0, so f = 0 gives ∇E = 0"
    return _implied(system, "steady states are critical points", "metric", *words)


def critical_are_steady(system: System) -> Verdict | None:
    """∇E = 0 implies f = 0, where f = -R ∇E, or M is invertible."""
    words = "f = -R ∇E, so ∇E = 0 gives f = 0", "f = -M⁻¹ ∇E with M > 0, so ∇E = 0 gives f = 0"
    return _implied(system, "critical points are steady states", "gradient flow", *words)


def _implied(system: System, claim: str, pattern: str, direct: str, inverted: str) -> Verdict | None:
    arguments = _links(system, pattern)
    if arguments is None:
        return None
    turned = [a for a in arguments if a.pattern != pattern]
    steps = [a.steps[0] for a in arguments] + [{"lemma": "a positive factor is never zero", "hypothesis": a.words} for a in turned]
    words = ([direct] if len(turned) < len(arguments) else []) + ([inverted] if turned else [])
    return Verdict(claim, Status.PROVED, {"kind": "symbolic steps", "steps": steps}, "; ".join(words))

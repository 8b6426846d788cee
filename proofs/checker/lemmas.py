"""The lemmas that proofs may name, and their hypotheses sampled where they are inequalities on formulas; claims likewise.

A lemma that is not in the list is not accepted. Sampling can refute a hypothesis; what it does not refute is trusted, and counted so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise, product
from typing import Any

from flint import arb, fmpq

from proofs.checker.balls import Undetermined
from proofs.checker.covers import Refused
from proofs.checker.identities import activation
from proofs.checker.reader import Node, Unreadable, read, read_relation
from proofs.checker.trial import Key, Trial

# The first words of each lemma.
LEMMAS = (
    "(s' - s) h ≥ 0 for s' the higher value",
    "A(u) + ∇B(x)·u ≤ A(x) + ∇B(x)·x",
    "B(u) ≤ B(x) + ∇B(x)·(u - x)",
    "Cauchy and Schwarz",
    "Young's inequality",
    "a Lipschitz function whose derivative is smooth",
    "a concave E lies below its tangent",
    "a continuous E with v·∇E = 0",
    "a continuous function of one variable with slope",
    "a continuous function on a compact set is bounded",
    "a continuously differentiable, strongly convex function has exactly one critical point",
    "a convex L of degree",
    "a finite sum of terms with a floor has one",
    "a form with positive pivots is positive definite",
    "a function of finitely many states has a least value",
    "a locally Lipschitz, definable E is the integral of its formal derivative",
    "a locally bounded function of one component is bounded below",
    "a square times a nonnegative factor is nonnegative",
    "along a dead direction the activation does not move",
    "an energy that does not rise cannot reach states",
    "an energy that tells no places of an axis apart",
    "an invertible factor can be taken to the other side",
    "chain rule",
    "choosing the lower of two energies never raises it",
    "compositions of smooth functions are smooth",
    "dE/dt = Σ ∇E f is nonpositive",
    "e(x + c v) = e(x) + c k by rules",
    "interval bounds through the",
    "the Hessian of a convex function is positive semidefinite",
    "two steady states have",
    "vᵀ P v ≥ 0",
    "where the flow jumps, a Filippov solution",
    "Λ = diag(d) - Σ c u uᵀ",
)
# Rules of composition, bounds of slopes and monotone activations: these words stand somewhere in the line.
PATTERNS = (
    r"\bis (convex|concave|affine)\b",
    r"\bare (convex|concave|affine)\b",
    r"constant (nowhere|on no part)",
    r"\bslope",
    r"^φ",
    r"positive semidefinite",
    r"\bminimum\b|\bmaximum\b",
    r"contraction",
)
Test = Callable[[Trial], None]


def known(lemma: str) -> bool:
    """Whether a lemma is in the list."""
    return lemma.startswith(LEMMAS) or any(re.search(p, lemma) for p in PATTERNS)


def hypothesis_test(step: Mapping[str, Any]) -> Test | None:
    """A test of a lemma's hypothesis, where it is an inequality, a convexity or a declaration; else None."""
    text, lemma = step.get("hypothesis", ""), step["lemma"]
    applied = re.fullmatch(r"applied to (?:L = )?(.*)", text)
    try:
        if applied and re.search(r"(is|are) convex", lemma) and not re.fullmatch(r"-E|A or to -B|E minus the square", applied[1]):
            return _convexity(applied[1])
        if re.fullmatch(r".* ≥ 0( for every state and parameter)?|E ≥ .*", text):
            return _inequality(text.removesuffix(" for every state and parameter"))
        if text.endswith(" > 0 for every state"):
            return _inequality(re.sub(r" ≥ .* > 0 for every state$", " > 0", text))
        if lemma.startswith("interval bounds through the formula") and text.endswith(" is bounded below"):
            return _floor(text.removesuffix(" is bounded below"))
    except Unreadable:
        return None
    if lemma.startswith("a function of finitely many states"):
        return _is_finite
    if lemma.startswith("compositions of smooth functions"):
        return _no_kinks
    if "activation" in step and re.match(r"a strictly monotone function|an analytic function that moves", lemma):
        return lambda trial: _moves(trial, step, strictly=lemma.startswith("a strictly"))
    declared = re.fullmatch(r"(\w+) is declared positive semidefinite", text)
    return (lambda trial: _is_declared(trial, declared[1])) if declared else None


def claim_test(claim: str, c: Mapping[str, Any]) -> Test | None:
    """The claim itself at random points, where it can be looked at there."""
    data = c["model"]
    if claim == "energy never increases" and "flow" in data and "t" not in data.get("parameters", {}):
        return _falls
    if claim == "Lagrangians convex" and "Lagrangians" in data:
        tests = [_convexity(text) for text in data["Lagrangians"].values()]
        return lambda trial: _all(tests, trial)
    if claim in ("energy bounded below", "energy coercive") and not data.get("values") and "states" not in c.get("domain", {}):
        return _floor(data["energy"]) if claim == "energy bounded below" else _rises
    return None


def _all(tests: list[Test], trial: Trial) -> None:
    for test in tests:
        test(trial)


def _inequality(text: str) -> Test:
    left, sign, right = read_relation(text)

    def test(trial: Trial) -> None:
        m = trial.model
        with m.meaning({"E": m.energy} if "E" not in m.axes and "energy" in m.data else {}):
            nodes = [m.graph.minus(m.node(left, s), m.node(right, s)) for s in _scopes(trial, left)]
        for x in (x for found in trial.values(nodes) for x in found):
            if arb(x) < 0 or (sign in "<>" and arb(x) <= 0):
                raise Refused(f"the hypothesis {text!r:.60} is false at a random point")

    return test


def _scopes(trial: Trial, tree: Node) -> list[dict[str, tuple[int, str]]]:
    """Every choice of places for the free indices of a formula."""
    axes = trial.model.axes_in(tree)
    if any(len(found) != 1 for found in axes.values()):
        raise Unreadable("an index of a hypothesis runs over several axes")
    names = [(i, next(iter(a))) for i, a in sorted(axes.items())]
    places = product(*(range(trial.model.sizes[a]) for _, a in names))
    return [{i: (k, a) for (i, a), k in zip(names, p, strict=True)} for p in places]


def _convexity(text: str) -> Test:
    """vᵀ ∇²P v ≥ 0, and P in the middle of a chord no larger than the mean, for a random v."""
    tree = read(text)

    def test(trial: Trial) -> None:
        m = trial.model
        for P in [m.node(tree, scope) for scope in _scopes(trial, tree)]:
            v = {q: fmpq(trial.rng.randint(-9, 9), 4) for q in m.components}
            nodes = {q: m.graph.number(x) for q, x in v.items()}
            curve = trial.along(trial.along(P, nodes), nodes)
            low, high = (trial.values([P], _moved(v, s)) for s in (-1, 1))
            for (middle, c), (a,), (b,) in zip(trial.values([P, curve]), low, high, strict=True):
                if arb(c) < 0 or arb(a) + arb(b) < 2 * arb(middle):
                    raise Refused(f"{text!r:.60} is not convex at a random point")

    return test


def _moved(v: Mapping[Key, fmpq], s: int) -> Callable[[Mapping[Key, fmpq]], Mapping[Key, Any]]:
    return lambda point: {q: point[q] + s * x for q, x in v.items()}


def _falls(trial: Trial) -> None:
    if any(arb(rate) > 0 for (rate,) in trial.values([trial.model.energy_rate])):
        raise Refused("dE/dt > 0 at a random point")


def _put(numbers: Mapping[Key, Any]) -> Callable[[Any], Mapping[Key, Any]]:
    return lambda point: numbers


def _far(trial: Trial, node: int, times: int) -> list[arb]:
    """A node where the states are so many times larger."""
    return [arb(x) for (x,) in trial.values([node], lambda point: {q: times * point[q] for q in trial.model.components})]


def _floor(text: str) -> Test:
    """A formula that is bounded below does not fall a thousandfold when the states grow a millionfold."""
    tree = read(text)

    def test(trial: Trial) -> None:
        for scope in _scopes(trial, tree):
            node = trial.model.node(tree, scope)
            if any(far < -1000 * (1 + abs(near)) for near, far in zip(_far(trial, node, 1), _far(trial, node, 10**6), strict=True)):
                raise Refused(f"{text!r:.60} falls far out")

    return test


def _rises(trial: Trial) -> None:
    """E grows when large states grow a thousandfold."""
    E = trial.model.energy
    if not all(far > near for near, far in zip(_far(trial, E, 10**6), _far(trial, E, 10**9), strict=True)):
        raise Refused("E does not rise far out")


def _is_finite(trial: Trial) -> None:
    if set(trial.model.data.get("values", {})) != set(trial.model.states):
        raise Refused("a state is not declared to have finitely many values")


def _is_declared(trial: Trial, name: str) -> None:
    if "psd" not in trial.model.data["parameters"].get(name, {}).get("properties", ()):
        raise Refused(f"{name} is not declared positive semidefinite")


def _moves(trial: Trial, step: Mapping[str, Any], strictly: bool) -> None:
    """The activation of one component at several values: rising from each to the next, or not the same at all."""
    for q, g in activation(trial, step).items():
        found = [[arb(x) for (x,) in trial.values([g], _put({q: fmpq(y, 3)}))] for y in (-7, -2, -1, 1, 2, 7)]
        for values in zip(*found, strict=True):
            if strictly and any(b <= a for a, b in pairwise(values)):
                raise Refused("the activation does not rise everywhere")
            if not any(v > values[0] or v < values[0] for v in values):
                raise Refused("the activation does not move")


def _no_kinks(trial: Trial) -> None:
    m = trial.model
    nodes = m.graph.needed([*m.right_sides, *([m.energy] if "energy" in m.data else [])])
    if any(m.graph.nodes[a][0] in ("?", "max", "min") for a in nodes):
        raise Undetermined("the formulas hold brackets or maxima, so that they are smooth by more than composition")


__all__ = ["claim_test", "hypothesis_test", "known"]

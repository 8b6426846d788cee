"""The lemmas that proofs may name, and how their hypotheses are sampled where they are inequalities on formulas.

A lemma that is not in the list is not accepted. Sampling can refute a hypothesis; what it does not refute is trusted, and counted so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flint import arb, fmpq

from proofs.checker.balls import Undetermined
from proofs.checker.covers import Refused
from proofs.checker.reader import Unreadable, read, read_relation

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
Test = Callable[[Any], None]


def known(lemma: str) -> bool:
    """Whether a lemma is in the list."""
    return lemma.startswith(LEMMAS) or any(re.search(p, lemma) for p in PATTERNS)


def hypothesis_of(step: Mapping[str, Any]) -> Test | None:
    """A test of the hypothesis at a random point, where it is an inequality or a convexity that can be sampled; else None."""
    text, lemma = step.get("hypothesis", ""), step["lemma"]
    applied = re.fullmatch(r"applied to (?:L = )?(.*)", text)
    try:
        if applied and re.search(r"\bis convex|are convex", lemma) and applied[1] not in ("-E", "A or to -B", "E minus the square"):
            return _convexity(applied[1])
        if text.endswith(" ≥ 0 for every state and parameter") or re.fullmatch(r"\d+(/\d+)? ≥ 0", text):
            return _inequality(text.removesuffix(" for every state and parameter"))
        if text.endswith(" > 0 for every state"):
            return _inequality(re.sub(r" ≥ .* > 0 for every state$", " > 0", text))
        if re.fullmatch(r"E ≥ .*", text):
            return _inequality(text)
        if text == "dE/dt ≤ 0 term by term":
            return _rate
        if lemma.startswith("interval bounds through the formula") and text.endswith(" is bounded below"):
            return _floor(text.removesuffix(" is bounded below"))
        if lemma.startswith("a function of finitely many states"):
            return _is_finite
        if lemma.startswith("a strictly monotone function is constant nowhere") and "activation" in step:
            return _monotone(step)
        if lemma.startswith("an analytic function that moves") and "activation" in step:
            return _moving(step)
        if lemma.startswith("compositions of smooth functions"):
            return _no_kinks
    except Unreadable:
        return None
    return _declared(text)


def _inequality(text: str) -> Test:
    left, sign, right = read_relation(text)

    def test(trial: Any) -> None:
        m = trial.model
        m.specials = {"E": m.energy} if "E" not in m.axes else {}
        try:
            nodes = [m.graph.minus(m.node(left, s), m.node(right, s)) for s in _scopes(m, left)]
        finally:
            m.specials = {}
        for x in trial(*nodes):
            if arb(x) < 0 or (sign in "<>" and arb(x) <= 0):
                raise Refused(f"the hypothesis {text!r:.60} is false at a random point")

    return test


def _scopes(m: Any, tree: Any) -> list[dict[str, tuple[int, str]]]:
    """Every choice of places for the free indices of a formula."""
    from itertools import product

    axes = m._axes_in(tree)
    if any(len(found) != 1 for found in axes.values()):
        raise Unreadable("an index of a hypothesis runs over several axes")
    names = [(i, next(iter(a))) for i, a in sorted(axes.items())]
    places = product(*(range(m.sizes[a]) for _, a in names))
    return [{i: (k, a) for (i, a), k in zip(names, p, strict=True)} for p in places]


def _convexity(text: str) -> Test:
    """vᵀ ∇²P v ≥ 0, and P in the middle of a chord no larger than the mean, for a random v."""
    tree = read(text)

    def test(trial: Any) -> None:
        m, g = trial.model, trial.model.graph
        for scope in _scopes(m, tree):
            P, unknowns = m.node(tree, scope), m.unknowns
            v = [fmpq(trial.rng.randint(-9, 9), 4) for _ in unknowns]
            along = g.add(*(g.multiply(a, g.number(b)) for a, b in zip(g.gradient(P, unknowns), v, strict=True)))
            second = g.add(*(g.multiply(a, g.number(b)) for a, b in zip(g.gradient(along, unknowns), v, strict=True)))
            ends = [trial(P, changed={q: trial.numbers[q] + s * x for q, x in zip(m.components, v, strict=True)})[0] for s in (-1, 1)]
            middle, curve = trial(P, second)
            if arb(curve) < 0 or arb(ends[0]) + arb(ends[1]) < 2 * arb(middle):
                raise Refused(f"{text!r:.60} is not convex at a random point")

    return test


def _rate(trial: Any) -> None:
    if arb(trial(trial.model.energy_rate)[0]) > 0:
        raise Refused("dE/dt > 0 at a random point")


def _floor(text: str) -> Test:
    """A formula that is bounded below does not fall a millionfold when the states grow a millionfold."""
    tree = read(text)

    def test(trial: Any) -> None:
        m = trial.model
        for scope in _scopes(m, tree):
            node = m.node(tree, scope)
            (near,) = trial(node)
            (far,) = trial(node, changed={q: x * 10**6 for q, x in trial.numbers.items()})
            if arb(far) < -1000 * (1 + abs(arb(near))):
                raise Refused(f"{text!r:.60} falls far out")

    return test


def _rises(trial: Any) -> None:
    """E does not fall when large states grow a thousandfold."""
    E = trial.model.energy
    near, far = (arb(trial(E, changed={q: x * k for q, x in trial.numbers.items()})[0]) for k in (10**6, 10**9))
    if far <= near:
        raise Refused("E does not rise far out")


def _is_finite(trial: Any) -> None:
    if set(trial.model.data.get("values", {})) != set(trial.model.states):
        raise Refused("a state is not declared to have finitely many values")


def activations_of(trial: Any, step: Mapping[str, Any]) -> dict[Any, int]:
    """The activation by component, as "activation": {"y[i]": formula} says it."""
    ((left, text),) = step["activation"].items()
    head, m = read(left), trial.model
    where = head[2] if head[0] == "at" else ()
    return {(head[1], p): m.node(text, dict(zip(where, zip(p, m.axes[head[1]], strict=True), strict=True))) for p in m.places(head[1])}


def _monotone(step: Mapping[str, Any]) -> Test:
    """The activation of one component at two values, the larger one at the larger."""

    def test(trial: Any) -> None:
        for q, g in activations_of(trial, step).items():
            low, high = (arb(trial(g, changed={q: trial.numbers[q] + x})[0]) for x in (0, fmpq(1, 3)))
            if high <= low:
                raise Refused("the activation does not rise at a random point")

    return test


def _moving(step: Mapping[str, Any]) -> Test:
    """The activation of one component is not the same at several values."""

    def test(trial: Any) -> None:
        for q, g in activations_of(trial, step).items():
            values = [arb(trial(g, changed={q: fmpq(x, 3)})[0]) for x in (-7, -2, -1, 1, 2, 7)]
            if not any(v > values[0] or v < values[0] for v in values):
                raise Refused("the activation does not move at any of several values")

    return test


def claim_test(claim: str, c: Mapping[str, Any]) -> Test | None:
    """The claim itself at a random point, where it can be looked at there."""
    data = c["model"]
    if claim == "energy never increases" and "flow" in data and "t" not in data.get("parameters", {}):
        return _rate
    if claim == "Lagrangians convex" and "Lagrangians" in data:
        tests = [_convexity(text) for text in data["Lagrangians"].values()]
        return lambda trial: [test(trial) for test in tests] and None
    if claim in ("energy bounded below", "energy coercive") and c.get("domain", {}).get("states") is None:
        if data.get("values"):
            return None
        return _floor(data["energy"]) if claim == "energy bounded below" else _rises
    return None


def _no_kinks(trial: Any) -> None:
    m = trial.model
    g = m.graph
    nodes = g.needed([*m.right_sides(), *([m.energy] if "energy" in m.data else [])])
    if any(g.nodes[a][0] in ("?", "max", "min") for a in nodes):
        raise Undetermined("the formulas hold brackets or maxima, so that they are smooth by more than composition")


def _declared(text: str) -> Test | None:
    """A hypothesis that the model declares: P is positive semidefinite."""
    found = re.fullmatch(r"(\w+) is declared positive semidefinite", text)
    if found is None:
        return None

    def test(trial: Any) -> None:
        if "psd" not in trial.model.data["parameters"].get(found[1], {}).get("properties", ()):
            raise Refused(f"{found[1]} is not declared positive semidefinite")

    return test


__all__ = ["activations_of", "claim_test", "hypothesis_of", "known"]

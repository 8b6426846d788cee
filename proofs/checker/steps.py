"""Symbolic steps: every identity is tried at random points, hypotheses of lemmas are sampled, and the claim itself is looked at.

A lemma that is not in the list is not accepted. Sampling can refute a hypothesis; what it does not refute is trusted, and counted so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise, product
from typing import Any

from flint import arb, fmpq

from proofs.checker.balls import Undetermined, precision
from proofs.checker.domains import Refused
from proofs.checker.model import Key
from proofs.checker.reader import Node, Unreadable, read, read_relation
from proofs.checker.trial import Trial, activation, trials, try_identity

BITS = 320
# Words with which a known lemma begins, and words that stand in rules of composition, bounds of slopes and monotone activations.
BEGINNINGS = r"""\(s' - s\) h ≥ 0 for s'|A\(u\) \+ ∇B|B\(u\) ≤ B\(x\)|Cauchy and Schwarz|Young's inequality|a Lipschitz function whose
a concave E lies below its tangent|a continuous E with v·∇E = 0|a continuous function (of one|on a compact)|a continuously differentiable, s
a convex L of degree|a finite sum of terms with a floor|a form with positive pivots|a function of finitely many states has a least value
a locally (Lipschitz, definable E|bounded function of one)|a square times a nonnegative factor is|along a dead direction the activation
an energy that (does not rise|tells no places)|an invertible factor can be taken|chain rule|choosing the lower of two energies|compositions
dE/dt = Σ ∇E f is nonpositive|e\(x \+ c v\) = e\(x\)|interval bounds through the|the Hessian of a convex function is|two steady states have
vᵀ P v ≥ 0|where the flow jumps, a Filippov|Λ = diag\(d\)""".replace("\n", "|")
WITHIN = r"\b(is|are) (convex|concave|affine)\b|constant (nowhere|on no part)|\bslope|^φ|positive semidefinite|contraction"
# What the steps of a claim have to speak of.
NEEDS = {
    "energy never increases": r"∂E/∂|dE/dt|E with|½ Σ f²|∇A\(u\)",
    "energy bounded below": r"bound|Young|least value|floor|convex L|square|pivots",
    "energy coercive": r"bound|Young|pivots",
    "smooth": r"smooth",
    "Lagrangians convex": r"convex|concave|φ",
    "dead directions": r"constant|Λ|∂g/∂",
    "energy flat along dead directions": r"constant|Λ|∂E/∂|E\(",
    "symmetries": r"v·∇E|E after|E with|E\(y \+ v\)|permuting",
    "steady states are critical points": r"∂E/∂|½ Σ f²",
    "critical points are steady states": r"∂E/∂|½ Σ f²",
    "steady state unique": r"two steady states|exactly one",
}
Test = Callable[[Trial], None]


def known(lemma: str) -> bool:
    """Whether a lemma is in the list."""
    return bool(re.match(BEGINNINGS, lemma) or re.search(WITHIN, lemma))


def check_steps(c: Mapping[str, Any], claim: str) -> str:
    """What was found of the steps; raises Refused, Undetermined or Unreadable."""
    steps = c["steps"]
    identities = [n for n, s in enumerate(steps) if "identity" in s]
    lemmas = [s for s in steps if "identity" not in s]
    for s in lemmas:
        if not known(s["lemma"]):
            raise Unreadable(f"the lemma {s['lemma']!r:.60} is not known")
    with precision(BITS):
        at = trials(c)
        for n in identities:
            for trial in at:
                try_identity(trial, steps[n], steps[:n], steps[n:])
        if not re.search(NEEDS.get(claim, ""), " ".join(s.get("identity", s.get("lemma", "")) for s in steps)):
            raise Refused("the steps do not speak of the claim")
        if claim in _ABOUT_STATES and "flow" in c["model"]:
            _speaks_of_every_state(c["model"]["states"], claim, [steps[n]["identity"] for n in identities], lemmas)
        tests = [t for t in (*map(_hypothesis, lemmas), _claimed(claim, c)) if t is not None]
        for test in tests:
            for trial in at:
                test(trial)
    if not identities and not tests:
        raise Undetermined("the steps are lemmas alone, of which nothing can be computed again")
    counts = (len(identities), "identity", "identities"), (len(tests), "inequality", "inequalities")
    told = [_told(*c) for c in (*counts, (sum(len(t.points) for t in at), "random point", "random points")) if c[0]]
    words = f"{', '.join(told)}; {_told(len(lemmas), 'lemma', 'lemmas')} trusted"
    return words if claim in NEEDS else f"{words}, and that the steps show the claim"


_ABOUT_STATES = ("energy never increases", "steady states are critical points", "critical points are steady states")


def _speaks_of_every_state(states: Any, claim: str, identities: list[str], lemmas: list[Any]) -> None:
    """An identity for each state, and a lemma for each that is used against its direction."""
    if any(i.startswith(("dE/dt = ", "E + ", "E - ")) or i.endswith("where every state is 0") for i in identities):
        return
    for n in states:
        if not any(re.search(rf"∂E/∂(g_)?{n}\b|\bd{n}(\[[^\]]*\])?/dt|\bf_{n}\b", i) for i in identities):
            raise Refused(f"no identity speaks of the state {n}")
    if claim == "energy never increases" or any(" and " in i or " = -" in i for i in identities):
        return
    against = "∂E/∂" if claim.startswith("critical") else "f "
    turned = sum(i.startswith(against) and "fixed activations" not in i for i in identities)
    if turned > sum(s["lemma"].startswith("an invertible factor") for s in lemmas):
        raise Refused("an identity is used against its direction, and no lemma says that its factor is invertible")


def _hypothesis(step: Mapping[str, Any]) -> Test | None:
    """A test of a lemma's hypothesis, where it is an inequality, a convexity or a declaration; else None."""
    text, lemma = step.get("hypothesis", ""), step["lemma"]
    applied = re.fullmatch(r"applied to (?:L = )?(.*)", text)
    try:
        if applied and re.search(r"(is|are) convex", lemma) and not re.fullmatch(r"-E|A or to -B|E minus the square", applied[1]):
            return _convexity(applied[1])
        if re.fullmatch(r".* ≥ 0( for every state and parameter)?|E ≥ .*", text):
            return _inequality(text.removesuffix(" for every state and parameter"))
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


def _told(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _claimed(claim: str, c: Mapping[str, Any]) -> Test | None:
    """The claim itself at random points, where it can be looked at there."""
    data = c["model"]
    if claim == "energy never increases" and "flow" in data and "t" not in data.get("parameters", {}):
        return _falls
    if claim == "Lagrangians convex" and "Lagrangians" in data:
        tests = [_convexity(text) for text in data["Lagrangians"].values()]
        return lambda trial: [test(trial) for test in tests].clear()
    if claim in ("energy bounded below", "energy coercive") and not data.get("values") and "states" not in c.get("domain", {}):
        return _floor(data["energy"]) if claim == "energy bounded below" else _rises
    return None


def _inequality(text: str) -> Test:
    left, _, right = read_relation(text)

    def test(trial: Trial) -> None:
        m = trial.model
        with m.meaning({"E": m.energy} if "E" not in m.axes and "energy" in m.data else {}):
            nodes = [m.graph.minus(m.node(left, s), m.node(right, s)) for s in _scopes(trial, left)]
        if any(arb(x) < 0 for found in trial.values(nodes) for x in found):
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
            low, high = (trial.values([P], _shift(v, s)) for s in (-1, 1))
            for (middle, x), (a,), (b,) in zip(trial.values([P, curve]), low, high, strict=True):
                if arb(x) < 0 or arb(a) + arb(b) < 2 * arb(middle):
                    raise Refused(f"{text!r:.60} is not convex at a random point")

    return test


def _shift(v: Mapping[Key, fmpq], s: int) -> Callable[[Mapping[Key, fmpq]], Mapping[Key, Any]]:
    return lambda point: {q: point[q] + s * x for q, x in v.items()}


def _falls(trial: Trial) -> None:
    if any(arb(rate) > 0 for (rate,) in trial.values([trial.model.energy_rate])):
        raise Refused("dE/dt > 0 at a random point")


def _far(trial: Trial, node: int, times: int) -> list[arb]:
    """A node where the states are so many times larger."""
    return [arb(x) for (x,) in trial.values([node], lambda point: {q: times * point[q] for q in trial.model.components})]


def _floor(text: str) -> Test:
    """A formula that is bounded below does not fall a thousandfold when the states grow a millionfold."""
    tree = read(text)

    def test(trial: Trial) -> None:
        for node in [trial.model.node(tree, scope) for scope in _scopes(trial, tree)]:
            if any(far < -1000 * (1 + abs(near)) for near, far in zip(_far(trial, node, 1), _far(trial, node, 10**6), strict=True)):
                raise Refused(f"{text!r:.60} falls far out")

    return test


def _rises(trial: Trial) -> None:
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
        found = [[arb(x) for (x,) in trial.put([g], {q: fmpq(y, 3)})] for y in (-7, -2, -1, 1, 2, 7)]
        for values in zip(*found, strict=True):
            still = not any(v > values[0] or v < values[0] for v in values)
            if still or (strictly and any(b <= a for a, b in pairwise(values))):
                raise Refused("the activation does not rise, or does not move")


def _no_kinks(trial: Trial) -> None:
    m = trial.model
    if any(m.graph.nodes[a][0] in ("?", "max", "min") for a in m.graph.needed([*m.right_sides, m.energy])):
        raise Undetermined("the formulas hold brackets or maxima, so that they are smooth by more than composition")

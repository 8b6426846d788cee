"""Basins are read again by the checker: sound ones are confirmed, and every changed number is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
from basin_checks import dense_memory, double_well, leaves_of
from certificates_made import changed, without

import amsym as am
from proofs.checker.entries import Outcome, check_verdict

CONFIRMED, REFUSED, NOT_CHECKED = Outcome.CONFIRMED, Outcome.REFUSED, Outcome.NOT_CHECKED
CLAIM = "every state of the set flows to the steady state"
TANH, TWISTED = am.zoo.hopfield("tanh"), am.zoo.hopfield("tanh", symmetric=False)
W, TURNED = [[2.0, 0.3], [0.3, 1.5]], [[1.5, 0.6], [0.2, 1.4]]

# Model, parameters, a start near the state, the kind of set.
MODELS: dict[str, tuple[Any, Any, list[float], str | None]] = {
    "double well": (double_well(), {}, [1.0], None),
    "double well, ball": (double_well(), {}, [1.0], "ball"),
    "two double wells": (double_well(), {}, [1.0, -1.0], None),
    "one neuron": (TANH, {"W": [[2.0]], "b": [0.0]}, [1.9], None),
    "two neurons": (TANH, {"W": W, "b": [0.0, 0.1]}, [2.2, 1.8], None),
    "two neurons, asymmetric": (TWISTED, {"W": TURNED, "b": [0.0, 0.0]}, [1.9, 1.2], "ball"),
    "relu, one dead": (am.zoo.hopfield("relu"), {"W": [[0.5, 0.0], [0.0, 3.0]], "b": [1.0, -1.0]}, [2.0, -1.0], "ball"),
    "dense memory": (dense_memory(), {"xi": [[1.0, 0.0], [-0.5, 0.8]], "beta": 4.0}, [1.0, 0.0], "ball"),
}


@cache
def made(name: str) -> str:
    """A certificate as text."""
    system, params, start, kind = MODELS[name]
    state = am.steady_states(system, params, [start]).states[0]
    return json.dumps(am.certified_basin(system, params, state, kind=kind).verdict.to_dict()["certificate"])


def sound(name: str) -> Any:
    return json.loads(made(name))


def outcome(certificate: Any, claim: str = CLAIM, status: str = "CERTIFIED") -> Outcome:
    return check_verdict({"claim": claim, "status": status, "certificate": certificate}).outcome


def times(factor: float) -> Callable[[float], float]:
    return lambda x: x * factor


def relabelled(tree: Any, new: str, which: int) -> Any:
    """The tree with another label on its `which`-th leaf, from below."""
    seen = [-1]

    def walk(t: Any) -> Any:
        if isinstance(t, list):
            return [*t[:2], walk(t[2]), walk(t[3])]
        seen[0] += 1
        return new if seen[0] == which else t

    return walk(tree)


def leaves_with_their_faults(name: str) -> Any:
    """The tree, and of its leaves: the label, whether a point of it has E <= c, and whether it touches one of which nothing is known."""
    good = sound(name)
    system, params, _, _ = MODELS[name]
    low, high = (np.array([float(Fraction(x)) for x in end]) for end in good["domain"]["y"])
    set_ = good["basin"]["sublevel"]
    model = am.compile(system).bind(params, sizes=good["sizes"])
    leaves = list(leaves_of(set_["tree"], low, high))
    others = [(a, b) for label, a, b in leaves if label == "other"]
    found = []
    for label, a, b in leaves:
        grid = np.array(list(product(*(np.linspace(p, q, 5) for p, q in zip(a, b, strict=True)))))
        is_low = bool(model.energy(grid).min() < set_["level"] - 1e-6)
        found.append((label, is_low, any(np.all(a <= d) and np.all(c <= b) for c, d in others)))
    return set_["tree"], found


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n == "dense memory" else n for n in MODELS])
def test_a_certified_basin_stands_alone_and_is_confirmed(name: str) -> None:
    certificate = sound(name)
    assert "model" in certificate
    assert ("sublevel" in certificate["basin"]) == (MODELS[name][3] is None)
    assert outcome(certificate) is CONFIRMED


BALL: dict[str, tuple[tuple[Any, ...], Any]] = {
    "a radius past the saddle": (("radius",), times(1.2)),
    "a higher rate": (("rate",), times(8)),
    "a negative rate": (("rate",), times(-1)),
    "less slack": (("slack",), times(-1)),
    "a core beyond the ball": (("core",), times(9)),
    "a core within the slack": (("core",), times(0)),
    "a smaller metric": (("metric", 0, 0), times(0.25)),
    "a metric of no length": (("metric", 0, 0), times(-1)),
    "one shell": (("shells",), 1),
    "no shell": (("shells",), 0),
    "half a shell": (("shells",), 0.5),
}


@pytest.mark.parametrize("name", ["double well", "double well, ball", "one neuron", "two neurons", "two neurons, asymmetric"])
@pytest.mark.parametrize("fault", BALL)
def test_a_changed_number_of_the_ball_is_refused(name: str, fault: str) -> None:
    path, to = BALL[fault]
    assert outcome(changed(sound(name), "basin", "ball", *path, to=to)) is REFUSED


@pytest.mark.parametrize("name", ["double well", "one neuron", "two neurons", "two neurons, asymmetric"])
def test_a_moved_centre_and_another_model_are_refused(name: str) -> None:
    good = sound(name)
    assert outcome(changed(good, "basin", "ball", "center", "y", 0, to="3/2")) is REFUSED
    assert outcome(changed(good, "basin", "ball", "center", "y", 0, to=lambda x: f"{x}0")) is REFUSED
    assert outcome(changed(good, "model", "flow", "y[i]", to=lambda text: f"{text} + y[i]/8")) is REFUSED
    if "W" in good["values"]:
        assert outcome(changed(good, "values", "W", 0, 0, to="9/4")) is REFUSED


def test_a_metric_that_is_not_symmetric_is_refused() -> None:
    assert outcome(changed(sound("two neurons"), "basin", "ball", "metric", 0, 1, to=lambda x: x + 1e-9)) is REFUSED


def test_a_ball_within_a_confirmed_one_is_confirmed_too() -> None:
    for name in ("double well, ball", "two neurons, asymmetric"):
        assert outcome(changed(sound(name), "basin", "ball", "radius", to=times(0.9))) is CONFIRMED


def test_multipliers_are_advice() -> None:
    good = sound("two neurons, asymmetric")
    assert outcome(without(changed(good, "basin", "ball", "radius", to=times(0.5)), "basin", "ball", "multipliers")) is CONFIRMED
    assert outcome(changed(good, "basin", "ball", "multipliers", to=[-1.0, 1.0])) is NOT_CHECKED
    assert outcome(changed(good, "basin", "ball", "multipliers", to=["a", "b"])) is NOT_CHECKED


WALLED = ("double well", "two double wells", "one neuron", "two neurons")


@pytest.mark.parametrize("name", WALLED)
def test_a_leaf_with_another_label_is_refused_where_that_is_false(name: str) -> None:
    tree, leaves = leaves_with_their_faults(name)

    def outcomes(new: str, which: list[int]) -> set[Outcome]:
        assert which
        some = {which[k] for k in np.linspace(0, len(which) - 1, 5).astype(int)}
        return {outcome(changed(sound(name), "basin", "sublevel", "tree", to=relabelled(tree, new, k))) for k in some}

    inside, walls = ([k for k, (label, _, _) in enumerate(leaves) if label == old] for old in ("in", "out"))
    assert outcomes("out", [k for k in inside if leaves[k][1]]) == {REFUSED}
    assert outcomes("in", [k for k in walls if leaves[k][2]]) == {REFUSED}
    assert outcomes("other", walls) == outcomes("other", inside) == outcomes("?", inside) == {REFUSED}


@pytest.mark.parametrize("name", WALLED)
def test_a_raised_level_is_refused_and_a_lower_one_confirmed(name: str) -> None:
    good = sound(name)
    size = abs(good["basin"]["sublevel"]["level"]) + 0.1
    assert outcome(changed(good, "basin", "sublevel", "level", to=lambda c: c + size)) is REFUSED
    assert outcome(changed(good, "basin", "sublevel", "level", to=lambda c: c - size / 100)) is CONFIRMED


@pytest.mark.parametrize("name", WALLED)
def test_another_energy_is_refused(name: str) -> None:
    assert outcome(changed(sound(name), "model", "energy", to=lambda text: f"-({text})")) is REFUSED
    assert outcome(changed(sound(name), "model", "energy", to=lambda text: f"{text} + y[0]/64")) is REFUSED
    assert outcome(without(sound(name), "model", "energy")) is NOT_CHECKED


def test_the_energy_falls_by_the_steps_or_box_by_box() -> None:
    good = sound("two neurons")
    assert outcome(changed(good, "basin", "sublevel", "descent", to=[])) is not REFUSED
    other = "∂E/∂y[i] + (1 + tanh(y[i])**2)*(b[i] - y[i] + Σ_j W[i, j]*tanh(y[j])) = 0"
    assert outcome(changed(good, "basin", "sublevel", "descent", 0, "identity", to=other)) is REFUSED


def test_a_domain_that_the_flow_leaves_is_refused() -> None:
    good = sound("double well")
    tree = good["basin"]["sublevel"]["tree"]
    assert outcome({**good, "domain": {"y": [["-1"], ["3/4"]]}, "basin": good["basin"]}) is REFUSED
    assert tree[0] == 0
    assert outcome({**good, "domain": {"y": [["-1"], [None]]}}) is NOT_CHECKED


def test_a_set_with_other_steady_states_is_refused() -> None:
    good = sound("double well")
    whole = changed(changed(good, "basin", "sublevel", "tree", to="in"), "basin", "sublevel", "level", to=10)
    assert outcome({**whole, "domain": {"y": [["1/2"], ["2"]]}}) is CONFIRMED
    assert outcome({**whole, "domain": {"y": [["-2"], ["2"]]}}) is REFUSED


def test_a_factor_of_the_wrong_sign_is_refused() -> None:
    good = sound("double well")
    for key, to in {"radius": 0.1, "core": 0.1}.items():
        good = changed(good, "basin", "ball", key, to=to)
    good = changed(changed(good, "basin", "sublevel", "tree", to="in"), "basin", "sublevel", "level", to=10)
    good["domain"] = {"y": [["7/10"], ["13/10"]]}
    assert outcome(good) is CONFIRMED
    risen = changed(good, "model", "energy", to=lambda text: f"-({text})")
    assert outcome(risen) is REFUSED
    assert outcome(changed(risen, "basin", "sublevel", "descent", 0, "identity", to="∂E/∂y[i] + (-1)*(y[i] - y[i]**3) = 0")) is REFUSED


def test_a_core_that_does_not_contract_or_is_no_larger_than_the_slack_allows_is_refused() -> None:
    good = sound("double well")
    ball = good["basin"]["ball"]
    assert outcome(changed(good, "basin", "ball", "core", to=ball["radius"])) is REFUSED
    assert outcome(changed(good, "basin", "ball", "slack", to=ball["core"] * 0.4)) is CONFIRMED
    assert outcome(changed(good, "basin", "ball", "slack", to=ball["core"] * 0.6)) is REFUSED


def test_a_basin_carries_no_other_claim() -> None:
    good = sound("double well")
    assert outcome(good, "energy never increases") is REFUSED
    assert outcome(good, CLAIM, "REFUTED") is REFUSED
    assert outcome(good, CLAIM, "PROVED") is REFUSED
    assert outcome(changed(good, "model", "flow", to={})) is NOT_CHECKED
    assert outcome(without(good, "model")) is NOT_CHECKED

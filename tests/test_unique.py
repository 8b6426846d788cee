"""Exactly one steady state: contraction is certified, two or none are refuted, and both hold by other code."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath as mp
import networks_by_hand as by_hand
import numpy as np
import pytest
import sympy as sp

import amsym as am
from amsym.prover.network import network
from amsym.prover.slopes import joint_slope, slope_bounds
from amsym.verdict import Status, Verdict
from proofs.properties.unique import decide
from proofs.question import question

i, j = am.indices("i j", "N")
y, b = am.state("y", "N"), am.parameter("b", "N")
A, P = am.parameter("A", "N N", antisymmetric=True), am.parameter("P", "N N", psd=True)
square = am.total(y[i] ** 2, i) / 2
convex = am.total(y[i] ** 2 / 2 + sp.log(sp.cosh(y[i])) - b[i] * y[i], i) + am.total(P[i, j] * y[i] * y[j], i, j)
hopfield = am.zoo.hopfield
rng = np.random.default_rng(1)
plain = rng.normal(size=(6, 6))
W = (plain + plain.T) / np.linalg.norm(plain + plain.T, 2)
bias = rng.normal(size=6)


def flow(f: Any) -> am.System:
    return am.System(flow={y[i]: f}, energy=square)


def verdict(system: Any, params: Any = None, **more: Any) -> Verdict:
    found = decide(question(system, params, **more))
    assert found is not None
    return found


PROVED = {
    "decay": flow(b[i] - y[i]),
    "half of tanh": flow(sp.tanh(y[i]) / 2 - y[i]),
    "a kink": flow(sp.Max(0, y[i]) / 2 - y[i]),
    "antisymmetric weights": flow(am.total(A[i, j] * sp.tanh(y[j]), j) - y[i] + b[i]),
    "inhibition": flow(-am.total(P[i, j] * sp.Max(0, y[j]), j) - y[i] + b[i]),
    "strongly convex energy": am.System(flow={y[i]: -am.derivative(convex, y[i])}, energy=convex),
}


@pytest.mark.parametrize("name", PROVED)
def test_formulas_alone_prove_it(name: str) -> None:
    assert verdict(PROVED[name]).status is Status.PROVED


# Without numbers: what fails for some parameters or at some size.
NOT_ALWAYS = {
    "identity": hopfield("identity"),
    "relu": hopfield("relu"),
    "tanh": hopfield("tanh"),
    "tanh, any weights": hopfield("tanh", symmetric=False),
    "sigmoid": hopfield("sigmoid"),
    "excitation": flow(am.total(P[i, j] * sp.Max(0, y[j]), j) - y[i] + b[i]),
    "amplification that vanishes": flow(y[i] * (b[i] - y[i])),
    "a cubic": flow(y[i] - y[i] ** 3 + b[i]),
    "a jump": flow(sp.sign(y[i]) - y[i]),
    "always uphill": flow(sp.exp(y[i])),
}


@pytest.mark.parametrize("name", NOT_ALWAYS)
def test_what_fails_somewhere_is_refuted(name: str) -> None:
    assert verdict(NOT_ALWAYS[name]).status is Status.REFUTED


@pytest.mark.slow
@pytest.mark.parametrize(
    "system", [hopfield("softmax"), hopfield("layernorm"), am.zoo.softmax_memory().system, am.zoo.hierarchical(2).system]
)
def test_larger_ones_are_refuted_too(system: am.System) -> None:
    assert verdict(system).status is Status.REFUTED


@pytest.mark.parametrize("system", [flow(-(y[i] ** 3)), flow(-am.time * y[i]), flow(-sp.Function("G", real=True)(y[i]))])
def test_what_no_rule_covers_stays_open(system: am.System) -> None:
    assert verdict(system).status is Status.UNDECIDED


def test_updates_have_no_such_claim() -> None:
    assert decide(question(am.zoo.spins())) is None


# (activation, weights, biases): appendix C of the dead-neurons paper has relu with a norm below one.
CERTIFIED = {
    "relu, norm 0.99": ("relu", 0.99 * W, bias),
    "tanh": ("tanh", 0.9 * W, bias),
    "tanh, strong inhibition": ("tanh", -5 * W @ W, bias),
    "sigmoid, slope one fourth": ("sigmoid", 3 * W, bias),
    "softmax, slope one half": ("softmax", 1.5 * W, bias),
    "one way couplings": ("tanh", np.array([[0.5, 0.0], [100.0, 0.5]]), np.ones(2)),
    "affine": ("identity", 3 * W, bias),
}


@pytest.mark.parametrize("name", CERTIFIED)
def test_a_contraction_is_certified_and_newton_finds_one_state_from_everywhere(name: str) -> None:
    activation, weights, biases = CERTIFIED[name]
    found = verdict(hopfield(activation, symmetric=False), {"W": weights, "b": biases})
    assert found.status is Status.CERTIFIED
    values = {"W": weights.tolist(), "b": biases.tolist()}
    ends = set()
    for start in np.random.default_rng(2).normal(scale=2.0, size=(6, len(biases))):
        x = (
            by_hand.polished(lambda x: by_hand.flow(activation, values, x), start.tolist())
            if activation != "relu"
            else settled(values, start)
        )
        ends.add(tuple(mp.nstr(v, 8) for v in x))
    assert len(ends) == 1


def settled(values: dict[str, Any], start: Any) -> list[Any]:
    """Where dy/dt = W relu(y) - y + b ends: small steps of it contract."""
    x = start
    for _ in range(4000):
        x = x + 0.25 * (np.array(values["W"]) @ np.maximum(x, 0) - x + np.array(values["b"]))
    return [mp.mpf(float(v)) for v in np.round(x, 9)]


def test_the_weights_of_the_maximum_norm_are_a_contraction_by_exact_sums() -> None:
    found = verdict(hopfield("tanh", symmetric=False), {"W": [[0.5, 0.0], [100.0, 0.5]], "b": [1.0, 1.0]})
    v = [sp.Rational(x) for x in found.certificate["v"]]
    assert found.certificate["norm"].startswith("max")
    assert v[0] / 2 < v[0]
    assert 100 * v[0] + v[1] / 2 < v[1]


@pytest.mark.parametrize(("weight", "biases"), [(1.0, 0.0), (2.0, 5.0)])
def test_at_the_border_of_contraction_nothing_is_claimed(weight: float, biases: float) -> None:
    """At W = 1 the slope 1 is reached at one point only; at b = 5 the neuron is saturated. Both have one steady state."""
    found = verdict(hopfield("tanh"), {"W": [[weight]], "b": [biases]})
    assert found.status is Status.UNDECIDED
    assert "spectral radius" in found.reason


def zeros(found: Verdict) -> list[tuple[Any, Any]]:
    """The two steady states as (middle, radius)."""
    assert found.status is Status.REFUTED
    assert found.certificate["kind"] == "two steady states"
    result = []
    for zero in found.certificate["steady states"]:
        middle = by_hand.numbers(zero.get("point", zero.get("middle"))["y"])
        radius = by_hand.numbers(zero["radius"]["y"]) if "radius" in zero else [mp.mpf(0)] * len(middle)
        result.append((middle, radius))
    return result


@pytest.mark.parametrize(
    ("name", "given"),
    [*((n, given) for n in ("relu", "tanh", "sigmoid", "identity") for given in (False, True)), ("layernorm", True)],
)
def test_two_steady_states_hold_by_other_code(name: str, given: bool) -> None:
    params = {"W": 8 * np.eye(3), "b": np.full(3, {"sigmoid": -4.0, "relu": -1.0}.get(name, 0.0))} if given else None
    if given and name in ("identity", "layernorm"):
        params = {"W": np.eye(3) if name == "identity" else np.diag([8.0, 9.0, 11.0]), "b": np.zeros(3)}
    found = verdict(hopfield(name), params)
    values = {key: by_hand.numbers(v) for key, v in found.certificate["values"].items()}
    exact = []
    for middle, radius in zeros(found):
        residue = by_hand.flow(name, values, middle)
        x = middle if all(r == 0 for r in residue) else by_hand.polished(lambda x: by_hand.flow(name, values, x), middle)
        assert all(abs(a - c) <= r for a, c, r in zip(x, middle, radius, strict=True))
        exact.append(x)
    assert max(abs(a - c) for a, c in zip(*exact, strict=True)) > mp.mpf(10) ** -3


@pytest.mark.parametrize(("weight", "biases"), [(2.0, 1.0), (1.0, 0.25)])
def test_no_steady_state_refutes_it_as_well(weight: float, biases: float) -> None:
    """relu with W ≥ 1 and b > 0 grows for ever."""
    found = verdict(hopfield("relu"), {"W": [[weight]], "b": [biases]})
    assert found.status is Status.REFUTED
    assert found.certificate["kind"] == "no steady state"
    values = {"W": [[weight]], "b": [biases]}
    assert all(by_hand.flow("relu", values, [mp.mpf(x) / 4])[0] > 0 for x in range(-400, 400))


def test_two_steady_states_are_looked_for_in_the_domain_only() -> None:
    params = {"W": [[2.0]], "b": [0.0]}
    assert verdict(hopfield("tanh"), params).status is Status.REFUTED
    inside = verdict(hopfield("tanh"), params, domain={"y": (1, 3)})
    assert inside.status is Status.CERTIFIED
    (zero,) = inside.certificate["zeros"]
    assert abs(float(Fraction(zero["middle"]["y"][0])) - float(mp.findroot(lambda x: x - 2 * mp.tanh(x), 2))) < 1e-9


def test_slopes_are_proved_and_never_too_small() -> None:
    x = y[i]
    u = 1 / (1 + sp.exp(x))
    assert slope_bounds(u - u**2, (y,)) == (0, sp.Rational(1, 4))
    assert slope_bounds(1 - sp.tanh(x) ** 2, (y,)) == (0, 1)
    assert slope_bounds(sp.exp(x), (y,)) is None
    assert slope_bounds(x**2, (y,)) is None
    beta = am.parameter("beta", positive=True)
    assert slope_bounds(beta * (1 - sp.tanh(beta * x) ** 2), (y,)) == (0, beta)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_joint_slopes_bound_the_largest_eigenvalue(size: int) -> None:
    for lagrangian in (am.lagrangians.softmax(3), am.lagrangians.layernorm(2, 0, 4), am.lagrangians.spherical(2, 0, 4)):
        top = joint_slope(lagrangian.of(y), y)
        assert top is not None
        hessian = am.components(lagrangian.hessian(y[i], y[j]), {"N": size}, (i, j))
        names = sorted(hessian.free_symbols, key=str)
        at = sp.lambdify(names, sp.Matrix(hessian.tolist()))
        for scale in (0.0, 0.3, 1.0, 3.0):
            values = scale * np.random.default_rng(size).normal(size=len(names))
            assert np.linalg.eigvalsh(np.array(at(*values), dtype=float))[-1] <= float(top) * (1 + 1e-9)


def test_a_network_is_read_off_what_is_one_and_nothing_else() -> None:
    assert network(flow(b[i] * sp.tanh(y[i]) - y[i])) is None
    assert network(flow(am.total(P[i, j] * y[i] * y[j], j) - y[i])) is None
    assert network(flow(am.total(P[i, j] * sp.sign(y[j]), j) - y[i])) is None
    assert network(am.zoo.hierarchical(3).system) is not None


def test_a_domain_that_misses_the_only_steady_state_is_not_said_to_have_one() -> None:
    system = am.System(flow={y[i]: 1 - y[i]}, energy=am.total((1 - y[i]) ** 2, i))
    assert am.verify(system, only="steady state unique")["steady state unique"].status is Status.PROVED
    boxed = am.verify(system, domain={"y": (2, 3)}, only="steady state unique")["steady state unique"]
    assert boxed.status is Status.UNDECIDED
    assert boxed.reason.startswith("at most one steady state lies in the domain")

"""Steady states against critical points: right systems are proved, subtly wrong ones refuted, witnesses hold by other code."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath as mp
import networks_by_hand as by_hand
import numpy as np
import pytest
import sympy as sp

import amsym as am
from amsym.prover.definite import has_definite_hessian
from amsym.prover.links import critical_are_steady, steady_are_critical
from amsym.verdict import Status, Verdict
from numeric.rigorous import Evaluator
from proofs.checker.entries import Outcome, check_verdict
from proofs.properties.links import decide_critical, decide_steady
from proofs.question import question
from proofs.zeros.points import Field, is_exactly_zero, is_zero_number

i, j, k, m = am.indices("i j k m", "N")
y, q, p, b = am.state("y", "N"), am.state("q", "N"), am.state("p", "N"), am.parameter("b", "N")
W, V = am.parameter("W", "N N", symmetric=True), am.parameter("V", "N N")
square = am.total(y[i] ** 2, i) / 2
PROVED, REFUTED, UNDECIDED = Status.PROVED, Status.REFUTED, Status.UNDECIDED
hopfield = am.zoo.hopfield
rng = np.random.default_rng(0)
plain = rng.normal(size=(4, 4))
GIVEN = {"W": plain + plain.T, "b": rng.normal(size=4)}


def flow(f: Any, energy: Any = square) -> am.System:
    return am.System(flow={y[i]: f}, energy=energy)


def without_bias(name: str, weights: Any = W) -> am.System:
    """The network's flow has a bias that its energy has lost."""
    whole = hopfield(name)
    g = whole.activations[whole.states[0]].activation
    return am.System(flow=whole.flow, energy=whole.energy + am.total(b[i] * g(y[i]), i))


def residue(g: Callable[[Any], Any], at: Any) -> Any:
    return am.total(W[at, m] * g(y[m]), m) - y[at] + b[at]


tanh_energy = hopfield("tanh").energy
settled = residue(sp.tanh, i)
asked = sp.tanh(am.total(W[i, m] * y[m], m) + b[i]) - y[i]

# name: (system, steady ⇒ critical, critical ⇒ steady)
CASES: dict[str, tuple[Any, Status, Status]] = {
    "tanh": (hopfield("tanh"), PROVED, PROVED),
    "sigmoid": (hopfield("sigmoid"), PROVED, PROVED),
    "leaky relu, off the kink": (hopfield("leaky_relu"), PROVED, PROVED),
    "relu": (hopfield("relu"), PROVED, REFUTED),
    "softmax": (hopfield("softmax"), PROVED, REFUTED),
    "layernorm": (hopfield("layernorm"), PROVED, REFUTED),
    "spherical": (hopfield("spherical"), PROVED, PROVED),
    "residual": (am.zoo.residual_energy("relu"), PROVED, PROVED),
    "softmax memory": (am.zoo.softmax_memory().system, PROVED, REFUTED),
    "hierarchical": (am.zoo.hierarchical(2).system, PROVED, PROVED),
    "missing bias": (without_bias("tanh"), REFUTED, REFUTED),
    "missing bias, relu": (without_bias("relu"), REFUTED, REFUTED),
    "doubled": (flow(settled, 2 * tanh_energy), PROVED, PROVED),
    "negated": (flow(settled, -tanh_energy), PROVED, PROVED),
    "no amplification at zero": (flow(y[i] * settled, tanh_energy), REFUTED, PROVED),
    "positive amplification": (flow((1 + y[i] ** 2) * settled, tanh_energy), PROVED, PROVED),
    "residual energy of an ordinary flow": (flow(settled, am.total(residue(sp.tanh, i) ** 2, i) / 2), PROVED, REFUTED),
    "u' = g(Wu + b) - u with its residual energy": (flow(asked, am.total(asked**2, i) / 2), PROVED, REFUTED),
    "an energy that is constant": (flow(-y[i], sp.Integer(3)), PROVED, REFUTED),
    "a factor 1/y hides y = 0": (flow(y[i] ** 2, am.total(y[i], i)), REFUTED, PROVED),
    "a factor that time kills": (flow(-am.time * y[i]), REFUTED, PROVED),
    "a factor that time does not kill": (flow(-(1 + am.time**2) * y[i]), PROVED, PROVED),
    "asymmetric linear": (flow(am.total(V[i, j] * y[j], j) - y[i], square - am.total(V[i, j] * y[i] * y[j], i, j) / 2), REFUTED, REFUTED),
    "damped pendulum": (
        am.System(flow={q[i]: p[i], p[i]: -sp.sin(q[i]) - p[i]}, energy=am.total(p[i] ** 2 / 2 - sp.cos(q[i]), i)),
        PROVED,
        PROVED,
    ),
    "only named": (flow(-sp.Function("G", real=True)(y[i])), UNDECIDED, UNDECIDED),
}


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n == "layernorm" else []) for n in CASES])
def test_each_direction_is_decided_as_it_is(name: str) -> None:
    system, forward, backward = CASES[name]
    asked_of = question(system)
    steady, critical = decide_steady(asked_of), decide_critical(asked_of)
    assert steady is not None
    assert critical is not None
    assert (steady.status, critical.status) == (forward, backward)


def test_updates_have_no_such_claims() -> None:
    assert decide_steady(question(am.zoo.spins())) is None
    assert decide_critical(question(am.zoo.spins())) is None


@pytest.mark.slow
def test_without_symmetry_a_steady_state_in_a_box_is_not_critical() -> None:
    verdict = decide_steady(question(hopfield("tanh", symmetric=False)))
    assert verdict is not None
    assert verdict.status is REFUTED


def test_kinks_are_left_out_and_the_verdict_says_so() -> None:
    verdict = decide_steady(question(hopfield("relu")))
    assert verdict is not None
    assert "off the kinks" in verdict.reason


def refutation(verdict: Verdict | None) -> tuple[dict[str, Any], dict[str, Any]]:
    assert verdict is not None
    assert verdict.status is REFUTED
    values = {name: by_hand.numbers(v) for name, v in verdict.certificate["values"].items()}
    return dict(verdict.certificate), values


@pytest.mark.parametrize("name", ["relu", "softmax", pytest.param("layernorm", marks=pytest.mark.slow)])
def test_a_dead_witness_holds_by_other_code(name: str) -> None:
    _, values = refutation(decide_critical(question(hopfield(name))))
    E = lambda x: by_hand.energy(name, values, x)  # noqa: E731
    assert max(abs(x) for x in by_hand.gradient(E, values["y"])) < mp.mpf(10) ** -15
    assert max(abs(x) for x in by_hand.flow(name, values, values["y"])) > mp.mpf(10) ** -6


@pytest.mark.parametrize("name", ["relu", "softmax", pytest.param("layernorm", marks=pytest.mark.slow)])
def test_a_dead_witness_for_given_numbers_holds_by_other_code(name: str) -> None:
    certificate, values = refutation(decide_critical(question(hopfield(name), GIVEN)))
    values["y"] = by_hand.numbers(certificate["middle"]["y"]) if "middle" in certificate else values["y"]
    if "middle" in certificate:
        exact = by_hand.polished(lambda x: [f - 1 for f in by_hand.flow(name, values, x)], values["y"])
        radius = by_hand.numbers(certificate["radius"]["y"])
        assert all(abs(a - c) <= r for a, c, r in zip(exact, values["y"], radius, strict=True))
        values["y"] = exact
    E = lambda x: by_hand.energy(name, values, x)  # noqa: E731
    assert max(abs(x) for x in by_hand.gradient(E, values["y"])) < mp.mpf(10) ** -15
    assert max(abs(x) for x in by_hand.flow(name, values, values["y"])) > mp.mpf(10) ** -6


@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_a_missing_bias_is_caught_at_a_steady_state_by_other_code(name: str) -> None:
    _, values = refutation(decide_steady(question(without_bias(name))))
    E = lambda x: by_hand.energy(name, values, x, bias=False)  # noqa: E731
    assert max(abs(x) for x in by_hand.flow(name, values, values["y"])) == 0
    assert max(abs(x) for x in by_hand.gradient(E, values["y"])) > mp.mpf(10) ** -6


def test_asymmetric_given_weights_are_refuted_in_a_box_by_other_code() -> None:
    params = {"W": plain, "b": GIVEN["b"]}
    certificate, values = refutation(decide_steady(question(hopfield("tanh", symmetric=False), params)))
    middle, radius = (by_hand.numbers(certificate[key]["y"]) for key in ("middle", "radius"))
    exact = by_hand.polished(lambda x: by_hand.flow("tanh", values, x), middle)
    assert all(abs(a - c) <= r for a, c, r in zip(exact, middle, radius, strict=True))
    E = lambda x: by_hand.energy("tanh", values, x)  # noqa: E731
    assert max(abs(x) for x in by_hand.gradient(E, exact)) > mp.mpf(10) ** -6


def test_a_witness_stays_in_the_domain() -> None:
    inside = decide_critical(question(hopfield("relu"), domain={"y": (-3, -2)}))
    assert inside is not None
    assert inside.status is REFUTED
    assert -3 <= Fraction(inside.certificate["values"]["y"][0]) <= -2
    outside = decide_critical(question(hopfield("relu"), domain={"y": (1, 2)}))
    assert outside is not None
    assert outside.status is UNDECIDED


def test_a_slope_is_known_once_its_scalar_is_given() -> None:
    system = hopfield(am.lagrangians.leaky_relu(am.parameter("a")))
    half = decide_critical(question(system, {"a": 0.5, "W": np.zeros((1, 1)), "b": np.zeros(1)}))
    none = decide_critical(question(system, {"a": 0.0, "W": np.zeros((1, 1)), "b": np.zeros(1)}))
    assert half is not None
    assert none is not None
    assert (half.status, none.status) == (PROVED, REFUTED)


def test_an_identity_that_holds_for_every_number_is_proved_by_name_and_checked_again() -> None:
    c = am.parameter("c")
    cubic = am.System(flow={y[i]: c * y[i] ** 2 - y[i]}, energy=am.total(y[i] ** 2 / 2 - c * y[i] ** 3 / 3, i))
    for verdict in am.verify(cubic, {"c": 0.1}, only=["steady states are critical points", "critical points are steady states"]).values():
        assert verdict.status is PROVED
        assert "0.1" not in str(verdict.certificate["steps"])
        assert check_verdict(verdict.to_dict()).outcome is Outcome.CONFIRMED


def test_exact_zeros_are_told_from_small_numbers() -> None:
    e = sp.exp(sp.Rational(1, 3))
    assert is_zero_number(sp.tanh(sp.Rational(1, 6)) - (e - 1) / (e + 1))
    assert is_zero_number(1 / (1 + sp.sqrt(5)) - (sp.sqrt(5) - 1) / 4)
    assert not is_zero_number(sp.exp(-500))
    near = Field(y, (i,), sp.exp(-y[i]))
    assert not is_exactly_zero(near, (0,), Evaluator({"N": 1}, {y: (Fraction(500),)}))


def test_a_hessian_is_called_invertible_only_where_it_is() -> None:
    one, two = am.total(y[i] ** 2, i), am.total((y[i] - am.total(y[j], j) / i.size) ** 2, i)
    assert has_definite_hessian(3 * sp.sqrt(2 * one + 1) + am.total(b[i] * y[i], i), y)
    for potential in (sp.sqrt(one), sp.sqrt(two + 1), sp.log(am.total(sp.exp(y[i]), i)), am.total(y[i] ** 4, i), b[i] * sp.sqrt(one + 1)):
        assert not has_definite_hessian(potential, y)


def test_the_origin_as_the_only_zero_settles_one_direction() -> None:
    square = am.total(y[i] ** 2, i) / 2
    assert critical_are_steady(am.System(flow={y[i]: sp.sin(y[i])}, energy=square)) is not None
    assert critical_are_steady(am.System(flow={y[i]: sp.cos(y[i])}, energy=square)) is None
    assert steady_are_critical(am.System(flow={y[i]: sp.sin(y[i])}, energy=square)) is None
    assert steady_are_critical(am.System(flow={y[i]: -y[i] * (1 + y[i] ** 2)}, energy=am.total(sp.cosh(y[i]), i))) is not None


LSE = sp.log(am.total(sp.exp(y[i]), i))


@pytest.mark.parametrize(
    ("potential", "definite"),
    [
        (sp.log(1 + am.total(sp.exp(y[i]), i)), True),
        (-sp.log(2 + 3 * am.total(sp.exp(-2 * y[i]), i)), True),
        (LSE, False),
        (LSE + am.total(y[i] ** 2, i), True),
        (LSE - am.total(y[i] ** 2, i), False),
        (am.total(y[i], i) ** 2 + am.total(y[i] ** 4, i), False),
        (sp.log(am.parameter("c", nonnegative=True) + am.total(sp.exp(y[i]), i)), False),
    ],
)
def test_a_hessian_is_called_definite_only_where_it_is(potential: sp.Expr, definite: bool) -> None:
    assert has_definite_hessian(potential, y) is definite


def test_the_jumps_of_a_stair_are_at_every_whole_number() -> None:
    stairs = am.System(flow={y[i]: 1 - y[i]}, energy=am.total(sp.floor(y[i]), i))
    verdict = steady_are_critical(stairs)
    assert verdict is not None
    assert "off the kinks (y[i] whole)" in verdict.reason

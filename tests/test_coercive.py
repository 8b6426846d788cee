"""Energy coercive: it tends to infinity with the state, or there is a path on which it does not."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

import amsym as am
from amsym import zoo
from amsym.verdict import Status
from proofs.properties import bounded, coercive
from proofs.question import question

i, j = am.indices("i j", "N")
a = am.index("a", "K")
x, y, W, b = am.state("x", "N"), am.state("y", "N"), am.parameter("W", "N N", symmetric=True), am.parameter("b", "N")
xi, beta = am.parameter("xi", "N K"), am.parameter("beta", positive=True)


def system(e: Any, *states: Any) -> am.System:
    return am.System(flow={s[i]: -s[i] for s in states or (y,)}, energy=e)


def status(model: Any, params: Any = None) -> Status | None:
    verdict = coercive.decide(question(getattr(model, "system", model), params))
    return None if verdict is None else verdict.status


def each(f: Any) -> Any:
    return am.total(f, i)


RISES = {
    "modern Hopfield": (each(y[i] ** 2) / 2 - sp.log(am.total(sp.exp(beta * am.total(xi[i, a] * y[i], i)), a)) / beta, y),
    "quartic over quadratic": (each(y[i] ** 4) - am.total(W[i, j] * y[i] * y[j], i, j), y),
    "x⁴ + x²y² + y²": (each(x[i] ** 4 + x[i] ** 2 * y[i] ** 2 + y[i] ** 2), x, y),
    "eʸ - y": (each(sp.exp(y[i]) - y[i]), y),
    "a norm": (sp.sqrt(1 + each(y[i] ** 2)) - each(b[i] * sp.tanh(y[i])), y),
    "a logarithm": (each(sp.log(1 + y[i] ** 2)) + sp.tanh(each(y[i])), y),
}
STAYS = {
    "y²/(1 + y²)": (each(y[i] ** 2 / (1 + y[i] ** 2)), y),
    "one of two states": (each(y[i] ** 2), x, y),
    "(xy - 1)² + x²": (each((x[i] * y[i] - 1) ** 2 + x[i] ** 2), x, y),
    "e⁻ʸ": (each(sp.exp(-y[i])), y),
    "along the diagonal": (each((x[i] - y[i]) ** 2), x, y),
    "a hyperbola": (each((x[i] * y[i] - 1) ** 2 + (x[i] - 1) ** 2 * x[i] ** 2), x, y),
    "the variance": (each(y[i] ** 2) - each(y[i]) ** 2 / i.size, y),
    "pairs only": (am.total(am.mask(sp.Ne(i, j)) * y[i] ** 2 * y[j] ** 2, i, j), y),
}


@pytest.mark.parametrize("name", RISES)
def test_what_rises_everywhere_is_proved(name: str) -> None:
    assert status(system(*RISES[name])) is Status.PROVED


@pytest.mark.parametrize("name", STAYS)
def test_a_path_on_which_the_energy_stays_low_is_found(name: str) -> None:
    verdict = coercive.decide(question(system(*STAYS[name])))
    assert verdict is not None
    assert verdict.status is Status.REFUTED
    assert verdict.certificate["path"]


@pytest.mark.parametrize("name", ["tanh", "relu", "softmax", "sigmoid", "layernorm", "gelu", "leaky_relu"])
def test_saturating_dead_and_falling_networks_are_not_coercive(name: str) -> None:
    assert status(zoo.hopfield(name)) is Status.REFUTED


def test_networks_of_arctan_rise_like_a_logarithm() -> None:
    """x atan x - ∫ atan = ½ log(1 + x²), and the rest is bounded."""
    assert status(zoo.hopfield("arctan")) is Status.PROVED


def test_a_softmax_memory_is_bounded_but_flat_along_equal_inputs() -> None:
    asked = question(zoo.softmax_memory().system)
    assert bounded.decide(asked).status is Status.PROVED
    assert status(zoo.softmax_memory()) is Status.REFUTED


def test_numbers_make_leaky_networks_coercive_and_relu_ones_not() -> None:
    params = {"W": [[0.5, 0.2], [0.2, 0.3]], "b": [1.0, -1.0]}
    assert status(zoo.hopfield("leaky_relu"), params) is Status.CERTIFIED
    assert status(zoo.hopfield("identity"), params) is Status.CERTIFIED
    assert status(zoo.hopfield("relu"), params) is Status.REFUTED


def test_a_state_that_the_numbers_leave_out_of_the_energy_is_not_certified() -> None:
    c = am.parameter("c", "N")
    s = system(each(c[i] * y[i] ** 2), y)
    assert status(s, {"c": [1.0, 2.0]}) in (Status.PROVED, Status.CERTIFIED)
    assert status(s, {"c": [1.0, 0.0]}) is Status.REFUTED


def test_finitely_many_states_say_nothing() -> None:
    assert status(zoo.spins()) is None

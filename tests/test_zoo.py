"""The zoo: every ready-made model is proved, and each stands as its paper writes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from energy_verdict import energy_verdict

import amsym as am
from amsym.errors import ModelError
from amsym.notation import components, derivative, indices, is_zero
from amsym.verdict import Status
from proofs.falsify import search


def system_of(model: Any) -> am.System:
    return model.system if isinstance(model, am.Memory) else model


@pytest.mark.parametrize("name", sorted(am.zoo.MODELS))
def test_every_model_of_the_zoo_is_proved(name: str) -> None:
    verdict = energy_verdict(am.zoo.MODELS[name]())
    assert verdict.status is Status.PROVED, verdict.reason


@pytest.mark.parametrize("activation", ["identity", "tanh", "relu", "leaky_relu", "sigmoid", "softmax"])
def test_the_residual_energy_is_proved_for_every_activation(activation: str) -> None:
    verdict = energy_verdict(am.zoo.residual_energy(activation))
    assert verdict.status is Status.PROVED, verdict.reason


@pytest.mark.parametrize("activation", ["tanh", "relu", "softmax", "sigmoid"])
def test_the_residual_flow_is_the_descent_of_half_the_squared_residual(activation: str) -> None:
    """dead_neurons eq. (9) with the transpose: f = (I - WΛ)ᵀ r and E = ½ |r|², by components."""
    system = am.zoo.residual_energy(activation)
    ((at, f),) = system.equations.items()
    y = at.tensor
    L, sizes = am.lagrangians.CATALOGUE[activation](), {"N": 2}
    (i,) = indices("i", "N")
    g = components(L.activation(y[i]), sizes)
    W = next(p for p in system.parameters if p.name == "W")
    b = next(p for p in system.parameters if p.name == "b")
    r = [sum(W[n, m] * g[m] for m in range(2)) - y[n] + b[n] for n in range(2)]
    explicit = components(f, sizes)
    point = {y[0]: sp.Rational(3, 4), y[1]: sp.Rational(5, 4), W[0, 0]: 2, W[0, 1]: -1, W[1, 1]: 3, b[0]: 1, b[1]: -2}
    for n in range(2):
        hand = -sum(r[m] * sp.diff(r[m], y[n]) for m in range(2))
        gap = (explicit[n] - hand).replace(sp.Heaviside, lambda u, *_: sp.Piecewise((1, u > 0), (0, True)))
        assert abs(sp.N(gap.subs(point).doit(), 30)) < 1e-20
    energy = components(system.energy, sizes) - sum(x**2 for x in r) / 2
    assert abs(sp.N(energy.subs(point), 30)) < 1e-20


@pytest.mark.parametrize("activation", ["tanh", "relu", "softmax", "layernorm", "spherical"])
def test_the_hopfield_energy_has_the_gradient_minus_hessian_times_flow(activation: str) -> None:
    system = am.zoo.hopfield(activation)
    ((at, _),) = system.equations.items()
    (i,), (k,) = at.where, indices("k", "N")
    L = am.lagrangians.CATALOGUE[activation]()
    y = at.tensor
    image = am.total(L.hessian(y[i], y[k]) * system.right_side(y, (k,)), k)
    assert is_zero(derivative(system.energy, at) + image)


def test_without_symmetric_weights_the_network_is_refuted() -> None:
    assert energy_verdict(am.zoo.hopfield(symmetric=False)).status is Status.REFUTED


def test_spins_updated_all_at_once_are_refuted_and_one_at_a_time_are_proved() -> None:
    assert energy_verdict(am.zoo.spins("synchronous")).status is Status.REFUTED
    for order in ("asynchronous", "sequential"):
        assert energy_verdict(am.zoo.spins(order)).status is Status.PROVED


@pytest.mark.parametrize("name", ["hopfield", "softmax_memory", "hierarchical", "residual_energy"])
def test_the_energy_of_a_model_falls_along_a_small_step(name: str) -> None:
    assert search(system_of(am.zoo.MODELS[name]()), seconds=1.0).violation is None


def test_tokens_attend_to_others_only() -> None:
    """E = -β⁻¹ log exp(β K_2·Q_1) - ... : with two tokens each sum has one term, and E is linear in the similarity."""
    system = am.zoo.attention().system
    sizes = {"T": 2, "D": 1, "H": 1, "Y": 1}
    energy = components(system.energy, sizes)
    assert energy.free_symbols
    assert np.isfinite(float(energy.subs({s: sp.Rational(1, 3) for s in energy.free_symbols})))


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("hopfield", ("swish",), "the catalogue"),
        ("hopfield", ("rleu",), "did you mean 'relu'"),
        ("hierarchical", (1,), "2 or more layers"),
        ("hierarchical", (3, "sigmod"), "did you mean 'sigmoid'"),
    ],
)
def test_an_unknown_activation_or_a_chain_of_one_is_refused(name: str, arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        am.zoo.MODELS[name](*arguments)

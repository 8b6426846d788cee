"""A steady state from a minimum of the energy: dead components are moved to where the flow vanishes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.optimize
from stability_states import drawn, model, network, with_state

import amsym as am
from amsym.errors import InputError
from numeric.stability import recover_state, stability


def minimised(name: str, params: Any, start: Any) -> Any:
    bound = model(name).bind(params)
    found = scipy.optimize.minimize(bound.energy, start, jac=bound.gradient, method="BFGS", options={"gtol": 1e-9})
    return found.x


def recovered_or_none(name: str, params: Any, lowest: Any) -> Any:
    """None for a minimum only because the energy is flat there: a dead neuron comes alive."""
    try:
        return recover_state(network(name), params, lowest)
    except InputError as error:
        if "comes alive" in str(error):
            return None
        raise


@pytest.mark.parametrize("name", ["relu", "hard_tanh", "softmax", "layernorm"])
def test_a_minimum_of_the_energy_gives_the_steady_state(name: str) -> None:
    recovered = 0
    for seed in range(4):
        W, state = drawn(seed, 5, 0.9)
        params = with_state(name, W, state)
        lowest = minimised(name, params, state + 0.1 * np.random.default_rng(seed).normal(size=5))
        found = recovered_or_none(name, params, lowest)
        if found is None:
            continue
        recovered += 1
        assert np.abs(model(name).flow(found, params)).max() < 1e-9
        assert np.allclose(found, am.simulate(network(name), params, found, t=100).end, atol=1e-6)
    assert recovered >= 3


@pytest.mark.parametrize("name", ["relu", "hard_tanh", "softmax"])
def test_the_dead_part_of_the_minimum_does_not_matter(name: str) -> None:
    W, state = drawn(2, 5, 0.9)
    params = with_state(name, W, state)
    cone = stability(network(name), params, state).dead_space
    assert cone.count
    far = state + cone.basis() @ np.linspace(1, 20, cone.count)
    assert np.allclose(recover_state(network(name), params, far), state, atol=1e-9)


def test_the_formula_as_printed_needs_a_minimum_without_dead_part() -> None:
    """[dead_neurons] Proposition 4.3 prints y = ỹ + Pd (W g(ỹ) + b); the flow adds -ỹ in the bracket."""
    W, state = drawn(2, 5, 0.9)
    params = with_state("relu", W, state)
    Pd = stability(network("relu"), params, state).dead
    for lowest, right in ((np.maximum(state, 0), True), (state, False)):
        printed = lowest + Pd @ (W @ np.maximum(lowest, 0) + params["b"])
        assert np.allclose(printed, state) == right
        assert np.allclose(recover_state(network("relu"), params, lowest), state)


def test_a_dead_neuron_that_comes_alive_is_told_with_the_residual() -> None:
    params = {"W": np.array([[0.5, 0.2], [0.2, 0.5]]), "b": np.array([1.0, 1.0])}
    with pytest.raises(InputError, match=r"\|f\| is 0\.7.* at y\[1\].*y\[1\] comes alive.*am\.simulate"):
        recover_state(network("relu"), params, [2.0, -1.0])


def test_a_state_that_is_no_minimum_is_refused() -> None:
    with pytest.raises(InputError, match="no minimum"):
        recover_state(network("relu"), {"W": np.zeros((2, 2)), "b": np.array([1.0, -1.0])}, [3.0, -1.0])


def test_time_constants_and_several_states_come_and_go_by_name() -> None:
    tau = {"tau_v": 2.0, "tau_h": 0.1}
    params = {"xi": np.random.default_rng(0).normal(size=(3, 4)), "beta": 2.0, **tau}
    end = am.simulate(am.zoo.softmax_memory(), params, {"v": np.full(3, 0.3), "h": np.zeros(4)}, t=400, rtol=1e-10, steady=1e-10).end
    found = recover_state(am.zoo.softmax_memory(), params, {"v": end["v"], "h": end["h"] + 7.0}, steady=1e-7)
    assert np.allclose(found["h"], end["h"], atol=1e-7)

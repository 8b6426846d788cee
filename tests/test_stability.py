"""Laws of stability with dead neurons: spectra split, the energy tells the same on the range of Λ, simulations obey."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from stability_states import ACTIVATIONS, drawn, model, network, with_state

import amsym as am
from amsym.errors import InputError
from amsym.verdict import Status
from numeric.stability import stability

i, j = am.indices("i j", "N")
y, A = am.state("y", "N"), am.parameter("A", "N N")
linear = am.System(flow={y[i]: am.total(A[i, j] * y[j], j)})
cases = given(name=st.sampled_from(ACTIVATIONS), seed=st.integers(0, 10_000), n=st.integers(1, 6), gain=st.floats(0.2, 6))


def studied(name: str, seed: int, n: int, gain: float) -> tuple[Any, Any, Any]:
    W, state = drawn(seed, n, gain)
    params = with_state(name, W, state)
    return stability(network(name), params, state), params, state


def sorted_real(values: Any) -> Any:
    return np.sort(np.asarray(values).real)


@settings(max_examples=15, deadline=None)
@cases
def test_the_spectrum_of_the_whole_jacobian_is_that_of_s_and_minus_one_for_every_dead_direction(**case: Any) -> None:
    found, params, state = studied(**case)
    whole = np.linalg.eigvals(model(case["name"]).jacobian(state, params))
    assert len(found.rates) == found.dead_space.count
    assert np.allclose(found.rates, -1, atol=1e-9)
    assert np.allclose(sorted_real(whole), sorted_real([*found.spectrum, *found.rates]), atol=1e-6)
    assert found.spectrum.real.tolist() == sorted(found.spectrum.real, reverse=True)


@settings(max_examples=15, deadline=None)
@cases
def test_the_energy_on_the_range_of_the_hessian_tells_the_same(**case: Any) -> None:
    found, _, _ = studied(**case)
    assert found.energy_agrees is not False
    if found.kind == "stable" and found.energy_agrees:
        assert np.all(found.energy_hessian_spectrum > 0)
    if found.kind == "unstable" and found.energy_agrees:
        assert (found.energy_hessian_spectrum < 0).sum() == found.index


@settings(max_examples=15, deadline=None)
@cases
def test_projectors_split_the_space_and_the_activation_is_blind_to_the_dead_part(**case: Any) -> None:
    found, params, state = studied(**case)
    n = case["n"]
    assert np.allclose(found.alive + found.dead, np.eye(n))
    assert np.allclose(found.dead @ found.dead, found.dead, atol=1e-12)
    assert np.allclose(found.basis @ found.basis.T, found.alive, atol=1e-12)
    assert np.allclose(model(case["name"]).jacobian(state, params) @ found.dead, -found.dead, atol=1e-9)


def test_s_of_a_rectified_network_is_the_block_of_alive_neurons() -> None:
    W, state = drawn(3, 5)
    found = stability(network("relu"), with_state("relu", W, state), state)
    alive = state > 0
    assert 0 < alive.sum() < 5
    assert np.allclose(found.reduced, W[np.ix_(alive, alive)] - np.eye(alive.sum()))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_neurons_does_not_matter(seed: int) -> None:
    W, state = drawn(seed, 5)
    p = np.random.default_rng(seed).permutation(5)
    one = stability(network("relu"), with_state("relu", W, state), state)
    two = stability(network("relu"), with_state("relu", W[np.ix_(p, p)], state[p]), state[p])
    assert np.allclose(one.spectrum, two.spectrum)
    assert (one.kind, one.index) == (two.kind, two.index)
    assert np.allclose(one.dead[np.ix_(p, p)], two.dead)


def test_rotations_leave_the_spectrum_of_a_linear_flow_and_complex_pairs_are_found() -> None:
    rng = np.random.default_rng(1)
    M, (Q, _) = rng.normal(size=(5, 5)) - 3 * np.eye(5), np.linalg.qr(rng.normal(size=(5, 5)))
    one, two = (stability(linear, {"A": B}, np.zeros(5)) for B in (M, Q @ M @ Q.T))
    assert np.allclose(one.spectrum, two.spectrum)
    assert np.any(one.spectrum.imag > 0.1)
    assert one.margin == pytest.approx(-np.linalg.eigvals(M).real.max())


@pytest.mark.parametrize("name", ["relu", *(pytest.param(name, marks=pytest.mark.slow) for name in ("softmax", "tanh"))])
def test_stable_states_take_perturbed_trajectories_back_and_unstable_ones_let_them_go(name: str) -> None:
    seen = set()
    for seed in range(12):
        W, state = drawn(seed, 4, 8.0 if name == "softmax" else 2.5)
        params = with_state(name, W, state)
        found = stability(network(name), params, state)
        if not found.reduced.size:
            continue
        seen.add(found.kind)
        v = found.basis @ np.linalg.eigh((found.reduced + found.reduced.T) / 2)[1][:, -1]
        if found.kind == "unstable":
            v = found.basis @ np.real(np.linalg.eig(found.reduced)[1][:, np.argmax(np.linalg.eigvals(found.reduced).real)])
        end = am.simulate(network(name), params, state + 1e-4 * v, t=min(400.0, 12 / abs(found.margin)), steady=None).end
        gone = np.abs(end - state).max()
        assert (gone < 1e-5) if found.kind == "stable" else (gone > 1e-3)
    assert seen == {"stable", "unstable"}


@pytest.mark.parametrize("name", ["relu", "hard_tanh", "softmax"])
def test_the_whole_dead_flat_region_belongs_to_the_basin(name: str) -> None:
    for seed in range(1, 5):
        W, state = drawn(seed, 5, 0.9)
        params = with_state(name, W, state)
        found = stability(network(name), params, state)
        assert found.kind == "stable"
        assert found.dead_space.count
        far = state + found.dead_space.basis() @ np.random.default_rng(seed).uniform(0, 30, found.dead_space.count)
        assert np.allclose(am.simulate(network(name), params, far, t=200).end, state, atol=1e-5)


def memory(tau: Any) -> Any:
    v = am.Layer("v", "N", am.lagrangians.identity(), tau=2)
    h = am.Layer("h", "K", am.lagrangians.softmax(), tau=tau)
    return am.Memory([v, h], [am.synapses.dense(v, h, weights="xi")])


def steady_memory(tau: Any, extra: dict[str, Any]) -> tuple[Any, Any, Any]:
    params = {"xi": np.random.default_rng(0).normal(size=(3, 4)), **extra}
    end = am.simulate(
        memory(tau), params, {"v": np.full(3, 0.3), "h": np.zeros(4)}, t=300, rtol=1e-10, steady=1e-12, energy_check=False
    ).end
    return memory(tau), params, end


def test_time_constants_scale_the_rates_of_their_layer_and_leave_the_energy() -> None:
    system, params, end = steady_memory(sp.Rational(1, 4), {})
    found = stability(system, params, end)
    assert np.allclose(found.rates, [-4.0])
    assert found.energy_agrees
    assert found.labels == ["v[0]", "v[1]", "v[2]", "h[0]", "h[1]", "h[2]", "h[3]"]
    assert np.allclose(found.state["h"], end["h"])
    assert np.allclose(stability(am.compile(system).bind(params), None, end).spectrum, found.spectrum)
    slow = stability(*steady_memory(4, {}))
    assert np.allclose(slow.energy_hessian_spectrum, found.energy_hessian_spectrum, atol=1e-6)
    assert slow.margin < found.margin


def test_time_constants_that_differ_along_a_null_vector_keep_it_in_s_and_the_spectrum_whole() -> None:
    tau = {"tau": np.array([0.5, 1.0, 2.0, 3.0])}
    system, params, end = steady_memory(am.parameter("tau", "K", positive=True), tau)
    found = stability(system, params, end)
    assert (found.dead_space.count, len(found.rates), len(found.spectrum)) == (1, 0, 7)
    assert "time constants differ" in " ".join(found.notes)


def test_without_symmetry_the_energy_may_tell_another_story_and_that_is_noted() -> None:
    W = np.array([[0.0, 3.0], [-3.0, 0.0]]) + np.diag([1.5, -4.0])
    params = with_state("tanh", W, np.array([0.05, 0.02]), symmetric=False)
    found = stability(network("tanh", False), params, [0.05, 0.02])
    assert found.energy_agrees is False
    assert "no Lyapunov function" in " ".join(found.notes)


def test_the_residual_is_judged_and_named() -> None:
    params = {"W": np.eye(2) / 2, "b": np.ones(2)}
    with pytest.raises(InputError, match=r"\|f\| is 1, .*steady_states"):
        stability(network("relu"), params, [2.0, 0.0])
    assert stability(network("relu"), params, [2.0, 2.0 + 1e-8]).residual == pytest.approx(5e-9)
    with pytest.raises(InputError, match="not steady"):
        stability(network("relu"), params, [2.0, 2.0 + 1e-8], steady=1e-12)


def test_what_is_no_state_of_a_flow_is_refused() -> None:
    params = {"W": np.eye(2) / 2, "b": np.ones(2)}
    with pytest.raises(InputError, match="batch axes"):
        stability(network("relu"), params, np.full((3, 2), 2.0))
    with pytest.raises(InputError, match="finite"):
        stability(network("relu"), params, [2.0, np.nan])
    with pytest.raises(InputError, match="discrete time"):
        stability(am.zoo.spins(), {"W": np.zeros((2, 2))}, [1.0, -1.0])


def test_verdicts_are_at_most_supported_and_the_text_is_narrow() -> None:
    W, state = drawn(7, 12, 3.0)
    found = stability(network("relu"), with_state("relu", W, state), state)
    assert found.verdict.status is Status.SUPPORTED
    assert found.verdict.claim == f"steady state is {found.kind}"
    assert max(map(len, str(found).splitlines())) <= 80
    assert "<table>" in found._repr_html_()


def test_a_flow_of_time_is_taken_at_the_time_given() -> None:
    moving = am.System(flow={y[i]: (am.time - 1) * y[i]})
    assert [stability(moving, {}, [0.0], t=t).kind for t in (0.0, 1.0, 2.0)] == ["stable", "marginal", "unstable"]
    assert "depends on time" in stability(moving, {}, [0.0]).notes[0]

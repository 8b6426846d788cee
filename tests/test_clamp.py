"""Laws of clamping: a clamped component stays, the others move as in the system in which it is a constant."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import solve_ivp

import amsym as am

i, j = am.indices("i j", "N")
y = am.state("y", "N")
W = am.parameter("W", "N N", symmetric=True)
network = am.System(flow={y[i]: am.total(W[i, j] * sp.tanh(y[j]), j) - y[i]})
rng = np.random.default_rng(0)
M = rng.normal(size=(5, 5))
M = M + M.T


def test_free_components_move_as_if_the_clamped_ones_were_constants() -> None:
    start, clamp = rng.normal(size=5), np.array([True, False, False, True, False])
    run = am.simulate(network, {"W": M}, start, t=3.0, rtol=1e-9, steady=None, clamp=clamp)
    other = solve_ivp(lambda t, x: np.where(clamp, 0, M @ np.tanh(x) - x), (0, 3), start, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(run.end[clamp], start[clamp])
    np.testing.assert_allclose(run.end, other.y[:, -1], rtol=1e-6)


def test_each_trajectory_may_have_a_clamp_of_its_own() -> None:
    starts, clamps = rng.normal(size=(6, 5)), rng.random((6, 5)) < 0.4
    together = am.simulate(network, {"W": M}, starts, t=2.0, clamp=clamps).end
    alone = [am.simulate(network, {"W": M}, s, t=2.0, clamp=c).end for s, c in zip(starts, clamps, strict=True)]
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_masked_entries_are_completed_by_the_others() -> None:
    """[modern_methods] (5.9): a pattern's known half is held, the unknown half is recalled."""
    memory = am.zoo.softmax_memory()
    xi = np.sign(rng.normal(size=(20, 3)))
    params = {"xi": xi, "beta": 4.0, "tau_v": 1.0, "tau_h": 1.0}
    known = np.arange(20) < 10
    start = {"v": np.where(known, xi[:, 0], 0.0), "h": np.zeros(3)}
    run = am.simulate(memory, params, start, clamp={"v": known})
    assert isinstance(run.end, dict)
    np.testing.assert_array_equal(run.end["v"][known], xi[known, 0])
    np.testing.assert_allclose(run.end["v"], xi[:, 0], atol=1e-3)


def test_a_fully_clamped_state_is_steady_at_once() -> None:
    assert am.simulate(network, {"W": M}, np.ones(5), clamp=np.ones(5, dtype=bool)).outcomes is am.Outcome.STEADY


@pytest.mark.parametrize(
    ("clamp", "message"),
    [
        ([1, 0, 0, 0, 0], "truth values"),
        ([[True], [True, False]], "ragged"),
        (np.ones(4, dtype=bool), r"clamp has shape \(4,\); the shape \(5,\)"),
    ],
)
def test_bad_clamps_are_named(clamp: object, message: str) -> None:
    with pytest.raises(am.InputError, match=message):
        am.simulate(network, {"W": M}, np.ones(5), clamp=clamp)


def test_the_clamp_of_the_only_state_may_go_by_its_name() -> None:
    by_name = am.simulate(network, {"W": M}, np.ones(5), clamp={"y": [True, False, False, False, False]})
    np.testing.assert_array_equal(by_name.end, am.simulate(network, {"W": M}, np.ones(5), clamp=np.arange(5) == 0).end)
    with pytest.raises(am.InputError, match="a mask of 'y' was expected, the only state"):
        am.simulate(network, {"W": M}, np.ones(5), clamp={"z": np.ones(5, dtype=bool)})


def test_clamps_of_several_states_go_by_name() -> None:
    memory = am.zoo.softmax_memory()
    params = {"xi": np.ones((2, 2)), "beta": 1.0, "tau_v": 1.0, "tau_h": 1.0}
    with pytest.raises(am.InputError, match="masks by name were expected, of v, h"):
        am.simulate(memory, params, {"v": np.ones(2), "h": np.ones(2)}, clamp=np.ones(2, dtype=bool))


@pytest.mark.parametrize(("activation", "falls"), [("tanh", True), ("softmax", False), ("layernorm", False)])
def test_the_energy_may_rise_only_where_an_activation_couples_clamped_and_free_components(activation: str, falls: bool) -> None:
    """dE/dt = -<m ⊙ f, Λ f>, of one sign for every m if Λ is diagonal."""
    rng, held = np.random.default_rng(0), np.array([True, False, True, False, False])
    bound = am.compile(am.zoo.hopfield(activation=activation)).bind({"W": M, "b": rng.normal(size=5)})
    starts = 3 * rng.normal(size=(50, 5))
    rates = np.sum(bound.gradient(starts) * np.where(held, 0, bound.flow(starts)), axis=1)
    assert bool(np.all(rates <= 0)) is falls
    rose = am.simulate(bound, None, starts, t=5.0, clamp=held).ended(am.Outcome.ENERGY_ROSE)
    assert bool(np.any(rose)) is not falls

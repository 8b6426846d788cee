"""Laws of discrete-time simulation: sweeps, fixed points, orders of updates, the energy audit."""

import numpy as np
import pytest
import sympy as sp

import amsym as am
from amsym.errors import InputError


def network(seed=0, n=12):
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, n))
    return {"W": W + W.T}, rng.choice([-1.0, 1.0], size=(6, n))


@pytest.mark.parametrize("order", ["asynchronous", "sequential"])
def test_one_at_a_time_never_raises_the_energy_and_reaches_a_fixed_point(order):
    params, starts = network()
    result = am.simulate(am.zoo.spins(order), params, starts, steps=100, save="steps")
    assert all(o is am.Outcome.STEADY for o in result.outcomes)
    assert all((np.diff(e) <= 1e-9).all() for e in result.energies)


def test_a_fixed_point_is_one_for_every_order():
    params, starts = network(3)
    end = am.simulate(am.zoo.spins("sequential"), params, starts, steps=100).end
    for order in ("asynchronous", "synchronous"):
        again = am.simulate(am.zoo.spins(order), params, end, steps=3)
        np.testing.assert_array_equal(again.end, end)
        assert (again.statistics["sweeps"] == 1).all()


def test_a_sweep_agrees_with_a_loop_written_by_hand():
    params, starts = network(5)
    W = params["W"] - np.diag(np.diag(params["W"]))
    s = starts[0].copy()
    for k in range(s.size):
        h = W[k] @ s
        s[k] = np.sign(h) if h else s[k]
    np.testing.assert_array_equal(am.simulate(am.zoo.spins("sequential"), params, starts[0], steps=1).end, s)


def test_the_synchronous_two_cycle_of_an_antiferromagnet_is_told_as_a_rise_or_as_time_over():
    W = np.array([[0.0, -1.0], [-1.0, 0.0]])
    result = am.simulate(am.zoo.spins("synchronous"), {"W": W}, np.array([1.0, 1.0]), steps=9, energy_check=False)
    assert result.outcomes is am.Outcome.TIME_OVER
    np.testing.assert_array_equal(np.abs(result.end), 1)


def test_a_rise_of_the_energy_stops_the_trajectory_and_is_named():
    W = np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 2.0], [-1.0, 2.0, 0.0]])
    result = am.simulate(am.zoo.spins("synchronous"), {"W": W}, np.array([-1.0, -1.0, 1.0]), steps=9)
    assert result.outcomes is am.Outcome.ENERGY_ROSE
    assert result.statistics["largest_energy_rise"] == 2


def test_the_random_order_is_fixed_by_the_seed():
    params, starts = network(7, n=30)
    ends = [am.simulate(am.zoo.spins(), params, starts, steps=50, seed=4).end for _ in range(2)]
    np.testing.assert_array_equal(*ends)


def test_bad_numbers_of_steps_and_unknown_saves_are_told():
    params, starts = network()
    with pytest.raises(InputError, match="steps is -1"):
        am.simulate(am.zoo.spins(), params, starts, steps=-1)
    with pytest.raises(InputError, match="save is 'all'"):
        am.simulate(am.zoo.spins(), params, starts, steps=1, save="all")
    with pytest.raises(InputError, match="steps=100"):
        am.simulate(am.zoo.spins(), params, starts)


def test_a_start_outside_the_declared_values_is_told():
    with pytest.raises(InputError, match=r"holds 0.3, but the declared values are \(-1, 1\)"):
        am.simulate(am.zoo.spins(), {"W": np.zeros((3, 3))}, [0.3, 1, 1], steps=1)


def test_neurons_that_are_0_or_1_run_and_settle():
    i, j = am.indices("i j", "N")
    V, T = am.state("V", "N", values=(0, 1)), am.parameter("T", "N N", symmetric=True)
    h = am.total(am.mask(sp.Ne(i, j)) * T[i, j] * V[j], j)
    energy = -am.total(am.mask(sp.Ne(i, j)) * T[i, j] * V[i] * V[j], i, j) / 2
    system = am.System(update={V[i]: am.mask(h > 0)}, energy=energy)
    rng = np.random.default_rng(0)
    T0 = rng.normal(size=(15, 15))
    result = am.simulate(system, {"T": T0 + T0.T}, rng.integers(0, 2, size=(8, 15)), steps=60, save="steps")
    assert all(o is am.Outcome.STEADY for o in result.outcomes)
    assert all((np.diff(e) <= 1e-12).all() for e in result.energies)
    assert set(np.unique(result.end)) <= {0, 1}

"""Laws of discrete-time simulation: sweeps, fixed points, orders of updates, the energy audit."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clamp": [True, False, False]}, "clamp is given, which is for flows; .* name the components that move in order="),
        ({"events": {"half": None}}, 'events is given, which is for flows; .* save="steps"'),
        ({"method": "rosenbrock"}, "method is given, which is for flows"),
        ({"steps": np.inf}, "steps is inf; a whole number"),
        ({"steps": "many"}, "steps is 'many'; a whole number"),
    ],
)
def test_options_of_flows_are_refused_and_not_passed_over(options, message):
    with pytest.raises(InputError, match=message):
        am.simulate(am.zoo.spins(), {"W": np.zeros((3, 3))}, [1, 1, -1], **({"steps": 1} | options))


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


FERROMAGNET = {"W": np.ones((4, 4))}


def test_a_permutation_takes_its_turns_one_after_the_other():
    params, starts = network(8)
    order = np.random.default_rng(0).permutation(12)
    s = starts[0].copy()
    for k in order:
        h = params["W"][k] @ s - params["W"][k, k] * s[k]
        s[k] = np.sign(h) if h else s[k]
    np.testing.assert_array_equal(am.simulate(am.zoo.spins(), params, starts[0], steps=1, order=order).end, s)


def test_the_orders_that_have_a_name_are_the_blocks_that_define_them():
    params, starts = network(9)
    for system, order in (("sequential", range(12)), ("synchronous", [list(range(12))]), ("synchronous", ["s"])):
        named = am.simulate(am.zoo.spins(), params, starts, steps=3, order=system, save="steps", energy_check=False)
        spelt = am.simulate(am.zoo.spins(), params, starts, steps=3, order=order, save="steps", energy_check=False)
        for a, b in zip(named.states, spelt.states, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_block_without_couplings_in_it_never_raises_the_energy():
    rng = np.random.default_rng(2)
    W = np.zeros((12, 12))
    W[:5, 5:] = rng.normal(size=(5, 7))
    starts = rng.choice([-1.0, 1.0], size=(20, 12))
    result = am.simulate(am.zoo.spins(), {"W": W + W.T}, starts, steps=50, order=[list(range(5)), list(range(5, 12))])
    assert all(o is am.Outcome.STEADY for o in result.outcomes)
    assert (result.statistics["largest_energy_rise"] == 0).all()


def test_layers_of_two_states_take_turns_by_name():
    i, mu = am.index("i", "N"), am.index("mu", "K")
    v, h, W = am.state("v", "N", values=(-1, 1)), am.state("h", "K", values=(-1, 1)), am.parameter("W", "N K")
    update = {v[i]: sp.sign(am.total(W[i, mu] * h[mu], mu)), h[mu]: sp.sign(am.total(W[i, mu] * v[i], i))}
    system = am.System(update=update, energy=-am.total(W[i, mu] * v[i] * h[mu], i, mu))
    W0 = np.random.default_rng(3).normal(size=(3, 2))
    start = {"v": np.array([1.0, -1.0, 1.0]), "h": np.array([1.0, 1.0])}
    v1 = np.sign(W0 @ start["h"])
    expected = {"v": v1, "h": np.sign(v1 @ W0)}
    for order in (["v", "h"], [[0, 1, 2], [3, 4]], [["v[0]", ("v", 1), 2], ["h"]]):
        end = am.simulate(system, {"W": W0}, start, steps=1, order=order).end
        assert {name: a.tolist() for name, a in end.items()} == {name: a.tolist() for name, a in expected.items()}


def test_components_that_the_order_leaves_out_are_held_and_counted():
    start = np.array([-1.0, -1.0, 1.0, 1.0])
    result = am.simulate(am.zoo.spins(), FERROMAGNET, start, steps=9, order=[2, 3, 2])
    np.testing.assert_array_equal(result.end[:2], start[:2])
    assert result.statistics["held"] == 2


def test_components_of_a_matrix_of_spins_are_named_by_their_place():
    i, a = am.index("i", "N"), am.index("a", "K")
    x, b = am.state("x", "N K", values=(-1, 1)), am.parameter("b", "N K")
    system = am.System(update={x[i, a]: sp.sign(b[i, a])})
    end = am.simulate(system, {"b": -np.ones((2, 3))}, np.ones((2, 3)), steps=1, order=[(1, 2), [0, "x[0, 1]"]]).end
    assert end.tolist() == [[-1, -1, 1], [1, 1, -1]]


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("random", "order is 'random'; one of"),
        (7, "order is 7"),
        ({"s": [0]}, "order is {'s'"),
        ([], "order is empty"),
        ([[0], []], "an empty block"),
        ([4], r"order holds 4, which names no component; the last is 3 or 's\[3\]'"),
        ([-1], "order holds -1"),
        ([1.0], "order holds 1.0"),
        ([None], "order holds None"),
        (["v"], "order holds 'v'"),
        ([(0, 1)], r"order holds \(0, 1\), .*make a block a list"),
        ([[0, 2, 0]], r"names s\[0\] twice"),
        ([True, False, True, True], r"np.flatnonzero\(mask\)"),
    ],
)
def test_a_bad_order_is_told(order, message):
    with pytest.raises(InputError, match=message):
        am.simulate(am.zoo.spins(), FERROMAGNET, np.ones(4), steps=1, order=order)


def test_an_order_for_a_flow_is_refused():
    with pytest.raises(InputError, match="this system has a flow"):
        am.simulate(am.zoo.hopfield(), {"W": np.zeros((2, 2)), "b": np.zeros(2)}, np.zeros(2), order=[0, 1])


@given(period=st.integers(1, 6), lead=st.integers(0, 5), sweeps=st.just(40))
def test_the_period_of_a_cycle_is_exact_whatever_comes_before_it(period, lead, sweeps):
    i, j = am.indices("i j", "N")
    y, P = am.state("y", "N"), am.parameter("P", "N N")
    n = lead + period  # a path of `lead` places that runs into a ring of `period`
    hops = np.zeros((n, n))
    hops[[*range(1, n), lead], range(n)] = 1
    result = am.simulate(am.System(update={y[i]: am.total(P[i, j] * y[j], j)}), {"P": hops}, np.eye(n), steps=sweeps, order="synchronous")
    assert (result.statistics["period"] == period).all()
    assert all(o is (am.Outcome.STEADY if period == 1 else am.Outcome.TIME_OVER) for o in result.outcomes)


def test_no_period_is_claimed_in_random_order_nor_where_time_appears():
    y = am.state("y", "N")
    i = am.index("i", "N")
    for update, order in ((-y[i], "asynchronous"), (sp.cos(sp.pi * am.time) + 0 * y[i], "synchronous")):
        result = am.simulate(am.System(update={y[i]: update}), None, np.ones(3), steps=30, order=order)
        assert result.statistics["period"] == 0


def test_a_formula_that_depends_on_time_reads_the_sweeps_done_and_is_never_steady():
    i, y = am.index("i", "N"), am.state("y", "N")
    result = am.simulate(am.System(update={y[i]: sp.Max(am.time, 2)}), None, np.full(2, 2.0), steps=5, save="steps")
    assert result.states[:, 0].tolist() == [2, 2, 2, 2, 3, 4]
    assert result.outcomes is am.Outcome.TIME_OVER

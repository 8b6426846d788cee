"""Branches of steady states: closed forms of folds and ends, what a branch reports, and what it refuses."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import amsym as am
from amsym.errors import InputError
from numeric.continuation.branch import End
from numeric.continuation.follow import continue_steady_state

i, j = am.indices("i j", "N")
y, b, W = am.state("y", "N"), am.parameter("b", "N"), am.parameter("W", "N N")
r, c, beta = am.parameter("r"), am.parameter("c"), am.parameter("beta", positive=True)


def system(f):
    return am.System(flow={y[i]: f})


neuron = system(beta * sp.tanh(y[i]) - y[i] + c)
network = system(am.total(W[i, j] * sp.tanh(beta * y[j]), j) - y[i] + b[i])
parabola = system(r + y[i] ** 2)


def kinds(branch):
    return [p.kind for p in branch.points]


def network_of(seed, n=6):
    rng = np.random.default_rng(seed)
    params = {"W": 1.5 * rng.normal(size=(n, n)) / np.sqrt(n), "b": 0.3 * rng.normal(size=n), "beta": 0.1}
    return params, am.simulate(network, params, np.zeros(n), t=500.0).end


# Where it goes


@pytest.mark.parametrize("seed", range(3))
def test_every_station_is_a_steady_state_and_counts_its_unstable_directions(seed):
    params, start = network_of(seed)
    branch = continue_steady_state(network, params, start, "beta", to=3.0)
    assert branch.outcome is End.REACHED
    assert branch.parameter[-1] == pytest.approx(3.0, abs=1e-12)
    model = am.compile(network)
    special = {p.parameter for p in branch.points}
    for s, x, unstable in zip(branch.parameter, branch.states, branch.unstable, strict=True):
        here = {**params, "beta": s}
        assert np.abs(model.flow(x, here)).max() <= 1e-12
        if s not in special:
            assert unstable == np.count_nonzero(np.linalg.eigvals(model.jacobian(x, here)).real > 0)


@settings(max_examples=10)
@given(m=st.floats(0.3, 2.0), shift=st.floats(-5, 5), turned=st.booleans())
def test_folds_of_a_cubic_lie_where_its_slope_vanishes(m, shift, turned):
    """r + x³/3 - m² x = 0 turns at x = ±m, r = ±2 m³/3; and the same with r running the other way."""
    sign = -1 if turned else 1
    x = y[i] - sp.Float(shift)
    cubic = system(sign * r + x**3 / 3 - sp.Float(m) ** 2 * x)
    start = 2.5 * m
    r0 = start**3 / 3 - m**2 * start
    branch = continue_steady_state(cubic, {"r": -sign * r0}, [shift + start], "r", to=sign * r0)
    assert kinds(branch) == ["fold", "fold"]
    np.testing.assert_allclose([p.parameter for p in branch.points], [sign * 2 * m**3 / 3, -sign * 2 * m**3 / 3], atol=1e-10 * (1 + r0))
    np.testing.assert_allclose([p.state[0] - shift for p in branch.points], [m, -m], atol=1e-7 * (1 + abs(shift)))
    assert [p.unstable for p in branch.points] == [(1, 0), (0, 1)]


def test_hysteresis_of_a_neuron_turns_at_the_folds_that_mpmath_finds():
    """With tanh'(y) = 1/β: y = arcosh √β, c = y - β tanh y."""
    top = float(mp.findroot(lambda v: 2 * mp.tanh(v) - v + 1, 2.9))
    branch = continue_steady_state(neuron, {"beta": 2.0, "c": 1.0}, [top], "c", to=-1.0)
    with mp.workdps(30):
        v = mp.acosh(mp.sqrt(2))
        fold = v - 2 * mp.tanh(v)
    assert kinds(branch) == ["fold", "fold"]
    np.testing.assert_allclose([p.parameter for p in branch.points], [float(fold), -float(fold)], atol=1e-12)
    assert branch.outcome is End.REACHED
    assert branch.stable[0]
    assert branch.stable[-1]


def test_a_branch_that_turns_leaves_the_range_at_its_other_end():
    branch = continue_steady_state(parabola, {"r": -1.0}, [-1.0], "r", to=1.0, back_to=-4.0)
    assert branch.outcome is End.LEFT
    np.testing.assert_allclose([branch.parameter[-1], branch.states[-1, 0]], [-4.0, 2.0], atol=1e-12)


def test_a_closed_curve_ends_where_it_started():
    branch = continue_steady_state(system(y[i] ** 2 + r**2 - 1), {"r": 0.0}, [-1.0], "r", to=3.0, back_to=-3.0)
    assert branch.outcome is End.CLOSED
    np.testing.assert_allclose([p.parameter for p in branch.points], [1, -1], atol=1e-12)
    np.testing.assert_array_equal(branch.states[-1], branch.states[0])
    np.testing.assert_allclose(branch.states[:, 0] ** 2 + branch.parameter**2, 1, atol=1e-12)


@pytest.mark.parametrize("gap", [1e-2, 1e-4, 1e-6, 1e-9])
def test_branches_that_nearly_meet_are_not_mixed_up(gap):
    """With c > 0 the lower branch bends up without a special point; the other, y < 0, turns where c = y - β tanh y."""
    bent = continue_steady_state(neuron, {"beta": 0.5, "c": gap}, [2 * gap], "beta", to=2.0)
    assert (kinds(bent), bool(bent.stable.all()), bent.outcome) == ([], True, End.REACHED)
    low = float(mp.findroot(lambda v: 2 * mp.tanh(v) - v + gap, -1.9))
    other = continue_steady_state(neuron, {"beta": 2.0, "c": gap}, [low], "beta", to=0.5)
    assert kinds(other) == ["fold"]
    v, at = other.points[0].state[0], other.points[0].parameter
    np.testing.assert_allclose([at / np.cosh(v) ** 2, at * np.tanh(v) - v], [1, -gap], atol=1e-10)


# Why it stops


@pytest.mark.parametrize(
    ("f", "at", "outcome", "options"),
    [
        (sp.sqrt(r) - y[i], 1.0, End.STEP_TOO_SMALL, {}),
        (1 - r * y[i], 1.0, End.DIVERGED, {"longest": 1e13}),
        (-sp.Max(0, r) * y[i], 0.0, End.SINGULAR, {}),
        (r - y[i], 1.0, End.STEPS_OVER, {"steps": 3}),
    ],
)
def test_a_branch_says_why_it_stops(f, at, outcome, options):
    branch = continue_steady_state(system(f), {"r": 1.0}, [at], "r", to=-1.0, **options)
    assert branch.outcome is outcome
    assert outcome.value in str(branch)


# What moves


def test_a_direction_moves_arrays_and_numbers_together():
    """b + s, W + s V and β + s/2 in one: the same states as by hand."""
    params, start = network_of(7)
    V = np.arange(36.0).reshape(6, 6) / 36
    branch = continue_steady_state(network, params, start, {"b": np.ones(6), "beta": 0.5, "W": V}, to=0.4)
    end = {**params, "b": params["b"] + 0.4, "beta": 0.1 + 0.2, "W": params["W"] + 0.4 * V}
    assert branch.name == "s"
    np.testing.assert_allclose(am.compile(network).flow(branch.states[-1], end), 0, atol=1e-12)
    assert np.abs(am.compile(network).flow(branch.states[-1], params)).max() > 1e-3


def test_a_gain_of_a_symmetric_matrix_crosses_at_the_inverse_of_its_eigenvalue():
    S = am.parameter("S", "N N", symmetric=True)
    linear = system(am.total(S[i, j] * sp.tanh(y[j]), j) - y[i])
    M = np.array([[0.2, 0.3], [0.3, 0.2]])
    branch = continue_steady_state(linear, {"S": M}, [0.0, 0.0], {"S": M}, to=3.0)
    assert branch.points[0].parameter == pytest.approx(1 / 0.5 - 1, abs=1e-10)


def test_units_of_state_and_time_change_nothing_but_themselves():
    """y = 50 + 10 x and t in milliseconds: the same folds, eigenvalues by 1000."""
    scale, speed = 10, 1000
    x = (y[i] - 50) / scale
    branch = continue_steady_state(system(scale * speed * (r + x - x**3)), {"r": -1.0}, [50 - 13.247179572], "r", to=1.0)
    np.testing.assert_allclose([p.parameter for p in branch.points], [2 / 27**0.5, -2 / 27**0.5], atol=1e-10)


def test_several_states_come_as_they_went_in_with_their_null_vector():
    rate = am.parameter("tau", positive=True)
    v, h = am.Layer("v", "N", am.lagrangians.tanh(), tau=1), am.Layer("h", "K", am.lagrangians.softmax(beta), tau=rate)
    memory = am.Memory([v, h], [am.synapses.dense(v, h, weights="xi")])
    params = {"xi": np.array([[1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]), "beta": 0.1, "tau": 1e-3}
    half = np.tanh(1.0)
    branch = continue_steady_state(memory, params, {"v": [0.0, 1.0, 0.0], "h": [half, half]}, "beta", to=2.0)
    assert {name: a.shape[1:] for name, a in branch.states.items()} == {"v": (3,), "h": (2,)}
    (point,) = branch.points
    assert (point.kind, point.criticality) == ("pitchfork", "supercritical")
    J = am.compile(memory).bind({**params, "beta": point.parameter}).jvp(point.state, point.vector)
    np.testing.assert_allclose(np.concatenate([J["v"], 1e-3 * J["h"]]), 0, atol=1e-9)
    assert point.parameter == pytest.approx(0.5, abs=1e-10)
    outer = branch.switch(point)
    assert np.ptp(outer.states["h"][-1]) > 0.5


def test_a_bound_model_and_a_system_give_one_branch():
    bound = am.compile(neuron).bind({"beta": 0.5, "c": 0.1})
    one = continue_steady_state(bound, None, [0.2], "beta", to=2.0)
    other = continue_steady_state(neuron, {"beta": 0.5, "c": 0.1}, [0.2], "beta", to=2.0)
    np.testing.assert_array_equal(one.states, other.states)


# What it shows and refuses


def test_a_table_tells_the_special_points_within_eighty_columns():
    branch = continue_steady_state(parabola, {"r": -1.0}, [-1.0], "r", to=1.0)
    lines = str(branch).splitlines()
    assert lines[0].startswith("Branch in r from -1 to -1")
    assert lines[-1].split() == ["0", "fold", "0", "→", "1", lines[-1].split()[-1]]
    assert max(map(len, lines)) <= 80


GOOD = {"system": neuron, "params": {"beta": 0.5, "c": 0.0}, "state": [0.0], "parameter": "beta", "to": 2.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"to": 0.5}, "another value was expected: move it"),
        ({"to": np.nan}, "a finite number was expected"),
        ({"to": -1.0}, "declared positive"),
        ({"back_to": 1.0}, "the other side was expected"),
        ({"parameter": "gain"}, "scalar parameters are beta, c: name one of them"),
        ({"parameter": 3}, "a name or {name: direction} was expected"),
        ({"parameter": {"gain": 1.0}}, "its parameters are beta, c"),
        ({"parameter": {"c": [1.0, 2.0]}}, "that of the parameter, (), was expected"),
        ({"parameter": {"c": np.inf}}, "finite numbers were expected"),
        ({"state": [[0.0], [0.0]]}, "one state was expected"),
        ({"state": [3.0]}, "is not near a steady state"),
        ({"params": {"beta": 1.0, "c": 0.0}}, "is a branch point"),
        ({"system": system(am.time * y[i] - beta + c)}, "depends on time"),
        ({"system": am.System(update={y[i]: beta * y[i] + c})}, "one of steady states of a flow"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_a_remedy(change, message):
    with pytest.raises(InputError) as error:
        continue_steady_state(**{**GOOD, **change})
    assert message in str(error.value)


def test_an_array_named_alone_and_a_line_out_of_its_set_are_refused():
    params, start = network_of(1)
    with pytest.raises(InputError, match="say along what"):
        continue_steady_state(network, params, start, "b", to=1.0)
    Q = am.parameter("Q", "N N", orthogonal=True)
    turned = system(am.total(Q[i, j] * y[j], j) / 2 - y[i])
    with pytest.raises(InputError, match="declared orthogonal"):
        continue_steady_state(turned, {"Q": np.eye(2)}, [0.0, 0.0], {"Q": np.eye(2)}, to=1.0)


def test_a_continuum_of_steady_states_is_no_branch():
    ring = system(y[i] * (r - am.total(y[j] ** 2, j)))
    with pytest.raises(InputError, match="continuum of steady states"):
        continue_steady_state(ring, {"r": 1.0}, [1.0, 0.0], "r", to=2.0)

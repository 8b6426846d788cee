"""Special points: pitchforks, transcritical and Hopf points where closed forms have them, and the branches that cross there."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import amsym as am
from amsym.errors import InputError
from numeric.continuation.branch import End
from numeric.continuation.follow import continue_steady_state

i, j = am.indices("i j", "N")
y, W = am.state("y", "N"), am.parameter("W", "N N")
r, beta = am.parameter("r"), am.parameter("beta")
x, z, s = am.state("x", ()), am.state("z", ()), am.parameter("s")
small = st.floats(-1, 1).map(lambda v: round(v, 2))


def system(f):
    return am.System(flow={y[i]: f})


def only(branch):
    (point,) = branch.points
    return point


neuron = system(beta * sp.tanh(y[i]) - y[i])
network = system(am.total(W[i, j] * sp.tanh(beta * y[j]), j) - y[i])
rotation = system(r * sp.tanh(y[i]) + am.total(W[i, j] * sp.tanh(y[j]), j) - y[i])


# Pitchforks


def test_a_neuron_has_a_supercritical_pitchfork_at_gain_one():
    branch = continue_steady_state(neuron, {"beta": 0.5}, [0.0], "beta", to=2.0)
    point = only(branch)
    assert (point.kind, point.criticality, point.unstable) == ("pitchfork", "supercritical", (0, 1))
    assert point.parameter == pytest.approx(1, abs=1e-10)
    assert not branch.stable[branch.parameter == point.parameter].any()
    for side in (1, -1):
        outer = branch.switch(point, side)
        assert outer.outcome is End.REACHED
        assert outer.stable[1:].all()
        x = outer.states[:, 0]
        assert np.all(side * x[1:] > 0)
        np.testing.assert_allclose(outer.parameter * np.tanh(x), x, atol=1e-12)


def test_a_subcritical_pitchfork_leads_back_to_a_fold():
    """r x + x³ - x⁵ = 0 with x ≠ 0 turns at x² = 1/2, r = -1/4."""
    branch = continue_steady_state(system(r * y[i] + y[i] ** 3 - y[i] ** 5), {"r": -1.0}, [0.0], "r", to=1.0)
    point = only(branch)
    assert (point.kind, point.criticality) == ("pitchfork", "subcritical")
    outer = branch.switch(point)
    assert outer.unstable[1] == 1
    fold = only(outer)
    assert fold.kind == "fold"
    np.testing.assert_allclose([fold.parameter, fold.state[0]], [-0.25, 0.5**0.5], atol=1e-9)
    assert fold.parameter == pytest.approx(-0.25, abs=1e-12)


def test_a_pitchfork_met_on_its_outer_branch_is_no_fold():
    branch = continue_steady_state(system(r * y[i] - y[i] ** 3), {"r": 1.0}, [1.0], "r", to=-1.0, back_to=1.5)
    point = only(branch)
    assert (point.kind, point.criticality, point.unstable) == ("pitchfork", "supercritical", (0, 0))
    assert branch.outcome is End.LEFT
    trivial = branch.switch(point)
    assert trivial.parameter[-1] != trivial.parameter[0]
    np.testing.assert_allclose(trivial.states, 0, atol=1e-12)


@settings(max_examples=8)
@given(n=st.integers(2, 8), seed=st.integers(0, 10**6))
def test_a_symmetric_network_branches_at_the_inverse_of_each_eigenvalue(n, seed):
    M = np.random.default_rng(seed).normal(size=(n, n))
    M = (M + M.T) / 2
    values = np.linalg.eigvalsh(M)[::-1]
    values = values[values > 0.2]
    assume(len(values) and np.all(np.diff(-values) > 1e-2) and np.abs(1 / values - 4).min() > 1e-2)
    branch = continue_steady_state(network, {"W": M, "beta": 0.01}, np.zeros(n), "beta", to=4.0)
    expected = [1 / v for v in values if 1 / v < 4]
    np.testing.assert_allclose([p.parameter for p in branch.points], expected, atol=1e-10)
    assert {p.kind for p in branch.points} <= {"pitchfork"}
    assert [p.unstable for p in branch.points] == [(k, k + 1) for k in range(len(expected))]


def test_a_pitchfork_off_the_axis_is_located_as_sharply():
    """In x = y - r²: x (r - x²) = 0 bends in the plane; rounding at a singular matrix would leave 1e-8."""
    x = y[i] - r**2 - sp.exp(r)
    branch = continue_steady_state(system(x * (r - x**2)), {"r": -0.7}, [0.49 + np.exp(-0.7)], "r", to=0.8)
    point = only(branch)
    assert point.kind == "pitchfork"
    np.testing.assert_allclose([point.parameter, point.state[0]], [0, 1], atol=1e-10)


@given(a=small, cubic=small)
def test_criticality_of_a_pitchfork_counts_what_the_other_states_give_back(a, cubic):
    """On the centre manifold z = x² + ...: x' = s x + (a + c) x³."""
    assume(abs(a + cubic) > 1e-3)
    flow = am.System(flow={x: s * x + a * x * z + cubic * x**3, z: x**2 - z})
    point = only(continue_steady_state(flow, {"s": -0.5}, {"x": 0.0, "z": 0.0}, "s", to=0.5))
    assert (point.kind, point.criticality) == ("pitchfork", "supercritical" if a + cubic < 0 else "subcritical")


def test_a_fold_and_a_pitchfork_in_one_step_are_told_apart():
    """x turns at 0; z branches where x = 0.001, and the number of unstable directions is the same before and behind."""
    flow = am.System(flow={x: s + x**2, z: (sp.Rational(1, 1000) - x) * z - z**3})
    branch = continue_steady_state(flow, {"s": -1.0}, {"x": -1.0, "z": 0.0}, "s", to=1.0)
    assert [p.kind for p in branch.points] == ["fold", "pitchfork"]
    np.testing.assert_allclose([p.state["x"] for p in branch.points], [0, 1e-3], atol=1e-9)
    assert [p.unstable for p in branch.points] == [(1, 2), (2, 1)]


# Transcritical points


def test_a_transcritical_point_exchanges_stability():
    flow = system(r * y[i] - y[i] ** 2)
    branch = continue_steady_state(flow, {"r": -1.0}, [0.0], "r", to=1.0)
    point = only(branch)
    assert (point.kind, point.criticality, point.unstable) == ("transcritical", None, (0, 1))
    assert point.parameter == pytest.approx(0, abs=1e-10)
    for side in (1, -1):
        other = branch.switch(point, side)
        np.testing.assert_allclose(other.states[:, 0], other.parameter, atol=1e-12)
        assert other.stable[1:].all() == (side == 1)
    back = continue_steady_state(flow, {"r": -1.0}, [-1.0], "r", to=1.0)
    assert (only(back).kind, only(back).unstable) == ("transcritical", (1, 0))


def test_a_fold_is_no_branch_point_and_cannot_be_switched():
    branch = continue_steady_state(system(r + y[i] ** 2), {"r": -1.0}, [-1.0], "r", to=1.0)
    with pytest.raises(InputError, match="no branch of steady states crosses at a fold"):
        branch.switch(only(branch))
    with pytest.raises(InputError, match="1 or -1 was expected"):
        branch.switch(only(branch), side=2)


# Several eigenvalues at once


def test_equal_neurons_have_a_branch_point_of_several_directions():
    branch = continue_steady_state(neuron, {"beta": 0.5}, [0.0, 0.0], "beta", to=2.0)
    point = only(branch)
    assert (point.kind, point.unstable) == ("branch point", (0, 2))
    assert point.parameter == pytest.approx(1, abs=1e-10)
    with pytest.raises(InputError, match="give along="):
        branch.switch(point)
    alone, both = branch.switch(point, along=[1.0, 0.0]), branch.switch(point, along=[1.0, 1.0])
    assert (alone.unstable[-1], both.unstable[-1]) == (1, 0)
    assert alone.states[-1, 0] == pytest.approx(both.states[-1, 1])
    assert alone.states[-1, 1] == 0
    with pytest.raises(InputError, match="no direction of one state"):
        branch.switch(point, along=[0.0, 0.0])


def test_two_points_within_one_step_are_both_found():
    M = np.diag([1.0, 0.999])
    branch = continue_steady_state(network, {"W": M, "beta": 0.5}, [0.0, 0.0], "beta", to=2.0)
    assert [p.kind for p in branch.points] == ["pitchfork", "pitchfork"]
    np.testing.assert_allclose([p.parameter for p in branch.points], [1, 1 / 0.999], atol=1e-10)
    assert [p.unstable for p in branch.points] == [(0, 1), (1, 2)]


# Hopf points


@pytest.mark.parametrize("tau", [1.0, 1e-3])
def test_a_rotating_pair_oscillates_from_gain_one_on(tau):
    """Eigenvalues (a - 1 ± iω)/τ, and tanh saturates: supercritical."""
    flow = am.System(flow={y[i]: rotation.flow[y[i]] / sp.nsimplify(tau)})
    branch = continue_steady_state(flow, {"r": 0.5, "W": [[0.0, -2.0], [2.0, 0.0]]}, [0.0, 0.0], "r", to=2.0)
    point = only(branch)
    assert (point.kind, point.criticality, point.unstable) == ("hopf", "supercritical", (0, 2))
    assert point.parameter == pytest.approx(1, abs=1e-10)
    assert point.frequency == pytest.approx(2 / tau, rel=1e-10)
    q = point.vector
    np.testing.assert_allclose(np.abs(q), 0.5**0.5, atol=1e-10)
    assert abs(q[0] / q[1]).imag == 0
    with pytest.raises(InputError, match="crosses at a hopf"):
        branch.switch(point)


@settings(max_examples=10)
@given(quadratic=st.lists(small, min_size=6, max_size=6), cubic=st.lists(small, min_size=4, max_size=4), w=st.floats(0.5, 3))
def test_criticality_agrees_with_the_formula_for_the_plane(quadratic, cubic, w):
    """Guckenheimer and Holmes (1983), eq. (3.4.11): 16 a = fxxx + fxyy + gxxy + gyyy + (...)/ω."""
    fxx, fxy, fyy, gxx, gxy, gyy = quadratic
    fxxx, fxyy, gxxy, gyyy = cubic
    a = fxxx + fxyy + gxxy + gyyy + (fxy * (fxx + fyy) - gxy * (gxx + gyy) - fxx * gxx + fyy * gyy) / w
    assume(abs(a) > 1e-3)
    f = s * x - w * z + fxx * x**2 / 2 + fxy * x * z + fyy * z**2 / 2 + fxxx * x**3 / 6 + fxyy * x * z**2 / 2
    g = s * z + w * x + gxx * x**2 / 2 + gxy * x * z + gyy * z**2 / 2 + gxxy * x**2 * z / 2 + gyyy * z**3 / 6
    branch = continue_steady_state(am.System(flow={x: f, z: g}), {"s": -0.1}, {"x": 0.0, "z": 0.0}, "s", to=0.1)
    first = branch.points[0]
    assert (first.kind, first.criticality) == ("hopf", "supercritical" if a < 0 else "subcritical")
    assert first.frequency == pytest.approx(w, rel=1e-9)


def test_a_linear_crossing_has_no_criticality():
    turn = am.System(flow={x: s * x - z, z: s * z + x})
    assert only(continue_steady_state(turn, {"s": -1.0}, {"x": 0.0, "z": 0.0}, "s", to=1.0)).criticality is None


def test_the_brusselator_oscillates_from_b_2_on():
    flow = am.System(flow={x: 1 - (s + 1) * x + x**2 * z, z: s * x - x**2 * z})
    point = only(continue_steady_state(flow, {"s": 1.0}, {"x": 1.0, "z": 1.0}, "s", to=3.0))
    assert (point.kind, point.criticality) == ("hopf", "supercritical")
    np.testing.assert_allclose([point.parameter, point.frequency, point.state["z"]], [2, 1, 2], atol=1e-9)

"""Branches across kinks: corners where the slope jumps, none where it does not, and no fold that is none."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import amsym as am
from numeric.continuation.branch import End
from numeric.continuation.follow import continue_steady_state
from numeric.continuation.kinks import kink_functions

i, j = am.indices("i j", "N")
y, b, W, r = am.state("y", "N"), am.parameter("b", "N"), am.parameter("W", "N N"), am.parameter("r")


def system(f):
    return am.System(flow={y[i]: f})


relu = system(am.total(W[i, j] * sp.Max(0, y[j]), j) - y[i] + b[i])
COUPLED = {"W": [[0.0, 0.5], [0.5, 0.0]], "b": [-1.0, -1.0]}


def test_a_rectified_pair_has_a_corner_where_each_neuron_wakes():
    """b = (-1 + s, -1 + s/2): y₁ = 0 at s = 1; y₂ = y₁/2 - 1 + s/2 = 0 at s = 3/2."""
    branch = continue_steady_state(relu, COUPLED, [-1.0, -1.0], {"b": [1.0, 0.5]}, to=4.0)
    assert [p.kind for p in branch.points] == ["kink", "kink"]
    np.testing.assert_allclose([p.parameter for p in branch.points], [1, 1.5], atol=1e-12)
    assert branch.outcome is End.REACHED
    assert branch.stable.all()
    assert not any(p.turns for p in branch.points)


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 6))
def test_corners_of_a_rectified_network_lie_where_neurons_change_sides(seed, n):
    rng = np.random.default_rng(seed)
    M = 0.6 * rng.normal(size=(n, n)) / np.sqrt(n)
    M *= 0.9 / max(0.9, np.linalg.norm(M, 2))  # a contraction: one steady state for every b
    params, way = {"W": M, "b": rng.normal(size=n)}, rng.normal(size=n)
    start = am.simulate(relu, params, np.zeros(n), t=400.0).end
    branch = continue_steady_state(relu, params, start, {"b": way}, to=2.0)
    assert branch.outcome is End.REACHED
    assert {p.kind for p in branch.points} <= {"kink"}
    for p in branch.points:
        assert np.abs(p.state).min() <= 1e-9
    sides = np.sign(branch.states)
    for k in range(n):
        apart = sides[np.abs(branch.states[:, k]) > 1e-9, k]
        if not np.any(M[:, k]):
            continue
        assert np.count_nonzero(np.diff(apart)) == sum(abs(p.state[k]) <= 1e-9 for p in branch.points)
    np.testing.assert_allclose(am.compile(relu).flow(branch.states[-1], {**params, "b": params["b"] + 2 * way}), 0, atol=1e-12)


@pytest.mark.parametrize("slope", [0, 1, -1, 4])
def test_a_branch_that_turns_at_a_corner_is_followed_back(slope):
    """r = |x| + k x/5: two straight pieces that meet at 0, in a sharp angle."""
    k = sp.Rational(slope, 5)
    branch = continue_steady_state(system(r - sp.Abs(y[i]) - k * y[i]), {"r": 1.0}, [-1 / (1 - slope / 5)], "r", to=-1.0, back_to=2.0)
    (point,) = branch.points
    assert (point.kind, point.turns, point.unstable) == ("kink", True, (1, 0))
    np.testing.assert_allclose([point.parameter, point.state[0]], 0, atol=1e-12)
    np.testing.assert_allclose(branch.states[-1, 0], 2 / (1 + slope / 5), rtol=1e-12)
    assert "turns back" in str(branch)


def test_neurons_that_wake_together_make_one_corner():
    branch = continue_steady_state(relu, COUPLED, [-1.0, -1.0], {"b": [1.0, 1.0]}, to=3.0)
    (point,) = branch.points
    assert point.parameter == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(branch.states[-1], 4, rtol=1e-12)


def test_a_kink_of_the_second_derivative_is_no_corner():
    branch = continue_steady_state(system(r + 1 - y[i] - sp.Max(0, y[i]) ** 2), {"r": -2.0}, [-1.0], "r", to=1.0)
    assert branch.points == []
    assert branch.outcome is End.REACHED


def test_folds_beside_a_corner_are_told_from_it():
    """Beyond 0 the piece r + x - x³ turns at x = 1/√3."""
    f = r + sp.Max(0, y[i]) - sp.Max(0, y[i]) ** 3 + sp.Min(0, y[i]) * 3
    branch = continue_steady_state(system(f), {"r": 2.0}, [-2 / 3], "r", to=-1.0, back_to=3.0)
    assert [p.kind for p in branch.points] == ["kink", "fold"]
    np.testing.assert_allclose([p.parameter for p in branch.points], [0, -2 / 27**0.5], atol=1e-12)


def test_a_branch_along_a_kink_does_not_claim_stability():
    """β max(0, y) - y at y = 0: the slopes of both sides differ all along."""
    branch = continue_steady_state(system(r * sp.Max(0, y[i]) - y[i]), {"r": 0.5}, [0.0], "r", to=2.0)
    assert set(branch.unstable.tolist()) == {-1}
    assert not branch.stable.any()


def test_a_jump_of_the_flow_ends_the_branch():
    branch = continue_steady_state(system(r - y[i] - sp.Heaviside(y[i])), {"r": -1.0}, [-1.0], "r", to=3.0)
    assert branch.outcome is End.STEP_TOO_SMALL
    assert branch.parameter[-1] == pytest.approx(0, abs=1e-6)


def test_kink_functions_are_those_of_states_only():
    f = sp.Max(0, y[i] - 1) + sp.Abs(b[i]) * sp.sign(y[i]) + am.mask(sp.Ne(i, j)) * 0 + sp.floor(2 * y[i])
    assert {str(u) for u in kink_functions(system(f))} == {"1 - y[i]", "y[i]", "sin(2*pi*y[i])"}


def test_with_kinks_unseen_a_corner_is_not_told(monkeypatch):
    """The planted fault: what the walk does at |x| rests on the kink functions, and not on luck with the steps."""
    monkeypatch.setattr("numeric.continuation.kinks.kink_functions", lambda system: [])
    branch = continue_steady_state(system(r - sp.Abs(y[i])), {"r": 1.0}, [-1.0], "r", to=-1.0, back_to=2.0)
    assert branch.outcome is not End.LEFT or [p.kind for p in branch.points] != ["kink"]

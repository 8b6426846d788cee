"""Where linearisation decides nothing: zero eigenvalues, pairs on the axis, continua, kinks; and what only looks like it."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from stability_states import network

import amsym as am
from amsym.verdict import Status
from numeric.stability import stability

i, j = am.indices("i j", "N")
y, A = am.state("y", "N"), am.parameter("A", "N N")
linear = am.System(flow={y[i]: am.total(A[i, j] * y[j], j)})
zero = {"W": np.eye(1), "b": np.zeros(1)}


def gradient_flow(energy: sp.Expr) -> am.System:
    return am.System(flow={y[j]: -am.derivative(energy, y[j])}, energy=energy)


def test_an_eigenvalue_of_exactly_one_in_a_linear_network_makes_a_line_of_steady_states() -> None:
    found = stability(network("identity"), {"W": [[0.75, 0.25], [0.25, 0.75]], "b": [0.0, 0.0]}, [1.0, 1.0])
    assert (found.kind, found.verdict.status) == ("marginal", Status.UNDECIDED)
    assert found.marginal == ("a continuum of steady states, flat along y[0] + y[1]",)


def test_a_ring_of_minima_is_a_continuum_though_its_tangent_is_not() -> None:
    ring = gradient_flow((am.total(y[i] ** 2, i) - 1) ** 2 / 4)
    found = stability(ring, {}, [0.6, 0.8])
    assert found.marginal == ("a continuum of steady states, flat along y[0] - 0.75 y[1]",)


@pytest.mark.parametrize("power", [2, 3, 4, 5])
def test_an_isolated_degenerate_zero_is_no_continuum(power: int) -> None:
    found = stability(am.System(flow={y[i]: -(y[i] ** power)}), {}, [0.0])
    assert found.kind == "marginal"
    assert found.marginal == ("an eigenvalue on the imaginary axis within rounding: λ = 0.0e+00",)


def test_the_pitchfork_of_a_tanh_neuron_is_marginal_also_at_a_state_that_is_steady_within_tolerance_only() -> None:
    for start in (0.0, 1e-3, 3e-3):
        assert stability(network("tanh"), zero, [start]).kind == "marginal"
    assert stability(network("tanh"), {"W": np.array([[1.01]]), "b": [0.0]}, [0.0]).kind == "unstable"
    assert stability(network("tanh"), {"W": np.array([[0.99]]), "b": [0.0]}, [0.0]).kind == "stable"


def test_a_pair_on_the_axis_is_named_once() -> None:
    found = stability(linear, {"A": [[0.0, 2.0, 0.0], [-2.0, 0.0, 0.0], [0.0, 0.0, -1.0]]}, np.zeros(3))
    assert found.marginal == ("a pair of eigenvalues on the imaginary axis within rounding: λ = ±2i",)
    assert found.index == 0


def test_an_unstable_state_with_a_zero_mode_is_unstable_and_says_both() -> None:
    found = stability(linear, {"A": np.diag([1.0, 0.0, -1.0])}, np.zeros(3))
    assert (found.kind, found.index, len(found.marginal)) == ("unstable", 1, 1)


def test_a_jordan_block_whose_eigenvalues_scatter_is_stable() -> None:
    n = 12
    block = -np.eye(n) + np.diag(np.ones(n - 1), 1)
    (Q, _) = np.linalg.qr(np.random.default_rng(0).normal(size=(n, n)))
    turned = Q @ block @ Q.T
    assert np.abs(np.linalg.eigvals(turned) + 1).max() > 0.02
    for matrix in (block, turned):
        assert stability(linear, {"A": matrix}, np.zeros(n)).kind == "stable"


@pytest.mark.parametrize(("w", "kind", "index"), [(0.5, "stable", 0), (1.0, "marginal", 0), (2.0, "unstable", 1)])
def test_a_rectified_neuron_at_its_kink_is_judged_from_both_sides(w: float, kind: str, index: int) -> None:
    found = stability(network("relu"), {"W": [[w]], "b": [0.0]}, [0.0])
    assert (found.kind, found.index) == (kind, index)
    assert "kink of component y[0], one-sided Jacobians disagree" in found.marginal[0]
    end = am.simulate(network("relu"), {"W": [[w]], "b": [0.0]}, [[1e-3], [-1e-3]], t=30, steady=None).end
    assert (np.abs(end).max() < 1e-5) == (kind == "stable")


def test_an_unstable_direction_that_points_out_of_its_own_side_does_not_count() -> None:
    """Two neurons that inhibit each other: with both alive (1, -1) grows, which soon silences one, and then the other decays."""
    params = {"W": [[0.0, -2.0], [-2.0, 0.0]], "b": [0.0, 0.0]}
    found = stability(network("relu"), params, [0.0, 0.0])
    assert (found.kind, found.index) == ("marginal", 1)
    starts = 1e-3 * np.random.default_rng(0).normal(size=(20, 2))
    assert np.abs(am.simulate(network("relu"), params, starts, t=20.0, steady=None).end).max() < 1e-6


def test_a_kink_is_found_within_rounding_and_not_beside_it() -> None:
    params = {"W": np.array([[0.5, 0.1], [0.1, 0.5]])}
    for first, at_kink in ((0.0, True), (1e-12, True), (-1e-12, True), (1e-6, False), (-1e-6, False)):
        state = np.array([first, 1.0])
        b = state - params["W"] @ np.maximum(state, 0)
        found = stability(network("relu"), {**params, "b": b}, state)
        assert ("kink" in " ".join(found.marginal)) == at_kink


def test_a_steep_but_smooth_activation_has_no_kink() -> None:
    params = {"W": [[1.0, 0.2], [0.2, 1.0]], "beta": 1000.0}
    beta, W = am.parameter("beta", positive=True), am.parameter("W", "N N", symmetric=True)
    steep = am.System(flow={y[i]: am.total(W[i, j] * sp.tanh(beta * y[j]), j) - y[i]})
    found = stability(steep, params, [0.0, 0.0])
    assert (found.kind, found.marginal) == ("unstable", ())


def test_kinks_between_components_are_found_too() -> None:
    W = am.parameter("W", "N N")
    system = am.System(flow={y[i]: sp.Max(0, am.total(W[i, j] * y[j], j)) - y[i]})
    found = stability(system, {"W": [[0.0, 2.0], [2.0, 0.0]]}, [0.0, 0.0])
    assert found.kind == "unstable"
    assert "kink" in found.marginal[0]


def test_two_stable_sides_may_make_an_unstable_whole_and_are_not_called_stable() -> None:
    """dy/dt = U max(0, y) - D max(0, -y) with U and D Hurwitz, which differ in the column of y[0]: trajectories spiral out."""
    U, D = am.parameter("U", "N N"), am.parameter("D", "N N")
    system = am.System(flow={y[i]: am.total(U[i, j] * sp.Max(0, y[j]) - D[i, j] * sp.Max(0, -y[j]), j)})
    up = np.array([[-0.3, -1.0, 0.0], [0.9, 0.0, -1.0], [-0.16, 0.0, 0.0]])
    down = np.array([[-3.0, -1.0, 0.0], [12.0, 0.0, -1.0], [-24.0, 0.0, 0.0]])
    found = stability(system, {"U": up, "D": down}, np.zeros(3))
    assert max(np.linalg.eigvals(M).real.max() for M in (up, down)) < -0.05
    assert found.kind == "marginal"
    assert "kink of component y[0]," in found.marginal[0]
    end = am.simulate(system, {"U": up, "D": down}, [1e-3, 1e-3, 0.0], t=150.0, steady=None).end
    assert np.abs(end).max() > 0.1

"""Laws of the spectrum: the eigenvalues are those of the Jacobian, and those that the energy does not see are named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import amsym as am
from amsym.errors import InputError
from numeric.plot import spectrum
from numeric.plot.spectrum import eigenvalues

i, j = am.indices("i j", "N")
y, A = am.state("y", "N"), am.parameter("A", "N N")
linear = am.System(flow={y[i]: am.total(A[i, j] * y[j], j)}, energy=am.total(y[i] ** 2, i))


def drawn(model: Any, params: Any, at: Any) -> Any:
    return spectrum(model, params, at, ax=Figure().add_subplot())


def test_the_eigenvalues_are_those_of_the_matrix_of_a_linear_flow() -> None:
    matrix = np.random.default_rng(0).normal(size=(5, 5))
    (found,) = eigenvalues(linear, {"A": matrix}, np.zeros(5))
    np.testing.assert_allclose(np.sort_complex(found.values), np.sort_complex(np.linalg.eigvals(matrix)), atol=1e-12)
    assert len(found.flat) == 0


def test_a_dead_neuron_is_a_direction_that_the_energy_does_not_see() -> None:
    zero = {"W": np.zeros((3, 3)), "b": np.zeros(3)}
    for state in ([-1.0, -2.0, 1.0], [1.0, 2.0, 3.0]):
        (found,) = eigenvalues(am.zoo.hopfield("relu"), zero, state)
        assert found.flat.real.tolist() == [-1.0] * sum(x < 0 for x in state)


def test_softmax_has_one_direction_without_energy_whatever_the_state() -> None:
    params = {"xi": np.ones((2, 3)), "beta": 2.0, "tau_v": 1.0, "tau_h": 0.5}
    (found,) = eigenvalues(am.zoo.softmax_memory(), params, {"v": [0.3, 0.1], "h": [0.5, 0.2, 0.9]})
    np.testing.assert_allclose(found.flat.real, [-2.0], atol=1e-9)


def test_equal_eigenvalues_are_counted_and_a_stable_state_is_filled() -> None:
    ax = drawn(linear, {"A": -np.eye(4)}, np.zeros(4))
    assert "×4" in {t.get_text() for t in ax.texts}
    assert ax.lines[0].get_markerfacecolor() != "none"
    assert drawn(linear, {"A": np.diag([1.0, -1.0])}, np.zeros(2)).lines[0].get_markerfacecolor() == "none"


def test_complex_eigenvalues_are_drawn_in_the_plane_with_the_border_in_view() -> None:
    ax = drawn(linear, {"A": [[-1.0, 2.0], [-2.0, -1.0]]}, np.zeros(2))
    assert ax.get_ylabel() == "Im $λ$"
    assert ax.get_xlim()[0] < -1 < 0 < ax.get_xlim()[1]


def test_an_update_has_no_spectrum() -> None:
    with pytest.raises(am.InputError, match="a spectrum is that of a flow's Jacobian"):
        eigenvalues(am.zoo.spins(), {"W": np.zeros((2, 2))}, [1.0, -1.0])


def test_a_stability_is_drawn_with_its_own_spectrum_and_dead_rates() -> None:
    params, state = {"W": np.diag([0.5, 3.0]), "b": np.array([1.0, -1.0])}, [2.0, -1.0]
    judged = am.stability(am.zoo.hopfield("relu"), params, state)
    ours, expected = eigenvalues(judged)[0], eigenvalues(am.zoo.hopfield("relu"), params, state)[0]
    np.testing.assert_allclose(np.sort_complex(ours.values), np.sort_complex(expected.values), atol=1e-12)
    np.testing.assert_allclose(ours.flat, expected.flat)
    ax = spectrum([judged, judged], ax=Figure().add_subplot())
    assert [line.get_label() for line in ax.lines][:2] == ["state 0", "state 1"]
    found = am.steady_states(am.zoo.hopfield("relu"), params, state)
    np.testing.assert_allclose(eigenvalues(found)[0].values, ours.values, atol=1e-12)
    with pytest.raises(InputError, match="no state was given"):
        spectrum(am.zoo.hopfield("relu"), params)

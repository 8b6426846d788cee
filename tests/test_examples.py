"""The examples define what they promise, draw nothing until asked, and their pictures show what they say."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

import amsym as am
from amsym.prover import energy_never_increases
from numeric.plot import flat_cells, plane_of, steady_points

EXAMPLE = Path(__file__).parent.parent / "examples" / "dead_neurons.py"
BOX = (-3.0, 3.0), (-3.0, 3.0)


@pytest.fixture(scope="module")
def dead_neurons():
    before = plt.get_fignums()
    names = runpy.run_path(str(EXAMPLE))
    assert plt.get_fignums() == before, "importing the example drew a figure"
    return names


def view(example, name):
    return plane_of(example[name], example["PARAMETERS"])


def test_it_defines_exactly_the_promised_systems_in_order(dead_neurons):
    systems = [name for name, value in dead_neurons.items() if isinstance(value, am.System)]
    assert systems == ["relu", "softmax", "relu_amended", "softmax_amended", "printed"]


@pytest.mark.parametrize("name", ["relu", "softmax", "relu_amended", "softmax_amended"])
def test_the_energy_is_proved_never_to_increase(dead_neurons, name):
    assert energy_never_increases(dead_neurons[name]).holds is True


def test_equation_9_as_printed_is_not_proved(dead_neurons):
    assert energy_never_increases(dead_neurons["printed"]).holds is not True


def test_equation_9_as_printed_lets_the_energy_rise(dead_neurons):
    # W = [[0, 2], [2, 0]], neuron 0 alive and 1 dead, residual (1, 1): the energy rises at rate 2.
    W, y = np.array([[0.0, 2.0], [2.0, 0.0]]), np.array([1.0, -1.0])
    bound = am.compile(dead_neurons["printed"]).bind({"W": W, "b": 1 + y - W @ np.maximum(y, 0)})
    assert bound.energy_rate(y) == 2.0


@pytest.mark.parametrize("name", ["relu_amended", "softmax_amended"])
def test_the_amended_flow_is_minus_the_gradient_of_its_energy(dead_neurons, name):
    rng = np.random.default_rng(1)
    M = rng.normal(size=(5, 5))
    bound = am.compile(dead_neurons[name]).bind({"W": M + M.T, "b": rng.normal(size=5)})
    states = rng.normal(size=(20, 5))
    np.testing.assert_allclose(bound.flow(states), -bound.gradient(states), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", ["relu", "softmax"])
def test_the_amended_dynamics_keep_the_steady_states_and_make_each_of_them_stable(dead_neurons, kind):
    old = steady_points(view(dead_neurons, kind), *BOX)
    plane = view(dead_neurons, f"{kind}_amended")
    new = steady_points(plane, *BOX)
    assert old.stability.tolist() == ["stable", "unstable", "stable"]
    np.testing.assert_allclose(new.which("stable"), old.points, atol=1e-8)
    np.testing.assert_allclose(plane.energy(old.points), 0, atol=1e-15)
    assert (plane.energy(new.which("unstable")) > 1e-3).all()


def test_the_stable_states_of_relu_lie_where_its_energy_is_flat(dead_neurons):
    found = steady_points(view(dead_neurons, "relu"), *BOX)
    np.testing.assert_allclose(found.which("stable"), [[-2, 1], [1, -2]], atol=1e-9)
    cells = flat_cells(view(dead_neurons, "relu"), *BOX, n=24)
    for a, b in found.which("stable"):
        assert cells.flat[np.searchsorted(cells.y, b) - 1, np.searchsorted(cells.x, a) - 1]


def test_relu_is_flat_exactly_where_a_neuron_is_dead_and_the_amended_energies_nowhere(dead_neurons):
    cells = flat_cells(view(dead_neurons, "relu"), *BOX)
    dead_x, dead_y = cells.x[1:] <= 0, cells.y[1:] <= 0
    np.testing.assert_array_equal(cells.flat, dead_y[:, None] | dead_x[None, :])
    for name in ("relu_amended", "softmax_amended"):
        assert not flat_cells(view(dead_neurons, name), *BOX).flat.any()


def test_softmax_is_flat_along_the_diagonal_everywhere(dead_neurons):
    cells = flat_cells(view(dead_neurons, "softmax"), *BOX)
    assert (cells.rank == 1).all()
    np.testing.assert_allclose(cells.direction, np.broadcast_to(np.sqrt([0.5, 0.5]), cells.direction.shape), atol=1e-9)


def test_the_script_saves_eight_pictures_with_a_caption(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), str(tmp_path / "figure.png")])
    names = runpy.run_path(str(EXAMPLE), run_name="__main__")
    plt.close(names["figure"])
    assert isinstance(names["figure"], Figure)
    assert len(names["figure"].axes) == 8
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out == names["caption"] + "\n"


def test_the_sweep_of_capacity_shows_where_recall_breaks_down_and_goes_on_from_its_checkpoint(tmp_path):
    example = runpy.run_path(str(EXAMPLE.parent / "sweep_capacity.py"))
    s = example["capacity"](tmp_path / "capacity.npz")
    large = s.select(N=200)
    assert large.select(load=0.06)["recalled"] == 1
    assert large.select(load=0.3)["recalled"] < 0.2 < 0.6 < large.select(load=0.1)["recalled"]
    assert s == example["Sweep"].load(tmp_path / "capacity.npz")

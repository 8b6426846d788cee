"""Pictures are tested by what they claim: where steady states lie and how they are marked, and which cells are flat."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
import sympy as sp
from matplotlib.figure import Figure
from scipy.optimize import brentq

import amsym as am
from amsym.errors import InputError
from numeric.plot import flat_cells, plane_of, steady_points
from numeric.plot.style import energy_levels

i, j = am.indices("i j", "N")
y = am.state("y", "N")
W = am.parameter("W", "N N", symmetric=True)
b = am.parameter("b", "N")
BOX = (-3.0, 3.0), (-3.0, 3.0)


def network(g, L):
    """dead_neurons eq. (1), (2) for an activation."""
    r = am.total(W[i, j] * g(j), j) - y[i] + b[i]
    energy = am.total((y[i] - b[i]) * g(i) - L(i), i) - am.total(W[i, j] * g(i) * g(j), i, j) / 2
    return am.System(flow={y[i]: r}, energy=energy)


tanh = network(lambda i: sp.tanh(y[i]), lambda i: sp.log(sp.cosh(y[i])))
relu = network(lambda i: sp.Max(0, y[i]), lambda i: sp.Max(0, y[i]) ** 2 / 2)
PAIR = {"W": [[0.0, 2.0], [2.0, 0.0]], "b": [0.0, 0.0]}


def axes():
    return Figure().add_subplot()


def marked(ax, label):
    """The marked points (k, 2) of that label."""
    return np.concatenate([line.get_xydata() for line in ax.lines if line.get_label() == label])


# Steady states


def test_steady_states_of_the_tanh_coupled_pair_are_the_three_known_ones():
    c = brentq(lambda c: 2 * np.tanh(c) - c, 1, 3)
    found = steady_points(plane_of(tanh, PAIR), *BOX)
    np.testing.assert_allclose(found.points, [[-c, -c], [0, 0], [c, c]], atol=1e-9)
    assert found.stability.tolist() == ["stable", "unstable", "stable"]


def test_all_nine_zeros_of_a_cubic_pair_are_found_on_an_odd_rectangle():
    system = am.System(flow={y[i]: y[i] - y[i] ** 3})
    found = steady_points(plane_of(system, {}), (-1.7, 2.9), (-1.0, 1.0))
    expected = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    np.testing.assert_allclose(found.points, expected, atol=1e-9)
    assert [bool(a and b) for a, b in expected] == (found.stability == "stable").tolist()


def test_steady_states_outside_the_rectangle_are_left_out():
    assert len(steady_points(plane_of(tanh, PAIR), (0.5, 3), (0.5, 3)).points) == 1


@pytest.mark.parametrize("seed", range(5))
def test_every_found_point_is_a_zero_of_the_flow_and_no_two_are_one(seed):
    rng = np.random.default_rng(seed)
    M = rng.normal(size=(2, 2)) * 2
    params = {"W": M + M.T, "b": rng.normal(size=2)}
    points = steady_points(plane_of(relu, params), *BOX).points
    np.testing.assert_allclose(am.compile(relu).bind(params).flow(points), 0, atol=1e-8)
    assert all(np.linalg.norm(p - q) > 1e-4 for n, p in enumerate(points) for q in points[:n])


def test_a_saturated_flow_is_no_steady_state():
    # f = e^{-20 y}(1 - e^{-y}) is below 1e-20 from y = 2.5 on, and zero at 0 only.
    system = am.System(flow={y[i]: sp.exp(-20 * y[i]) * (1 - sp.exp(-y[i]))})
    found = steady_points(plane_of(system, {}), (-0.5, 3), (-0.5, 3))
    np.testing.assert_allclose(found.points, [[0, 0]], atol=1e-6)


def test_a_centre_has_undecided_stability():
    K = am.parameter("K", "N N", antisymmetric=True)
    plane = plane_of(am.System(flow={y[i]: am.total(K[i, j] * y[j], j)}), {"K": [[0, 1], [-1, 0]]})
    assert steady_points(plane, *BOX).stability.tolist() == ["undecided"]


def test_at_a_kink_a_state_is_stable_where_every_side_contracts_and_else_undecided():
    contracting = am.System(flow={y[i]: -y[i] - sp.Max(0, y[i])})
    one_sided = am.System(flow={y[i]: sp.Max(0, y[i]) * 2 - y[i]})
    assert steady_points(plane_of(contracting, {}), *BOX).stability.tolist() == ["stable"]
    assert steady_points(plane_of(one_sided, {}), *BOX).stability.tolist() == ["undecided"]


def test_stable_states_are_filled_and_unstable_ones_hollow():
    ax = am.plot.phase_portrait(tanh, PAIR, ax=axes(), streams=False)
    filled = {line.get_label(): line.get_markerfacecolor() for line in ax.lines if line.get_marker() == "o"}
    assert filled["unstable"] == "white" != filled["stable"]
    assert len(marked(ax, "stable")) == 2
    np.testing.assert_allclose(marked(ax, "unstable"), [[0, 0]], atol=1e-9)


# Flat regions


@pytest.mark.parametrize("seed", range(3))
def test_relu_energy_is_flat_exactly_along_the_dead_neurons(seed):
    rng = np.random.default_rng(seed)
    M = rng.normal(size=(2, 2))
    cells = flat_cells(plane_of(relu, {"W": M + M.T, "b": rng.normal(size=2)}), *BOX, n=20)
    alive = np.arange(20) >= 10
    np.testing.assert_array_equal(cells.rank, alive[:, None].astype(int) + alive[None, :])
    np.testing.assert_allclose(cells.direction[~alive][:, alive], np.broadcast_to([0, 1], (10, 10, 2)), atol=1e-12)
    np.testing.assert_allclose(cells.direction[alive][:, ~alive], np.broadcast_to([1, 0], (10, 10, 2)), atol=1e-12)


def test_a_cell_across_the_border_of_the_dead_region_is_not_flat():
    cells = flat_cells(plane_of(relu, PAIR), (-3, 3), (0.5, 3), n=3)
    assert cells.flat.tolist() == [[True, False, False]] * 3


def test_an_energy_with_a_mere_critical_point_is_flat_nowhere():
    bowl = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 2, i) / 2)
    assert not flat_cells(plane_of(bowl, {}), (-1, 1), (-1, 1), n=5).flat.any()
    assert not flat_cells(plane_of(tanh, PAIR), *BOX).flat.any()


def test_flatness_ticks_lie_in_flat_cells_only():
    ax = am.plot.landscape(relu, PAIR, ax=axes())
    ends = marked(ax, "energy flat along ticks")
    middles = ((ends[::3] + ends[1::3]) / 2).round(12)
    assert len(middles)
    assert (middles.min(axis=1) < 0).all()
    assert np.isnan(ends[2::3]).all()


def test_levels_increase_and_stay_within_the_energies():
    energy = np.concatenate([np.zeros(50), np.geomspace(1e-3, 1e3, 200)])
    levels = energy_levels(energy, 14)
    assert len(levels) == 14
    assert (np.diff(levels) > 0).all()
    assert energy.min() < levels[0] < levels[-1] < energy.max()
    assert energy_levels(np.full(9, 2.5), 14).size == 0


# Axes and settings


@pytest.mark.parametrize("draw", ["phase_portrait", "landscape"])
def test_the_axes_given_are_the_axes_returned_and_settings_are_left_alone(draw):
    ax, before = axes(), dict(matplotlib.rcParams)
    assert getattr(am.plot, draw)(tanh, PAIR, (-2, 2), (-1, 3), ax=ax) is ax
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2, 2), (-1, 3))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$y_{0}$", "$y_{1}$")
    assert dict(matplotlib.rcParams) == before


def test_nothing_is_drawn_that_was_not_asked_for():
    ax = am.plot.phase_portrait(relu, PAIR, ax=axes(), streams=False, levels=False, steady=False, flat=False)
    assert not ax.lines
    assert not ax.collections
    assert ax.get_legend() is None


def test_a_bound_model_is_drawn_as_its_system_is():
    bound = am.compile(tanh).bind(PAIR)
    np.testing.assert_array_equal(steady_points(plane_of(bound, None), *BOX).points, steady_points(plane_of(tanh, PAIR), *BOX).points)


def test_energy_along_draws_every_trajectory_and_none_rises():
    starts = np.random.default_rng(0).uniform(-3, 3, (5, 2))
    for save in ("steps", np.linspace(0, 4, 9)):
        simulation = am.simulate(tanh, PAIR, starts, t=4.0, save=save)
        ax = axes()
        assert am.plot.energy_along(simulation, ax=ax) is ax
        assert len(ax.lines) == 5
        for line, energies in zip(ax.lines, simulation.energies, strict=True):
            np.testing.assert_array_equal(line.get_ydata(), energies)
            assert (np.diff(line.get_ydata()) <= 1e-9).all()


def test_energy_along_asks_for_energies_on_the_way():
    with pytest.raises(InputError, match=r'kept only the ends.*save="steps"'):
        am.plot.energy_along(am.simulate(tanh, PAIR, np.ones((3, 2)), t=1.0))


# Planes


def test_two_scalar_states_make_a_plane():
    u, v = am.state("u", "A"), am.state("v", "B")
    a, c = am.index("a", "A"), am.index("c", "B")
    system = am.System(flow={u[a]: 2 * am.total(sp.tanh(v[c]), c) - u[a], v[c]: 2 * am.total(sp.tanh(u[a]), a) - v[c]})
    found = steady_points(plane_of(system, {}), *BOX)
    np.testing.assert_allclose(found.points, steady_points(plane_of(tanh, PAIR), *BOX).points, atol=1e-9)
    assert found.stability.tolist() == ["stable", "unstable", "stable"]


def test_a_plane_of_a_larger_system_is_the_system_with_the_rest_held():
    rng = np.random.default_rng(3)
    M, at = rng.normal(size=(4, 4)), rng.normal(size=4)
    params, points = {"W": M + M.T, "b": rng.normal(size=4)}, rng.normal(size=(6, 2))
    plane, bound = plane_of(tanh, params, (3, 1), at), am.compile(tanh).bind(params)
    states = np.tile(at, (6, 1))
    states[:, [3, 1]] = points
    np.testing.assert_allclose(plane.flow(points), bound.flow(states)[:, [3, 1]])
    np.testing.assert_allclose(plane.energy(points), bound.energy(states))
    np.testing.assert_allclose(plane.gradient(points), bound.gradient(states)[:, [3, 1]])
    np.testing.assert_allclose(plane.jacobian(points), bound.jacobian(states)[:, [3, 1]][:, :, [3, 1]])
    assert plane.labels == ("$y_{3}$", "$y_{1}$")


def test_the_plane_of_several_states_mixes_their_components_rightly():
    x, h = am.state("x", "A"), am.state("h", "B")
    C, a, c = am.parameter("C", "A B"), am.index("a", "A"), am.index("c", "B")
    system = am.System(flow={x[a]: am.total(C[a, c] * h[c], c), h[c]: 10 * am.total(C[a, c] * x[a], a) - h[c]})
    params = {"C": np.arange(1.0, 7.0).reshape(2, 3)}
    plane = plane_of(system, params, (("h", 2), ("x", 1)), {"h": np.ones(3)})
    np.testing.assert_allclose(plane.flow(np.array([[2.0, 5.0]])), [[10 * 6 * 5 - 2, 4 + 5 + 2 * 6]])
    np.testing.assert_allclose(plane.jacobian(np.zeros((1, 2))), [[[-1, 60], [6, 0]]])


THREE = {"W": np.eye(3), "b": np.zeros(3)}


@pytest.mark.parametrize(
    ("params", "options", "words"),
    [
        (THREE, {}, r"has 3 components \(y\[0\], y\[1\], y\[2\]\); a picture needs 2: choose plane=\(0, 2\), hold the rest with at="),
        ({"W": [[1.0]], "b": [0.0]}, {}, r"has 1 component \(y\[0\]\); a picture needs 2: draw its energy as a curve"),
        (THREE, {"plane": (0, 3)}, r"plane names 3, which is no component of the state; say plane=\(0, 2\)"),
        (THREE, {"plane": (1, 1)}, r"names y\[1\] twice; two different components were expected: say plane=\(0, 2\)"),
        (THREE, {"plane": (0, 1, 2)}, r"plane is \(0, 1, 2\); two components were expected: say plane=\(0, 2\)"),
        (THREE, {"plane": (0, 1), "at": np.zeros((2, 3))}, r"at holds 2 states; one was expected"),
        (PAIR, {"x": (1, -1)}, r"x is \(1, -1\); two finite limits \(low, high\) with low < high were expected: say x=\(-3, 3\)"),
        (PAIR, {"y": 3}, r"y is 3; two finite limits"),
        (PAIR, {"resolution": 1}, r"resolution is 1; at least 2 points a side were expected: say 240"),
    ],
)
@pytest.mark.parametrize("draw", ["phase_portrait", "landscape"])
def test_what_cannot_be_drawn_is_refused_with_a_remedy(draw, params, options, words):
    with pytest.raises(InputError, match=words):
        getattr(am.plot, draw)(tanh, params, ax=axes(), **options)


def test_a_landscape_needs_an_energy_and_a_portrait_a_flow():
    s = am.state("s", "N", values=(-1, 1))
    with pytest.raises(InputError, match=r"has no energy.*give System"):
        am.plot.landscape(am.System(flow={y[i]: -y[i]}), {}, ax=axes())
    with pytest.raises(InputError, match=r"has an update.*give System"):
        am.plot.phase_portrait(am.System(update={s[i]: am.sign(s[i])}), {}, ax=axes())

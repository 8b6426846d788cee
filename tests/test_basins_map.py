"""Laws of basin maps: boundary points lie on boundaries known in closed form, and starts end where steady_states says."""

from __future__ import annotations

import numpy as np
import pytest
from plane_flows import CENTRES, clustering, cycle, trap, wells

import amsym as am
from amsym.errors import InputError
from numeric.basins import basin_map
from numeric.basins.boundary import halved
from numeric.basins.ends import DIVERGED


def test_boundary_points_of_the_wells_lie_on_the_axes():
    found = basin_map(wells, {}, (-2, 2), (-1, 3), resolution=8)
    off = np.abs(found.boundary.points).min(axis=1)
    assert len(off) == 16
    assert off.max() <= found.boundary.accuracy == 4e-5
    x, y = np.meshgrid(found.x, found.y)
    np.testing.assert_array_equal(np.sign(np.stack([x, y], axis=-1)), found.states[found.labels])


@pytest.mark.parametrize("accuracy", [1e-2, 1e-7])
def test_boundary_points_are_right_to_the_accuracy_asked_for(accuracy):
    found = basin_map(wells, {}, (-1, 1.5), (-1, 2.5), resolution=5, accuracy=accuracy)
    off = np.abs(found.boundary.points).min(axis=1)
    assert off.max() <= 3.5 * accuracy
    assert off.max() > 1e-3 * accuracy  # it stops where it was told to


@pytest.fixture(scope="module")
def ring():
    return basin_map(cycle, {}, (-1.5, 1.5), (-1.5, 1.5), resolution=16, accuracy=1e-4, rtol=1e-4)


def test_a_boundary_that_is_a_cycle_is_found_where_it_lies(ring):
    off = np.abs(np.linalg.norm(ring.boundary.points, axis=1) - 1)
    assert len(off) > 20
    assert off.max() <= 2 * ring.boundary.accuracy
    assert {tuple(sorted(pair)) for pair in ring.boundary.sides.tolist()} == {(DIVERGED, 0)}
    assert len(ring.boundary.between(0, DIVERGED)) == len(off)


def test_segments_join_into_one_closed_curve_of_the_length_of_the_cycle(ring):
    pieces = ring.boundary.segments
    np.testing.assert_allclose(np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1).sum(), 2 * np.pi, rtol=0.02)
    _, times = np.unique(pieces.reshape(-1, 2), axis=0, return_counts=True)
    assert (times == 2).all()


def test_halving_keeps_a_change_whatever_lies_between():
    def phi(p):
        return np.searchsorted([0.2, 0.5, 0.9], p[:, 0])

    low, high = np.array([[0.0, 0], [0.3, 0]]), np.array([[1.0, 0], [0.6, 0]])
    points, sides = halved(phi, low, high, phi(low), phi(high), 1e-9)
    assert min(abs(points[0, 0] - c) for c in (0.2, 0.5, 0.9)) <= 1e-9
    np.testing.assert_allclose(points[1, 0], 0.5, atol=1e-9)
    assert sides[1].tolist() == [1, 2]
    exhausted, _ = halved(phi, low, high, phi(low), phi(high), 0.0)
    assert np.isfinite(exhausted).all()


def test_components_off_the_plane_start_where_they_are_held_and_move_from_there():
    W = np.array([[0.0, 2.0, 1.5], [2.0, 0.0, 1.0], [1.5, 1.0, 0.0]])
    params, at = {"W": W, "b": np.zeros(3)}, np.array([0.0, 0.0, -1.2])
    hop = am.zoo.hopfield()
    found = basin_map(hop, params, (-2, 2), (-2, 2), plane=(0, 1), at=at, resolution=8)
    starts = np.concatenate([np.stack(np.meshgrid(found.x, found.y), axis=-1).reshape(-1, 2), np.full((64, 1), -1.2)], axis=1)
    expected = am.steady_states(hop, params, starts)
    np.testing.assert_allclose(found.states[found.labels.ravel()], expected.states[expected.origin], atol=1e-8)
    assert np.abs(found.states[:, 2] + 1.2).min() > 0.1
    crossing = found.boundary.points[0] @ np.eye(2, 3) + [0, 0, -1.2]
    step = 10 * found.boundary.accuracy * np.eye(3)[:2]
    around = am.steady_states(hop, params, np.concatenate([crossing + step, crossing - step]))
    assert len(around) == 2


@pytest.mark.slow
def test_the_map_of_figure_5_4_aligns_with_voronoi_cells_at_large_beta():
    found = basin_map(clustering, {"xi": CENTRES, "beta": 100.0}, (0, 1), (0, 1), resolution=12, accuracy=1e-3)
    assert found.agreement(CENTRES).fraction > 0.98
    assert found.agreement(CENTRES + np.array([0.3, 0.0])).fraction < 0.8
    distances = np.sort(np.linalg.norm(found.boundary.points[:, None] - CENTRES, axis=-1), axis=1)
    assert np.ptp(distances[:, :2], axis=1).max() < 0.02  # each point of the boundary is nearly as far from two centres


def test_the_entropy_of_a_smooth_boundary_is_below_log_2_and_falls_with_the_boxes(ring):
    coarse, fine = ring.entropy(4), ring.entropy(2)
    assert not coarse.fractal
    assert 0 < fine.basin < coarse.basin < coarse.boundary <= np.log(2)


def test_a_map_says_its_shares_and_what_is_wrong_with_its_input():
    text = repr(basin_map(trap, {}, (-2, 2), (-2, 2), resolution=4, accuracy=0.1))
    assert text.startswith("1 basin of")
    assert "diverged: 0.750" in text
    assert max(map(len, text.splitlines())) <= 80
    for options, words in (
        ({"x": (1, -1)}, "x is .* low < high"),
        ({"resolution": 1}, "resolution is 1"),
        ({"accuracy": 0.0}, "accuracy 0.0"),
        ({"plane": (0, 7)}, "plane names 7"),
    ):
        with pytest.raises(InputError, match=words):
            basin_map(trap, {}, **options)


def test_no_row_of_starts_lies_on_an_axis_or_diagonal_of_symmetry():
    pair = {"W": [[0.0, 2.0], [2.0, 0.0]], "b": [0.0, 0.0]}
    for resolution in (7, 8):
        assert (basin_map(am.zoo.hopfield(), pair, resolution=resolution, accuracy=0.1).labels >= 0).all()
        assert (basin_map(wells, {}, resolution=resolution, accuracy=0.1).labels >= 0).all()

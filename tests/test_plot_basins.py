"""Pictures of basins and hypergraphs are tested by what they claim: whose colour a pixel has, which lines are drawn, what is named."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from plane_flows import CENTRES, trap, wells
from scipy.spatial import Voronoi
from scipy.spatial.distance import cdist

import amsym as am
from amsym.errors import InputError
from numeric.basins import basin_map
from numeric.plot import basins, hypergraph
from numeric.plot.basins import PALETTE, colours, raster, voronoi_edges
from numeric.plot.hypergraph import layout


@pytest.fixture(scope="module")
def four():
    return basin_map(wells, {}, (-2, 2), (-1, 3), resolution=8)


def axes():
    return Figure().add_subplot()


def labels_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


# Basins


def test_every_pixel_has_the_colour_of_its_basin_up_to_the_boundary_itself(four):
    n = 200
    pixels = raster(four, n)
    x, y = np.meshgrid(-2 + 4 * (np.arange(n) + 0.5) / n, -1 + 4 * (np.arange(n) + 0.5) / n)
    clear = (np.abs(x) > 0.4) | (np.abs(y) > 0.4)  # in the mesh where four basins meet pixels take the nearest start, and beyond the last
    clear &= (x >= four.x[0]) & (x < four.x[-1]) & (y >= four.y[0]) & (y < four.y[-1])
    assert clear.mean() > 0.7
    np.testing.assert_array_equal(four.states[pixels][clear], np.sign(np.stack([x, y], axis=-1))[clear])


def test_the_picture_shows_regions_boundaries_and_steady_states(four):
    before, ax = dict(matplotlib.rcParams), axes()
    assert basins(four, ax, memories=four.states) is ax
    assert dict(matplotlib.rcParams) == before
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2, 2), (-1, 3))
    names = labels_of(ax)
    assert names[:2] == ["basin 0 (38%)", "basin 1 (38%)"]
    assert names[4:] == ["boundary", "stable", "unstable", "memory", "Voronoi"]
    drawn = {c.get_label(): np.concatenate(c.get_segments()) for c in ax.collections}
    assert np.abs(drawn["Voronoi"]).min(axis=1).max() < 1e-9
    np.testing.assert_array_equal(drawn["boundary"], four.boundary.segments.reshape(-1, 2))
    stable = next(line for line in ax.lines if line.get_label() == "stable")
    np.testing.assert_allclose(np.abs(stable.get_xydata()), 1, atol=1e-6)


def test_what_was_not_asked_for_is_not_drawn(four):
    ax = basins(four, axes(), steady=False, legend=False, memories=four.states, voronoi=False)
    assert ax.get_legend() is None
    assert [line.get_label() for line in ax.lines] == ["memory"]


def test_starts_that_reach_nothing_are_grey_and_named():
    ax = basins(basin_map(trap, {}, (-2, 2), (-2, 2), resolution=4, accuracy=0.1), axes())
    assert labels_of(ax)[:2] == ["basin 0 (25%)", "diverged"]


def test_basins_that_touch_have_different_colours_however_many_there_are():
    labels = np.random.default_rng(0).permutation(36).reshape(6, 6)
    shades = colours(labels)
    assert all(shades[a] != shades[b] for a, b in [*zip(labels[1:].flat, labels[:-1].flat, strict=True)])
    assert set(shades.values()) <= set(PALETTE)
    assert len(set(colours(np.arange(8).reshape(2, 4)).values())) == 8


def test_shares_have_no_plane_to_be_drawn_on():
    with pytest.raises(InputError, match="Basins was given; a BasinMap was expected"):
        basins(am.basins(wells, {}, CENTRES))


def test_of_a_larger_system_the_states_reached_are_shown_as_squares():
    found = basin_map(wells, {}, (-2, 2), (-2, 2), plane=(0, 2), at=np.full(3, 0.3), resolution=4, accuracy=0.1)
    ax = basins(found, axes(), memories=np.ones((1, 3)))
    assert "stable, seen on the plane" in labels_of(ax)
    assert "Voronoi" not in labels_of(ax)
    with pytest.raises(InputError, match=r"memories has shape \(1, 4\); rows of 2, or of 3, finite numbers were expected"):
        basins(found, axes(), memories=np.ones((1, 4)))


@pytest.mark.parametrize("seed", range(3))
def test_voronoi_edges_are_as_far_from_two_points_as_from_no_other(seed):
    points = np.random.default_rng(seed).uniform(-1, 1, (6, 2))
    pieces = voronoi_edges(points, np.array([-1, 1]), np.array([-1, 1]))
    for share in (0.0, 0.3, 1.0):
        at = np.array([(1 - share) * a + share * b for a, b in pieces])
        near = np.sort(cdist(at, points), axis=1)
        np.testing.assert_allclose(near[:, 0], near[:, 1], atol=1e-12)
        assert np.abs(at).max() <= 1 + 1e-12
    corners = Voronoi(points).vertices
    ends = np.concatenate(pieces)
    assert all(np.abs(ends - c).max(axis=1).min() < 1e-9 for c in corners if np.abs(c).max() < 1)
    assert len(voronoi_edges(CENTRES, np.array([0, 1]), np.array([0, 1]))) == 3
    assert len(voronoi_edges(np.array([[-1.0, 0], [0, 0], [1, 0]]), np.array([-2, 2]), np.array([-1, 1]))) == 2


# Hypergraphs


def test_a_hypergraph_shows_every_layer_synapse_and_line_once():
    memory = am.zoo.hierarchical()
    ax = axes()
    assert hypergraph(memory, ax) is ax
    assert sum(line.get_marker() == "o" for line in ax.lines) == 3
    assert sum(line.get_marker() == "s" for line in ax.lines) == 5
    assert sum(len(line.get_xydata()) == 2 for line in ax.lines) == memory.graph.number_of_edges() == 7
    words = [text.get_text() for text in ax.texts]
    assert {"y1", "tanh, N1", "y1-y2", "bias of y3"} <= set(words)
    assert len(words) == 11


def test_nodes_keep_apart_and_parts_that_nothing_joins_stand_side_by_side():
    v, h, u = (am.Layer(name, axis, am.lagrangians.tanh()) for name, axis in (("v", "N"), ("h", "K"), ("u", "M")))
    memory = am.Memory([v, h, u], [am.synapses.dense(v, h, weights="xi"), am.synapses.bias(u)])
    places = layout(memory.graph)
    at = np.array([*places.values()])
    assert min(np.linalg.norm(a - b) for n, a in enumerate(at) for b in at[:n]) > 0.5
    assert max(places[n][0] for n in ("v", "h")) < places["u"][0]
    assert {n: p.tolist() for n, p in layout(memory.graph).items()} == {n: p.tolist() for n, p in places.items()}


def test_only_a_memory_has_a_hypergraph():
    with pytest.raises(InputError, match=r"System was given; a Memory was expected"):
        hypergraph(wells, axes())

"""Laws of basin shares: Wilson's interval is SciPy's, known basins get their shares, and the four ends of a start are kept apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plane_flows import CENTRES, clustering, cycle, trap, wells
from scipy.stats import binomtest

import amsym as am
from amsym.errors import InputError
from numeric.basins import Gaussian, basins, box_entropy, wilson
from numeric.basins.ends import AMBIGUOUS, DIVERGED, TIME_OVER

LOW = np.full(2, -1.0)
PAIR = {"W": [[0.0, 2.0], [2.0, 0.0]], "b": [0.0, 0.0]}


# Intervals


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_the_interval_is_that_of_scipy(counts, level):
    k, n = counts
    expected = binomtest(k, n).proportion_ci(level, method="wilson")
    np.testing.assert_allclose(wilson(k, n, level), [expected.low, expected.high], atol=1e-12)


def test_the_interval_solves_its_equation_and_covers_as_often_as_it_says():
    z = 1.959963984540054
    p = wilson(7, 50)
    np.testing.assert_allclose(np.abs(7 / 50 - p), z * np.sqrt(p * (1 - p) / 50), rtol=1e-12)
    ends = wilson(np.random.default_rng(0).binomial(200, 0.3, 4000), 200)
    assert 0.93 < np.mean((ends[:, 0] <= 0.3) & (ends[:, 1] >= 0.3)) < 0.97
    assert wilson(0, 0).tolist() == [0, 1]


# Shares


def test_shares_of_orthants_are_their_shares_of_the_box():
    found = basins(wells, {}, (LOW, 3.0), samples=4000)
    expected = {(1.0, 1.0): 9 / 16, (1.0, -1.0): 3 / 16, (-1.0, 1.0): 3 / 16, (-1.0, -1.0): 1 / 16}
    assert {(*map(float, s.round(9)),) for s in found.states} == set(expected)
    for state, (low, high) in zip(found.states, found.intervals, strict=True):
        assert low - 0.01 <= expected[(*map(float, state.round(9)),)] <= high + 0.01
    np.testing.assert_array_equal(np.sign(found.starts), found.states[found.labels])
    assert found.fractions.sum() == 1
    assert (np.diff(found.counts) <= 0).all()
    np.testing.assert_allclose(found.entropy, -(found.fractions * np.log(found.fractions)).sum())


def test_the_four_ends_of_a_start_are_four_classes():
    starts = np.array([[0.5, 0.5], [2.0, 0.0], [0.2, -3.0], [1.0, 0.5], [0.1, 0.1]])
    found = basins(trap, {}, starts)
    assert found.labels.tolist() == [0, DIVERGED, DIVERGED, AMBIGUOUS, 0]  # at y_0 = 1 it ends on a saddle
    hasty = basins(trap, {}, starts, t=0.01)
    assert hasty.labels[0] == TIME_OVER
    for result in (found, hasty):
        assert sum(share.count for share in result.outcomes.values()) == 5
        assert list(result.outcomes) == [am.Arrival.CONVERGED, am.Arrival.DIVERGED, am.Arrival.TIME_OVER, am.Arrival.AMBIGUOUS]
    assert found.outcomes[am.Arrival.DIVERGED].interval == tuple(wilson(2, 5))
    assert found.fractions.tolist() == [0.4]
    np.testing.assert_allclose(found.entropy, np.log(2))


def test_a_state_without_a_certificate_has_no_basin():
    y, i = am.state("y", "N"), am.index("i", "N")
    degenerate = am.System(flow={y[i]: -(y[i] ** 3)})  # every start goes to 0, where the slope is 0
    found = basins(degenerate, {}, [[1.0], [-2.0]], rtol=1e-4, t=1e8)
    assert len(found) == 0
    assert set(found.labels.tolist()) <= {AMBIGUOUS, TIME_OVER}
    assert np.isnan(found.entropy)
    assert "0 basins" in repr(found)


def test_the_same_seed_draws_the_same_starts_and_another_draws_others():
    first, again, other = (basins(am.zoo.hopfield(), PAIR, (-2, 2), samples=5, seed=s).starts for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.any(first == other)


def test_every_way_to_draw_starts_draws_them():
    mean = np.array([3.0, -2.0])
    drawn = basins(wells, {}, Gaussian(mean, 0.1), samples=300).starts
    np.testing.assert_allclose([*drawn.mean(axis=0), *drawn.std(axis=0)], [3, -2, 0.1, 0.1], atol=0.03)
    named = basins(wells, {}, {"y": (LOW, 1.0)}, samples=3).starts
    assert named["y"].shape == (3, 2)
    assert np.abs(named["y"]).max() <= 1
    own = basins(wells, {}, lambda rng: rng.choice([-0.5, 0.5], (4, 3, 2)))
    assert own.labels.shape == (4, 3)
    two = basins(cycle, {}, {"p": (-0.5, 0.5), "q": (0.0, 0.5)}, samples=4)
    assert two.outcomes[am.Arrival.CONVERGED].count == 4
    assert {n: a.shape for n, a in two.states.items()} == {"p": (1,), "q": (1,)}


def test_the_table_fits_eighty_columns_and_shows_ten_basins_at_most():
    found = basins(wells, {}, (np.full(4, -1.0), 1.0), samples=200, patterns=np.eye(4))
    lines = repr(found).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(found) == 16
    assert sum(line.split()[0].isdigit() for line in lines[1:]) == 10
    assert "6 more" in repr(found)


@pytest.mark.parametrize(
    ("starts", "options", "words"),
    [
        ((-1, 1), {}, r"no parameter tells the size of axis 'N' of state 'y'; give an array"),
        ((np.ones(2), -1.0), {}, r"finite ends with low <= high were expected: say \(-3, 3\)"),
        ({"z": (LOW, 1)}, {}, r"the box has z; state 'y' is missing: add it"),
        ((LOW, 1.0, 2.0), {}, r"has 3 parts; \(low, high\) was expected"),
        (Gaussian(LOW, -1.0), {}, r"a scale of at least 0 were expected"),
        ((LOW, np.ones(3)), {}, r"an array \(3,\) was given for state 'y' of shape \(2,\)"),
        ((LOW, 1.0), {"samples": 0}, r"samples is 0; a number of starts above 0 was expected"),
        ((LOW, 1.0), {"level": 95}, r"level is 95; a share between 0 and 1 was expected"),
        (np.empty((0, 2)), {}, r"no starts were given"),
        ([-1, 1], {}, r"starts is the list \[-1, 1\]; a box is a tuple, starts have batch axes: say \(-1, 1\)"),
    ],
)
def test_starts_that_make_no_sense_are_refused_with_a_remedy(starts, options, words):
    with pytest.raises(InputError, match=words):
        basins(wells, {}, starts, **options)


# Voronoi cells


def test_the_wells_are_the_voronoi_cells_of_the_corners_and_not_of_the_sides():
    corners = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    found = basins(wells, {}, (LOW * 2, 2.0), samples=400)
    agree = found.agreement(corners)
    assert agree.fraction == 1
    assert agree.interval == tuple(wilson(400, 400))
    np.testing.assert_array_equal(corners[agree.cells], np.sign(found.starts))
    sides = np.array([[1.1, 0], [0, 1], [-1.1, 0], [0, -1]])
    assert found.agreement(sides).fraction < 0.8


def test_a_start_without_a_steady_state_never_agrees():
    found = basins(trap, {}, [[0.5, 0.5], [2.0, 0.0]])
    agree = found.agreement([[0.0, 0.0]])
    assert (agree.fraction, agree.cells.tolist(), agree.recalled.tolist()) == (0.5, [0, 0], [0, -1])


def test_memories_that_fit_no_state_are_refused():
    with pytest.raises(InputError, match=r"memories has shape \(1, 3\).*'y' \(2\)\): pass one memory a row|of 'y' \(2\)"):
        basins(wells, {}, [[1.0, 1.0]]).agreement(np.ones((1, 3)))


@pytest.mark.parametrize(("b", "low", "high"), [(0.001, 0.2, 0.45), (10.0, 0.45, 0.8), (100.0, 0.99, 1.0)])
def test_basins_become_voronoi_cells_as_beta_grows(b, low, high):
    """[modern_methods] Fig. 5.4, with the flow followed to its end in place of ten layers."""
    found = basins(clustering, {"xi": CENTRES, "beta": b}, (0.0, 1.0), samples=600)
    assert low <= found.agreement(CENTRES).fraction <= high


# Box entropy


@given(st.lists(st.integers(-3, 3), min_size=36, max_size=36))
def test_box_entropy_is_the_mean_of_the_entropies_of_boxes(numbers):
    labels = np.array(numbers).reshape(6, 6)
    terms = []
    for box in (labels[r : r + 3, c : c + 3].ravel() for r in (0, 3) for c in (0, 3)):
        ends = [k for k in box if k >= 0 or k == DIVERGED]
        if ends:
            shares = [ends.count(k) / len(ends) for k in set(ends)]
            terms.append(-sum(p * np.log(p) for p in shares))
    found = box_entropy(labels, 3)
    assert found.boxes == len(terms)
    np.testing.assert_allclose(found.basin, np.mean(terms) if terms else np.nan, atol=1e-12)
    mixed = [s for s in terms if s > 1e-9]
    np.testing.assert_allclose(found.boundary, np.mean(mixed) if mixed else np.nan, atol=1e-12)


def test_three_colours_that_meet_everywhere_are_fractal_and_two_never():
    rng = np.random.default_rng(0)
    assert box_entropy(rng.integers(0, 3, (50, 50))).fractal
    assert not box_entropy(rng.integers(0, 2, (50, 50))).fractal
    assert box_entropy(np.zeros((50, 50), dtype=int)).basin == 0
    with pytest.raises(InputError, match="box size 51 was given for a grid"):
        box_entropy(np.zeros((50, 50), dtype=int), 51)

"""Laws of the retrieval radius: known distances to known boundaries, and never below what the contraction ball certifies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plane_flows import cycle, wells

import amsym as am
from amsym.errors import InputError
from numeric.basins import retrieval_radius, wilson
from numeric.basins.corruption import flipped
from numeric.basins.ends import DIVERGED
from numeric.basins.radius import _certified
from numeric.steady import Region
from numeric.steady.metric import Metric

hopfield = am.zoo.hopfield()


def test_radii_of_a_well_are_the_distances_to_the_axes():
    found = retrieval_radius(wells, {}, [1.0, 1.5], limit=4.0, directions=60)
    u = np.random.default_rng(0).normal(size=(60, 2))  # as seed 0 draws them
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        expected = np.minimum(np.where(u < 0, [1.0, 1.5] / -u, np.inf).min(axis=1), 4.0)
    assert (found.radii <= expected + 1e-12).all()
    assert (found.radii >= expected - found.accuracy).all()
    np.testing.assert_array_equal(found.censored, expected == 4.0)
    assert (found.exits[found.censored] == -4).all()
    assert (np.abs(found.states[found.exits[~found.censored]] - [1, 1]).max(axis=1) > 1).all()
    assert found.offset == pytest.approx(0.5)
    np.testing.assert_allclose(found.state, [1, 1])


def test_the_share_recalled_falls_with_the_radius_and_has_wilsons_interval():
    found = retrieval_radius(wells, {}, [1.0, 1.0], limit=3.0, accuracy=0.01)
    shares = [found.recalled(r)[0] for r in (0.0, found.smallest, 1.2, 1.5, 3.1)]
    assert shares[:2] == [1, 1]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == 0
    assert found.recalled(1.2)[1] == tuple(wilson(round(64 * shares[2]), 64))
    assert found.recalled(found.smallest + 1e-9)[0] < 1
    assert found.quantile(0) == found.smallest


@settings(max_examples=3)
@given(st.integers(0, 10**6), st.integers(2, 12), st.sampled_from(["displace", "flip"]))
def test_no_direction_has_less_than_the_certified_radius(seed, n, corruption):
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, n))
    W = 1.5 * (W + W.T) / np.abs(np.linalg.eigvalsh(W + W.T)).max()
    params = {"W": W, "b": rng.normal(size=n) / 10}
    ends = am.steady_states(hopfield, params, rng.normal(size=(3, n)))
    memory = ends.states[0] + 1e-3 * rng.normal(size=n)
    found = retrieval_radius(hopfield, params, memory, corruption=corruption, directions=16, seed=seed)
    assert found.certified is None or found.certified <= found.smallest + found.accuracy


def test_the_certified_radius_is_that_of_the_ball_in_euclidean_units():
    memory = np.array([0.98, 1.01])
    found = retrieval_radius(wells, {}, memory, limit=2.0, directions=16, accuracy=0.01)
    ball = am.steady_states(wells, {}, memory[None]).regions[0]
    assert 0.01 < found.certified < found.smallest
    rng = np.random.default_rng(1)
    u = rng.normal(size=(500, 2))
    inside = memory + found.certified * u / np.linalg.norm(u, axis=1, keepdims=True)
    assert ball.holds(inside).all()
    assert retrieval_radius(wells, {}, [1.0, 3.0], limit=0.1).certified is None


def test_the_certified_radius_counts_the_metric_of_the_ball():
    """A ball |T z| <= r with T = diag(1, 5), and one with a T that is not diagonal: the Euclidean ball is r / ‖T‖."""
    for T in (np.array([1.0, 5.0]), np.array([[1.0, 3.0], [0.0, 2.0]])):
        ball = Region(np.zeros(2), Metric(T, 1 / T if T.ndim == 1 else np.linalg.inv(T)), 2.0, 1.0)
        held = _certified(ball, np.array([0.1, 0.0]))
        angle = np.linspace(0, 2 * np.pi, 721)
        ring = np.array([0.1, 0.0]) + held * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        assert ball.holds(ring).all()
        longest = 2.0 / (np.abs(T).max() if T.ndim == 1 else np.linalg.norm(T, 2))
        assert longest - 0.1 <= held <= longest
    assert _certified(ball, np.array([9.0, 0.0])) is None


def test_flips_of_a_hopfield_memory_are_counted_whole():
    rng = np.random.default_rng(0)
    X = rng.choice([-1.0, 1.0], (3, 60))
    W = 2 * X.T @ X / 60
    np.fill_diagonal(W, 0)
    found = retrieval_radius(hopfield, {"W": W, "b": np.zeros(60)}, X[0], corruption="flip", directions=20)
    np.testing.assert_array_equal(found.radii, np.floor(found.radii))
    assert 10 <= found.smallest < found.quantile(1) <= 30 + 5  # half the components and the negative memory is as near
    assert not found.censored.any()
    assert found.accuracy == 0


def test_only_the_named_state_is_corrupted():
    found = retrieval_radius(cycle, {}, {"p": 0.0, "q": 0.0}, directions=[[1.0], [-1.0]], over="p", limit=0.9, rtol=1e-4)
    assert found.censored.all()
    at = retrieval_radius(cycle, {}, {"p": 0.0, "q": 0.6}, directions=[[1.0], [-1.0]], over="p", limit=1.0, accuracy=0.01, rtol=1e-4)
    np.testing.assert_allclose(at.radii, 0.8, atol=at.accuracy)
    assert (at.exits == DIVERGED).all()
    assert "1.00 diverged" in repr(at)
    assert max(map(len, repr(at).splitlines())) <= 80


@pytest.mark.parametrize(
    ("memory", "options", "words"),
    [
        ([0.0, 1.0], {}, r"flow from the memory is ambiguous; a certified steady state was expected"),
        ([[1.0, 1.0]], {}, r"memory holds 1 states with batch axes \(1,\); one was expected: say memory\[0\]"),
        ([1.0, 1.0], {"corruption": "noise"}, r"corruption is 'noise'; 'displace' or 'flip' was expected"),
        ([1.0, 1.0], {"over": "z"}, r"over is 'z'; names of states were expected, of y"),
        ([1.0, 1.0], {"directions": 0}, r"directions is 0; at least one was expected"),
        ([1.0, 1.0], {"directions": np.ones((2, 3))}, r"directions has shape \(2, 3\); rows of 2 numbers"),
        ([1.0, 1.0], {"directions": np.ones((2, 2)), "corruption": "flip"}, r"corruption is 'flip'; a number of random orders"),
        ([1.0, 1.0], {"accuracy": 0}, r"accuracy is 0; a share of the limit above 0 and up to 1"),
        ([1.0, 1.0], {"limit": -1}, r"limit is -1; a finite number above 0"),
    ],
)
def test_memories_and_corruptions_that_make_no_sense_are_refused(memory, options, words):
    with pytest.raises(InputError, match=words):
        retrieval_radius(wells, {}, memory, **options)


def test_an_accuracy_finer_than_rounding_ends():
    found = retrieval_radius(wells, {}, [1.0, 1.0], directions=[[-1.0, 0.0]], limit=4.0, accuracy=1e-300)
    assert 0.999 < found.smallest <= 1  # the wells part at y_0 = 0


@given(st.lists(st.floats(0.1, 3), min_size=1, max_size=8), st.floats(0, 12))
def test_as_many_flips_as_the_reach_allows_stay_within_it_and_one_more_may_not(memory, s):
    xi = np.array(memory)
    way = flipped(xi, np.arange(len(xi)), 200, np.inf, np.random.default_rng(0))
    k = way.reach(s)
    starts = way.path(np.arange(200), np.full(200, k))
    np.testing.assert_array_equal((starts != xi).sum(axis=1), k)
    assert np.linalg.norm(starts - xi, axis=1).max() <= s * (1 + 1e-12)
    largest = 2 * np.linalg.norm(np.sort(xi)[::-1][: int(k) + 1])
    assert k == len(xi) or largest > s

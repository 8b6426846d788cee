"""Branch and prune: what is cut away holds no zero, Krawczyk's test accepts one zero and no other number, trees cover the box."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from enclosure_models import CUBIC, NETWORK, by_newton, i, weights, y
from hypothesis import given
from hypothesis import strategies as st

import amsym as am
from amsym.notation.effort import Budget
from numeric.enclosure.affine import AffineEnclosure
from numeric.enclosure.constants import intervals_of, with_exact_numbers
from numeric.enclosure.krawczyk import Krawczyk
from numeric.enclosure.search import Search
from numeric.enclosure.tighten import tightened
from numeric.enclosure.tree import Tree, leaf_boxes


def _network(n: int, seed: int, bias: float = 0.0) -> tuple[Any, np.ndarray, np.ndarray]:
    W, b = weights(n, 3.0, seed), bias * np.random.default_rng(seed + 1).normal(size=n)
    return am.compile(NETWORK).bind({"W": W, "b": b}), W, b


@given(st.integers(0, 2**32 - 1), st.floats(0.001, 6))
def test_no_zero_is_ever_cut_away(seed: int, width: float) -> None:
    bound, W, b = _network(4, seed % 1000, 0.5)
    zeros = by_newton(W, b, 60, seed, within=20.0)
    rng = np.random.default_rng(seed)
    low = zeros - width * rng.random(zeros.shape)
    high = low + width
    cut = tightened(low, high, AffineEnclosure(bound, 4)(low, high), np.ones(4))
    assert not cut.empty.any()
    assert np.all(cut.low <= zeros + 1e-12)
    assert np.all(zeros <= cut.high + 1e-12)


def test_most_boxes_without_a_zero_are_found_empty() -> None:
    bound, _, _ = _network(4, 3)
    low = np.random.default_rng(0).uniform(-4, 4, (500, 4))
    f = bound.packed_flow(low + 0.1)
    away = np.abs(f).max(axis=1) > 1.0
    cut = tightened(low, low + 0.2, AffineEnclosure(bound, 4)(low, low + 0.2), np.ones(4))
    assert cut.empty[away].mean() > 0.95


def test_krawczyks_test_accepts_one_zero_and_neither_none_nor_two() -> None:
    bound = am.compile(CUBIC).bind({}, sizes={"N": 1})
    middle, radius = np.array([[1.0], [0.1], [0.5], [0.0], [1.5]]), np.array([[0.1], [0.2], [0.6], [1.2], [0.3]])
    assert Krawczyk(bound, 1)(middle, radius).tolist() == [True, True, False, False, False]


@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 2))
def test_a_box_that_passes_krawczyks_test_holds_one_zero_of_all_that_newton_finds(seed: int, size: float) -> None:
    bound, W, b = _network(3, seed % 500, 0.3)
    zeros = np.unique(by_newton(W, b, 200, seed, within=20.0).round(9), axis=0)
    middle = zeros + size * np.random.default_rng(seed).normal(size=zeros.shape) / 4
    radius = np.full_like(middle, size)
    for m, r, passed in zip(middle, radius, Krawczyk(bound, 3)(middle, radius), strict=True):
        assert not passed or (np.abs(zeros - m) <= r + 1e-9).all(axis=1).sum() == 1


def test_a_jump_is_no_zero_and_a_slope_on_a_kink_counts_with_both_sides() -> None:
    jump = am.compile(am.System(flow={y[i]: sp.sign(y[i]) - y[i] / 4})).bind({}, sizes={"N": 1})
    assert not Krawczyk(jump, 1)(np.array([[0.0]]), np.array([[0.5]])).any()
    kink = am.compile(am.System(flow={y[i]: sp.Max(0, y[i]) / 2 + y[i] / 2 - sp.Rational(1, 8)})).bind({}, sizes={"N": 1})
    assert Krawczyk(kink, 1)(np.array([[0.125]]), np.array([[0.25]])).all()
    flat = am.compile(am.System(flow={y[i]: sp.Max(0, y[i])})).bind({}, sizes={"N": 1})
    assert not Krawczyk(flat, 1)(np.array([[0.0]]), np.array([[0.5]])).any()


def test_the_tree_names_every_zero_at_leaves_that_hold_it_and_closes_the_rest() -> None:
    bound, W, b = _network(4, 7, 0.4)
    low, high = np.full(4, -5.0), np.full(4, 5.0)
    found = Search(bound, 4)(low, high, Budget(30))
    assert not len(found.left[0])
    data = found.tree.data()
    leaves = list(leaf_boxes(data, low, high))
    assert {leaf for leaf, _, _ in leaves} <= {".", *range(len(found.middles))}
    for zero in by_newton(W, b, 400, 0):
        holders = [leaf for leaf, a, c in leaves if np.all(zero >= a) and np.all(zero <= c) and leaf != "."]
        assert len(set(holders)) == 1
        assert np.all(np.abs(found.middles[holders[0]] - zero) < 1e-8)


def test_a_spent_budget_leaves_the_open_boxes_to_be_seen() -> None:
    bound, W, b = _network(8, 1)
    found = Search(bound, 8)(np.full(8, -5.0), np.full(8, 5.0), Budget(30), most=20)
    low, high = found.left
    assert len(low) > 0
    for zero in by_newton(W, b, 300, 0):
        in_left = ((low <= zero + 1e-12) & (zero - 1e-12 <= high)).all(axis=1).any()
        known = (np.abs(found.middles - zero) <= found.radii).all(axis=1).any()
        assert in_left or known


def test_a_degenerate_zero_stays_open_in_a_tiny_region() -> None:
    cube = am.compile(am.System(flow={y[i]: y[i] ** 3})).bind({}, sizes={"N": 1})
    found = Search(cube, 1)(np.array([-1.0]), np.array([1.5]), Budget(20))
    assert not len(found.middles)
    assert float(found.left[0].min()) <= 0 <= float(found.left[1].max())
    assert float(found.left[1].max() - found.left[0].min()) < 1e-3


def test_trees_are_written_from_the_leaves_up_whatever_their_depth() -> None:
    tree, node = Tree(), 0
    for _ in range(3000):
        left, node = tree.cut(node, 0, 0.5)
        tree.close(left)
    tree.close(node, 0)
    data, depth = tree.data(renamed={0: 5}), 0
    while isinstance(data, list):
        data, depth = data[3], depth + 1
    assert (data, depth, tree.leaves) == (5, 3000, 3001)


def test_numbers_that_no_double_holds_become_scalars_with_intervals_around_them() -> None:
    f = am.total(y[i], i) / 3 + sp.pi * y[i] / 7 - y[i] ** 2 / 4 + sp.sqrt(2) + y[i] / am.size("N")
    exact = with_exact_numbers({y[i]: f}, {"N": 5})
    true = sorted([1 / 3, np.pi / 7, np.sqrt(2), 0.2])
    assert sorted(exact.values.values()) == pytest.approx(true)
    for name, (low, high) in exact.intervals.items():
        assert low < exact.values[name] < high
    assert "y[i]**2/4" in str(exact.system.flow)


def test_exact_parameters_that_are_no_doubles_get_intervals() -> None:
    from fractions import Fraction

    found = intervals_of({"W": [[Fraction(1, 3), Fraction(1, 2)]], "b": [Fraction(1)]})
    assert list(found) == ["W"]
    low, high = found["W"]
    assert Fraction(float(low[0, 0])) < Fraction(1, 3) < Fraction(float(high[0, 0]))
    assert low[0, 1] == high[0, 1] == 0.5

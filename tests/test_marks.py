"""Laws of deltas and masks: a delta is used up by a sum, a mask never is."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given
from strategies_index import P, W, a, beta, expression, i, j, k, points, same_value, value, y, z

from amsym.errors import NotationError
from amsym.notation import Delta, Mask, Total, canonical, components, delta, is_zero, mask, size, total

TWO = {"N": 2, "K": 2}


def test_a_delta_is_symmetric_and_one_on_the_diagonal():
    assert delta(i, j) == delta(j, i)
    assert delta(i, i) == 1
    assert delta(0, 1) == 0
    assert delta(2, 2) == 1
    assert delta(i, j) ** 2 == delta(i, j)


def test_a_sum_uses_a_delta_up():
    assert total(delta(i, j) * y[j], j) == y[i]
    assert total(delta(i, j), i) == 1
    assert total(delta(i, j), i, j) == size("N")
    assert total(delta(i, 0) * y[i], i) == y[0]
    assert total(delta(i, j) * delta(j, k), j) == delta(i, k)
    assert total((delta(i, j) + y[j]) * y[j], j) == y[i] + total(y[j] ** 2, j)
    assert total(delta(i, j) * total(W[j, k] * y[k], k), j) == total(W[i, k] * y[k], k)


@given(expression((i, j)), points)
def test_a_delta_renames_what_stands_beside_it(expr, point):
    assert same_value(total(delta(i, j) * expr, j), expr.xreplace({j: i}), point, TWO)
    assert same_value(total(delta(i, j) * expr, i, j), total(expr.xreplace({j: i}), i), point, TWO)


@given(expression((i, j)), points)
def test_a_mask_splits_a_sum_without_changing_it(expr, point):
    here, there = total(mask(sp.Eq(i, j)) * expr, j), total(mask(sp.Ne(i, j)) * expr, j)
    assert same_value(here + there, total(expr, j), point, TWO)


@given(expression((i, j)), points)
def test_deltas_and_masks_of_equality_have_the_same_values(expr, point):
    assert same_value(total(delta(i, j) * expr, j), total(mask(sp.Eq(i, j)) * expr, j), point, TWO)


def test_no_sum_rewrites_a_mask():
    f = total(mask(sp.Ne(i, j)) * sp.exp(W[i, j]), i)
    assert isinstance(f, Total)
    assert f.has(Mask)
    assert canonical(f).has(Mask)
    assert not canonical(f).is_Add


def test_masks_of_one_condition_are_one_mask():
    assert mask(sp.Ne(j, i)) == mask(sp.Ne(i, j))
    assert mask(i < j) == mask(j > i)
    assert mask(sp.Ne(i, j)) ** 3 == mask(sp.Ne(i, j))
    assert mask(sp.Ne(i, j)) * mask(sp.Ne(j, i)) == mask(sp.Ne(i, j))
    assert mask(i < j) != mask(i > j)
    assert mask((i < j) & (y[i] < 0)) == mask((j > i) & (0 > y[i]))  # noqa: SIM300


def test_masks_that_are_decided_are_numbers():
    assert mask(sp.Ne(i, i)) == 0
    assert mask(True) == 1
    assert mask(False) == 0
    assert mask(sp.Ne(i, j)).xreplace({i: j}) == 0
    assert mask(sp.Eq(i, j)).xreplace({i: j}) == 1
    assert mask(sp.Ne(i, j)).subs(i, j) == 0
    assert mask(i < 0) == 0


def test_complements_and_products_of_masks():
    assert is_zero(mask(sp.Eq(i, j)) + mask(sp.Ne(i, j)) - 1)
    assert is_zero(mask(y[i] > 0) + mask(y[i] <= 0) - 1)
    assert is_zero(mask((y[i] > 0) & sp.Ne(i, j)) - mask(y[i] > 0) * mask(sp.Ne(i, j)))
    assert not is_zero(mask(i < j) - mask(j < i))
    assert not is_zero(mask(i < j) + mask(j < i) - 1)


def test_components_evaluate_masks():
    assert components(mask(i < j), {"N": 2}).tolist() == [[0, 1], [0, 0]]
    assert components(total(mask(sp.Ne(i, j)) * y[j], j), {"N": 3})[0] == y[1] + y[2]
    assert components(delta(i, j), {"N": 2}).tolist() == [[1, 0], [0, 1]]


def test_marks_are_numbers_zero_and_one():
    for mark in (delta(i, j), mask(sp.Ne(i, j))):
        assert mark.is_integer
        assert mark.is_nonnegative
        assert sp.Abs(mark) == mark
    assert value(Delta(i, j), None, {"N": 2}, {i: 0, j: 0}) == 1


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        (lambda: delta(i, a), "delta compares 'i' over axis 'N' with 'a' over axis 'K'; both must run over one axis"),
        (lambda: mask(sp.Ne(i, a)), "over axis 'K'; both must run over one axis"),
        (lambda: mask(i < a), "both must run over one axis"),
        (lambda: mask((y[i] > 0) & sp.Ne(i, a)), "both must run over one axis"),
        (lambda: delta(i, y[j]), "delta compares indices made by indices('i j', 'N') or numbers 0, 1, 2 ..., got y[j]"),
        (lambda: delta(y, i), "got y"),
        (lambda: delta(i, beta), "got beta"),
        (lambda: delta(i, -1), "got -1"),
        (lambda: mask(y[i]), "mask() takes a condition such as Ne(i, j) or y[i] > 0, got y[i]"),
        (lambda: mask(z[a] * P[i, j]), "mask() takes a condition"),
    ],
)
def test_marks_of_what_cannot_be_compared_are_refused(slip, words):
    with pytest.raises(NotationError) as caught:
        slip()
    assert words in str(caught.value)

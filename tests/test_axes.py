"""Laws of axes, indices and sizes: equal by name and axis, free or bound, renamed without capture."""

from __future__ import annotations

import copy
import pickle

import pytest
import sympy as sp
from hypothesis import given
from strategies_index import P, a, expression, i, j, k, opened, points, same_value, y

from amsym.errors import NotationError
from amsym.notation import Index, Size, all_indices, free_indices, fresh_index, index, indices, rename, size, total


def test_indices_are_equal_when_name_and_axis_are():
    assert index("i", "N") == i
    assert hash(index("i", "N")) == hash(i)
    assert index("i", "K") != i
    assert sp.Symbol("i") != i
    assert sp.Symbol("i", integer=True, nonnegative=True) != i


def test_a_size_is_no_index_and_no_plain_symbol():
    assert i.size == size("N") == Size("N")
    assert Size("N") != sp.Symbol("N", integer=True, positive=True)
    assert Index("N", "size") != Size("N")
    assert size("N").is_positive
    assert size("N").is_integer


def test_names_that_sympy_knows_are_names_of_axes_all_the_same():
    for name in ("N", "S", "E", "I", "O", "Q", "pi", "gamma", "beta"):
        assert isinstance(size(name), Size)
        assert str(index("i", name).size) == name


def test_a_sum_binds_its_indices():
    f = total(P[i, j] * y[j], j)
    assert free_indices(f) == {i}
    assert all_indices(f) == {i, j}
    assert free_indices(f * y[j]) == {i, j}


def test_a_fresh_index_has_a_name_that_nobody_has():
    avoid = {Index(n, "N") for n in "ijklmnpqrsuvw"}
    assert fresh_index("N", avoid).name not in {w.name for w in avoid}
    assert fresh_index("K", {i}).name != "i"
    assert fresh_index("N", set(), like="t") == Index("t", "N")


@given(expression((i, j)), points)
def test_swapping_two_free_indices_twice_changes_nothing(expr, point):
    swapped = rename(expr, {i: j, j: i})
    assert free_indices(swapped) == free_indices(expr).__class__({i: j, j: i}.get(w, w) for w in free_indices(expr))
    assert same_value(rename(swapped, {i: j, j: i}), expr, point, {"N": 2, "K": 2})


@given(opened)
def test_renaming_to_a_new_letter_moves_it_through_the_whole_expression(expr):
    new = index("new", "N")
    renamed = rename(expr, {i: new})
    assert i not in free_indices(renamed)
    assert (new in free_indices(renamed)) == (i in free_indices(expr))


def test_renaming_keeps_clear_of_bound_indices():
    assert rename(total(P[i, j] * y[j], j), {i: j}) == total(P[j, k] * y[k], k)


def test_sizes_and_indices_survive_pickling_and_copying():
    for e in (i, size("N"), index("a", "K")):
        for again in (*(pickle.loads(pickle.dumps(e, n)) for n in range(2, pickle.HIGHEST_PROTOCOL + 1)), copy.copy(e), copy.deepcopy(e)):
            assert again == e
            assert hash(again) == hash(e)
            assert type(again) is type(e)
    assert pickle.loads(pickle.dumps(i)).axis == "N"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: index("i j", "N"), "makes one index, got the names 'i j'; indices('i j', 'N') makes several"),
        (lambda: indices("", "N"), "needs at least one name"),
        (lambda: indices("i", "N K"), "expected one axis such as 'N', got 'N K'"),
        (lambda: indices("i 2", "N"), "an index is a name such as 'i', got '2'"),
        (lambda: indices(3, "N"), "indices are named in a text such as 'i j', got 3"),
        (lambda: index("i", 3), "axes are named in a text such as 'N' or 'N K', got 3"),
        (lambda: index("i", "N-1"), "an axis is a name such as 'N', got 'N-1'"),
        (lambda: size("N K"), "expected one axis such as 'N', got 'N K'"),
        (lambda: size(""), "expected one axis such as 'N', got ''"),
    ],
)
def test_wrong_names_are_refused_with_a_remedy(make, words):
    with pytest.raises(NotationError) as caught:
        make()
    assert words in str(caught.value)


def test_indices_always_come_as_a_tuple():
    assert indices("i", "N") == (i,)
    assert indices("i, j", "N") == (i, j)
    assert a.size == size("K")

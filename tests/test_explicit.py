"""Laws of `components`: the explicit formula has the value that the index formula has, in the symbols that `y[0]` gives."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given
from strategies_index import SIZES, A, P, T, W, a, close, i, j, k, l, opened, places, points, sized, value, x, y, z

from amsym.errors import NotationError
from amsym.notation import Entry, Index, Total, components, free_indices, index, mask, parameter, size, total


@given(opened, SIZES, points)
def test_the_explicit_formula_has_the_value_of_the_index_formula(expr, pair, point):
    sizes = sized(pair)
    free = sorted(free_indices(expr), key=str)
    array = components(expr, sizes, order=free)
    for at in places(free, sizes):
        explicit = array[tuple(at[w] for w in free)] if free else array
        assert close(value(explicit, point, sizes), value(expr, point, sizes, at))


@given(opened, SIZES)
def test_nothing_of_index_notation_is_left_but_entries(expr, pair):
    array = components(expr, sized(pair))
    for explicit in array if free_indices(expr) else [array]:
        assert not explicit.has(Total)
        assert not explicit.atoms(Index)
        assert all(isinstance(s, Entry) or s in expr.free_symbols for s in explicit.free_symbols)


def test_entries_are_what_numbers_for_indices_give():
    assert components(y[i], {"N": 2}).tolist() == [y[0], y[1]]
    assert components(total(y[i] ** 2, i), {"N": 2}) == y[0] ** 2 + y[1] ** 2
    assert components(x[i, a], {"N": 1, "K": 2}, order=(i, a)).tolist() == [[x[0, 0], x[0, 1]]]
    assert components(x[i, a], {"N": 1, "K": 2}).tolist() == [[x[0, 0]], [x[0, 1]]]


def test_declared_symmetries_share_entries():
    assert (
        components(total(W[i, j] * y[i] * y[j], i, j), {"N": 2}).expand()
        == W[0, 0] * y[0] ** 2 + 2 * W[0, 1] * y[0] * y[1] + W[1, 1] * y[1] ** 2
    )
    assert components(total(A[i, j] * y[i] * y[j], i, j), {"N": 3}).expand() == 0
    assert components(A[i, j], {"N": 2}).tolist() == [[0, A[0, 1]], [-A[0, 1], 0]]
    assert len(components(total(T[i, j, k], i, j, k), {"N": 2}).atoms(Entry)) == 4


def test_free_indices_give_an_array_in_the_order_asked_for():
    M = components(P[i, j], {"N": 2}, order=(j, i))
    assert M[0, 1] == P[1, 0]
    assert components(y[i], {"N": 2}, order=(i, j)).shape == (2, 2)
    assert components(z[a] * y[i], {"N": 3, "K": 2}).shape == (2, 3)


def test_sizes_become_numbers_and_may_be_named_by_themselves():
    assert components(total(y[i], i) / size("N"), {"N": 2}) == (y[0] + y[1]) / 2
    assert components(size("N") ** 2, {size("N"): 3}) == 9
    assert components(total(1, i, a), {"N": 2, "K": 3}) == 6


def test_the_smallest_size_is_one():
    assert components(total(mask(sp.Ne(i, j)) * W[i, j], i, j), {"N": 1}) == 0


def test_indices_of_one_letter_over_two_axes_do_not_mix():
    other = index("i", "K")
    assert components(P[i, j] * z[other], {"N": 2, "K": 2}, order=(i, j, other))[1, 0, 0] == P[1, 0] * z[0]


def test_entries_may_stand_beside_components():
    assert components(y[0] * y[i], {"N": 2}).tolist() == [y[0] ** 2, y[0] * y[1]]
    assert components(W[i, 0], {"N": 2}).tolist() == [W[0, 0], W[0, 1]]


def test_explicit_formulas_are_ordinary_sympy():
    E = components(total(W[k, l] * sp.tanh(y[k]) * sp.tanh(y[l]), k, l) / 2, {"N": 2})
    assert sp.diff(E, y[0]).subs({y[0]: 0, y[1]: 0, W[0, 0]: 1, W[0, 1]: 2}) == 0
    assert sp.diff(components(y[i] * mask(y[i] > 0), {"N": 1})[0], y[0]) == mask(y[0] > 0)
    f = sp.lambdify([y[0], y[1]], components(total(y[i] ** 2, i), {"N": 2}), "math")
    assert f(3.0, 4.0) == 25.0


def test_positive_parameters_have_positive_entries():
    c = parameter("c", "N", positive=True)
    assert all(e.is_positive for e in components(c[i], {"N": 2}))


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        (lambda: components(y[i], {"K": 3}), "axis 'N' has no size; got sizes for ['K']: add 'N': 3, say"),
        (lambda: components(size("M"), {}), "axis 'M' has no size"),
        (lambda: components(y[i], {"N": 0}), "the size of axis 'N' is a whole number from 1 on, got 0"),
        (lambda: components(y[i], {"N": -1}), "got -1"),
        (lambda: components(y[i], {"N": 1.5}), "got 1.5"),
        (lambda: components(y[i], {"N": "three"}), "got 'three'"),
        (lambda: components(P[i, j], {"N": 2}, order=(i,)), "leaves out free indices"),
        (lambda: components(y[i], {"N": 2}, order=(j,)), "leaves out free indices"),
    ],
)
def test_wrong_sizes_and_orders_are_refused(slip, words):
    with pytest.raises(NotationError) as caught:
        slip()
    assert words in str(caught.value)

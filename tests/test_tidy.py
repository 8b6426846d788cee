"""Laws of `tidy` and `lettered`: a formula made readable has the value it had, and the author's letters."""

from __future__ import annotations

import sympy as sp
from hypothesis import given
from strategies_index import SIZES, P, W, a, beta, gain, i, j, k, l, opened, points, same_value, sized, x, y

from amsym.notation import all_indices, canonical, derivative, free_indices, lettered, letters_of, tidy, total
from amsym.notation.tidy import merged


@given(opened, SIZES, points)
def test_tidying_keeps_the_value(expr, pair, point):
    assert same_value(tidy(expr), expr, point, sized(pair))
    assert same_value(merged(expr), expr, point, sized(pair))


@given(opened, SIZES, points)
def test_tidying_a_gradient_keeps_its_value(expr, pair, point):
    gradient = derivative(expr, y[k])
    assert same_value(tidy(gradient), gradient, point, sized(pair))


@given(opened)
def test_tidying_binds_no_free_index(expr):
    assert free_indices(tidy(expr)) <= free_indices(expr)


@given(opened, points)
def test_the_authors_letters_change_no_value(expr, point):
    letters = {"N": ("l", "i", "r"), "K": ("c", "a")}
    assert same_value(lettered(expr, letters), expr, point, {"N": 2, "K": 2})
    assert same_value(tidy(expr, letters), expr, point, {"N": 2, "K": 2})


@given(opened)
def test_canonical_names_never_show(expr):
    assert not any(w.name.startswith("_") for w in all_indices(canonical(expr)))
    assert not any(w.name.startswith("_") for w in all_indices(tidy(canonical(expr))))


def test_sums_that_differ_in_their_letters_become_one():
    assert merged(total(y[i], i) + total(y[j], j)) == 2 * merged(total(y[i], i))
    assert merged(total(P[i, j] * y[i] * y[j], i, j) - total(P[k, l] * y[k] * y[l], l, k)) == 0
    assert merged(total(W[i, k] * y[i], i) + total(W[k, j] * y[j], j)).is_Mul


def test_common_factors_stand_in_front():
    f = tidy(gain * y[i] + gain * total(W[i, j] * y[j], j))
    assert f.is_Mul
    assert gain in f.args


def test_hyperbolic_quotients_become_tangents():
    assert tidy(sp.sinh(y[i]) / sp.cosh(y[i])) == sp.tanh(y[i])
    assert tidy(beta * sp.sinh(y[i]) ** 2 / sp.cosh(y[i]) ** 2) == beta * sp.tanh(y[i]) ** 2


def test_the_letters_of_a_formula_are_its_own():
    assert letters_of(total(P[i, l] * y[l], l), x[i, a]) == {"N": ("i", "l"), "K": ("a",)}
    f = lettered(canonical(total(P[i, l] * y[l], l)), {"N": ("l",)})
    assert str(f) == "Σ_l P[i, l]*y[l]"


def test_the_same_letter_is_never_bound_and_free():
    f = lettered(canonical(y[i] * total(y[j], j)), {"N": ("i",)})
    assert str(f) == "y[i]*(Σ_j y[j])"

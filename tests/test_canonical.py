"""Laws of `canonical`: it keeps the value, is idempotent, and equal expressions become identical objects."""

from __future__ import annotations

import random
import signal
from contextlib import contextmanager

import pytest
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies_index import (
    ON_N,
    SIZES,
    A,
    P,
    Point,
    R,
    T,
    W,
    a,
    b,
    beta,
    c,
    closed,
    disguised,
    expression,
    gain,
    i,
    j,
    k,
    l,
    m,
    multiplies_out,
    opened,
    points,
    same_value,
    sized,
    x,
    y,
    z,
)

from amsym.notation import Total, canonical, delta, derivative, free_indices, indices, is_zero, mask, parameter, size, state, total
from amsym.notation.canonical import canonical_core

seeds = st.integers(0, 10**6)
smooth = st.sampled_from([(), (i,), (i, a)]).flatmap(lambda scope: expression(scope, kinks=False)).filter(multiplies_out)
small = expression((), depth=2, kinks=False)


@contextmanager
def limited(seconds=60):
    """A net for what would otherwise never end; no test asserts on time."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def ended(*_):
        raise AssertionError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, ended)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@given(opened, SIZES, points)
def test_canonical_keeps_the_value_at_every_place(expr, pair, point):
    form = canonical(expr)
    assert same_value(form, expr, point, sized(pair))
    assert free_indices(form) <= free_indices(expr)


@given(opened)
def test_canonical_is_idempotent(expr):
    form = canonical(expr)
    assert canonical(form) == form
    assert canonical_core(canonical_core(expr)) == canonical_core(expr)


@given(smooth, seeds)
def test_canonical_does_not_see_letters_order_and_grouping(expr, seed):
    assert canonical(disguised(expr, seed)) == canonical(expr)


@given(closed.filter(multiplies_out), seeds)
def test_an_expression_minus_its_disguise_is_zero(expr, seed):
    assert is_zero(expr - disguised(expr, seed))


@given(small, small, SIZES, points)
def test_products_multiplied_out_are_the_same_and_keep_their_value(f, g, pair, point):
    left, right = (f + g) ** 2, f**2 + 2 * f * g + g**2
    assume(multiplies_out(left, right))
    assert canonical(left) == canonical(right)
    assert same_value(canonical(left), right, point, sized(pair))


@given(opened, opened, st.sampled_from([(2, 2), (3, 2)]), points)
def test_forms_are_identical_only_where_values_are_equal(f, g, pair, point):
    if canonical(f) == canonical(g):
        assert same_value(f, g, point, sized(pair))


@given(closed.filter(multiplies_out), st.sampled_from([y[k], x[k, b], W[k, l], beta]), seeds)
def test_the_gradient_does_not_see_letters(expr, v, seed):
    assert is_zero(derivative(expr, v) - derivative(disguised(expr, seed), v))


SAME = {
    "bound letters": (total(y[i] ** 2, i), total(y[j] ** 2, j)),
    "a symmetric matrix": (total(W[i, j] * y[i] * sp.tanh(y[j]), i, j), total(W[k, l] * sp.tanh(y[k]) * y[l], k, l)),
    "a transposed symmetric matrix": (total(W[i, j] * P[i, j], i, j), total(W[i, j] * P[j, i], i, j)),
    "a symmetric 3-tensor": (total(T[i, j, k] * P[i, j] * y[k], i, j, k), total(T[i, j, k] * P[k, i] * y[j], i, j, k)),
    "nested and flat sums": (total(y[i] * total(P[i, j] * y[j], j), i), total(P[i, j] * y[i] * y[j], i, j)),
    "squares of sums": (total(y[i], i) ** 2, total(y[i] * y[j], i, j)),
    "a mean": (total(y[i] - total(y[j], j) / size("N"), i), sp.S.Zero),
    "quadratic forms of a plain matrix": (total(P[i, j] * y[i] * y[j], i, j), total(P[j, i] * y[i] * y[j], i, j)),
    "a kink of a product": (total(sp.Max(0, delta(i, j) * y[i] * z[a] ** 2), i), sp.Max(0, y[j]) * z[a] ** 2),
    "a high power of a sum": (total(P[i, j] * y[j], i, j) ** 5, total(P[k, l] * y[l], l, k) ** 3 * total(P[j, i] * y[i], i, j) ** 2),
    "a product of many sums": (
        total(y[i], i) ** 3 * total(z[a], a) ** 3 * gain,
        total(gain * y[i] * y[j] * y[k] * z[a] * z[b] * z[c], i, j, k, a, b, c),
    ),
    "a trace of a product": (total(P[i, j] * W[j, k] * P[k, i], i, j, k), total(W[i, j] * P[j, k] * P[k, i], i, j, k)),
    "deltas": (total(delta(i, j) * P[i, j], i, j), total(P[i, i], i)),
    "deltas under a sum": (total(delta(i, j) * y[j], j), y[i]),
    "free deltas": (delta(i, j) * y[i], delta(i, j) * y[j]),
    "a softmax that sums to one": (total(sp.exp(y[i]) / total(sp.exp(y[j]), j), i), sp.S.One),
    "a masked softmax": (total(mask(sp.Ne(i, k)) * sp.exp(y[i]) / total(mask(sp.Ne(j, k)) * sp.exp(y[j]), j), i), sp.S.One),
    "the logistic function": (sp.exp(y[i]) / (1 + sp.exp(y[i])), 1 - 1 / (1 + sp.exp(y[i]))),
    "hyperbolic functions": (sp.sinh(y[i]) / sp.cosh(y[i]) - 1 / sp.cosh(y[i]) ** 2, sp.tanh(y[i]) - 1 + sp.tanh(y[i]) ** 2),
    "a ReLU in three ways": (sp.Max(0, y[i]), (y[i] + sp.Abs(y[i])) / 2),
    "a ReLU as a Piecewise": (sp.Max(0, y[i]), sp.Piecewise((y[i], y[i] > 0), (0, True))),
    "a ReLU as a bracket": (y[i] * mask(y[i] > 0), sp.Max(y[i], 0)),
    "a ReLU squared": (y[i] * sp.Max(0, y[i]), sp.Max(0, y[i]) ** 2),
    "a ReLU of a difference squared": ((y[i] - y[j]) * sp.Max(0, y[i] - y[j]), sp.Max(0, y[i] - y[j]) ** 2),
    "signs": (sp.Abs(y[i]), y[i] * sp.sign(y[i])),
    "a minimum": (sp.Min(y[i], z[a]), y[i] - sp.Max(0, y[i] - z[a])),
    "conditions and their opposites": (mask(sp.Eq(i, j)) * y[i] + mask(sp.Ne(i, j)) * y[i], y[i]),
    "logarithms of products": (sp.log(beta * sp.exp(y[i])), sp.log(beta) + y[i]),
    "a log-sum-exp shifted": (sp.log(total(sp.exp(y[i] + gain), i)), gain + sp.log(total(sp.exp(y[i]), i))),
    "layer norm": (total(y[i] ** 2, i) / sp.sqrt(total(y[j] ** 2, j)), sp.sqrt(total(y[i] ** 2, i))),
    "a kink between two bound places": (total(P[i, j] * sp.Max(0, y[i] - y[j]), i, j), total(P[j, i] * sp.Max(0, y[j] - y[i]), i, j)),
    "a distance between two bound places": (total(P[i, j] * sp.Abs(y[i] - y[j]), i, j), total(P[j, i] * sp.Abs(y[i] - y[j]), j, i)),
    "a distance that a symmetric matrix weighs": (
        total(W[i, j] * sp.Abs(y[i] - y[j]), i, j),
        2 * total(W[i, j] * sp.Max(0, y[i] - y[j]), i, j),
    ),
    "a quotient of two bound places": (
        total(P[i, j] * sp.exp(y[i]) / (sp.exp(y[i]) + sp.exp(y[j])), i, j),
        total(P[j, i] * sp.exp(y[j]) / (sp.exp(y[j]) + sp.exp(y[i])), i, j),
    ),
    "a letter bound and free": (y[i] * total(y[i], i), total(y[i] * y[j], j)),
    "a root that meets itself": (sp.sqrt(1 + y[i] ** 2) * sp.sqrt(1 + y[i] ** 2), 1 + y[i] ** 2),
    "an exponential of an antisymmetric matrix": (
        total(sp.exp(sp.tanh(A[i, j] * y[i])), i, j),
        total(sp.exp(-sp.tanh(A[i, j] * y[j])), i, j),
    ),
    "a logistic function of an antisymmetric matrix": (
        total(y[j] / (1 + sp.exp(A[i, j])), i, j),
        total(y[i] / (1 + sp.exp(-A[i, j])), i, j),
    ),
    "an antisymmetric form": (total(A[i, j] * y[i] * y[j], i, j), sp.S.Zero),
    "an antisymmetric and a symmetric matrix": (total(A[i, j] * W[i, j], i, j), sp.S.Zero),
    "an antisymmetric matrix and a symmetric function": (total(A[i, j] * sp.tanh(y[i] * y[j]), i, j), sp.S.Zero),
    "an antisymmetric cube": (total(A[i, j] * A[j, k] * A[k, i], i, j, k), sp.S.Zero),
    "a transposed antisymmetric matrix": (total(A[i, j] * P[i, j], i, j), -total(A[i, j] * P[j, i], i, j)),
    "sums inside functions": (sp.tanh(total(W[i, j] * y[j], j)), sp.tanh(total(y[k] * W[k, i], k))),
    "sums over two axes": (total(x[i, a] * R[i, a], i, a), total(R[j, b] * x[j, b], b, j)),
}
DIFFERENT = {
    "a plain matrix": (total(P[i, j] * y[i] * sp.tanh(y[j]), i, j), total(P[i, j] * y[j] * sp.tanh(y[i]), i, j)),
    "a matrix and its transpose": (P[i, j], P[j, i]),
    "a square of a sum": (total(y[i], i) ** 2, total(y[i] ** 2, i)),
    "a diagonal": (total(P[i, i], i), total(P[i, j], i, j)),
    "an antisymmetric form of two vectors": (total(A[i, j] * y[i] * sp.tanh(y[j]), i, j), sp.S.Zero),
    "an antisymmetric square": (total(A[i, j] * A[i, j], i, j), sp.S.Zero),
    "two axes": (total(y[i], i) * size("K"), total(y[i], i) * size("N")),
    "free letters": (y[i], y[j]),
    "a mask and no mask": (total(mask(sp.Ne(i, j)) * y[i], i), total(y[i], i)),
    "two orders of an index": (total(mask(i < j) * P[i, j], i, j), total(mask(i < j) * P[j, i], i, j)),
    "a root and its square": (sp.sqrt(total(y[i] ** 2, i)), total(y[i], i)),
    "an absolute value": (sp.Abs(y[i]), y[i]),
    "a root of a negative number's square": ((y[i] ** 2 / (1 + z[a] ** 2)) ** beta, y[i] ** (2 * beta) / (1 + z[a] ** 2) ** beta),
    "an antisymmetric kink": (total(A[i, j] * sp.Max(0, y[i] - y[j]), i, j), sp.S.Zero),
    "a root of a square with a parameter": ((y[i] ** 2 * (1 + z[a] ** 2)) ** beta, (y[i] ** (2 * beta)) * (1 + z[a] ** 2) ** beta),
    "triangles and hexagons": (
        total(W[i, j] * W[j, k] * W[k, i], i, j, k) ** 2,
        total(W[i, j] * W[j, k] * W[k, l] * W[l, m] * W[m, i], i, j, k, l, m),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_equal_expressions_become_identical_objects(name):
    left, right = SAME[name]
    assert canonical(left) == canonical(right)
    assert is_zero(left - right)


@pytest.mark.parametrize("name", ["B", "P", "w"])
def test_kinks_between_bound_places_have_one_form_whatever_the_names(name):
    M, u, v = parameter(name, "N N"), state("u", "N"), state(name + "_", "N")
    for f in (sp.Abs, lambda t: sp.Max(0, t), lambda t: sp.Max(0, t) ** 2, lambda t: sp.tanh(sp.Max(0, t))):
        for g in (lambda p, q: M[p, q], lambda p, q: u[p] * v[q], lambda p, q: v[p]):
            left, right = (total(g(p, q) * f(v[p] - v[q]), i, j) for p, q in ((i, j), (j, i)))
            assert canonical(left) == canonical(right)


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_expressions_stay_different(name):
    left, right = DIFFERENT[name]
    assert canonical(left) != canonical(right)
    assert not is_zero(left - right)


def test_orthogonal_matrices_contract_over_either_index():
    Q = parameter("Q", "N N", orthogonal=True)
    assert canonical(total(Q[i, j] * Q[i, k], i)) == delta(j, k)
    assert canonical(total(Q[j, i] * Q[k, i], i)) == delta(j, k)
    assert is_zero(total(Q[i, j] * y[j] * Q[i, k] * y[k], i, j, k) - total(y[i] ** 2, i))
    assert is_zero(total(Q[i, j] ** 2, i, j) - size("N"))
    assert not is_zero(total(Q[i, j] * Q[j, k], j) - delta(i, k))


def test_division_under_sums_keeps_bound_names_apart():
    D = total(sp.exp(y[i]), i) + total(y[j] ** 2 * sp.exp(z[a]), j, a)
    for f in (total(sp.exp(y[i]) * y[j], i, j) / D, total(W[i, j] * sp.exp(y[i]), i, j) / D, total(y[j], j) / D, 1 / D):
        front = canonical_core(total(sp.exp(y[i]), i))
        assert same_value(canonical_core(front * canonical_core(f)), front * f, Point(3), {"N": 2, "K": 2})
        assert same_value(canonical_core(canonical_core(f)), f, Point(3), {"N": 2, "K": 2})


def test_masks_stay_masks():
    B, C = indices("B C", "T")
    s = parameter("s", "T T")
    form = str(canonical(total(mask(sp.Ne(B, C)) * sp.exp(s[B, C]), B)))
    assert "≠" in form
    assert "-" not in form
    assert "+" not in form


def test_a_mask_inside_a_logarithm_stays_whole():
    E = sp.log(total(mask(sp.Ne(i, j)) * sp.exp(W[i, j]), i))
    assert isinstance(canonical(E), sp.log)


@given(st.lists(st.sampled_from([P, W, A]), min_size=1, max_size=5), st.data())
def test_products_of_matrices_with_up_to_five_bound_indices_have_one_form(matrices, data):
    place = st.sampled_from(ON_N)
    expr = total(sp.Mul(*(M[data.draw(place), data.draw(place)] for M in matrices)), *ON_N)
    order = data.draw(st.permutations(ON_N))
    other = expr
    if isinstance(other, Total) or other.has(Total):
        letters = dict(zip(ON_N, order, strict=True))
        other = expr.xreplace({t: total(t.body.xreplace(letters), *(letters[w] for w in t.bound)) for t in expr.atoms(Total)})
    with limited():
        assert canonical(expr) == canonical(other)


def test_highly_symmetric_products_end():
    alike = [
        sp.Mul(*(y[w] for w in ON_N)),
        sp.Mul(*(W[v, w] for n, v in enumerate(ON_N) for w in ON_N[n + 1 :])),
        sp.Mul(*(mask(sp.Ne(v, w)) * sp.exp(W[v, w]) for v, w in zip(ON_N, (*ON_N[1:], ON_N[0]), strict=True))),
    ]
    with limited():
        for body in alike:
            assert canonical(total(body, *ON_N)) == canonical(total(body.xreplace({i: j, j: i}), *ON_N))


def test_powers_and_denominators_of_sums_end():
    D = total(sp.exp(beta * y[i]), i)
    with limited():
        assert is_zero(total(y[i] * sp.exp(beta * y[i]), i) ** 3 / D**3 - (total(y[i] * sp.exp(beta * y[i]), i) / D) ** 3)
        assert is_zero((1 + sp.exp(y[i])) ** 4 / (1 + sp.exp(y[i])) ** 3 - 1 - sp.exp(y[i]))
        assert is_zero(sp.sqrt(1 + total(y[i] ** 2, i)) ** 3 - (1 + total(y[i] ** 2, i)) * sp.sqrt(1 + total(y[i] ** 2, i)))


@given(seeds)
def test_the_order_in_which_terms_are_met_does_not_matter(seed):
    draw = random.Random(seed)
    terms = [
        total(P[i, j] * y[i] * y[j], i, j),
        total(y[i], i) ** 2,
        -total(W[i, j] * y[j] * sp.tanh(y[i]), i, j),
        beta * total(y[k], k),
        gain,
    ]
    draw.shuffle(terms)
    assert canonical(sp.Add(*terms)) == canonical(sp.Add(*terms[::-1]))


def test_the_free_state_letter_is_not_taken_for_a_bound_one():
    form = canonical(total(P[i, j] * y[j], j) * total(y[i], i))
    assert free_indices(form) == {i}
    assert str(state("y", "N")) == "y"


def test_a_bracket_is_swallowed_by_a_power_of_the_positive_part_only_where_the_power_is_positive() -> None:
    """[u > 0] u₊^p is u₊^p for p > 0; at p = 0 the one is a bracket and the other 1."""
    u, k = state("u"), sp.Symbol("k", integer=True, positive=True)
    part = sp.Max(0, u)
    assert is_zero(mask(u > 0) * part**k - part**k)
    assert not is_zero(mask(u > 0) * part ** (k - 1) - part ** (k - 1))
    assert is_zero(u * part**k - part ** (k + 1))
    assert not is_zero(u * part ** (k - 1) - part**k)

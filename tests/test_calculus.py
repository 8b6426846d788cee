"""Laws of `derivative`: it is SymPy's derivative entry by entry, for every size, and `sp.diff` is right or raises."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from strategies_index import (
    SIZES,
    A,
    P,
    Point,
    T,
    W,
    a,
    b,
    beta,
    derivative_agrees,
    expression,
    gain,
    i,
    j,
    k,
    l,
    opened,
    points,
    same_value,
    sized,
    x,
    y,
    z,
)

from amsym.errors import NotationError
from amsym.notation import canonical, components, delta, derivative, free_indices, index, is_zero, mask, parameter, size, state, total

WRT = [
    y[k],
    y[i],
    z[b],
    z[a],
    x[k, b],
    x[i, b],
    x[i, a],
    W[k, l],
    W[i, k],
    W[k, k],
    P[k, l],
    P[l, i],
    P[i, i],
    T[k, l, i],
    T[k, k, l],
    beta,
    gain,
]
WRT_ALL = [*WRT, A[k, l], A[i, k]]


def explicit_of(expr, at, sizes):
    free = sorted(free_indices(expr), key=str)
    found = components(expr, sizes, order=free)
    return found[tuple(at[w] for w in free)] if free else found


@given(opened, st.sampled_from(WRT_ALL), SIZES, points)
def test_first_derivatives_agree_with_explicit_ones_at_every_place(expr, v, pair, point):
    assert derivative_agrees(expr, [v], point, sized(pair), explicit_of)


@given(expression((i,), depth=2), st.sampled_from(WRT_ALL), st.sampled_from(WRT_ALL), st.sampled_from([(1, 1), (2, 1), (2, 2)]), points)
def test_second_derivatives_agree_with_explicit_ones_at_every_place(expr, v, w, pair, point):
    assert derivative_agrees(expr, [v, w], point, sized(pair), explicit_of)


@given(expression((i, j), depth=2), st.sampled_from([y[k], x[k, b], P[k, l], W[k, l], A[k, l]]), SIZES, points)
def test_an_index_may_be_renamed_before_or_after_differentiation(expr, v, pair, point):
    later = derivative(expr, v).xreplace({k: i})
    v_now = v.xreplace({k: i})
    sign, v_now = v_now.as_coeff_Mul()
    assert same_value(later, sign * derivative(expr, v_now), point, sized(pair))


@given(opened, st.sampled_from([y[k], y[i], x[k, b], P[k, l], W[k, l], beta]), SIZES, points)
def test_sympy_diff_agrees_with_derivative(expr, v, pair, point):
    assert same_value(sp.diff(expr, v), derivative(expr, v), point, sized(pair))


@given(opened, opened, st.sampled_from([y[k], beta, W[k, l]]), SIZES, points)
def test_derivative_is_linear_and_obeys_the_product_rule(f, g, v, pair, point):
    sizes = sized(pair)
    assert same_value(derivative(3 * f - g, v), 3 * derivative(f, v) - derivative(g, v), point, sizes)
    assert same_value(derivative(f * g, v), f * derivative(g, v) + g * derivative(f, v), point, sizes)


def test_sympy_diff_does_not_fall_into_the_trap_of_the_repeated_index():
    assert sp.diff(total(y[i] ** 2, i), y[i]) == 2 * y[i]
    assert sp.diff(total(y[i] ** 2, i), y[k]) == 2 * y[k]
    assert sp.diff(total(y[i] ** 2, i) * y[i], y[i]) == total(y[i] ** 2, i) + 2 * y[i] ** 2


def test_sympy_diff_twice_equals_derivative_twice():
    E = total(W[i, j] * sp.tanh(y[i]) * sp.tanh(y[j]), i, j)
    assert is_zero(sp.diff(E, y[k], y[l]) - derivative(E, y[k], y[l]))
    assert is_zero(sp.diff(E, y[k], 2) - derivative(E, y[k], y[k]))


def test_a_coinciding_index_gives_the_diagonal():
    f = total(W[i, j] * sp.tanh(y[j]), j) - y[i]
    assert is_zero(derivative(f, y[i]) - (W[i, i] * (1 - sp.tanh(y[i]) ** 2) - 1))
    assert is_zero(derivative(f, y[k]) - (W[i, k] * (1 - sp.tanh(y[k]) ** 2) - delta(i, k)))


def test_the_derivative_by_a_symmetric_parameter_is_the_symmetrised_gradient():
    assert derivative(total(W[i, j] * y[i] * y[j], i, j), W[k, l]) == y[k] * y[l]
    assert is_zero(derivative(total(W[i, j] * y[i] * sp.tanh(y[j]), i, j), W[k, l]) - (y[k] * sp.tanh(y[l]) + y[l] * sp.tanh(y[k])) / 2)
    assert derivative(W[k, k], W[k, k]) == 1
    assert is_zero(derivative(W[i, j], W[i, j]) - (1 + delta(i, j)) / 2)


def test_the_derivative_by_an_antisymmetric_parameter_is_the_antisymmetrised_gradient():
    u, v = y, state("v", "N")
    G = derivative(total(A[i, j] * u[i] * v[j], i, j), A[k, l])
    assert is_zero(G - (u[k] * v[l] - u[l] * v[k]) / 2)
    assert is_zero(G + G.xreplace({k: l, l: k}))
    assert is_zero(derivative(A[i, j], A[i, j]) - (1 - delta(i, j)) / 2)


def test_an_explicit_entry_moves_with_its_component():
    assert derivative(y[0] ** 2, y[k]) == 2 * y[0] * delta(0, k)
    assert components(derivative(W[0, 1], W[k, l]), {"N": 2}).tolist() == [[0, sp.Rational(1, 2)], [sp.Rational(1, 2), 0]]


def test_kinks_take_the_derivative_of_the_dead_side():
    relu, modulus = derivative(sp.Max(0, y[i]), y[i]), derivative(sp.Abs(y[i]), y[i])
    assert components(relu, {"N": 1})[0].subs(y[0], 0) == 0
    assert components(modulus, {"N": 1})[0].subs(y[0], 0) == 0
    assert relu == mask(y[i] > 0)


def test_a_piecewise_is_differentiated_piece_by_piece():
    f = sp.Piecewise((y[i] ** 3, sp.Ne(i, j)), (gain * y[i], True))
    assert derivative_agrees(f, [y[k]], Point(1), {"N": 3}, explicit_of)
    assert derivative_agrees(f, [gain], Point(1), {"N": 3}, explicit_of)


def test_an_unnamed_activation_has_an_unnamed_slope():
    g = sp.Function("g", real=True)
    assert str(derivative(total(g(y[i]), i), y[k])) == "g'(y[k])"


def attention(masked=True):
    """E = -(1/β) Σ_hC log Σ_{B ≠ C} exp(β A_hBC), A_hBC = Σ_α K_αhB Q_αhC, with keys and queries linear in the tokens."""
    B, C = index("B", "T"), index("C", "T")
    h, e, f, r = index("h", "H"), index("e", "D"), index("f", "D"), index("r", "Z")
    tokens = state("x", "D T")
    WK, WQ = parameter("WK", "Z H D"), parameter("WQ", "Z H D")
    keys, queries = total(WK[r, h, e] * tokens[e, B], e), total(WQ[r, h, f] * tokens[f, C], f)
    overlap = total(keys * queries, r)
    inside = sp.exp(beta * overlap) * (mask(sp.Ne(B, C)) if masked else 1)
    return -total(sp.log(total(inside, B)), h, C) / beta, tokens


@pytest.mark.parametrize(
    ("sizes", "masked"),
    [({"T": 2, "D": 1, "H": 1, "Z": 1}, True), ({"T": 3, "D": 2, "H": 1, "Z": 1}, True), ({"T": 1, "D": 2, "H": 2, "Z": 1}, False)],
)
def test_the_first_derivative_of_attention_agrees_with_explicit_ones(sizes, masked):
    E, tokens = attention(masked)
    v = tokens[index("g", "D"), index("M", "T")]
    assert derivative_agrees(E, [v], Point(7), sizes, explicit_of)


@pytest.mark.parametrize(
    ("sizes", "masked"),
    [({"T": 2, "D": 1, "H": 1, "Z": 2}, True), ({"T": 3, "D": 1, "H": 1, "Z": 1}, True), ({"T": 2, "D": 2, "H": 1, "Z": 1}, False)],
)
def test_the_second_derivative_of_attention_agrees_with_explicit_ones(sizes, masked):
    E, tokens = attention(masked)
    v, w = tokens[index("g", "D"), index("M", "T")], tokens[index("q", "D"), index("S", "T")]
    assert derivative_agrees(E, [v, w], Point(8), sizes, explicit_of)


def test_the_hessian_of_attention_is_symmetric():
    E, tokens = attention()
    v, w = tokens[index("g", "D"), index("M", "T")], tokens[index("q", "D"), index("S", "T")]
    assert is_zero(derivative(E, v, w) - derivative(E, w, v))


def test_the_gradient_of_attention_keeps_its_mask():
    E, tokens = attention()
    gradient = canonical(derivative(E, tokens[index("g", "D"), index("M", "T")]))
    assert "≠" in str(gradient)


@given(expression((), depth=2, kinks=False), st.sampled_from([(y[k], y[l]), (y[k], x[l, b]), (W[k, l], y[i]), (beta, y[k])]), points)
def test_mixed_derivatives_commute(expr, pair, point):
    v, w = pair
    assert same_value(derivative(expr, v, w), derivative(expr, w, v), point, {"N": 2, "K": 2})


@pytest.mark.parametrize(
    ("v", "words"),
    [
        (i, "cannot differentiate by i: take a component such as y[i]"),
        (size("N"), "cannot differentiate by N"),
        (y, "cannot differentiate by y: write y[i] with a free index"),
        (y[0], "explicit entry y_0"),
        (y[i] ** 2, "cannot differentiate by y[i]**2"),
        (3, "cannot differentiate by 3"),
        ("y", "cannot differentiate by y"),
    ],
)
def test_what_cannot_be_differentiated_by_is_refused_with_a_remedy(v, words):
    with pytest.raises(NotationError) as caught:
        derivative(total(y[i] ** 2, i), v)
    assert words in str(caught.value)


def test_sympy_diff_refuses_an_index_and_a_whole_state():
    for expr in (y[i] ** 2, delta(i, j) * y[j], mask(sp.Ne(i, j)), total(P[i, j] * y[j], j)):
        with pytest.raises(NotationError, match="cannot differentiate by i"):
            sp.diff(expr, i)
    with pytest.raises(ValueError, match="derivative"):
        sp.diff(y[i], y)


def test_a_jump_and_an_unknown_function_of_two_arguments_are_refused():
    with pytest.raises(NotationError, match="takes one argument"):
        derivative(sp.Function("g")(y[i], y[j]), y[k])
    with pytest.raises(NotationError, match="cannot differentiate"):
        derivative(sp.polygamma(beta, y[i] ** 2 + 1), beta)

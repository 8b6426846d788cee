"""Signs: what is shown nonnegative is nonnegative at every draw, and near misses are not shown."""

from __future__ import annotations

import random

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import amsym as am
from amsym.notation import components, index, mask, parameter, size, state, total
from amsym.prover.bounds import bounds
from amsym.prover.signs import factored, is_nonnegative, is_positive

i = index("i", "N")
j = index("j", "N")
x = state("x", "N")[i]
beta = parameter("beta", positive=True)
a = parameter("a")
tiny = sp.Rational(1, 10**400)


@st.composite
def formulas(draw: st.DrawFn) -> sp.Expr:
    """Small formulas in x, a parameter and their functions."""
    u = draw(
        st.sampled_from([x, sp.tanh(x), sp.exp(-x), sp.Abs(x), sp.Max(0, x - 1), sp.sin(x), sp.erf(x), sp.atan(x), mask(x > 1), beta, a])
    )
    v = draw(st.sampled_from([x, sp.tanh(x), beta, 1 - sp.tanh(x) ** 2, sp.cosh(x), sp.Max(x, 2)]))
    p, q, r = (draw(st.integers(-2, 2)) for _ in range(3))
    return draw(st.sampled_from([p * u**2 + q * u + r, u * v + p, u**2 * v**2 + q * u * v + r, (u - p) ** 2 * v**2, p + q * u + v**2]))


@given(formulas(), st.integers(0, 10**6))
def test_what_is_shown_nonnegative_is_so_at_random_points(e: sp.Expr, seed: int) -> None:
    rng = random.Random(seed)
    shown, positive = is_nonnegative(e), is_positive(e)
    explicit = components(e, {"N": 1})
    explicit = explicit[0] if hasattr(explicit, "shape") else explicit
    for _ in range(8):
        at = {s: sp.Rational(rng.randint(-40, 40), 8) for s in explicit.free_symbols}
        at |= {s: abs(v) or sp.S.One for s, v in at.items() if s.is_positive}
        value = sp.N(explicit.subs(at).replace(type(mask(x > 1)), lambda c: sp.S(int(bool(c)))), 40)
        assert not shown or value >= -sp.Float("1e-30")
        assert not positive or value > 0
        b = bounds(e)
        assert b.low - sp.Float("1e-30") <= value <= b.high + sp.Float("1e-30")


def test_numbers_that_floats_confuse_keep_their_order() -> None:
    """As floats, 10^-400 and -10^-400 are both 0."""
    assert not is_nonnegative(tiny * sp.tanh(x))
    assert not is_nonnegative(-tiny * sp.tanh(x))
    assert not is_nonnegative(-(10**400) * sp.tanh(x))
    assert is_nonnegative(tiny * (1 + sp.tanh(x)))


def test_a_polynomial_negative_between_two_close_roots_is_not_shown() -> None:
    near = 1 + sp.Rational(1, 10**40)
    assert not is_nonnegative(sp.expand((x - 1) * (x - near)))
    assert is_nonnegative(sp.expand((x - 1) ** 2))


def test_a_dip_just_inside_the_range_is_not_overlooked() -> None:
    u = sp.tanh(x)
    assert not is_nonnegative(sp.Rational(999, 1000) - u)
    assert is_positive(1 - u)


def test_a_power_times_a_bell_has_its_largest_value_where_it_is_flat() -> None:
    """|x e^{-x²}| ≤ 1/√(2e) = 0.4288..., x² e^{-x²} ≤ 1/e."""
    bell = sp.exp(-(x**2))
    assert is_positive(sp.Rational(43, 100) + x * bell)
    assert not is_nonnegative(sp.Rational(42, 100) + x * bell)
    assert is_positive(sp.Rational(37, 100) - x**2 * bell)
    assert not is_nonnegative(sp.Rational(36, 100) - x**2 * bell)
    assert not is_nonnegative(1 - x**2 * sp.exp(x**2))
    assert not is_nonnegative(1 - x * sp.exp(-x))


def test_sizes_are_at_least_one() -> None:
    n = size("N")
    assert is_nonnegative(n - 1)
    assert not is_positive(n - 1)
    assert not is_nonnegative(n - 2)


def test_a_sum_is_positive_where_its_terms_are_for_every_size() -> None:
    assert is_positive(total(sp.exp(x), i))
    assert not is_positive(total(mask(sp.Ne(i, j)) * sp.exp(x), i))


def test_declared_properties_are_used_and_no_others() -> None:
    P, W, w = parameter("P", "N N", psd=True), parameter("W", "N N", symmetric=True), parameter("w", "N N", positive=True)
    assert is_nonnegative(P[i, i])
    assert not is_nonnegative(P[i, j])
    assert not is_nonnegative(W[i, i])
    assert is_positive(w[i, j])
    assert not is_nonnegative(a)
    assert is_nonnegative(a**2)


def test_a_bracket_is_tried_at_both_values() -> None:
    m = mask(x > 0)
    assert is_nonnegative(1 - m)
    assert is_nonnegative(m * 3 - m)
    assert not is_nonnegative(m - sp.Rational(1, 2))


def test_factoring_changes_no_value() -> None:
    e = sp.expand((x - 1) * (x + 2) * sp.exp(x))
    assert sp.expand(factored(e) - e) == 0


@pytest.mark.parametrize("e", [sp.sin(x), x, x**3, a * x**2, 1 - x**2, sp.log(1 + x**2) - 1, sp.exp(x) - 1], ids=str)
def test_what_changes_its_sign_is_not_shown(e: sp.Expr) -> None:
    assert not is_nonnegative(e)
    assert not is_nonnegative(-e)


def test_a_quadratic_form_of_a_semidefinite_matrix_is_nonnegative_for_any_vector_and_no_other_form_is() -> None:
    i, j = am.indices("i j", "N")
    x, y, P, W = am.state("x", "N"), am.state("y", "N"), am.parameter("P", "N N", psd=True), am.parameter("W", "N N", symmetric=True)
    assert is_nonnegative(am.total(P[i, j] * x[i] * x[j], i, j))
    assert is_nonnegative(am.total(P[i, j] * sp.tanh(x[i]) * x[i] ** 2 * sp.tanh(x[j]) * x[j] ** 2, i, j))
    assert not is_nonnegative(am.total(P[i, j] * x[i] * y[j], i, j))
    assert not is_nonnegative(am.total(W[i, j] * x[i] * x[j], i, j))
    assert not is_nonnegative(am.total(P[i, j] * x[i] * x[j] * am.mask(sp.Ne(i, j)), i, j))
    assert not is_nonnegative(-am.total(P[i, j] * x[i] * x[j], i, j))

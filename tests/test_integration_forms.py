"""Closed forms of integrals: whatever is returned differentiates back, as an identity."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from amsym.errors import ModelError
from amsym.integration import antiderivative
from amsym.notation import derivative, is_zero

x = sp.Symbol("x", real=True)
coefficients = st.integers(-3, 3)


@given(coefficients, coefficients, coefficients)
def test_polynomials_in_positive_parts_are_integrated(a: int, b: int, c: int) -> None:
    g = a * sp.Max(0, x) + b * sp.Max(0, x - c) + a * x
    if g != 0:
        assert is_zero(derivative(antiderivative(g, x), x) - g)


@pytest.mark.parametrize(
    "g",
    [
        sp.Max(-1, sp.Min(1, x)),
        sp.Abs(x),
        sp.Max(0, x) ** 3,
        sp.Piecewise((x, x > 0), (x / 10, True)),
        sp.log(1 + sp.exp(x)),
        1 / (1 + sp.exp(-x)),
        x / (1 + sp.exp(-x)),
        sp.erf(x),
        sp.atan(x),
        x * sp.exp(-(x**2)),
        sp.tanh(2 * x) * 3,
    ],
    ids=str,
)
def test_the_integral_of_an_activation_differentiates_back(g: sp.Expr) -> None:
    assert is_zero(derivative(antiderivative(g, x), x) - g)


def test_what_has_no_closed_form_is_refused_rather_than_guessed() -> None:
    with pytest.raises(ModelError, match="found no closed form"):
        antiderivative(sp.exp(sp.sin(x)), x)

"""Laws of sums of squares: Gram matrices in rationals that give the polynomial back, functionals that separate, honest limits."""

from __future__ import annotations

import importlib
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from amsym.errors import InputError
from amsym.verdict import Status
from proofs.matrices import semidefinite, sum_of_squares

x, y, z = sp.symbols("x y z")
MOTZKIN = x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1
CHOI_LAM = x**4 * y**2 + y**4 * z**2 + z**4 * x**2 - 3 * x**2 * y**2 * z**2
ROBINSON = x**6 + y**6 + z**6 + 3 * x**2 * y**2 * z**2 - sum(a**4 * b**2 for a in (x, y, z) for b in (x, y, z) if a != b)


def rebuilt(data: Any) -> sp.Expr:
    """zᵀ G z of a certificate, whose G is semidefinite."""
    assert semidefinite(data["gram"]).holds
    symbols = sp.symbols(data["variables"])
    monomials = [sp.Mul(*(s**e for s, e in zip(symbols, m, strict=True))) for m in data["monomials"]]
    G = sp.Matrix([[sp.Rational(g) for g in row] for row in data["gram"]])
    column = sp.Matrix(monomials)
    return sp.expand((column.T * G * column)[0])


@settings(max_examples=8)
@given(st.lists(st.lists(st.fractions(-2, 2, max_denominator=3), min_size=6, max_size=6), min_size=1, max_size=3))
def test_sums_of_squares_are_found_and_rebuilt_exactly(rows: list[list[Fraction]]) -> None:
    basis = (1, x, y, x * y, x**2, y**2)
    squares = [sum(sp.Rational(c.numerator, c.denominator) * m for c, m in zip(row, basis, strict=True)) ** 2 for row in rows]
    p = sp.expand(sp.Add(*squares))
    v = sum_of_squares(p)
    assert v.status is not Status.REFUTED
    if v.holds:
        assert sp.expand(rebuilt(v.certificate) - p) == 0


@pytest.mark.parametrize(
    "p",
    [
        (x - y) ** 4,
        (x**2 - 2) ** 2,
        x**4 + y**4 + z**4 - 4 * x * y * z + 1,
        (x**2 + 1) * MOTZKIN,
        (x - sp.Rational(1, 3)) ** 2 * (y - x) ** 2 + (x + z) ** 4,
        x**2 + sp.Rational(1, 10**20),
        sp.Integer(0),
    ],
)
def test_polynomials_with_real_zeros_are_written_as_squares_too(p: sp.Expr) -> None:
    v = sum_of_squares(p)
    assert v.holds, v
    assert sp.expand(rebuilt(v.certificate) - p) == 0


@pytest.mark.parametrize("p", [MOTZKIN, CHOI_LAM, MOTZKIN + sp.Rational(1, 1000), 0.125 * MOTZKIN])
def test_nonnegative_polynomials_that_are_no_sums_of_squares_are_refuted_by_a_functional(p: sp.Expr) -> None:
    v = sum_of_squares(p)
    assert v.status is Status.REFUTED
    data = v.certificate
    functional = {tuple(e): Fraction(c) for e, c in data["functional"]}
    M = [[functional[tuple(a + b for a, b in zip(m, n, strict=True))] for n in data["monomials"]] for m in data["monomials"]]
    assert semidefinite(M).holds
    assert sum(Fraction(c) * functional[tuple(e)] for e, c in data["polynomial"]) < 0


def test_a_functional_that_is_negative_on_a_square_refutes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proposals of floating point are made wrong on purpose: ℓ = -(the mean of entries) is negative on x⁴ + 1."""
    module = importlib.import_module("proofs.matrices.sums_of_squares")
    right = module.largest_least_eigenvalue

    def wrong(origin: Any, directions: Any) -> Any:
        found = right(origin, directions)
        return replace(found, least=-1.0, dual=-np.eye(len(origin)))

    monkeypatch.setattr(module, "largest_least_eigenvalue", wrong)
    monkeypatch.setattr(module, "_rounded", lambda every, centre: None)
    assert module.sum_of_squares(x**4 + 1).status is Status.UNDECIDED


def test_robinson_is_never_called_a_sum_of_squares() -> None:
    assert sum_of_squares(ROBINSON).status in (Status.REFUTED, Status.UNDECIDED)


@pytest.mark.parametrize("p", [x**3, x**2 - sp.Rational(1, 10**6), -(x**2) * y**2 + 1, x * y])
def test_a_point_where_it_is_negative_refutes(p: sp.Expr) -> None:
    v = sum_of_squares(p)
    if v.status is Status.REFUTED and "point" in v.certificate:
        place = dict(zip(sp.symbols(v.certificate["variables"]), map(sp.Rational, v.certificate["point"]), strict=True))
        assert sp.sympify(p).xreplace(place) < 0
    assert v.status is Status.REFUTED


@pytest.mark.parametrize("bad", [sp.sqrt(2) * x, sp.sin(x), sp.sqrt(x), sp.pi, x / y])
def test_what_is_no_rational_polynomial_is_refused(bad: sp.Expr) -> None:
    with pytest.raises(InputError, match="rational coefficients"):
        sum_of_squares(bad)

"""Exact matrices are multiplied out again, in rationals: what is true is confirmed, what is tampered with is refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from certificates_made import DECAY, changed, definite, matrix, squares, verdict, without
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.checker.entries import Outcome, check_verdict
from proofs.checker.matrices import is_copositive
from proofs.checker.model import is_definite
from proofs.matrices import definite_over_slopes

CONFIRMED, REFUSED, NOT_CHECKED = Outcome.CONFIRMED, Outcome.REFUSED, Outcome.NOT_CHECKED


def outcome(certificate: dict[str, Any], status: str = "CERTIFIED") -> Outcome:
    return check_verdict(verdict(certificate, status)).outcome


def rows(entries: list[list[int]]) -> list[list[fmpq]]:
    return [[fmpq(x) for x in row] for row in entries]


@given(seed=st.integers(0, 10**6), n=st.integers(1, 5), k=st.integers(0, 24))
def test_factors_are_confirmed_and_any_changed_entry_refused(seed: int, n: int, k: int) -> None:
    good = definite(seed, n)
    assert outcome(good) is CONFIRMED
    i, j = sorted((k % n, (k // n) % n))
    more = lambda x: str(Fraction(x) + Fraction(1, 10**6))  # noqa: E731
    assert outcome(changed(good, "D", i, to=more)) is REFUSED
    assert outcome(changed(changed(good, "matrix", i, j, to=more), "matrix", j, i, to=more if i != j else (lambda x: x))) is REFUSED
    assert outcome(changed(good, "L", j, i, to=more)) is REFUSED


def test_wrong_factors_of_a_right_matrix_are_refused() -> None:
    good = definite(3)
    assert outcome(changed(good, "D", 0, to=lambda x: f"-{x}")) is REFUSED
    assert outcome(changed(good, "property", to="negative definite")) is REFUSED
    assert outcome({**good, "order": [1, 0, 2]}) is REFUSED
    assert outcome({**good, "order": [0, 0, 2]}) is REFUSED
    assert outcome(without(without(good, "L"), "D")) is CONFIRMED


def test_an_order_of_elimination_is_used() -> None:
    A = [[0, 0, 0], [0, 2, 2], [0, 2, 5]]
    L, D = [["1", "0", "0"], ["1", "1", "0"], ["0", "0", "1"]], ["2", "3", "0"]
    good = matrix(A, "positive semidefinite", L=L, D=D, order=[1, 2, 0])
    assert outcome(good) is CONFIRMED
    assert outcome({**good, "property": "positive definite"}) is REFUSED
    assert outcome(without(good, "order")) is REFUSED


def test_a_negative_direction_is_tried() -> None:
    good = matrix([[1, 2], [2, 1]], "indefinite", vector=["1", "-1"])
    assert outcome(good, "REFUTED") is CONFIRMED
    assert outcome(changed(good, "vector", to=["1", "1"]), "REFUTED") is REFUSED
    assert outcome(changed(good, "matrix", 0, 0, to="3"), "REFUTED") is REFUSED
    assert outcome({**good, "property": "not copositive"}, "REFUTED") is REFUSED
    assert outcome(matrix([[1, -2], [-2, 1]], "not copositive", vector=[1, 1]), "REFUTED") is CONFIRMED


COPOSITIVE = [[1, -1, 1, 1, -1], [-1, 1, -1, 1, 1], [1, -1, 1, -1, 1], [1, 1, -1, 1, -1], [-1, 1, 1, -1, 1]]  # Horn's


def test_copositivity_is_decided() -> None:
    horn = matrix(COPOSITIVE, "copositive")
    assert outcome(horn) is CONFIRMED
    assert outcome({**horn, "property": "strictly copositive"}) is REFUSED
    assert outcome({**horn, "property": "positive semidefinite"}) is REFUSED
    assert outcome(changed(horn, "matrix", 0, 0, to=str(1 - Fraction(1, 10**6)))) is REFUSED
    assert outcome(changed(horn, "matrix", 0, 1, to="-2")) is REFUSED
    assert outcome(matrix([[int(i == j) for j in range(13)] for i in range(13)], "copositive")) is NOT_CHECKED


@given(st.lists(st.lists(st.integers(-3, 3), min_size=4, max_size=4), min_size=4, max_size=4), st.integers(1, 4))
def test_copositivity_agrees_with_points_of_the_simplex(entries: list[list[int]], n: int) -> None:
    A = [[entries[min(i, j)][max(i, j)] for j in range(n)] for i in range(n)]
    grid = [np.array(p) for p in np.ndindex(*(5,) * n) if any(p)]
    least = min(int(p @ np.array(A) @ p) for p in grid)
    if least < 0:
        assert not is_copositive(rows(A), strict=False)
    if least <= 0:
        assert not is_copositive(rows(A), strict=True)
    if all(x >= 0 for row in A for x in row) or is_definite(rows(A), strict=False):
        assert is_copositive(rows(A), strict=False)


def test_sums_of_squares_are_multiplied_out() -> None:
    good = squares()
    assert outcome(good) is CONFIRMED
    assert outcome(changed(good, "polynomial", 3, 1, to="-2000001/1000000")) is REFUSED
    assert outcome(changed(good, "gram", 1, 2, to=1)) is REFUSED
    assert outcome(changed(changed(good, "gram", 1, 1, to=0), "polynomial", 1, 1, to="0")) is REFUSED  # no longer semidefinite
    assert outcome(without(good, "monomials", 5)) is REFUSED


def test_a_polynomial_below_0_is_no_sum_of_squares() -> None:
    c = {"kind": "exact matrix", "property": "not a sum of squares", "polynomial": [[[2, 1], "3"], [[0, 0], "1/2"]], "point": ["1", "-1"]}
    assert outcome(c, "REFUTED") is CONFIRMED
    assert outcome({**c, "point": ["1", "0"]}, "REFUTED") is REFUSED
    assert outcome(c, "CERTIFIED") is REFUSED
    assert outcome({**c, "point": ["1"]}, "REFUTED") is REFUSED
    assert outcome(changed(c, "polynomial", 0, to=[[-1, 1], "3"]), "REFUTED") is NOT_CHECKED
    assert outcome(without(c, "point"), "REFUTED") is NOT_CHECKED


def test_a_matrix_of_a_model_is_computed_again() -> None:
    model = {**DECAY, "energy": "Σ[i:N] y[i]**4/12 + y[0]*y[1]"}
    c = matrix([[4, 1], [1, 9]], "positive definite", of="hessian of energy", model=model, sizes={"N": 2}, values={}, at={"y": [2, 3]})
    assert outcome(c) is CONFIRMED
    assert outcome(changed(c, "at", "y", 0, to="2000001/1000000")) is REFUSED
    assert outcome(changed(c, "matrix", 0, 0, to="5")) is REFUSED
    assert outcome(changed(c, "of", to="jacobian")) is REFUSED
    assert outcome(without(c, "at")) is NOT_CHECKED


TURN = {"parts": [[[0, 1], [1, 0]]], "low": ["-1"], "high": ["3/2"]}


def test_matrices_over_slopes_are_tried_at_all_corners() -> None:
    good = matrix([[2, 0], [0, 2]], "positive definite over slopes", how="corners", **TURN)
    assert outcome(good) is CONFIRMED
    assert outcome(changed(good, "high", 0, to="2")) is REFUSED
    assert outcome(changed(changed(good, "high", 0, to="2"), "property", to="positive semidefinite over slopes")) is CONFIRMED
    assert outcome(changed(good, "low", 0, to="-2000001/1000000")) is REFUSED
    assert outcome(changed(good, "low", 0, to="2")) is REFUSED
    assert outcome(changed(good, "matrix", 0, 0, to="1")) is REFUSED
    assert outcome(changed(good, "parts", 0, 0, 1, to="2")) is REFUSED
    assert outcome(without(good, "parts", 0)) is REFUSED
    assert outcome(changed(good, "how", to="said so")) is NOT_CHECKED
    assert outcome({**good, "parts": [], "low": [], "high": []}) is CONFIRMED


@given(seed=st.integers(0, 10**6), strict=st.booleans())
@settings(max_examples=20)
def test_what_is_found_over_slopes_is_confirmed_and_what_is_changed_is_not(seed: int, strict: bool) -> None:
    rng = np.random.default_rng(seed)
    A, B, C = ((a + a.T).tolist() for a in rng.integers(-3, 4, (3, 2, 2)))
    A = [[x + 14 * (i == j) * int(rng.integers(0, 2)) for j, x in enumerate(row)] for i, row in enumerate(A)]
    found = definite_over_slopes(A, [B, C], [-1, 0], ["1/2", 1], strict=strict)
    data = found.to_dict()
    assert check_verdict(data).outcome is CONFIRMED
    lower = [[x - 40 * (i == j) for j, x in enumerate(row)] for i, row in enumerate(A)]
    assert check_verdict(changed(data, "certificate", "matrix", to=lower)).outcome is (CONFIRMED if found.holds is False else REFUSED)


def test_many_slopes_are_bounded_by_witnesses() -> None:
    rng = np.random.default_rng(1)
    parts = [((a + a.T) / 256).tolist() for a in rng.integers(-9, 9, (14, 3, 3))]
    found = definite_over_slopes(np.eye(3) * 6, parts, [-1] * 14, [1] * 14)
    good: dict[str, Any] = dict(found.certificate)
    assert good["how"] == "bound"
    assert outcome(good) is CONFIRMED
    assert outcome(changed(good, "how", to="corners")) is NOT_CHECKED
    assert outcome(changed(good, "high", 3, to="9/8")) is REFUSED
    assert outcome(changed(good, "D", 0, to="5")) is REFUSED
    assert outcome(changed(good, "bounds", 2, to=[["0"] * 3] * 3)) is REFUSED
    assert outcome(changed(good, "parts", 2, to=[["9", "0", "0"], ["0", "0", "0"], ["0", "0", "0"]])) is REFUSED


def test_a_vector_at_exact_slopes_is_tried() -> None:
    good = matrix(
        [[2, 0], [0, 2]], "not positive over slopes", slopes=["3/2"], vector=["1", "-1"], parts=TURN["parts"], low=["-3"], high=["3"]
    )
    assert outcome(good, "REFUTED") is REFUSED
    zero, below = changed(good, "slopes", 0, to="2"), changed(good, "slopes", 0, to="3")
    assert outcome(zero, "REFUTED") is CONFIRMED
    assert outcome(below, "REFUTED") is CONFIRMED
    weak = "matrix is positive semidefinite for all slopes of the box"
    assert check_verdict(verdict(zero, "REFUTED", weak)).outcome is REFUSED
    assert check_verdict(verdict(below, "REFUTED", weak)).outcome is CONFIRMED
    assert outcome(changed(good, "slopes", 0, to="4"), "REFUTED") is REFUSED
    assert outcome(changed(zero, "vector", to=["0", "0"]), "REFUTED") is REFUSED


def test_a_vector_of_form_zero_speaks_against_definiteness_alone() -> None:
    good = matrix([[1, 1], [1, 1]], "not positive definite", vector=["1", "-1"])
    assert outcome(good, "REFUTED") is CONFIRMED
    assert check_verdict(verdict(good, "REFUTED", "matrix is positive semidefinite")).outcome is REFUSED
    assert outcome(changed(good, "vector", to=["0", "0"]), "REFUTED") is REFUSED
    assert outcome(changed(good, "vector", to=["1", "1"]), "REFUTED") is REFUSED


def test_invertible_matrices() -> None:
    good = matrix([[1, 2], [2, 5]], "invertible")
    assert outcome(good) is CONFIRMED
    assert outcome(changed(good, "matrix", 1, 1, to="4")) is REFUSED


@pytest.mark.parametrize("bad", [[], [["1", "2"]], [["a"]], [[None]], [["1", "2"], ["2"]], "1", [[float("nan")]], [["1/0"]]])
def test_what_is_no_matrix_confirms_nothing(bad: Any) -> None:
    assert outcome({"kind": "exact matrix", "matrix": bad, "property": "positive semidefinite"}) is not CONFIRMED

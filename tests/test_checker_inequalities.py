"""Certificates of inequalities on boxes stand alone: the checker confirms what the public functions find, and refuses what was changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sympy as sp
from certificates_made import changed, without
from flint import fmpq

import amsym as am
from amsym.verdict import Verdict
from proofs.checker.balls import precision
from proofs.checker.entries import Outcome, check_verdict
from proofs.checker.falling import factors, field_of, guessed
from proofs.checker.model import Model
from proofs.inequalities import contracts_on_box, convex_on_box, holds_on_box

CONFIRMED, REFUSED, NOT_CHECKED = Outcome.CONFIRMED, Outcome.REFUSED, Outcome.NOT_CHECKED
i, Y = am.index("i", "N"), am.state("y", "N")
TANH, CUBIC = am.zoo.hopfield("tanh"), am.System(flow={Y[i]: -Y[i] - Y[i] ** 3}, energy=am.total(Y[i] ** 4 / 4 + Y[i] ** 2 / 2, i))
SMALL = {"W": [[0.5, 0.2], [0.2, 0.3]], "b": [0.0, 0.1]}
SQUARE = {"y": ([-1.0, -1.0], [1.0, 1.0])}


def as_data(verdict: Verdict) -> Any:
    return json.loads(json.dumps(verdict.to_dict()))


def outcome(verdict: Any, *path: Any, to: Any = None) -> Outcome:
    """The outcome, once what stands at a path of the certificate was changed."""
    return check_verdict(changed(verdict, "certificate", *path, to=to) if path else verdict).outcome


@pytest.mark.parametrize("W", [SMALL["W"], [[2.0, 0.3], [0.3, 1.5]]])
def test_a_rate_that_is_a_sum_of_squares_is_confirmed(W: Any) -> None:
    good = as_data(holds_on_box(TANH, "energy rate", "<=", {"y": (-3, 3)}, {**SMALL, "W": W}))
    assert outcome(good) is CONFIRMED
    assert outcome(good, "inequality", "relation", to=">=") is REFUSED
    assert outcome(good, "inequality", "right", to="-1/100") is REFUSED
    assert outcome(good, "model", "energy", to=lambda text: f"-({text})") is REFUSED
    assert outcome(good, "model", "flow", "y[i]", to=lambda text: f"{text} + 1") is REFUSED
    assert outcome(good, "values", "W", 0, 1, to="1") is NOT_CHECKED  # no longer symmetric, as it is declared


def test_random_points_tell_nothing_of_formulas_with_kinks() -> None:
    def found(more: str) -> Any:
        model = Model({"states": {"y": ["N"]}, "flow": {"y[i]": f"-y[i]{more}"}, "energy": "(Σ[i:N] y[i]**2)/2"}, {"N": 1}, {})
        flow = field_of(model, model.right_sides)
        with precision(128):
            return factors(model, ((fmpq(-3), fmpq(3)),), guessed(model, flow))

    assert found("") is not None
    assert found(" + y[i]/8") is None
    assert found(" + 4*Max(0, y[i] - 29/10)") is None
    assert found(" + 4*[y[i] > 29/10]") is None


def test_a_factor_below_zero_shows_no_descent() -> None:
    good = as_data(holds_on_box(CUBIC, "energy rate", "<=", SQUARE))
    assert outcome(good) is CONFIRMED
    scaled = changed(good, "certificate", "model", "parameters", to={"k": {"axes": [], "properties": []}})
    assert outcome(scaled, "values", to={"k": "1"}) is CONFIRMED
    risen = changed(scaled, "certificate", "model", "energy", to=lambda text: f"-({text})")
    assert outcome(risen, "values", to={"k": "-1"}) is REFUSED


def test_a_bound_of_the_energy_is_confirmed_and_a_violation_too() -> None:
    good = as_data(holds_on_box(TANH, "energy", ">=", {"y": (-1, 1)}, SMALL, right=-5))
    assert outcome(good) is CONFIRMED
    assert outcome(good, "inequality", "right", to="1") is REFUSED
    bad = as_data(holds_on_box(TANH, "energy", ">=", {"y": (-1, 1)}, SMALL, right=0.5))
    assert bad["certificate"]["inequality"]["right"] == "1/2"
    assert outcome(bad) is CONFIRMED
    assert outcome(bad, "inequality", "right", to="-5") is REFUSED


def test_polynomials_that_are_sums_of_squares_are_compared() -> None:
    good = as_data(holds_on_box(CUBIC, am.total(Y[i] ** 2, i) ** 2 - am.total(Y[i] ** 4, i), ">=", SQUARE, seconds=0.1))
    assert "squares" in good["certificate"]
    assert outcome(good) is CONFIRMED
    assert outcome(good, "inequality", "relation", to="<=") is REFUSED
    assert outcome(good, "inequality", "relation", to=">") is NOT_CHECKED
    assert outcome(good, "inequality", "right", to="1/10") is REFUSED
    assert outcome(good, "inequality", "left", to="(Σ_i y[i]**2)**2 - 3*(Σ_i y[i]**4)") is REFUSED
    assert outcome(good, "inequality", "left", to="exp(y[0])") is NOT_CHECKED
    assert outcome(good, "squares", "gram", 0, 0, to="-2") is REFUSED
    assert outcome(good, "squares", "variables", to=["y_0", "y_0"]) is REFUSED


def test_a_convex_energy_is_confirmed_and_a_vector_against_it_tried() -> None:
    good = as_data(convex_on_box(CUBIC, "energy", SQUARE, strict=True))
    assert outcome(good) is CONFIRMED
    assert outcome(good, "model", "energy", to=lambda text: f"{text} - 2*y[0]**2") is REFUSED
    formula = as_data(convex_on_box(CUBIC, am.total(sp.exp(Y[i]), i), SQUARE))
    assert outcome(formula) is CONFIRMED
    assert outcome(formula, "matrix", to="hessian of Σ_i sin(y[i])") is not CONFIRMED
    assert outcome(formula, "property", to="negative definite") is REFUSED


def test_a_vector_against_convexity_is_tried() -> None:
    bad = as_data(convex_on_box(TANH, "energy", {"y": ([-5.0] * 2, [5.0] * 2)}, SMALL))
    assert bad["status"] == "REFUTED"
    assert outcome(bad) is CONFIRMED
    assert outcome(bad, "vector", to=["0", "0"]) is REFUSED
    assert outcome(bad, "values", "y", to=["0", "0"]) is REFUSED
    assert outcome(bad, "model", "energy", to=lambda text: f"-({text})") is REFUSED
    assert outcome(bad, "inequality", to="xᵀ A x < 0 with A = jacobian") is NOT_CHECKED
    flat = changed(bad, "certificate", "inequality", to="xᵀ A x ≤ 0 with A = hessian of y[0] + y[1]")
    assert check_verdict(flat).outcome is REFUSED  # the claim says semidefinite
    assert check_verdict({**flat, "claim": "the Hessian of the formula is positive definite on the box"}).outcome is CONFIRMED


@pytest.mark.parametrize("metric", [None, [[2, 0.5], [0.5, 1]]])
def test_a_contraction_over_slopes_is_that_of_the_flow(metric: Any) -> None:
    good = as_data(contracts_on_box(TANH, {"y": (-1, 1)}, SMALL, metric=metric))
    assert "parts" in good["certificate"]
    assert outcome(good) is CONFIRMED
    assert outcome(good, "values", "W", 0, 0, to="3/4") is REFUSED
    turned = changed(changed(good, "certificate", "values", "W", 0, 1, to="1/4"), "certificate", "values", "W", 1, 0, to="1/4")
    assert outcome(turned) is REFUSED
    assert outcome(good, "high", 0, to="9/10") is REFUSED
    assert outcome(good, "low", 1, to="1/2") is REFUSED
    assert outcome(good, "domain", to={"y": [["-2", "-2"], ["2", "2"]]}) is not CONFIRMED
    assert outcome(good, "metric", 0, 0, to="-1") is REFUSED
    assert outcome(good, "metric", 0, 1, to="1/3") is REFUSED
    assert outcome(good, "metric", 0, 0, to="3") is NOT_CHECKED  # another matrix at slopes 0
    assert outcome(good, "parts", 0, 0, 1, to="0") is REFUSED


def test_a_contraction_box_by_box_is_bounded_again() -> None:
    good = as_data(contracts_on_box(CUBIC, SQUARE))
    assert good["certificate"]["matrix"] == "-P jacobian"
    assert outcome(good) is CONFIRMED
    assert outcome(good, "model", "flow", "y[i]", to=lambda text: f"{text} + 2*y[i]") is REFUSED
    assert outcome(good, "metric", 0, 0, to="-1") is REFUSED
    assert outcome(good, "metric", 0, 1, to="1/8") is REFUSED
    other = changed(good, "certificate", "matrix", to="Y jacobian")
    assert outcome(changed(other, "certificate", "Y", to=[["-1", "0"], ["0", "-2"]]) if "Y" in other["certificate"] else other) is REFUSED


@pytest.mark.parametrize("name", ["model", "sizes"])
def test_without_its_model_nothing_is_confirmed(name: str) -> None:
    good = as_data(convex_on_box(CUBIC, "energy", SQUARE, strict=True))
    assert check_verdict({**good, "certificate": without(good["certificate"], name)}).outcome is not CONFIRMED

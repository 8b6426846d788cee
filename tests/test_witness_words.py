"""Numbers of witnesses: short decimals in the reason, the very numbers in the certificate."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import amsym as am
from amsym.notation import state
from amsym.verdict import Status
from proofs.zeros.boxes import in_words

GIVEN = {"W": np.array([[1.0]]), "b": np.array([0.1])}
TOLD = ("steady state unique", "smooth", "critical points are steady states")


@pytest.fixture(scope="module")
def report() -> Any:
    return am.verify(am.zoo.hopfield("relu"), params=GIVEN, only=TOLD)


@pytest.mark.parametrize("name", TOLD)
def test_a_float_of_an_array_is_told_by_its_shortest_decimal_and_kept_exactly(report: Any, name: str) -> None:
    verdict = report[name]
    assert verdict.status is Status.REFUTED
    assert "b = (0.1)" in verdict.reason
    assert not re.search(r"\d{10}", verdict.reason)
    assert Fraction(verdict.certificate["values"]["b"][0]) == Fraction(0.1)


def test_an_inequality_is_short_in_words_and_exact_in_the_certificate(report: Any) -> None:
    verdict = report["steady state unique"]
    assert verdict.reason.startswith("no steady state: dy/dt = -y_0 + Max(0, y_0) + 0.1 > 0 everywhere")
    assert str(Fraction(0.1)) in verdict.certificate["inequality"]


def test_small_fractions_and_integers_are_told_as_they_are() -> None:
    values = {state("x", "N"): (Fraction(1, 2), Fraction(-3), Fraction(1, 3), Fraction(0.1 + 0.2))}
    assert in_words({"N": 4}, values) == "N = 4, x = (1/2, -3, 1/3, 0.30000000000000004)"

"""The example of three Gaussians: one, four or three minima, each count certified, and the exact β at which the middle turns over."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
import sympy as sp

from amsym.verdict import Status

EXAMPLE = Path(__file__).parent.parent / "examples" / "three_gaussians.py"


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLE))


@pytest.mark.parametrize(("beta", "minima"), [(1.0, 1), (1.8, 1), (1.84, 4), (1.99, 4), (2.01, 3), (4.0, 3)])
def test_the_number_of_minima_is_certified(example: dict[str, Any], beta: float, minima: int) -> None:
    found = example["critical_points"](beta)
    assert found.complete.status is Status.CERTIFIED
    assert int(found.stable.sum()) == minima
    # Poincaré and Hopf: E grows outward, so minima less saddles plus maxima is one.
    assert sum((-1) ** int(k) for k in found.index) == 1


def test_at_the_value_where_the_middle_is_degenerate_nothing_is_claimed_of_it(example: dict[str, Any]) -> None:
    found = example["critical_points"](2.0)
    assert found.complete.status is Status.UNDECIDED
    low, high = found.undecided
    assert len(low) > 0
    assert abs(low).max() < 1e-5
    assert abs(high).max() < 1e-5


def test_the_middle_turns_over_at_exactly_two(example: dict[str, Any]) -> None:
    assert sp.simplify(example["curvature_in_the_middle"]() - (1 - example["beta"] / 2)) == 0


def test_the_birth_of_three_more_minima_is_bracketed(example: dict[str, Any]) -> None:
    low, high = example["bracket"](1.82, 1.84, 4e-3)
    assert low < 1.8304290511551495 < high

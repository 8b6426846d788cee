"""The error that is told of a cell covers its remainder, the rounding of its coefficients, and that of Horner's rule."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from containment import REFERENCES, failures
from hypothesis import given, settings
from hypothesis import strategies as st

from numeric.intervals.boxes import Box
from numeric.intervals.cells import PER_UNIT, Cells, Made, T, bounds_of_error
from numeric.intervals.tables import TABLES, cells

KINDS = ("rounded", "truncated", "coarse", "exact")


def _made(rng: np.random.Generator, zeros: int, kind: str) -> Made:
    """Coefficients of which the first few are exactly 0, with what they leave out."""
    a = rng.normal(size=(6, 1)) + np.sign(rng.normal(size=(6, 1)))
    a[:zeros] = 0
    delta = 1e-13 * np.abs(a) if kind == "rounded" else np.zeros_like(a)
    return Made(a, delta, np.array([{"truncated": 1e3, "coarse": 1e10}.get(kind, 0.0)]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
@settings(max_examples=6)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_bounds_hold_the_exact_values_of_all_polynomials_that_a_cell_stands_for(zeros: int, kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    made, inside = _made(rng, zeros, kind), Cells(lambda x: x.exp(), 0, 1, 6)
    inside._keep(np.array([PER_UNIT // 2]), made)
    t = np.array([T, -T, T / 2, *rng.uniform(-T, T, 6), *(rng.uniform(-T, T, 3) * 1e-9)])
    x = 0.5 + t
    t = x - 0.5
    s, d = inside(x)
    for shift, tail in product((-1, 0, 1), repeat=2):
        for u, low, high in zip(t, s - d, s + d, strict=True):
            moved = [Fraction(c) + shift * Fraction(e) for c, e in zip(made.a[:, 0], made.delta[:, 0], strict=True)]
            value = sum(c * Fraction(u) ** j for j, c in enumerate(moved)) + tail * Fraction(made.rho[0]) * Fraction(u) ** 6
            assert Fraction(low) <= value <= Fraction(high)


def test_a_cell_around_a_zero_has_an_error_that_is_a_share_of_its_values() -> None:
    for zeros in (1, 2):
        error, share = bounds_of_error(_made(np.random.default_rng(0), zeros, "exact"))
        assert error[0] < 1e-300
        assert 0 < share[0] < 2e-15
    error, share = bounds_of_error(_made(np.random.default_rng(0), 3, "exact"))
    assert error[0] > 0
    assert share[0] == 0


@pytest.mark.parametrize("name", ["exp", "tanh", "cos", "special.erfc", "sech_squared"])
def test_cells_with_too_few_terms_are_wide_and_right(name: str) -> None:
    table = TABLES[name]
    x = np.random.default_rng(0).uniform(max(table.first, -5), min(table.last, 5), 400)
    s, d = Cells(table.series, table.first, table.last, 3, table.parity)(x)
    assert failures(Box(s - d, s + d, np.zeros(x.shape, dtype=bool)), REFERENCES[name], x) == []
    assert np.median(d) > 1e-10


def test_the_place_in_a_cell_is_exact_up_to_its_borders() -> None:
    x = np.nextafter((np.arange(-300, 300) + 0.5) / PER_UNIT, [[-np.inf], [np.inf]])
    k = np.rint(x * PER_UNIT)
    assert np.all(np.abs(x - k / PER_UNIT) <= T)
    assert all(Fraction(a) - Fraction(b) / PER_UNIT == Fraction(c) for a, b, c in zip(x.flat, k.flat, (x - k / PER_UNIT).flat, strict=True))


def test_cells_are_kept_and_made_once() -> None:
    made = []
    inside = Cells(lambda x: made.append(x) or x.exp(), 0, 2)  # type: ignore[func-returns-value]
    before = len(made)
    inside(np.array([1.0, 1.001, 1.5]))
    assert len(made) - before == 4
    inside(np.array([1.0, 1.002, 1.5, 0.0]))
    assert len(made) - before == 4
    assert cells("exp") is cells("exp")

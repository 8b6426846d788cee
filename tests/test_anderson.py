"""Laws of Anderson's iteration: few images on linear equations, rows of their own, and an honest word on what was not solved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from numeric.steppers.anderson import WINDOW, Image, anderson

Array = np.ndarray[Any, Any]


def to(close: float, G: Any) -> Image:
    """Rows solved where |G(x) - x| is at most `close`; G(x, rows) by sums along each row."""

    def image(x: Array, rows: Array) -> tuple[Array, Array]:
        there = G(x, rows)
        return there, np.linalg.norm(there - x, axis=1) <= close

    return image


def linear(A: Array, b: Array) -> Any:
    return lambda x, rows: (A * x[:, None, :]).sum(axis=2) + b[rows]


@given(st.integers(0, 2**32 - 1), st.integers(1, WINDOW), st.floats(0.1, 30))
def test_linear_equations_take_an_image_an_unknown_and_few_more_however_far_from_contracting(seed: int, n: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    A = Q @ np.diag(-size * rng.random(n)) @ Q.T  # I - A is positive definite, as for decaying modes
    b, x = rng.normal(size=(3, n)), rng.normal(size=(3, n))
    solved, images = anderson(to(1e-6, linear(A, b)), x, n + 4)
    assert solved.all()
    assert images.max() <= n + 4
    np.testing.assert_allclose(x, np.linalg.solve(np.eye(n) - A, b.T).T, atol=1e-5)


def test_a_row_moves_as_it_does_alone_bit_for_bit() -> None:
    rng = np.random.default_rng(0)
    A, b, x = rng.normal(size=(20, 20)) / 9, rng.normal(size=(6, 20)), rng.normal(size=(6, 20)) * np.logspace(-3, 3, 6)[:, None]
    together, alone = x.copy(), x.copy()
    _, images = anderson(to(1e-10, linear(A, b)), together, 40)
    counts = [anderson(to(1e-10, linear(A, b[k : k + 1])), alone[k : k + 1], 40)[1][0] for k in range(6)]
    np.testing.assert_array_equal(together, alone)
    assert images.tolist() == counts
    assert len(set(counts)) > 1


def test_rows_without_solution_or_with_one_out_of_reach_are_named_and_hold_nobody_up() -> None:
    def G(x: Array, rows: Array) -> Array:
        kinds = np.array([0.5, 0.0, np.inf])[rows][:, None]
        return np.where(kinds == 0, x + 1, np.cos(x) * kinds)  # solvable; x = x + 1; not finite

    x = np.ones((3, 1))
    solved, images = anderson(to(1e-12, G), x, 25)
    assert solved.tolist() == [True, False, False]
    assert images.tolist() == [images[0], 25, 1]
    assert images[0] < 10
    assert x[0, 0] == pytest.approx(0.450183611)


def test_arithmetic_keeps_the_dtype() -> None:
    x = np.ones((2, 3), np.float32)
    dtypes: set[Any] = set()

    def G(x: Array, rows: Array) -> Array:
        dtypes.add(x.dtype)
        return np.cos(x)

    assert anderson(to(1e-6, G), x, 20)[0].all()
    assert dtypes == {np.dtype(np.float32)}

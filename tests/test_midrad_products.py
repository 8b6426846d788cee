"""Products of matrices of intervals hold the exact product of any matrices within, in whatever order they are summed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import amsym as am
from numeric.intervals.boxes import Box
from numeric.intervals.enclose import Enclosure
from numeric.intervals.products import midrad_product

Array = NDArray[np.float64]


def exact(A: Array, B: Array) -> list[list[Fraction]]:
    """A B in rationals."""
    return [[sum((Fraction(a) * Fraction(b) for a, b in zip(row, column, strict=True)), Fraction(0)) for column in B.T] for row in A]


def misses(C: Array, r: Array, A: Array, B: Array) -> int:
    """How many entries of A B are outside C ± r."""
    return sum(abs(Fraction(c) - v) > Fraction(d) for c, d, v in zip(C.flat, r.flat, (v for row in exact(A, B) for v in row), strict=True))


def matrices(seed: int, kind: str, n: int) -> tuple[Array, Array]:
    """Two matrices whose product cancels, underflows, or does nothing of the kind."""
    rng = np.random.default_rng(seed)
    A, B = rng.normal(size=(3, n)), rng.normal(size=(n, 2))
    if kind == "cancelling":
        A = np.concatenate([A, -A], axis=1)
        B = np.concatenate([B, B + 1e-14 * rng.normal(size=B.shape)])
    if kind == "wide":
        A, B = A * 10.0 ** rng.integers(-150, 150, A.shape), B * 10.0 ** rng.integers(-150, 150, B.shape)
    if kind == "tiny":
        A, B = A * 1e-160, B * 10.0 ** rng.integers(-170, -150, B.shape)
    if kind == "denormal":
        A, B = A * 1e300, B * 1e-309
    return A, B


KINDS = ("plain", "cancelling", "wide", "tiny", "denormal")


def _fused(A: Array, B: Array) -> Array:
    """Sums from the last term to the first, each rounded once with its product: what a machine with fused operations may do."""
    out = np.zeros((A.shape[0], B.shape[1]))
    for i, j in np.ndindex(out.shape):
        for a, b in zip(A[i, ::-1], B[::-1, j], strict=True):
            out[i, j] = float(Fraction(a) * Fraction(b) + Fraction(out[i, j]))
    return out


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("product", [np.matmul, _fused], ids=["matmul", "fused backwards"])
@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20))
def test_the_exact_product_of_matrices_within_is_held(kind: str, product: Any, seed: int, n: int) -> None:
    A, B = matrices(seed, kind, n)
    rng = np.random.default_rng(seed + 1)
    rad_a, rad_b = (np.abs(M) * rng.choice([0.0, 1e-17, 1e-3], M.shape) for M in (A, B))
    C, r = midrad_product(A, rad_a, B, rad_b, product)
    corners = A + rad_a * rng.choice([-1, 0, 1], A.shape) / 2, B + rad_b * rng.choice([-1, 0, 1], B.shape) / 2
    assert misses(C, r, A, B) == 0
    assert misses(C, r, *corners) == 0


@pytest.mark.parametrize("side", [-1, 1])
def test_the_outermost_matrices_are_held_where_both_are_wide(side: int) -> None:
    rng = np.random.default_rng(0)
    A, B = rng.uniform(1, 2, (3, 8)), rng.uniform(1, 2, (8, 2))
    C, r = midrad_product(A, A / 4, B, B / 4)
    corners = [np.vectorize(lambda a: Fraction(a) * (4 + side) / 4, otypes=[object])(M) for M in (A, B)]
    assert misses(C, r, *corners) == 0
    assert misses(C, r * 0.99, *corners) == (6 if side > 0 else 0)


def test_the_radius_is_hardly_wider_than_what_the_matrices_span() -> None:
    rng = np.random.default_rng(0)
    A, B = rng.normal(size=(4, 30)), rng.normal(size=(30, 4))
    rad_a, rad_b = np.full(A.shape, 1e-3), np.full(B.shape, 1e-4)
    _, r = midrad_product(A, rad_a, B, rad_b)
    assert np.all(r <= (np.abs(A) @ rad_b + rad_a @ (np.abs(B) + rad_b)) * (1 + 1e-10))


@pytest.mark.parametrize("kind", ["plain", "cancelling", "denormal"])
def test_a_product_without_the_rounding_of_its_sums_is_caught(kind: str) -> None:
    caught = 0
    for seed in range(20):
        A, B = matrices(seed, kind, 16)
        C, r = midrad_product(A, np.zeros(A.shape), B, np.zeros(B.shape))
        assert misses(C, r, A, B) == 0
        caught += misses(C, r / 200, A, B)
    assert caught > 0


def test_what_is_unbounded_stays_so_but_times_zero_it_is_zero() -> None:
    A, B = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.0], [2.0]])
    C, r = midrad_product(A, np.zeros((2, 2)), B, np.array([[np.inf], [0.0]]))
    assert r[0, 0] == np.inf
    assert C[1, 0] == 2
    assert r[1, 0] < 1e-14
    C, r = midrad_product(np.array([[1e300, 1e300]]), np.zeros((1, 2)), np.array([[1e300], [-1e300]]), np.zeros((2, 1)))
    assert (C.item(), r.item()) == (0, np.inf)


def test_a_batch_of_matrices_is_a_stack_of_products() -> None:
    rng = np.random.default_rng(0)
    A, B = rng.normal(size=(5, 3, 4)), rng.normal(size=(5, 4, 2))
    C, r = midrad_product(A, np.full(A.shape, 1e-3), B, np.full(B.shape, 1e-3))
    for k in range(5):
        one = midrad_product(A[k], np.full((3, 4), 1e-3), B[k], np.full((4, 2), 1e-3))
        assert np.array_equal(one[0], C[k])
        assert np.array_equal(one[1], r[k])


i, j = am.indices("i j", "N")
y, W = am.state("y", "N"), am.parameter("W", "N N")


@pytest.mark.parametrize("form", ["contraction", "sum"])
@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_sums_of_a_program_hold_the_exact_sum_where_it_cancels(form: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    half = rng.normal(size=16) * 10.0 ** rng.integers(-3, 9, 16)
    z = rng.permutation(np.concatenate([half, -half + rng.normal(size=16) * 1e-9]))
    flow = am.total(W[i, j] * y[j], j) if form == "contraction" else am.total(y[j], j) - y[i]
    weights = rng.normal(size=(32, 32)) if form == "contraction" else np.ones((32, 32)) - np.eye(32)
    found = Enclosure(am.compile(am.System(flow={y[i]: flow})).bind({"W": weights} if form == "contraction" else None), 32)
    box = found.packed(z[None], z[None])
    values = [row[0] for row in exact(weights, z[:, None])]
    assert all(Fraction(a) <= v <= Fraction(b) for a, b, v in zip(box.low[0], box.high[0], values, strict=True))
    assert "proved" in found.guarantee


def test_a_box_knows_its_middle_and_a_radius_that_reaches_both_ends() -> None:
    rng = np.random.default_rng(0)
    ends = np.sort(rng.normal(size=(2, 2000)) * 10.0 ** rng.integers(-300, 300, (2, 2000)), axis=0)
    low, high = np.concatenate([np.array([[0.1, -1e308], [0.3, 1e308]]), ends], axis=1)
    box = Box(low, high, np.zeros(low.shape, dtype=bool))
    assert np.all(np.isfinite(box.middle))
    for m, r, a, b in zip(box.middle, box.radius, low, high, strict=True):
        assert max(Fraction(b) - Fraction(m), Fraction(m) - Fraction(a)) <= Fraction(r)
    other = Box(np.array([3.0, -np.inf]), np.array([3.0, 1.0]), np.zeros(2, dtype=bool))
    assert other.radius.tolist() == [0, np.inf]

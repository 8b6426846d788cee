"""The parts of the falsifier: rows and rationals, climbs, zeros and landmarks, shrinking."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amsym as am
from amsym.notation import indices, mask, parameter, state, total
from amsym.system import System
from proofs.draws import respects
from proofs.falsifier.ascent import climb, newton
from proofs.falsifier.compiled import function_of, moved
from proofs.falsifier.coordinates import Coordinates, coordinates
from proofs.falsifier.inequality import formula_inequality
from proofs.falsifier.landmarks import arguments, beside, near_zeros
from proofs.falsifier.starts import starts
from proofs.falsify import Violation
from proofs.probes import rate_probe
from proofs.shrinking import shrunk, smaller

i, j = indices("i j", "N")
y, b = state("y", "N"), parameter("b", "N")
square = total(y[i] ** 2, i) / 2
still = System(flow={y[i]: -y[i]})


def flow(f: Any, energy: Any = square) -> System:
    return System(flow={y[i]: f}, energy=energy)


# Rows

DECLARED = [(), ("symmetric",), ("antisymmetric",), ("psd",), ("orthogonal",), ("positive",), ("symmetric", "nonnegative")]


@pytest.mark.parametrize("properties", DECLARED, ids=lambda p: " ".join(p) or "none")
@settings(max_examples=10)
@given(st.integers(0, 10**6), st.integers(1, 3), st.sampled_from([1, 7, 1000, 10**9]))
def test_a_row_read_as_rationals_has_what_is_declared_and_comes_near(properties: tuple[str, ...], seed: int, n: int, largest: int) -> None:
    V = parameter("V", "N N", **dict.fromkeys(properties, True))
    at = coordinates(flow(total(V[i, j] * y[j], j)), {"N": n}, {}, {})
    row = at.projected(np.random.default_rng(seed).normal(size=(1, at.width)))[0]
    values = at.exact(row, largest)
    # A positive number near 0 is rounded to 1 in place of 0, and only the search that keeps it decides whether that will do.
    assert respects(V, values[V])
    if largest == 10**9:
        assert np.allclose(at.row(values), row, atol=1e-6)
    assert respects(V, at.exact(row, None)[V])


@given(st.integers(0, 10**6))
def test_projecting_twice_is_projecting_once(seed: int) -> None:
    S, O = parameter("S", "N N", symmetric=True), parameter("O", "N N", orthogonal=True)  # noqa: E741
    at = coordinates(flow(total(S[i, j] * O[j, i] * y[j], j)), {"N": 3}, {}, {"y": (-1, 1)})
    once = at.projected(np.random.default_rng(seed).normal(size=(5, at.width)) * 3)
    assert np.allclose(at.projected(once), once)
    assert np.abs(at.parts(once)[y]).max() <= 1


def test_formulas_of_rows_agree_with_the_model_itself() -> None:
    system = am.zoo.softmax_memory().system
    at = coordinates(system, {"N": 2, "K": 3}, {}, {})
    rows = at.projected(np.random.default_rng(0).normal(size=(4, at.width)))
    energies, flows = function_of(system.energy, at, {"N": 2, "K": 3}, {})(rows), moved(system.flow, at, {"N": 2, "K": 3}, {})(rows)
    for n, row in enumerate(rows):
        parts = {getattr(k, "name", str(k)): v[0] for k, v in at.parts(row[None]).items()}
        states = {s.name: parts.pop(s.name) for s in system.states}
        bound = am.compile(system).bind(parts)
        assert np.isclose(bound.energy(states), energies[n])
        assert np.allclose(np.concatenate([bound.flow(states)[s.name] for s in system.states]), flows[n][:5])
        assert not flows[n][5:].any()


# Climbs and zeros


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_a_climb_never_goes_down_and_reaches_the_top_of_a_cone_with_a_kink(seed: int, n: int) -> None:
    noise = np.random.default_rng(seed)
    at, top = Coordinates(("x",), ((n,),), np.full(n, -9.0), np.full(n, 9.0)), noise.uniform(-5, 5, size=n)
    last = -np.inf
    for _, values in climb(lambda x: -np.abs(x - top).max(axis=1), noise.normal(size=(4, n)), at, 120, noise):
        assert values.max() >= last
        last = float(values.max())
    assert last > -1e-3


@given(st.integers(0, 10**6), st.integers(1, 6))
def test_newton_finds_the_zero_of_a_linear_field_at_once(seed: int, n: int) -> None:
    noise = np.random.default_rng(seed)
    A, zero = noise.normal(size=(n, n)) + 4 * np.eye(n), noise.normal(size=n)
    at = Coordinates(("x",), ((n,),), np.full(n, -99.0), np.full(n, 99.0))
    found = newton(lambda x: (x - zero) @ A.T, noise.normal(size=(2, n)), at, n, 4)
    assert np.allclose(found, zero, atol=1e-6)


def test_rows_beside_a_landmark_lie_on_both_sides_of_it() -> None:
    system = flow(-y[i] * mask(y[i] ** 2 > 7))
    at = coordinates(system, {"N": 1}, {}, {})
    (u,) = arguments(system)
    (rows,) = beside([u], np.random.default_rng(0).normal(size=(30, 1)), at, {"N": 1}, {}, np.random.default_rng(0))
    gap = rows[:, 0] ** 2 - 7
    assert ((gap > 0) & (gap < 1e-3)).any()
    assert ((gap < 0) & (gap > -1e-3)).any()


def test_rows_near_zeros_of_a_field_are_near_at_all_distances() -> None:
    system = flow(total(y[j], j) - 3 + y[i] ** 3)
    at, sizes, noise = coordinates(system, {"N": 2}, {}, {}), {"N": 2}, np.random.default_rng(0)
    field = moved(system.equations, at, sizes, {})
    size = np.abs(field(near_zeros(field, noise.normal(size=(30, 2)), at, 2, noise))).max(axis=1)
    assert [bool(((size > low) & (size < 30 * low)).any()) for low in (1e-6, 1e-4, 1e-2)] == [True] * 3


def test_some_starts_lie_close_to_each_corner_of_the_domain() -> None:
    system, sizes, domain = flow(-y[i]), {"N": 3}, {"y": (-2, 5)}
    at = coordinates(system, sizes, {}, domain)
    rows = starts(system, sizes, {}, at, 384, random.Random(0), np.random.default_rng(0))
    for corner in product((-2.0, 5.0), repeat=3):
        assert np.abs(rows - corner).max(axis=1).min() < 0.1


# Shrinking


def test_neurons_that_are_not_needed_are_left_out() -> None:
    system = flow(y[i] * mask(y[i] > 1) - y[i] * mask(y[i] < 1))
    probe = rate_probe(system)
    values = {y: (Fraction(7, 3), Fraction(1, 3), Fraction(22, 7))}
    rise, what = probe({"N": 3}, values)
    found = smaller(Violation({"N": 3}, values, rise, what), probe, set(), system, {}, set())
    assert found.sizes == {"N": 1}
    assert shrunk(found, probe, set(), system, {}).values[y] == (Fraction(2),)
    kept = smaller(Violation({"N": 3}, values, rise, what), probe, set(), system, {}, {"N"})
    assert kept.sizes == {"N": 3}


def test_an_antisymmetric_matrix_is_shrunk_as_one() -> None:
    A = parameter("A", "N N", antisymmetric=True)
    system = flow(-y[i], square)
    claim = formula_inequality(system, total(A[i, j] * y[i] * (1 + y[j]), i, j))
    values = {y: (Fraction(1), Fraction(3)), A: ((Fraction(0), Fraction(-9, 7)), (Fraction(9, 7), Fraction(0)))}
    rise, what = claim.probe({"N": 2}, values)
    found = shrunk(Violation({"N": 2}, values, rise, what), claim.probe, set(), claim.system, {})
    assert found.values[A] == ((0, -1), (1, 0))

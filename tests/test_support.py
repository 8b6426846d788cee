"""Sums over a support: thresholds, moments, what jumps and what does not, against sorting in numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

import amsym as am
from amsym import lagrangians as lib
from amsym.notation import Mask, components, indices, mask, state, total
from amsym.prover.continuous_supports import continuous_over_support
from amsym.prover.moments import over_support
from amsym.prover.regularity import is_continuous
from amsym.prover.signs import is_nonnegative, is_positive
from amsym.prover.support import support_of, the_support
from amsym.prover.threshold import least_over_threshold
from amsym.verdict import Status

i, j, k = indices("i j k", "N")
x, y = state("x", "N"), state("y", "N")
SPARSE = ("sparsemax", "entmax15")


def bracket(at: Any, c: Any = 1, power: int = 1, of: Any = x) -> Any:
    return mask(c - total(sp.Max(0, of[k] - of[at]) ** power, k) > 0)


def test_a_support_is_read_off_its_bracket_and_nothing_else_is_one() -> None:
    found = support_of(bracket(i, 2, 3), x)
    assert found is not None
    assert (found.c, found.q, found.p) == (2, 1, 3)
    others = (
        mask(1 - total(sp.Max(0, x[i] - x[k]), k) > 0),  # the smallest, not the largest
        mask(-1 - total(sp.Max(0, x[k] - x[i]), k) > 0),  # c < 0
        mask(1 + total(sp.Max(0, x[k] - x[i]), k) > 0),  # q < 0
        mask(x[i] > 0),
        mask(1 - total(sp.Max(0, x[k] - 2 * x[i]), k) > 0),
    )
    assert not any(isinstance(m, Mask) and support_of(m, x) for m in others)
    assert the_support(bracket(i) + bracket(i, 2)) is None
    assert the_support(bracket(i) + bracket(i, of=y)) is None


@pytest.mark.parametrize("name", SPARSE)
def test_moments_have_the_values_that_sorting_gives(name: str) -> None:
    """L as a function of threshold and moments, at random points, against its components."""
    lagrangian = lib.CATALOGUE[name]()
    value = over_support(lagrangian.of(x))
    assert value is not None
    explicit = components(lagrangian.of(x), {"N": 4})
    q, p = (1.0, 1) if name == "sparsemax" else (0.25, 2)
    for seed in range(5):
        at = np.random.default_rng(seed).normal(size=4)
        low, high = at.min() - 3, at.max()
        for _ in range(200):
            t = (low + high) / 2
            low, high = (t, high) if q * (np.maximum(at - t, 0) ** p).sum() > 1 else (low, t)
        u = at[at > t] - t
        numbers = {s: float((u ** int(s.name[1:])).sum()) if s.name[0] == "A" else t for s in value.free_symbols}
        point = {x[n]: sp.Float(at[n], 30) for n in range(4)}
        assert float(value.subs(numbers)) == pytest.approx(float(explicit.subs(point)), abs=1e-9)


def test_the_size_of_a_support_is_positive_and_jumps() -> None:
    size = total(bracket(i), i)
    assert is_positive(size)
    assert is_nonnegative(total(bracket(i) * x[i] ** 2, i))
    assert not is_positive(size - 1)
    assert not is_continuous(size, (x,))
    assert not continuous_over_support(1 / size, ())


@pytest.mark.parametrize("name", SPARSE)
def test_the_lagrangian_and_its_activation_do_not_jump_and_its_hessian_does(name: str) -> None:
    lagrangian = lib.CATALOGUE[name]()
    g = lagrangian.activation(x[i])
    assert continuous_over_support(lagrangian.of(x), ())
    assert continuous_over_support(g, ())
    assert continuous_over_support(g * x[i] + total(lagrangian.activation(x[j]) * y[j], j), ())
    assert not continuous_over_support(lagrangian.hessian(x[i], x[j]), ())
    assert not continuous_over_support(g + bracket(i) * x[i], ())


@pytest.mark.parametrize("name", SPARSE)
def test_convexity_is_that_of_a_minimum_over_a_threshold(name: str) -> None:
    value = lib.CATALOGUE[name]().of(x)
    assert least_over_threshold(value, x) is not None
    for fault in (-value, value - total(x[i] ** 2 * bracket(i), i), value + total(bracket(i), i), value * 2 - value**2):
        assert least_over_threshold(fault, x) is None
    assert least_over_threshold(3 * value, x) is not None


def test_the_sparsemax_network_is_proved_and_a_wrong_one_is_not() -> None:
    key = "energy never increases"
    assert am.verify(am.zoo.hopfield("sparsemax"), only=key)[key].status is Status.PROVED
    assert am.verify(am.zoo.hopfield("sparsemax", symmetric=False), only=key)[key].status is not Status.PROVED

"""Laws of the watch: what is stiff is told, what is not is left alone, and the method that follows suits the model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from stiff_systems import Array, a, at, followed, h, i, memory, network, v

from amsym.notation import parameter, total
from amsym.system import System
from numeric.compile import compile
from numeric.steppers.dormand_prince import DormandPrince
from numeric.steppers.layered import Layered
from numeric.steppers.rosenbrock import Rosenbrock
from numeric.steppers.step_size import Tolerance
from numeric.steppers.stiff import cost, left_over, resting, stiff_method
from numeric.steppers.stiffness import FastestMode, StiffWatch


def test_the_method_follows_from_the_form_and_the_rates() -> None:
    start = np.random.default_rng(0).normal(size=(5, 10))
    assert stiff_method(memory(1e-3), start, at(start)) is Layered
    assert stiff_method(memory(1.0, beta=8.0), start, at(start)) is Rosenbrock
    assert stiff_method(network(6, 1e4), start[:, :6].copy(), at(start)) is Rosenbrock


def test_what_fast_layers_leave_is_the_rate_of_the_reduced_flow() -> None:
    field, rows = memory(1e-4), np.random.default_rng(0).normal(size=(1, 10))
    J = field.packed_jacobian(rows)[0]
    reduced = J[:4, :4] - J[:4, 4:] @ np.linalg.solve(J[4:, 4:], J[4:, :4])
    assert left_over(field, rows, np.zeros(1)) == pytest.approx(np.abs(np.linalg.eigvals(reduced)).max(), rel=0.2)


def test_power_iteration_finds_the_fastest_mode_of_each_row() -> None:
    field, rows = network(8, 50.0), np.random.default_rng(0).normal(size=(3, 8))
    mode = FastestMode(field, rows)
    for _ in range(60):
        found = mode.rate(rows, at(rows))
    expected = np.abs(np.linalg.eigvals(field.packed_jacobian(rows))).max(axis=1)
    np.testing.assert_allclose(found, expected, rtol=0.02)


def flagged(field: Any, start: Array, end: float, tolerance: Tolerance, price: float, steps: int = 3000) -> Array:
    """Rows that the watch found stiff on the way of an explicit method; rows leave as `simulate` lets them."""
    stepper, rows, found = DormandPrince(field, start, at(start), end, tolerance), np.arange(len(start)), np.zeros(len(start), bool)
    watch = StiffWatch(field, rows, start, end, tolerance, price)
    for _ in range(steps):
        stepper.attempt()
        stepper.commit()
        stiff = watch(rows, stepper)
        found[rows[stiff]] = True
        rest = np.abs(stepper.f).max(axis=1) <= (tolerance.steady or -1) * (1 + stepper.size)
        alive = ~(stiff | (stepper.t >= end) | rest)
        stepper.keep(alive)
        rows = rows[alive]
        if not stepper.count:
            break
    return found


@pytest.mark.parametrize("rtol", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("steady", [None, 1e-8])
def test_a_network_whose_leak_is_all_that_decays_is_never_called_stiff(rtol: float, steady: float | None) -> None:
    field, start = network(24), 2 * np.random.default_rng(1).normal(size=(20, 24))
    price = cost(Rosenbrock, field, 24)
    assert not flagged(field, start, 50.0, Tolerance(rtol, 1e-9, steady), price).any()


@pytest.mark.parametrize("rtol", [1e-3, 1e-6])
def test_a_network_that_never_rests_is_not_called_stiff_however_long_the_way(rtol: float) -> None:
    field, start = network(24, turning=2.0), np.random.default_rng(1).normal(size=(5, 24))
    stiff = flagged(field, start, 1e5, Tolerance(rtol, 1e-6, 1e-8), cost(Rosenbrock, field, 24), steps=400)
    assert np.abs(field.packed_flow(followed(DormandPrince, field, start, 100.0, Tolerance(1e-4, 1e-6, None))[0])).max() > 0.1
    assert not stiff.any()


@pytest.mark.parametrize("steady", [None, 1e-8])
def test_fast_layers_and_a_fast_neuron_are_called_stiff(steady: float | None) -> None:
    start = np.random.default_rng(1).normal(size=(6, 10))
    tolerance = Tolerance(1e-6, 1e-9, steady)
    assert flagged(memory(1e-4), start, 50.0, tolerance, cost(Layered, memory(1e-4), 10)).all()
    field = network(10, 1e5)
    assert flagged(field, start, 50.0, tolerance, cost(Rosenbrock, field, 10)).all()


def test_what_fast_layers_hide_is_not_called_stiff_and_what_they_leave_is() -> None:
    """Behind a layer of τ = 1e-6, a visible neuron of τ = 1e-4 holds the steps of the split method."""
    xi, slow = parameter("xi", "N K"), parameter("slow", "N")
    flow = {v[i]: (total(xi[i, a] * sp.tanh(h[a]), a) - v[i]) / slow[i], h[a]: 1e6 * (total(xi[i, a] * v[i], i) - h[a])}
    rng, tolerance = np.random.default_rng(0), Tolerance(1e-6, 1e-9, None)
    weights, start = 0.3 * rng.normal(size=(4, 6)), rng.normal(size=(3, 10))
    for least, expected in ((1.0, False), (1e-4, True)):
        field = compile(System(flow=flow)).bind({"xi": weights, "slow": np.array([least, 1.0, 1.0, 1.0])})
        watch = StiffWatch(field, np.arange(3), start, 50.0, tolerance, cost(Rosenbrock, field, 10), resting(field, start))
        stepper, found = Layered(field, start, at(start), 50.0, tolerance), np.zeros(3, bool)
        for _ in range(300):
            stepper.attempt()
            stepper.commit()
            found |= watch(np.arange(3), stepper)
            alive = stepper.t < 50
            if not alive.all():
                break
        assert np.all(found == expected)


def test_a_short_rest_is_finished_by_the_explicit_method() -> None:
    start, tolerance = np.random.default_rng(1).normal(size=(4, 10)), Tolerance(1e-6, 1e-9, None)
    assert not flagged(memory(1e-3), start, 0.05, tolerance, cost(Layered, memory(1e-3), 10)).any()

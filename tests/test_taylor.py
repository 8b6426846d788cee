"""Laws of Taylor's method: its order, its step, and the residual test that sees what coefficients do not."""

from __future__ import annotations

from math import exp, factorial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from stepping import run

import amsym as am
from amsym.errors import InputError
from amsym.system import System, time
from numeric.bound import Bound
from numeric.clamp import Clamped
from numeric.compile import compile as compile_model
from numeric.outcomes import Outcome
from numeric.steppers.step_size import Tolerance
from numeric.steppers.taylor import LEAST_ORDER, MOST_ORDER, Taylor, fitting_order, stability

Array = np.ndarray[Any, Any]
(i,), (j,) = am.indices("i", "N"), am.indices("j", "N")
y = am.state("y", "N")
LOOSE, TIGHT = Tolerance(1e6, 1e6, None), Tolerance(1e-10, 1e-12, None)


def flow_of(f: Any) -> Bound:
    """dy_i/dt = f, without parameters."""
    return compile_model(System(flow={y[i]: f})).bind({})


LOGISTIC, DECAY = flow_of(y[i] * (1 - y[i])), flow_of(-y[i])
SINH = flow_of(-sp.tanh(y[i]))  # sinh y falls as e^-t


def network(n: int, radius: float = 1.5) -> tuple[System, dict[str, Array]]:
    """A tanh network with an energy, and weights of this spectral radius."""
    rng = np.random.default_rng(3)
    W = rng.normal(size=(n, n))
    W += W.T
    return am.zoo.hopfield(), {"W": W * radius / np.abs(np.linalg.eigvalsh(W)).max(), "b": rng.normal(size=n) / 10}


def started(bound: Any, start: Array, end: float, tolerance: Tolerance, order: int | None = None) -> Taylor:
    return Taylor(bound, start, np.zeros(len(start)), end, tolerance, order)


def error_with_fixed_steps(bound: Bound, closed: Any, order: int, steps: int) -> float:
    """|y(1) - closed(1)| after equal steps from 0.3."""
    stepper = started(bound, np.full((1, 1), 0.3), 1.0, LOOSE, order)
    for _ in range(steps):
        stepper.h[:] = 1 / steps
        stepper.attempt()
        stepper.commit()
    assert stepper.t[0] == pytest.approx(1)
    return float(abs(stepper.y[0, 0] - closed(0.3)))


@pytest.mark.parametrize("order", [4, 5, 6, 7])
@pytest.mark.parametrize(
    ("bound", "closed"),
    [
        (LOGISTIC, lambda a: a / (a + (1 - a) * exp(-1))),
        (SINH, lambda a: np.arcsinh(np.sinh(a) * exp(-1))),
        (DECAY, lambda a: a * exp(-1)),
    ],
    ids=["logistic", "tanh", "linear"],
)
def test_the_error_falls_with_the_order_of_the_method(bound: Bound, closed: Any, order: int) -> None:
    steps = np.array([4, 8, 16])
    errors = [error_with_fixed_steps(bound, closed, order, int(n)) for n in steps]
    slope = -np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert order - 0.5 < slope < order + 1.5


def test_the_result_agrees_with_scipy_at_a_tight_tolerance() -> None:
    system, params = network(5)
    bound, start = compile_model(system).bind(params), np.random.default_rng(2).normal(size=(3, 5))
    ours = run(started(bound, start, 5.0, Tolerance(1e-12, 1e-14, None)), 5.0)
    for row, first in zip(ours, start, strict=True):
        other = solve_ivp(lambda t, x: bound.packed_flow(x[None])[0], (0, 5), first, method="DOP853", rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(row, other.y[:, -1], rtol=1e-10, atol=1e-10)


@given(st.floats(1e-11, 1e-3))
def test_the_error_of_a_run_is_near_its_tolerance(rtol: float) -> None:
    end = run(started(LOGISTIC, np.array([[0.01], [0.2]]), 4.0, Tolerance(rtol, rtol / 100, None)), 4.0)
    start = np.array([[0.01], [0.2]])
    assert np.abs(end - start / (start + (1 - start) * exp(-4))).max() < 10 * rtol + 1e-14


def test_a_tighter_tolerance_takes_a_higher_order() -> None:
    orders = [fitting_order(Tolerance(10.0**-k, 0.0, None)) for k in range(1, 16)]
    assert orders == sorted(orders)
    assert fitting_order(Tolerance(1.0, 1.0, None)) == LEAST_ORDER
    assert fitting_order(Tolerance(1e-30, 0.0, None)) == MOST_ORDER


@pytest.mark.parametrize("order", range(LEAST_ORDER, MOST_ORDER + 1))
def test_the_limit_of_stability_is_where_the_polynomial_leaves_one(order: int) -> None:
    z = np.linspace(0.01, stability(order) - 0.1, 400)

    def factor(s: Array) -> Array:
        return np.abs(sum((-s) ** k / factorial(k) for k in range(order + 1)))

    assert factor(z).max() < 1
    assert factor(np.array([stability(order) + 0.2]))[0] > 1


def test_points_inside_a_step_are_those_of_the_solution() -> None:
    stepper = started(LOGISTIC, np.array([[0.1], [0.6]]), 9.0, TIGHT)
    stepper.attempt()
    rows, theta = np.array([1, 0, 1]), np.array([0.3, 0.5, 1.0])
    s, a = theta * stepper.step[rows], stepper.y[rows, 0]
    inside = stepper.interpolate(rows, theta)[:, 0]
    np.testing.assert_allclose(inside, a / (a + (1 - a) * np.exp(-s)), rtol=1e-10)
    np.testing.assert_allclose(inside[2], stepper.proposal[1, 0], rtol=1e-15)


def test_a_kink_ahead_is_noticed_though_no_coefficient_shows_it() -> None:
    kinked = flow_of(sp.Max(time - sp.Rational(1, 2), 0) + 0 * y[i])
    stepper = started(kinked, np.ones((1, 1)), 1.0, TIGHT)
    stepper.attempt()
    assert stepper.step[0] == 1.0
    assert not stepper.accepted[0]
    assert run(started(kinked, np.ones((1, 1)), 1.0, TIGHT), 1.0)[0, 0] == pytest.approx(1.125, abs=1e-9)


def test_a_network_of_kinks_ends_where_the_order_eight_method_ends() -> None:
    v, h = am.Layer("v", "N", am.lagrangians.relu()), am.Layer("h", "K", am.lagrangians.identity())
    memory = am.Memory([v, h], [am.synapses.dense(v, h, weights="xi")])
    rng = np.random.default_rng(0)
    start, params = {"v": rng.normal(size=(9, 6)), "h": rng.normal(size=(9, 3))}, {"xi": rng.normal(size=(6, 3)) / 4}
    ours, theirs = (am.simulate(memory, params, start, t=60.0, method=m, rtol=1e-8) for m in ("taylor", "order 8"))
    assert np.all(ours.outcomes == Outcome.STEADY)
    np.testing.assert_allclose(ours.end["v"], theirs.end["v"], atol=1e-6)


def test_a_pole_ends_as_diverged() -> None:
    run_up = am.simulate(System(flow={y[i]: y[i] ** 2}), None, np.ones((1, 1)), t=2.0, method="taylor", rtol=1e-9)
    assert run_up.outcomes[0] == Outcome.DIVERGED
    assert run_up.times[0] <= 1 + 1e-6


@pytest.mark.parametrize("rtol", [1e-3, 1e-6, 1e-9])
def test_a_fast_mode_does_not_keep_the_residual_up(rtol: float) -> None:
    rate = am.parameter("k", "N", positive=True)
    system, rates = System(flow={y[i]: -rate[i] * (y[i] - 1)}), {"k": np.array([1.0, 7.0, 60.0])}
    end = am.simulate(system, rates, np.zeros((2, 3)), t=200.0, method="taylor", rtol=rtol, steady=1e-10)
    assert np.all(end.outcomes == Outcome.STEADY)
    assert end.statistics["rejected"].max() <= 3
    np.testing.assert_allclose(end.end, 1, atol=1e-9)


def test_energies_fall_along_the_steps() -> None:
    system, params = network(12)
    run_down = am.simulate(system, params, np.random.default_rng(1).normal(size=(4, 12)), t=30.0, method="taylor", rtol=1e-9, save="steps")
    for energies in run_down.energies:
        assert len(energies) > 5
        assert np.all(np.diff(energies) <= 1e-13 * np.abs(energies[1:]))


def test_it_takes_fewer_evaluations_than_order_eight_at_a_tight_tolerance() -> None:
    system, params = network(12)
    start = np.random.default_rng(1).normal(size=(4, 12))
    taylor, eight = (
        am.simulate(system, params, start, t=20.0, method=m, rtol=1e-10, atol=1e-12, steady=None) for m in ("taylor", "order 8")
    )
    assert taylor.statistics["evaluations"].mean() < 0.6 * eight.statistics["evaluations"].mean()
    np.testing.assert_allclose(taylor.end, eight.end, atol=1e-9)


def test_rows_have_steps_of_their_own_and_rows_that_go_leave_the_others_alone() -> None:
    stepper = started(LOGISTIC, np.array([[0.5], [1e-3], [2.0]]), 9.0, TIGHT)
    stepper.attempt()
    stepper.commit()
    assert len(set(stepper.t)) == 3
    kept = stepper.t[[0, 2]].copy(), stepper.y[[0, 2]].copy()
    stepper.keep(np.array([True, False, True]))
    np.testing.assert_array_equal(stepper.t, kept[0])
    np.testing.assert_array_equal(stepper.y, kept[1])
    stepper.attempt()
    assert stepper.accepted.shape == (2,)


def test_arithmetic_keeps_single_precision() -> None:
    stepper = started(LOGISTIC, np.full((2, 1), 0.5, np.float32), 1.0, Tolerance(1e-4, 1e-6, 1e-5))
    stepper.attempt()
    stepper.commit()
    inside = stepper.interpolate(np.array([0]), np.array([0.5]))
    assert {a.dtype for a in (stepper.y, stepper.f, stepper.error, inside)} == {np.dtype(np.float32)}


def test_clamped_components_stay() -> None:
    system, params = network(4)
    start = np.random.default_rng(0).normal(size=(2, 4))
    field = Clamped(compile_model(system).bind(params), np.array([True, False, True, True]))
    end = run(started(field, start, 3.0, TIGHT), 3.0)
    np.testing.assert_array_equal(end[:, 1], start[:, 1])
    assert np.all(end[:, 0] != start[:, 0])


def test_a_field_without_formula_is_refused() -> None:
    with pytest.raises(InputError, match="needs the formula"):
        started(SimpleNamespace(packed_flow=LOGISTIC.packed_flow), np.ones((1, 1)), 1.0, LOOSE)


def test_a_fast_flow_does_not_overflow_single_precision() -> None:
    stepper = started(flow_of(5000 * y[i] * (1 - y[i])), np.full((2, 1), 1e-3, np.float32), 5e-3, Tolerance(1e-5, 1e-8, None))
    for _ in range(60):
        stepper.attempt()
        stepper.commit()
    assert np.all(stepper.t == 5e-3)
    np.testing.assert_allclose(stepper.y, 1, rtol=1e-5)


def test_a_flow_of_numbers_alone_is_followed() -> None:
    """No operation makes the series of a constant, nor reads one."""
    a, b = am.state("a"), am.state("b")
    run = am.simulate(System(flow={a: sp.Integer(2), b: -b}), {}, {"a": np.zeros(3), "b": np.ones(3)}, t=3.0, method="taylor", steady=None)
    np.testing.assert_allclose(run.end["a"], 6)
    np.testing.assert_allclose(run.end["b"], exp(-3), rtol=1e-5)

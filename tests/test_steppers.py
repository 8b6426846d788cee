"""Laws of the explicit methods: their orders, their interpolants, and that no row knows of the others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from stepping import run as driven

from numeric.steppers import stepper as base
from numeric.steppers.dormand_prince import INTERPOLANT, STAGES, DormandPrince
from numeric.steppers.order_eight import OrderEight
from numeric.steppers.runge_kutta import SHORT, RungeKutta
from numeric.steppers.step_size import Tolerance

Array = np.ndarray[Any, Any]
Method = type[RungeKutta]
LOOSE = Tolerance(rtol=1e-3, atol=1e-3, steady=None)

every = pytest.mark.parametrize("method", [DormandPrince, OrderEight])


def started(method: Method, flow: Any, start: Array, end: float, tolerance: Tolerance) -> RungeKutta:
    """A stepper of all rows at time 0."""
    field: Any = SimpleNamespace(packed_flow=flow)
    return method(field, start, np.zeros(len(start)), end, tolerance)


def pendulum(y: Array, out: Array | None = None, t: Any = 0.0) -> Array:
    value = np.stack([y[:, 1], -np.sin(y[:, 0])], axis=1)
    if out is None:
        return value
    out[:] = value
    return out


def forced(y: Array, out: Array | None = None, t: Any = 0.0) -> Array:
    """dy/dt = -2 t y², so y = 1 / (1 + t²) from 1: bent, and dependent on time."""
    return np.multiply(-2 * np.broadcast_to(np.asarray(t), len(y))[:, None], y * y, out=out)


def with_fixed_step(method: Method, step: float, end: float) -> RungeKutta:
    """A stepper that took steps of one size all the way to `end`."""
    stepper = started(method, forced, np.ones((1, 1)), end, Tolerance(1e6, 1e6, None))
    for _ in range(round(end / step)):
        stepper.h[:] = step
        stepper.attempt()
        assert stepper.accepted.all()
        stepper.commit()
    return stepper


def run(method: Method, flow: Any, start: Array, end: float, tolerance: Tolerance) -> Array:
    """Final states of all rows."""
    return driven(started(method, flow, start, end, tolerance), end)


def network(n: int, seed: int = 0, scale: float = 1.5) -> Any:
    """Row-wise arithmetic, so that a row's bits cannot depend on a matrix product's blocking."""
    rng = np.random.default_rng(seed)
    W, b = scale * rng.normal(size=(n, n)) / np.sqrt(n), rng.normal(size=n)

    def flow(y: Array, out: Array | None = None, t: Any = 0.0) -> Array:
        drive = np.stack([(W * g).sum(axis=1) for g in np.tanh(y)]) if len(y) else np.empty_like(y)
        return np.add(drive - y, b, out=out)

    return flow


@every
def test_the_tableau_meets_the_row_sums_and_the_quadrature_conditions(method: Method) -> None:
    assert [sum(a) for a in method.stages[1:]] == pytest.approx(method.nodes[1:])
    weights, nodes = np.array(method.stages[-1]), np.array(method.nodes[:-1])
    for k in range(method.order):
        assert weights @ nodes**k == pytest.approx(1 / (k + 1))
    assert sum(method.estimate) == pytest.approx(0)


@every
def test_every_mode_is_damped_where_the_error_estimate_is_below_the_resolution(method: Method) -> None:
    def modes(y: Array, out: Array | None = None, t: Any = 0.0) -> Array:
        return np.multiply(y, -rates, out=out)

    rates = np.linspace(0.05, 9.5, 190)[:, None]
    stepper = started(method, modes, np.ones((190, 1)), 1.0, Tolerance(1e6, 1e6, None))
    stepper.h[:] = 1.0
    stepper.attempt()
    resolved = np.abs(stepper.error[:, 0]) <= method.resolution * rates[:, 0]
    first_unresolved = np.argmin(resolved)
    assert np.all(np.abs(stepper.proposal[:first_unresolved, 0]) < 1)
    assert rates[first_unresolved, 0] > 0.9


def test_the_interpolant_of_order_four_ends_at_the_step() -> None:
    assert np.sum(INTERPOLANT, axis=1) == pytest.approx([*STAGES[6], 0], abs=1e-14)


@every
def test_the_global_error_falls_with_the_order_of_the_method(method: Method) -> None:
    steps = 0.5 ** np.array([1, 2, 3, 4] if method.order == 8 else [3, 4, 5, 6])
    errors = [abs(with_fixed_step(method, h, 1.0).y[0, 0] - 1 / 2) for h in steps]
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(method.order, abs=0.5)


@every
def test_the_error_estimate_of_one_step_falls_with_the_order(method: Method) -> None:
    steps, estimates = np.array([1 / 2, 1 / 4, 1 / 8, 1 / 16]), []
    for h in steps:
        stepper = started(method, pendulum, np.array([[1.0, 0.5]]), 1.0, LOOSE)
        stepper.h[:] = h
        stepper.attempt()
        estimates.append(np.abs(stepper.error).max())
    assert np.polyfit(np.log(steps), np.log(estimates), 1)[0] == pytest.approx(method.order, abs=0.6)


@every
def test_the_dense_output_has_a_local_error_of_nearly_the_order_of_the_method(method: Method) -> None:
    """An interpolant of order 4 errs by O(h⁵) within a step that starts exactly, one of order 7 by O(h⁸)."""
    steps, theta, errors = np.array([1 / 2, 1 / 4, 1 / 8, 1 / 16]), np.linspace(0.1, 0.9, 9), []
    for h in steps:
        stepper = started(method, forced, np.ones((1, 1)), 1.0, LOOSE)
        stepper.h[:] = h
        stepper.attempt()
        inside = stepper.interpolate(np.zeros(9, dtype=np.intp), theta)[:, 0]
        errors.append(np.abs(inside - 1 / (1 + (theta * h) ** 2)).max())
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope > method.order - 0.5


@every
def test_the_dense_output_meets_both_ends_of_the_step(method: Method) -> None:
    stepper = started(method, pendulum, np.array([[1.0, 0.5]]), 1.0, LOOSE)
    stepper.attempt()
    ends = stepper.interpolate(np.array([0, 0]), np.array([0.0, 1.0]))
    np.testing.assert_allclose(ends, [stepper.y[0], stepper.proposal[0]], rtol=1e-14)


@every
@pytest.mark.parametrize("n", [3, SHORT + 5])
def test_a_row_does_not_depend_on_the_rows_beside_it_bit_for_bit(method: Method, n: int) -> None:
    flow, tolerance = network(n), Tolerance(1e-6, 1e-9, 1e-8)
    starts = np.random.default_rng(1).normal(size=(7, n)) * np.logspace(-2, 1.5, 7)[:, None]
    together = run(method, flow, starts, 6.0, tolerance)
    alone = np.concatenate([run(method, flow, start[None], 6.0, tolerance) for start in starts])
    backwards = run(method, flow, starts[::-1].copy(), 6.0, tolerance)[::-1]
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(together, backwards)


@every
def test_more_rows_than_fit_in_a_block_move_as_they_do_alone(method: Method, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "LEAST_BLOCK", 10)
    monkeypatch.setattr(base, "BLOCK_BYTES", 160)
    starts = np.random.default_rng(5).normal(size=(27, 2))
    together = run(method, pendulum, starts, 0.5, LOOSE)
    some = [0, 9, 10, 26]
    np.testing.assert_array_equal(together[some], run(method, pendulum, starts[some], 0.5, LOOSE))


@every
def test_rows_have_steps_of_their_own(method: Method) -> None:
    stepper = started(method, network(5), np.array([[1e-3] * 5, [30.0] * 5]), 5.0, LOOSE)
    for _ in range(3):
        stepper.attempt()
        stepper.commit()
    assert stepper.t[0] != stepper.t[1]


@every
@pytest.mark.parametrize("n", [4, SHORT])
def test_the_result_agrees_with_scipy_at_a_tight_tolerance(method: Method, n: int) -> None:
    flow, start = network(n, seed=3), np.random.default_rng(2).normal(size=(3, n))
    ours = run(method, flow, start, 5.0, Tolerance(1e-11, 1e-13, None))
    for row, y in zip(ours, start, strict=True):
        other = solve_ivp(lambda t, y: flow(y[None])[0], (0, 5), y, method="DOP853", rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(row, other.y[:, -1], rtol=1e-9, atol=1e-9)


@every
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arithmetic_keeps_the_dtype_of_the_start(method: Method, dtype: type) -> None:
    stepper = started(method, pendulum, np.ones((2, 2), dtype), 1.0, Tolerance(1e-4, 1e-4, 1e-4))
    stepper.attempt()
    stepper.commit()
    inside = stepper.interpolate(np.array([0]), np.array([0.5]))
    assert {a.dtype for a in (stepper.y, stepper.f, stepper.error, inside)} == {np.dtype(dtype)}


@every
def test_a_rejected_row_stays_where_it_is_and_tries_a_smaller_step(method: Method) -> None:
    stepper = started(method, pendulum, np.array([[1.0, 0.5], [1.0, 0.5]]), 50.0, Tolerance(1e-8, 1e-8, None))
    stepper.h[:] = 10.0, 1e-3
    before, flow = stepper.y.copy(), stepper.f.copy()
    stepper.attempt()
    assert stepper.accepted.tolist() == [False, True]
    stepper.commit()
    assert stepper.t.tolist() == [0.0, 1e-3]
    assert stepper.h[0] < 10
    np.testing.assert_array_equal(stepper.y[0], before[0])
    np.testing.assert_array_equal(stepper.f[0], flow[0])
    assert np.any(stepper.y[1] != before[1])


@every
def test_every_row_ends_at_the_end_exactly(method: Method) -> None:
    stepper = started(method, pendulum, np.random.default_rng(4).normal(size=(9, 2)), 0.7, LOOSE)
    while np.any(stepper.t < 0.7):
        stepper.attempt()
        stepper.commit()
    assert np.all(stepper.t == 0.7)

"""Laws of the energy audit: what it reports rose, the safe steps are those of closed solutions, and nothing more is promised."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import amsym as am
from amsym.errors import InputError
from numeric.audit import energy_audit
from numeric.safe_step import ACCURACY, largest_safe_steps

i, j = am.indices("i j", "N")
y, H = am.state("y", "N"), am.parameter("H", "N N", symmetric=True)
QUADRATIC = am.System(flow={y[i]: -am.total(H[i, j] * y[j], j)}, energy=am.total(H[i, j] * y[i] * y[j], i, j) / 2)
close = pytest.approx


def alone(flow: Any, energy: Any) -> am.System:
    """A system of components that do not see each other."""
    return am.System(flow={y[i]: flow(y[i])}, energy=am.total(energy(y[i]), i))


def quadratic(seed: int, n: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, n))
    return A @ A.T / n, rng.normal(size=(5, n))


@given(st.integers(0, 50))
def test_on_a_quadratic_every_safe_step_is_that_of_its_closed_form(seed: int) -> None:
    h0, starts = quadratic(seed)
    step = 2.5 / np.linalg.eigvalsh(h0)[-1]
    audit = energy_audit(QUADRATIC, {"H": h0}, starts, step, t=8 * step)
    assert audit.rise.size
    for k, time, rise, safe in zip(audit.trajectory, audit.time, audit.rise, audit.safe_step, strict=True):
        g = h0 @ np.linalg.matrix_power(np.eye(6) - step * h0, round(time / step)) @ starts[k]
        bound = 2 * g @ g / (g @ h0 @ g)  # E(y - s g) - E(y) = -s g·g + s²/2 g·H g
        assert bound * (1 - 1.1 * ACCURACY) <= safe <= bound * (1 + 1e-9)
        assert rise == close(-step * g @ g + step**2 / 2 * g @ h0 @ g, rel=1e-6)
    assert list(audit.rise) == sorted(audit.rise, reverse=True)


@given(st.integers(0, 50))
@settings(max_examples=15)
def test_no_step_of_the_confirmed_length_raises_the_energy(seed: int) -> None:
    h0, starts = quadratic(seed)
    step = 2.5 / np.linalg.eigvalsh(h0)[-1]
    audit = energy_audit(QUADRATIC, {"H": h0}, starts, step, t=30 * step)
    assert audit.confirmed
    assert audit.largest_safe_step <= audit.safe_step.min()
    again = energy_audit(QUADRATIC, {"H": h0}, starts, audit.largest_safe_step, t=30 * step)
    assert not again.rise.size


def test_explicit_euler_raises_the_energy_of_a_softmax_memory_and_the_audit_says_which_step_does_not() -> None:
    rng = np.random.default_rng(0)
    params = {"xi": rng.normal(size=(64, 256)), "beta": 4.0, "tau_v": 1.0, "tau_h": 1.0}
    start = {"v": rng.normal(size=(10, 64)), "h": rng.normal(size=(10, 256))}
    audit = energy_audit(am.zoo.softmax_memory(), params, start, 0.5, t=10.0)
    assert audit.rise[0] > 5
    assert audit.confirmed
    bound = am.compile(am.zoo.softmax_memory()).bind(params)
    state, _ = bound.pack(start)
    for _ in range(40):
        moved = state + audit.largest_safe_step * bound.packed_flow(state)
        assert (bound.packed_energy(moved) - bound.packed_energy(state)).max() < 1e-10
        state = moved
    assert not energy_audit(am.zoo.softmax_memory(), params, start, 0.5, t=10.0, method="rk4").rise.size


def test_a_step_over_a_barrier_raises_nothing_and_still_counts_as_unsafe() -> None:
    waves = alone(lambda x: sp.sin(x), lambda x: sp.cos(x))
    step = (3 * np.pi - 1) / np.sin(1)  # from 1 to the second valley, at 3π, over the hill at 2π
    audit = energy_audit(waves, None, [1.0], step, t=step)
    assert not audit.rise.size
    assert audit.largest_safe_step <= (2 * np.pi - 2) / np.sin(1)
    assert audit.confirmed


def test_runge_kutta_is_safe_up_to_its_stability_limit() -> None:
    decay = alone(lambda x: -x, lambda x: x**2)
    audit = energy_audit(decay, None, [1.0, -2.0], 3.0, t=9.0, method="rk4")
    np.testing.assert_allclose(audit.safe_step, 2.785293563, rtol=1.1 * ACCURACY)


def test_where_the_flow_climbs_no_step_is_safe() -> None:
    audit = energy_audit(alone(lambda x: x, lambda x: x**2), None, [1.0], 0.1, t=1.0)
    assert (audit.safe_step == 0).all()
    assert audit.largest_safe_step == 0
    assert not audit.confirmed
    assert "the flow itself climbs" in repr(audit)


def test_a_stiff_decay_that_the_step_blows_up_has_a_small_safe_step() -> None:
    audit = energy_audit(alone(lambda x: -100 * x, lambda x: x**2), None, np.array([[1.0], [0.0]]), 0.5, t=20.0)
    assert list(audit.outcomes) == [am.Outcome.DIVERGED, am.Outcome.STEADY]
    assert audit.largest_safe_step == close(2 / 100, rel=2 * ACCURACY)
    assert audit.confirmed


def test_a_run_that_falls_without_end_diverges_and_raises_nothing() -> None:
    audit = energy_audit(alone(lambda x: x**3, lambda x: -(x**4)), None, [1.0], 0.5, t=50.0)
    assert audit.outcomes is am.Outcome.DIVERGED
    assert not audit.rise.size


def test_a_step_out_of_the_energys_domain_is_an_infinite_rise() -> None:
    system = alone(lambda x: 1 / x - 1, lambda x: x - sp.log(x))
    audit = energy_audit(system, None, [5.0], 10.0, t=10.0)
    assert audit.rise.tolist() == [np.inf]
    assert 0 < audit.safe_step[0] < 5 / 0.8
    with pytest.raises(InputError, match="the energy at start row 1 is inf"):
        energy_audit(system, None, [[5.0], [-1.0]], 1.0)


def test_an_energy_that_depends_on_time_is_read_at_both_ends_of_the_step() -> None:
    system = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 2, i) * sp.exp(-am.time))
    audit = energy_audit(system, None, [1.0], 2.5, t=2.5)  # 1.5² e^-2.5 < 1: the factor outweighs the overshoot
    assert not audit.rise.size
    audit = energy_audit(am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 2, i) * sp.exp(am.time)), None, [1.0], 1.9, t=1.9)
    assert audit.rise[0] == close(0.81 * np.exp(1.9) - 1)


def test_single_precision_is_not_accused_of_its_rounding() -> None:
    h0, starts = quadratic(3)
    audit = energy_audit(QUADRATIC, {"H": h0}, starts.astype(np.float32), 0.5 / np.linalg.eigvalsh(h0)[-1], t=20.0)
    assert not audit.rise.size
    assert audit.end.dtype == np.float32


def test_the_table_shows_the_worst_eight_in_80_columns() -> None:
    h0, starts = quadratic(1)
    audit = energy_audit(QUADRATIC, {"H": h0}, starts.reshape(5, 1, 6), 3 / np.linalg.eigvalsh(h0)[-1], t=20.0)
    lines = repr(audit).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) == 2 + 8 + 2
    assert f"{audit.rise.size - 8} more" in lines[-2]
    assert audit.outcomes.shape == (5, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"step": 0.0}, "step is 0.0 and t is 50.0; a step above 0"),
        ({"step": 60.0}, "step is 60.0 and t is 50.0"),
        ({"step": -1}, "step is -1"),
        ({"method": "heun"}, "method is 'heun'; one of euler, rk4"),
        ({"system": am.zoo.spins(), "params": {"W": np.zeros((2, 2))}}, "has an update"),
        ({"system": am.System(flow={y[i]: -y[i]})}, "no energy"),
        ({"start": [np.nan, 1.0]}, "start row 0 holds nan"),
    ],
)
def test_what_cannot_be_audited_says_why(arguments: dict[str, Any], message: str) -> None:
    system = alone(lambda x: -x, lambda x: x**2)
    with pytest.raises(InputError, match=message):
        energy_audit(**{"system": system, "params": None, "start": [1.0, 1.0], "step": 0.1, **arguments})


@given(st.lists(st.floats(-33, 1), min_size=1, max_size=9), st.floats(0.1, 10))
def test_safe_steps_are_found_over_all_magnitudes_from_below(exponents: list[float], cap: float) -> None:
    limits = cap * 2.0 ** np.array(exponents)
    found = largest_safe_steps(lambda rows, h: h > limits[rows], limits.size, cap)
    expected = np.minimum(limits, cap)
    tiny = limits < cap * 2.0**-29
    assert ((found <= expected) & (found >= expected * (1 - ACCURACY)))[~tiny].all()
    assert (found[tiny] <= limits[tiny]).all()

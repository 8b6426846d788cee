"""Laws of `simulate`: every outcome is reached by a planted case, the save modes agree, and errors say what to do."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from scipy.integrate import solve_ivp

from numeric import progress
from numeric.outcomes import Outcome
from numeric.simulate import simulate

Array = np.ndarray[Any, Any]


class Network:
    """dy/dt = ±(W tanh(y) - y + b), whose energy falls with the plus sign; with two names, half of y each."""

    has_energy = True

    def __init__(self, n: int, seed: int = 0, sign: float = 1.0, names: tuple[str, ...] = ("y",), dtype: type = float) -> None:
        rng = np.random.default_rng(seed)
        W = 1.5 * rng.normal(size=(n, n)) / np.sqrt(n)
        self.W, self.b = ((W + W.T) / 2).astype(dtype), 0.3 * rng.normal(size=n).astype(dtype)
        self.n, self.sign, self.state_names = n, dtype(sign), names

    def pack(self, state: Any) -> Any:
        names, part = self.state_names, self.n // len(self.state_names)
        blocks = [np.asarray(state[name]) for name in names] if isinstance(state, dict) else [np.asarray(state)]
        lead = blocks[0].shape[:-1]
        if any(block.shape[-1] != part for block in blocks):
            raise ValueError(f"start has {blocks[0].shape[-1]} components; {part} were expected: check its last axis")

        def restore(packed: Array, batch_shape: tuple[int, ...] | None = None) -> Any:
            shape = (*(lead if batch_shape is None else batch_shape), part)
            arrays = [a.reshape(shape) for a in np.split(packed, len(names), axis=1)]
            return dict(zip(names, arrays, strict=True)) if isinstance(state, dict) else arrays[0]

        return np.concatenate([block.reshape(-1, part) for block in blocks], axis=1), restore

    def packed_flow(self, y: Array, out: Array | None = None, t: Any = 0.0) -> Array:
        return np.multiply(self.sign, np.tanh(y) @ self.W - y + self.b, out=out)

    def packed_energy(self, y: Array, t: Any = 0.0) -> Array:
        g = np.tanh(y)
        lagrangian = np.logaddexp(y, -y) - np.log(2).astype(y.dtype)
        return ((y - self.b) * g - lagrangian).sum(axis=1) - np.einsum("ri,ri->r", g @ self.W, g) / 2


class Plain(Network):
    """Any flow of rows, without energy."""

    has_energy = False

    def __init__(self, n: int, flow: Any) -> None:
        super().__init__(n)
        self.flow = flow

    def packed_flow(self, y: Array, out: Array | None = None, t: Any = 0.0) -> Array:
        return np.add(self.flow(y, t), 0, out=out)


def column(t: Any, y: Array) -> Array:
    return np.broadcast_to(np.asarray(t), len(y))[:, None]


def starts(batch: int, n: int, seed: int = 1) -> Array:
    return 2 * np.random.default_rng(seed).normal(size=(batch, n))


# outcomes


@pytest.mark.parametrize("rtol", [1e-3, 1e-6, 1e-9])
def test_a_network_of_64_neurons_becomes_steady_at_any_tolerance(rtol: float) -> None:
    model = Network(64)
    run = simulate(model, None, starts(20, 64), t=2000, rtol=rtol, steady=1e-8)
    assert np.all(run.ended(Outcome.STEADY))
    residual = np.abs(model.packed_flow(run.end)).max(axis=1)
    assert np.all(residual <= 1e-8 * (1 + np.abs(run.end).max(axis=1)))
    assert np.all(run.times < 2000)


def test_a_lightly_damped_rotation_becomes_steady() -> None:
    A = np.array([[-0.05, 1.0], [-1.0, -0.05]])
    run = simulate(Plain(2, lambda y, t: y @ A), None, [1.0, 0.0], t=1000, rtol=1e-3)
    assert run.outcomes is Outcome.STEADY


def test_a_start_at_a_steady_state_takes_no_step() -> None:
    run = simulate(Plain(2, lambda y, t: -y), None, [[0.0, 0.0], [1.0, 0.0]])
    assert run.statistics["accepted"][0] == 0
    assert run.statistics["accepted"][1] > 0


def test_without_a_steady_threshold_time_is_over_and_says_so() -> None:
    run = simulate(Plain(1, lambda y, t: -y), None, [[1.0], [0.0]], t=3.0, steady=None)
    assert run.outcomes.tolist() == [Outcome.TIME_OVER] * 2
    assert run.times.tolist() == [3.0, 3.0]
    np.testing.assert_allclose(run.end[:, 0], [np.exp(-3), 0], rtol=1e-5)


def test_time_is_over_early_when_the_steps_are_used_up() -> None:
    run = simulate(Network(8), None, starts(3, 8), max_steps=4)
    assert np.all(run.ended(Outcome.TIME_OVER))
    assert np.all(run.times < 50)
    assert np.all(run.statistics["accepted"] + run.statistics["rejected"] == 4)


@pytest.mark.parametrize("method", ["order 5", "order 8"])
@pytest.mark.parametrize("end", [50.0, 1e13])
def test_fast_flows_become_steady_however_long_the_time_allowed(method: str, end: float) -> None:
    """Steps of 1e-5 are not lost in the rounding of a time that has hardly begun."""
    run = simulate(Plain(2, lambda y, t: 1e4 * (np.tanh(5 * y[:, ::-1]) - y)), None, [[3.0, 2.0]], t=end, method=method)
    assert run.outcomes.tolist() == [Outcome.STEADY]
    assert run.times[0] < 0.01


@pytest.mark.parametrize("method", ["order 5", "order 8"])
def test_single_precision_starts_with_a_step_where_the_flow_is_far_above_the_tolerance(method: str) -> None:
    """|f| / atol is 5e20 here, and its square beyond single precision."""
    start = np.array([[0.0, 1e8]], dtype=np.float32)
    run = simulate(Plain(2, lambda y, t: 1e4 * (y[:, ::-1] / 2 - y)), None, start, t=1.0, method=method, max_steps=1000)
    assert run.outcomes.tolist() == [Outcome.STEADY]


@pytest.mark.parametrize("method", ["order 5", "order 8"])
def test_a_probe_beyond_where_the_flow_is_defined_does_not_stop_it(method: str) -> None:
    """Hairer's first guess, by the larger component, is an Euler step to below 0 in the other, where the root has no value."""
    flow = Plain(2, lambda y, t: np.stack([1e-3 - np.sqrt(y[:, 0]), -y[:, 1] / 100], axis=1))
    run = simulate(flow, None, [[2e-6, 1.0]], t=1.0, method=method, steady=None, max_steps=5000)
    assert run.times.tolist() == [1.0]
    np.testing.assert_allclose(run.end[0], [1e-6, np.exp(-0.01)], rtol=1e-3)


@pytest.mark.parametrize("rtol", [1e-2, 1e-6])
def test_a_step_to_where_the_flow_is_undefined_is_taken_again_shorter(rtol: float) -> None:
    """u falls as e^-50t; a step may err by atol, but not to where the root of u has no value."""
    flow = Plain(2, lambda y, t: np.stack([-50 * y[:, 0], np.sqrt(y[:, 0]) - y[:, 1]], axis=1))
    start = np.stack([np.linspace(0.5, 2, 200), np.ones(200)], axis=1)
    run = simulate(flow, None, start, t=40.0, method="order 8", rtol=rtol, atol=rtol / 1000, steady=None)
    assert np.all(run.ended(Outcome.TIME_OVER))


def test_a_flow_of_another_shape_is_named() -> None:
    field = Network(3)
    field.packed_flow = lambda y, out=None, t=0.0: np.ones(3)  # type: ignore[method-assign]
    with pytest.raises(ValueError, match=r"the flow has shape \(3,\) at states \(2, 3\)"):
        simulate(field, None, np.ones((2, 3)))


def test_no_saved_times_at_all_are_no_trajectory_but_an_end() -> None:
    run = simulate(Network(3), None, np.ones(3), save=[])
    assert run.states.shape == (0, 3)
    assert str(run) == "1 trajectory: 1 STEADY"


def test_no_time_at_all_is_over_at_once() -> None:
    run = simulate(Network(4), None, starts(2, 4), t=0)
    np.testing.assert_array_equal(run.end, starts(2, 4))
    assert np.all(run.ended(Outcome.TIME_OVER))


@pytest.mark.parametrize("flow", [lambda y, t: y, lambda y, t: y**2, lambda y, t: np.exp(y)])
def test_growth_without_bound_diverges_while_its_neighbour_goes_on(flow: Any) -> None:
    run = simulate(Plain(1, lambda y, t: np.where(y > 0, flow(y, t), -y)), None, [[1.0], [-1.0]], t=100)
    assert run.outcomes.tolist() == [Outcome.DIVERGED, Outcome.STEADY]


def test_a_flow_that_is_not_a_number_at_the_start_diverges_at_once() -> None:
    run = simulate(Plain(1, lambda y, t: np.sqrt(y)), None, [[-1.0]])
    assert run.outcomes.tolist() == [Outcome.DIVERGED]
    assert run.times.tolist() == [0.0]


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(0, 1000), st.sampled_from([1e-1, 1e-3, 1e-6, 1e-9]))
def test_a_planted_wrong_sign_raises_the_energy_and_the_right_sign_never_does(n: int, seed: int, rtol: float) -> None:
    wrong = simulate(Network(n, seed, sign=-1), None, starts(5, n, seed), rtol=rtol)
    right = simulate(Network(n, seed), None, starts(5, n, seed), rtol=rtol)
    assert np.all(wrong.ended(Outcome.ENERGY_ROSE))
    assert np.all(wrong.statistics["largest_energy_rise"] > 0)
    assert not np.any(right.ended(Outcome.ENERGY_ROSE))


@pytest.mark.parametrize("rtol", [1e-3, 1e-6, 1e-10])
def test_single_precision_is_kept_and_raises_no_false_alarm(rtol: float) -> None:
    start = starts(10, 32).astype(np.float32)
    run = simulate(Network(32, dtype=np.float32), None, start, t=1000, rtol=rtol)
    assert run.end.dtype == np.float32
    assert np.all(run.ended(Outcome.STEADY))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saturated_neurons_raise_no_false_alarm(dtype: type) -> None:
    start = (1e6 * starts(20, 16)).astype(dtype)
    run = simulate(Network(16, dtype=dtype), None, start, t=500)
    assert np.all(run.ended(Outcome.STEADY))


def test_a_late_rise_is_caught() -> None:
    """The sign flips at t = 1 (over a width of 0.01): the energy falls until then, and the run must stop soon after."""
    model = Network(6)
    right = model.packed_flow
    turned = Plain(6, lambda y, t: right(y) * np.tanh((1 - column(t, y)) / 0.01))
    turned.has_energy = True
    run = simulate(turned, None, starts(4, 6), t=5, steady=None)
    assert np.all(run.ended(Outcome.ENERGY_ROSE))
    assert np.all((run.times > 1) & (run.times < 1.2))


def test_nobody_looks_at_the_energy_when_told_not_to() -> None:
    run = simulate(Network(6, sign=-1), None, starts(2, 6), t=0.5, energy_check=False)
    assert np.all(run.ended(Outcome.TIME_OVER))
    assert np.all(np.isnan(run.statistics["largest_energy_rise"]))


# accuracy


def test_trajectories_agree_with_scipy() -> None:
    model, start = Network(10), starts(3, 10)
    run = simulate(model, None, start, t=4, rtol=1e-10, atol=1e-12)
    for end, y in zip(run.end, start, strict=True):
        other = solve_ivp(lambda t, y: model.packed_flow(y[None])[0], (0, 4), y, method="DOP853", rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(end, other.y[:, -1], rtol=1e-8, atol=1e-9)


def test_each_row_has_its_own_time_in_a_flow_that_depends_on_it() -> None:
    model = Plain(1, lambda y, t: np.cos(column(t, y)) + 0 * y)
    run = simulate(model, None, [[0.0], [1e4]], t=10, rtol=1e-9, steady=None)
    np.testing.assert_allclose(run.end[:, 0], np.array([0, 1e4]) + np.sin(10), atol=1e-6)


def test_a_trajectory_does_not_depend_on_the_rest_of_the_batch() -> None:
    together = simulate(Network(8), None, starts(9, 8), t=200)
    for k, start in enumerate(starts(9, 8)):
        alone = simulate(Network(8), None, start, t=200)
        np.testing.assert_allclose(alone.end, together.end[k], atol=1e-12)
        assert alone.statistics["accepted"] == together.statistics["accepted"][k]


# save


def test_saved_steps_run_from_the_start_to_the_end_and_the_energy_falls() -> None:
    start = starts(4, 6)
    run, ends = (simulate(Network(6), None, start, t=30, save=save) for save in ("steps", "end"))
    for k in range(4):
        assert run.times[k][0] == 0
        assert run.times[k][-1] == ends.times[k]
        assert len(run.times[k]) == len(run.energies[k]) == run.statistics["accepted"][k] + 1
        np.testing.assert_array_equal(run.states[k][0], start[k])
        np.testing.assert_array_equal(run.states[k][-1], run.end[k])
        np.testing.assert_array_equal(run.end[k], ends.end[k])
        assert run.energies[k][-1] == pytest.approx(ends.energies[k])
        assert np.all(np.diff(run.energies[k]) <= 1e-12)


def test_saved_times_force_no_steps_and_are_accurate() -> None:
    times = np.linspace(0, 5, 101)
    run = simulate(Plain(1, lambda y, t: -y), None, [[1.0], [2.0]], t=5, save=times, rtol=1e-8, steady=None)
    plain = simulate(Plain(1, lambda y, t: -y), None, [[1.0], [2.0]], t=5, rtol=1e-8, steady=None)
    np.testing.assert_allclose(run.states[..., 0], [np.exp(-times), 2 * np.exp(-times)], rtol=1e-6)
    np.testing.assert_array_equal(run.statistics["accepted"], plain.statistics["accepted"])
    np.testing.assert_array_equal(run.end, plain.end)


def test_saved_times_that_are_steps_hold_the_steps() -> None:
    steps = simulate(Network(5), None, starts(1, 5)[0], t=8, save="steps")
    times = simulate(Network(5), None, starts(1, 5)[0], t=8, save=steps.times)
    np.testing.assert_allclose(times.states, steps.states, atol=1e-13)
    np.testing.assert_allclose(times.energies, steps.energies, atol=1e-12)


def test_after_a_steady_end_saved_times_hold_it_and_after_divergence_nothing() -> None:
    model = Plain(1, lambda y, t: np.where(y > 0, y, -y - 1))
    run = simulate(model, None, [[1.0], [-2.0]], t=100, save=[0, 1, 99, 100])
    assert run.outcomes.tolist() == [Outcome.DIVERGED, Outcome.STEADY]
    assert run.states[0, :2, 0] == pytest.approx([1, np.e], rel=1e-5)
    assert np.all(np.isnan(run.states[0, 2:]))
    np.testing.assert_array_equal(run.states[1, 2:], np.tile(run.end[1], (2, 1)))


@pytest.mark.parametrize(
    ("save", "shapes"),
    [("end", [(), (3,), ()]), ("steps", [(None,), (None, 3), (None,)]), ([0.0, 1.0], [(2,), (2, 3), (2,)])],
)
def test_a_single_start_has_no_batch_axis(save: Any, shapes: Any) -> None:
    run = simulate(Network(3), None, starts(1, 3)[0], t=2, save=save)
    for value, shape in zip((run.times, run.states, run.energies), shapes, strict=True):
        assert len(np.shape(value)) == len(shape)
        assert all(expected in (None, found) for found, expected in zip(np.shape(value), shape, strict=True))
    assert isinstance(run.outcomes, Outcome)
    assert run.end.shape == (3,)
    assert np.ndim(run.statistics["evaluations"]) == 0


def test_named_states_come_back_by_name_in_every_mode() -> None:
    start = {"v": starts(2, 3), "h": starts(2, 3, seed=2)}
    model = Network(6, names=("v", "h"))
    end, steps, times = (simulate(model, None, start, t=2, save=save) for save in ("end", "steps", [0.0, 1.0, 2.0]))
    packed = simulate(Network(6), None, np.concatenate([start["v"], start["h"]], axis=1), t=2)
    np.testing.assert_array_equal(end.end["h"], packed.end[:, 3:])
    np.testing.assert_array_equal(steps.states[1]["v"][-1], end.end["v"][1])
    assert times.states["v"].shape == (2, 3, 3)
    np.testing.assert_allclose(times.states["v"][:, -1], end.end["v"], atol=1e-12)


def test_more_batch_axes_are_kept() -> None:
    run = simulate(Network(4), None, starts(6, 4).reshape(2, 3, 4), t=1, save=[0.5])
    assert run.end.shape == (2, 3, 4)
    assert run.states.shape == (2, 3, 1, 4)
    assert run.energies.shape == (2, 3, 1)
    assert run.outcomes.shape == (2, 3)


def test_a_model_without_energy_has_no_energies() -> None:
    for save in ("end", "steps", [1.0]):
        assert simulate(Plain(1, lambda y, t: -y), None, [[1.0]], t=2, save=save).energies is None


def test_evaluations_are_counted_per_trajectory() -> None:
    calls = []
    model = Plain(2, lambda y, t: [calls.append(len(y)), -y][1])
    run = simulate(model, None, starts(5, 2), t=20)
    counts = run.statistics
    assert counts["evaluations"].sum() == sum(calls)
    np.testing.assert_array_equal(counts["evaluations"], 2 + 6 * (counts["accepted"] + counts["rejected"]))


# errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"t": -1}, "t is -1; a finite number that is not negative was expected"),
        ({"t": np.inf}, "t is inf"),
        ({"rtol": -1e-3}, "rtol is -0.001"),
        ({"atol": [1e-9, 1e-9]}, "atol is .1e-09, 1e-09.; a finite number above 0"),
        ({"max_steps": 1.5}, "max_steps is 1.5; a whole number from 0 on"),
        ({"method": ["order 5"]}, "method is .'order 5'.; one of 'auto'"),
        ({"method": "rosenbrock"}, "the field is Network, without .*packed_jvp"),
        ({"method": "layered"}, "the field is Network, without .*packed_jvp"),
        ({"save": ["first"]}, "numbers were expected"),
        ({"progress": "bar"}, "progress is 'bar'; True, False or None"),
        ({"events": {"half": sp.Symbol("q")}}, "without a system to which the formula q could belong"),
        ({"atol": 0.0}, "atol is 0.0; a finite number above 0 was expected"),
        ({"steady": np.nan}, "steady is nan"),
        ({"save": "all"}, 'save is \'all\'; "end", "steps" or an increasing array of times was expected'),
        ({"save": [1.0, 1.0]}, "increasing times"),
        ({"save": [0.0, 60.0]}, r"save runs from 0.0 to 60.0; times in \[0, t\] = \[0, 50.0\] were expected: raise t"),
        ({"steps": 3}, "steps=3 counts updates in discrete time; this system has a flow"),
        ({"params": {"W": 1}}, "bound to its own already"),
        ({"start": [1.0, 2.0]}, "start has 2 components; 3 were expected"),
        ({"start": [[1.0, 2, 3], [1, np.nan, 3]]}, "start row 1 holds nan in component 1; finite numbers were expected"),
    ],
)
def test_bad_input_is_named_with_its_remedy(options: dict[str, Any], message: str) -> None:
    arguments = {"params": None, "start": [1.0, 2.0, 3.0]} | options
    with pytest.raises(ValueError, match=message):
        simulate(Network(3), **arguments)


def test_a_system_without_flow_asks_for_steps() -> None:
    model = Network(3)
    model.has_flow = False
    model.flow = None
    with pytest.raises(ValueError, match="no flow, only an update"):
        simulate(model, None, [1.0, 2.0, 3.0])


# progress


def test_a_bar_is_drawn_when_asked_for_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = io.StringIO()
    monkeypatch.setattr(progress, "Console", lambda stderr: Console(file=drawn, force_terminal=True))
    for shown in (None, False):
        simulate(Network(3), None, starts(2, 3), progress=shown)
    assert drawn.getvalue() == ""
    simulate(Network(3), None, starts(2, 3), progress=True)
    assert "simulate" in drawn.getvalue()

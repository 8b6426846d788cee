"""Laws of the discrete-gradient method: no accepted step raises the energy, whatever its size, and what it does is of order 2."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from memories import SYSTEMS, numbers, states

import amsym as am
from numeric.bound import Bound
from numeric.clamp import Clamped
from numeric.compile import compile as compile_model
from numeric.energy_watch import allowance
from numeric.steppers import discrete_gradient
from numeric.steppers.discrete_gradient import DiscreteGradient, Equations
from numeric.steppers.step_size import Tolerance

Array = np.ndarray[Any, Any]
i, j = am.indices("i j", "N")
y, q, p = am.state("y", "N"), am.state("q"), am.state("p")
ANY = Tolerance(1e6, 1e6, None)  # no error is too large
METHOD = "discrete gradient"

SINH = am.System(flow={y[i]: -sp.tanh(y[i])}, energy=am.total(sp.log(sp.cosh(y[i])), i))
FORCED = am.System(flow={y[i]: -2 * am.time * y[i] ** 2}, energy=am.total(y[i], i))
OSCILLATOR = am.System(flow={q: p, p: -(q**3)}, energy=p**2 / 2 + q**4 / 4)
CIRCLE = am.System(flow={q: p, p: -q}, energy=(p**2 + q**2) ** 2)


def bound(system: Any, **params: Any) -> Bound:
    return compile_model(system).bind(params)


def started(field: Any, start: Array, tolerance: Tolerance = ANY, end: float = 1e5) -> DiscreteGradient:
    return DiscreteGradient(field, start, np.zeros(len(start)), end, tolerance)


def attempts(stepper: DiscreteGradient, step: float, count: int) -> list[tuple[Array, Array, Array]]:
    """Energies before and after, and the states, of the accepted among so many attempts; steps as asked until one is refused."""
    found = []
    energy: Any = stepper._downhill.packed_energy
    for _ in range(count):
        stepper.h = np.where(stepper.accepted, step, stepper.h)
        stepper.attempt()
        k = stepper.accepted
        found.append((energy(stepper.y[k]), energy(stepper.proposal[k]), stepper.proposal[k].copy()))
        stepper.commit()
    return found


def largest_rise(stepper: DiscreteGradient, step: float, count: int = 8) -> float:
    """Over the rounding of E; below 0 where no step rose."""
    rises, energy = [np.array([-np.inf])], stepper._downhill.packed_energy
    with np.errstate(all="ignore"):  # energies without a lower bound overflow
        for before, after, y in attempts(stepper, step, count):
            still = np.zeros_like(y)
            rises.append(after - before - allowance(energy, y, np.zeros(len(y)), still, still, before, after))
    return float(np.concatenate(rises).max())


def drawn(name: str, seed: int, rows: int = 4, scale: float = 2.0, dtype: type = float) -> tuple[Bound, Array]:
    """A memory with random parameters, and random starts."""
    system = SYSTEMS[name]()
    model = bound(system, **numbers(system, seed))
    start = {s: scale * a for s, a in states(system, seed, (rows,)).items()}
    packed, _ = model.pack(start if len(start) > 1 else next(iter(start.values())))
    return model, packed.astype(dtype)


names, seeds, steps = st.sampled_from(sorted(SYSTEMS)), st.integers(0, 99), st.floats(-3, 2).map(lambda e: 10.0**e)


# the law


@given(names, seeds, steps, st.sampled_from((0.1, 2.0, 20.0)))
def test_no_step_of_any_size_raises_the_energy_of_any_memory(name: str, seed: int, step: float, scale: float) -> None:
    model, start = drawn(name, seed, scale=scale)
    assert largest_rise(started(model, start), step) <= 0


@given(names, seeds, steps)
@settings(max_examples=6)
def test_nor_in_single_precision(name: str, seed: int, step: float) -> None:
    model, start = drawn(name, seed, dtype=np.float32)
    assert largest_rise(started(model, start), step) <= 0


@pytest.mark.parametrize("step", [0.5, 5.0, 50.0])
def test_nor_of_a_softmax_memory_of_64_neurons_and_256_patterns_which_explicit_euler_raises_by_units(step: float) -> None:
    rng = np.random.default_rng(3)
    model = bound(am.zoo.softmax_memory(), xi=rng.normal(size=(64, 256)), beta=4.0, tau_v=1.0, tau_h=1.0)
    state, _ = model.pack({"v": rng.normal(size=(4, 64)), "h": rng.normal(size=(4, 256))})
    stepper = started(model, state)
    assert largest_rise(stepper, step, 16) <= 0
    assert np.all(model.packed_energy(stepper.y) < model.packed_energy(state) - 1)
    euler, worst = state.copy(), 0.0
    for _ in range(16):
        moved = euler + 0.5 * model.packed_flow(euler)
        worst = max(worst, float(np.max(model.packed_energy(moved) - model.packed_energy(euler))))
        euler = moved
    assert worst > 1


@pytest.mark.parametrize(("correction", "look", "rises"), [(True, True, False), (False, True, False), (False, False, True)])
def test_without_the_correction_and_the_look_at_each_step_the_energy_is_seen_to_rise(
    monkeypatch: pytest.MonkeyPatch, correction: bool, look: bool, rises: bool
) -> None:
    """With neither it is the midpoint rule, which raises E by 0.7; the look alone refuses its steps."""
    if not correction:
        monkeypatch.setattr(discrete_gradient, "_correction", lambda g, *_: np.zeros_like(g))
    if not look:
        monkeypatch.setattr(Equations, "_lawful", lambda self, x, t, before, after, excess: np.isfinite(after))
    model, start = drawn("tanh", 0, rows=8)
    assert (largest_rise(started(model, start), 5.0) > 0.1) is rises


def test_the_energy_falls_at_the_rate_of_the_midpoint() -> None:
    model, start = drawn("tanh", 3, rows=6)
    stepper = started(model, start)
    stepper.h[:] = 0.5
    stepper.attempt()
    m = (stepper.y + stepper.proposal) / 2
    rate = np.einsum("rn,rn->r", model.packed_gradient(m), model.packed_flow(m))
    fall = model.packed_energy(stepper.proposal) - model.packed_energy(stepper.y)
    assert stepper.accepted.all()
    np.testing.assert_allclose(fall, stepper.step * rate, rtol=1e-4)


def test_an_energy_that_the_flow_keeps_is_kept() -> None:
    model = bound(OSCILLATOR)
    start = np.array([[1.0, 0.5], [2.0, -1.0]])
    for before, after, _ in attempts(started(model, start), 0.3, 50):
        np.testing.assert_allclose(after, before, rtol=1e-13)


def test_a_step_without_solution_is_refused_and_halved() -> None:
    stepper = started(*drawn("three_layers", 0))
    stepper.h[:] = 50.0
    stepper.attempt()
    refused = ~stepper.accepted
    assert refused.any()
    np.testing.assert_allclose(stepper.h[refused], 25.0, rtol=1e-3)
    before = stepper.y.copy()
    stepper.commit()
    np.testing.assert_array_equal(stepper.y[refused], before[refused])


# order


@pytest.mark.parametrize(
    ("system", "start", "closed"),
    [(SINH, 1.5, np.arcsinh(np.sinh(1.5) * np.exp(-1))), (FORCED, 1.0, 0.5)],
)
def test_the_global_error_falls_with_the_square_of_the_step(system: Any, start: float, closed: float) -> None:
    steps, errors, largest = 0.5 ** np.arange(2, 7), [], []
    estimates: list[float] = []
    for h in steps:
        stepper = started(bound(system), np.full((1, 1), start), end=1.0)
        for _ in range(round(1 / h)):
            stepper.h[:] = h
            stepper.attempt()
            assert stepper.accepted.all()
            estimates.append(abs(stepper.error[0, 0]))
            stepper.commit()
        errors.append(abs(stepper.y[0, 0] - closed))
        largest.append(max(estimates[-round(1 / h) :]))
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(2, abs=0.15)
    assert np.polyfit(np.log(steps), np.log(largest), 1)[0] > 2.7


def test_the_estimate_is_the_error_of_the_step() -> None:
    exact = np.arcsinh(np.sinh(0.5) * np.exp(-0.02))
    stepper = started(bound(SINH), np.full((1, 1), 0.5))
    stepper.h[:] = 0.02
    stepper.attempt()
    assert stepper.error[0, 0] == pytest.approx(stepper.proposal[0, 0] - exact, rel=0.02)


def test_the_dense_output_is_the_cubic_with_the_flow_at_both_ends() -> None:
    stepper = started(bound(CIRCLE), np.array([[1.0, 0.0]]))
    stepper.h[:] = 0.2
    stepper.attempt()
    rows, tiny = np.zeros(4, np.intp), 1e-6
    inside = stepper.interpolate(rows, np.array([0.0, tiny, 1 - tiny, 1.0]))
    np.testing.assert_allclose(inside[[0, 3]], [stepper.y[0], stepper.proposal[0]], rtol=1e-14)
    slopes = (inside[[1, 3]] - inside[[0, 2]]) / (tiny * stepper.step)
    np.testing.assert_allclose(slopes, [stepper.f[0], stepper.proposed_flow[0]], atol=1e-5)
    np.testing.assert_allclose(stepper.interpolate(rows[:1], np.array([0.5])), [[np.cos(0.1), -np.sin(0.1)]], atol=1e-3)


@pytest.mark.parametrize("rtol", [1e-3, 1e-5])
def test_errors_follow_the_tolerance(rtol: float) -> None:
    run = am.simulate(CIRCLE, None, {"q": 1.0, "p": 0.0}, t=3.0, method=METHOD, rtol=rtol, steady=None)
    end: Any = run.end
    assert abs(end["q"] - np.cos(3.0)) < 20 * rtol
    assert run.energies == pytest.approx(1.0, rel=1e-10)


# what simulate makes of it


def test_dead_neurons_move_by_the_midpoint_rule_along_a_flat_energy() -> None:
    b = np.array([-1.0, -0.5])
    model = bound(am.zoo.hopfield(activation="relu"), W=np.ones((2, 2)), b=b)
    stepper = started(model, np.array([[-3.0, -0.1], [-0.2, -4.0]]))
    stepper.h[:] = 1.5
    y = stepper.y.copy()
    assert not model.packed_gradient(y).any()
    stepper.attempt()
    assert stepper.accepted.all()
    np.testing.assert_allclose(stepper.proposal, (y * (1 - 0.75) + 1.5 * b) / (1 + 0.75), rtol=1e-5)


def test_steady_states_are_those_of_the_explicit_method() -> None:
    rng = np.random.default_rng(1)
    W = rng.normal(size=(12, 12))
    params = {"W": (W + W.T) / 4, "b": rng.normal(size=12) / 10}
    starts = 2 * rng.normal(size=(20, 12))
    ours = am.simulate(am.zoo.hopfield(), params, starts, t=500, method=METHOD, rtol=1e-3)
    other = am.simulate(am.zoo.hopfield(), params, starts, t=500, method="order 5")
    assert np.all(ours.ended(am.Outcome.STEADY))
    np.testing.assert_allclose(np.asarray(ours.end), np.asarray(other.end), atol=1e-6)
    assert ours.statistics["largest_energy_rise"].max() < 1e-12


def test_loose_tolerances_take_steps_as_long_as_can_be_solved_and_still_fall() -> None:
    model, start = drawn("tanh", 5, rows=5)
    run = am.simulate(model, None, start, t=200.0, method=METHOD, rtol=1e3, atol=1e3, steady=None, save="steps")
    for times, energies in zip(run.times, run.energies, strict=True):
        assert np.diff(times).max() > 10
        assert np.all(np.diff(energies) <= 1e-12)


def test_a_flow_that_climbs_is_followed_uphill_and_named() -> None:
    climbing = am.System(flow={y[i]: y[i] - y[i] ** 3}, energy=am.total(y[i] ** 2 / 2 - y[i] ** 4 / 4, i))
    run = am.simulate(climbing, None, [0.1, -0.2], method=METHOD, rtol=1e-3)
    assert run.outcomes is am.Outcome.ENERGY_ROSE
    unwatched = am.simulate(climbing, None, [0.1, -0.2], method=METHOD, rtol=1e-3, energy_check=False)
    assert unwatched.outcomes is am.Outcome.STEADY
    np.testing.assert_allclose(np.asarray(unwatched.end), [1, -1], atol=1e-6)


def test_a_flow_that_falls_is_not_called_climbing() -> None:
    falling = am.System(flow={y[i]: y[i] - y[i] ** 3}, energy=-am.total(y[i] ** 2 / 2 - y[i] ** 4 / 4, i))
    assert am.simulate(falling, None, [0.1, -0.2], method=METHOD, rtol=1e-3).outcomes is am.Outcome.STEADY


def test_clamped_components_stay_and_the_energy_of_the_others_falls() -> None:
    model, start = drawn("tanh", 2, rows=5)
    free = np.arange(start.shape[1]) > 0
    stepper = started(Clamped(model, free), start)
    assert largest_rise(stepper, 2.0) <= 0
    np.testing.assert_array_equal(stepper.y[:, 0], start[:, 0])
    assert np.all(stepper.y[:, 1:] != start[:, 1:])


def test_events_and_saved_times_are_read_off_the_dense_output() -> None:
    decay = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 2, i) / 2)
    half = am.Event(am.total(y[i], i) - 0.5, terminal=True)
    run = am.simulate(decay, {}, [1.0], method=METHOD, rtol=1e-5, save=[0.1, 0.4], events={"half": half})
    assert run.outcomes is am.Outcome.EVENT
    assert run.events is not None
    assert run.events["half"].times[0] == pytest.approx(np.log(2), rel=1e-3)
    np.testing.assert_allclose(run.states[:, 0], np.exp([-0.1, -0.4]), rtol=1e-4)


def test_the_packed_gradient_is_the_gradient() -> None:
    model, start = drawn("three_layers", 1)
    packed, restore = model.pack(model.pack(states(SYSTEMS["three_layers"](), 1, (4,)))[1](start))
    gradient, _ = model.pack(model.gradient(restore(packed)))
    np.testing.assert_array_equal(model.packed_gradient(packed), gradient)


def test_evaluations_of_each_row_are_counted() -> None:
    model = bound(OSCILLATOR)
    calls: list[int] = []

    def flow(y: Array, out: Array | None = None, t: Any = 0.0) -> Array:
        calls.append(len(y))
        return model.packed_flow(y, out=out, t=t)

    others = {"packed_energy": model.packed_energy, "packed_gradient": model.packed_gradient}
    counting: Any = SimpleNamespace(has_energy=True, packed_flow=flow, **others)
    stepper = started(counting, np.array([[1.0, 0.5], [30.0, -1.0]]))
    calls.clear()
    stepper.h[:] = 0.05
    stepper.attempt()
    assert int(np.sum(stepper.evaluations)) == sum(calls)


def test_a_system_without_energy_is_refused_with_a_remedy() -> None:
    with pytest.raises(am.InputError, match=r"no energy that .*: give System\(energy=...\), or say method='order 5'"):
        am.simulate(am.System(flow={y[i]: -y[i]}), None, [1.0], method=METHOD)
    field: Any = SimpleNamespace(has_energy=True)
    with pytest.raises(am.InputError, match="the field is SimpleNamespace; a discrete gradient needs the packed_gradient"):
        started(field, np.ones((1, 1)))

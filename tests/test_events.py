"""Laws of events: where they are found, which way, and that a terminal one ends its trajectory there and records nothing after."""

from __future__ import annotations

import numpy as np
import pytest

import amsym as am
from numeric.methods import METHODS

i = am.index("i", "N")
y = am.state("y", "N")
decay = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 2, i) / 2)
# At 1e-9 a method of order 2 takes 5 s; events on it are in test_discrete_gradient.
every = pytest.mark.parametrize("method", sorted(METHODS.keys() - {"discrete gradient"}))

a, b = am.state("a"), am.state("b")
circle = am.System(flow={a: -b, b: a})


@every
def test_an_event_is_found_where_the_closed_solution_has_it(method: str) -> None:
    """|y|² = e^{-2t} |y0|² passes 1/4 at t = log(2 |y0|)."""
    starts = np.array([[1.0, 0.0], [2.0, 1.0], [0.1, 0.1]])
    run = am.simulate(decay, {}, starts, method=method, rtol=1e-9, atol=1e-12, events={"half": am.total(y[i] ** 2, i) - 0.25})
    assert run.events is not None
    times, states = run.events["half"].times, run.events["half"].states
    np.testing.assert_allclose(np.concatenate(times), np.log(2 * np.linalg.norm(starts[:2], axis=1)), rtol=1e-7)
    assert [len(t) for t in times] == [1, 1, 0]
    np.testing.assert_allclose(np.sum(np.concatenate(states) ** 2, axis=1), 0.25, rtol=1e-7)


@every
def test_directions_pick_every_second_zero_of_a_turning_phase(method: str) -> None:
    events = {way: am.Event(a, direction=way) for way in ("up", "down", "both")}
    run = am.simulate(circle, {}, {"a": 1.0, "b": 0.0}, t=10.0, method=method, rtol=1e-9, steady=None, events=events)
    assert run.events is not None
    np.testing.assert_allclose(run.events["down"].times, np.pi * np.array([0.5, 2.5]), rtol=1e-6)
    np.testing.assert_allclose(run.events["up"].times, [1.5 * np.pi], rtol=1e-6)
    np.testing.assert_allclose(run.events["both"].times, np.pi * np.array([0.5, 1.5, 2.5]), rtol=1e-6)


@every
def test_a_terminal_event_ends_its_trajectory_and_nothing_is_kept_after_it(method: str) -> None:
    half = am.Event(lambda state, t: state[:, 0] - 0.5, terminal=True)
    late = am.Event(lambda state, t: state[:, 0] - 0.4)
    starts = np.array([[1.0], [0.3]])
    options = {"method": method, "t": 3.0, "steady": None, "rtol": 1e-8, "events": {"half": half, "late": late}}
    end = am.simulate(decay, {}, starts, **options)
    assert [o.name for o in end.outcomes] == ["EVENT", "TIME_OVER"]
    assert end.times[0] == pytest.approx(np.log(2), rel=1e-6)
    assert end.end[0, 0] == pytest.approx(0.5)
    assert [len(t) for t in end.events["late"].times] == [0, 0]
    saved = am.simulate(decay, {}, starts, save=[0.0, 0.5, 1.0], **options)
    np.testing.assert_allclose(saved.states[0, :, 0], [1.0, np.exp(-0.5), np.nan], rtol=1e-6)
    steps = am.simulate(decay, {}, starts, save="steps", **options)
    assert steps.times[0][-1] == pytest.approx(np.log(2), rel=1e-6)
    assert steps.energies[0][-1] == pytest.approx(0.125)


def test_of_two_terminal_events_in_one_step_the_first_counts() -> None:
    events = {str(c): am.Event(lambda state, t, c=c: state[:, 0] - c, terminal=True) for c in (0.9, 0.95, 0.99)}
    run = am.simulate(decay, {}, [1.0], method="order 8", rtol=1e-6, events=events)
    assert run.times == pytest.approx(-np.log(0.99), rel=1e-5)
    assert run.events is not None
    assert [len(run.events[name].times) for name in events] == [0, 0, 1]


def test_crossings_print_how_many_and_when() -> None:
    run = am.simulate(decay, {}, [[1.0], [2.0], [0.1], [4.0]], events={"half": am.total(y[i] ** 2, i) - 0.25})
    assert run.events is not None
    assert repr(run.events["half"]) == "3 crossings in 4 trajectories, at t = [0.6931], [1.3863], [], ..."


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([y[i]], "events is list; a mapping of names"),
        ({"x": 3}, "event 'x' has the condition 3"),
        ({"x": lambda state, t: state[:, 0] > 0.5}, "event 'x' gave truth values; numbers that pass through zero"),
        ({"x": lambda state, t: np.zeros(7)}, r"event 'x' gave shape \(7,\) for 1 states"),
    ],
)
def test_bad_events_are_named(events: object, message: str) -> None:
    with pytest.raises(am.InputError, match=message):
        am.simulate(decay, {}, [1.0], events=events)
    with pytest.raises(am.InputError, match="'up', 'down' or 'both'"):
        am.Event(y[i], direction="left")

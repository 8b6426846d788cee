"""Laws of steady_states: each start lands where integrating to the end lands, and what is not certain is not called converged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp

import amsym as am
from numeric.steady import capture
from numeric.steady.polish import polish

i, j = am.indices("i j", "N")
y = am.state("y", "N")
W = am.parameter("W", "N N")
network = am.System(flow={y[i]: am.total(W[i, j] * sp.tanh(y[j]), j) - y[i]})
PAIR = np.array([[0.0, 2.0], [2.0, 0.0]])
CONVERGED, AMBIGUOUS, DIVERGED, TIME_OVER = am.Arrival


def symmetric(n: int, radius: float, seed: int) -> np.ndarray:
    M = np.random.default_rng(seed).normal(size=(n, n))
    M = M + M.T
    return M * radius / np.abs(np.linalg.eigvalsh(M)).max()


def integrated(model: Any, starts: np.ndarray, rtol: float) -> np.ndarray:
    """Where integrating to a residual of 1e-8 leads, polished."""
    ends = am.simulate(model, None, starts, t=1e5, rtol=rtol, atol=rtol, steady=1e-8).end
    return np.array([polish(model, end).y for end in ends])


def misassigned(model: Any, starts: np.ndarray) -> int:
    """Starts that end elsewhere than integration leads, though two tolerances of it agree."""
    found = am.steady_states(model, None, starts)
    loose, tight = integrated(model, starts, 1e-8), integrated(model, starts, 1e-10)
    sure = np.abs(loose - tight).max(axis=1) < 1e-7
    assert sure.mean() > 0.99
    assert np.all(found.ended(CONVERGED)[sure])
    return int(np.sum(np.abs(found.states[found.origin] - tight).max(axis=1)[sure] > 1e-10))


@pytest.mark.parametrize("activation", ["tanh", "hard_tanh", "sigmoid"])
def test_every_start_lands_where_integrating_to_the_end_lands(activation: str) -> None:
    rng = np.random.default_rng(3)
    model = am.compile(am.zoo.hopfield(activation=activation)).bind({"W": 2 * symmetric(12, 1.6, 5), "b": 0.1 * rng.normal(size=12)})
    assert misassigned(model, 2 * rng.normal(size=(150, 12))) == 0


@pytest.mark.slow
@pytest.mark.parametrize("n", [16, 48, 128])
def test_thousands_of_starts_land_where_integrating_to_the_end_lands(n: int) -> None:
    rng = np.random.default_rng(n)
    for seed in range(3):
        model = am.compile(network).bind({"W": symmetric(n, 1.5, seed)})
        assert misassigned(model, rng.normal(size=(800, n)) * rng.choice([0.1, 1, 3], size=(800, 1))) == 0


def near_the_saddle(offset: float) -> np.ndarray:
    """Starts that flow past the saddle at 0 of PAIR, along its stable manifold y_0 = -y_1, at this distance."""
    return np.array([[1 + offset, -1 + offset], [1 - offset, -1 - offset]])


def test_a_trajectory_that_lingers_at_a_saddle_goes_where_it_leaves() -> None:
    found = am.steady_states(network, {"W": PAIR}, near_the_saddle(1e-5))
    assert np.all(found.ended(CONVERGED))
    assert np.sign(found.states[found.origin][:, 0]).tolist() == [1, -1]


def test_retiring_on_a_residual_instead_would_stop_at_the_saddle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted fault: rows are polished and retired where they are slow."""

    def careless(self: Any, rows: Any, y: Any, speed: Any) -> Any:
        return speed < 1e-3

    monkeypatch.setattr(capture.Capture, "_look", careless)
    monkeypatch.setattr(capture.Capture, "__call__", lambda self, rows, stepper: careless(self, rows, None, stepper.speed))
    run = am.steady_states(network, {"W": PAIR}, near_the_saddle(1e-5), max_steps=3)
    assert np.abs(run.states).max(initial=0) < 1e-6


def test_a_start_on_the_stable_manifold_of_a_saddle_is_ambiguous_and_its_state_is_told() -> None:
    found = am.steady_states(network, {"W": PAIR}, [1.0, -1.0])
    assert found.outcomes == AMBIGUOUS
    np.testing.assert_allclose(found.states, [[0, 0]], atol=1e-9)
    assert found.regions == [None]


def test_marginal_steady_states_are_ambiguous() -> None:
    linear = am.System(flow={y[i]: am.total(W[i, j] * y[j], j) - y[i]})
    found = am.steady_states(linear, {"W": np.diag([1.0, 0.5])}, [[1.0, 1.0], [2.0, 1.0]])
    assert np.all(found.ended(AMBIGUOUS))
    np.testing.assert_allclose(np.sort(found.states[:, 0]), [1, 2], atol=1e-8)


def test_divergence_and_rotation_are_told_apart() -> None:
    grows = am.System(flow={y[i]: y[i] ** 3})
    assert am.steady_states(grows, {}, [1.0]).outcomes == DIVERGED
    turns = am.steady_states(network, {"W": np.array([[2.0, -3.0], [3.0, 2.0]])}, [[1.0, 0.0]], t=50.0)
    assert turns.outcomes.tolist() == [TIME_OVER]
    assert len(turns) == 0
    assert turns.origin.tolist() == [-1]


def test_a_network_without_symmetry_converges_with_a_region_of_its_own_norm() -> None:
    rng = np.random.default_rng(0)
    M = 0.9 * rng.normal(size=(20, 20)) / np.sqrt(20)
    found = am.steady_states(network, {"W": M}, rng.normal(size=(10, 20)))
    assert np.all(found.ended(CONVERGED))
    np.testing.assert_allclose(found.states, 0, atol=1e-12)


def test_steady_states_are_exact_to_rounding_and_stable() -> None:
    rng = np.random.default_rng(7)
    found = am.steady_states(network, {"W": symmetric(10, 2.0, 1)}, rng.normal(size=(40, 10)))
    assert found.statistics["residuals"].max() < 1e-14
    assert {s.kind for s in found.stability} == {"stable"}
    assert found.visits.sum() == 40
    assert np.all(np.diff(found.visits) <= 0)


def test_the_order_of_the_starts_does_not_matter() -> None:
    starts = np.random.default_rng(2).normal(size=(30, 8))
    one = am.steady_states(network, {"W": symmetric(8, 2.0, 3)}, starts)
    two = am.steady_states(network, {"W": symmetric(8, 2.0, 3)}, starts[::-1])
    np.testing.assert_allclose(one.states[one.origin], two.states[two.origin][::-1], atol=1e-12)


def test_labels_tell_what_is_recalled() -> None:
    """Hebbian weights of three orthogonal patterns: each is stored, and so is the mixture of all three, which is no pattern."""
    xi = np.array([[1, 1, 1, 1, -1, -1, -1, -1], [1, 1, -1, -1, 1, 1, -1, -1], [1, -1, 1, -1, 1, -1, 1, -1]], dtype=float)
    weights = 4 * (xi.T @ xi) / 8
    starts = np.concatenate([xi, -xi[:1], [np.sign(xi.sum(axis=0))]])
    found = am.steady_states(am.zoo.hopfield(), {"W": weights, "b": np.zeros(8)}, starts, patterns=xi)
    assert [found.labels[k] for k in found.origin] == ["stored"] * 4 + ["mixed"]
    other = [[1, -1, -1, 1, -1, 1, 1, -1]]
    skewed = am.steady_states(am.zoo.hopfield(), {"W": weights, "b": np.zeros(8)}, starts[:1], patterns=other)
    assert set(skewed.labels) == {"spurious"}


def test_patterns_by_name_are_those_of_that_state_though_another_would_fit() -> None:
    """Two layers of one size, of which the first has every sign turned: y recalls xi, z recalls its product with (1, 1, -1, -1)."""
    z = am.state("z", "N")
    turned = am.parameter("turned", "N")
    flow = {y[i]: -y[i] + 2 * sp.tanh(2 * y[i]), z[i]: -z[i] + turned[i] * sp.tanh(y[i])}
    params, start = {"turned": [1.0, 1.0, -1.0, -1.0]}, {"y": np.ones(4), "z": np.zeros(4)}
    found = {name: am.steady_states(am.System(flow=flow), params, start, patterns={name: [[1, 1, 1, 1]]}).labels for name in ("y", "z")}
    assert found == {"y": ["stored"], "z": ["spurious"]}


def test_patterns_that_do_not_fit_are_told_before_the_flow_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numeric.steady.states.Search.run", lambda *_: pytest.fail("the flow was followed"))
    with pytest.raises(am.InputError, match="patterns has shape"):
        am.steady_states(am.System(flow={y[i]: -y[i]}), {}, np.zeros((1, 2)), patterns=np.ones((1, 3)))


def test_one_start_is_no_plural_and_no_starts_leave_no_colon() -> None:
    leak = am.System(flow={y[i]: -y[i]})
    assert repr(am.steady_states(leak, {}, [1.0, 2.0])).startswith("1 steady state from 1 start: 1 CONVERGED\n  0: 1 start, ")
    assert repr(am.steady_states(leak, {}, np.zeros((0, 2)))) == "0 steady states from 0 starts"


def test_outcomes_print_their_names_and_hold_their_sentences() -> None:
    assert repr([CONVERGED, am.Outcome.STEADY]) == "[Arrival.CONVERGED, Outcome.STEADY]"
    assert CONVERGED.value == "it entered a region around the steady state that no trajectory leaves"


def test_dead_neurons_are_told() -> None:
    found = am.steady_states(am.zoo.hopfield("relu"), {"W": [[0.5, 0.0], [0.0, 0.5]], "b": [1.0, -1.0]}, [[1.0, 1.0]])
    assert found.labels == ["dead-flat"]


def test_named_states_and_batch_axes_come_back_as_they_went_in() -> None:
    v = am.Layer("v", "N", am.lagrangians.tanh(), tau=0.5)
    h = am.Layer("h", "K", am.lagrangians.tanh(), tau=2)
    memory = am.Memory([v, h], [am.synapses.dense(v, h, weights="xi")])
    rng = np.random.default_rng(4)
    found = am.steady_states(memory, {"xi": 2 * rng.normal(size=(4, 3))}, {"v": rng.normal(size=(2, 5, 4)), "h": np.zeros((2, 5, 3))})
    assert found.origin.shape == found.outcomes.shape == (2, 5)
    assert found.states["v"].shape == (len(found), 4)
    assert found.states["h"].shape == (len(found), 3)
    assert np.all(found.ended(CONVERGED))


@pytest.mark.parametrize(
    ("system", "options", "message"),
    [
        (am.zoo.spins(), {}, "the system has an update; a flow was expected"),
        (am.System(flow={y[i]: sp.cos(am.time) - y[i]}), {}, "the flow depends on time"),
        (am.System(flow={y[i]: -y[i]}), {"patterns": np.ones((2, 7))}, r"patterns has shape \(2, 7\)"),
        (am.System(flow={y[i]: -y[i]}), {"patterns": np.ones(7)}, r"pass one pattern a row, \[xi\]"),
        (am.System(flow={y[i]: -y[i]}), {"patterns": "xi"}, "patterns is no array of numbers"),
        (am.System(flow={y[i]: -y[i]}), {"patterns": {"x": np.ones((2, 2))}}, "patterns name x; one of y was expected"),
        (am.System(flow={y[i]: -y[i]}), {"patterns": [[np.nan, 1.0]]}, "patterns hold a number that is not finite"),
        (am.System(flow={y[i]: -y[i]}), {"method": "magic"}, "method is 'magic'"),
    ],
)
def test_bad_input_is_named(system: am.System, options: dict[str, Any], message: str) -> None:
    params = {"W": np.zeros((2, 2)), "b": np.zeros(2)} if system.parameters else {}
    with pytest.raises(am.InputError, match=message):
        am.steady_states(system, {k: v for k, v in params.items() if k in {p.name for p in system.parameters}}, np.ones((1, 2)), **options)


@pytest.mark.parametrize(("rtol", "nearest"), [(1e-6, 4), (1e-8, 6), (1e-10, 8)])
def test_starts_beside_a_saddle_that_repels_fast_end_on_their_own_side_as_near_as_the_tolerance_tells(rtol: float, nearest: int) -> None:
    x, u = am.state("x", ""), am.state("u", "")
    model = am.compile(am.System(flow={x: -x, u: 10 * (u - u**3) + sp.sin(3 * x)})).bind({})
    low, high = -1.5, 1.5  # of u where x = 2, on either side of the saddle's stable manifold
    for _ in range(45):
        middle = (low + high) / 2
        end: Any = am.simulate(model, None, {"x": 2.0, "u": middle}, t=20.0, rtol=1e-12, atol=1e-14, steady=None).end
        low, high = (low, middle) if end["u"] > 0 else (middle, high)
    beside = np.array([1.0, -1.0])[:, None] * 10.0 ** -np.arange(2, nearest + 1)
    found = am.steady_states(model, None, {"x": np.full(beside.shape, 2.0), "u": low + beside}, rtol=rtol)
    sure = found.ended(CONVERGED)
    assert sure.mean() > 0.8
    assert np.array_equal(np.sign(found.states["u"][found.origin])[sure], np.sign(beside)[sure])


@pytest.mark.parametrize(("name", "value"), [("rtol", 0.0), ("rtol", -1.0), ("rtol", np.nan), ("atol", 0.0), ("residual", -1.0)])
def test_tolerances_that_are_none_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(am.InputError, match=f"{name} is .* was expected"):
        am.steady_states(am.zoo.hopfield(), {"W": PAIR, "b": [0.0, 0.0]}, [1.0, 0.5], **{name: value})  # type: ignore[arg-type]


def test_patterns_that_are_not_finite_are_refused() -> None:
    with pytest.raises(am.InputError, match="patterns hold a number that is not finite"):
        am.steady_states(am.zoo.hopfield(), {"W": PAIR, "b": [0.0, 0.0]}, [1.0, 0.5], patterns=[[1.0, 1.0], [np.nan, 1.0]])


@pytest.mark.parametrize("power", [2, 3, 5])
def test_a_degenerate_steady_state_is_one_however_it_is_come_to(power: int) -> None:
    x = am.state("x", "")
    found = am.steady_states(am.System(flow={x: -x * sp.Abs(x) ** (power - 1)}), {}, np.array([-1.0, -0.3, 0.7, 1.5]), t=1e9)
    assert np.all(found.outcomes == AMBIGUOUS)
    assert len(found) == 1
    assert abs(found.states[0]) < 1e-6

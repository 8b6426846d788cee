"""A certified basin holds no state that does not flow to its steady state, and says so only on exact numbers."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy as sp
from basin_checks import ball_faults_of, dense_memory, double_well, drawn_in, faults_of, pushed, reach_towards, stuck_at
from hypothesis import given, settings
from hypothesis import strategies as st

import amsym as am
from amsym.errors import InputError, ModelError
from amsym.verdict import Status

TANH = {"W": [[2.0, 0.3], [0.3, 1.5]], "b": [0.0, 0.1]}
RELU = {"W": [[0.5, 0.0], [0.0, 3.0]], "b": [1.0, -1.0]}
TWISTED = {"W": [[1.5, 0.6], [0.2, 1.4]], "b": [0.0, 0.0]}
MEMORY = {"xi": [[1.0, 0.0], [-0.5, 0.8]], "beta": 4.0}

# Name, system, parameters, a start next to the state, the domain, and the kind of set.
MODELS: dict[str, tuple[Any, Any, list[float], Any, str | None]] = {
    "double well": (double_well(), {}, [1.0], None, None),
    "two double wells": (double_well(), {}, [1.0, -1.0], None, None),
    "tanh": (am.zoo.hopfield("tanh"), TANH, [2.2, 1.8], None, None),
    "asymmetric tanh": (am.zoo.hopfield("tanh", symmetric=False), TWISTED, [1.9, 1.2], None, "ball"),
    "relu, one dead": (am.zoo.hopfield("relu"), RELU, [2.0, -1.0], None, "ball"),
    "dense memory": (dense_memory(), MEMORY, [1.0, 0.0], {"v": (-1.5, 1.5)}, "ball"),
    "dense memory, walled": (dense_memory(), MEMORY, [1.0, 0.0], {"v": (-1.5, 1.5)}, None),
}
FAST = [pytest.param(name, marks=pytest.mark.slow) if name == "dense memory, walled" else name for name in MODELS]


@cache
def of(name: str) -> tuple[Any, Any, np.ndarray[Any, Any], am.CertifiedBasin]:
    """The model, its parameters, the steady state and the basin."""
    system, params, start, domain, kind = MODELS[name]
    state = am.steady_states(system, params, [start]).states[0]
    return system, params, state, am.certified_basin(system, params, state, domain, kind=kind)


@pytest.mark.parametrize("name", FAST)
def test_a_stable_state_off_the_kinks_has_a_certified_basin(name: str) -> None:
    _, _, state, basin = of(name)
    assert basin.verdict.status is Status.CERTIFIED
    assert basin.verdict.holds
    assert basin.contains(state)
    low, high = basin.state
    assert np.all(low <= state + 1e-9)
    assert np.all(state - 1e-9 <= high)
    assert np.all(high - low < 1e-6)
    assert basin.kind == ("ball" if MODELS[name][4] == "ball" else "sublevel set")


@pytest.mark.parametrize("name", FAST)
@given(seed=st.integers(0, 2**31))
@settings(max_examples=3, deadline=None)
def test_every_start_in_the_set_flows_to_the_state(name: str, seed: int) -> None:
    system, params, state, basin = of(name)
    assert basin.box is not None
    starts = drawn_in(basin.box, basin.contains, np.random.default_rng(seed), 20)
    assert len(starts)
    assert not len(stuck_at(system, params, starts, state))


@pytest.mark.parametrize("name", ["double well", "two double wells", "tanh", "asymmetric tanh"])
def test_a_set_made_larger_by_a_third_is_caught_by_a_start_beyond_the_saddle(name: str) -> None:
    system, params, state, basin = of(name)
    saddle = {"two double wells": np.array([1.0, 0.0]), "double well": np.zeros(1)}.get(name)
    if saddle is None:
        zeros = am.steady_states(system, params, [state * 0.0, state * 1e-3]).states
        saddle = np.zeros(2) if name == "asymmetric tanh" else _zero_near(system, params, np.zeros(2))
        assert len(zeros)
    reach = reach_towards(basin.contains, state, saddle)
    assert 0.6 < reach < 1
    assert not len(stuck_at(system, params, pushed(state, saddle, 1.0, reach)[None], state))
    assert len(stuck_at(system, params, pushed(state, saddle, 1.3 / reach, reach)[None], state))


def _zero_near(system: Any, params: Any, y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    from numeric.steady.polish import polish

    return polish(am.compile(system).bind(params), y).y


@pytest.mark.parametrize("kind", ["ball", None])
def test_in_one_dimension_nine_tenths_of_the_way_to_the_saddle_are_reached(kind: str | None) -> None:
    well = am.certified_basin(double_well(), {}, [1.0], kind=kind)
    assert reach_towards(well.contains, np.ones(1), np.zeros(1)) > 0.9
    tanh = am.zoo.hopfield("tanh")
    state = am.steady_states(tanh, {"W": [[2.0]], "b": [0.0]}, [[1.9]]).states[0]
    assert reach_towards(am.certified_basin(tanh, {"W": [[2.0]], "b": [0.0]}, state, kind=kind).contains, state, np.zeros(1)) > 0.9


def test_the_set_of_low_energy_reaches_farther_than_the_ball_where_the_ball_is_stopped_by_another_saddle() -> None:
    _, _, state, basin = of("tanh")
    ball = am.certified_basin(*MODELS["tanh"][:2], state, kind="ball")
    assert basin.kind == "sublevel set"
    assert basin.radius == ball.radius
    rng = np.random.default_rng(0)
    starts = drawn_in(basin.box, basin.contains, rng, 40)  # type: ignore[arg-type]
    assert any(not ball.contains(y) for y in starts)
    assert all(basin.contains(y) for y in starts if ball.contains(y))


@pytest.mark.parametrize("state", [[0.0], [0.0, 1.0]])
def test_unstable_states_and_saddles_are_refused(state: list[float]) -> None:
    with pytest.raises(InputError, match=r"1 growing direction.*only a stable state has a basin"):
        am.certified_basin(double_well(), {}, state)


def test_what_is_not_asked_well_is_refused_in_words() -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    with pytest.raises(InputError, match="not steady") as told:
        am.certified_basin(double_well(), {}, [0.5])
    assert "steady=" not in str(told.value)
    with pytest.raises(InputError, match="kind is 'cube'"):
        am.certified_basin(double_well(), {}, [1.0], kind="cube")
    with pytest.raises(InputError, match="boxes"):
        am.certified_basin(double_well(), {}, [1.0], boxes=-3)
    with pytest.raises(InputError, match="outside of the domain"):
        am.certified_basin(double_well(), {}, [1.0], {"y": (2, 3)})
    with pytest.raises(InputError, match="names 'z'"):
        am.certified_basin(double_well(), {}, [1.0], {"z": (2, 3)})
    with pytest.raises(InputError, match="has shape"):
        am.certified_basin(double_well(), {}, [1.0, 1.0], {"y": ([0.0], [3.0])})
    with pytest.raises(InputError, match="batch axes"):
        am.certified_basin(double_well(), {}, [[1.0]])
    with pytest.raises(ModelError, match="depends on time"):
        am.certified_basin(am.System(flow={y[i]: -y[i] * (2 + sp.sin(am.time))}), {}, [0.0])
    with pytest.raises(ModelError, match="has no energy"):
        am.certified_basin(am.System(flow={y[i]: -y[i]}), {}, [0.0], kind="sublevel set")
    with pytest.raises(InputError, match="discrete time"):
        am.certified_basin(am.zoo.spins(), {"W": [[0.0, 1.0], [1.0, 0.0]]}, [1.0, 1.0])


def test_membership_is_asked_of_one_finite_state() -> None:
    basin = of("double well")[3]
    with pytest.raises(InputError, match="batch axes"):
        basin.contains([[1.0], [1.0]])
    with pytest.raises(InputError, match="not finite"):
        basin.contains([np.nan])


def test_membership_of_a_ball_is_decided_to_the_last_bit() -> None:
    basin = am.certified_basin(double_well(), {}, [1.0], {"y": (0.5, 1.5)}, kind="ball")
    assert basin.radius is not None
    edge = float(basin.center[0]) + basin.radius  # to the last bit but one
    inside = [basin.contains([y]) for y in (np.nextafter(np.nextafter(edge, 0), 0), np.nextafter(np.nextafter(edge, 9), 9))]
    assert inside == [True, False]


@pytest.mark.parametrize("name", ["double well", "two double wells"])
def test_another_well_of_as_low_an_energy_is_not_in_the_set(name: str) -> None:
    _, _, state, basin = of(name)
    assert basin.level is not None
    assert not basin.contains(-state)
    assert not basin.contains(-0.9 * state)


def test_the_set_keeps_to_its_domain() -> None:
    for kind in ("ball", None):
        basin = am.certified_basin(double_well(), {}, [1.0], {"y": (0.5, 3.0)}, kind=kind)
        assert basin.box is not None
        assert basin.box[0][0] >= 0.5 - 1e-12
        assert basin.box[1][0] <= 3.0
        assert not basin.contains([0.4999])


@pytest.mark.parametrize("name", ["tanh", "relu"])
def test_next_to_other_steady_states_nothing_is_certified_and_the_reason_is_told(name: str) -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    flat = (
        am.System(flow={y[i]: am.total(y[i], i) * 0 - (y[i] - sp.tanh(y[i]))})
        if name == "tanh"
        else am.System(flow={y[i]: -sp.Max(0, y[i])})
    )
    basin = am.certified_basin(flat, {}, [0.0] if name == "tanh" else [-1.0])
    assert basin.kind == "none"
    assert basin.verdict.status is Status.UNDECIDED
    assert basin.box is None
    assert "flat or dead direction" in basin.verdict.reason
    assert "No certified basin" in str(basin)
    assert not basin.contains([0.0])


def test_no_ball_reaches_over_a_jump_of_the_flow() -> None:
    # dy/dt = 2 [y > 0] - 1 - y has J = -1 on both sides of 0, and the steady states 1 and -1.
    i, y = am.index("i", "N"), am.state("y", "N")
    jump = am.System(flow={y[i]: 2 * am.mask(y[i] > 0) - 1 - y[i]})
    basin = am.certified_basin(jump, {}, [1.0])
    assert basin.kind == "ball"
    assert basin.radius is not None
    assert 0.9 < basin.radius < 1


def test_a_ball_reaches_over_a_kink_that_a_continuous_flow_has() -> None:
    _, _, state, basin = of("relu, one dead")
    # The dead neuron wakes at 0 and has its saddle at 1/2: three quarters of the way and the kink lie within.
    assert reach_towards(basin.contains, state, np.array([2.0, 0.5])) > 0.85


def test_a_flow_that_contracts_everywhere_has_as_large_a_ball_as_is_tried() -> None:
    basin = am.certified_basin(am.zoo.hopfield("tanh"), {"W": [[0.5, 0.1], [0.1, 0.2]], "b": [0.0, 0.0]}, [0.0, 0.0])
    assert basin.kind == "ball"
    assert basin.radius is not None
    assert basin.radius >= 64
    assert "as large as" in basin.verdict.reason


def test_a_named_state_comes_back_by_name() -> None:
    params = {"xi": [[2.0, -1.0]], "beta": 1.0, "tau_v": 1.0, "tau_h": 0.5}
    found = am.steady_states(am.zoo.softmax_memory(), params, {"v": [[1.0]], "h": [[1.0, 0.0]]}).states
    state = {name: rows[0] for name, rows in found.items()}
    basin = am.certified_basin(am.zoo.softmax_memory(), params, state, kind="ball")
    assert basin.contains(state)
    assert set(basin.state[0]) == {"v", "h"}
    assert basin.verdict.holds


@pytest.mark.parametrize(
    "name", [name for name in FAST if name in ("double well", "two double wells", "tanh") or not isinstance(name, str)]
)
def test_a_certificate_is_plain_data_that_stands_up_to_draws(name: str) -> None:
    system, params, _, basin = of(name)
    certificate = json.loads(json.dumps(basin.verdict.to_dict()))["certificate"]
    model = am.compile(system).bind(params, sizes=certificate["sizes"])
    assert certificate["kind"] == "interval cover"
    assert not faults_of(model, certificate, np.random.default_rng(1))


def test_draws_catch_what_was_tampered_with() -> None:
    system, params, _, basin = of("tanh")
    model, rng = am.compile(system).bind(params), np.random.default_rng(2)
    sound = json.loads(json.dumps(basin.verdict.certificate))
    higher = copy.deepcopy(sound)
    higher["basin"]["sublevel"]["level"] += 0.1
    assert faults_of(model, higher, rng)
    for was, now in (("out", "in"), ("out", "other"), ("other", "in"), ("in", "out")):
        changed = copy.deepcopy(sound)
        changed["basin"]["sublevel"]["tree"] = _renamed(changed["basin"]["sublevel"]["tree"], was, now)
        assert faults_of(model, changed, rng), (was, now)


@pytest.mark.parametrize("name", FAST)
def test_the_ball_of_a_certificate_stands_up_to_draws_and_a_tampered_one_does_not(name: str) -> None:
    system, params, _, basin = of(name)
    sound = json.loads(json.dumps(basin.verdict.certificate))
    model, rng = am.compile(system).bind(params, sizes=sound["sizes"]), np.random.default_rng(3)
    assert not ball_faults_of(model, sound, rng)
    for part, factor in (("radius", 100.0 if "dense" in name else 3.0), ("rate", 1e5), ("slack", 0.0), ("core", 1e6)):
        changed = copy.deepcopy(sound)
        changed["basin"]["ball"][part] *= factor
        # Where f vanishes exactly at the centre no slack is needed.
        assert ball_faults_of(model, changed, rng) or (part == "slack" and not np.any(model.flow(basin.center))), part


def _renamed(tree: Any, was: str, now: str) -> Any:
    if isinstance(tree, str):
        return now if tree == was else tree
    return [*tree[:2], _renamed(tree[2], was, now), _renamed(tree[3], was, now)]


@pytest.mark.slow
@pytest.mark.parametrize(("n", "seed"), [(3, 0), (3, 1), (4, 2)])
def test_starts_in_the_sets_of_random_networks_flow_to_their_states(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, n))
    W += W.T
    params = {"W": W * 2 / np.abs(np.linalg.eigvalsh(W)).max(), "b": 0.1 * rng.normal(size=n)}
    system = am.zoo.hopfield("tanh")
    state = am.steady_states(system, params, rng.normal(size=(10, n))).states[0]
    basin = am.certified_basin(system, params, state)
    assert basin.verdict.holds
    assert basin.box is not None
    starts = drawn_in(basin.box, basin.contains, rng, 300)
    assert len(starts)
    assert not len(stuck_at(system, params, starts, state))

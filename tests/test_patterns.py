"""Steady states of piecewise affine flows: all of them, each once, exactly."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from pattern_networks import PIECES, activation, flow, is_singular, points, reduced

import amsym as am
from amsym import zoo
from amsym.errors import InputError, ModelError
from amsym.verdict import Status
from proofs.patterns import Continuum, PatternStates, enumerate_states, enumeration, is_piecewise_affine
from proofs.question import question

small = st.integers(-2, 2)
Point = tuple[Fraction, ...]


def listed(name: str, W: Any, b: Any, domain: Any = None) -> PatternStates:
    params = {"W": [[float(x) for x in row] for row in W], "b": [float(x) for x in b]}
    return enumerate_states(question(zoo.hopfield(name, symmetric=False), params, domain))


@st.composite
def networks(draw: Any, largest: int = 3) -> tuple[list[list[Fraction]], list[Fraction]]:
    n = draw(st.integers(1, largest))
    row = st.lists(small.map(Fraction), min_size=n, max_size=n)
    return draw(st.lists(row, min_size=n, max_size=n)), draw(row)


def states_of(found: PatternStates) -> list[Point]:
    return [s.values["y"] for s in found.states]


def holds(found: PatternStates, continuum: Continuum, name: str, y: Point) -> bool:
    """Whether a point lies in the closure of a piece, by its affine hull and its cuts."""
    ends = [None, *(high for _, high, _, _ in PIECES[name][:-1]), None]
    neurons = [int(words[2 : words.index("]")]) for words in found.chains]
    for p in continuum.pieces:
        rows = [list(d["y"]) for d in p.directions]
        gap = [a - b for a, b in zip(y, p.point["y"], strict=True)]
        in_hull = len(reduced(rows)) == len(reduced([*rows, gap])) if rows else not any(gap)
        sides = [(ends[k], y[n], ends[k + 1]) for n, k in zip(neurons, p.pattern, strict=True)]
        if in_hull and all((low is None or low <= x) and (high is None or x <= high) for low, x, high in sides):
            return True
    return False


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "hard_tanh"])
@given(data=st.data())
def test_every_steady_state_is_listed_once_and_nothing_else(name: str, data: Any) -> None:
    W, b = data.draw(networks(2 if name == "hard_tanh" else 3))
    if name == "leaky_relu":  # its slope is 1/10, so that W = 10 brings the singular cases
        W = [[10 * x if data.draw(st.booleans()) else x for x in row] for row in W]
    found = listed(name, W, b)
    assert found.complete
    states = states_of(found)
    assert len(set(states)) == len(states)
    assert not any(any(flow(name, W, b, y)) for y in states)
    assert not any(any(flow(name, W, b, p.point["y"])) for c in found.continua for p in c.pieces)
    expected = points(name, W, b)
    assert set(states) <= expected
    for y in expected:
        assert (y in states) + sum(holds(found, c, name, y) for c in found.continua) == 1
    assert bool(found.continua) == is_singular(name, W, b)


@given(W=networks(3))
def test_isolated_states_are_isolated_and_continua_are_not(W: Any) -> None:
    W, b = W
    found = listed("relu", W, b)
    for c in found.continua:
        assert c.dimension == max(p.dimension for p in c.pieces) > 0
        for p in c.pieces:
            near = [
                tuple(x + Fraction(s, 10**9) * v for x, v in zip(p.point["y"], d["y"], strict=True)) for d in p.directions for s in (1, -1)
            ]
            assert not any(any(flow("relu", W, b, y)) for y in near)
    for s in found.states:
        assert not any(holds(found, c, "relu", s.values["y"]) for c in found.continua)


def test_a_pattern_that_the_search_forgets_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    W, b = [[Fraction(0), Fraction(-2)], [Fraction(-2), Fraction(0)]], [Fraction(1), Fraction(1)]
    assert set(states_of(listed("relu", W, b))) == points("relu", W, b)

    def forgetful(problem: Any, limit: int) -> Any:
        tree = searched(problem, limit)
        tree.whole.popitem()
        return tree

    searched = enumeration.searched
    monkeypatch.setattr(enumeration, "searched", forgetful)
    assert set(states_of(listed("relu", W, b))) < points("relu", W, b)


@pytest.mark.parametrize("name", ["relu", "hard_tanh"])
def test_no_steady_state_found_by_following_the_flow_is_missing(name: str) -> None:
    rng = np.random.default_rng(3)
    for radius in (0.9, 2.0):
        W = rng.normal(size=(5, 5))
        W = (W + W.T) * radius / np.abs(np.linalg.eigvalsh(W + W.T)).max() - 0.2
        W, b = W - np.diag(np.diag(W)), rng.normal(size=5)
        system, params = zoo.hopfield(name), {"W": W, "b": b}
        found = enumerate_states(question(system, params))
        all_of_them = np.array([s.floats()["y"] for s in found.states])
        ends = am.steady_states(system, params, rng.normal(size=(40, 5)) * 2).states
        assert len(ends) > 0
        assert all(np.abs(all_of_them - y).max(axis=1).min() < 1e-6 for y in ends)


def test_the_line_of_steady_states_of_one_neuron_with_unit_weight() -> None:
    found = listed("relu", [[1]], [0])
    assert not found.states
    assert found.continua[0].dimension == 1
    assert {p.pattern for p in found.continua[0].pieces} == {(0,), (1,)}  # the point 0 hangs together with the half-line


@pytest.mark.parametrize("n", [1, 2, 3])
def test_unit_weights_give_one_continuum_the_positive_orthant(n: int) -> None:
    found = listed("relu", np.eye(n), np.zeros(n))
    assert len(found.continua) == 1
    assert found.continua[0].dimension == n
    assert len(found.continua[0].pieces) == 2**n
    assert min(found.continua[0].point["y"]) > 0


def test_a_continuum_in_some_components_stands_beside_isolated_values_of_the_others() -> None:
    found = listed("relu", [[1, 0], [0, 3]], [0, -1])  # y0 >= 0 free; y1 = -1 or 1/2
    assert [c.dimension for c in found.continua] == [1, 1]
    assert sorted(c.point["y"][1] for c in found.continua) == [-1, Fraction(1, 2)]


def test_twice_the_identity_has_one_state_on_all_kinks_and_with_a_bias_two_for_each_neuron() -> None:
    origin = listed("relu", 2 * np.eye(3), np.zeros(3))
    assert states_of(origin) == [(0, 0, 0)]
    assert origin.states[0].kinks == ("max(0, y[0])", "max(0, y[1])", "max(0, y[2])")
    assert origin.states[0].stability is None
    assert "kinks" in origin.states[0].note
    assert set(states_of(listed("relu", 2 * np.eye(2), [-1, -1]))) == {*product((-1, 1), repeat=2)}


def test_without_weights_the_bias_is_the_state_also_on_the_kink() -> None:
    found = listed("relu", np.zeros((3, 3)), [1, 0, -1])
    assert states_of(found) == [(1, 0, -1)]
    assert found.complete.certificate["kinks"] == []  # with W = 0 the flow has none


def test_a_state_on_a_kink_is_counted_once() -> None:
    W, b = [[0, -1], [-1, 0]], [1, 1]  # y0 = 1 - max(0, y1), y1 = 1 - max(0, y0): the segment from (1, 0) to (0, 1)
    found = listed("relu", W, b)
    assert not found.states
    assert len(found.continua) == 1
    single = listed("relu", [[0, -2], [0, 0]], [2, 1])
    assert states_of(single) == [(0, 1)]
    assert single.states[0].kinks == ("max(0, y[0])",) or single.states[0].kinks == ()


def test_two_continua_that_meet_in_one_point_are_one() -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    f = am.System(
        flow={
            y[i]: sp.Max(0, y[i] - 1) * 0 + sp.Min(sp.Abs(y[i]), sp.Abs(y[i] - 1)) - sp.Min(sp.Abs(y[i]), sp.Abs(y[i] - 1), sp.Max(0, y[i]))
        }
    )
    found = enumerate_states(question(f, None, {"y": (np.array([-2.0]), np.array([2.0]))}))
    # min(|y|, |y - 1|) exceeds max(0, y) only where y < 0, so [0, 2] is steady.
    assert [c.dimension for c in found.continua] == [1]
    assert not found.states


def test_a_continuum_that_touches_the_next_cell_in_a_point_takes_that_point_in() -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    f = am.System(flow={y[i]: -sp.Max(0, y[i] - 1) - sp.Min(0, y[i])})  # steady on [0, 1]
    found = enumerate_states(question(f, None, {"y": (np.array([-5.0]), np.array([5.0]))}))
    assert not found.states
    assert {p.pattern for p in found.continua[0].pieces} == {(0,), (1,)}


@given(network=networks(3), data=st.data())
def test_a_domain_keeps_exactly_the_states_in_it(network: Any, data: Any) -> None:
    W, b = network
    everywhere = listed("relu", W, b)
    low = data.draw(st.lists(small, min_size=len(b), max_size=len(b)))
    high = [x + data.draw(st.integers(0, 3)) for x in low]
    inside = listed("relu", W, b, {"y": (np.array(low, float), np.array(high, float))})
    assert inside.complete
    if not everywhere.continua:
        assert states_of(inside) == [y for y in states_of(everywhere) if all(a <= x <= c for a, x, c in zip(low, y, high, strict=True))]


def test_a_direction_that_no_kink_and_no_equation_sees_is_a_continuum_in_the_box() -> None:
    i, j = am.indices("i j", "N")
    y, V = am.state("y", "N"), am.parameter("V", "N N")
    for further in (0, sp.Max(0, y[i] - am.total(y[j], j) / 2)):  # where y0 = y1 the ramp is off
        system = am.System(flow={y[i]: am.total(V[i, j] * y[j], j) + further})
        found = enumerate_states(question(system, {"V": [[-1.0, 1.0], [1.0, -1.0]]}, {"y": (1, 2)}))
        assert found.complete
        assert [c.dimension for c in found.continua] == [1]
        a, b = found.continua[0].point["y"]
        assert 1 < a == b < 2


def test_a_box_without_steady_states_is_certified_empty() -> None:
    found = listed("relu", 2 * np.eye(2), [-1, -1], {"y": (5, 6)})
    assert (len(found), found.continua, found.complete.status) == (0, (), Status.CERTIFIED)


@given(network=networks(2))
def test_a_flow_with_jumps_is_solved_pattern_by_pattern(network: Any) -> None:
    W, b = network
    i, j = am.indices("i j", "N")
    y, V, c = am.state("y", "N"), am.parameter("V", "N N"), am.parameter("c", "N")
    system = am.System(flow={y[i]: am.total(V[i, j] * sp.sign(y[j]), j) - y[i] + c[i]})
    params = {"V": [[float(x) for x in row] for row in W], "c": [float(x) for x in b]}
    found = enumerate_states(question(system, params))
    signs = product((-1, 0, 1), repeat=len(b))
    images = [(s, tuple(sum(w * x for w, x in zip(row, s, strict=True)) + c for row, c in zip(W, b, strict=True))) for s in signs]
    assert sorted(states_of(found)) == sorted(y for s, y in images if all((x > 0) - (x < 0) == a for x, a in zip(y, s, strict=True)))


def test_a_bracket_may_multiply_an_affine_form() -> None:
    i, j = am.indices("i j", "N")
    y, V = am.state("y", "N"), am.parameter("V", "N N")
    gated = am.System(flow={y[i]: am.mask(y[i] > 0) * (am.total(V[i, j] * y[j], j) + 2) - y[i] - 1})
    found = enumerate_states(question(gated, {"V": [[0.0, 1.0], [1.0, 0.0]]}))
    # (-1, -1); with y0 on, y1 off: y0 = y1 + 1 = 0 is not > 0; both on: y0 = y1 + 1 and y1 = y0 + 1 contradict.
    assert states_of(found) == [(-1, -1)]


@pytest.mark.parametrize("layers", [("identity", "relu"), ("relu", "hard_tanh"), ("hard_tanh", "relu")])
def test_memories_of_two_layers_satisfy_their_equations_exactly(layers: tuple[str, str]) -> None:
    lagrangian = {"identity": am.lagrangians.identity(), "relu": am.lagrangians.relu(), "hard_tanh": am.lagrangians.hard_tanh()}
    v, h = am.Layer("v", "N", lagrangian[layers[0]]), am.Layer("h", "K", lagrangian[layers[1]])
    memory = am.Memory([v, h], [am.synapses.dense(v, h, weights="xi")])
    xi = np.random.default_rng(1).normal(size=(2, 4)) * 2
    found = enumerate_states(question(memory.system, {"xi": xi}))
    assert found.complete
    assert len(found) >= 1
    exact = [[Fraction(x) for x in row] for row in xi]
    clip = {"identity": lambda x: x, "relu": lambda x: max(x, 0), "hard_tanh": lambda x: activation("hard_tanh", x)}
    for s in found.states:
        up, down = ([clip[name](x) for x in s.values[state]] for name, state in zip(layers, "vh", strict=True))
        assert all(sum(exact[i][a] * down[a] for a in range(4)) == s.values["v"][i] for i in range(2))
        assert all(sum(exact[i][a] * up[i] for i in range(2)) == s.values["h"][a] for a in range(4))


def test_kinks_within_kinks_and_flows_without_a_leak_are_read() -> None:
    i, j = am.indices("i j", "N")
    y, V, c = am.state("y", "N"), am.parameter("V", "N N"), am.parameter("c", "N")
    deep = am.System(flow={y[i]: sp.Max(0, am.total(V[i, j] * sp.Max(0, y[j]), j) - 1) - y[i] + c[i]})
    found = enumerate_states(question(deep, {"V": [[3.0, 0.0], [0.0, 0.0]], "c": [0.0, -1.0]}))
    assert sorted(states_of(found)) == [(0, -1), (Fraction(1, 2), -1)]
    bare = am.System(flow={y[i]: am.total(V[i, j] * sp.Abs(y[j]), j) + c[i]})
    found = enumerate_states(question(bare, {"V": [[-2.0, 0.0], [0.0, -1.0]], "c": [1.0, 3.0]}))
    assert sorted(states_of(found)) == sorted(product((Fraction(-1, 2), Fraction(1, 2)), (-3, 3)))


def test_stability_is_certified_off_the_kinks() -> None:
    found = listed("relu", [[0, -2], [-2, 0]], [1, 1])
    by_state = {s.values["y"]: s.stability for s in found.states}
    assert {y: (v.claim, v.certificate["index"]) for y, v in by_state.items() if v is not None} == {
        (-1, 1): ("steady state is stable", 0),
        (1, -1): ("steady state is stable", 0),
        (Fraction(1, 3), Fraction(1, 3)): ("steady state is unstable", 1),
    }


def test_eigenvalues_that_cancel_do_not_hide_the_index() -> None:
    i, j = am.indices("i j", "N")
    y, V = am.state("y", "N"), am.parameter("V", "N N")
    saddle = enumerate_states(question(am.System(flow={y[i]: am.total(V[i, j] * y[j], j)}), {"V": [[0.0, 1.0], [1.0, 0.0]]}))
    centre = enumerate_states(question(am.System(flow={y[i]: am.total(V[i, j] * y[j], j)}), {"V": [[0.0, 1.0], [-1.0, 0.0]]}))
    verdicts = [s.stability for s in (*saddle.states, *centre.states)]
    assert [v.status for v in verdicts if v is not None] == [Status.CERTIFIED, Status.UNDECIDED]


def test_limits_leave_the_verdict_undecided() -> None:
    rng = np.random.default_rng(0)
    W, b = rng.normal(size=(8, 8)), rng.normal(size=8)
    asked = question(zoo.hopfield("hard_tanh", symmetric=False), {"W": W + W.T, "b": 0 * b})
    assert enumerate_states(asked).complete
    assert enumerate_states(asked, nodes=5).complete.status is Status.UNDECIDED
    assert enumerate_states(asked, patterns=1).complete.status is Status.UNDECIDED


def test_numbers_far_apart_lose_no_state() -> None:
    for scale in (1e-200, 1e-6, 1e6, 1e200):
        found = listed("relu", [[0.0, -2.0 / scale], [-2.0 * scale, 0.0]], [1.0, scale])
        assert found.complete
        assert len(found) == 3


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "hard_tanh"])
def test_piecewise_affine_flows_are_told(name: str) -> None:
    assert is_piecewise_affine(zoo.hopfield(name))


@pytest.mark.parametrize("name", ["tanh", "square", "quotient"])
def test_other_flows_are_told_and_refused(name: str) -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    system = am.System(flow={y[i]: {"tanh": sp.tanh(y[i]), "square": sp.Max(0, y[i]) ** 2, "quotient": 1 / (1 + abs(y[i]))}[name] - y[i]})
    assert not is_piecewise_affine(system)
    with pytest.raises(ModelError, match="not piecewise affine"):
        enumerate_states(question(system, None, {"y": (np.zeros(2), np.ones(2))}))


def test_what_cannot_be_listed_is_refused_with_a_reason() -> None:
    with pytest.raises(InputError, match="no size for axis 'N'"):
        enumerate_states(question(zoo.hopfield("relu")))
    with pytest.raises(InputError, match="no parameters"):
        enumerate_states(question(zoo.hopfield("relu"), None, {"y": (np.zeros(2), np.ones(2))}))
    i, s = am.index("i", "N"), am.state("s", "N", values=(-1, 1))
    with pytest.raises(InputError, match="no flow"):
        enumerate_states(question(am.System(update={s[i]: am.sign(s[i])})))
    y = am.state("y", "N")
    timed = am.System(flow={y[i]: am.time - y[i]})
    assert not is_piecewise_affine(timed)
    with pytest.raises(ModelError, match="t is in it"):
        enumerate_states(question(timed, None, {"y": (np.zeros(2), np.ones(2))}))

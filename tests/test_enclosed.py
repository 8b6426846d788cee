"""All steady states in a box: none of those that other ways find is missing, what is claimed is shown, what is not is left open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from enclosure_models import CUBIC, NETWORK, by_newton, i, weights, y
from hypothesis import given, settings
from hypothesis import strategies as st

import amsym as am
from amsym.errors import InputError, ModelError
from amsym.verdict import Status, Verdict
from proofs.enclosed.left import grouped
from proofs.enclosed.result import EnclosedStates


def _missed(found: Any, zeros: np.ndarray) -> int:
    return sum(not len(found) or float(np.abs(found.states - z).max(axis=1).min()) > 1e-6 for z in zeros)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5), st.sampled_from([0.8, 1.5, 3.0]), st.floats(0, 1))
def test_every_zero_that_newtons_method_finds_is_enclosed_and_verdicts_are_certified(seed: int, n: int, radius: float, bias: float) -> None:
    W, b = weights(n, radius, seed), bias * np.random.default_rng(seed).normal(size=n)
    found = am.enclose_steady_states(NETWORK, {"W": W, "b": b}, {"y": (-5, 5)})
    assert found.complete.status is Status.CERTIFIED
    assert _missed(found, by_newton(W, b, 200, seed)) == 0
    low, high = found.boxes
    assert np.all(low < high)
    J = np.array([W * (1 - np.tanh(z) ** 2) - np.eye(n) for z in found.states])
    unstable = (np.linalg.eigvals(J).real > 0).sum(axis=1) if len(J) else np.empty(0)
    assert found.index.tolist() == unstable.tolist()


@pytest.mark.slow
def test_dense_searches_from_many_starts_find_no_steady_state_that_was_missed_in_200_networks() -> None:
    rng, missed, certified = np.random.default_rng(11), 0, 0
    for seed in range(200):
        n, radius = int(rng.integers(2, 9)), float(rng.uniform(0.8, 3.5))
        W, b = weights(n, radius, seed), rng.choice([0.0, 0.3]) * rng.normal(size=n)
        found = am.enclose_steady_states(NETWORK, {"W": W, "b": b}, {"y": (-5, 5)})
        certified += found.complete.status is Status.CERTIFIED
        missed += _missed(found, by_newton(W, b, 3000, seed))
    assert missed == 0
    assert certified == 200


def test_zeros_of_a_cubic_in_every_combination() -> None:
    found = am.enclose_steady_states(CUBIC, None, {"y": ([-2.0, -2.0, 0.5], [2.0, 2.0, 2.0])})
    assert found.complete.status is Status.CERTIFIED
    assert sorted(map(tuple, found.states.round(9).tolist())) == sorted((a, c, 1.0) for a in (-1.0, 0.0, 1.0) for c in (-1.0, 0.0, 1.0))
    assert found.index.tolist() == [int(a == 0) + int(c == 0) for a, c, _ in found.states.round(6)]


def test_a_zero_on_the_border_of_the_domain_is_left_open_and_one_outside_is_not_counted() -> None:
    on_border = am.enclose_steady_states(CUBIC, None, {"y": ([0.5], [1.0])})
    assert on_border.complete.status is Status.UNDECIDED
    low, high = on_border.undecided
    assert low.min() <= 1.0 <= high.max()
    outside = am.enclose_steady_states(CUBIC, None, {"y": ([0.3], [0.999])})
    assert len(outside) == 0
    assert outside.complete.status is Status.CERTIFIED


@pytest.mark.parametrize("power", [2, 3])
def test_a_degenerate_zero_is_undecided_and_the_region_that_holds_it_told(power: int) -> None:
    found = am.enclose_steady_states(am.System(flow={y[i]: y[i] ** power * (2 - y[i])}), None, {"y": ([-1.0], [3.0])})
    assert found.complete.status is Status.UNDECIDED
    assert found.states.round(6).tolist() == [[2.0]]
    low, high = found.undecided
    assert len(low) == 1
    assert low[0, 0] <= 0 <= high[0, 0]
    assert high[0, 0] - low[0, 0] < 1e-3
    assert str(found).splitlines()[-1].startswith("  left open: (")


def test_what_is_printed_has_states_by_name_no_digits_of_rounding_and_few_of_the_open_regions() -> None:
    v, h = am.state("v", "N"), am.state("h", "N")
    pair = am.System(flow={v[i]: -v[i], h[i]: v[i] - h[i] + h[i] ** 3})
    shown = str(am.enclose_steady_states(pair, None, {"v": ([-2.0], [3.0]), "h": ([-0.7], [0.8])}))
    assert "one in its box" in shown
    assert shown.endswith("at v = (0), h = (0)")
    two = EnclosedStates(
        boxes=(np.array([[-1e-11], [0.5]]), np.array([[1e-11], [0.5]])),
        states=np.array([[-5e-33], [0.5]]),
        stability=(Verdict("steady state is stable", Status.UNDECIDED, {}),) * 2,
        complete=Verdict("all", Status.UNDECIDED, {}, "open"),
        undecided=(np.arange(5.0)[:, None], np.arange(5.0)[:, None] + 0.5),
        energies=None,
        domain={},
    )
    lines = str(two).splitlines()
    assert [line[line.index(" at ") :] for line in lines[1:3]] == [" at (0)", " at (0.5)"]
    assert lines[3] == "  left open: (0) to (0.5)"
    assert lines[-1] == "  ... and 2 more, in `undecided`"


def test_states_without_a_domain_are_all_named_with_what_to_add() -> None:
    v, h = am.state("v", "N"), am.state("h", "N")
    pair = am.System(flow={v[i]: -(v[i] ** 3), h[i]: v[i] - h[i] ** 3})
    with pytest.raises(InputError, match=r"'v' and 'h' have none: pass domain=\{'v': \(-5, 5\), 'h': \(-5, 5\)\}"):
        am.enclose_steady_states(pair)
    with pytest.raises(InputError, match=r"'h' has none: add 'h': \(-5, 5\) to domain"):
        am.enclose_steady_states(pair, None, {"v": ([-1.0], [1.0])})


def test_a_line_of_steady_states_is_left_open() -> None:
    found = am.enclose_steady_states(
        am.System(flow={y[i]: am.total(y[i], i) * sp.exp(-y[i])}), None, {"y": ([-1.0] * 2, [1.5] * 2)}, seconds=0.3
    )
    assert found.complete.status is Status.UNDECIDED
    assert len(found) == 0


def test_numbers_that_no_double_holds_are_taken_as_they_are_written() -> None:
    third = am.System(flow={y[i]: sp.Rational(1, 3) - y[i]})
    found = am.enclose_steady_states(third, None, {"y": ([0.0], [1.0])})
    low, high = found.boxes
    from fractions import Fraction

    assert Fraction(float(low[0, 0])) < Fraction(1, 3) < Fraction(float(high[0, 0]))


def test_two_layers_have_their_states_by_name() -> None:
    v = am.Layer("v", "N", am.lagrangians.identity())
    h = am.Layer("h", "K", am.lagrangians.softmax(am.parameter("beta", positive=True)))
    memory = am.Memory([v, h], [am.synapses.dense(v, h, weights="xi")])
    xi = np.array([[2.0, -2.0], [0.0, 0.5]])
    found = am.enclose_steady_states(memory, {"xi": xi, "beta": 2.0}, {"v": (-3, 3), "h": (-9, 9)})
    assert found.complete.status is Status.CERTIFIED
    assert found.states["v"].shape == (3, 2)
    assert found.stable.tolist() == [True, False, True]
    flow = am.compile(memory).flow({name: s[1] for name, s in found.states.items()}, {"xi": xi, "beta": 2.0})
    assert max(np.abs(f).max() for f in flow.values()) < 1e-12


def test_critical_points_are_those_of_the_energy_and_minima_its_stable_ones() -> None:
    W = np.array([[0.0, 2.0], [2.0, 0.0]])
    found = am.enclose_critical_points(NETWORK, {"W": W, "b": np.zeros(2)}, {"y": (-4, 4)})
    steady = am.enclose_steady_states(NETWORK, {"W": W, "b": np.zeros(2)}, {"y": (-4, 4)})
    assert np.allclose(found.states, steady.states)
    assert found.stable.tolist() == steady.stable.tolist()
    assert "minimum" in str(found)


def test_symmetric_networks_are_searched_once_for_each_pair() -> None:
    from proofs.enclosed.enclose import flow_problem, read
    from proofs.enclosed.mirrors import mirrors, orbit

    W = weights(9, 3.0, 5)
    question = read(NETWORK, {"W": W, "b": np.zeros(9)}, {"y": (-5, 5)}, "test")
    found = mirrors(flow_problem(question, "test"))
    assert [m.words for m in found] == ["y turned over"]
    one = np.arange(1.0, 10.0)[None]
    assert orbit(one, one / 100, found)[0].tolist() == [one[0].tolist(), (-one[0]).tolist()]
    biased = read(NETWORK, {"W": W, "b": np.ones(9)}, {"y": (-5, 5)}, "test")
    assert mirrors(flow_problem(biased, "test")) == []
    askew = read(NETWORK, {"W": W, "b": np.zeros(9)}, {"y": (-5, 4)}, "test")
    assert mirrors(flow_problem(askew, "test")) == []


def test_what_is_found_by_symmetry_is_what_is_found_without(monkeypatch: pytest.MonkeyPatch) -> None:
    import proofs.enclosed.enclose as module

    W = weights(8, 3.0, 2)
    plain = am.enclose_steady_states(NETWORK, {"W": W, "b": np.zeros(8)}, {"y": (-5, 5)})
    monkeypatch.setattr(module, "FEW", 1)
    mirrored = am.enclose_steady_states(NETWORK, {"W": W, "b": np.zeros(8)}, {"y": (-5, 5)})
    assert mirrored.complete.status is plain.complete.status is Status.CERTIFIED
    assert np.allclose(mirrored.states, plain.states)
    assert mirrored.boxes_looked_at < plain.boxes_looked_at
    assert mirrored.complete.certificate["mirrors"][0]["signs"] == [-1] * 8


def test_exchanged_places_are_searched_once() -> None:
    import proofs.enclosed.enclose as module

    f = am.System(flow={y[i]: y[i] - y[i] ** 3 + am.total(y[i], i) / 8})
    problem = module.flow_problem(module.read(f, None, {"y": ([-2.0] * 3, [2.0] * 3)}, "test"), "test")
    found = module.mirrors(problem)
    assert [m.words for m in found] == ["y turned over", "places 0 and 1 of N exchanged", "places 1 and 2 of N exchanged"]
    assert found[1].row.tolist() == [1.0, -1.0, 0.0]


def test_places_of_an_axis_that_a_state_has_twice_are_exchanged_in_both(monkeypatch: pytest.MonkeyPatch) -> None:
    import proofs.enclosed.enclose as module

    j, x = am.index("j", "N"), am.state("x", "N N")
    f = am.System(flow={x[i, j]: -2 * am.delta(i, j) - sp.sin(3 * x[i, j]) + sp.tanh(x[j, i]) / 2 - x[i, j]})
    side = 3 * np.ones((2, 2))
    plain = am.enclose_steady_states(f, None, {"x": (-side, side)})
    monkeypatch.setattr(module, "FEW", 0)
    mirrored = am.enclose_steady_states(f, None, {"x": (-side, side)})
    assert mirrored.complete.certificate["mirrors"][0]["places"] == [3, 2, 1, 0]
    assert len(mirrored) == len(plain) == 1  # diagonal entries differ from the others: with one place exchanged it is lost


def test_a_flow_without_an_energy_whose_parameters_are_simple_numbers_is_searched_as_any_other() -> None:
    coupling = am.parameter("w")
    found = am.enclose_steady_states(am.System(flow={y[i]: coupling * sp.tanh(y[i]) - y[i]}), {"w": 1}, {"y": ([-2.0], [2.0])})
    assert found.complete.status is Status.UNDECIDED  # a triple zero


def test_what_was_found_before_the_time_was_over_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    import proofs.enclosed.enclose as module

    f = am.System(flow={y[i]: (y[i] + 1) * (y[i] - sp.Rational(1, 2)) ** 2})
    monkeypatch.setattr(module, "Budget", TwentyLooks)
    found = am.enclose_steady_states(f, None, {"y": ([-2.0], [2.0])})
    assert found.complete.status is Status.UNDECIDED
    assert found.states.round(9).tolist() == [[-1.0]]


def test_cuts_without_end_that_cover_nothing_are_not_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    import proofs.enclosed.enclose as module

    monkeypatch.setattr(module, "MANY_NODES", 5)
    undefined = am.enclose_steady_states(am.System(flow={y[i]: sp.log(y[i])}), None, {"y": ([-1.0], [2.0])}, seconds=0.05)
    assert undefined.complete.status is Status.UNDECIDED
    assert undefined.complete.certificate["tree"] == "?"
    large = am.enclose_steady_states(NETWORK, {"W": weights(5, 3.0, 1), "b": np.zeros(5)}, {"y": (-5, 5)})
    assert large.complete.status is Status.CERTIFIED
    assert large.complete.certificate["tree"] != "?"


@pytest.mark.parametrize("step", [sp.sign, sp.Heaviside, sp.floor, lambda u: am.mask(sp.Gt(u, 0))])
def test_an_energy_that_jumps_has_no_critical_points_that_its_slope_tells_of(step: Any) -> None:
    """5 sign(y) + y² has slope 2 y, and no least value near 0."""
    jumps = am.System(flow={y[i]: -y[i]}, energy=am.total(5 * step(y[i]) + y[i] ** 2, i))
    with pytest.raises(ModelError, match="without jumps"):
        am.enclose_critical_points(jumps, None, {"y": ([-3.0], [3.0])})
    bent = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 2 * (3 + am.mask(sp.Gt(y[i], 0))) - y[i], i))
    assert am.enclose_critical_points(bent, None, {"y": ([-3.0], [3.0])}).stable.tolist() == [True]


@pytest.mark.filterwarnings("error")
def test_a_centre_is_undecided_without_warnings() -> None:
    j, W = am.index("j", "N"), am.parameter("W", "N N")
    turning = am.System(flow={y[i]: am.total(W[i, j] * sp.tanh(y[j]), j)})
    found = am.enclose_steady_states(turning, {"W": [[0, 2], [-2, 0]]}, {"y": (-5, 4)})
    assert found.complete.status is Status.CERTIFIED
    assert found.index.tolist() == [-1]


def test_a_flow_without_slopes_at_some_points_is_searched_all_the_same() -> None:
    partial = am.System(flow={y[i]: sp.exp(-1 / sp.log(y[i] + 2) ** 2)})
    for low, high in ((-1.5, 1.5), (-3.0, 1.0)):
        found = am.enclose_steady_states(partial, None, {"y": ([low], [high])}, seconds=0.2)
        assert found.complete.status is Status.UNDECIDED  # no slope at -1, where 1/log(1) has no value


class TwentyLooks:
    """A budget that is spent when it was looked at twenty times."""

    def __init__(self, seconds: float) -> None:
        self.looks = 0

    @property
    def spent(self) -> bool:
        self.looks += 1
        return self.looks > 20


def test_verdicts_and_certificates_go_through_json() -> None:
    found = am.enclose_steady_states(NETWORK, {"W": [[2.0]], "b": [0.25]}, {"y": (-4, 4)})
    again = Verdict.from_json(found.complete.to_json())
    assert again == found.complete
    assert len(again.certificate["zeros"]) == 3
    assert "3 steady states" in str(found)


def test_a_missing_zero_would_not_pass_as_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search whose Newton steps are spoilt finds nothing, and says so."""
    from numeric.enclosure import search

    monkeypatch.setattr(search._Round, "_newton", lambda self, y: y[:0])
    found = am.enclose_steady_states(CUBIC, None, {"y": ([0.5], [2.0])})
    assert len(found) == 0
    assert found.complete.status is Status.UNDECIDED


def test_boxes_that_touch_are_told_as_one_region() -> None:
    low = np.array([[0.0, 0.0], [1.0, 0.5], [5.0, 5.0]])
    lows, highs = grouped(low, low + 1)
    assert lows.tolist() == [[0.0, 0.0], [5.0, 5.0]]
    assert highs.tolist() == [[2.0, 1.5], [6.0, 6.0]]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: am.enclose_steady_states(CUBIC), InputError, "bounded domain"),
        (lambda: am.enclose_steady_states(CUBIC, None, {"y": (-1, 1)}), InputError, "no size"),
        (lambda: am.enclose_steady_states(CUBIC, None, {"y": ([-np.inf], [1.0])}), InputError, "infinite"),
        (lambda: am.enclose_steady_states(NETWORK, None, {"y": (-1, 1)}), InputError, "'W'"),
        (lambda: am.enclose_steady_states(CUBIC, None, {"z": (-1, 1)}), InputError, "'z'"),
        (lambda: am.enclose_steady_states(CUBIC, None, {"y": ([1.0], [-1.0])}), InputError, "low ≤ high"),
        (lambda: am.enclose_steady_states(am.System(flow={y[i]: am.time - y[i]}), None, {"y": ([0.0], [1.0])}), InputError, "depend on t"),
        (lambda: am.enclose_critical_points(CUBIC, None, {"y": ([0.0], [1.0])}), ModelError, "energy"),
        (lambda: am.enclose_steady_states("y", None, {"y": ([0.0], [1.0])}), ModelError, "System"),
        (lambda: am.enclose_steady_states(CUBIC, None, {"y": ([0.0], [1.0])}, seconds=0), InputError, "seconds"),
        (lambda: am.enclose_steady_states(am.System(flow={y[i]: -y[i]}), None, {"y": ([0.0], [1.0])}, seconds="a"), InputError, "seconds"),
        (lambda: am.enclose_steady_states(NETWORK, {"W": [[1.0]], "b": [0.0]}, {"y": ([0, 0], [1, 1])}), InputError, "the domain .* say 2"),
    ],
)
def test_input_that_does_not_fit_is_named(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_piecewise_affine_flows_are_solved_exactly_with_or_without_a_domain() -> None:
    W, b = np.array([[0.0, -2.0], [-2.0, 0.0]]), np.array([1.0, 1.0])
    relu = am.zoo.hopfield("relu")
    for domain in (None, {"y": (-3, 3)}):
        found = am.enclose_steady_states(relu, {"W": W, "b": b}, domain)
        assert found.complete.status is Status.CERTIFIED
        assert found.states.round(12).tolist() == [[-1.0, 1.0], [round(1 / 3, 12)] * 2, [1.0, -1.0]]
        assert found.stable.tolist() == [True, False, True]
        low, high = found.boxes
        assert np.all(low <= found.states)
        assert np.all(low[1] < high[1])
        assert len(found.undecided[0]) == 0
    assert len(am.enclose_steady_states(relu, {"W": W, "b": b}, {"y": (0, 3)})) == 1


def test_continua_of_steady_states_are_told_as_such() -> None:
    found = am.enclose_steady_states(am.zoo.hopfield("relu"), {"W": np.eye(2), "b": np.zeros(2)})
    assert len(found) == 0
    assert [c.dimension for c in found.continua] == [2]
    assert str(found).startswith("0 isolated steady states and 1 continuum, CERTIFIED")


def test_the_same_network_by_enumeration_and_by_search_has_the_same_steady_states() -> None:
    from proofs.enclosed.enclose import _enclosed, flow_problem, read

    W, b = weights(3, 2.0, 4), np.array([0.3, -0.2, 0.5])
    params, domain = {"W": W, "b": b}, {"y": (-4.0, 4.1)}
    exact = am.enclose_steady_states(am.zoo.hopfield("relu"), params, domain)
    searched = _enclosed(flow_problem(read(am.zoo.hopfield("relu"), params, domain, "test"), "test"), 20.0, "steady state")
    assert np.allclose(exact.states, searched.states)
    assert exact.index.tolist() == searched.index.tolist()

"""Pattern covers are computed again: true ones are confirmed, and every planted tampering is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp
from certificates_made import changed, without
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

import amsym as am
from amsym import zoo
from amsym.system import System
from proofs.certificates import with_model
from proofs.checker.affine import HOLDS, Condition, _Line, is_empty
from proofs.checker.entries import Checked, Outcome, check_verdict
from proofs.patterns import enumerate_states
from proofs.question import question

CONFIRMED, REFUSED, NOT_CHECKED = Outcome.CONFIRMED, Outcome.REFUSED, Outcome.NOT_CHECKED
CLAIM = "every steady state is listed"
Certificate = dict[str, Any]


def certificate(system: System, params: Any, domain: Any = None) -> Certificate:
    asked = question(system, params, domain)
    found = with_model(enumerate_states(asked).complete, asked.system, asked.fixed, asked.sizes)
    return json.loads(json.dumps(found.certificate))  # type: ignore[no-any-return]


def network(name: str, W: Any, b: Any, domain: Any = None) -> Certificate:
    return certificate(zoo.hopfield(name, symmetric=False), {"W": W, "b": b}, domain)


def checked(c: Certificate, status: str = "CERTIFIED", claim: str = CLAIM) -> Checked:
    return check_verdict({"claim": claim, "status": status, "certificate": c})


def outcome(c: Certificate) -> Outcome:
    return checked(c).outcome


def drawn(seed: int, n: int, scale: float = 1.5) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, n))
    return (W + W.T) * scale / np.abs(np.linalg.eigvalsh(W + W.T)).max(), rng.normal(size=n)


def systems() -> dict[str, System]:
    i, j = am.indices("i j", "N")
    y, V, c = am.state("y", "N"), am.parameter("V", "N N"), am.parameter("c", "N")
    inner = am.total(V[i, j] * sp.Max(0, y[j]), j) - c[i]
    return {
        "jumps": am.System(flow={y[i]: am.total(V[i, j] * sp.sign(y[j]), j) - y[i] + c[i]}),
        "gate": am.System(flow={y[i]: am.mask(y[i] > 0) * (am.total(V[i, j] * y[j], j) + c[i]) - y[i] - 1}),
        "kinks within kinks": am.System(flow={y[i]: sp.Max(0, inner) - y[i] + 1}),
        "without a leak": am.System(flow={y[i]: am.total(V[i, j] * sp.Abs(y[j]), j) + c[i]}),
        "median": am.System(flow={y[i]: sp.Max(sp.Min(am.total(V[i, j] * y[j], j), c[i]), -1, y[i] / 2) - y[i]}),
    }


def replaced(c: Certificate, number: int, node: Any) -> Certificate:
    return {**c, "tree": [node if k == number else old for k, old in enumerate(c["tree"])]}


@pytest.fixture(scope="module")
def good() -> Certificate:
    W, b = drawn(31, 5, 3.0)
    return network("relu", W, b, {"y": (-8.0, 9.0)})


@pytest.fixture(scope="module")
def three() -> Certificate:
    return network("hard_tanh", [[0.0, -2.0], [-2.0, 0.0]], [1.0, 1.0])


@pytest.fixture(scope="module")
def line() -> Certificate:
    return network("hard_tanh", [[1.0, 0.0], [0.0, 2.0]], [0.0, 0.0])


@pytest.mark.parametrize("name", ["relu", "hard_tanh", "leaky_relu", "identity"])
@settings(max_examples=settings.default.max_examples // 3)
@given(seed=st.integers(0, 1000), n=st.integers(1, 4), boxed=st.booleans(), scale=st.sampled_from([0.5, 1.5, 3.0]))
def test_covers_of_random_networks_are_confirmed(name: str, seed: int, n: int, boxed: bool, scale: float) -> None:
    W, b = drawn(seed, n, scale)
    assert outcome(network(name, W, b, {"y": (-1.0, 1.5)} if boxed else None)) is CONFIRMED


@pytest.mark.parametrize("name", ["relu", "hard_tanh", "leaky_relu", "identity"])
@settings(max_examples=settings.default.max_examples // 3)
@given(seed=st.integers(0, 1000), n=st.integers(1, 3), boxed=st.booleans())
def test_so_are_those_with_small_numbers_kinks_and_continua(name: str, seed: int, n: int, boxed: bool) -> None:
    rng = np.random.default_rng(seed)
    W, b = rng.integers(-2, 3, size=(n, n)) / 2, rng.integers(-1, 2, size=n).astype(float)
    assert outcome(network(name, W, b, {"y": (0.0, 2.0)} if boxed else None)) is CONFIRMED


@pytest.mark.parametrize("name", list(systems()))
@settings(max_examples=settings.default.max_examples // 5)
@given(seed=st.integers(0, 1000), n=st.integers(1, 2), boxed=st.booleans())
def test_so_are_those_of_other_piecewise_affine_flows(name: str, seed: int, n: int, boxed: bool) -> None:
    rng = np.random.default_rng(seed)
    params = {"V": rng.integers(-3, 4, size=(n, n)) / 2, "c": rng.integers(-2, 3, size=n) / 2}
    c = certificate(systems()[name], params, {"y": (-2.0, 3.0)} if boxed else None)
    assert outcome(c) is CONFIRMED or (c["continua"] and outcome(c) is NOT_CHECKED)


@pytest.mark.parametrize(("lagrangian", "W", "states", "continua"), [("identity", 1.0, 0, 1), ("identity", 0.5, 1, 0), ("relu", 1.0, 0, 1)])
def test_the_words_say_how_many_there_are(lagrangian: str, W: float, states: int, continua: int) -> None:
    for domain in (None, {"y": (-2.0, 3.0)}):
        assert checked(network(lagrangian, [[W]], [0.0], domain)).words.startswith(
            f"{states} isolated steady states and {continua} continua"
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["relu", "hard_tanh", "leaky_relu"])
@pytest.mark.parametrize("domain", [None, {"y": (-3.0, 3.0)}])
def test_twenty_four_neurons_are_confirmed(name: str, domain: Any) -> None:
    W, b = drawn(0, 24, 0.9 if name == "hard_tanh" else 1.5)
    c = network(name, W, b / 5, domain)
    assert outcome(c) is CONFIRMED
    for k in range(len(c["states"])):
        assert outcome(without(c, "states", k)) is REFUSED


def test_brackets_that_are_closed_hold_at_their_cut() -> None:
    i = am.index("i", "N")
    y = am.state("y", "N")
    for condition, states in ((y[i] >= 0, [["1"]]), (y[i] > 0, [["0"], ["1"]])):
        c = certificate(am.System(flow={y[i]: am.mask(condition) - y[i]}), {}, {"y": ([-2.0], [2.0])})
        assert sorted(s["values"]["y"] for s in c["states"]) == states
        assert outcome(c) is CONFIRMED


def test_whether_conditions_can_hold_at_once() -> None:
    a, b = {"a": fmpq(1)}, {"b": fmpq(1)}
    minus: Callable[[dict[str, fmpq]], dict[str, fmpq]] = lambda f: {k: -x for k, x in f.items()}  # noqa: E731
    cases: list[tuple[list[Condition], bool]] = [
        ([(a, "≥"), (minus(a), "≥")], False),
        ([(a, ">"), (minus(a), "≥")], True),
        ([(a, "="), (a, ">")], True),
        ([(a, "="), (b, ">"), ({"a": fmpq(1), "b": fmpq(-1)}, "≥")], True),
        ([(a, "≠"), (b, ">"), ({"a": fmpq(1), "b": fmpq(-1)}, ">")], False),
        ([({"1": fmpq(-1)}, "≥")], True),
        ([], False),
    ]
    for conditions, empty in cases:
        assert is_empty(conditions, ["a", "b"]) is empty


def test_signs_on_a_line_start_at_minus_infinity_and_change_at_each_zero() -> None:
    falling = {"s": fmpq(-2), "1": fmpq(3)}
    first = _Line(None, set())
    assert first(falling, ">", 0)
    assert first.next == fmpq(3, 2)
    second = _Line(first.next, first.sides)
    assert not second(falling, ">", 0)
    assert second.next is None
    assert first.sides == {(0, True), (0, False)}
    assert [HOLDS[sign](fmpq(0)) for sign in (">", "≥", "=", "≠")] == [False, True, True, False]


# Tampering


def test_every_coefficient_of_the_forms_counts(good: Certificate, three: Certificate) -> None:
    for c in (good, three):
        for part in ("flow", "ramps"):
            items = c[part].items() if part == "flow" else enumerate(c[part])
            for key, form in items:
                for name, a in form.items():
                    assert outcome(changed(c, part, key, name, to=str(Fraction(a) + Fraction(1, 10**6)))) is REFUSED
                    assert outcome(changed(c, part, key, to={k: v for k, v in form.items() if k != name})) is REFUSED


@pytest.mark.parametrize("key", ["W", "b"])
def test_changed_numbers_are_refused(good: Certificate, key: str) -> None:
    more: Callable[[str], str] = lambda x: str(Fraction(x) + Fraction(1, 10**9))  # noqa: E731
    where = (0, 0) if key == "W" else (2,)
    assert outcome(changed(good, "values", key, *where, to=more)) is REFUSED


def test_another_flow_is_refused(good: Certificate, three: Certificate) -> None:
    for old, new in (("Max(0, y[j])", "Max(0, 2*y[j])"), ("Max(0, y[j])", "Min(1000000, Max(0, y[j]))"), ("Max(0, y[j])", "y[j]")):
        assert outcome(changed(good, "model", "flow", "y[i]", to=lambda f, old=old, new=new: f.replace(old, new))) is REFUSED
    # A hat far out, between two cuts of the model's that the certificate does not know.
    hat = " + Max(0, y[i] - 900) - 2*Max(0, y[i] - 901) + Max(0, y[i] - 902)"
    assert outcome(changed(three, "model", "flow", "y[i]", to=lambda f: f + hat)) is REFUSED
    jump = " + [y[i] > 900]*[901 > y[i]]"
    assert outcome(changed(three, "model", "flow", "y[i]", to=lambda f: f + jump)) is REFUSED
    assert outcome(changed(three, "model", "flow", "y[i]", to=lambda f: f + " + y[i]**2 - tanh(y[i])")) is REFUSED


def test_multipliers_must_contradict(good: Certificate) -> None:
    tree = good["tree"]
    leaves = [n for n, node in enumerate(tree) if isinstance(node, dict) and "unique" not in node]
    assert leaves
    for n in leaves:
        largest = max(tree[n], key=lambda name: abs(Fraction(tree[n][name])))
        turned = {**tree[n], largest: str(-Fraction(tree[n][largest]))}
        for leaf in (turned, {k: v for k, v in tree[n].items() if k != largest}, {}, {"z0": 1}):
            assert outcome(replaced(good, n, leaf)) is REFUSED


def test_leaves_and_splits_have_their_places(good: Certificate) -> None:
    tree = good["tree"]
    k, low, high = tree[0]
    whole = next(n for n, node in enumerate(tree) if isinstance(node, str))
    leaf = next(n for n, node in enumerate(tree) if isinstance(node, dict) and "unique" not in node)
    split = next(n for n, node in enumerate(tree) if n > 0 and isinstance(node, list))
    bad = [(leaf, tree[whole]), (whole, tree[leaf]), (leaf, None), (whole, None), (whole, "1" * 5), (whole, tree[whole][:-1] + "-")]
    bad += [(0, [k, high, low]), (0, [k, low, low]), (0, [k, low]), (0, [7, low, high]), (0, [k, 0, high]), (split, tree[0]), (0, "all")]
    for n, node in bad:
        assert outcome(replaced(good, n, node)) is REFUSED


def test_a_node_belongs_to_one_place() -> None:
    c = network("relu", [[2.0, 0.0], [0.0, 2.0]], [-1.0, -1.0], {"y": (5.0, 6.0)})
    (root,) = c["tree"]  # refutes every pattern at once
    assert outcome({**c, "tree": [[0, 1, 2], [1, 3, 4], root, root, root]}) is CONFIRMED
    for tree in (
        [[0, 1, 1], root],
        [[0, 0, 1], root],
        [[0, 1, 2], [0, 3, 4], root, root, root],
        [[0, 1, 2], root],
        [[0, 1, 2], root, None],
    ):
        assert outcome({**c, "tree": tree}) is REFUSED


def test_a_candidate_agrees_with_what_is_decided(good: Certificate, three: Certificate) -> None:
    for c in (good, three):
        for n, node in enumerate(c["tree"]):
            for pattern in map("".join, product("01", repeat=len(c["ramps"]))) if isinstance(node, dict) and "unique" in node else ():
                assert (outcome(replaced(c, n, {"unique": pattern})) is CONFIRMED) is (pattern == node["unique"])


def test_a_candidate_is_the_only_one_and_the_right_one(three: Certificate) -> None:
    c = network("relu", *drawn(5, 5, 0.5))
    pattern = c["tree"][0]["unique"]
    other = "".join("10"[int(x)] for x in pattern)
    for wrong in (other, pattern[:-1] + other[-1], other[0] + pattern[1:], "0", ""):
        assert outcome(replaced(c, 0, {"unique": wrong})) is REFUSED
    two = network("relu", [[0.0, -2.0], [-2.0, 0.0]], [1.0, 1.0])
    for wrong in ("01", "10", "11"):  # all three are steady states, and S + Sᵀ has both signs
        assert outcome({**two, "tree": [{"unique": wrong}], "states": [s for s in two["states"] if s["pattern"] == [1, 1]]}) is REFUSED
    inner = next(n for n, node in enumerate(three["tree"]) if isinstance(node, dict) and "unique" in node)
    assert outcome(replaced(three, inner, {"unique": "1111"})) is REFUSED


def test_states_are_all_listed_once_and_exactly(good: Certificate, three: Certificate) -> None:
    for c in (good, three):
        assert c["states"]
        for k, state in enumerate(c["states"]):
            assert outcome(without(c, "states", k)) is REFUSED
            assert outcome({**c, "states": [*c["states"], state]}) is REFUSED
            moved = changed(c, "states", k, "values", "y", 0, to=lambda x: str(Fraction(x) + Fraction(1, 10**12)))
            assert outcome(moved) is REFUSED


def test_a_domain_is_the_one_that_was_searched() -> None:
    W, b = [[0.0, -2.0], [-2.0, 0.0]], [1.0, 1.0]
    c = network("relu", W, b, {"y": (0.0, 3.0)})
    assert len(c["states"]) == 1
    assert outcome(c) is CONFIRMED
    for wider in (["-3", "3"], [None, "3"], ["0", "4"]):
        assert outcome(changed(c, "domain", "y[0]", to=wider)) is REFUSED
    assert outcome(changed(c, "domain", "y[0]", to=["1/2", "3"])) is REFUSED  # the state is not in it
    assert outcome(changed(c, "domain", "y[0]", to=["3", "0"])) is REFUSED
    assert outcome({**c, "domain": {"y[0]": ["0", "3"]}}) is REFUSED
    both = {**network("relu", W, b), "domain": c["domain"]}
    assert outcome(both) is REFUSED  # two of its three states lie outside
    assert outcome({**both, "states": c["states"]}) is CONFIRMED


def test_slacks_follow_from_the_domain_and_the_order_of_cuts(three: Certificate) -> None:
    c = network("hard_tanh", *drawn(3, 3, 3.0), {"y": (-4.0, 4.0)})
    for good in (three, c):
        for name, u in good["slacks"].items():
            less = str(Fraction(u.get("1", "0")) - Fraction(1, 10**9))
            assert outcome(changed(good, "slacks", name, to={**u, "1": less})) is REFUSED
            assert outcome(changed(good, "slacks", name, to={k: str(-Fraction(v)) for k, v in u.items()})) is REFUSED
        assert outcome(changed(good, "slacks", "u0", to={"z0": "1", "y[0]": "-1"})) is REFUSED
        assert outcome({**good, "left": good["left"][1:]}) is REFUSED


def test_a_continuum_is_shown_by_its_directions(line: Certificate) -> None:
    assert outcome(line) is CONFIRMED
    assert [len(c) for c in line["continua"]] == [2, 2, 2]
    piece = line["continua"][0][0]
    assert piece["directions"] == [{"y": ["1", "0"]}]
    for wrong in ([], [{"y": ["0", "1"]}], [{"y": ["1", "1"]}], [{"y": ["0", "0"]}], [{"y": ["1", "0"]}, {"y": ["2", "0"]}]):
        assert outcome(changed(line, "continua", 0, 0, "directions", to=wrong)) is REFUSED
    assert outcome(changed(line, "continua", 0, 0, "point", "y", 1, to="3")) is REFUSED
    assert outcome(without(line, "continua", 1)) is REFUSED
    for k in range(2):
        assert outcome(without(line, "continua", 0, k)) is REFUSED
    apart = copy.deepcopy(line)
    apart["continua"][0], left = apart["continua"][0][:1], apart["continua"][0][1:]
    apart["states"] = [{"pattern": p["pattern"], "values": p["point"]} for p in left]
    assert outcome(apart) is REFUSED  # ends of a continuum are not isolated
    swapped = copy.deepcopy(line)
    swapped["continua"][0][1:], swapped["continua"][1][1:] = line["continua"][1][1:], line["continua"][0][1:]
    assert outcome(swapped) is REFUSED  # ends of another continuum


def test_a_continuum_has_all_its_directions() -> None:
    c = network("relu", [[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0])
    assert outcome(c) is CONFIRMED
    plane = c["continua"][0][0]
    assert len(plane["directions"]) == 2
    assert outcome(without(c, "continua", 0, 0, "directions", 1)) is REFUSED
    assert outcome({**c, "continua": [[*c["continua"][0], {**plane, "point": {"y": ["7", "5"]}}]]}) is REFUSED


def test_where_there_is_no_tree_the_states_are_still_all() -> None:
    c = certificate(systems()["jumps"], {"V": [[0.0, 2.0], [2.0, 0.0]], "c": [0.0, 1.0]})
    assert c["tree"] == "all patterns"
    assert len(c["states"]) > 1
    for k in range(len(c["states"])):
        assert outcome(without(c, "states", k)) is REFUSED
    assert outcome(changed(c, "values", "c", 0, to="1/7")) is REFUSED
    many = certificate(systems()["jumps"], {"V": np.zeros((2, 2)), "c": np.zeros(2)})
    assert outcome({**many, "sizes": {"N": 20}, "values": {}}) is NOT_CHECKED


def test_a_pattern_cover_carries_its_own_claim_only(three: Certificate) -> None:
    assert checked(three).outcome is CONFIRMED
    for status in ("PROVED", "REFUTED", "VACUOUS", "SUPPORTED"):
        assert checked(three, status).outcome is REFUSED
    assert checked(three, claim="steady state unique").outcome is REFUSED
    assert outcome(without(three, "model")) is NOT_CHECKED
    assert outcome(without(three, "values", "b")) is NOT_CHECKED
    for key in ("tree", "ramps", "flow", "slacks", "left", "states", "continua", "domain"):
        assert outcome(without(three, key)) is REFUSED


# Stability


@pytest.mark.parametrize("name", ["relu", "hard_tanh", "leaky_relu"])
def test_stability_of_isolated_states_is_confirmed_and_its_index_counts(name: str) -> None:
    found = am.enclose_steady_states(zoo.hopfield(name), {"W": [[0.0, -2.0], [-2.0, 0.0]], "b": [1.0, 1.0]})
    verdicts = [json.loads(v.to_json()) for v in found.stability if v.status is am.Status.CERTIFIED]
    assert verdicts
    for v in verdicts:
        assert check_verdict(v).outcome is CONFIRMED
        zero = ("certificate", "zeros", 0)
        assert check_verdict(changed(v, *zero, "index", to=lambda k: 1 - k)).outcome is REFUSED
        assert check_verdict({**v, "claim": "steady state is " + ("un" * ("unstable" not in v["claim"])) + "stable"}).outcome is REFUSED
        assert check_verdict(changed(v, *zero, "middle", "y", 0, to="1/7")).outcome is REFUSED
        for P in ([[-1.0, 0.0], [0.0, -1.0]], [[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 0.0]], [[1.0]], []):
            other = changed(v, "certificate", "P", to=P)
            assert check_verdict(other).outcome is not REFUSED  # equal eigenvalues are not separated without a P
            assert check_verdict(changed(other, *zero, "index", to=lambda k: 1 - k)).outcome is not CONFIRMED


def test_eigenvalues_that_are_equal_do_not_stand_in_the_way() -> None:
    W, b = drawn(6, 6, 2.0)
    found = am.enclose_steady_states(zoo.hopfield("hard_tanh"), {"W": W, "b": 0.3 * b})
    assert len(found) > 1
    assert {check_verdict(json.loads(v.to_json())).outcome for v in found.stability} == {CONFIRMED}


def test_on_a_kink_no_index_is_confirmed() -> None:
    model = {"states": {"y": ["N"]}, "flow": {"y[i]": "2*Max(0, y[i]) - y[i]"}}  # 0 is unstable to the right
    c = {"kind": "interval cover", "model": model, "sizes": {"N": 1}, "values": {}, "zeros of": "flow"}
    for P in ({}, {"P": [[-1]]}):
        c["zeros"] = [{"middle": {"y": ["0"]}, "radius": {"y": ["0"]}, "index": 0}]
        assert checked({**c, **P}, claim="steady state is stable").outcome is not CONFIRMED

"""The certificate of an enumeration, read again by other code, and every kind of tampering with it refused."""

from __future__ import annotations

import copy
import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from pattern_cover import Refused, check, form
from pattern_networks import Matrix, Vector

from amsym import zoo
from proofs.patterns import enumerate_states, refutations, uniqueness
from proofs.patterns.complementarity import complementarity
from proofs.patterns.from_question import piecewise_flow
from proofs.patterns.refutations import judged
from proofs.patterns.uniqueness import Candidate, is_positive, only_candidate
from proofs.question import question


def certificate(name: str, W: Any, b: Any, domain: Any = None) -> dict[str, Any]:
    found = enumerate_states(question(zoo.hopfield(name, symmetric=False), {"W": W, "b": b}, domain))
    return json.loads(json.dumps(found.complete.certificate))  # type: ignore[no-any-return]


def drawn(seed: int, n: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, n))
    return (W + W.T) * rng.uniform(0.2, 1.5) / np.sqrt(n), rng.normal(size=n)


def replaced(tree: list[Any], number: int, node: Any) -> list[Any]:
    return [node if k == number else old for k, old in enumerate(tree)]


def forms_by_hand(W: Matrix, b: Vector) -> dict[str, dict[str, Fraction]]:
    found = {}
    for i, row in enumerate(W):
        entries = {f"y[{i}]": Fraction(-1), "1": b[i], **{f"z{j}": w for j, w in enumerate(row)}}
        found[f"y[{i}]"] = {k: v for k, v in entries.items() if v}
    return found


@pytest.mark.parametrize("name", ["relu", "hard_tanh", "leaky_relu"])
@settings(max_examples=settings.default.max_examples // 2)
@given(seed=st.integers(0, 1000), n=st.integers(1, 5))
def test_the_certificate_of_a_random_network_holds(name: str, seed: int, n: int) -> None:
    W, b = drawn(seed, n)
    c = certificate(name, W, b)
    assert len(check(c)) >= len(c["states"])


@settings(max_examples=settings.default.max_examples // 3)
@given(seed=st.integers(0, 1000), n=st.integers(1, 4))
def test_so_it_does_in_a_box_and_without_a_bias(seed: int, n: int) -> None:
    W, b = drawn(seed, n)
    check(certificate("relu", W, b, {"y": (-1.0, 1.5)}))
    check(certificate("relu", W, 0 * b))
    check(certificate("hard_tanh", W, 0 * b, {"y": (-1.0, 1.0)}))


@given(seed=st.integers(0, 1000))
def test_the_flow_in_the_certificate_is_the_network(seed: int) -> None:
    W, b = drawn(seed, 3)
    exact = [[Fraction(x) for x in row] for row in W], [Fraction(x) for x in b]
    found = certificate("relu", W, b)
    assert {k: form(f) for k, f in found["flow"].items()} == forms_by_hand(*exact)
    assert [form(t) for t in found["ramps"]] == [{f"y[{i}]": 1} for i in range(3)]


def test_a_certificate_says_which_numbers_it_is_about() -> None:
    c = certificate("relu", [[0.5]], [1.0], {"y": (-3.0, np.inf)})
    assert (c["kind"], c["sizes"], c["values"], c["domain"]) == (
        "pattern cover",
        {"N": 1},
        {"W": [["1/2"]], "b": ["1"]},
        {"y[0]": ["-3", None]},
    )


def test_every_tampering_is_refused() -> None:
    W, b = drawn(17, 5)
    good = certificate("relu", 3 * W, b)
    check(good)
    tree = good["tree"]
    k, low, high = tree[0]
    where = next(n for n, node in enumerate(tree) if isinstance(node, dict) and "unique" not in node)
    whole = next(n for n, node in enumerate(tree) if isinstance(node, str))
    split = next(n for n, node in enumerate(tree) if n > 0 and isinstance(node, list))
    leaf = tree[where]
    largest = max(leaf, key=lambda name: abs(Fraction(leaf[name])))
    bad: list[Any] = [
        replaced(tree, where, {**leaf, largest: -Fraction(leaf[largest])}),  # a sign
        replaced(tree, where, {name: x for name, x in leaf.items() if name != largest}),  # a multiplier left out
        replaced(tree, where, {}),  # no reason at all
        replaced(tree, where, None),  # a leaf left open
        replaced(tree, where, tree[whole]),  # the pattern of another leaf
        replaced(tree, whole, leaf),  # a steady state refuted
        replaced(tree, 0, [k, high, low]),  # the halves exchanged
        replaced(tree, 0, [k, low, low]),  # one half left out
        replaced(tree, split, tree[0]),  # a kink split twice
    ]
    for spoiled in bad:
        with pytest.raises(Refused):
            check({**good, "tree": spoiled})


def test_a_state_left_out_is_noticed() -> None:
    good = certificate("relu", [[0.0, -2.0], [-2.0, 0.0]], [1.0, 1.0])
    for k in range(len(good["states"])):
        bad = copy.deepcopy(good)
        del bad["states"][k]
        with pytest.raises(Refused, match="not listed"):
            check(bad)


def test_multipliers_are_judged_by_their_signs() -> None:
    problem = complementarity(piecewise_flow(question(zoo.hopfield("relu"), {"W": [[2.0]], "b": [0.0]})))
    assert problem is not None
    none, w_zero, z_zero = np.array([False, False]), np.array([True, False]), np.array([False, True])

    def is_refuted(multiplier: int, zero: Any, wanted: Any) -> bool:
        return judged(problem, {0: fmpq(multiplier)} if multiplier else {}, zero, wanted)

    assert problem.table == fmpq_mat([[-1]])  # w = -z, so 1 w + 1 z = 0 contradicts z > 0 but not z >= 0
    assert is_refuted(1, w_zero, z_zero)
    assert not is_refuted(1, none, none)
    assert not is_refuted(0, w_zero, z_zero)
    assert not is_refuted(-1, w_zero, z_zero)
    biased = complementarity(piecewise_flow(question(zoo.hopfield("relu"), {"W": [[2.0]], "b": [1.0]})))
    assert biased is not None
    assert judged(biased, {0: fmpq(1)}, none, none)  # w + z = -1
    assert not judged(biased, {0: fmpq(-1)}, w_zero | z_zero, none)  # 0 = 1 is not what it says: the total must be < 0


def test_wrong_multipliers_are_not_taken_by_the_search_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    W, b = drawn(17, 5)
    right = certificate("relu", 3 * W, b)
    monkeypatch.setattr(refutations, "_proposed", lambda problem, nodes, row, sign: np.ones((len(nodes), len(problem.basic))))
    monkeypatch.setattr(refutations, "_solved", lambda *_: None)
    spoiled = certificate("relu", 3 * W, b)
    assert spoiled["states"] == right["states"]  # found by solving more patterns
    check(spoiled)


def test_exact_multipliers_take_over_where_rounding_spoils_the_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    W, b = drawn(17, 5)
    right = check(certificate("relu", 3 * W, b))
    monkeypatch.setattr(refutations, "_proposed", lambda problem, nodes, row, sign: -np.ones((len(nodes), len(problem.basic))))
    found = certificate("relu", 3 * W, b)
    assert check(found) == right
    refuted = [node for node in found["tree"] if isinstance(node, dict) and "unique" not in node]
    assert any(isinstance(x, str) for node in refuted for x in node.values())


def test_weak_weights_leave_one_candidate_and_no_split() -> None:
    W, b = drawn(5, 5)
    good = certificate("relu", W / 10, b)
    assert len(good["tree"]) == 1
    pattern = good["tree"][0]["unique"]
    assert check(good) == {pattern}
    other = "".join("10"[int(c)] for c in pattern)
    for spoiled in ([{"unique": other}], [{"unique": pattern[:-1] + other[-1]}], [{"unique": "0"}]):
        with pytest.raises(Refused):
            check({**good, "tree": spoiled})
    strong = {k: v for k, v in certificate("relu", 10 * W, b).items() if k != "tree"}
    with pytest.raises(Refused, match="positive definite"):
        check({**strong, "tree": [{"unique": pattern}]})


def test_a_candidate_on_a_kink_belongs_to_the_side_where_the_ramp_is_off() -> None:
    c = certificate("relu", [[0.5, 0.0], [0.0, 0.5]], [0.0, 1.0])
    assert check(c) == {"01"}
    assert [s["values"]["y"] for s in c["states"]] == [["0", "2"]]


def test_a_candidate_that_contradicts_what_is_decided_is_no_state() -> None:
    asked = question(zoo.hopfield("relu"), {"W": [[2.0, 0.0], [0.0, 0.5]], "b": [0.0, 1.0]})
    problem = complementarity(piecewise_flow(asked))
    assert problem is not None  # w0 = -z0, w1 = z1/2 - 1
    undecided, first_on, first_off = (np.array([on, False, off, False]) for on, off in ((False, False), (True, False), (False, True)))
    assert only_candidate(problem, undecided) is None
    assert only_candidate(problem, first_off) == Candidate((False, True), (False, True))
    assert only_candidate(problem, first_on) == Candidate((True, True), None)  # z0 = 0 there, which is not t0 > 0


def test_a_wrong_candidate_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    W, b = drawn(5, 5)
    right = certificate("relu", W / 10, b)
    solution = uniqueness._solution
    monkeypatch.setattr(uniqueness, "_solution", lambda S, q: ~solution(S, q))
    found = certificate("relu", W / 10, b)
    assert len(right["tree"]) == 1
    assert len(found["tree"]) > 1
    assert found["states"] == right["states"]


@given(seed=st.integers(0, 1000), n=st.integers(1, 6))
def test_positive_definite_is_said_only_of_what_is(seed: int, n: int) -> None:
    W = drawn(seed, n)[0]
    problem = complementarity(piecewise_flow(question(zoo.hopfield("relu"), {"W": W, "b": np.ones(n)})))
    assert problem is not None
    least = np.linalg.eigvalsh(np.eye(n) - W).min()
    if abs(least) > 1e-9:
        assert is_positive(problem, [], list(range(n))) == (least > 0)


@pytest.mark.slow
@pytest.mark.parametrize("scale", [0.5, 1.5, 3.0])
def test_certificates_of_twelve_neurons_hold(scale: float) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        W = rng.normal(size=(12, 12))
        W = (W + W.T) * scale / np.abs(np.linalg.eigvalsh(W + W.T)).max()
        for bias in (rng.normal(size=12), np.zeros(12)):
            c = certificate("relu", W, bias)
            assert len(check(c)) >= len(c["states"])

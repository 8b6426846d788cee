"""The certificate of an enumeration, read again by other code, and every kind of tampering with it refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pattern_cover import Refused, check, form
from pattern_networks import Matrix, Vector

from amsym import zoo
from proofs.patterns import enumerate_states, refutations
from proofs.question import question


def certificate(name: str, W: Any, b: Any, domain: Any = None) -> dict[str, Any]:
    found = enumerate_states(question(zoo.hopfield(name, symmetric=False), {"W": W, "b": b}, domain))
    return json.loads(json.dumps(found.complete.certificate))  # type: ignore[no-any-return]


def drawn(seed: int, n: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    W = rng.normal(size=(n, n))
    return (W + W.T) * 1.5 / np.sqrt(n), rng.normal(size=n)


def leaves(tree: Any, where: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    if isinstance(tree, list):
        for k in (1, 2):
            yield from leaves(tree[k], (*where, k))
    else:
        yield where, tree


def replaced(tree: Any, where: tuple[int, ...], leaf: Any) -> Any:
    if not where:
        return leaf
    return [replaced(t, where[1:], leaf) if k == where[0] else t for k, t in enumerate(tree)]


def forms_by_hand(W: Matrix, b: Vector) -> dict[str, dict[str, Fraction]]:
    found = {}
    for i, row in enumerate(W):
        entries = {f"y[{i}]": Fraction(-1), "1": b[i], **{f"z{j}": w for j, w in enumerate(row)}}
        found[f"y[{i}]"] = {k: v for k, v in entries.items() if v}
    return found


@pytest.mark.parametrize("name", ["relu", "hard_tanh", "leaky_relu"])
@given(seed=st.integers(0, 1000), n=st.integers(1, 5))
def test_the_certificate_of_a_random_network_holds(name: str, seed: int, n: int) -> None:
    W, b = drawn(seed, n)
    c = certificate(name, W, b)
    assert len(check(c)) >= len(c["states"])


@given(seed=st.integers(0, 1000), n=st.integers(1, 5))
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
    W, b = drawn(5, 5)
    good = certificate("relu", W, b)
    check(good)
    refuted = [(w, leaf) for w, leaf in leaves(good["tree"]) if isinstance(leaf, dict)]
    whole = [(w, leaf) for w, leaf in leaves(good["tree"]) if isinstance(leaf, str)]
    assert refuted
    assert whole
    where, leaf = refuted[0]
    largest = max(leaf, key=lambda k: abs(Fraction(leaf[k])))
    bad: list[Any] = [
        replaced(good["tree"], where, {**leaf, largest: -Fraction(leaf[largest])}),  # a sign
        replaced(good["tree"], where, {k: x for k, x in leaf.items() if k != largest}),  # a multiplier left out
        replaced(good["tree"], where, {}),  # no reason at all
        replaced(good["tree"], where, None),  # a leaf left open
        replaced(good["tree"], where, "0" * 5 if where[-1] == 2 else "1" * 5),  # the pattern of another leaf
        replaced(good["tree"], whole[0][0], leaf),  # a steady state refuted
        [good["tree"][0], good["tree"][2], good["tree"][1]],  # the halves exchanged
        [good["tree"][0], good["tree"][1], good["tree"]],  # a kink split twice
    ]
    for tree in bad:
        with pytest.raises(Refused):
            check({**good, "tree": tree})


def test_a_state_left_out_is_noticed() -> None:
    good = certificate("relu", [[0.0, -2.0], [-2.0, 0.0]], [1.0, 1.0])
    for k in range(len(good["states"])):
        bad = copy.deepcopy(good)
        del bad["states"][k]
        with pytest.raises(Refused, match="not listed"):
            check(bad)


def test_wrong_multipliers_are_not_taken_by_the_search_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    W, b = drawn(5, 4)
    right = certificate("relu", W, b)
    monkeypatch.setattr(refutations, "_proposed", lambda problem, nodes, row, sign: np.ones((len(nodes), len(problem.basic))))
    monkeypatch.setattr(refutations, "_solved", lambda *_: None)
    spoiled = certificate("relu", W, b)
    assert spoiled["states"] == right["states"]  # found by solving more patterns
    check(spoiled)


def test_exact_multipliers_take_over_where_rounding_spoils_the_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    W, b = drawn(5, 4)
    monkeypatch.setattr(refutations, "_proposed", lambda problem, nodes, row, sign: -np.ones((len(nodes), len(problem.basic))))
    found = certificate("relu", W, b)
    assert len(check(found)) == len(check(certificate("relu", W, b)))
    assert any(isinstance(x, str) for _, leaf in leaves(found["tree"]) if isinstance(leaf, dict) for x in leaf.values())

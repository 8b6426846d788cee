"""Laws of turns: a turn for a block gives what the whole update gives there, whatever the formula reads, at the cost of its rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import amsym as am
from numeric.discrete.restricted import gathered
from numeric.discrete.turns import Turns

i, j, k = am.indices("i j k", "N")
mu, nu = am.indices("mu nu", "K")
y, u = am.state("y", "N"), am.state("u", "K")
x, z, scalar = am.state("x", "N K"), am.state("z", "N N"), am.state("c", ())
W, S, V, A = am.parameter("W", "N N"), am.parameter("S", "N N", symmetric=True), am.parameter("V", "K N"), am.parameter("A", "N N")
b, beta = am.parameter("b", "N"), am.parameter("beta", positive=True)
total = am.total


def dense(power: Any) -> sp.Expr:
    return total(V[mu, i] * total(V[mu, j] * y[j], j) ** power, mu)


SYSTEMS: dict[str, dict[Any, Any]] = {
    "one matrix": {y[i]: sp.tanh(total(W[i, j] * y[j], j) + b[i]) - y[i] / 3},
    "a symmetric matrix without its diagonal": {y[i]: sp.sign(total(am.mask(sp.Ne(i, j)) * S[i, j] * y[j], j))},
    "a hidden layer, kept": {y[i]: sp.tanh(dense(3))},
    "entrywise functions within a kept sum": {
        y[i]: sp.cos(total(V[mu, i] * sp.tanh(total(V[mu, j] * sp.exp(-(b[j] ** 2) * y[j] ** 2), j)), mu))
    },
    "two kept sums of different functions": {  # divided, for a map that stretches by 50 a turn makes 1e-12 of rounding in five
        y[i]: sp.tanh(dense(2) / 50) + sp.sin(total(V[mu, i] * total(V[mu, j] * sp.cos(y[j]), j) ** 2, mu) / 50)
    },
    "softmax over the hidden layer": {
        y[i]: total(V[mu, i] * sp.exp(beta * total(V[mu, j] * y[j], j)), mu) / total(sp.exp(beta * total(V[nu, k] * y[k], k)), nu)
    },
    "a chain of two layers": {y[i]: sp.tanh(total(W[i, j] * sp.tanh(total(A[j, k] * sp.tanh(y[k]), k)), j))},
    "the mean of all": {y[i]: sp.tanh(y[i] + total(y[j], j) / am.size("N"))},
    "the maximum of all, by index": {y[i]: sp.Max(y[i] / 2, b[i]) + am.mask(sp.Eq(i, 2)) * total(j * y[j], j) / 9},
    "time": {y[i]: sp.cos(total(W[i, j] * y[j], j) + am.time)},
    "no state at all": {y[i]: b[i] + 1},
    "one number": {y[i]: sp.cos(beta)},
    "a diagonal of parameters": {y[i]: sp.tanh(W[i, i] * y[i] + total(W[j, j] * y[j] * W[j, i], j))},
    "two layers": {
        y[i]: sp.tanh(total(V[mu, i] * sp.tanh(u[mu]), mu)),
        u[mu]: sp.sin(total(V[mu, i] * y[i], i)) + total(u[nu] ** 2, nu) / 9,
    },
    "a sum of one state in the update of another": {y[i]: sp.tanh(b[i] * total(b[j] * y[j] * u[mu], j, mu)), u[mu]: sp.cos(u[mu])},
    "a matrix of states": {x[i, mu]: sp.tanh(total(W[i, j] * x[j, mu], j) + V[mu, i] * total(x[i, nu] ** 2, nu))},
    "a matrix of states behind a kept sum": {x[i, mu]: sp.tanh(V[mu, i] * total(V[nu, j] * x[j, nu], j, nu) ** 2)},
    "a matrix of states read transposed": {z[i, j]: sp.tanh(z[j, i] + total(W[i, k] * z[k, j], k) + z[j, j] * am.delta(i, j))},
    "a traced matrix": {z[i, j]: sp.tanh(total(z[k, k], k) + z[i, i] - z[j, i])},
    "a state without axes": {scalar: sp.cos(scalar) + total(b[i] * y[i], i) / 5, y[i]: sp.tanh(y[i] + b[i] * scalar)},
}
SIZES = {"N": 4, "K": 3}
SHAPES = {"W": (4, 4), "S": (4, 4), "V": (3, 4), "A": (4, 4), "b": (4,)}


def bound_of(name: str, seed: int) -> tuple[Any, np.ndarray]:
    rng = np.random.default_rng(seed)
    system = am.System(update=SYSTEMS[name])
    numbers: dict[str, Any] = {p.name: rng.normal(size=SHAPES[p.name]) for p in system.parameters}
    numbers |= {"S": numbers["S"] + numbers["S"].T} if "S" in numbers else {}
    bound = am.compile(system).bind(numbers | {s.name: 0.7 for s in system.scalars})
    states = {s.name: rng.normal(size=(3, *(SIZES[axis] for axis in s.axes))) for s in system.states}
    return bound, bound.pack(states)[0]


def by_definition(bound: Any, y: np.ndarray, blocks: list[np.ndarray], t: float) -> np.ndarray:
    for block in blocks:
        moved = bound.packed_update(y, t=t)
        y = y.copy()
        y[:, block] = moved[:, block]
    return y


@pytest.mark.parametrize("name", SYSTEMS)
@given(data=st.data())
@settings(max_examples=6)
def test_a_turn_gives_what_the_whole_update_gives_at_the_block(name: str, data: st.DataObject) -> None:
    bound, y = bound_of(name, data.draw(st.integers(0, 99)))
    one = st.sets(st.integers(0, y.shape[1] - 1), min_size=1).map(lambda s: np.array(sorted(s)))
    blocks = data.draw(st.lists(one, min_size=1, max_size=5))
    turns = Turns(bound, y)
    for t in (0.0, 1.0):
        expected = by_definition(bound, y, blocks, t)
        np.testing.assert_allclose(turns.sweep(y, blocks, t), expected, rtol=1e-12, atol=1e-12)
        y = expected


def test_kept_sums_are_found_and_states_of_whole_numbers_lose_nothing() -> None:
    rng = np.random.default_rng(0)
    bound = am.compile(am.System(update={y[i]: sp.sign(dense(3))})).bind({"V": rng.choice([-1.0, 1.0], size=(3, 40))})
    start = rng.choice([-1.0, 1.0], size=(300, 40)).astype(np.float32)
    turns, blocks = Turns(bound, start), [np.array([n]) for n in rng.permutation(40)]
    assert len(turns.kept) == 1
    assert turns.sweep(start, blocks, 0.0).dtype == np.float32
    np.testing.assert_array_equal(turns.sweep(start, blocks, 0.0), by_definition(bound, start, blocks, 0.0))


def test_rows_that_do_not_fit_in_one_chunk_take_the_same_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    bound, _ = bound_of("a hidden layer, kept", 1)
    start = np.random.default_rng(1).normal(size=(7, 4))
    blocks = [np.array([2]), np.array([0, 3]), np.array([2])]
    expected = Turns(bound, start).sweep(start, blocks, 0.0)
    monkeypatch.setattr("numeric.discrete.turns.CHUNK_BYTES", 1)
    monkeypatch.setattr("numeric.discrete.turns.LEAST_ROWS", 3)
    np.testing.assert_allclose(Turns(bound, start).sweep(start, blocks, 0.0), expected, rtol=1e-14)


@given(st.permutations([0, 1, 2]), st.permutations([0, None, 1]))
def test_gathering_takes_the_entries_of_the_block_along_one_axis(rows: list[int], chosen: list[int | None]) -> None:
    array, at = np.arange(60).reshape(3, 4, 5), (np.array(rows), np.array([2, 1, 2]))
    first, second = chosen.index(0), chosen.index(1)
    picks = [tuple(at[0][n] if a == first else at[1][n] if a == second else slice(None) for a in range(3)) for n in range(3)]
    expected = np.stack([array[pick] for pick in picks], axis=min(first, second))
    np.testing.assert_array_equal(gathered(array, tuple(chosen), at), expected)

"""Discrete updates: proofs agree with every state of every small network, and planted faults are not proved."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy as sp
from energy_verdict import energy_verdict
from hypothesis import given
from hypothesis import strategies as st

import amsym as am
from amsym.notation import derivative, index, indices, mask, parameter, state, total
from amsym.prover import energy_never_increases
from amsym.prover.choice import choice_of, with_value
from amsym.system import System, time
from amsym.verdict import Status
from proofs.falsify import search

i, j = indices("i j", "N")
m = index("m", "M")
s = state("s", "N", values=(-1, 1))
W, P = parameter("W", "N N", symmetric=True), parameter("P", "N N", psd=True)
b, xi, a = parameter("b", "N"), parameter("xi", "M N"), parameter("a")
field = total(mask(sp.Ne(i, j)) * W[i, j] * s[j], j)
pairs = -total(mask(sp.Ne(i, j)) * W[i, j] * s[i] * s[j], i, j) / 2
overlap = total(xi[m, i] * s[i], i)
others = total(mask(sp.Ne(i, j)) * xi[m, j] * s[j], j)


def spins(h: Any, energy: Any, **kwargs: Any) -> System:
    return System(update={s[i]: am.sign(h)}, energy=energy, **kwargs)


def dense(F: Any) -> tuple[Any, Any]:
    """modern_methods eq. (2.3): the field E(s_i = -1) - E(s_i = 1) of E = -Σ F(ξ·s)."""
    return total(F(xi[m, i] + others) - F(-xi[m, i] + others), m), -total(F(overlap), m)


RIGHT: dict[str, Any] = {
    "one at a time": lambda: spins(field, pairs),
    "in sequence": lambda: spins(field, pairs, order="sequential"),
    "ties go up": lambda: spins(field, pairs, tie="up"),
    "with a threshold in both": lambda: spins(field - b[i], pairs + total(b[i] * s[i], i)),
    "a positive scale": lambda: spins(field * parameter("c", positive=True), pairs),
    "semidefinite weights, one at a time": lambda: spins(total(P[i, j] * s[j], j), -total(P[i, j] * s[i] * s[j], i, j) / 2),
    "semidefinite weights, all at once": lambda: spins(
        total(P[i, j] * s[j], j), -total(P[i, j] * s[i] * s[j], i, j) / 2, order="synchronous"
    ),
    "a dense memory of degree 3": lambda: spins(*dense(lambda x: x**3)),
    "an exponential dense memory": lambda: spins(*dense(sp.exp)),
    "an exponential dense memory along its gradient": lambda: spins(
        -derivative(-total(sp.exp(overlap), m), s[i]), -total(sp.exp(overlap), m)
    ),
}
WRONG: dict[str, Any] = {
    "all at once": lambda: spins(field, pairs, order="synchronous"),
    "a threshold only in the field": lambda: spins(field - b[i], pairs),
    "a threshold only in the energy": lambda: spins(field, pairs + total(b[i] * s[i], i)),
    "a threshold of the other sign": lambda: spins(field + b[i], pairs + total(b[i] * s[i], i)),
    "a negative field": lambda: spins(-field, pairs),
    "a scale of unknown sign": lambda: spins(a * field, pairs),
    "weights with a diagonal": lambda: spins(total(W[i, j] * s[j], j), -total(W[i, j] * s[i] * s[j], i, j) / 2),
    "an energy with a step": lambda: spins(field, pairs + total(mask(s[i] > 0), i)),
    "an energy with a sign": lambda: spins(field, pairs + 3 * total(sp.sign(s[i]), i)),
    "an energy with a convex kink": lambda: spins(-derivative(total(sp.Abs(overlap), m), s[i]), total(sp.Abs(overlap), m)),
    "the gradient of a cubic memory": lambda: spins(-derivative(-total(overlap**3, m), s[i]), -total(overlap**3, m)),
    "a dense memory turned round": lambda: spins(-dense(lambda x: x**3)[0], dense(lambda x: x**3)[1]),
    "an energy that depends on time": lambda: spins(field, pairs + time),
    "plain weights": lambda: spins(
        total(mask(sp.Ne(i, j)) * parameter("V", "N N")[i, j] * s[j], j),
        -total(mask(sp.Ne(i, j)) * parameter("V", "N N")[i, j] * s[i] * s[j], i, j) / 2,
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_update_is_proved(name: str) -> None:
    verdict = energy_never_increases(RIGHT[name]())
    assert verdict.status is Status.PROVED, verdict.reason


@pytest.mark.parametrize("name", RIGHT)
def test_no_counterexample_to_a_right_update_is_found(name: str) -> None:
    assert search(RIGHT[name](), seconds=0.5).violation is None


@pytest.mark.parametrize("name", WRONG)
def test_a_planted_fault_is_not_proved(name: str) -> None:
    assert energy_never_increases(WRONG[name]()).status is not Status.PROVED


@pytest.mark.parametrize("name", [n for n in WRONG if "time" not in n])
def test_a_planted_fault_is_refuted_by_a_counterexample(name: str) -> None:
    assert search(WRONG[name]()).violation is not None


def rises(w: Any, order: str) -> float:
    """The largest rise of -½ s·W s over all states, by brute force; zero diagonal."""
    worst = -np.inf
    for values in product((-1, 1), repeat=len(w)):
        start = np.array(values)
        h = w @ start
        new = np.where(h > 0, 1, np.where(h < 0, -1, start))
        ends = [new] if order == "synchronous" else [np.where(np.arange(len(w)) == k, new, start) for k in range(len(w))]
        worst = max(worst, *(-(e @ w @ e - start @ w @ start) / 2 for e in ends))
    return float(worst)


@given(st.lists(st.integers(-3, 3), min_size=6, max_size=6))
def test_the_proof_for_single_updates_agrees_with_every_state(entries: list[int]) -> None:
    w = np.zeros((4, 4), dtype=int)
    w[np.triu_indices(4, 1)] = entries
    assert rises(w + w.T, "asynchronous") <= 0


def test_a_synchronous_counterexample_rises_by_brute_force_too() -> None:
    found = search(WRONG["all at once"]()).violation
    assert found is not None
    w = np.array([[float(x) for x in row] for row in found.values[W]])
    np.fill_diagonal(w, 0)
    assert rises(w, "synchronous") > 0


def test_in_sequence_each_neuron_finds_what_the_one_before_has_left() -> None:
    """All neurons are sent up, the first one first.

    E rises when a neuron goes up while an earlier one is down: neuron 0 goes up first, then 1, so that never happens
    in sequence, though it does where any neuron may go first.
    """
    earlier = total(mask(j < i) * (1 - s[j]), j)
    up = System(update={s[i]: am.sign(1 + earlier)}, energy=total(mask(j < i) * (1 - s[j]) * (1 + s[i]), i, j), order="sequential")
    free = System(update=up.update, energy=up.energy)
    assert search(up).violation is None
    assert search(free).violation is not None


def test_with_value_sets_one_component_alone() -> None:
    k = index("k", "N")
    low = with_value(total(b[i] * s[i], i), s[k], sp.S.NegativeOne)
    assert am.notation.is_zero(low - (total(b[i] * s[i], i) - b[k] * s[k] - b[k]))


def test_the_field_is_read_through_the_sign_that_sympy_pulls_out() -> None:
    chosen = choice_of(s[i], sp.sign(-field))
    assert chosen is not None
    assert (chosen.field, chosen.low, chosen.high) == (-field, -1, 1)
    assert choice_of(s[i], 2 * sp.sign(field)) is None
    assert choice_of(s[i], sp.tanh(field)) is None


def both(sign: int = 1, order: str = "asynchronous") -> System:
    """Two layers of spins, bidirectional."""
    r = state("r", "M", values=(-1, 1))
    up, down = total(xi[m, i] * s[i], i), total(xi[m, i] * r[m], m)
    return System(update={s[i]: am.sign(down), r[m]: am.sign(sign * up)}, energy=-total(xi[m, i] * r[m] * s[i], m, i), order=order)


def test_two_layers_of_spins_descend_neuron_by_neuron_and_not_both_at_once() -> None:
    for order in ("asynchronous", "sequential"):
        assert energy_verdict(both(order=order)).status is Status.PROVED
        assert energy_verdict(both(-1, order)).status is Status.REFUTED
    assert energy_verdict(both(order="synchronous")).status is Status.REFUTED


x = state("x", "N")
beta = parameter("beta", positive=True)
lse = sp.log(total(sp.exp(beta * total(xi[m, i] * x[i], i)), m)) / beta
half = total(x[i] ** 2, i) / 2


def real(update: Any, energy: Any, order: str = "synchronous") -> System:
    return System(update={x[i]: update}, energy=energy, order=order)


REAL_RIGHT = {
    "the step of a softmax memory": lambda: real(derivative(lse, x[i]), half - lse),
    "its step with a slope in front of the square": lambda: real(derivative(lse, x[i]) / 3, 3 * half - lse),
    "its neurons one at a time": lambda: real(derivative(lse, x[i]), half - lse, "asynchronous"),
    "a quadratic memory with semidefinite weights": lambda: real(
        total(P[i, j] * x[j], j) + b[i], half - total(P[i, j] * x[i] * x[j], i, j) / 2 - total(b[i] * x[i], i)
    ),
    "a step to the minimum of a bound": lambda: real(sp.atan(x[i]), half - total(x[i] * sp.atan(x[i]) - sp.log(1 + x[i] ** 2) / 2, i)),
}
REAL_WRONG = {
    "β applied twice": lambda: real(derivative(lse.subs(beta, beta**2), x[i]), half - lse),
    "a step turned round": lambda: real(-derivative(lse, x[i]), half - lse),
    "a bias that the energy lacks": lambda: real(derivative(lse, x[i]) + b[i], half - lse),
    "weights that need not be semidefinite": lambda: real(total(W[i, j] * x[j], j), half - total(W[i, j] * x[i] * x[j], i, j) / 2),
    "a step twice as long and more": lambda: real(3 * derivative(lse, x[i]) - 2 * x[i], half - lse),
    "weights with a negative diagonal, one at a time": lambda: real(
        total(W[i, j] * x[j], j), half - total(W[i, j] * x[i] * x[j], i, j) / 2, "asynchronous"
    ),
}


@pytest.mark.parametrize("name", REAL_RIGHT)
def test_an_update_that_minimises_a_convex_majorant_is_proved(name: str) -> None:
    verdict = energy_never_increases(REAL_RIGHT[name]())
    assert verdict.status is Status.PROVED, verdict.reason
    assert search(REAL_RIGHT[name]()).violation is None


@pytest.mark.parametrize("name", REAL_WRONG)
def test_a_wrong_update_of_real_neurons_is_refuted(name: str) -> None:
    assert energy_verdict(REAL_WRONG[name]()).status is Status.REFUTED


def test_neurons_that_are_0_or_1_lower_the_energy_one_at_a_time_and_not_all_at_once() -> None:
    """Hopfield 1982 in its own values: V_i = 1 where Σ_{j≠i} T_ij V_j > U_i, else 0."""
    V, T, U = state("V", "N", values=(0, 1)), parameter("T", "N N", symmetric=True), parameter("U", "N")
    h = total(mask(sp.Ne(i, j)) * T[i, j] * V[j], j) - U[i]
    E = -total(mask(sp.Ne(i, j)) * T[i, j] * V[i] * V[j], i, j) / 2 + total(U[i] * V[i], i)
    for update in (am.mask(h > 0), am.mask(h >= 0), 1 - am.mask(-h > 0)):
        assert energy_verdict(System(update={V[i]: update}, energy=E)).status is Status.PROVED
    for wrong in (am.mask(h < 0), am.mask(h + 2 * U[i] > 0)):
        assert energy_verdict(System(update={V[i]: wrong}, energy=E)).status is Status.REFUTED
    together = System(update={V[i]: am.mask(h > 0)}, energy=E, order="synchronous")
    assert energy_verdict(together).status is Status.REFUTED

"""Thousands of components by products alone: closed forms, the same answers as the dense way, and doubt where Arnoldi fails."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from scipy.sparse.linalg import LinearOperator
from stability_states import drawn, network, with_state

from amsym.verdict import Status
from numeric.stability import arnoldi, stability, study
from numeric.stability.dead_space import no_dead


def low_rank(n: int, values: Any, seed: int = 0) -> tuple[Any, Any]:
    """W = Q diag(values) Qᵀ, and Q."""
    Q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, len(values))))
    W = (Q * values) @ Q.T
    return (W + W.T) / 2, Q


@pytest.mark.slow
def test_three_thousand_neurons_half_of_them_dead_have_the_closed_spectrum() -> None:
    n, values = 3000, np.array([1.9, 1.2, 0.6, -2.0])
    W, Q = low_rank(n, values)
    state = np.where(np.arange(n) % 2, -1.0, 1.0)
    params = {"W": W, "b": state - W @ np.maximum(state, 0)}
    tracemalloc.start()
    found = stability(network("relu"), params, state)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    exact = np.sort(np.linalg.eigvals(Q[::2].T @ Q[::2] * values).real)[::-1] - 1
    assert np.allclose(found.spectrum[:3], exact[:3], atol=1e-8)
    assert np.allclose(found.rates, -1)
    assert found.kind == ("unstable" if exact[0] > 0 else "stable")
    assert peak < 8 * W.nbytes  # parameters are held twice, and the Jacobian where the model has no directional derivatives
    x = np.random.default_rng(1).normal(size=n)
    assert np.allclose(found.alive @ x, np.where(state > 0, x, 0))
    assert np.allclose(found.dead @ x, np.where(state > 0, 0, x))


@pytest.mark.parametrize("name", ["relu", "softmax", "tanh"])
def test_products_and_matrices_give_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(4):
        W, state = drawn(seed, 40, 2.0 if name != "softmax" else 20.0)
        params = with_state(name, W, state)
        dense = stability(network(name), params, state)
        monkeypatch.setattr(study, "DENSE", 10)
        large = stability(network(name), params, state)
        monkeypatch.undo()
        assert (large.kind, large.index) == (dense.kind, dense.index)
        assert large.verdict.status is Status.SUPPORTED
        shown = len(large.spectrum)
        assert np.allclose(large.spectrum, dense.spectrum[:shown], atol=1e-7)
        assert large.margin == pytest.approx(dense.margin, abs=1e-7)
        assert np.allclose(sorted(large.rates.real), sorted(dense.rates.real))
        assert np.allclose(large.dead @ state, dense.dead @ state)


@pytest.mark.parametrize("alive", [0, 1, 3])
def test_where_few_neurons_are_alive_only_their_eigenvalues_are_told(alive: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "DENSE", 10)
    W, _ = drawn(0, 40)
    state = np.where(np.arange(40) < alive, 1.0, -1.0)
    found = stability(network("relu"), with_state("relu", W, state), state)
    assert np.allclose(found.spectrum, np.linalg.eigvalsh(W[:alive, :alive])[::-1] - 1)
    assert found.rates.real.tolist() == [-1.0] * (40 - alive)


def operator(values: Any) -> LinearOperator:
    return LinearOperator((len(values),) * 2, matvec=lambda x: values * x.ravel(), dtype=np.float64)


def test_when_all_that_was_found_is_unstable_more_is_asked_for() -> None:
    values = np.concatenate([np.linspace(1, 2, 10), np.linspace(-3, -1, 90)])
    found = arnoldi.rightmost(operator(values), no_dead(100))
    assert found.converged
    assert found.unstable.sum() == 10
    stuck = arnoldi.rightmost(operator(np.linspace(1, 2, 100)), no_dead(100))
    assert not stuck.converged
    assert "unstable" in stuck.reason


def test_an_iteration_that_stops_early_is_not_called_converged(monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(A: Any, k: int, **options: Any) -> Any:
        raise arnoldi.ArpackNoConvergence("", np.array([-2.0 + 0j]), np.eye(A.shape[0])[:, :1])

    monkeypatch.setattr(arnoldi, "eigs", stops)
    monkeypatch.setattr(study, "DENSE", 2)
    W, state = drawn(0, 12, 0.5)
    found = stability(network("tanh"), with_state("tanh", W, state), state)
    assert found.verdict.status is Status.UNDECIDED
    assert "did not converge" in found.verdict.reason


def test_a_kink_is_told_there_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "DENSE", 2)
    W, state = drawn(0, 12, 0.5)
    state[0] = 0.0
    found = stability(network("relu"), with_state("relu", W, state), state)
    assert found.kind == "marginal"
    assert found.marginal == ("a kink within 1e-09 of the state, Jacobians on its sides disagree",)

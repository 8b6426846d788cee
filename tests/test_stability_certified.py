"""Stability of a steady state in balls: certified where it is right, undecided on the border, and never the wrong number."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, arb_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from stability_states import drawn, network, with_state

import amsym as am
from amsym.errors import InputError
from amsym.verdict import Status
from numeric.stability import stability
from proofs.zeros.stable_state import certified_stability, inertia_of, lyapunov_matrix


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), name=st.sampled_from(["relu", "tanh", "softmax"]), gain=st.floats(0.3, 4))
def test_balls_confirm_the_index_that_floating_point_found(seed: int, name: str, gain: float) -> None:
    W, state = drawn(seed, 3, gain)
    params = with_state(name, W, state)
    found, sure = stability(network(name), params, state), certified_stability(network(name), params, state)
    if abs(found.margin) > 1e-3 and np.abs(state).min() > 1e-3:
        assert sure.status is Status.CERTIFIED
        assert sure.claim == found.verdict.claim
        assert sure.certificate["index"] == found.index


@pytest.mark.parametrize(("name", "W", "b", "state"), [("tanh", 1.0, 0.0, 0.0), ("identity", 1.0, 0.0, 2.0), ("relu", 0.5, 0.0, 0.0)])
def test_zero_modes_continua_and_kinks_stay_undecided(name: str, W: float, b: float, state: float) -> None:
    sure = certified_stability(network(name), {"W": [[W]], "b": [b]}, [state])
    assert sure.status is Status.UNDECIDED
    assert "no box" in sure.reason


def test_the_certificate_can_be_read_again_by_hand() -> None:
    W, state = drawn(1, 3, 2.5)
    sure = certified_stability(network("tanh"), with_state("tanh", W, state), state)
    P = np.array([[float(Fraction(x)) for x in row] for row in sure.certificate["P"]])
    J = W * (1 - np.tanh(state) ** 2) - np.eye(3)
    assert np.linalg.eigvalsh(J.T @ P + P @ J).min() > 0
    assert (np.linalg.eigvalsh(P) > 0).sum() == sure.certificate["index"]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), radius=st.sampled_from([0.0, 1e-8, 1e-2, 1.0]))
def test_no_matrix_in_the_balls_has_another_number_of_unstable_eigenvalues(seed: int, radius: float) -> None:
    rng = np.random.default_rng(seed)
    J = rng.normal(size=(4, 4))
    P = lyapunov_matrix(J)
    assert P is not None
    found = inertia_of(arb_mat([[arb(float(x), radius) for x in row] for row in J]), P)
    if radius == 0.0:
        assert found == (np.linalg.eigvals(J).real > 0).sum()
    if found is not None:
        others = J + radius * rng.uniform(-1, 1, (50, 4, 4))
        assert np.all((np.linalg.eigvals(others).real > 0).sum(axis=1) == found)


def test_a_wrong_p_shows_nothing() -> None:
    J = arb_mat([[-1, 0], [0, 2]])
    assert inertia_of(J, np.diag([-0.5, 0.25])) == 1
    wrong: list[Any] = [np.diag([0.5, 0.25]), np.eye(2), np.zeros((2, 2)), -np.eye(2)]
    assert [inertia_of(J, P) for P in wrong] == [None] * 4
    assert inertia_of(arb_mat([[-1, 10], [0, 2]]), np.diag([-0.5, 0.25])) is None  # Jᵀ P + P J has ones on its diagonal and -5 beside


def test_a_state_that_is_not_steady_or_too_large_is_told() -> None:
    with pytest.raises(InputError, match="not steady"):
        certified_stability(network("tanh"), {"W": [[2.0]], "b": [0.0]}, [0.5])
    wide = certified_stability(network("tanh"), {"W": np.zeros((41, 41)), "b": np.zeros(41)}, np.zeros(41))
    assert "41 components" in wide.reason


def test_time_and_several_states_are_taken_as_given() -> None:
    i, y = am.index("i", "N"), am.state("y", "N")
    moving = am.System(flow={y[i]: (am.time - 1) * y[i]})
    assert [certified_stability(moving, {}, [0.0], t=t).claim for t in (0.0, 2.0)] == ["steady state is stable", "steady state is unstable"]

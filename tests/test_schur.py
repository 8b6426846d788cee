"""Laws of the eliminated matrix: it solves the whole system, and a singular one spoils its own row alone."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp
from stiff_systems import a, at, driven, h, i, j, memory, network, v, y

from amsym.notation import parameter, state, total
from amsym.system import System
from numeric.bound import Bound
from numeric.compile import compile
from numeric.steppers.rosenbrock import STAGES, Rosenbrock
from numeric.steppers.schur import Schur, inverses
from numeric.steppers.step_size import Tolerance


def three_layers() -> Bound:
    """A chain v - h - w with a full block within w, so that some states are eliminated and two are kept."""
    w, U, M = state("w", "N"), parameter("U", "N K"), parameter("M", "N N")
    flow = {
        v[i]: total(U[i, a] * sp.tanh(h[a]), a) - v[i] ** 3,
        h[a]: total(U[i, a] * (v[i] + sp.sin(w[i])), i) - 5 * h[a],
        w[i]: total(M[i, j] * sp.tanh(w[j]), j) + v[i] ** 2 - w[i],
    }
    rng = np.random.default_rng(4)
    return compile(System(flow=flow)).bind({"U": rng.normal(size=(3, 4)), "M": rng.normal(size=(3, 3))})


@pytest.mark.parametrize("field", [three_layers(), memory(1e-3), network(5), driven(3.0)], ids=["chain", "memory", "network", "driven"])
def test_elimination_solves_the_whole_system(field: Bound) -> None:
    rng, n = np.random.default_rng(0), 5 if field.state_names == ("y",) else 10
    rows, steps, r = rng.normal(size=(4, n)), np.array([1e-3, 0.1, 1.0, 30.0]), rng.normal(size=(4, n))
    matrix = Schur(field, n)
    matrix.prepare(rows, at(rows), steps)
    whole = np.eye(n) - steps[:, None, None] * field.packed_jacobian(rows)
    np.testing.assert_allclose(matrix.solve(r.copy()), np.linalg.solve(whole, r[:, :, None])[:, :, 0], rtol=1e-9, atol=1e-10)


def test_only_states_that_do_not_meet_are_eliminated() -> None:
    assert set(Schur(three_layers(), 10).eliminated) in ({"h"}, {"v"})
    assert Schur(network(5), 5).eliminated == ()


def test_a_singular_matrix_spoils_its_own_row_alone() -> None:
    matrices = np.stack([np.eye(2), np.zeros((2, 2)), 2 * np.eye(2)])
    np.testing.assert_array_equal(inverses(matrices)[[0, 2]], [np.eye(2), np.eye(2) / 2])
    assert np.all(np.isnan(inverses(matrices)[1]))


def test_a_singular_jacobian_costs_a_smaller_step_and_no_error() -> None:
    """dy/dt = y: 1 - hγJ is 0 at h = 1/γ exactly."""
    field = compile(System(flow={y[i]: y[i] + 0 * total(y[j], j)})).bind({})
    stepper = Rosenbrock(field, np.array([[1.0], [1.0]]), np.zeros(2), 9.0, Tolerance(1e-6, 1e-6, None))
    stepper.h[:] = 1 / STAGES.gamma, 0.01
    with np.errstate(all="ignore"):
        stepper.attempt()
        stepper.commit()
    assert stepper.accepted.tolist() == [False, True]
    assert stepper.h[0] < 1 / STAGES.gamma
    assert stepper.y[0, 0] == 1


def test_matrices_of_many_rows_stay_within_their_memory() -> None:
    assert Schur(network(100), 100).rows_at_once(8) * 100 * 100 * 8 <= 2**26

"""Laws of the implicit steppers: order, L-stability, structure, failure, and when a trajectory is stiff."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import solve_ivp

from amsym.notation import indices, parameter, state, total
from amsym.system import System, time
from numeric.bound import Bound
from numeric.clamp import Clamped
from numeric.compile import compile
from numeric.steppers import layered
from numeric.steppers.dormand_prince import NODES, DormandPrince
from numeric.steppers.dormand_prince import STAGES as EXPLICIT
from numeric.steppers.layered import COMPANION, Layered
from numeric.steppers.rosenbrock import STAGES, Rosenbrock
from numeric.steppers.schur import Schur, inverses
from numeric.steppers.step_size import Tolerance
from numeric.steppers.stepper import Stepper
from numeric.steppers.stiff import cost, left_over, resting, stiff_method
from numeric.steppers.stiffness import FastestMode, StiffWatch

Array = np.ndarray[Any, Any]
LOOSE = Tolerance(1e6, 1e6, None)
i, j = indices("i j", "N")
(a,) = indices("a", "K")
y, v, h = state("y", "N"), state("v", "N"), state("h", "K")
METHODS = [Layered, Rosenbrock]


def memory(tau: float, n: int = 4, k: int = 6, beta: float = 2.0, visible: Any = sp.tanh) -> Bound:
    """dv/dt = ξ softmax(βh) - v, τ dh/dt = ξᵀ g(v) - h."""
    xi, b, slow = parameter("xi", "N K"), parameter("beta", positive=True), parameter("tau", positive=True)
    p = sp.exp(b * h[a]) / total(sp.exp(b * h[a]), a)
    flow = {v[i]: total(xi[i, a] * p, a) - v[i], h[a]: (total(xi[i, a] * visible(v[i]), i) - h[a]) / slow}
    weights = np.random.default_rng(3).normal(size=(n, k))
    return compile(System(flow=flow)).bind({"xi": weights, "beta": beta, "tau": tau})


def network(n: int, stiff: float = 1.0, seed: int = 0, turning: float = 0.0) -> Bound:
    """τ dy/dt = W tanh(y) - y, with one fast neuron where `stiff` is large."""
    W, tau = parameter("W", "N N"), parameter("tau", "N")
    model = compile(System(flow={y[i]: (total(W[i, j] * sp.tanh(y[j]), j) - y[i]) / tau[i]}))
    weights = 1.5 * np.random.default_rng(seed).normal(size=(n, n)) / np.sqrt(n)
    if turning:  # pairs of neurons that turn about each other for ever
        weights = np.kron(np.eye(n // 2), np.array([[1.0, -turning], [turning, 1.0]])) + 0.2 * weights
    return model.bind({"W": weights, "tau": np.where(np.arange(n) == 0, 1 / stiff, 1.0)})


def driven(rate: float) -> Bound:
    """dy/dt = -λ (y - cos t) - sin t, whose solution from 1 is cos t. Source: Prothero and Robinson (1974)."""
    return compile(System(flow={y[i]: -sp.Float(rate) * (y[i] - sp.cos(time)) - sp.sin(time)}, name="driven")).bind({})


def at(rows: Array) -> Array:
    return np.zeros(len(rows))


def fixed(method: type[Stepper], field: Any, start: Array, step: float, end: float) -> Array:
    """The end of a run of equal steps."""
    stepper = method(field, start, at(start), end, LOOSE)
    for _ in range(round(end / step)):
        stepper.h[:] = step
        stepper.attempt()
        stepper.commit()
    return stepper.y.copy()


def followed(method: type[Stepper], field: Any, start: Array, end: float, tolerance: Tolerance) -> tuple[Array, int]:
    """The ends, and the attempts made."""
    stepper, rows, final, attempts = method(field, start, at(start), end, tolerance), np.arange(len(start)), start.copy(), 0
    while stepper.count and attempts < 20_000:
        stepper.attempt()
        stepper.commit()
        attempts += 1
        there = stepper.t >= end
        final[rows[there]] = stepper.y[there]
        rows = rows[~there]
        stepper.keep(~there)
    return final, attempts


def exact(field: Any, start: Array, end: float, method: str = "LSODA") -> Array:
    """The ends by SciPy at a tight tolerance."""

    def flow(t: float, y: Array) -> Array:
        return np.asarray(field.packed_flow(y[None], t=t)[0])

    runs = (solve_ivp(flow, (0, end), row, method, rtol=1e-9, atol=1e-11) for row in start)
    return np.array([run.y[:, -1] for run in runs])


def slope(steps: list[float], errors: list[float]) -> float:
    return float(np.polyfit(np.log(steps), np.log(errors), 1)[0])


# Tableaus


def square(rows: Any) -> Array:
    return np.array([[*row, *([0.0] * (7 - len(row)))] for row in rows])


def test_the_companion_meets_all_conditions_of_order_4_of_a_system_in_two_parts() -> None:
    """Over all trees with the inner vertices slow or fast; for the weights of either part."""
    split, c = {"slow": square(EXPLICIT), "fast": square(COMPANION)}, np.array(NODES)
    for A in split.values():
        np.testing.assert_allclose(A.sum(axis=1), c, atol=1e-15)
        b = A[6]
        np.testing.assert_allclose([b @ c, b @ c**2, b @ c**3], [1 / 2, 1 / 3, 1 / 4], atol=1e-15)
        for P in split.values():
            np.testing.assert_allclose([b @ P @ c, b @ (c * (P @ c)), b @ P @ c**2], [1 / 6, 1 / 8, 1 / 12], atol=2e-15)
            np.testing.assert_allclose([b @ P @ Q @ c for Q in split.values()], 1 / 24, atol=2e-15)


def test_no_stage_of_a_fast_layer_grows_and_the_step_forgets_it_at_infinity() -> None:
    A, z = square(COMPANION), -np.logspace(-4, 14, 2000)
    stages = np.ones((7, z.size))
    for s in range(1, 7):
        stages[s] = (1 + z * (A[s, :s] @ stages[:s])) / (1 - z * A[s, s])
    assert np.abs(stages).max() <= 1
    assert abs(stages[6, -1]) < 1e-11


@pytest.mark.parametrize("method", METHODS)
def test_far_out_a_stiff_mode_is_gone_in_one_step(method: type[Stepper]) -> None:
    """L-stability, of the compiled step itself: y' = R(-λ h) y, R → 0."""
    (end,) = fixed(method, driven(1e9), np.array([[2.0, 0.0]]), 0.1, 0.1)
    np.testing.assert_allclose(end, np.cos(0.1), atol=1e-4)


# Order


@pytest.mark.parametrize(("method", "order"), [(Layered, 4), (Rosenbrock, 5)])
def test_the_error_falls_with_the_order_of_the_method(method: type[Stepper], order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """All fast components implicit, whatever the step."""
    monkeypatch.setattr(layered, "FAST", 0.0)
    field, start = memory(0.5), np.random.default_rng(0).normal(size=(2, 10))
    steps, reference = [1 / 4, 1 / 8, 1 / 16, 1 / 32], exact(field, start, 1.0)
    assert slope(steps, [np.abs(fixed(method, field, start, s, 1.0) - reference).max() for s in steps]) > order - 0.35


@pytest.mark.parametrize("method", METHODS)
def test_the_order_is_5_where_fast_layers_are_at_rest(method: type[Stepper]) -> None:
    field = memory(1e-10)
    start = exact(field, np.random.default_rng(0).normal(size=(1, 10)), 0.5)
    steps, reference = [1 / 2, 1 / 4, 1 / 8], exact(field, start, 1.0)
    assert slope(steps, [np.abs(fixed(method, field, start, s, 1.0) - reference).max() for s in steps]) > 4.5


@pytest.mark.parametrize(("method", "order"), [(Layered, 4), (Rosenbrock, 5)])
def test_the_order_holds_where_the_flow_depends_on_time(method: type[Stepper], order: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layered, "FAST", 0.0)
    steps = [1 / 2, 1 / 4, 1 / 8, 1 / 16]
    errors = [abs(fixed(method, driven(1.0), np.ones((1, 1)), s, 2.0)[0, 0] - np.cos(2)) for s in steps]
    assert slope(steps, errors) > order - 0.5


@pytest.mark.parametrize("method", METHODS)
def test_a_stiff_drive_is_followed_with_steps_that_accuracy_allows(method: type[Stepper]) -> None:
    end, attempts = followed(method, driven(1e6), np.ones((1, 1)), 10.0, Tolerance(1e-6, 1e-6, None))
    assert end[0, 0] == pytest.approx(np.cos(10), abs=2e-5)
    assert attempts < 300


@pytest.mark.parametrize("method", METHODS)
def test_the_interpolant_meets_the_ends_and_stays_near_between_in_stiff_layers_too(method: type[Stepper]) -> None:
    field = memory(1e-5)
    start = exact(field, np.random.default_rng(0).normal(size=(1, 10)), 1.0)
    stepper = method(field, start, at(start), 1.0, LOOSE)
    stepper.h[:] = 0.02
    stepper.attempt()
    ends = stepper.interpolate(np.array([0, 0]), np.array([0.0, 1.0]))
    np.testing.assert_allclose(ends, [start[0], stepper.proposal[0]], atol=1e-13)
    between = stepper.interpolate(np.array([0]), np.array([0.3]))
    np.testing.assert_allclose(between, exact(field, start, 0.006), atol=1e-6)


# Solutions


@pytest.mark.parametrize(("tau", "peer"), [(1.0, "LSODA"), (1e-3, "Radau"), (1e-6, "LSODA")])
def test_fast_layers_agree_with_scipy(tau: float, peer: str) -> None:
    field, start = memory(tau), np.random.default_rng(1).normal(size=(1, 10))
    reference = exact(field, start, 3.0, peer)
    for method in METHODS:
        found, _ = followed(method, field, start, 3.0, Tolerance(1e-6, 1e-9, None))
        np.testing.assert_allclose(found, reference, atol=2e-5)


@pytest.mark.parametrize("method", METHODS)
def test_clamped_components_stay_in_fast_layers_and_in_slow_ones(method: type[Stepper]) -> None:
    free, start = np.arange(10) % 3 > 0, np.random.default_rng(1).normal(size=(2, 10))
    field = Clamped(memory(1e-3), free)
    found, _ = followed(method, field, start, 2.0, Tolerance(1e-6, 1e-9, None))
    np.testing.assert_array_equal(found[:, ~free], start[:, ~free])
    np.testing.assert_allclose(found, exact(field, start, 2.0), atol=1e-5)


def test_the_van_der_pol_equation_is_followed_around_its_corners() -> None:
    z = state("z", "N")
    field = compile(System(flow={y[i]: z[i], z[i]: 100 * ((1 - y[i] ** 2) * z[i] - y[i])})).bind({}, sizes={"N": 1})
    start = np.array([[2.0, -0.6]])
    found, attempts = followed(Rosenbrock, field, start, 1.0, Tolerance(1e-6, 1e-8, None))
    np.testing.assert_allclose(found, exact(field, start, 1.0), rtol=1e-4)
    assert attempts < 200


def test_a_stiff_neuron_within_a_full_layer_is_followed() -> None:
    field, start = network(6, stiff=1e4), np.random.default_rng(2).normal(size=(3, 6))
    found, attempts = followed(Rosenbrock, field, start, 5.0, Tolerance(1e-7, 1e-9, None))
    np.testing.assert_allclose(found, exact(field, start, 5.0), atol=1e-6)
    assert attempts < 200


@pytest.mark.parametrize("method", METHODS)
def test_a_row_does_not_depend_on_the_rows_beside_it(method: type[Stepper]) -> None:
    field = memory(1e-3)
    starts = np.random.default_rng(1).normal(size=(3, 10)) * np.logspace(-1, 1, 3)[:, None]
    together, _ = followed(method, field, starts, 1.0, Tolerance(1e-4, 1e-7, None))
    alone = np.concatenate([followed(method, field, s[None], 1.0, Tolerance(1e-4, 1e-7, None))[0] for s in starts])
    np.testing.assert_allclose(together, alone, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_single_precision_is_kept(method: type[Stepper]) -> None:
    start = np.ones((2, 10), np.float32)
    stepper = method(memory(1e-2), start, at(start), 1.0, Tolerance(1e-4, 1e-5, 1e-4))
    stepper.attempt()
    stepper.commit()
    assert {x.dtype for x in (stepper.y, stepper.f, stepper.error, stepper.interpolate(np.array([0]), np.ones(1)))} == {start.dtype}


# Matrices


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


# The choice


def test_the_method_follows_from_the_form_and_the_rates() -> None:
    start = np.random.default_rng(0).normal(size=(5, 10))
    assert stiff_method(memory(1e-3), start, at(start)) is Layered
    assert stiff_method(memory(1.0, beta=8.0), start, at(start)) is Rosenbrock
    assert stiff_method(network(6, 1e4), start[:, :6].copy(), at(start)) is Rosenbrock


def test_what_fast_layers_leave_is_the_rate_of_the_reduced_flow() -> None:
    field, rows = memory(1e-4), np.random.default_rng(0).normal(size=(1, 10))
    J = field.packed_jacobian(rows)[0]
    reduced = J[:4, :4] - J[:4, 4:] @ np.linalg.solve(J[4:, 4:], J[4:, :4])
    assert left_over(field, rows, np.zeros(1)) == pytest.approx(np.abs(np.linalg.eigvals(reduced)).max(), rel=0.2)


def test_power_iteration_finds_the_fastest_mode_of_each_row() -> None:
    field, rows = network(8, 50.0), np.random.default_rng(0).normal(size=(3, 8))
    mode = FastestMode(field, rows)
    for _ in range(60):
        found = mode.rate(rows, at(rows))
    expected = np.abs(np.linalg.eigvals(field.packed_jacobian(rows))).max(axis=1)
    np.testing.assert_allclose(found, expected, rtol=0.02)


def flagged(field: Any, start: Array, end: float, tolerance: Tolerance, price: float, steps: int = 3000) -> Array:
    """Rows that the watch found stiff on the way of an explicit method; rows leave as `simulate` lets them."""
    stepper, rows, found = DormandPrince(field, start, at(start), end, tolerance), np.arange(len(start)), np.zeros(len(start), bool)
    watch = StiffWatch(field, rows, start, end, tolerance, price)
    for _ in range(steps):
        stepper.attempt()
        stepper.commit()
        stiff = watch(rows, stepper)
        found[rows[stiff]] = True
        rest = np.abs(stepper.f).max(axis=1) <= (tolerance.steady or -1) * (1 + stepper.size)
        alive = ~(stiff | (stepper.t >= end) | rest)
        stepper.keep(alive)
        rows = rows[alive]
        if not stepper.count:
            break
    return found


@pytest.mark.parametrize("rtol", [1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("steady", [None, 1e-8])
def test_a_network_whose_leak_is_all_that_decays_is_never_called_stiff(rtol: float, steady: float | None) -> None:
    field, start = network(24), 2 * np.random.default_rng(1).normal(size=(20, 24))
    price = cost(Rosenbrock, field, 24)
    assert not flagged(field, start, 50.0, Tolerance(rtol, 1e-9, steady), price).any()


@pytest.mark.parametrize("rtol", [1e-3, 1e-6])
def test_a_network_that_never_rests_is_not_called_stiff_however_long_the_way(rtol: float) -> None:
    field, start = network(24, turning=2.0), np.random.default_rng(1).normal(size=(5, 24))
    stiff = flagged(field, start, 1e5, Tolerance(rtol, 1e-6, 1e-8), cost(Rosenbrock, field, 24), steps=400)
    assert np.abs(field.packed_flow(followed(DormandPrince, field, start, 100.0, Tolerance(1e-4, 1e-6, None))[0])).max() > 0.1
    assert not stiff.any()


@pytest.mark.parametrize("steady", [None, 1e-8])
def test_fast_layers_and_a_fast_neuron_are_called_stiff(steady: float | None) -> None:
    start = np.random.default_rng(1).normal(size=(6, 10))
    tolerance = Tolerance(1e-6, 1e-9, steady)
    assert flagged(memory(1e-4), start, 50.0, tolerance, cost(Layered, memory(1e-4), 10)).all()
    field = network(10, 1e5)
    assert flagged(field, start, 50.0, tolerance, cost(Rosenbrock, field, 10)).all()


@pytest.mark.parametrize("tau", [1e-4, 1e-8])
def test_the_steps_along_slow_layers_do_not_depend_on_how_fast_the_others_are(tau: float) -> None:
    start = np.random.default_rng(1).normal(size=(3, 10))
    assert followed(Layered, memory(tau), start, 20.0, Tolerance(1e-6, 1e-9, None))[1] < 90


def test_what_fast_layers_hide_is_not_called_stiff_and_what_they_leave_is() -> None:
    """Behind a layer of τ = 1e-6, a visible neuron of τ = 1e-4 holds the steps of the split method."""
    xi, slow = parameter("xi", "N K"), parameter("slow", "N")
    flow = {v[i]: (total(xi[i, a] * sp.tanh(h[a]), a) - v[i]) / slow[i], h[a]: 1e6 * (total(xi[i, a] * v[i], i) - h[a])}
    rng, tolerance = np.random.default_rng(0), Tolerance(1e-6, 1e-9, None)
    weights, start = 0.3 * rng.normal(size=(4, 6)), rng.normal(size=(3, 10))
    for least, expected in ((1.0, False), (1e-4, True)):
        field = compile(System(flow=flow)).bind({"xi": weights, "slow": np.array([least, 1.0, 1.0, 1.0])})
        watch = StiffWatch(field, np.arange(3), start, 50.0, tolerance, cost(Rosenbrock, field, 10), resting(field, start))
        stepper, found = Layered(field, start, at(start), 50.0, tolerance), np.zeros(3, bool)
        for _ in range(300):
            stepper.attempt()
            stepper.commit()
            found |= watch(np.arange(3), stepper)
            alive = stepper.t < 50
            if not alive.all():
                break
        assert np.all(found == expected)


def test_a_short_rest_is_finished_by_the_explicit_method() -> None:
    start, tolerance = np.random.default_rng(1).normal(size=(4, 10)), Tolerance(1e-6, 1e-9, None)
    assert not flagged(memory(1e-3), start, 0.05, tolerance, cost(Layered, memory(1e-3), 10)).any()

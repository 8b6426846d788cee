"""Laws of the implicit steppers: order, L-stability, fast layers, full stiff blocks, clamped components."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from stiff_systems import LOOSE, METHODS, Array, at, driven, exact, fixed, followed, i, memory, network, slope, y

from amsym.notation import state
from amsym.system import System
from numeric.clamp import Clamped
from numeric.compile import compile
from numeric.steppers import layered
from numeric.steppers.dormand_prince import NODES
from numeric.steppers.dormand_prince import STAGES as EXPLICIT
from numeric.steppers.layered import COMPANION, Layered
from numeric.steppers.rosenbrock import Rosenbrock
from numeric.steppers.step_size import Tolerance
from numeric.steppers.stepper import Stepper


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


@pytest.mark.parametrize("tau", [1e-4, 1e-8])
def test_the_steps_along_slow_layers_do_not_depend_on_how_fast_the_others_are(tau: float) -> None:
    start = np.random.default_rng(1).normal(size=(3, 10))
    assert followed(Layered, memory(tau), start, 20.0, Tolerance(1e-6, 1e-9, None))[1] < 90

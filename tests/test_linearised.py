"""Derivatives along a direction, diagonals and packed blocks agree with the Jacobian written out in components."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from memories import SIZES, SYSTEMS, a, h, i, j, numbers, states, v, y
from reference_values import jacobian

from amsym.errors import InputError
from amsym.notation import Tensor, derivative, mask, parameter, state, total
from amsym.system import System, time
from numeric.bound import Bound
from numeric.compile import compile
from numeric.couplings import couplings, leaking
from numeric.directional import along, directions_of, own_slope

Array = np.ndarray[Any, Any]
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def bound(name: str, batch: int = 3) -> tuple[Bound, Array, Array]:
    """A model, packed states and directions."""
    system = SYSTEMS[name]()
    model = compile(system).bind(numbers(system))
    rng = np.random.default_rng(5)
    start = {n: np.stack([a + 0.3 * rng.normal(size=a.shape) for _ in range(batch)]) for n, a in states(system).items()}
    packed, _ = model.pack(start)
    return model, packed, rng.normal(size=packed.shape)


@pytest.mark.parametrize("name", ["tanh", "two_layers", "three_layers", "layernorm", "relu"])
def test_packed_jacobians_and_products_equal_the_derivatives_in_components(name: str) -> None:
    system = SYSTEMS[name]()
    params, start = numbers(system), states(system)
    blocks = jacobian(system, SIZES, {**params, **start})
    rows = [[np.asarray(b).reshape(start[s.name].size, -1) for b in blocks[s.name].values()] for s in system.states]
    J, model = np.block(rows), compile(system).bind(params)
    packed, _ = model.pack(start)
    u = np.random.default_rng(0).normal(size=packed.shape)
    np.testing.assert_allclose(model.packed_jacobian(packed)[0], J, **CLOSE)
    np.testing.assert_allclose(model.packed_jvp(packed, u)[0], J @ u[0], **CLOSE)


@pytest.mark.parametrize("name", sorted(SYSTEMS))
def test_the_product_along_a_direction_is_the_jacobian_times_it(name: str) -> None:
    model, packed, u = bound(name)
    if model.has_flow:
        expected = np.einsum("bij,bj->bi", model.packed_jacobian(packed), u)
        np.testing.assert_allclose(model.packed_jvp(packed, u), expected, rtol=1e-10, atol=1e-11)


def test_rows_and_moving_states_pick_blocks_and_leave_the_rest_alone() -> None:
    model, packed, u = bound("three_layers")
    blocks, (v_, h_) = model.packed_blocks(packed, [("h", "v")]), (slice(0, 3), slice(3, 7))
    found = model.packed_jvp(packed, u, out=np.full_like(packed, 7.0), rows=["h"], moving=["v"])
    np.testing.assert_allclose(found[:, h_], np.einsum("bij,bj->bi", blocks["h", "v"], u[:, v_]), **CLOSE)
    assert np.all(np.delete(found, np.r_[h_], axis=1) == 7)


def test_products_work_in_place_of_the_direction_and_in_single_precision() -> None:
    model, packed, u = bound("attention")
    expected = model.packed_jvp(packed, u)
    single = model.packed_jvp(packed.astype(np.float32), u.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, expected, rtol=1e-3, atol=1e-4)
    start, direction = packed.reshape(3, 3, 2), u.reshape(3, 3, 2)
    np.testing.assert_array_equal(model.jvp(start, direction).reshape(3, -1), expected)


def test_no_product_of_a_network_needs_an_array_of_all_pairs() -> None:
    model, packed, u = bound("two_layers")
    model.packed_jvp(packed, u)
    kind, sizes = ("jvp", model.state_names, model.state_names), model.packing(packed.shape[1])[1]
    entries = [n for n, _ in model._program(kind, sizes).program.buffers]
    assert max(entries) <= max(SIZES["N"], SIZES["K"])


def test_forms_tell_which_blocks_are_zero_diagonal_or_full() -> None:
    found = couplings(SYSTEMS["three_layers"]())
    assert found["v", "w"] == "none"
    assert found["h", "h"] == "diagonal"
    assert found["h", "w"] == "full"
    assert couplings(SYSTEMS["tanh"]())["y", "y"] == "full"


def test_diagonal_slopes_are_the_diagonal_of_the_jacobian() -> None:
    model, packed, _ = bound("three_layers")
    found, full = model.packed_slopes(packed), model.packed_jacobian(packed)
    np.testing.assert_allclose(found, np.einsum("bii->bi", full), **CLOSE)


def test_the_flow_of_some_states_is_that_part_of_the_flow() -> None:
    model, packed, _ = bound("three_layers")
    kept, found = np.full_like(packed, 7.0), model.packed_flow(packed)
    model.packed_flow_of(packed, ["h"], out=kept)
    part = model.layout(packed.shape[1])["h"]
    np.testing.assert_array_equal(kept[:, part], found[:, part])
    assert np.all(np.delete(kept, np.r_[part], axis=1) == 7)


def test_forms_tell_what_leaks_and_which_blocks_no_state_changes() -> None:
    """v is read by h as it is, h by v through an activation; a cube is no leak."""
    model = bound("three_layers")[0]
    assert model.leaks == ("v", "h", "w")
    assert ("h", "v") in model.fixed_blocks
    assert ("v", "h") not in model.fixed_blocks
    assert leaking(System(flow={y[i]: -(y[i] ** 3), v[i]: -v[i] * sp.cos(time), h[a]: -h[a]})) == ("h",)


def test_the_diagonal_of_a_full_block_is_refused_with_a_remedy() -> None:
    model, packed, _ = bound("tanh")
    with pytest.raises(InputError, match="ask for its jacobian"):
        model.packed_slopes(packed)


def test_a_diagonal_is_told_by_its_form_and_neighbours_make_it_full() -> None:
    W = parameter("W", "N N")
    assert own_slope(sp.sin(y[i]) * total(v[j], j), y[i], y) == sp.cos(y[i]) * total(v[j], j)
    assert own_slope(v[i] ** 3, y[i], v) == 3 * v[i] ** 2
    assert own_slope(total(W[i, j] * v[j], j), y[i], y) == 0
    for full in (y[i] + total(y[j], j), total(W[i, j] * y[j], j), y[i] * total(y[j] ** 2, j)):
        assert own_slope(full, y[i], y) is None


def test_directions_never_take_the_name_of_a_state() -> None:
    first, second = state("y", "N"), state("along_y", "N")
    names = {u.name for u in directions_of(System(flow={first[i]: second[i], second[i]: -first[i]})).values()}
    assert not names & {"y", "along_y"}


def test_the_derivative_along_a_direction_contracts_the_derivative_by_components() -> None:
    """At a kink too, where both take the derivative from the dead side."""
    u, k = Tensor("u", ("N",), "state"), i
    f = total(sp.Max(0, y[j]) * sp.tanh(y[j]) ** 2, j) + sp.Abs(y[k]) * mask(y[k] > 1)
    expected = total(derivative(f, y[j]) * u[j], j)
    system = System(flow={y[k]: along(f, {y: u}) - expected, u[k]: sp.S.Zero})
    at = {"y": np.array([-1.0, 0.0, 2.0]), "u": np.array([1.0, -2.0, 0.5])}
    np.testing.assert_allclose(compile(system).bind({}).flow(at)["y"], 0, atol=1e-14)


def test_the_slope_in_time_is_that_of_a_driven_network() -> None:
    model = compile(System(flow={h[a]: sp.cos(3 * time) * h[a] - h[a]})).bind({})
    rows, t = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, 2.0])
    np.testing.assert_allclose(model.packed_time_slope(rows, t), -3 * np.sin(3 * t)[:, None] * rows, **CLOSE)
    np.testing.assert_allclose(model.packed_jvp(rows, rows, t), (np.cos(3 * t)[:, None] - 1) * rows, **CLOSE)


def test_a_direction_of_another_batch_is_refused() -> None:
    model, packed, u = bound("tanh")
    with pytest.raises(InputError, match="broadcast the direction"):
        model.jvp(packed, u[0])

"""Compiled code equals the formulas written out in components, whatever the batch, the precision and the thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest
import sympy as sp
from memories import SIZES, SYSTEMS, i, j, numbers, states, two_layers, y
from reference_values import energy, flow, gradient, jacobian

from amsym.errors import InputError, NotationError
from amsym.notation import Tensor, index, mask, parameter, size, state, total
from amsym.system import System, time
from numeric.compile import compile
from numeric.field import Field
from numeric.simulate import simulate

NAMES = list(SYSTEMS)
# Written out in components, attention is long.
SMALLER = {"attention": {"H": 1, "D": 1}, "stacked_attention": {"H": 2, "D": 1, "Y": 1}}
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


@pytest.fixture(scope="module")
def built() -> dict[str, System]:
    return {name: make() for name, make in SYSTEMS.items()}


def close(found: Any, expected: Any, **tolerance: float) -> None:
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for name in expected:
            close(found[name], expected[name], **tolerance)
    else:
        np.testing.assert_allclose(found, expected, **(tolerance or CLOSE))


@pytest.mark.parametrize("name", NAMES)
def test_flow_and_energy_equal_the_formulas_in_components(name: str, built: dict[str, System]) -> None:
    system, sizes = built[name], SIZES | SMALLER.get(name, {})
    params, start = numbers(system, sizes=sizes), states(system, sizes=sizes)
    bound = compile(system).bind(params)
    close(bound.flow(start), flow(system, sizes, {**params, **start}))
    close(bound.energy(start), energy(system, sizes, {**params, **start}))
    both = bound.flow_and_energy(start)
    close(both[0], bound.flow(start))
    close(both[1], bound.energy(start))


@pytest.mark.parametrize("name", [n for n in NAMES if "attention" not in n])
def test_gradient_is_sympys_derivative_of_the_explicit_energy(name: str, built: dict[str, System]) -> None:
    system = built[name]
    params, start = numbers(system), states(system)
    close(compile(system).bind(params).gradient(start), gradient(system, SIZES, {**params, **start}))


@pytest.mark.parametrize("name", ["tanh", "relu", "softmax", "two_layers", "three_layers", "layernorm", "softplus"])
def test_jacobian_equals_the_derivatives_in_components(name: str, built: dict[str, System]) -> None:
    system = built[name]
    params, start = numbers(system), states(system)
    close(compile(system).bind(params).jacobian(start), jacobian(system, SIZES, {**params, **start}))


@pytest.mark.parametrize("name", NAMES)
def test_hessian_and_jacobian_are_slopes_of_gradient_and_flow(name: str, built: dict[str, System]) -> None:
    system = built[name]
    bound, start, step = compile(system).bind(numbers(system)), states(system), 1e-5
    for matrix, vector in ((bound.jacobian(start), bound.flow), (bound.hessian(start), bound.gradient)):
        for s in system.states:
            for at in np.ndindex(*start[s.name].shape):
                ahead, behind = ({n: array.copy() for n, array in start.items()} for _ in range(2))
                ahead[s.name][at] += step
                behind[s.name][at] -= step
                slope = {n: (vector(ahead)[n] - vector(behind)[n]) / (2 * step) for n in start}
                for n in start:
                    close(matrix[n][s.name][(..., *at)], slope[n], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_energy_rate_is_gradient_times_flow(name: str, built: dict[str, System]) -> None:
    system = built[name]
    bound, start = compile(system).bind(numbers(system)), states(system, lead=(4,))
    f, slope = bound.flow(start), bound.gradient(start)
    expected = sum((f[n] * slope[n]).reshape(4, -1).sum(axis=1) for n in start)
    close(bound.energy_rate(start), expected)


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_equals_a_loop_for_any_batch_axes(name: str, built: dict[str, System]) -> None:
    system = built[name]
    bound, start = compile(system).bind(numbers(system)), states(system, lead=(2, 3))
    together = {kind: getattr(bound, kind)(start) for kind in ("flow", "gradient", "jacobian", "energy")}
    assert together["energy"].shape == (2, 3)
    for at in np.ndindex(2, 3):
        alone = {n: array[at] for n, array in start.items()}
        assert isinstance(bound.energy(alone), float)
        close(bound.energy(alone), together["energy"][at])
        for kind in ("flow", "gradient"):
            close(getattr(bound, kind)(alone), {n: array[at] for n, array in together[kind].items()})
        close(bound.jacobian(alone), {n: {m: block[at] for m, block in row.items()} for n, row in together["jacobian"].items()})


@pytest.mark.parametrize("name", NAMES)
def test_blocks_of_rows_equal_one_block(name: str, built: dict[str, System], monkeypatch: pytest.MonkeyPatch) -> None:
    system = built[name]
    bound, start = compile(system).bind(numbers(system)), states(system, lead=(11,))
    whole = bound.flow(start), bound.energy(start)
    monkeypatch.setattr("numeric.program.MOST_ROWS", 4)
    close(bound.flow(start), whole[0])
    close(bound.energy(start), whole[1])


@pytest.mark.parametrize("name", NAMES)
def test_workspace_is_written_before_it_is_read(name: str, built: dict[str, System]) -> None:
    """Buffers that start as NaN, at sizes that all differ: views that were copies by mistake would show."""
    sizes = {axis: n + 2 for n, axis in enumerate("HYDTNK")}
    system = built[name]
    params, start = numbers(system, sizes=sizes), states(system, lead=(3,), sizes=sizes)
    model = compile(system)
    for kind in ("flow", "energy", "jacobian", "hessian"):
        for careful in (False, True):
            program = model.program(kind, sizes, careful=careful)
            fixed = program.fixed({n: np.asarray(array, float) for n, array in params.items()})
            spoiled = [np.full((3, n), True if boolean else np.nan) for n, boolean in program.buffers]
            kernel = program.prepare(3, np.dtype(float), partial(_buffer, spoiled), *fixed)
            out = [np.full((3, *shape), np.nan) for shape in program.outputs.values()]
            done = kernel(None, *(start[s] for s in program.states), *out) is not False
            assert done or not careful
            assert all(np.all(np.isfinite(o)) for o in out) or not done


def _buffer(spoiled: list[Any], number: int, rows: int, entries: int) -> Any:
    return spoiled[number]


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_is_kept_and_agrees_with_double(name: str, built: dict[str, System]) -> None:
    system = built[name]
    bound, start = compile(system).bind(numbers(system)), states(system, lead=(5,))
    single = {n: array.astype(np.float32) for n, array in start.items()}
    for kind in ("flow", "gradient", "energy", "energy_rate"):
        found, expected = getattr(bound, kind)(single), getattr(bound, kind)(start)
        assert all(array.dtype == np.float32 for array in (found.values() if isinstance(found, dict) else [found]))
        close(found, expected, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("name", NAMES)
def test_states_stay_as_they_are_and_results_are_never_shared_memory(name: str, built: dict[str, System]) -> None:
    system = built[name]
    bound, start = compile(system).bind(numbers(system)), states(system, lead=(3,))
    before = {n: array.copy() for n, array in start.items()}
    first = {"flow": bound.flow(start), "jacobian": bound.jacobian(start), "energy": {"": bound.energy(start)}}
    kept = {n: array.copy() for n, array in first["flow"].items()}
    bound.flow({n: array + 1 for n, array in start.items()})
    bound.energy({n: array + 1 for n, array in start.items()})
    close(first["flow"], kept, rtol=0, atol=0)
    close(start, before, rtol=0, atol=0)


@pytest.mark.parametrize("name", NAMES)
def test_packed_rows_give_what_named_states_give(name: str, built: dict[str, System]) -> None:
    system = built[name]
    bound, start = compile(system).bind(numbers(system)), states(system, lead=(4,))
    rows, restore = bound.pack(start)
    assert rows.flags.c_contiguous
    close(restore(rows), start, rtol=0, atol=0)
    close(restore(bound.packed_flow(rows)), bound.flow(start))
    close(bound.packed_energy(rows), bound.energy(start))
    out = np.empty_like(rows)
    assert bound.packed_flow(rows, out=out) is out
    close(restore(out), bound.flow(start))
    close(bound.packed_flow_and_energy(rows)[1], bound.energy(start))
    assert bound.packed_flow(rows, out=rows) is rows
    close(restore(rows), bound.flow(start))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_rows_do_not_disturb_moderate_ones(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = compile(two_layers()).bind(numbers(two_layers()))
    start = {n: array.astype(dtype) for n, array in states(two_layers(), lead=(12,)).items()}
    start["h"][5] *= 1000
    together = bound.flow(start), bound.energy(start)
    monkeypatch.setattr("numeric.program.MOST_ROWS", 4)
    blocks = compile(two_layers()).bind(numbers(two_layers()))
    eps = float(np.finfo(dtype).eps)
    close(blocks.flow(start), together[0], rtol=20 * eps, atol=20 * eps)
    close(blocks.energy(start), together[1], rtol=20 * eps, atol=20 * eps)
    assert np.all(np.isfinite(together[1]))


def test_restore_takes_other_batch_shapes() -> None:
    bound = compile(two_layers()).bind(numbers(two_layers()))
    start = states(two_layers(), lead=(2, 3))
    rows, restore = bound.pack(start)
    assert rows.shape == (6, 7)
    assert restore(rows)["v"].shape == (2, 3, 3)
    assert restore(rows[:1], batch_shape=())["h"].shape == (4,)


@pytest.mark.parametrize("name", NAMES)
def test_out_is_filled_even_if_it_is_the_state_itself(name: str, built: dict[str, System]) -> None:
    system = built[name]
    bound, start = compile(system).bind(numbers(system)), states(system, lead=(4,))
    expected = bound.flow(start)
    out = {n: np.full_like(array, np.nan) for n, array in start.items()}
    assert bound.flow(start, out=out) is out
    close(out, expected)
    strided = {n: np.empty((8, *array.shape[1:]))[::2] for n, array in start.items()}
    close(bound.flow(start, out=strided), expected)
    close(bound.flow(start, out=start), expected)


def test_a_strided_or_transposed_state_is_read_right(built: dict[str, System]) -> None:
    for name in ("tanh", "layernorm"):
        bound, start = compile(built[name]).bind(numbers(built[name])), states(built[name], lead=(4,))
        (array,) = start.values()
        twisted = np.asfortranarray(array)
        close(bound.flow(twisted), bound.flow(array))
        close(bound.flow(np.repeat(array, 2, axis=0)[::2]), bound.flow(array))


def test_threads_do_not_disturb_each_other(built: dict[str, System]) -> None:
    bound = compile(built["two_layers"]).bind(numbers(built["two_layers"]))
    starts = [states(built["two_layers"], seed, lead=(200 + seed,)) for seed in range(8)]
    expected = [bound.flow(s) for s in starts]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            for found, right in zip(pool.map(bound.flow, starts), expected, strict=True):
                close(found, right, rtol=0, atol=1e-15)


def test_integers_become_double_precision(built: dict[str, System]) -> None:
    bound = compile(built["tanh"]).bind(numbers(built["tanh"]))
    assert bound.flow([1, 0, -1]).dtype == np.float64
    close(bound.flow([1, 0, -1]), bound.flow([1.0, 0.0, -1.0]))


def test_sizes_come_from_the_state_where_no_parameter_has_them() -> None:
    model = compile(System(flow={y[i]: total(y[j], j) / size("N") - y[i]}, energy=total(y[i] ** 2, i) / 2))
    bound = model.bind()
    for n in (1, 4, 9):
        start = np.arange(float(n))
        close(bound.flow(start), start.mean() - start)
        close(bound.packed_flow(start[None]), [start.mean() - start])


def test_an_axis_that_nothing_has_takes_its_size_from_bind() -> None:
    k = index("k", "K")
    model = compile(System(flow={y[i]: total(mask(sp.Ne(k, 0)), k) * y[i]}))
    close(model.bind(sizes={"K": 5}).flow([1.0, 2.0]), [4.0, 8.0])
    with pytest.raises(InputError, match=r"axis 'K' has no size.*bind\(params, sizes="):
        model.bind().flow([1.0])


def test_time_is_a_number_or_one_a_row() -> None:
    model = compile(System(flow={y[i]: sp.cos(time) * y[i]}, energy=sp.exp(-time) * total(y[i] ** 2, i)))
    bound, start, t = model.bind(), np.ones((3, 2)), np.array([0.0, 1.0, 2.0])
    close(bound.flow(start, 0.5), np.cos(0.5) * start)
    close(bound.flow(start, t), np.cos(t)[:, None] * start)
    close(bound.packed_flow(start, t=t), np.cos(t)[:, None] * start)
    close(bound.energy_rate(start, t), np.exp(-t) * 2 * (2 * np.cos(t) - 1))
    with pytest.raises(InputError, match="t has shape"):
        bound.flow(start, np.zeros(4))


def test_a_state_without_axes_is_a_number_a_row() -> None:
    z = state("z")
    bound = compile(System(flow={z: -(z**3)}, energy=z**4 / 4)).bind()
    close(bound.flow(np.array([1.0, 2.0])), [-1.0, -8.0])
    close(bound.energy(2.0), 4.0)
    close(bound.jacobian(2.0), -12.0)
    close(bound.packed_flow(np.array([[2.0]])), [[-8.0]])


@pytest.mark.parametrize(("tie", "expected"), [("keep", [-1.0, 1.0, 1.0]), ("up", [1.0, 1.0, 1.0]), ("down", [-1.0, 1.0, -1.0])])
def test_an_update_breaks_ties_as_the_system_says(tie: str, expected: list[float]) -> None:
    s, W = state("s", "N", values=(-1, 1)), parameter("W", "N N", symmetric=True)
    system = System(update={s[i]: sp.sign(total(W[i, j] * s[j], j))}, tie=tie, order="synchronous")
    weights = [[0.0, 1.0, 1.0], [1.0, 0.0, 2.0], [1.0, 2.0, 0.0]]
    start = [-1.0, 1.0, -1.0] if tie == "keep" else [5.0, 1.0, -1.0]
    bound = compile(system).bind({"W": weights})
    field = np.array(weights) @ start
    ties = {"keep": start, "up": [1.0] * 3, "down": [-1.0] * 3}[tie]
    close(bound.update(start), np.where(field == 0, ties, np.sign(field)))
    assert (field == 0).any()
    assert len(expected) == 3


def test_a_batch_of_no_rows_gives_no_rows(built: dict[str, System]) -> None:
    bound = compile(built["two_layers"]).bind(numbers(built["two_layers"]))
    start = states(built["two_layers"], lead=(0,))
    assert bound.flow(start)["h"].shape == (0, 4)
    assert bound.energy(start).shape == (0,)
    assert bound.packed_flow(bound.pack(start)[0]).shape == (0, 7)


def test_the_integrator_runs_a_bound_model(built: dict[str, System]) -> None:
    bound = compile(built["two_layers"]).bind(numbers(built["two_layers"]))
    field: Field = bound
    assert field.has_energy
    run = simulate(bound, None, states(built["two_layers"], lead=(3,)), t=5.0)
    assert np.all(run.energies <= bound.energy(states(built["two_layers"], lead=(3,))) + 1e-12)


def test_models_bind_and_call_in_one_and_show_their_source(built: dict[str, System]) -> None:
    model = compile(built["two_layers"])
    params, start = numbers(built["two_layers"]), states(built["two_layers"])
    bound = model.bind(params)
    for kind in ("flow", "energy", "gradient", "energy_rate", "jacobian", "hessian"):
        close(getattr(model, kind)(start, params), getattr(bound, kind)(start))
    assert "np.matmul" in model.source
    assert "np.matmul" in bound.source("flow")
    assert "N = 3" in repr(bound)


def test_what_has_no_numbers_is_told() -> None:
    g = sp.Function("g", real=True)
    with pytest.raises(NotationError, match="abstract activation"):
        compile(System(flow={y[i]: g(y[i])})).flow([1.0])
    abstract = Tensor("g_y", "N", "activation", of=y, order=1)
    with pytest.raises(NotationError, match=r"'g_y' is an abstract activation, which has no numbers: give the layer a Lagrangian"):
        compile(System(flow={y[i]: abstract[i] - y[i]})).flow([1.0])
    with pytest.raises(NotationError, match=r"mathieus.*has no numerical code"):
        compile(System(flow={y[i]: sp.mathieus(y[i], 1, 1)})).flow([1.0])
    with pytest.raises(InputError, match="no energy"):
        compile(System(flow={y[i]: -y[i]})).energy([1.0])
    with pytest.raises(InputError, match="a flow and no update"):
        compile(System(flow={y[i]: -y[i]})).update([1.0])
    with pytest.raises(InputError, match="an update and no flow"):
        compile(System(update={y[i]: -y[i]})).flow([1.0])


def test_backends_are_known_by_name() -> None:
    with pytest.raises(InputError, match="'fortran' is not known; expected one of numpy"):
        compile(System(flow={y[i]: -y[i]}), backend="fortran")
    with pytest.raises(InputError, match="compile\\(\\) got int"):
        compile(3)  # type: ignore[arg-type]

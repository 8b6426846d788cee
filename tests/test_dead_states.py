"""The cone of dead directions at a state, its projectors, and the thresholds of saturation in floating point."""

from __future__ import annotations

from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import amsym as am
from amsym import lagrangians
from amsym.errors import InputError, ModelError
from amsym.notation import indices, parameter
from numeric.dead import dead_directions
from numeric.saturation import saturations

NAMES = ("relu", "hard_tanh", "repu", "rectified_exponential", "softmax", "layernorm")
x = sp.Symbol("x", real=True)


@cache
def activation(name: str) -> Any:
    """The compiled activation, as the flow of dy/dt = g(y)."""
    i = indices("i", "N")[0]
    y = am.state("y", "N")
    L = lagrangians.CATALOGUE[name]()
    model = am.compile(am.System(flow={y[i]: L.activation(y[i])}, energy=L.of(y)))
    return lambda at: model.flow(np.asarray(at, dtype=float), {})


@pytest.mark.parametrize("name", [*NAMES, pytest.param("sparsemax", marks=pytest.mark.slow)])
@settings(max_examples=15, deadline=None)
@given(at=st.lists(st.integers(-12, 12).map(lambda n: n / 4), min_size=1, max_size=4), c=st.lists(st.floats(0, 50), min_size=4, max_size=4))
def test_the_activation_does_not_change_along_the_cone(name: str, at: list[float], c: list[float]) -> None:
    found = dead_directions(am.zoo.hopfield(name), at)
    g = activation(name)
    moved = np.array(at) + found.vectors @ np.array(c[: found.count])
    assert np.allclose(g(moved), g(at), atol=1e-12)


@pytest.mark.parametrize("name", ["relu", "hard_tanh", "softmax", "layernorm"])
def test_the_projectors_split_the_space(name: str) -> None:
    found = dead_directions(am.zoo.hopfield(name), [-2.0, 0.5, 3.0, 1.0])
    assert np.allclose(found.dead + found.alive, np.eye(4))
    assert np.allclose(found.dead @ found.dead, found.dead)
    assert np.allclose(found.vectors.T @ found.vectors, np.eye(found.count))
    assert np.allclose(found.alive @ found.vectors, 0)


def test_dead_neurons_are_named_at_kinks_too() -> None:
    found = dead_directions(am.zoo.hopfield("hard_tanh"), [-1.0, 0.5, 2.0, np.nextafter(1, 0)])
    assert found.neurons.tolist() == [True, False, True, False]
    assert found.vectors.T.tolist() == [[-1, 0, 0, 0], [0, 0, 1, 0]]


def test_tokens_have_a_null_vector_each() -> None:
    found = dead_directions(am.zoo.attention(), np.arange(6.0).reshape(2, 3))
    assert np.allclose(found.vectors, np.kron(np.eye(2), np.ones((3, 1)) / np.sqrt(3)))


def test_several_states_come_and_go_by_name() -> None:
    found = dead_directions(am.zoo.hierarchical(2, "relu"), {"y1": [1.0, -1.0], "y2": [0.0, -2.0]})
    assert found["y1"].neurons.tolist() == [False, True]
    assert found["y2"].count == 2


def test_thresholds_that_are_parameters_are_asked_for() -> None:
    (i, j), y, theta, W = indices("i j", "N"), am.state("y", "N"), parameter("theta", "N"), parameter("W", "N N")
    term = am.total(W[i, j] * sp.Max(0, y[j] - theta[j]), j)
    system = am.System(flow={y[i]: term - y[i]}, energy=am.total(y[i] ** 2, i))
    assert dead_directions(system, [1.0, 1.0], {"theta": [0.5, 2.0]}).neurons.tolist() == [False, True]
    with pytest.raises(InputError, match="theta"):
        dead_directions(system, [1.0, 1.0])


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(InputError, match="shape"):
        dead_directions(am.zoo.hopfield("relu"), [[1.0]])
    with pytest.raises(InputError, match="none of the model's states"):
        dead_directions(am.zoo.hopfield("relu"), {"z": [1.0]})
    with pytest.raises(InputError, match="give the state as"):
        dead_directions(am.zoo.hierarchical(2), [1.0])
    with pytest.raises(ModelError, match="a Memory or a Lagrangian"):
        dead_directions("relu")


def test_the_whole_model_prints_as_a_table() -> None:
    found = dead_directions(am.zoo.hopfield("tanh"))
    assert "float64  y[i] > 19.0615" in str(found)
    assert "nowhere" in str(found)
    assert "<table>" in found._repr_html_()
    assert found["y"].saturations


def test_exact_rows_come_first_and_thresholds_are_said_to_be_of_correct_rounding() -> None:
    tanh, relu = dead_directions(am.zoo.hopfield("tanh")), dead_directions(am.zoo.hopfield("relu"))
    assert [row[2] for row in tanh.rows()] == ["exact", "float64", "float32", "float64", "float32"]
    for text in (str(tanh), tanh._repr_html_()):
        assert "correctly rounded" in text
    assert "rounded" not in str(relu)


def test_a_lagrangian_is_judged_in_its_network() -> None:
    L = lagrangians.hard_tanh()
    assert dead_directions(L).rows() == dead_directions(am.zoo.hopfield(L)).rows()
    assert dead_directions(L, [-1.0, 0.5]).neurons.tolist() == [True, False]


SATURATING = {
    "tanh": (sp.tanh(x), np.tanh, (-1, 1)),
    "sigmoid": (1 / (1 + sp.exp(-x)), lambda u: 1 / (1 + np.exp(-u)), (1,)),
    "exponential": (sp.exp(x), np.exp, (-1,)),
    "arctan": (sp.atan(x), np.arctan, (-1, 1)),
    "gaussian": (sp.exp(-(x**2)), lambda u: np.exp(-(u**2)), (-1, 1)),
}


@pytest.mark.parametrize("name", SATURATING)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_numpy_is_constant_beyond_the_threshold_and_not_well_inside(name: str, dtype: str) -> None:
    formula, g, sides = SATURATING[name]
    for side in sides:
        (found,) = (s for s in saturations(formula, -side * sp.oo, x, side) if s.dtype == dtype)
        kind = np.dtype(dtype).type
        # NumPy's own functions saturate a little earlier or later than exact arithmetic rounded once.
        with np.errstate(under="ignore"):
            beyond = g(np.array([1.5, 3.0, 10.0], dtype=kind) * kind(found.beyond))
            inside = g(kind((0.25 if name == "arctan" else 0.5) * found.beyond))
        assert np.all(beyond == kind(found.value))
        assert inside != kind(found.value)


@pytest.mark.parametrize(("name", "side", "expected"), [("tanh", 1, 19.0615), ("sigmoid", 1, 37.4299), ("exponential", -1, -745.133)])
def test_the_thresholds_are_those_of_exact_arithmetic_rounded_once(name: str, side: int, expected: float) -> None:
    formula, _, _ = SATURATING[name]
    found = next(s for s in saturations(formula, -side * sp.oo, x, side) if s.dtype == "float64")
    assert found.beyond == pytest.approx(expected, abs=1e-3)
    with mpmath.workdps(400):
        g = sp.lambdify(x, formula, "mpmath")
        assert float(g(mpmath.mpf(found.beyond) * (1 + mpmath.mpf(10) ** -12))) == found.value
        assert float(g(mpmath.mpf(found.beyond) * (1 - mpmath.mpf(10) ** -12))) != found.value


def test_a_scale_gives_thresholds_in_its_units() -> None:
    beta = sp.Symbol("beta", positive=True)
    found = saturations(sp.tanh(beta * x), -sp.oo, x, 1)[0]
    assert found.unit == 1 / beta
    assert found.beyond == pytest.approx(19.0615, abs=1e-4)
    assert found.condition("y") == "y > 19.0615/beta"


@pytest.mark.parametrize("formula", [x, sp.log(1 + sp.exp(x)), sp.sin(x), sp.exp(x), x + sp.tanh(x)])
def test_a_tail_that_keeps_moving_has_no_threshold(formula: sp.Expr) -> None:
    assert saturations(formula, -sp.oo, x, 1) == ()

"""Numbers that do not fit are refused with what was expected, what came and what to do."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp

from amsym.errors import InputError
from amsym.lagrangians import softmax
from amsym.notation import indices, parameter, state, total
from amsym.system import System
from amsym.zoo import hopfield
from numeric.bound import Bound
from numeric.compile import compile

i, j = indices("i j", "N")
a = indices("a", "K")[0]
y, z = state("y", "N"), state("z", "K")
P = parameter("P", "N N")
R = parameter("R", "N K")
beta = parameter("beta", positive=True)
gain = parameter("gain")


def one_layer(weights: Any = P) -> Any:
    return compile(System(flow={y[i]: beta * total(weights[i, j] * y[j], j) - y[i]}))


def two_layers() -> Any:
    flow = {y[i]: total(R[i, a] * z[a], a) - y[i], z[a]: total(R[i, a] * y[i], i) - z[a]}
    return compile(System(flow=flow, energy=-total(R[i, a] * y[i] * z[a], i, a)))


def declared(name: str) -> Any:
    return one_layer(parameter("W", "N N", **{name: True}))


EYE = np.eye(2)
BAD_PARAMETERS: list[tuple[Any, str]] = [
    ({"P": EYE}, r"parameter 'beta' is missing; a number was expected, got P: add 'beta' to params"),
    ({"beta": 1.0}, r"parameter 'P' is missing; an array over axes 'N N' was expected"),
    (None, r"parameter 'P' is missing.*got none"),
    ({"P": EYE, "beta": 1, "betta": 2}, r"unknown parameter 'betta'; the parameters are P, beta: did you mean 'beta'\?"),
    ({"P": EYE, "beta": 1, "xyz": 2}, r"unknown parameter 'xyz'.*leave it out"),
    ({"P": np.ones((4, 3)), "beta": 1}, r"parameter 'P' has shape \(4, 3\); axes 'N N' need it square"),
    ({"P": np.ones(4), "beta": 1}, r"parameter 'P' has shape \(4,\); 2 axes were expected, 'N N', got 1: reshape it"),
    ({"P": np.ones((0, 0)), "beta": 1}, r"axis 'N' is empty"),
    ({"P": [[1.0, np.nan], [0.0, 1.0]], "beta": 1}, r"parameter 'P' holds nan at \[0, 1\]; finite numbers were expected"),
    ({"P": [[10**400, 0.0], [0.0, 1.0]], "beta": 1}, r"parameter 'P' holds inf at \[0, 0\]; finite numbers were expected"),
    ({"P": EYE, "beta": np.inf}, r"parameter 'beta' holds inf; finite"),
    ({"P": EYE * 1j, "beta": 1}, r"parameter 'P' is complex; real numbers were expected: pass its real part"),
    ({"P": [["a", "b"], ["c", "d"]], "beta": 1}, r"parameter 'P' holds text; real numbers were expected"),
    ({"P": [[1, 2], [3]], "beta": 1}, r"parameter 'P' is a ragged sequence"),
    ({"P": np.array([[None, 1], [1, 1]]), "beta": 1}, r"parameter 'P' holds Python objects"),
    ({"P": EYE, "beta": -1.0}, r"parameter 'beta' is declared positive, got -1.0"),
    ({"P": EYE, "beta": [1.0, 2.0]}, r"parameter 'beta' has shape \(2,\); one number was expected"),
    ([EYE, 1.0], r"params is list; a mapping of names to numbers was expected"),
]


@pytest.mark.parametrize(("params", "message"), BAD_PARAMETERS)
def test_wrong_parameters_are_refused(params: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        one_layer().bind(params)


def test_sizes_of_an_axis_must_agree_between_parameters() -> None:
    b = parameter("b", "N")
    model = compile(System(flow={y[i]: total(P[i, j] * y[j], j) + b[i]}))
    with pytest.raises(InputError, match=r"parameter 'b' has shape \(3,\), so axis 'N' has size 3; parameter 'P' says 2"):
        model.bind({"P": EYE, "b": np.ones(3)})


BROKEN: list[tuple[str, Any, str]] = [
    ("symmetric", [[0.0, 1.0], [2.0, 0.0]], r"declared symmetric, got one that is not: max \|W - Wᵀ\| at \[0, 1\] 1,"),
    ("symmetric", [[0.0, 1.0], [2.0, 0.0]], r"at most 2e-15 was expected: pass \(W \+ W.T\)/2, or drop the declaration"),
    ("antisymmetric", [[0.0, 1.0], [1.0, 0.0]], r"declared antisymmetric.*max \|W \+ Wᵀ\| at \[0, 1\] 2.*pass \(W - W.T\)/2"),
    ("psd", [[1.0, 2.0], [2.0, 1.0]], r"declared psd.*its lowest eigenvalue is below 0 by 1,"),
    ("orthogonal", [[1.0, 1.0], [0.0, 1.0]], r"declared orthogonal.*max \|W Wᵀ - 1\| 1,"),
    ("positive", [[1.0, 0.0], [1.0, 1.0]], r"declared positive, got 0.0 as its least entry; entries above 0"),
    ("nonnegative", [[1.0, -0.5], [1.0, 1.0]], r"declared nonnegative, got -0.5 as its least entry; entries of at least 0"),
    ("integer", [[1.0, 0.5], [1.0, 1.0]], r"declared integer, got the entry 0.5; whole numbers"),
]
HOLDING: list[tuple[str, Any]] = [
    ("symmetric", [[0.0, 0.3], [np.nextafter(0.3, 1), 0.0]]),
    ("antisymmetric", [[0.0, 0.3], [-0.3, 0.0]]),
    ("psd", [[1.0, 1.0], [1.0, 1.0]]),
    ("orthogonal", [[0.6, 0.8], [-0.8, 0.6]]),
    ("positive", [[1.0, 1e-300], [1.0, 1.0]]),
    ("nonnegative", [[0.0, 1.0], [1.0, 0.0]]),
    ("integer", [[-1.0, 2.0], [1.0, 1.0]]),
]


@pytest.mark.parametrize(("name", "weights", "message"), BROKEN)
def test_a_declared_property_that_does_not_hold_is_refused(name: str, weights: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        declared(name).bind({"W": weights, "beta": 1.0})


@pytest.mark.parametrize(("name", "weights"), HOLDING)
def test_a_declared_property_that_holds_up_to_rounding_is_accepted(name: str, weights: Any) -> None:
    assert isinstance(declared(name).bind({"W": weights, "beta": 1.0}), Bound)


def test_single_precision_weights_are_held_to_single_precision() -> None:
    rng = np.random.default_rng(0)
    q, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    declared("orthogonal").bind({"W": q.astype(np.float32), "beta": 1.0})
    with pytest.raises(InputError, match="declared orthogonal"):
        declared("orthogonal").bind({"W": q.astype(np.float32).astype(np.float64), "beta": 1.0})


def test_parameters_are_copied() -> None:
    weights = EYE.copy()
    bound = one_layer().bind({"P": weights, "beta": 2.0})
    before = bound.flow([1.0, 2.0])
    weights[:] = 0
    np.testing.assert_array_equal(bound.flow([1.0, 3.0]) - before, [0.0, 1.0])


def test_parameters_may_be_named_by_their_objects() -> None:
    bound = one_layer().bind({P: EYE, beta: 1})
    np.testing.assert_array_equal(bound.flow([1.0, 2.0]), [0.0, 0.0])


Y, Z = np.ones(2), np.ones(3)
BAD_STATES: list[tuple[Any, str]] = [
    ({"y": Y}, r"the state has no 'z'; the states are y, z, got y: add 'z'"),
    ({"y": Y, "z": Z, "w": Z}, r"the state has an unknown 'w'; the states are y, z: leave it out"),
    (Y, r"the state is ndarray; the system has 2 states: pass \{'y': ..., 'z': ...\}"),
    ({"y": np.ones(4), "z": Z}, r"state 'y' has shape \(4,\); axis 'N' of 'N' has size 2, got 4: give its last axis the right length"),
    ({"y": np.ones((5, 2)), "z": Z}, r"state 'z' has the batch axes \(\), state 'y' has \(5,\); one batch"),
    ({"y": 1.0, "z": Z}, r"state 'y' has shape \(\); axes 'N' were expected"),
    ({"y": Y * 1j, "z": Z}, r"state 'y' is complex; real numbers were expected"),
    ({"y": ["a", "b"], "z": Z}, r"state 'y' holds text; real numbers"),
    ({"y": [[1.0], [1.0, 2.0]], "z": Z}, r"state 'y' is a ragged sequence"),
]


@pytest.mark.parametrize(("start", "message"), BAD_STATES)
def test_wrong_states_are_refused(start: Any, message: str) -> None:
    bound = two_layers().bind({"R": np.ones((2, 3))})
    for call in (bound.flow, bound.energy, bound.jacobian, bound.pack):
        with pytest.raises(InputError, match=message):
            call(start)


def test_a_wrong_out_is_refused() -> None:
    bound = two_layers().bind({"R": np.ones((2, 3))})
    with pytest.raises(InputError, match=r"out for 'y' is float32 \(2,\); an array float64 \(2,\) was expected"):
        bound.flow({"y": Y, "z": Z}, out={"y": np.empty(2, np.float32), "z": np.empty(3)})
    with pytest.raises(InputError, match="out for 'z' is NoneType"):
        bound.flow({"y": Y, "z": Z}, out={"y": np.empty(2)})


def test_packed_rows_of_a_wrong_width_are_refused() -> None:
    bound = two_layers().bind({"R": np.ones((2, 3))})
    with pytest.raises(InputError, match="packed rows have width 4; the states need 5"):
        bound.packed_flow(np.ones((1, 4)))


def test_nan_in_a_state_passes_through_direct_calls() -> None:
    bound = two_layers().bind({"R": np.ones((2, 3))})
    assert np.isnan(bound.flow({"y": [np.nan, 0.0], "z": Z})["z"]).all()


def test_a_scalar_without_declaration_may_be_anything_finite() -> None:
    bound = compile(System(flow={y[i]: gain * y[i] + sp.Integer(1)})).bind({"gain": -3})
    np.testing.assert_array_equal(bound.flow([1.0, 2.0]), [-2.0, -5.0])


def test_numbers_for_which_a_lagrangian_is_not_defined_are_refused() -> None:
    network = compile(hopfield(softmax(parameter("b_eta"))))
    with pytest.raises(InputError, match="softmax is not defined for β = b_eta = 0; nonzero was expected"):
        network.bind({"W": np.eye(2), "b": np.zeros(2), "b_eta": 0.0})
    network.bind({"W": np.eye(2), "b": np.zeros(2), "b_eta": -1.0})


def test_exact_numbers_may_be_given() -> None:
    halves = compile(hopfield()).bind({"W": [[sp.S.Half, 0], [0, Fraction(1, 4)]], "b": [sp.Rational(1, 3), 0]})
    assert halves.energy(np.zeros(2)) == 0

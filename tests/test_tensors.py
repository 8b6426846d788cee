"""Laws of tensors and components: declared symmetries hold at once, mistakes are refused with a remedy, nothing iterates for ever."""

from __future__ import annotations

import copy
import pickle
from itertools import permutations

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from strategies_index import TENSORS, A, P, R, T, W, a, b, beta, gain, i, j, k, opened, p, x, y, z

from amsym.errors import NotationError
from amsym.notation import Component, Entry, Tensor, components, delta, index, mask, parameter, size, state, total

scalar_state = state("s")
NODES = [
    *TENSORS,
    y[i],
    x[i, a],
    W[j, i],
    A[i, j],
    A[j, i],
    T[k, i, j],
    y[0],
    W[1, 0],
    A[1, 0],
    x[0, 2],
    W[i, 0],
    scalar_state,
    beta,
    gain,
    delta(i, j),
    delta(0, i),
    mask(sp.Ne(i, j)),
    mask(i < j),
    mask(y[i] > 0),
    mask(sp.Ne(i, j) & (y[i] > 0)),
    total(y[i] * W[i, j], i),
    total(mask(i < j) * P[i, j], i, j),
    sp.log(total(sp.exp(beta * R[i, a]), i)),
    size("N") * y[i],
    state("spin", "N", values=(-1, 1))[i],
]


@pytest.mark.parametrize("node", NODES, ids=str)
def test_every_kind_of_node_survives_pickling_copying_and_rebuilding(node):
    pickled = [pickle.loads(pickle.dumps(node, n)) for n in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    for again in (*pickled, copy.copy(node), copy.deepcopy(node)):
        assert again == node
        assert hash(again) == hash(node)
        assert type(again) is type(node)
        assert str(again) == str(node)
        assert again.is_positive == node.is_positive if isinstance(node, sp.Expr) else True
    if node.args:
        assert node.func(*node.args) == node


@given(opened)
def test_every_expression_survives_pickling(expr):
    again = pickle.loads(pickle.dumps(expr))
    assert again == expr
    assert hash(again) == hash(expr)


def test_pickled_tensors_keep_what_was_declared():
    again = pickle.loads(pickle.dumps(parameter("Q", "N N", orthogonal=True, nonnegative=True)))
    assert again.has_property("orthogonal")
    assert again.has_property("nonnegative")
    assert pickle.loads(pickle.dumps(W[0, 1])).tensor == W


def test_symmetric_places_may_be_swapped():
    assert W[j, i] == W[i, j]
    assert len({T[q] for q in permutations((i, j, k))}) == 1
    assert P[i, j] != P[j, i]


def test_antisymmetric_places_change_the_sign():
    assert A[j, i] == -A[i, j]
    assert A[i, i] == 0
    C = parameter("C", "N N N", antisymmetric=True)
    assert C[i, j, k] == C[j, k, i] == -C[j, i, k]
    assert C[i, j, i] == 0


def test_numbers_give_entries_that_symmetry_shares():
    assert isinstance(y[0], Entry)
    assert W[1, 0] is W[0, 1] or W[1, 0] == W[0, 1]
    assert A[1, 0] == -A[0, 1]
    assert A[2, 2] == 0
    assert P[0, 1] != P[1, 0]
    assert len({T[q] for q in permutations((0, 1, 2))}) == 1
    assert str(W[0, 1]) == "W_0_1"


def test_entries_of_different_tensors_differ_where_their_names_agree():
    flat, square = parameter("u_0", "N"), parameter("u", "N N")
    assert str(flat[1]) == str(square[0, 1])
    assert flat[1] != square[0, 1]


def test_tensors_differ_when_anything_declared_differs():
    assert parameter("W", "N N") != parameter("W", "N N", symmetric=True)
    assert parameter("b", "N") != parameter("b", "K")
    assert parameter("b", "N") != state("b", "N")
    assert state("s", "N") != state("s", "N", values=(-1, 1))
    assert Tensor("L", (), "lagrangian", of=state("y", "N")) != Tensor("L", (), "lagrangian", of=state("y", "K"))


def test_declared_signs_reach_sympy():
    assert p[a].is_positive
    assert total(p[a], a).is_positive
    assert sp.Abs(p[a]) == p[a]
    assert parameter("c", "N", nonnegative=True)[i].is_nonnegative
    assert p[0].is_positive
    assert y[i].is_real
    assert y[i].is_positive is None
    assert sp.sqrt(y[i] ** 2) == sp.Abs(y[i])


def test_psd_means_symmetric_as_well():
    S = parameter("S", "N N", psd=True)
    assert S[j, i] == S[i, j]
    assert S.has_property("symmetric")


@pytest.mark.parametrize(
    "slip",
    [
        lambda: y + 1,
        lambda: 1 + y,
        lambda: gain + y,
        lambda: y - 1,
        lambda: 1 - y,
        lambda: 2 * y,
        lambda: y * gain,
        lambda: gain * y,
        lambda: y / 2,
        lambda: 1 / y,
        lambda: gain / y,
        lambda: y**2,
        lambda: 2**y,
        lambda: gain**y,
        lambda: -y,
        lambda: abs(y),
        lambda: W @ y,
        lambda: y + z,
        lambda: y > 0,
        lambda: 0 < y,  # noqa: SIM300
        lambda: y <= 1,
        lambda: y >= 1,
        lambda: sp.tanh(y),
        lambda: sp.log(y),
        lambda: sp.cosh(y),
    ],
)
def test_a_bare_tensor_in_a_formula_is_refused_with_a_remedy(slip):
    with pytest.raises(NotationError, match=r"needs its indices in a formula: write (y\[i\]|W\[i, j\])"):
        slip()


@pytest.mark.parametrize(
    "slip", [lambda: list(y), lambda: iter(y), lambda: sum(y), lambda: [*W], lambda: 1 in y, lambda: len(y), lambda: dict(y)]
)
def test_iterating_over_a_tensor_ends_with_an_error(slip):
    with pytest.raises(TypeError):
        slip()


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        (
            lambda: y[a],
            "index 'a' runs over axis 'K', but this place of state 'y' over axes 'N' is axis 'N'; use an index over 'N': index('a', 'N')",
        ),
        (lambda: x[a, i], "x[a, i]: index 'a' runs over axis 'K'"),
        (lambda: y[i, j], "takes 1 indices, got 2: y[i, j]"),
        (lambda: W[i], "takes 2 indices, got 1: W[i]"),
        (lambda: y[-1], "expected an index over axis 'N' or a number 0, 1, 2 ..., got -1"),
        (lambda: y[1.5], "got 1.5"),
        (lambda: y["i"], "got 'i'"),
        (lambda: y[:], "got slice"),
        (lambda: y[None], "got None"),
        (lambda: y[gain], "got gain"),
        (lambda: y[i + 1], "got i + 1"),
        (lambda: y[size("N")], "got N"),
        (lambda: parameter("W", "N K", symmetric=True), "'W' is declared symmetric, which needs equal axes such as 'N N', got 'N K'"),
        (lambda: parameter("Q", "N", orthogonal=True), "'Q' is declared orthogonal, which needs equal axes"),
        (lambda: parameter("W", "N N", symetric=True), "unknown property 'symetric'; known are antisymmetric, integer"),
        (lambda: parameter("W", "N N", symmetric=True, antisymmetric=True), "only zero is; declare one"),
        (lambda: parameter("W", "N N", psd=True, antisymmetric=True), "only zero is; declare one"),
        (lambda: parameter("c", symmetric=True), "a scalar parameter may be positive, nonnegative or integer, got ['symmetric'] for 'c'"),
        (lambda: parameter("b c", "N"), "a name is a Python identifier such as 'W', got 'b c'"),
        (lambda: parameter(3, "N"), "a name is a Python identifier such as 'W', got 3"),
        (lambda: parameter("b", 3), "axes are named in a text such as 'N' or 'N K', got 3"),
        (lambda: state("y", "N-1"), "an axis is a name such as 'N', got 'N-1'"),
        (lambda: W.with_properties("nice"), "unknown property 'nice'"),
    ],
)
def test_mistakes_say_what_was_expected_and_what_came(slip, words):
    with pytest.raises(NotationError) as caught:
        slip()
    assert words in str(caught.value)


def test_a_number_may_be_numpys():
    np = pytest.importorskip("numpy")
    assert y[np.int64(2)] == y[2]


def test_a_scalar_state_is_a_component_without_indices():
    assert isinstance(scalar_state, Component)
    assert str(scalar_state) == "s"
    assert sp.diff(scalar_state**2, scalar_state) == 2 * scalar_state
    assert components(scalar_state**2, {}) == scalar_state**2


def test_indices_of_one_name_over_two_axes_stay_apart():
    other = index("i", "K")
    assert components(y[i] * z[other], {"N": 2, "K": 2}, order=(i, other)).tolist() == [
        [y[0] * z[0], y[0] * z[1]],
        [y[1] * z[0], y[1] * z[1]],
    ]


def test_a_component_is_found_by_its_indices():
    assert y[i] in (total(y[j], j) * y[i]).atoms(Component)
    assert x[i, b].where == (i, b)
    assert x[i, b].tensor == x


def test_numpy_functions_name_their_remedy_and_numpy_numbers_take_part_in_arithmetic() -> None:
    i, y = index("i", "N"), state("y", "N")
    with pytest.raises(NotationError, match=r"write sp.tanh\(...\)"):
        np.tanh(y[i])
    with pytest.raises(NotationError, match="declare arrays as parameters"):
        np.ones(3) * y[i]
    assert np.float64(0.5) * y[i] == y[i] * np.float64(0.5) == y[i] * 0.5

"""Hypersynapses: energies by components, and their gradients by activations."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import amsym as am
from amsym import lagrangians, synapses
from amsym.errors import ModelError
from amsym.notation import components, derivative, index, indices, is_zero, parameter, total

v = am.Layer("v", "N", lagrangians.identity())
h = am.Layer("h", "K", lagrangians.identity())
i, j = indices("i j", "N")


def test_a_dense_synapse_is_minus_the_sum_over_all_pairs() -> None:
    s = synapses.dense(v, h, weights="xi")
    (xi,) = [t for t in s.energy.atoms(am.notation.Tensor) if t.kind == "parameter"]
    explicit = components(s.energy, {"N": 2, "K": 2})
    assert sp.expand(explicit + sum(v.g[n] * xi[n, k] * h.g[k] for n in range(2) for k in range(2))) == 0


def test_a_synapse_of_a_layer_with_itself_counts_each_pair_once() -> None:
    s = synapses.self_(v, "W")
    W = parameter("W", "N N", symmetric=True)
    explicit = components(s.energy, {"N": 2})
    assert sp.expand(explicit + v.g[0] ** 2 * W[0, 0] / 2 + v.g[0] * v.g[1] * W[0, 1] + v.g[1] ** 2 * W[1, 1] / 2) == 0


def test_the_last_axes_of_a_layer_may_be_coupled_with_themselves_alone() -> None:
    x = am.Layer("x", "T D", lagrangians.identity())
    W = parameter("W", "D D", symmetric=True)
    t, d, e = index("t", "T"), *indices("d e", "D")
    assert is_zero(synapses.self_(x, W).energy + total(x.g[t, d] * W[d, e] * x.g[t, e], t, d, e) / 2)


def test_an_energy_of_any_order_in_the_activations_gives_its_gradient() -> None:
    C = parameter("C", "N")
    s = synapses.expression(-total(C[i] * v.g[i] ** 3, i))
    assert is_zero(derivative(s.energy, v.g[j]) + 3 * C[j] * v.g[j] ** 2)


def test_decimals_in_an_energy_are_exact() -> None:
    assert not synapses.expression(0.1 * total(v.g[i], i)).energy.atoms(sp.Float)


def test_activations_are_listed_by_name() -> None:
    assert [g.name for g in synapses.dense(v, h).activations] == ["g_h", "g_v"]


def test_a_shared_axis_needs_weights_without_it() -> None:
    with pytest.raises(ModelError, match="fit neither"):
        synapses.dense(v, am.Layer("u", "N K", lagrangians.identity()), weights=parameter("w", "K K"))


def test_the_self_synapse_has_the_name_that_papers_give_it() -> None:
    assert am.synapses.self is am.synapses.self_


WRONG = {
    "an array for weights": (
        lambda: synapses.self_(v, weights=np.eye(3)),
        "got an object of type ndarray: write weights='W' here, and give numbers",
    ),
    "a number for weights": (lambda: synapses.bias(v, 3), "weights are a name or a parameter with axes, got 3"),
    "a scalar for weights": (lambda: synapses.dense(v, h, parameter("beta")), "a parameter with axes, got beta"),
    "an activation for weights": (lambda: synapses.bias(v, v.g), "a parameter with axes, got g_v"),
    "a name for a layer": (lambda: synapses.dense("v", h), "dense\\(\\) couples layers, got 'v': make one"),
    "a text for an energy": (lambda: synapses.expression("v"), "is the text 'v'; a formula was expected"),
    "nothing for an energy": (lambda: synapses.expression(None), "is None; a formula was expected"),
    "a bare tensor for an energy": (lambda: synapses.expression(v.g), "write it with indices, g_v\\[i\\]"),
}


@pytest.mark.parametrize("case", WRONG)
def test_parts_that_do_not_fit_are_refused_with_the_remedy(case: str) -> None:
    build, words = WRONG[case]
    with pytest.raises(ModelError, match=words):
        build()

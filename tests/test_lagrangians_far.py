"""Layer energies where plain formulas lose all digits: far out, near 0, on top of a large mean; against mpmath with 400 digits."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from lagrangian_values import function

import amsym as am
from amsym import lagrangians as lib
from amsym.notation import derivative, indices, parameter, state, total

i, j, k = indices("i j k", "N")
y, b, W = state("y", "N"), parameter("b", "N"), parameter("W", "N N", symmetric=True)

FAR: dict[str, tuple[am.Lagrangian, tuple[float, ...], float]] = {
    "a tanh slope far out": (lib.tanh(), (39.0,), 1e-13),
    "a sigmoid far out": (lib.sigmoid(3), (299.5,), 1e-12),
    "a sigmoid far out on the left": (lib.sigmoid(3), (-41.0,), 1e-12),
    "a steep sigmoid": (lib.sigmoid(1000), (0.0173,), 1e-12),
    "probabilities near the uniform": (lib.softmax(), (1e-8, -2e-8, 3e-8), 1e-7),
    "ghostmax near 0": (lib.ghostmax(), (1e-8, -2e-8, 3e-8), 1e-7),
    "a small spread on a large mean": (lib.layernorm(), (12345.678, 12345.5, 12345.6), 1e-8),
    "a norm far out": (lib.rms_norm(), (1e5, -2e5, 3e4), 1e-12),
    "a rectified power": (lib.repu(sp.Rational(5, 2)), (3.0,), 1e-14),
}


@pytest.mark.parametrize("name", FAR)
def test_the_slope_of_a_layer_energy_keeps_its_digits(name: str) -> None:
    lagrangian, at, tolerance = FAR[name]
    image = total(lagrangian.hessian(y[i], y[j]) * y[j], j)
    with mp.workdps(400):
        true = np.array(function(image, y, len(at), (i,))(*map(mp.mpf, at)), dtype=float).reshape(-1)
        bent = np.array(function(derivative(image, y[k]), y, len(at), (i, k))(*map(mp.mpf, at)), dtype=float).reshape(len(at), -1)
    model = am.compile(am.Memory([am.Layer("y", "N", lagrangian)], []))
    found = model.gradient(np.array(at))
    assert np.abs(found - true).max() <= tolerance * np.abs(true).max()
    assert np.abs(model.hessian(np.array(at)) - bent).max() <= tolerance * np.abs(bent).max()


def test_in_single_precision_a_saturated_slope_is_nothing_and_no_noise() -> None:
    for beta, x in ((3, 299.53317), (1000, 17.3), (3, 1581224.0)):
        model = am.compile(am.Memory([am.Layer("y", "N", lib.sigmoid(beta))], []))
        assert np.abs(model.hessian(np.array([x], np.float32))).max() < 1e-30


@pytest.mark.parametrize(("lagrangian", "limit"), [(lib.tanh(), 2 * np.log(2)), (lib.arctan(), 2 * np.log(1e17))])
def test_an_energy_written_as_the_paper_writes_it_keeps_its_digits(lagrangian: Any, limit: float) -> None:
    """E = Σ (y - b) g - L - ½ Σ W g g, with the bias inside the bracket."""
    g = lagrangian.activation(y[i])
    E = total((y[i] - b[i]) * g, i) - lagrangian.of(y) - total(W[i, j] * g * lagrangian.activation(y[j]), i, j) / 2
    f = total(W[i, j] * lagrangian.activation(y[j]), j) - y[i] + b[i]
    model = am.compile(am.System(flow={y[i]: f}, energy=E, activations={y: lagrangian}))
    zero = {"W": np.zeros((2, 2)), "b": np.zeros(2)}
    assert float(model.energy(np.array([1e17, 1e17]), zero)) == pytest.approx(limit, rel=1e-13)


def test_what_a_bracket_removes_does_not_come_back_as_nan() -> None:
    """The Hessian of y₊^{3/2} has y₊^{-1/2} [y > 0] in it."""
    model = am.compile(am.zoo.hopfield(lib.repu(sp.Rational(5, 2)))).bind({"W": np.eye(2) / 2, "b": np.zeros(2)})
    assert np.array_equal(model.gradient(np.array([-1.0, 1.0])), [0.0, 0.75])
    assert np.array_equal(model.hessian(np.array([-1.0, 1.0]))[0], [0.0, 0.0])


PAIRS = [
    (lib.softmax(2), lib.identity()),
    (lib.softmax(), lib.softmax(2)),
    (lib.softmax(2), lib.entmax15()),
    (lib.exponential(2), lib.softmax(2)),
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_layers_keep_their_states_apart_where_exponentials_are_shifted(first: am.Lagrangian, second: am.Lagrangian) -> None:
    """The program that shifts read its states in another order than the one that gives up: energies were of swapped states."""
    memory = am.Memory([x := am.Layer("x", "D", first), h := am.Layer("h", "K", second)], [am.synapses.dense(x, h, weights="V")])
    bound = am.compile(memory).bind({"V": np.zeros((3, 2))})
    rows = {"x": np.array([[30.0, -20.0, 31.0], [0.3, 0.1, -0.2]]), "h": np.array([[0.5, -0.25], [40.0, 41.0]])}
    alone = {
        name: am.compile(am.Memory([am.Layer(name, axis, L)], [])).energy(rows[name])
        for name, axis, L in (("x", "D", first), ("h", "K", second))
    }
    np.testing.assert_allclose(bound.energy(rows), alone["x"] + alone["h"], rtol=1e-9, atol=1e-12)
    singles = [bound.energy({name: a[n] for name, a in rows.items()}) for n in range(2)]
    np.testing.assert_allclose(singles, bound.energy(rows), rtol=1e-12)


def test_a_term_that_stands_twice_is_exchanged_once() -> None:
    E = total((y[i] - b[i]) * sp.tanh(y[i]), i) - lib.tanh().of(y) + total(y[i] * (sp.tanh(y[i]) + b[i]), i)
    energies = [
        float(am.compile(am.System(flow={y[i]: -y[i]}, energy=E, activations=known)).energy(np.array([1.0]), {"b": [0.5]}))
        for known in ({}, {y: lib.tanh()})
    ]
    assert energies[0] == pytest.approx(energies[1], rel=1e-14)


def test_the_sparsemax_network_as_a_paper_writes_it_has_its_energy() -> None:
    S = lib.sparsemax()
    g = S.activation(y[i])
    E = total((y[i] - b[i]) * g, i) - S.of(y) - total(W[i, j] * g * S.activation(y[j]), i, j) / 2
    system = am.System(flow={y[i]: -y[i]}, energy=E, activations={y: S})
    assert float(am.compile(system).energy(np.array([0.3, 0.1, 0.0]), {"b": np.zeros(3), "W": 2 * np.eye(3)})) == pytest.approx(-0.69)

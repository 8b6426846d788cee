"""Compiled activation, Lagrangian, layer energy and their derivatives against mpmath with 60 digits or more, also at ±1e3, ±1e-300 and 0.

Tolerance: 32 eps · max(|true|, s), with s = min(1, |x|) for an additive Lagrangian (relative to the state where it is tiny), and
s = max(1, |x|) for a joint one, whose entries are as exact as the differences of states are. What multiplies the Hessian by x is
allowed another factor |x| for entmax15, whose weights are roots of differences. No warning, infinity or nan where the true
value is a number of that precision.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from lagrangian_values import function, sparse

import amsym as am
from amsym.lagrangians import CATALOGUE
from amsym.notation import derivative, indices, parameter, state, total

i, j, k = indices("i j k", "N")
x = state("x", "N")
TINY = 1e-300
ENTRIES = (-1e3, -100.0, -30.3, -5.7, -1.0, -0.3, -1e-3, -TINY, 0.0, TINY, 1e-5, 0.37, 1.0, 2.2, 8.1, 40.0, 100.0, 1e3)
TRIPLES = (
    *((1e3, -1e3, 0.3), (1e3, 999.75, 999.0), (TINY, -TINY, 0.0), (0.0, 0.0, 0.0), (0.1, 0.2, -0.3), (-1e3, -1e3, -1e3)),
    *((1e3, 1e3, 1e3), (1.5, -0.4, 0.9), (-1e3, -999.5, 0.0), (31.0, -22.0, 30.6), (5.0, 4.5, -7.0)),
)


class Wanted:
    """A Lagrangian's formulas in mpmath, and the same as a user runs them: a memory of one layer, and a flow and energy by hand."""

    def __init__(self, L: am.Lagrangian) -> None:
        size = 1 if L.kind == "additive" else 3
        self.points = tuple((e,) for e in ENTRIES) if size == 1 else TRIPLES
        self.digits = 330 if size == 1 else 60  # e^u - 1 at u = 1e-300
        g = L.activation(x[i])
        image = total(L.hessian(x[i], x[j]) * x[j], j)
        self.true = {
            "activation": function(g, x, size, (i,)),
            "Lagrangian": function(L.of(x), x, size),
            "Hessian of L": function(L.hessian(x[i], x[j]), x, size, (i, j)),
            "energy": function(L.energy(x), x, size),
            "gradient": function(image, x, size, (i,)),
            "Hessian of E": function(derivative(image, x[k]), x, size, (i, k)),
        }
        alone = am.compile(am.System(flow={x[i]: g}, energy=L.of(x), activations={x: L}))
        layer = am.compile(am.Memory([am.Layer("x", "N", L)], []).system)
        self.compiled = dict(
            zip(self.true, (alone.flow, alone.energy, alone.jacobian, layer.energy, layer.gradient, layer.hessian), strict=True)
        )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", [*sorted(set(CATALOGUE) - {"entmax15"}), pytest.param("entmax15", marks=pytest.mark.slow)])
def test_compiled_values_keep_their_digits(name: str, dtype: Any) -> None:
    assert worst_error(wanted_of(name), dtype, name) <= 32


@lru_cache
def wanted_of(name: str) -> Wanted:
    """One for both precisions."""
    return Wanted(CATALOGUE[name]())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "power", "scale"), [("sparsemax", 1, 1), ("entmax15", 2, 2)])
def test_sparse_probabilities_keep_their_digits_far_from_the_origin(name: str, power: int, scale: int, dtype: Any) -> None:
    eps = float(np.finfo(dtype).eps)
    for offset in (0.0, 100.0, -1000.0):
        at = np.array([0.5, 0.25, -0.125, -3.0], dtype) + dtype(offset)
        with mp.workdps(40):
            expected = np.array([float(v) for v in sparse([mp.mpf(float(v)) / scale for v in at], power)])
        found = am.compile(am.zoo.hopfield(name)).flow(at, {"W": np.eye(4, dtype=dtype), "b": at})
        np.testing.assert_allclose(found, expected, atol=8 * eps * max(1, abs(offset)))


def worst_error(wanted: Wanted, dtype: Any, name: str) -> float:
    """The largest error in units of eps times the scale of the tolerance."""
    info, worst = np.finfo(dtype), 0.0
    for point in wanted.points:
        at = np.array(point, dtype)
        size = float(np.max(np.abs(at)))
        for what, run in wanted.compiled.items():
            with mp.workdps(wanted.digits):
                true = [mp.re(v) for v in wanted.true[what](*(mp.mpf(float(v)) for v in at))]
            if any(abs(v) > info.max / 4 for v in true):
                continue
            with np.errstate(all="raise", under="ignore"):
                found = np.asarray(run(at)).reshape(-1)
            assert np.all(np.isfinite(found))
            s = min(1.0, size) if len(at) == 1 else max(1.0, size)
            s *= max(1.0, size) if name == "entmax15" and what in ("gradient", "Hessian of E") else 1.0
            errors = (abs(mp.mpf(float(f)) - t) / max(abs(t), s, mp.mpf(float(info.tiny))) for f, t in zip(found, true, strict=True))
            worst = max(worst, float(max(errors) / mp.mpf(float(info.eps))))
    return worst


def test_the_tolerance_catches_a_layer_energy_written_out() -> None:
    """The fault of a peer: x tanh x - log cosh x as it stands loses all digits of log 2 in single precision."""
    L = CATALOGUE["tanh"]()
    plain = am.System(flow={x[i]: -x[i]}, energy=L.energy(x))
    stable = am.System(flow={x[i]: -x[i]}, energy=L.energy(x), activations={x: L})
    at = np.array([1e6 + 0.3], np.float32)
    assert abs(float(am.compile(plain).energy(at)) - np.log(2)) > 1e-3
    assert abs(float(am.compile(stable).energy(at)) - np.log(2)) < 1e-7


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_saturated_energies_and_hessians_are_right_at_a_hundred(name: str) -> None:
    """A peer's are -inf, all digits lost, or not finite."""
    model = am.compile(am.zoo.hopfield(name))
    params = {"W": np.zeros((1, 1)), "b": np.zeros(1)}
    energy, hessian = model.energy(np.array([100.0]), params), model.hessian(np.array([100.0]), params)
    assert energy == pytest.approx(np.log(2) if name == "tanh" else -101 * np.exp(-100.0), rel=1e-14)
    assert np.all(np.isfinite(hessian))


def test_the_lagrangian_of_tanh_depends_on_beta_in_compiled_gradients_too() -> None:
    """A peer's derivative by β at x = β = 1 is 0; it is tanh 1 - log cosh 1 = 0.3278."""
    beta = parameter("beta", positive=True)
    slope = derivative(am.lagrangians.tanh(beta).of(x), beta)
    model = am.compile(am.System(flow={x[i]: -x[i]}, energy=slope))
    assert model.energy(np.array([1.0]), {"beta": 1.0}) == pytest.approx(np.tanh(1) - np.log(np.cosh(1)), abs=1e-14)


@pytest.mark.parametrize("name", ["layernorm", "rms_norm", "spherical"])
def test_a_norm_with_a_shift_over_several_tokens_has_its_activation_as_gradient(name: str) -> None:
    """A peer's differ by 1.5."""
    tokens, shift = state("z", "T D"), parameter("delta", "D")
    (t,), (d,) = indices("t", "T"), indices("d", "D")
    L = CATALOGUE[name](2, shift, sp.Rational(1, 10))
    model = am.compile(am.System(flow={tokens[t, d]: L.activation(tokens[t, d], "D")}, energy=L.of(tokens, "D")))
    at = np.array([[1.0, -2.0, 0.5], [3.0, 0.1, 0.2]])
    params = {"delta": np.array([1.5, -0.5, 0.25])}
    np.testing.assert_allclose(model.flow(at, params), model.gradient(at, params), rtol=1e-13)


def test_log_bessel_is_finite_at_800_and_in_single_precision() -> None:
    """A peer's log(i0(z)) overflows at z = 800."""
    L = am.Lagrangian(lambda u: sp.log(sp.besseli(0, u)), name="von Mises")
    model = am.compile(am.System(flow={x[i]: L.activation(x[i])}, energy=L.of(x)))
    with mp.workdps(30):
        true = float(mp.log(mp.besseli(0, 800)))
    assert model.energy(np.array([800.0])) == pytest.approx(true, rel=1e-14)
    assert model.energy(np.array([800.0], np.float32)) == pytest.approx(true, rel=1e-6)
    assert np.isfinite(model.flow(np.array([800.0]))).all()


@pytest.mark.parametrize("name", ["tanh", "gelu", "softmax", "layernorm", "selu"])
def test_the_energy_rate_uses_the_same_gradient(name: str) -> None:
    system = am.zoo.hopfield(name)
    params = {"W": np.array([[0.0, 0.5], [0.5, 0.0]]), "b": np.array([0.1, -0.2])}
    model, at = am.compile(system).bind(params), np.array([0.7, -1.3])
    step = 1e-6
    numeric = [(model.energy(at + step * e) - model.energy(at - step * e)) / (2 * step) for e in np.eye(2)]
    np.testing.assert_allclose(model.gradient(at), numeric, atol=1e-7)
    assert model.energy_rate(at) == pytest.approx(float(np.dot(model.gradient(at), model.flow(at))), abs=1e-12)

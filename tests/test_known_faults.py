"""Faults that other implementations of these models were seen to have, each a law here; all of them met silently."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import amsym as am
from amsym import lagrangians as lib
from amsym.notation import components, derivative
from numeric.audit import energy_audit

i, j = am.indices("i j", "N")
mu = am.index("mu", "K")
y, p = am.state("y", "N"), am.state("p", "N")


def layer(lagrangian: am.Lagrangian, axes: str = "N", over: str | None = None) -> am.Memory:
    return am.Memory([am.Layer("y", axes, lagrangian, over=over)], [])


@pytest.mark.parametrize(("lagrangian", "energy"), [(lib.tanh(), np.log(2)), (lib.sigmoid(), 0.0)])
def test_a_saturated_layer_has_a_finite_energy_and_hessian(lagrangian: am.Lagrangian, energy: float) -> None:
    for dtype in (np.float64, np.float32):
        model, far = am.compile(layer(lagrangian)), np.array([100.0], dtype)
        assert float(model.energy(far)) == pytest.approx(energy, abs=1e-6 if dtype is np.float32 else 1e-14)
        assert np.abs(model.hessian(far)).max() < 1e-40


def test_a_lagrangian_depends_on_its_inverse_temperature() -> None:
    beta = am.parameter("beta", positive=True)
    value = components(lib.tanh(beta).of(y), {"N": 1})
    slope = sp.diff(value, beta).subs({beta: 1, y[0]: 1})
    assert float(slope) == pytest.approx(np.tanh(1) - np.log(np.cosh(1)))


@pytest.mark.parametrize("make", [lib.layernorm, lib.rms_norm, lib.spherical])
def test_a_shift_over_several_tokens_is_in_the_activation_as_in_the_lagrangian(make: object) -> None:
    t, d = am.index("t", "T"), am.index("d", "D")
    x = am.state("x", "T D")
    lagrangian = make(2, am.parameter("delta"), sp.Rational(1, 10))  # type: ignore[operator]
    gap = derivative(lagrangian.of(x, over="D"), x[t, d]) - lagrangian.activation(x[t, d], over="D")
    assert am.notation.is_zero(gap)


def test_the_dual_hessian_inverts_the_hessian_and_is_not_given_where_there_is_none() -> None:
    at = {y[n]: sp.Rational(n + 1, 5) for n in range(3)}
    for lagrangian in (lib.softmax(), lib.layernorm(), lib.spherical(), lib.ghostmax()):
        g = components(lagrangian.activation(y[i]), {"N": 3})
        point = {p[n]: g[n].subs(at) for n in range(3)}
        L = sp.Matrix(components(lagrangian.hessian(y[i], y[j]), {"N": 3}).tolist()).subs(at).evalf(30)
        H = sp.Matrix(components(lagrangian.dual_hessian(p[i], p[j]), {"N": 3}).tolist()).subs(point).evalf(30)
        assert max(map(abs, L * H * L - L)) < 1e-20
    for lagrangian in (lib.layernorm(eps=0), lib.rms_norm(eps=0), lib.spherical(eps=0)):
        assert lagrangian.dual_hessian(p[i], p[j]) is None


def test_a_dead_rectifier_is_told() -> None:
    network = am.zoo.hopfield("relu")
    zero = {"W": np.zeros((1, 1)), "b": np.zeros(1)}
    energies = {float(am.compile(network).energy(np.array([x]), zero)) for x in (-1.0, -10.0, -1000.0)}
    assert energies == {0.0}
    assert "y[i] ≤ 0" in am.verify(network, only="dead directions")["dead directions"].reason
    assert am.dead_directions(network, [-10.0]).vectors.shape == (1, 1)


def test_an_explicit_step_that_raises_the_energy_is_told_with_the_largest_that_would_not() -> None:
    rng = np.random.default_rng(6)
    params = {"xi": rng.normal(size=(64, 256)), "beta": 4.0, "tau_v": 1.0, "tau_h": 1.0}
    start = {"v": rng.normal(size=(6, 64)), "h": rng.normal(size=(6, 256))}
    audit = energy_audit(am.zoo.softmax_memory(), params, start, step=0.5, t=10.0)
    assert audit.rise[0] > 1
    assert 0 < audit.largest_safe_step <= audit.safe_step.min() < 0.5
    assert audit.confirmed


def test_a_bias_is_added_once_to_each_state_of_a_batch() -> None:
    memory = am.Memory([v := am.Layer("v", "N", lib.identity())], [am.synapses.bias(v, "b")])
    bound = am.compile(memory).bind({"b": [1.0, 2.0]})
    assert bound.energy(np.ones((5, 2))).tolist() == [1 - 3.0] * 5
    assert bound.gradient(np.ones((5, 2))).tolist() == [[0.0, -1.0]] * 5


def test_outside_its_support_a_log_sum_relu_energy_is_infinite_and_its_gradient_is_no_zero() -> None:
    xi = am.parameter("xi", "K N")
    E = -sp.log(am.total(sp.Max(0, 1 - am.total((y[i] - xi[mu, i]) ** 2, i) / 2), mu))
    system = am.System(flow={y[j]: -derivative(E, y[j])}, energy=E)
    bound = am.compile(system).bind({"xi": [[0.0]]})
    assert bound.energy(np.array([5.0])) == np.inf
    assert np.isnan(bound.gradient(np.array([5.0]))).all()
    assert "is not defined at" in am.verify(system, only="smooth")["smooth"].reason


def test_a_bessel_function_does_not_overflow_in_a_logarithm() -> None:
    system = am.System(flow={y[i]: -y[i]}, energy=am.total(sp.log(sp.besseli(0, y[i])), i))
    assert float(am.compile(system).energy(np.array([800.0]))) == pytest.approx(795.7388, abs=1e-3)


def test_a_graph_with_a_fault_is_refused_when_it_is_made() -> None:
    v, h = am.Layer("v", "N", lib.identity()), am.Layer("h", "K", lib.relu())
    with pytest.raises(am.ModelError, match="h"):
        am.Memory([v], [am.synapses.dense(v, h, weights="xi")])
    with pytest.raises(am.ModelError):
        am.Memory([v, h], [am.synapses.dense(v, h, weights="xi"), am.synapses.dense(v, h, weights="xi")])
    with pytest.raises(am.ModelError, match="xi"):
        am.synapses.dense(v, h, weights=am.parameter("xi", "K N"))

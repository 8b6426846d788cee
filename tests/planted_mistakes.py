"""Networks with a small mistake in their equations, right almost everywhere: each entry gives (system, params or None, domain or None)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from planted_regions import Case, Q, h, i, j, m, square, y

import amsym as am

k, n = am.index("k", "N"), am.index("n", "M")
W, b, X = am.parameter("W", "N N", symmetric=True), am.parameter("b", "N"), am.parameter("X", "N M")
beta = am.parameter("beta", positive=True)


def _network(g: Any, lagrangian: Any, flow: Any, weights: Any = W) -> am.System:
    """E = Σ (y - b) g - Σ L - ½ Σ W g g with the flow given."""
    energy = am.total((y[i] - b[i]) * g(y[i]) - lagrangian(y[i]), i) - am.total(weights[i, j] * g(y[i]) * g(y[j]), i, j) / 2
    return am.System(flow={y[i]: flow}, energy=energy)


def _tanh(flow: Any) -> am.System:
    return _network(sp.tanh, lambda x: sp.log(sp.cosh(x)), flow)


def _input(g: Any = sp.tanh) -> Any:
    return am.total(W[i, j] * g(y[j]), j)


def _two_layers(hidden: Any) -> am.System:
    """A linear and a tanh layer with dh/dt as given."""
    energy = square - am.total(y[i] * X[i, m] * sp.tanh(h[m]), i, m) + am.total(h[m] * sp.tanh(h[m]) - sp.log(sp.cosh(h[m])), m)
    return am.System(flow={y[i]: am.total(X[i, m] * sp.tanh(h[m]), m) - y[i], h[m]: hidden}, energy=energy)


def _softmax(inside: Any, outside: Any) -> am.System:
    def similar(m: Any) -> Any:
        return am.total(X[k, m] * y[k], k)

    energy = square - sp.log(am.total(sp.exp(beta * similar(n)), n)) / beta
    weights = sp.exp(inside * similar(m)) / am.total(sp.exp(inside * similar(n)), n)
    return am.System(flow={y[i]: outside * am.total(X[i, m] * weights, m) - y[i]}, energy=energy)


def antisymmetric_part() -> Case:
    """Weights with an antisymmetric part of size 10⁻³."""
    rng = np.random.default_rng(3)
    S, A = rng.normal(size=(2, 4, 4))
    V = am.parameter("V", "N N")
    flow = am.total(V[i, j] * sp.tanh(y[j]), j) - y[i] + b[i]
    weights = (S + S.T) / 2 + 1e-3 * (A - A.T) / 2
    return _network(sp.tanh, lambda x: sp.log(sp.cosh(x)), flow, V), {"V": weights, "b": rng.normal(size=4)}, None


def skewed_by_epsilon() -> Case:
    """The flow uses W + A/1000 with A antisymmetric."""
    A = am.parameter("A", "N N", antisymmetric=True)
    return _tanh(_input() - y[i] + b[i] + am.total(A[i, j] * sp.tanh(y[j]), j) / 1000), None, None


def bias_off_by_a_thousandth() -> Case:
    """The flow's bias is 1.001 b."""
    return _tanh(_input() - y[i] + b[i] * Q(1001, 1000)), None, None


def missing_factor() -> Case:
    """The hidden layer's leak is 1.01 h."""
    return _two_layers(am.total(X[i, m] * y[i], i) - Q(101, 100) * h[m]), None, None


def wrong_tau() -> Case:
    """τ divides only the input of the hidden layer; τ is given as 1.02."""
    system = _two_layers(am.total(X[i, m] * y[i], i) / am.parameter("tau", positive=True) - h[m])
    return system, {"tau": 1.02, "X": np.random.default_rng(5).normal(size=(3, 2))}, None


def beta_squared() -> Case:
    """The softmax in the flow has β², with β = 1.05 given."""
    return _softmax(beta**2, 1), {"beta": 1.05, "X": np.random.default_rng(1).normal(size=(3, 4))}, None


def beta_twice() -> Case:
    """β also in front of the softmax."""
    return _softmax(beta, beta), None, None


def kink_moved() -> Case:
    """A hard tanh whose flow saturates at 1.001 and the energy at 1."""

    def hard(end: Any) -> Callable[[Any], Any]:
        return lambda x: sp.Max(-end, sp.Min(end, x))

    def lagrangian(x: Any) -> Any:
        return x**2 / 2 - sp.Max(0, x - 1) ** 2 / 2 - sp.Max(0, -x - 1) ** 2 / 2

    return _network(hard(sp.S.One), lagrangian, _input(hard(Q(1001, 1000))) - y[i] + b[i]), None, None


def normaliser_without_one() -> Case:
    """A divisive normalisation with ε = 1/100 in the energy and 0.0101 in the flow."""

    def root(eps: Any) -> Any:
        return sp.sqrt(am.total(y[j] ** 2, j) + eps)

    pull = am.total(b[j] * y[j], j)
    energy = root(Q(1, 100)) - pull
    return am.System(flow={y[i]: b[i] - y[i] / root(Q(101, 10000))}, energy=energy), None, None


def one_place_of_many() -> Case:
    """Forty neurons with given weights, one weight off by 10⁻²."""
    rng = np.random.default_rng(7)
    S = rng.normal(size=(40, 40)) / 12
    V, U = am.parameter("V", "N N", symmetric=True), am.parameter("U", "N N")
    weights = (S + S.T) / 2
    wrong = weights.copy()
    wrong[3, 5] += 1e-2
    energy = am.total(y[i] * sp.tanh(y[i]) - sp.log(sp.cosh(y[i])), i) - am.total(V[i, j] * sp.tanh(y[i]) * sp.tanh(y[j]), i, j) / 2
    return am.System(flow={y[i]: am.total(U[i, j] * sp.tanh(y[j]), j) - y[i]}, energy=energy), {"V": weights, "U": wrong}, None


def attention_off_by_one_percent() -> Case:
    """Attention tokens whose normalisation has 1.01 γ in the flow only."""
    system = am.zoo.attention().system
    gamma = next(s for s in system.scalars if s.name == "gamma")
    flow = {c: f.xreplace({gamma: Q(101, 100) * gamma}) for c, f in system.equations.items()}
    return am.System(flow=flow, energy=system.energy), None, None


FAULTS: dict[str, Callable[[], Case]] = {
    f.__name__.replace("_", " "): f
    for f in (
        antisymmetric_part,
        skewed_by_epsilon,
        bias_off_by_a_thousandth,
        missing_factor,
        wrong_tau,
        beta_squared,
        beta_twice,
        kink_moved,
        normaliser_without_one,
        one_place_of_many,
        attention_off_by_one_percent,
    )
}

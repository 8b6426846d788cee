"""Models that the tests of derivations, pages and the command line share, written as users write them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import sympy as sp

import amsym as am


def hopfield(g: Callable[..., Any] = sp.tanh, L: Callable[..., Any] = lambda x: sp.log(sp.cosh(x)), symmetric: bool = True) -> am.System:
    """dy/dt = W g(y) - y + b with the energy of dead_neurons eq. (2), an additive Lagrangian."""
    i, j = am.indices("i j", "N")
    y, W, b = am.state("y", "N"), am.parameter("W", "N N", symmetric=symmetric), am.parameter("b", "N")
    energy = am.total((y[i] - b[i]) * g(y[i]) - L(y[i]), i) - am.total(W[i, j] * g(y[i]) * g(y[j]), i, j) / 2
    return am.System(flow={y[i]: am.total(W[i, j] * g(y[j]), j) - y[i] + b[i]}, energy=energy, name="Hopfield")


def relu() -> am.System:
    return hopfield(lambda x: sp.Max(0, x), lambda x: sp.Max(0, x) ** 2 / 2)


def asymmetric() -> am.System:
    return hopfield(symmetric=False)


def by_lagrangian(L: am.Lagrangian, declared: bool = True) -> am.System:
    """The same with any Lagrangian, joint or abstract."""
    i, j = am.indices("i j", "N")
    y, W, b = am.state("y", "N"), am.parameter("W", "N N", symmetric=True), am.parameter("b", "N")

    def g(k: Any) -> Any:
        return L.activation(y[k])

    energy = am.total((y[i] - b[i]) * g(i), i) - L.of(y) - am.total(W[i, j] * g(i) * g(j), i, j) / 2
    flow = {y[i]: am.total(W[i, j] * g(j), j) - y[i] + b[i]}
    return am.System(flow=flow, energy=energy, activations={y: L} if declared else None, name=L.name)


def softmax() -> am.System:
    return by_lagrangian(am.lagrangians.softmax())


def abstract() -> am.System:
    return by_lagrangian(am.Lagrangian.abstract(), declared=False)


def two_layers() -> am.Memory:
    """Linear features and a softmax memory, each with its time constant."""
    v = am.Layer("v", "N", am.lagrangians.identity(), tau="tau_v")
    h = am.Layer("h", "K", am.lagrangians.softmax(am.parameter("beta", positive=True)), tau="tau_h")
    return am.Memory([v, h], [am.synapses.dense(v, h, weights="xi")], name="two layers")


def tokens() -> am.System:
    """The attention energy of plain tokens, a gradient flow."""
    B, C = am.indices("B C", "T")
    d, e = am.indices("d e", "D")
    x, K, beta = am.state("x", "T D"), am.parameter("K", "D D"), am.parameter("beta", positive=True)
    similarity = am.total(x[B, d] * K[d, e] * x[C, e], d, e)
    energy = -am.total(sp.log(am.total(am.mask(sp.Ne(B, C)) * sp.exp(beta * similarity), B)), C) / beta
    return am.System(flow={x[C, d]: -am.derivative(energy, x[C, d])}, energy=energy, name="tokens")


def spins() -> am.System:
    """±1 spins without self-coupling, one at a time."""
    i, j = am.indices("i j", "N")
    s, W = am.state("s", "N", values=(-1, 1)), am.parameter("W", "N N", symmetric=True)
    coupling = am.mask(sp.Ne(i, j)) * W[i, j] * s[j]
    return am.System(update={s[i]: am.sign(am.total(coupling, j))}, energy=-am.total(coupling * s[i], i, j) / 2, name="spins")


def decay() -> am.System:
    """dy/dt = -y, the smallest model."""
    i, y = am.index("i", "N"), am.state("y", "N")
    return am.System(flow={y[i]: -y[i]}, energy=am.total(y[i] ** 2, i) / 2, name="decay")


def growth() -> am.System:
    """An energy that rises everywhere, refuted at once."""
    i, y = am.index("i", "N"), am.state("y", "N")
    return am.System(flow={y[i]: y[i]}, energy=am.total(y[i] ** 2, i) / 2, name="growth")


FLOWS: dict[str, Callable[[], Any]] = {
    "tanh": hopfield,
    "relu": relu,
    "softmax": softmax,
    "abstract": abstract,
    "two layers": two_layers,
    "tokens": tokens,
}
ALL: dict[str, Callable[[], Any]] = {**FLOWS, "asymmetric": asymmetric, "spins": spins, "decay": decay}


@cache
def model(name: str) -> Any:
    """A model, made once."""
    return ALL[name]()


@cache
def derived(name: str) -> am.Derivation:
    """Its derivation, made once."""
    return am.derive(model(name))


def system(name: str) -> am.System:
    """Its System."""
    found: am.System = getattr(model(name), "system", model(name))
    return found

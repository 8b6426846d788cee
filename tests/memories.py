"""Small systems of the kinds that the papers have, and random numbers for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy as sp

from amsym.notation import derivative, indices, mask, parameter, size, state, total
from amsym.system import System

Array = np.ndarray[Any, Any]
SIZES = {"N": 3, "K": 4, "T": 3, "D": 2, "H": 2, "Y": 2}

i, j, k = indices("i j k", "N")
a, c = indices("a c", "K")
A, B, C = indices("A B C", "T")
d, e = indices("d e", "D")
u = indices("u", "H")[0]
p, q = indices("p q", "Y")
y, v, h, x = state("y", "N"), state("v", "N"), state("h", "K"), state("x", "T D")
W, b, xi = parameter("W", "N N", symmetric=True), parameter("b", "N"), parameter("xi", "N K")
beta = parameter("beta", positive=True)


def descent(energy: sp.Expr, component: Any) -> System:
    """dy/dt = -∂E/∂y."""
    return System(flow={component: -derivative(energy, component)}, energy=energy)


def single_layer(g: Callable[[Any], Any], lagrangian: Callable[[Any], Any]) -> System:
    """dy/dt = W g(y) - y + b, with E = Σ (y - b) g - Σ L - ½ g W g."""
    energy = total((y[i] - b[i]) * g(y[i]) - lagrangian(y[i]), i) - total(W[i, j] * g(y[i]) * g(y[j]), i, j) / 2
    return System(flow={y[i]: total(W[i, j] * g(y[j]), j) - y[i] + b[i]}, energy=energy)


def single_softmax() -> System:
    z = total(sp.exp(beta * y[k]), k)
    energy = total(y[i] * sp.exp(beta * y[i]), i) / z - sp.log(z) / beta
    energy -= total(W[i, j] * sp.exp(beta * y[i]) * sp.exp(beta * y[j]), i, j) / z**2 / 2
    return System(flow={y[i]: total(W[i, j] * sp.exp(beta * y[j]), j) / z - y[i]}, energy=energy)


def two_layers() -> System:
    z = total(sp.exp(beta * h[a]), a)
    s = sp.exp(beta * h[a]) / z
    energy = total(v[i] ** 2, i) / 2 + total(h[a] * s, a) - sp.log(z) / beta - total(v[i] * xi[i, a] * s, i, a)
    return System(flow={v[i]: total(xi[i, a] * s, a) - v[i], h[a]: total(xi[i, a] * v[i], i) - h[a]}, energy=energy)


def three_layers() -> System:
    M, tau = parameter("M", "K T"), parameter("tau", positive=True)
    w = state("w", "T")
    flow = {
        v[i]: (total(xi[i, a] * sp.tanh(h[a]), a) - v[i]) / tau,
        h[a]: total(xi[i, a] * v[i], i) + total(M[a, A] * sp.Max(0, w[A]), A) - h[a],
        w[A]: total(M[a, A] * sp.tanh(h[a]), a) - w[A],
    }
    energy = total(v[i] ** 2, i) / 2 + total(h[a] * sp.tanh(h[a]) - sp.log(sp.cosh(h[a])), a) + total(sp.Max(0, w[A]) ** 2, A) / 2
    energy -= total(xi[i, a] * v[i] * sp.tanh(h[a]), i, a) + total(M[a, A] * sp.tanh(h[a]) * sp.Max(0, w[A]), a, A)
    return System(flow=flow, energy=energy)


def attention() -> System:
    """[modern_methods] eq. (3.15): -1/β Σ_hC log Σ_{B≠C} exp(β K_hB · Q_hC), and a well."""
    key, query = parameter("key", "Y H D"), parameter("query", "Y H D")
    match = total(key[p, u, d] * x[B, d] * query[p, u, e] * x[C, e], p, d, e)
    energy = -total(sp.log(total(mask(sp.Ne(B, C)) * sp.exp(beta * match), B)), u, C) / beta
    return descent(energy + total(x[B, d] ** 2, B, d) / 2, x[A, e])


def stacked_attention() -> System:
    """The same with keys and queries of their own sums, of tokens passed through tanh."""
    key, query = parameter("key", "Y H D"), parameter("query", "Y H D")

    def seen(weights: Any, token: Any) -> Any:
        return total(weights[p, u, d] * sp.tanh(x[token, d]), d)

    match = total(seen(key, B) * seen(query, C), p)
    return descent(-total(sp.log(total(mask(sp.Ne(B, C)) * sp.exp(beta * match), B)), u, C) / beta, x[A, e])


def layernorm_tokens() -> System:
    mean = total(x[B, e], e) / size("D")
    return descent(total(sp.sqrt(total((x[B, d] - mean) ** 2, d) / size("D") + sp.Rational(1, 100)), B), x[A, e])


def distances() -> System:
    return descent(-sp.log(total(sp.exp(-beta / 2 * total((v[i] - xi[i, a]) ** 2, i)), a)) / beta, v[j])


def softplus_and_friends() -> System:
    energy = total(sp.log(1 + sp.exp(y[i])) + sp.log(2 * sp.cosh(beta * y[i])) - 1 / (1 + sp.exp(-y[i])), i)
    energy += sp.log(1 + total(sp.exp(y[i]), i)) + total(sp.log(sp.besseli(0, y[i])), i) + total(sp.erf(y[i]) + sp.atan(y[i]), i)
    return descent(energy, y[j])


def kinked() -> System:
    energy = total(sp.Piecewise((y[i] ** 2, y[i] > 0), (-y[i] / 10, True)) + sp.Abs(y[i]) * b[i] + sp.Min(1, y[i]), i)
    return descent(energy + total(mask(sp.And(i < j, y[i] > 0)) * W[i, j] * y[i] * y[j], i, j), y[k])


SYSTEMS: dict[str, Callable[[], System]] = {
    "tanh": lambda: single_layer(sp.tanh, lambda s: sp.log(sp.cosh(s))),
    "relu": lambda: single_layer(lambda s: sp.Max(0, s), lambda s: sp.Max(0, s) ** 2 / 2),
    "softmax": single_softmax,
    "two_layers": two_layers,
    "three_layers": three_layers,
    "attention": attention,
    "stacked_attention": stacked_attention,
    "layernorm": layernorm_tokens,
    "distances": distances,
    "softplus": softplus_and_friends,
    "kinked": kinked,
}


def numbers(system: System, seed: int = 0, sizes: Mapping[str, int] = SIZES) -> dict[str, Any]:
    """Random rationals (64ths, so that float32 has them exactly) for every parameter."""
    rng = np.random.default_rng(seed)
    result: dict[str, Any] = {s.name: abs(_rational(rng, ())) + 0.25 for s in system.scalars}
    for t in system.parameters:
        array = _rational(rng, tuple(sizes[axis] for axis in t.axes))
        result[t.name] = array + array.T if t.has_property("symmetric") else array
    return result


def states(system: System, seed: int = 0, lead: tuple[int, ...] = (), sizes: Mapping[str, int] = SIZES) -> dict[str, Array]:
    """Random rational states by name."""
    rng = np.random.default_rng(seed + 1000)
    return {s.name: _rational(rng, (*lead, *(sizes[axis] for axis in s.axes))) for s in system.states}


def _rational(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return np.round(64 * rng.normal(size=shape)) / 64

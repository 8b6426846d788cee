"""Random systems, right and wrong ones, and an independent reading of dE/dt: explicit SymPy at small sizes, floats."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from amsym.lagrangian import Lagrangian
from amsym.notation import Entry, Mask, Tensor, components, derivative, indices, parameter, state, total
from amsym.system import System
from proofs.draws import draw, flattened

i, j, k = indices("i j k", "N")
a, c = indices("a c", "K")
y, h = state("y", "N"), state("h", "K")
b = parameter("b", "N")
xi = parameter("xi", "N K")
beta = parameter("beta", positive=True)
tau = parameter("tau", "N", positive=True)

POTENTIALS: dict[str, Any] = {
    "identity": lambda x: x**2 / 2,
    "tanh": lambda x: sp.log(sp.cosh(x)),
    "relu": lambda x: sp.Max(0, x) ** 2 / 2,
    "sigmoid": lambda x: sp.log(1 + sp.exp(x)),
    "cubic": lambda x: x**4 / 4,
    "arctan": lambda x: x * sp.atan(x) - sp.log(1 + x**2) / 2,
    "sine": lambda x: -sp.cos(x),
    "bump": lambda x: sp.exp(-(x**2)),
    "concave": lambda x: -(x**2) / 2,
    "cube": lambda x: x**3 / 3,
    "shifted relu": lambda x: sp.Max(0, x - 1) ** 2 / 2 - x / 3,
}
CONVEX = {"identity", "tanh", "relu", "sigmoid", "cubic", "arctan", "shifted relu", "softmax"}
WEIGHTS = ("symmetric", "psd", "", "antisymmetric")
COEFFICIENTS = (sp.S.One,) * 4 + (-sp.S.One, sp.Integer(2), sp.S.Half, sp.S.Zero)


def lagrangian(name: str) -> Lagrangian:
    """A Lagrangian of the list, or softmax."""
    if name == "softmax":
        return Lagrangian.joint(lambda x, n: sp.log(total(sp.exp(x[n]), n)), name=name)
    return Lagrangian(POTENTIALS[name], name=name)


def weights(kind: str) -> Tensor:
    """W over N N with one property, or none."""
    found: Tensor = parameter("W", "N N", **({kind: True} if kind else {}))
    return found


def one_layer(
    name: str, kind: str, in_energy: Any, in_flow: Any, *, transposed: bool = False, scale: Any = 1, declared: bool = True
) -> System:
    """E = e₀ y·g - e₁ L - e₂ b·g - ½ e₃ g·W g with τ dy/dt = f₀ W g - f₁ y + f₂ b: right where all e and f are 1 and W is symmetric."""
    L, W = lagrangian(name), weights(kind)

    def g(at: Any) -> Any:
        return L.activation(y[at])

    e, f = in_energy, in_flow
    energy = total(e[0] * y[i] * g(i) - e[2] * b[i] * g(i), i) - e[1] * L.of(y) - e[3] * total(W[i, j] * g(i) * g(j), i, j) / 2
    pull = total((W[j, i] if transposed else W[i, j]) * g(j), j)
    return System(flow={y[i]: (f[0] * pull - f[1] * y[i] + f[2] * b[i]) / scale}, energy=energy, activations={y: L} if declared else None)


def two_layers(first: str, second: str, in_energy: Any, in_flow: Any) -> System:
    """A visible and a hidden layer with weights ξ."""
    V, H = lagrangian(first), lagrangian(second)
    gv, gh = (lambda at: V.activation(y[at])), (lambda at: H.activation(h[at]))
    e, f = in_energy, in_flow
    energy = total(y[i] * gv(i), i) - V.of(y) + total(h[a] * gh(a), a) - e[1] * H.of(h) - e[0] * total(xi[i, a] * gv(i) * gh(a), i, a)
    flow = {y[i]: f[0] * total(xi[i, a] * gh(a), a) - f[1] * y[i], h[a]: f[2] * total(xi[i, a] * gv(i), i) - h[a]}
    return System(flow=flow, energy=energy, activations={y: V, h: H})


def descent(name: str, kind: str, slope: str, sign: Any) -> System:
    """dy/dt = -R ∇E for an energy of its own, R a matrix or a slope of many kinds."""
    W, phi = weights("symmetric"), POTENTIALS[name]
    R = parameter("R", "N N", **({kind: True} if kind else {}))
    energy = total(phi(y[i]), i) - total(W[i, j] * sp.tanh(y[i]) * sp.tanh(y[j]), i, j) + total(b[i] * y[i], i)
    slopes = {
        "one": 1,
        "beta": beta,
        "state": 1 + y[i] ** 2,
        "sine": 1 + sp.sin(y[i]),
        "saturated": 1 - sp.tanh(y[i]),
        "odd": y[i],
        "shifted": y[i] ** 2 - y[i] + sp.Rational(1, 5),
    }
    if slope in slopes:
        return System(flow={y[i]: -sign * slopes[slope] * derivative(energy, y[i])}, energy=energy)
    return System(flow={y[i]: -sign * total(R[i, j] * derivative(energy, y[j]), j)}, energy=energy)


SLOPES = ("one", "beta", "state", "sine", "saturated", "odd", "shifted", "matrix", "matrix")
_four = st.tuples(*(st.sampled_from(COEFFICIENTS),) * 4)
_three = st.tuples(*(st.sampled_from(COEFFICIENTS),) * 3)
_right = st.just((sp.S.One,) * 4)
names = st.sampled_from([*POTENTIALS, "softmax"])


@st.composite
def systems(draw_from: Any) -> System:
    """Systems of the papers with a coefficient, a sign, a transpose or an assumption that may be wrong."""
    family = draw_from(st.sampled_from(("one", "one", "two", "descent")))
    if family == "descent":
        args = (
            st.sampled_from([*POTENTIALS]),
            st.sampled_from(WEIGHTS),
            st.sampled_from(SLOPES),
            st.sampled_from((sp.S.One, sp.S.One, sp.Integer(-1))),
        )
        return descent(*(draw_from(s) for s in args))
    energy, flow = draw_from(st.one_of(_right, _four)), draw_from(st.one_of(_right, _three, _four))
    if family == "two":
        return two_layers(draw_from(names), draw_from(names), energy, flow)
    scale = draw_from(st.sampled_from((1, 1, beta, tau[i], -1)))
    return one_layer(
        draw_from(names),
        draw_from(st.sampled_from(WEIGHTS)),
        energy,
        flow,
        transposed=draw_from(st.booleans()),
        scale=scale,
        declared=draw_from(st.booleans()),
    )


class Explicit:
    """dE/dt at fixed sizes by SymPy's own derivatives of the explicit formula, evaluated in floats."""

    def __init__(self, system: System, sizes: dict[str, int]) -> None:
        energy = components(system.energy, sizes)
        rate = sp.S.Zero
        for component, f in system.equations.items():
            values = components(f, sizes, order=component.where) if component.where else [components(f, sizes)]
            for place in np.ndindex(*(sizes[n.axis] for n in component.where)):
                rate += sp.diff(energy, component.tensor[place]) * (values[place] if component.where else values[0])
        self.symbols = sorted(rate.free_symbols, key=str)
        rate = rate.replace(Mask, lambda condition: sp.Piecewise((1, condition), (0, True)))
        self.sizes, self.rate = sizes, rate
        self.function = sp.lambdify(self.symbols, rate, "numpy")

    def number(self, values: dict[Any, Any]) -> float:
        """The rate at exact values by tensor or scalar."""
        given = [self._value(s, values) for s in self.symbols]
        with np.errstate(all="ignore"):
            return float(self.function(*given))

    def _value(self, s: Any, values: dict[Any, Any]) -> float:
        return float(flattened(values[s.tensor])[s.position]) if isinstance(s, Entry) else float(values[s])


def largest_rise(system: System, seed: int = 0, draws: int = 40) -> float:
    """The largest dE/dt, relative to its size, over random draws at small sizes; kinks are hit with probability zero."""
    rng, worst = random.Random(seed), -np.inf
    for n in (1, 2, 3):
        sizes = {axis: n if axis == "N" else 4 - n for axis in system.axes}
        explicit = Explicit(system, sizes)
        for _ in range(draws):
            values = draw(system, sizes, rng, coarse=False)
            values = {key: _off_the_grid(v, rng) if isinstance(key, Tensor) and key.kind == "state" else v for key, v in values.items()}
            rate = explicit.number(values)
            if np.isfinite(rate):
                worst = max(worst, rate / (1 + abs(rate)))
    return float(worst)


def _off_the_grid(value: Any, rng: random.Random) -> Any:
    return tuple(_off_the_grid(v, rng) for v in value) if isinstance(value, tuple) else float(value) / 4 + rng.uniform(-0.1, 0.1)

"""Stiff systems that the tests share, and ways to follow them: equal steps, steps by tolerance, SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from scipy.integrate import solve_ivp

from amsym.notation import indices, parameter, state, total
from amsym.system import System, time
from numeric.bound import Bound
from numeric.compile import compile
from numeric.steppers.layered import Layered
from numeric.steppers.rosenbrock import Rosenbrock
from numeric.steppers.step_size import Tolerance
from numeric.steppers.stepper import Stepper

Array = np.ndarray[Any, Any]
LOOSE = Tolerance(1e6, 1e6, None)
i, j = indices("i j", "N")
(a,) = indices("a", "K")
y, v, h = state("y", "N"), state("v", "N"), state("h", "K")
METHODS = [Layered, Rosenbrock]


def memory(tau: float, n: int = 4, k: int = 6, beta: float = 2.0, visible: Any = sp.tanh) -> Bound:
    """dv/dt = ξ softmax(βh) - v, τ dh/dt = ξᵀ g(v) - h."""
    xi, b, slow = parameter("xi", "N K"), parameter("beta", positive=True), parameter("tau", positive=True)
    p = sp.exp(b * h[a]) / total(sp.exp(b * h[a]), a)
    flow = {v[i]: total(xi[i, a] * p, a) - v[i], h[a]: (total(xi[i, a] * visible(v[i]), i) - h[a]) / slow}
    weights = np.random.default_rng(3).normal(size=(n, k))
    return compile(System(flow=flow)).bind({"xi": weights, "beta": beta, "tau": tau})


def network(n: int, stiff: float = 1.0, seed: int = 0, turning: float = 0.0) -> Bound:
    """τ dy/dt = W tanh(y) - y, with one fast neuron where `stiff` is large."""
    W, tau = parameter("W", "N N"), parameter("tau", "N")
    model = compile(System(flow={y[i]: (total(W[i, j] * sp.tanh(y[j]), j) - y[i]) / tau[i]}))
    weights = 1.5 * np.random.default_rng(seed).normal(size=(n, n)) / np.sqrt(n)
    if turning:  # pairs of neurons that turn about each other for ever
        weights = np.kron(np.eye(n // 2), np.array([[1.0, -turning], [turning, 1.0]])) + 0.2 * weights
    return model.bind({"W": weights, "tau": np.where(np.arange(n) == 0, 1 / stiff, 1.0)})


def driven(rate: float) -> Bound:
    """dy/dt = -λ (y - cos t) - sin t, whose solution from 1 is cos t. Source: Prothero and Robinson (1974)."""
    return compile(System(flow={y[i]: -sp.Float(rate) * (y[i] - sp.cos(time)) - sp.sin(time)}, name="driven")).bind({})


def at(rows: Array) -> Array:
    return np.zeros(len(rows))


def fixed(method: type[Stepper], field: Any, start: Array, step: float, end: float) -> Array:
    """The end of a run of equal steps."""
    stepper = method(field, start, at(start), end, LOOSE)
    for _ in range(round(end / step)):
        stepper.h[:] = step
        stepper.attempt()
        stepper.commit()
    return stepper.y.copy()


def followed(method: type[Stepper], field: Any, start: Array, end: float, tolerance: Tolerance) -> tuple[Array, int]:
    """The ends, and the attempts made."""
    stepper, rows, final, attempts = method(field, start, at(start), end, tolerance), np.arange(len(start)), start.copy(), 0
    while stepper.count and attempts < 20_000:
        stepper.attempt()
        stepper.commit()
        attempts += 1
        there = stepper.t >= end
        final[rows[there]] = stepper.y[there]
        rows = rows[~there]
        stepper.keep(~there)
    return final, attempts


def exact(field: Any, start: Array, end: float, method: str = "LSODA") -> Array:
    """The ends by SciPy at a tight tolerance."""

    def flow(t: float, y: Array) -> Array:
        return np.asarray(field.packed_flow(y[None], t=t)[0])

    runs = (solve_ivp(flow, (0, end), row, method, rtol=1e-9, atol=1e-11) for row in start)
    return np.array([run.y[:, -1] for run in runs])


def slope(steps: list[float], errors: list[float]) -> float:
    return float(np.polyfit(np.log(steps), np.log(errors), 1)[0])

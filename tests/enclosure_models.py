"""Networks and fields with zeros that are known, for tests of enclosures."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

import amsym as am

Array = NDArray[Any]
i, j = am.indices("i j", "N")
y, W, b = am.state("y", "N"), am.parameter("W", "N N", symmetric=True), am.parameter("b", "N")
NETWORK = am.System(
    flow={y[i]: am.total(W[i, j] * sp.tanh(y[j]), j) - y[i] + b[i]},
    energy=am.total((y[i] - b[i]) * sp.tanh(y[i]) - sp.log(sp.cosh(y[i])), i) - am.total(W[i, j] * sp.tanh(y[i]) * sp.tanh(y[j]), i, j) / 2,
)
CUBIC = am.System(flow={y[i]: y[i] - y[i] ** 3})


def weights(n: int, radius: float, seed: int) -> Array:
    """A symmetric normal matrix of this spectral radius."""
    A = np.random.default_rng(seed).normal(size=(n, n))
    A = (A + A.T) / 2
    return np.asarray(A * radius / np.abs(np.linalg.eigvalsh(A)).max())


def by_newton(W: Array, b: Array, starts: int, seed: int, within: float = 5.0) -> Array:
    """Steady states of the tanh network that Newton's method reaches from many starts, each as often as it is reached."""
    n = len(W)
    Y = 3 * np.random.default_rng(seed).normal(size=(starts, n))
    with np.errstate(all="ignore"):
        for _ in range(50):
            slopes = 1 - np.tanh(Y) ** 2
            J = W * slopes[:, None, :] - np.eye(n) + 1e-300
            Y = Y - np.linalg.solve(J, (np.tanh(Y) @ W - Y + b)[:, :, None])[..., 0]
            Y = Y[np.isfinite(Y).all(axis=1) & (np.abs(Y) < 1e6).all(axis=1)]
    good = (np.abs(np.tanh(Y) @ W - Y + b) < 1e-10).all(axis=1) & (np.abs(Y) <= within).all(axis=1)
    return np.asarray(Y[good])

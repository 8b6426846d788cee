"""Networks dy/dt = W g(y) + b - y with a steady state chosen first: b = y - W g(y)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import amsym as am

Array = np.ndarray[Any, Any]
ACTIVATIONS = ("relu", "hard_tanh", "softmax", "layernorm", "tanh")


@cache
def network(activation: str, symmetric: bool = True) -> Any:
    return am.zoo.hopfield(activation, symmetric=symmetric)


@cache
def model(activation: str, symmetric: bool = True) -> Any:
    return am.compile(network(activation, symmetric))


def with_state(activation: str, W: Array, y: Array, symmetric: bool = True) -> dict[str, Array]:
    """The parameters for which y is steady."""
    flow = model(activation, symmetric).flow(y, {"W": W, "b": np.zeros(len(y))})
    return {"W": W, "b": -flow}


def drawn(seed: int, n: int, gain: float = 1.5) -> tuple[Array, Array]:
    """A symmetric W of spectral radius near `gain`, and a state with dead and alive neurons."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, n))
    return gain * (A + A.T) / np.sqrt(8 * n), 1.5 * rng.normal(size=n)

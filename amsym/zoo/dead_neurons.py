"""dy/dt = W g(y) - y + b with E = (y - b)·g - L - ½ g·W g, and the residual energy ½ |W g(y) - y + b|².

Source: dead_neurons eq. (1), (2), (9), (10).
"""

from __future__ import annotations

from typing import Any

from amsym.lagrangian import Lagrangian
from amsym.lagrangians import known
from amsym.notation import derivative, indices, parameter, state, tidy, total
from amsym.system import System


def hopfield(activation: str | Lagrangian = "tanh", *, symmetric: bool = True) -> System:
    """dy/dt = W g(y) - y + b with the usual energy, for any activation. [dead_neurons] eq. (1), (2).

    >>> print(hopfield("relu"))
    hopfield (relu)
      dy[i]/dt = b[i] - y[i] + Σ_j W[i, j]*Max(0, y[j])
      E = -(Σ_i b[i]*Max(0, y[i])) + Σ_i y[i]*Max(0, y[i]) - (Σ_ij W[i, j]*Max(0, y[i])*Max(0, y[j]))/2 - (Σ_i Max(0, y[i])**2)/2
    """
    i, j = indices("i j", "N")
    y, W, b = state("y", "N"), parameter("W", "N N", symmetric=symmetric), parameter("b", "N")
    L = known(activation)

    def g(k: Any) -> Any:
        return L.activation(y[k])

    flow = total(W[i, j] * g(j), j) - y[i] + b[i]
    energy = total(y[i] * g(i), i) - total(b[i] * g(i), i) - L.of(y) - total(W[i, j] * g(i) * g(j), i, j) / 2
    return System(flow={y[i]: flow}, energy=energy, activations={y: L}, name=f"hopfield ({L.name})")


def residual_energy(activation: str | Lagrangian = "tanh") -> System:
    """E = ½ |W g(y) - y + b|², nowhere flat for dead neurons. [dead_neurons] eq. (9), (10), transposes restored.

    With S = I, R = (I - WΛ)ᵀ and the transposes that the printed text has lost, the flow is -∇E exactly.
    """
    i, j, k, m = indices("i j k m", "N")
    y, W, b = state("y", "N"), parameter("W", "N N", symmetric=True), parameter("b", "N")
    L = known(activation)

    # r sums over m, and is asked for at i and j: with one letter for both, W[m, j] would become W[j, j].
    def r(at: Any) -> Any:
        return total(W[at, m] * L.activation(y[m]), m) - y[at] + b[at]

    pull = total(derivative(L.of(y), y[i], y[k]) * W[k, j] * r(j), j, k)
    return System(flow={y[i]: tidy(r(i) - pull)}, energy=total(r(i) ** 2, i) / 2, activations={y: L}, name=f"residual energy ({L.name})")

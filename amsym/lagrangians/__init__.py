"""The catalogue: each Lagrangian L(x) with its activation g = ∇L.

| name                     | L(x)                                    | activation                |
|--------------------------|-----------------------------------------|---------------------------|
| identity                 | ½ Σ x²                                  | x                         |
| relu, repu(n)            | (1/n) Σ x₊ⁿ (relu: n = 2)               | x₊ⁿ⁻¹                     |
| leaky_relu(a)            | ½ Σ (a x² + (1 - a) x₊²)                | a x + (1 - a) x₊          |
| smooth_leaky_relu        | with erf and e^{-9x²/64}                | x (5 + 3 erf(3x/8))/8     |
| exponential(β)           | β⁻¹ Σ e^{βx}                            | e^{βx}                    |
| rectified_exponential(β) | Σ (e^{βx₊}/β - x₊)                      | e^{βx₊} - 1               |
| tanh(β)                  | β⁻¹ Σ log cosh βx                       | tanh βx                   |
| sigmoid(β)               | β⁻¹ Σ log(1 + e^{βx})                   | 1/(1 + e^{-βx})           |
| hard_tanh                | Huber's function                        | x clipped to [-1, 1]      |
| arctan                   | Σ (x arctan x - ½ log(1 + x²))          | arctan x                  |
| erf                      | Σ (x erf x + e^{-x²}/√π)                | erf x                     |
| softplus                 | -Σ Li₂(-e^x)                            | log(1 + e^x)              |
| silu                     | Σ (x log(1 + e^x) + Li₂(-e^x))          | x/(1 + e^{-x})            |
| gelu                     | with erf and e^{-x²/2}                  | x Φ(x)                    |
| gaussian                 | ½√π Σ erf x                             | e^{-x²}                   |
| selu                     | λ Σ (½ x₊² + α (e^m - m)), m = min(0,x) | λx, or λα (e^x - 1)       |
| softmax(β)               | β⁻¹ log Σ e^{βx}                        | e^{βx} / Σ e^{βx}         |
| ghostmax                 | log(1 + Σ e^x)                          | e^x / (1 + Σ e^x)         |
| layernorm(γ,δ,ε)         | Dγ √(mean (x - x̄)² + ε) + δ·x           | γ (x - x̄)/√(..) + δ       |
| rms_norm(γ,δ,ε)          | Dγ √(mean x² + ε) + δ·x                 | γ x/√(..) + δ             |
| spherical(γ,δ,ε)         | γ √(Σ x² + ε) + δ·x                     | γ x/√(..) + δ             |
| sparsemax, entmax15      | conjugates of the Gini, Tsallis entropy | (x - τ)₊, ((x/2 - τ)₊)²   |

silu, gelu and gaussian fall somewhere, so their L is not convex.
Additive ones act entry by entry over any axes, joint ones (softmax and all below it) along one. Sources stand with each.
Source: modern_methods eq. (3.3), (3.6), (3.13), (3.14); dead_neurons Examples 2 to 4 and 7.
"""

from difflib import get_close_matches

from amsym.errors import ModelError
from amsym.lagrangian import Lagrangian
from amsym.lagrangians.bumps import gaussian, gelu, silu
from amsym.lagrangians.growing import exponential, identity, smooth_leaky_relu, softplus
from amsym.lagrangians.norms import layernorm, rms_norm, spherical
from amsym.lagrangians.probabilities import ghostmax, softmax
from amsym.lagrangians.rectified import hard_tanh, leaky_relu, rectified_exponential, relu, repu, selu
from amsym.lagrangians.saturating import arctan, erf, sigmoid, tanh
from amsym.lagrangians.sparse import entmax15, sparsemax

CATALOGUE = {
    f.__name__: f
    for f in (
        *(identity, relu, repu, leaky_relu, smooth_leaky_relu, exponential, rectified_exponential),
        *(tanh, sigmoid, hard_tanh, arctan, erf, softplus, silu, gelu, gaussian, selu),
        *(softmax, ghostmax, layernorm, rms_norm, spherical, sparsemax, entmax15),
    )
}


def known(activation: str | Lagrangian) -> Lagrangian:
    """A Lagrangian as it is, or that of this name with its usual parameters.

    >>> known("tnah")
    Traceback (most recent call last):
      ...
    amsym.errors.ModelError: unknown activation 'tnah', did you mean 'tanh'?; the catalogue am.lagrangians has identity, ...
    """
    if isinstance(activation, Lagrangian):
        return activation
    name = str(activation)
    if name in CATALOGUE:
        return CATALOGUE[name]()
    # Letters in another order first: of "rleu" and "relu" difflib thinks less than of "rleu" and "repu".
    near = sorted(get_close_matches(name, CATALOGUE), key=lambda other: sorted(other) != sorted(name))
    meant = f", did you mean {near[0]!r}?" if near else ""
    raise ModelError(f"unknown activation {name!r}{meant}; the catalogue am.lagrangians has {', '.join(CATALOGUE)}; or give a Lagrangian")


__all__ = [
    "CATALOGUE",
    "arctan",
    "entmax15",
    "erf",
    "exponential",
    "gaussian",
    "gelu",
    "ghostmax",
    "hard_tanh",
    "identity",
    "known",
    "layernorm",
    "leaky_relu",
    "rectified_exponential",
    "relu",
    "repu",
    "rms_norm",
    "selu",
    "sigmoid",
    "silu",
    "smooth_leaky_relu",
    "softmax",
    "softplus",
    "sparsemax",
    "spherical",
    "tanh",
]

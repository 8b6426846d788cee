"""The catalogue: each Lagrangian L(x) with its activation g = ∇L.

| name              | L(x)                               | activation            |
|-------------------|------------------------------------|-----------------------|
| identity          | ½ Σ x²                             | x                     |
| relu              | ½ Σ x₊²                            | x₊                    |
| leaky_relu(a)     | ½ Σ (a x² + (1 - a) x₊²)           | a x + (1 - a) x₊      |
| tanh(β)           | β⁻¹ Σ log cosh βx                  | tanh βx               |
| sigmoid(β)        | β⁻¹ Σ log(1 + e^{βx})              | 1/(1 + e^{-βx})       |
| softmax(β)        | β⁻¹ log Σ e^{βx}                   | e^{βx} / Σ e^{βx}     |
| layernorm(γ,δ,ε)  | Dγ √(mean (x - x̄)² + ε) + δ·x      | γ (x - x̄)/√(..) + δ   |
| spherical(γ,δ,ε)  | γ √(Σ x² + ε) + δ·x                | γ x/√(..) + δ         |

Source: modern_methods eq. (3.3), (3.6), (3.13), (3.14); dead_neurons Examples 2 to 4.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.errors import ModelError
from amsym.lagrangian import Lagrangian
from amsym.notation import Tensor, total


def identity() -> Lagrangian:
    """½ Σ x²: the activation is the state itself."""
    return Lagrangian(lambda x: x**2 / 2, name="identity")


def relu() -> Lagrangian:
    """½ Σ max(0, x)²: neurons with x ≤ 0 are dead."""
    return Lagrangian(lambda x: sp.Max(0, x) ** 2 / 2, name="relu")


def leaky_relu(a: Any = sp.Rational(1, 10)) -> Lagrangian:
    """½ Σ (a x² + (1 - a) x₊²), slope a on the left."""
    a = _scalar(a, "the slope a of leaky_relu")
    return Lagrangian(lambda x: (a * x**2 + (1 - a) * sp.Max(0, x) ** 2) / 2, name="leaky_relu")


def tanh(beta: Any = 1) -> Lagrangian:
    """β⁻¹ Σ log cosh βx, modern_methods eq. (3.6)."""
    beta = _scalar(beta, "the inverse temperature β of tanh", nonzero=True)
    return Lagrangian(lambda x: sp.log(sp.cosh(beta * x)) / beta, name="tanh")


def sigmoid(beta: Any = 1) -> Lagrangian:
    """β⁻¹ Σ log(1 + e^{βx}), dead_neurons Example 3."""
    beta = _scalar(beta, "the inverse temperature β of sigmoid", nonzero=True)
    return Lagrangian(lambda x: sp.log(1 + sp.exp(beta * x)) / beta, name="sigmoid")


def softmax(beta: Any = 1) -> Lagrangian:
    """β⁻¹ log Σ e^{βx}: its Hessian has the null vector 1, dead_neurons Example 4."""
    beta = _scalar(beta, "the inverse temperature β of softmax", nonzero=True)
    return Lagrangian.joint(lambda x, i: sp.log(total(sp.exp(beta * x[i]), i)) / beta, name="softmax")


def layernorm(gamma: Any = 1, delta: Any = 0, eps: Any = sp.Rational(1, 100000)) -> Lagrangian:
    """Dγ √(mean (x - x̄)² + ε) + Σ δ_i x_i, modern_methods eq. (3.14); δ a number, a scalar or a parameter over the axis."""
    gamma, eps = _scalar(gamma, "the gain γ of layernorm"), _scalar(eps, "ε of layernorm")

    def formula(x: Any, i: Any) -> sp.Expr:
        mean = total(x[i], i) / i.size
        spread = total((x[i] - mean) ** 2, i) / i.size + eps
        return i.size * gamma * sp.sqrt(spread) + total(_shift(delta, i) * x[i], i)

    return Lagrangian.joint(formula, name="layernorm")


def spherical(gamma: Any = 1, delta: Any = 0, eps: Any = sp.Rational(1, 100000)) -> Lagrangian:
    """γ √(Σ x² + ε) + Σ δ_i x_i: activations on a sphere of radius γ."""
    gamma, eps = _scalar(gamma, "the radius γ of spherical"), _scalar(eps, "ε of spherical")

    def formula(x: Any, i: Any) -> sp.Expr:
        return gamma * sp.sqrt(total(x[i] ** 2, i) + eps) + total(_shift(delta, i) * x[i], i)

    return Lagrangian.joint(formula, name="spherical")


CATALOGUE = {f.__name__: f for f in (identity, relu, leaky_relu, tanh, sigmoid, softmax, layernorm, spherical)}


def _shift(delta: Any, i: Any) -> Any:
    return delta[i] if isinstance(delta, Tensor) else sp.sympify(delta)


def _scalar(value: Any, what: str, nonzero: bool = False) -> sp.Expr:
    if isinstance(value, float):
        value = sp.Rational(str(value))
    value = sp.sympify(value)
    if not isinstance(value, sp.Expr) or value.is_real is False or (nonzero and value.is_zero):
        raise ModelError(f"{what} is a real{' nonzero' if nonzero else ''} number or scalar parameter, got {value!r}")
    return value

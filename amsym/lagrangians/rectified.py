"""Piecewise activations: x₊ = max(0, x) and its kin, dead or clipped on one side or on both."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.facts import Conjugate, Facts, at_least, checked, free, nonzero
from amsym.lagrangian import Lagrangian
from amsym.lagrangians.arguments import scalar
from amsym.notation import mask

NONNEGATIVE = "p ≥ 0"


def relu() -> Lagrangian:
    """½ Σ x₊²: g = x₊, entry by entry over any axes; neurons with x ≤ 0 are dead. dead_neurons Example 2.

    >>> relu().slopes, relu().bounded, relu().kinks
    ((0, 1), (0, oo), (0,))
    """
    facts = Facts(
        slopes=(0, 1),
        bounded=(0, sp.oo),
        kinks=(0,),
        conjugate=Conjugate(lambda p: p**2 / 2, lambda p: p >= 0, NONNEGATIVE),
        energy=lambda x: sp.Max(0, x) ** 2 / 2,
    )
    return Lagrangian(lambda x: sp.Max(0, x) ** 2 / 2, name="relu", facts=facts)


def repu(n: Any = 3) -> Lagrangian:
    """(1/n) Σ x₊ⁿ: g = x₊ⁿ⁻¹, entry by entry over any axes; n = 2 is relu. L*(p) = p^m / m with 1/n + 1/m = 1 (Hölder).

    n: the power, a number or scalar parameter from 2 on: below it the slope of g has no bound at 0.
    Krotov and Hopfield, Dense Associative Memory for Pattern Recognition (2016), with rectified polynomials.

    >>> repu(3).kinks, repu(2).kinks
    ((), (0,))
    """
    n = scalar(n, "the power n of repu")
    parameters = checked("repu", at_least("n", n, 2))
    m = n / (n - 1)
    facts = Facts(
        slopes=(0, 1) if n == 2 else (0, sp.oo),
        bounded=(0, sp.oo),
        kinks=() if (n - 2).is_positive else (0,),
        conjugate=Conjugate(lambda p: p**m / m, lambda p: p >= 0, NONNEGATIVE),
        parameters=parameters,
        energy=lambda x: sp.Max(0, x) ** n / m,
        energy_slope=lambda x: (n - 1) * sp.Max(0, x) ** (n - 1),
    )
    return Lagrangian(lambda x: sp.Max(0, x) ** n / n, name="repu", activation=lambda x: sp.Max(0, x) ** (n - 1), facts=facts)


def leaky_relu(a: Any = sp.Rational(1, 10)) -> Lagrangian:
    """½ Σ (a x² + (1 - a) x₊²): g = a x + (1 - a) x₊, entry by entry over any axes.

    a: the slope on the left, a number or scalar parameter; L is convex for a ≥ 0, and a = 0 is relu.
    Maas, Hannun and Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013).

    >>> leaky_relu(0.2).slopes
    (1/5, 1)
    """
    a = scalar(a, "the slope a of leaky_relu")
    dual = Conjugate(lambda p: (sp.Max(0, p) ** 2 + sp.Max(0, -p) ** 2 / a) / 2, lambda p: sp.true, "every p")
    if a == 0:
        dual = Conjugate(lambda p: p**2 / 2, lambda p: p >= 0, NONNEGATIVE)
    facts = Facts(
        slopes=(sp.Min(a, 1), sp.Max(a, 1)),
        bounded=(-sp.oo, sp.oo) if a.is_positive else (0, sp.oo) if a.is_nonpositive else None,
        kinks=() if a == 1 else (0,),
        conjugate=dual,
        parameters=checked("leaky_relu", free("a", a)),
        energy=lambda x: (a * x**2 + (1 - a) * sp.Max(0, x) ** 2) / 2,
    )
    return Lagrangian(lambda x: (a * x**2 + (1 - a) * sp.Max(0, x) ** 2) / 2, name="leaky_relu", facts=facts)


def rectified_exponential(beta: Any = 1) -> Lagrangian:
    """Σ (e^{βx₊}/β - x₊): g = e^{βx₊} - 1, entry by entry over any axes: 0 on the left, as fast as e^{βx} on the right.

    beta: the inverse temperature, a number or scalar parameter, not 0; L is convex for β > 0.
    hamux, the code of Hoover et al., A Universal Abstraction for Hierarchical Hopfield Networks (2022).

    >>> rectified_exponential(2).slopes
    (0, oo)
    """
    beta = scalar(beta, "the inverse temperature β of rectified_exponential")

    def dual(p: Any) -> Any:
        return ((1 + p) * sp.log(1 + p) - (1 + p)) / beta

    facts = Facts(
        slopes=(0, sp.oo) if beta.is_positive else (beta, 0) if beta.is_negative else None,
        bounded=(0, sp.oo) if beta.is_positive else (-1, 0) if beta.is_negative else (-1, sp.oo),
        kinks=(0,),
        conjugate=Conjugate(dual, lambda p: p >= 0, NONNEGATIVE),
        parameters=checked("rectified_exponential", nonzero("β", beta)),
        energy=lambda x: ((beta * sp.Max(0, x) - 1) * sp.exp(beta * sp.Max(0, x))) / beta,
    )
    return Lagrangian(
        lambda x: sp.exp(beta * sp.Max(0, x)) / beta - sp.Max(0, x),
        name="rectified_exponential",
        activation=lambda x: (sp.exp(beta * sp.Max(0, x)) - 1) * mask(x > 0),
        facts=facts,
    )


def hard_tanh() -> Lagrangian:
    """½ Σ (x² - (x - 1)₊² - (-x - 1)₊²): g is x clipped to [-1, 1], entry by entry over any axes. L*(p) = ½ p² on |p| ≤ 1.

    L is the loss of Huber, Robust Estimation of a Location Parameter (1964).

    >>> hard_tanh().kinks
    (-1, 1)
    """

    def clipped(x: Any) -> Any:
        return sp.Max(-1, sp.Min(1, x))

    facts = Facts(
        slopes=(0, 1),
        bounded=(-1, 1),
        kinks=(-1, 1),
        conjugate=Conjugate(lambda p: p**2 / 2, lambda p: sp.And(p >= -1, p <= 1), "|p| ≤ 1"),
        energy=lambda x: clipped(x) ** 2 / 2,
        value=lambda x: clipped(x) * x - clipped(x) ** 2 / 2,
    )
    return Lagrangian(
        lambda x: (x**2 - sp.Max(0, x - 1) ** 2 - sp.Max(0, -x - 1) ** 2) / 2, name="hard_tanh", activation=clipped, facts=facts
    )


# Klambauer et al., Self-Normalizing Neural Networks (2017), with the digits that they publish.
SELU_SCALE = sp.Rational("1.0507009873554804934193349852946")
SELU_ALPHA = sp.Rational("1.6732632423543772848170429916717")


def selu() -> Lagrangian:
    """λ Σ (½ x₊² + α (e^m - m)) with m = min(0, x), entry by entry over any axes: g = λx on the right, λα(e^x - 1) on the left.

    λ and α are the published decimals, as exact fractions. λ < λα, so the slopes lie in [0, λα].
    L*(p) = p₊²/(2λ) + λα (q log q - q) with q = 1 + min(0, p)/(λα).
    Klambauer et al., Self-Normalizing Neural Networks (2017).

    >>> [end.evalf(4) for end in selu().slopes]
    [0, 1.758]
    """
    scale, depth = SELU_SCALE, SELU_SCALE * SELU_ALPHA

    def dual(p: Any) -> Any:
        q = 1 + sp.Min(0, p) / depth
        return sp.Max(0, p) ** 2 / (2 * scale) + depth * (q * sp.log(q) - q)

    facts = Facts(
        slopes=(0, depth),
        bounded=(-depth, sp.oo),
        kinks=(0,),
        conjugate=Conjugate(dual, lambda p: p > -depth, "p > -λα"),
        energy=lambda x: scale * sp.Max(0, x) ** 2 / 2 + depth * ((sp.Min(0, x) - 1) * sp.exp(sp.Min(0, x))),
    )
    return Lagrangian(
        lambda x: scale * sp.Max(0, x) ** 2 / 2 + depth * (sp.exp(sp.Min(0, x)) - sp.Min(0, x)),
        name="selu",
        activation=lambda x: scale * sp.Max(0, x) + depth * (sp.exp(sp.Min(0, x)) - 1) * mask(-x > 0),
        facts=facts,
    )

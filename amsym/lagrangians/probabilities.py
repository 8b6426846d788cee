"""Activations that are probabilities along an axis: softmax, and ghostmax with one silent competitor."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.facts import Conjugate, Facts, Formula, Third, checked, nonzero
from amsym.lagrangian import Lagrangian
from amsym.lagrangians.arguments import between, scalar
from amsym.notation import fresh_index, total


def softmax(beta: Any = 1) -> Lagrangian:
    """β⁻¹ log Σ e^{βx}: g = e^{βx}/Σ e^{βx}, along one axis. dead_neurons Example 4. L*(p) = β⁻¹ Σ p log p.

    beta: the inverse temperature, a number or scalar parameter, not 0; L is convex for β > 0.
    The Hessian β (diag p - p pᵀ) has the null vector 1. For a unit vector v, vᵀ(diag p - p pᵀ)v is the variance of v under p,
    at most ¼ (max v - min v)² ≤ ½ (Popoviciu), which p = (½, ½, 0 ...) attains.
    D³L[u, u, v] = β² Σ p (u - ū)² (v - v̄) with means under p, so at most β (max v - min v) D²L[u, u]: Bach (2010),
    Self-concordant analysis for logistic regression.

    >>> softmax(4).slopes
    (0, 2)
    """
    beta = scalar(beta, "the inverse temperature β of softmax")

    def probability(x: Any, i: Any) -> Any:
        return sp.exp(beta * x[i]) / total(sp.exp(beta * x[i]), i)

    def dual(p: Any, i: Any) -> Any:
        return total(p[i] * sp.log(p[i]), i) / beta

    facts = Facts(
        slopes=between(beta / 2),
        bounded=(0, 1),
        kinks=(),
        conjugate=Conjugate(dual, lambda p, i: sp.And(p[i] > 0, sp.Eq(total(p[i], i), 1, evaluate=False)), "p > 0, Σ p = 1"),
        parameters=checked("softmax", nonzero("β", beta)),
        energy=lambda x, i: total(probability(x, i) * sp.log(probability(x, i)), i) / beta,
        energy_slope=lambda x, i: beta * _against_mean(probability, x, i),
        third=Third(rate=beta),
    )
    return Lagrangian.joint(lambda x, i: sp.log(total(sp.exp(beta * x[i]), i)) / beta, name="softmax", facts=facts)


def _against_mean(probability: Formula, x: Any, i: Any) -> Any:
    """p_i (x_i - Σ p x), which is (diag p - p pᵀ) x."""
    k = fresh_index(i.axis, {i})
    return probability(x, i) * (x[i] - total(probability(x, k) * x[k], k))


def ghostmax() -> Lagrangian:
    """log(1 + Σ e^x): g = e^x/(1 + Σ e^x), along one axis: softmax with a silent competitor at 0, so Σ g < 1.

    The Hessian diag p - p pᵀ is positive definite, a principal block of the softmax Hessian of N + 1 competitors, so its
    eigenvalues lie below ½. L*(p) = Σ p log p + (1 - Σ p) log(1 - Σ p). Miller, Attention Is Off By One (2023).

    >>> ghostmax().slopes
    (0, 1/2)
    """

    def others(x: Any, i: Any) -> Any:
        return 1 + total(sp.exp(x[i]), i)

    def probability(x: Any, i: Any) -> Any:
        return sp.exp(x[i]) / others(x, i)

    def dual(p: Any, i: Any) -> Any:
        rest = 1 - total(p[i], i)
        return total(p[i] * sp.log(p[i]), i) + rest * sp.log(rest)

    facts = Facts(
        slopes=(0, sp.Rational(1, 2)),
        bounded=(0, 1),
        kinks=(),
        conjugate=Conjugate(dual, lambda p, i: sp.And(p[i] > 0, total(p[i], i) < 1), "p > 0, Σ p < 1"),
        energy=lambda x, i: total(probability(x, i) * sp.log(probability(x, i)), i) - sp.log(others(x, i)) / others(x, i),
        energy_slope=lambda x, i: _against_mean(probability, x, i),
        third=Third(rate=1),
    )
    return Lagrangian.joint(lambda x, i: sp.log(others(x, i)), name="ghostmax", facts=facts)

"""Sparse probabilities: L is the conjugate of the Gini or of the Tsallis entropy (α = 1.5) on the simplex.

Both activations are p_i = ((x_i - τ)₊)^k, scaled, with a threshold τ(x) that makes Σ p = 1. The support {j : x_j > τ} needs no
sorting: Σ_k (x_k - t)₊^k falls in t and is 1 at t = τ, so x_j > τ exactly where Σ_k (x_k - x_j)₊^k < 1. These are brackets
s_j, and the calculus takes brackets as locally constant: right wherever no x_j is at the threshold, and g = ∇L has
no jump there, as (x_j - τ) s_j vanishes.

Source: Martins and Astudillo, From Softmax to Sparsemax (2016); Peters, Niculae and Martins, Sparse Sequence-to-Sequence Models (2019).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.facts import Conjugate, Facts
from amsym.lagrangian import Lagrangian
from amsym.notation import fresh_index, mask, total


def _room(x: Any, j: Any, power: int, scale: Any = 1) -> sp.Expr:
    """1 - Σ_k ((x_k - x_j)₊ scale)^power, positive where j belongs to the support."""
    k = fresh_index(j.axis, {j})
    return 1 - total((scale * sp.Max(0, x[k] - x[j])) ** power, k)


def _simplex(p: Any, i: Any) -> Any:
    return sp.And(p[i] >= 0, sp.Eq(total(p[i], i), 1, evaluate=False))


def sparsemax() -> Lagrangian:
    """½ + m + ½ Σ_j s_j (x_j - m)² - 1/(2n), with n the size and m the mean of the support: max_p <p, x> - ½|p|² + ½ over the simplex.

    g_i = s_i (x_i - m + 1/n), the nearest point of the simplex, along one axis. L*(p) = ½|p|² - ½.
    The Hessian I_s - s sᵀ/n is a projector: eigenvalues 0 and 1. Martins and Astudillo (2016).

    >>> sparsemax().slopes, sparsemax().bounded
    ((0, 1), (0, 1))
    """

    def support(x: Any, j: Any) -> sp.Expr:
        return mask(_room(x, j, 1) > 0)

    def moments(x: Any, j: Any) -> tuple[sp.Expr, sp.Expr]:
        n = total(support(x, j), j)
        return n, total(support(x, j) * x[j], j) / n

    def formula(x: Any, i: Any) -> sp.Expr:
        n, m = moments(x, i)
        return m + total(support(x, i) * (x[i] - m) ** 2, i) / 2 - 1 / (2 * n) + sp.Rational(1, 2)

    def activation(x: Any, i: Any) -> sp.Expr:
        n, m = moments(x, fresh_index(i.axis, {i}))
        return support(x, i) * (x[i] - m + 1 / n)

    half = sp.Rational(1, 2)
    facts = Facts(
        slopes=(0, 1),
        bounded=(0, 1),
        kinks=lambda x, i: _room(x, i, 1),
        conjugate=Conjugate(lambda p, i: total(p[i] ** 2, i) / 2 - half, _simplex, "p ≥ 0, Σ p = 1"),
        energy=lambda x, i: total(activation(x, i) ** 2, i) / 2 - half,
    )
    return Lagrangian.joint(formula, name="sparsemax", activation=activation, facts=facts)


def entmax15() -> Lagrangian:
    """2m + ⅔ Σ s (z - m)³ - (4/3)(1 - V)^{3/2}/√n + 4/3 with z = x/2: max_p <p, x> - (4/3) Σ (p^{3/2} - p) over the simplex.

    Along one axis; n is the size of the support, m the mean of z on it and V = Σ s (z - m)²; Σ g = 1 gives τ = m - √((1 - V)/n).
    g = w² with w = s (z - τ). L*(p) = (4/3) Σ (p^{3/2} - p). Peters, Niculae and Martins (2019).
    The Hessian diag(w) - w wᵀ/Σw lies between 0 and diag(w), so between 0 and 1, as Σ w² = 1.

    >>> entmax15().slopes, entmax15().bounded
    ((0, 1), (0, 1))
    """
    third = sp.Rational(4, 3)

    def support(x: Any, j: Any) -> sp.Expr:
        return mask(_room(x, j, 2, sp.Rational(1, 2)) > 0)

    def moments(x: Any, j: Any) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        n = total(support(x, j), j)
        m = total(support(x, j) * x[j], j) / (2 * n)
        return n, m, 1 - total(support(x, j) * (x[j] / 2 - m) ** 2, j)

    def formula(x: Any, i: Any) -> sp.Expr:
        n, m, rest = moments(x, i)
        skew = total(support(x, i) * (x[i] / 2 - m) ** 3, i)
        return 2 * m + sp.Rational(2, 3) * skew - third * rest ** sp.Rational(3, 2) / sp.sqrt(n) + third

    def excess(x: Any, i: Any) -> sp.Expr:
        """z_i - τ on the support."""
        n, m, rest = moments(x, fresh_index(i.axis, {i}))
        return x[i] / 2 - m + sp.sqrt(rest) / sp.sqrt(n)

    facts = Facts(
        slopes=(0, 1),
        bounded=(0, 1),
        kinks=lambda x, i: _room(x, i, 2, sp.Rational(1, 2)),
        conjugate=Conjugate(lambda p, i: third * total(p[i] ** sp.Rational(3, 2) - p[i], i), _simplex, "p ≥ 0, Σ p = 1"),
        energy=lambda x, i: third * total(support(x, i) * excess(x, i) ** 3, i) - third,
    )
    return Lagrangian.joint(formula, name="entmax15", activation=lambda x, i: support(x, i) * excess(x, i) ** 2, facts=facts)

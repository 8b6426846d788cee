"""Normalising activations: γ times a root of a mean or sum of squares, with a shift δ and ε under the root.

With v what stands under the root, n the size or 1, the Hessian's eigenvalues are γ/√v across x and γε/v^{3/2} along it (and 0 along 1 for
layernorm), scaled alike for all three: from 0 to γ/√ε, which x = 0 attains.
As L = γ√n h with h = √(n v) = √(|Px|² + s²), D³h[u, u, u] = -3 t (|Pu|² - t²)/h² for t = x·u/h, and |t| <= |u|; its largest
value, 2/√3 |u|³/h² at t² = |u|²/3, bounds D³h[u, u, v] too, since a symmetric form is largest on equal arguments (Banach).
L*(p) comes from sup_r |q| r - R √(r² + s²) = -s √(R² - |q|²) for q = p - δ.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.facts import Conjugate, Ends, Facts, Formula, Third, checked, free, nonnegative
from amsym.lagrangian import Lagrangian
from amsym.lagrangians.arguments import between, checked_shift, scalar, shift
from amsym.notation import fresh_index, total

SMALL = sp.Rational(1, 100000)


def layernorm(gamma: Any = 1, delta: Any = 0, eps: Any = SMALL) -> Lagrangian:
    """Dγ √(mean (x - x̄)² + ε) + Σ δ_i x_i: g = γ (x - x̄)/√(mean (x - x̄)² + ε) + δ, along one axis of size D.

    gamma: the gain γ; delta: the shift δ, a number, a scalar or a parameter over the axis; eps: ε ≥ 0 under the root.
    Null vector 1. |g_i - δ_i| ≤ γ √(D - 1). L*(p) = -D √(ε (γ² - mean q²)) on Σ q = 0, mean q² ≤ γ², with q = p - δ.
    modern_methods eq. (3.13), (3.14).

    >>> layernorm(2, eps=0.25).slopes
    (0, 4)
    """

    def spread(x: Any, i: Any) -> Any:
        mean = total(x[i], i) / i.size
        return total((x[i] - mean) ** 2, i) / i.size

    return _normalising("layernorm", gamma, delta, eps, spread, lambda i: i.size, lambda i: sp.sqrt(i.size - 1), centred=True)


def rms_norm(gamma: Any = 1, delta: Any = 0, eps: Any = SMALL) -> Lagrangian:
    """Dγ √(mean x² + ε) + Σ δ_i x_i: g = γ x/√(mean x² + ε) + δ, along one axis of size D.

    gamma, delta, eps: as in `layernorm`; strictly convex for ε > 0, at ε = 0 flat along x itself.
    |g_i - δ_i| ≤ γ √D. L*(p) = -D √(ε (γ² - mean q²)) on mean q² ≤ γ², with q = p - δ.
    Zhang and Sennrich, Root Mean Square Layer Normalization (2019).

    >>> rms_norm(eps=0).slopes
    (0, oo)
    """

    def spread(x: Any, i: Any) -> Any:
        return total(x[i] ** 2, i) / i.size

    return _normalising("rms_norm", gamma, delta, eps, spread, lambda i: i.size, lambda i: sp.sqrt(i.size))


def spherical(gamma: Any = 1, delta: Any = 0, eps: Any = SMALL) -> Lagrangian:
    """γ √(Σ x² + ε) + Σ δ_i x_i: g = γ x/√(Σ x² + ε) + δ, in a ball of radius γ around δ, along one axis.

    gamma, delta, eps: as in `layernorm`. L*(p) = -√(ε (γ² - Σ q²)) on Σ q² ≤ γ², with q = p - δ.
    Krotov and Hopfield, Large Associative Memory Problem in Neurobiology and Machine Learning (2021), model C.

    >>> spherical(3).slopes
    (0, 300*sqrt(10))
    """

    def spread(x: Any, i: Any) -> Any:
        return total(x[i] ** 2, i)

    return _normalising("spherical", gamma, delta, eps, spread, lambda i: sp.S.One, lambda i: sp.S.One)


def _normalising(
    name: str, gamma: Any, delta: Any, eps: Any, spread: Formula, size: Formula, radius: Formula, centred: bool = False
) -> Lagrangian:
    """n γ √(spread + ε) + δ·x, with n = 1 or the size of the axis."""
    gamma, eps = scalar(gamma, f"the gain γ of {name}"), scalar(eps, f"ε of {name}")
    delta = checked_shift(delta, f"the shift δ of {name}")
    parameters = checked(name, free("γ", gamma), nonnegative("ε", eps))

    def formula(x: Any, i: Any) -> sp.Expr:
        return size(i) * gamma * sp.sqrt(spread(x, i) + eps) + total(shift(delta, i) * x[i], i)

    def bounded(i: Any) -> Ends:
        reach = sp.Abs(gamma) * radius(i)
        return shift(delta, i) - reach, shift(delta, i) + reach

    def energy_slope(x: Any, i: Any) -> Any:
        k = fresh_index(i.axis, {i})
        along = x[i] - total(x[k], k) / i.size if centred else x[i]
        return gamma * eps * along / (spread(x, k) + eps) ** sp.Rational(3, 2)

    def left(p: Any, i: Any) -> Any:
        """γ² minus the mean (or sum) of q²."""
        return gamma**2 - total((p[i] - shift(delta, i)) ** 2, i) / size(i)

    def domain(p: Any, i: Any) -> Any:
        condition = left(p, i) >= 0
        return sp.And(condition, sp.Eq(total(p[i] - shift(delta, i), i), 0, evaluate=False)) if centred else condition

    words = ("mean q² ≤ γ²" if name != "spherical" else "Σ q² ≤ γ²") + (", Σ q = 0" if centred else "") + ", with q = p - δ"
    facts = Facts(
        slopes=between(gamma / sp.sqrt(eps)) if eps != 0 else (0, sp.oo) if gamma.is_positive else None,
        bounded=bounded,
        kinks=() if eps.is_positive else spread,
        conjugate=Conjugate(lambda p, i: -size(i) * sp.sqrt(eps) * sp.sqrt(left(p, i)), domain, words),
        parameters=parameters,
        energy=lambda x, i: -size(i) * gamma * eps / sp.sqrt(spread(x, i) + eps),
        energy_slope=energy_slope,
        on_border=bool(eps == 0),
        third=Third(
            scale=lambda x, i: gamma * sp.sqrt(size(i)) * 2 / sp.sqrt(3),
            height=lambda x, i: sp.sqrt(size(i) * (spread(x, i) + eps)),
        ),
    )
    return Lagrangian.joint(formula, name=name, facts=facts)

"""Activations that fall somewhere, so that L is not convex: silu, gelu, gaussian. Lagrangians all the same."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.facts import Facts
from amsym.lagrangian import Lagrangian
from amsym.notation.functions import Li2


def silu() -> Lagrangian:
    """Σ (x log(1 + e^x) + Li₂(-e^x)): g = x σ(x), σ(x) = 1/(1 + e^{-x}), entry by entry over any axes; not convex.

    g' = σ (1 + x (1 - σ)) has its extremes where x tanh(x/2) = 2, at x = ±2.39936; there 1 - g'(x) = g'(-x). The bounds are
    those values, 1.09983932013 and 1 minus that, rounded outwards. g is least where e^x = -(1 + x), at
    x = -1 - W(1/e) with Lambert's W, and there g = -W(1/e).
    Elfwing, Uchibe and Doya, Sigmoid-Weighted Linear Units for Neural Network Function Approximation (2018).

    >>> silu().bounded
    (-LambertW(exp(-1)), oo)
    """
    facts = Facts(slopes=(sp.Rational("-0.0998393202"), sp.Rational("1.0998393202")), bounded=(-sp.LambertW(sp.exp(-1)), sp.oo), kinks=())
    return Lagrangian(
        lambda x: x * sp.log(1 + sp.exp(x)) + Li2(-sp.exp(x)), name="silu", activation=lambda x: x / (1 + sp.exp(-x)), facts=facts
    )


def gelu() -> Lagrangian:
    """Σ (¼ x² (1 + erf(x/√2)) - ¼ erf(x/√2) + x e^{-x²/2}/(2√(2π))): g = x Φ(x) with the normal distribution Φ; not convex.

    Entry by entry over any axes. g' = Φ + xφ, g'' = (2 - x²) φ: the slope is extreme at x = ±√2, where it is
    ½ (1 ± erf 1) ± e⁻¹/√π. g is least at x = -0.75179, g = -0.16997121, rounded outwards.
    Hendrycks and Gimpel, Gaussian Error Linear Units (2016).

    >>> [end.evalf(5) for end in gelu().slopes]
    [-0.12890, 1.1289]
    """

    def smooth(x: Any) -> Any:
        return sp.erf(x / sp.sqrt(2))

    def bell(x: Any) -> Any:
        return sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)

    low, high = ((1 + s * sp.erf(1)) / 2 + s * sp.exp(-1) / sp.sqrt(sp.pi) for s in (-1, 1))
    facts = Facts(
        slopes=(low, high),
        bounded=(sp.Rational("-0.1699713"), sp.oo),
        kinks=(),
        energy=lambda x: x**2 * (1 + smooth(x)) / 4 + smooth(x) / 4 - x * bell(x) / 2,
    )
    return Lagrangian(
        lambda x: x**2 * (1 + smooth(x)) / 4 - smooth(x) / 4 + x * bell(x) / 2,
        name="gelu",
        activation=lambda x: x * (1 + smooth(x)) / 2,
        facts=facts,
    )


def gaussian() -> Lagrangian:
    """½√π Σ erf x: g = e^{-x²}, entry by entry over any axes, as radial basis networks write it; not convex.

    For e^{-x²/2} give your own formula. g' = -2x e^{-x²} has its extremes ±√(2/e) at x = ∓1/√2.
    Broomhead and Lowe, Multivariable Functional Interpolation and Adaptive Networks (1988).

    >>> gaussian().slopes
    (-sqrt(2)*exp(-1/2), sqrt(2)*exp(-1/2))
    """
    steepest = sp.sqrt(2) * sp.exp(-sp.Rational(1, 2))
    facts = Facts(slopes=(-steepest, steepest), bounded=(0, 1), kinks=())
    return Lagrangian(lambda x: sp.sqrt(sp.pi) * sp.erf(x) / 2, name="gaussian", facts=facts)

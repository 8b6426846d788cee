"""Increasing activations without a bound on at least one side: x, e^x, log(1 + e^x), a smooth leaky rectifier."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.facts import Conjugate, Facts, checked, nonzero
from amsym.lagrangian import Lagrangian
from amsym.lagrangians.arguments import scalar
from amsym.notation.functions import Li2


def identity() -> Lagrangian:
    """½ Σ x²: g = x, the state itself, entry by entry over any axes.

    Linear neurons: Krotov and Hopfield, Large Associative Memory Problem in Neurobiology and Machine Learning (2021).

    >>> identity().slopes
    (1, 1)
    """
    facts = Facts(
        slopes=(1, 1),
        bounded=(-sp.oo, sp.oo),
        kinks=(),
        conjugate=Conjugate(lambda p: p**2 / 2, lambda p: sp.true, "every p"),
        energy=lambda x: x**2 / 2,
    )
    return Lagrangian(lambda x: x**2 / 2, name="identity", facts=facts)


def exponential(beta: Any = 1) -> Lagrangian:
    """β⁻¹ Σ e^{βx}: g = e^{βx}, entry by entry over any axes. L*(p) = (p log p - p)/β for p > 0.

    beta: the inverse temperature, a number or scalar parameter, not 0; L is convex for β > 0.
    Demircigil et al., On a Model of Associative Memory with Huge Storage Capacity (2017), where e^x separates memories.

    >>> exponential(2).bounded
    (0, oo)
    """
    beta = scalar(beta, "the inverse temperature β of exponential")
    facts = Facts(
        slopes=(0, sp.oo) if beta.is_positive else (-sp.oo, 0) if beta.is_negative else None,
        bounded=(0, sp.oo),
        kinks=(),
        conjugate=Conjugate(lambda p: (p * sp.log(p) - p) / beta, lambda p: p > 0, "p > 0"),
        parameters=checked("exponential", nonzero("β", beta)),
        energy=lambda x: (beta * x - 1) * sp.exp(beta * x) / beta,
    )
    return Lagrangian(lambda x: sp.exp(beta * x) / beta, name="exponential", facts=facts)


def softplus() -> Lagrangian:
    """-Σ Li₂(-e^x): g = log(1 + e^x), entry by entry over any axes. L*(p) = p log(e^p - 1) + Li₂(1 - e^p), by x = log(e^p - 1).

    Dugas et al., Incorporating Second-Order Functional Knowledge for Better Option Pricing (2001).

    >>> softplus().slopes
    (0, 1)
    """
    facts = Facts(
        slopes=(0, 1),
        bounded=(0, sp.oo),
        kinks=(),
        conjugate=Conjugate(lambda p: p * sp.log(sp.exp(p) - 1) + Li2(1 - sp.exp(p)), lambda p: p > 0, "p > 0"),
    )
    return Lagrangian(lambda x: -Li2(-sp.exp(x)), name="softplus", facts=facts)


def smooth_leaky_relu() -> Lagrangian:
    """g = x (5 + 3 erf(3x/8))/8, entry by entry over any axes: slope 1 on the right, ¼ on the left. dead_neurons Example 7.

    By parts, with c = 3/8: ∫ x erf(cx) = ½ x² erf(cx) + x e^{-c²x²}/(2c√π) - erf(cx)/(4c²).
    g' = (5 + 3 erf(3x/8))/8 + 9x e^{-9x²/64}/(32√π), and g'' = 9 (2 - 9x²/32) e^{-9x²/64}/(32√π) vanishes at x = ±8/3,
    where g' = (5 ± 3 erf 1)/8 ± 3/(4e√π): its least value 0.153 and its largest 1.097.

    >>> [end.evalf(4) for end in smooth_leaky_relu().slopes]
    [0.1533, 1.097]
    """
    low, high = ((5 + s * 3 * sp.erf(1)) / 8 + s * 3 * sp.exp(-1) / (4 * sp.sqrt(sp.pi)) for s in (-1, 1))

    def smooth(x: Any) -> Any:
        return sp.erf(3 * x / 8)

    def bell(x: Any) -> Any:
        return sp.exp(-9 * x**2 / 64) / sp.sqrt(sp.pi)

    facts = Facts(
        slopes=(low, high),
        bounded=(-sp.oo, sp.oo),
        kinks=(),
        energy=lambda x: x**2 * (5 + 3 * smooth(x)) / 16 - x * bell(x) / 2 + sp.Rational(2, 3) * smooth(x),
    )
    return Lagrangian(
        lambda x: x**2 * (5 + 3 * smooth(x)) / 16 + x * bell(x) / 2 - sp.Rational(2, 3) * smooth(x),
        name="smooth_leaky_relu",
        activation=lambda x: x * (5 + 3 * smooth(x)) / 8,
        facts=facts,
    )

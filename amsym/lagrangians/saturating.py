"""Increasing activations between two bounds: tanh, sigmoid, arctan, erf."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.facts import Conjugate, Facts, checked, nonzero
from amsym.lagrangian import Lagrangian
from amsym.lagrangians.arguments import between, scalar
from amsym.notation.functions import BinaryEntropy, LogCoshDual


def tanh(beta: Any = 1) -> Lagrangian:
    """β⁻¹ Σ log cosh βx: g = tanh βx, entry by entry over any axes. modern_methods eq. (3.6).

    beta: the inverse temperature, a number or scalar parameter, not 0; L is convex for β > 0.
    L*(p) = ((1+p) log(1+p) + (1-p) log(1-p))/(2β) on |p| < 1.

    >>> tanh(2).slopes, tanh(2).bounded
    ((0, 2), (-1, 1))
    """
    beta = scalar(beta, "the inverse temperature β of tanh")

    def dual(p: Any) -> Any:
        return ((1 + p) * sp.log(1 + p) + (1 - p) * sp.log(1 - p)) / (2 * beta)

    facts = Facts(
        slopes=between(beta),
        bounded=(-1, 1),
        kinks=(),
        conjugate=Conjugate(dual, lambda p: sp.And(p > -1, p < 1), "|p| < 1"),
        parameters=checked("tanh", nonzero("β", beta)),
        energy=lambda x: LogCoshDual(beta * x) / beta,
        energy_slope=lambda x: beta * x / sp.cosh(beta * x) ** 2,
    )
    return Lagrangian(lambda x: sp.log(sp.cosh(beta * x)) / beta, name="tanh", facts=facts)


def sigmoid(beta: Any = 1) -> Lagrangian:
    """β⁻¹ Σ log(1 + e^{βx}): g = 1/(1 + e^{-βx}), entry by entry over any axes. dead_neurons Example 3.

    beta: the inverse temperature, a number or scalar parameter, not 0; L is convex for β > 0.
    L*(p) = (p log p + (1-p) log(1-p))/β on 0 < p < 1.

    >>> sigmoid(2).slopes
    (0, 1/2)
    """
    beta = scalar(beta, "the inverse temperature β of sigmoid")

    def dual(p: Any) -> Any:
        return (p * sp.log(p) + (1 - p) * sp.log(1 - p)) / beta

    facts = Facts(
        slopes=between(beta / 4),
        bounded=(0, 1),
        kinks=(),
        conjugate=Conjugate(dual, lambda p: sp.And(p > 0, p < 1), "0 < p < 1"),
        parameters=checked("sigmoid", nonzero("β", beta)),
        energy=lambda x: -BinaryEntropy(beta * x) / beta,
        energy_slope=lambda x: beta * x / (4 * sp.cosh(beta * x / 2) ** 2),
    )
    return Lagrangian(
        lambda x: sp.log(1 + sp.exp(beta * x)) / beta, name="sigmoid", activation=lambda x: 1 / (1 + sp.exp(-beta * x)), facts=facts
    )


def arctan() -> Lagrangian:
    """Σ (x arctan x - ½ log(1 + x²)): g = arctan x, entry by entry over any axes. L*(p) = -log cos p on |p| < π/2.

    Hopfield, Neurons with Graded Response Have Collective Computational Properties (1984), scaled to (2/π) arctan(πλx/2).

    >>> arctan().bounded
    (-pi/2, pi/2)
    """
    facts = Facts(
        slopes=(0, 1),
        bounded=(-sp.pi / 2, sp.pi / 2),
        kinks=(),
        conjugate=Conjugate(lambda p: -sp.log(sp.cos(p)), lambda p: sp.And(p > -sp.pi / 2, p < sp.pi / 2), "|p| < π/2"),
        energy=lambda x: sp.log(1 + x**2) / 2,
    )
    return Lagrangian(lambda x: x * sp.atan(x) - sp.log(1 + x**2) / 2, name="arctan", activation=sp.atan, facts=facts)


def erf() -> Lagrangian:
    """Σ (x erf x + e^{-x²}/√π): g = erf x, steepest at 0, entry by entry over any axes. L*(p) = -e^{-u²}/√π with u = erf⁻¹(p).

    Saad and Solla, On-Line Learning in Soft Committee Machines (1995), as erf(x/√2).

    >>> erf().slopes
    (0, 2/sqrt(pi))
    """

    def bell(x: Any) -> Any:
        return sp.exp(-(x**2)) / sp.sqrt(sp.pi)

    facts = Facts(
        slopes=(0, 2 / sp.sqrt(sp.pi)),
        bounded=(-1, 1),
        kinks=(),
        conjugate=Conjugate(lambda p: -bell(sp.erfinv(p)), lambda p: sp.And(p > -1, p < 1), "|p| < 1"),
        energy=lambda x: -bell(x),
    )
    return Lagrangian(lambda x: x * sp.erf(x) + bell(x), name="erf", activation=sp.erf, facts=facts)

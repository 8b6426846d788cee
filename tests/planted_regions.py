"""Decays dy/dt = -y with a factor that turns the sign in a small region only: each entry gives (system, params or None, domain or None)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp

import amsym as am

Case = tuple[am.System, dict[str, Any] | None, dict[str, Any] | None]
i, j, m = am.index("i", "N"), am.index("j", "N"), am.index("m", "M")
y, h = am.state("y", "N"), am.state("h", "M")
square = am.total(y[i] ** 2, i) / 2
Q = sp.Rational


def decay(factor: Any) -> am.System:
    """dy_i/dt = -y_i factor with E = Σ y²/2: wrong where the factor is negative."""
    return am.System(flow={y[i]: -y[i] * factor}, energy=square)


def beyond_three() -> Case:
    """Wrong sign where y > 3."""
    return decay(1 - 2 * am.mask(y[i] > 3)), None, None


def saturated_only() -> Case:
    """A soft switch turns the sign at y = 30."""
    return decay(-sp.tanh(4 * (y[i] - 30))), None, None


def small_ball() -> Case:
    """A kick in a ball of radius 10⁻³ around y = (1/3, ..., 1/3)."""
    kick = 5 * sp.exp(-(10**6) * am.total((y[j] - Q(1, 3)) ** 2, j))
    return decay(1 - kick), None, None


def tiny_ball() -> Case:
    """A kick in a ball of radius 10⁻⁵ around (2/7, 2/7, 2/7)."""
    kick = 5 * sp.exp(-(10**10) * am.total((y[j] - Q(2, 7)) ** 2, j))
    return decay(1 - kick), None, {"y": (np.full(3, -1.0), np.full(3, 1.0))}


def irregular_ball() -> Case:
    """A kick in a ball of radius 10⁻³ around a state of no particular numbers, of four neurons."""
    centre = np.array([0.7312, -1.1871, 2.2093, -0.4459])
    c = am.parameter("c", "N")
    kick = 5 * sp.exp(-(10**6) * am.total((y[j] - c[j]) ** 2, j))
    return decay(1 - kick), {"c": centre}, None


def narrow_ring() -> Case:
    """Lorentzian of width 10⁻³ at |y|² = 7."""
    return decay(1 - 3 / (1 + 10**6 * (am.total(y[j] ** 2, j) - 7) ** 2)), None, None


def thin_slab() -> Case:
    """Wrong where the sum of all states lies between 5 and 5.001."""
    total_ = am.total(y[j], j)
    return decay(1 - 2 * am.mask(total_ > 5) * am.mask(total_ < Q(5001, 1000))), None, None


def two_windows() -> Case:
    """Wrong where y is within 1/100 of 1 and h within 1/100 of -2."""
    both = sp.exp(-(10**4) * (am.total(y[j], j) - 1) ** 2) * sp.exp(-(10**4) * (am.total(h[m], m) + 2) ** 2)
    energy = square + am.total(h[m] ** 2, m) / 2
    return am.System(flow={y[i]: -y[i] * (1 - 2 * both), h[m]: -h[m] * (1 - 2 * both)}, energy=energy), None, None


def neurons_agree() -> Case:
    """Wrong where two neurons differ by less than 10⁻³."""
    close = am.total(am.mask(sp.Ne(i, j)) * sp.exp(-(10**6) * (y[i] - y[j]) ** 2), j)
    return decay(1 - 2 * close), None, None


def four_neurons_or_more() -> Case:
    """Wrong for four neurons or more that are equal to 10⁻²."""
    mean = am.total(y[j], j)
    spread = am.total(y[j] ** 2, j)
    return am.System(flow={y[i]: -y[i] + Q(7, 24) * mean}, energy=spread / 2), None, None


def large_coupling() -> Case:
    """Wrong for a coupling beyond 25 only."""
    a = am.parameter("a", positive=True)
    return decay(1 - sp.exp(a - 25)), None, None


def semidefinite_weights() -> Case:
    """Wrong for semidefinite weights whose trace is within 10⁻² of 10/3."""
    P = am.parameter("P", "N N", psd=True)
    window = sp.exp(-(10**4) * (am.total(P[j, j], j) - Q(10, 3)) ** 2)
    return am.System(flow={y[i]: -am.total(P[i, j] * y[j], j) * (1 - 2 * window)}, energy=square), None, None


def orthogonal_weights() -> Case:
    """Wrong for orthogonal weights whose trace is within 10⁻² of 1/2."""
    R = am.parameter("R", "N N", orthogonal=True)
    return decay(1 - 2 * sp.exp(-(10**4) * (am.total(R[j, j], j) - Q(1, 2)) ** 2)), None, None


def corner() -> Case:
    """Wrong where all states are within a hundredth of the upper corner of the domain."""
    return decay(1 - 400 * sp.Max(0, am.total(y[j] - 5, j) + Q(1, 100))), None, {"y": (-5, 5)}


def corner_given_size() -> Case:
    """The same corner for six neurons."""
    system, _, _ = corner()
    return system, None, {"y": (np.full(6, -5.0), np.full(6, 5.0))}


def kink_swapped() -> Case:
    """A leaky ReLU's slope on the wrong side of the kink, in the flow only, within 0 < y < 1/100."""
    side = am.mask(y[i] > 0) * am.mask(y[i] < Q(1, 100))
    return decay(1 - 2 * side), None, None


def late() -> Case:
    """Wrong after t = 12."""
    return am.System(flow={y[i]: -y[i] * (1 - sp.exp(am.time - 12))}, energy=square), None, None


FAULTS: dict[str, Callable[[], Case]] = {
    f.__name__.replace("_", " "): f
    for f in (
        beyond_three,
        saturated_only,
        small_ball,
        tiny_ball,
        irregular_ball,
        narrow_ring,
        thin_slab,
        two_windows,
        neurons_agree,
        four_neurons_or_more,
        large_coupling,
        semidefinite_weights,
        orthogonal_weights,
        corner,
        corner_given_size,
        kink_swapped,
        late,
    )
}


def _two_layers_right() -> Case:
    window = sp.exp(-(10**4) * (am.total(y[j], j) - 1) ** 2)
    energy = square + am.total(h[m] ** 2, m) / 2
    return am.System(flow={y[i]: -y[i] * (1 + window), h[m]: -h[m] * (1 - window)}, energy=energy), None, None


W = am.parameter("W", "N N", antisymmetric=True)
RIGHT: dict[str, Callable[[], Case]] = {
    "faster beyond three": lambda: (decay(1 + am.mask(y[i] > 3)), None, None),
    "slower in a ball": lambda: (decay(1 - sp.exp(-(10**6) * am.total((y[j] - Q(1, 3)) ** 2, j))), None, None),
    "standstill when saturated": lambda: (decay(1 - sp.tanh(y[i] - 30) ** 2), None, None),
    "wrong outside the domain only": lambda: (decay(1 - 2 * am.mask(y[i] > 5)), None, {"y": (-5, 5)}),
    "a window in two layers": _two_layers_right,
    "a rotation": lambda: (am.System(flow={y[i]: am.total(W[i, j] * y[j], j)}, energy=square), None, None),
    "a square of a difference": lambda: (am.System(flow={y[i]: -y[i] + am.total(y[j], j) / i.size}, energy=square), None, None),
}

"""Spins ±1 with s_i ← sign(Σ_{j≠i} W_ij s_j), one at a time. Source: modern_methods eq. (2.1), (2.2)."""

from __future__ import annotations

import sympy as sp

from amsym.notation import indices, mask, parameter, state, total
from amsym.system import System


def spins(order: str = "asynchronous") -> System:
    """The classical network of ±1 spins without self-coupling.

    >>> spins().order
    'asynchronous'
    """
    i, j = indices("i j", "N")
    s, W = state("s", "N", values=(-1, 1)), parameter("W", "N N", symmetric=True)
    coupling = mask(sp.Ne(i, j)) * W[i, j] * s[j]
    energy = -total(coupling * s[i], i, j) / 2
    return System(update={s[i]: sp.sign(total(coupling, j))}, energy=energy, order=order, name=f"spins ({order})")

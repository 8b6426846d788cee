"""Taylor coefficients of special functions at a point: c_m = g^(m)(u)/m!, (m, ...)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.special

from numeric.series.series import Array

Expansion = Callable[[Array, int], Array]


def digamma(u: Array, count: int) -> Array:
    """ψ: c_m = (-1)^(m+1) ζ(m+1, u) with Hurwitz's zeta function, for u > 0."""
    tail = [(-1) ** (m + 1) * scipy.special.zeta(m + 1, u) for m in range(1, count)]
    return np.stack([scipy.special.digamma(u), *tail]).astype(u.dtype)


def log_gamma(u: Array, count: int) -> Array:
    """log Γ: the integral of ψ."""
    slopes = digamma(u, count - 1)
    return np.concatenate([scipy.special.gammaln(u)[None], slopes / _column(np.arange(1, count), u)]).astype(u.dtype)


def bessel(order: Any, u: Array, count: int) -> Array:
    """J_ν: 2^m J_ν^(m) = Σ_j (-1)^j C(m, j) J_(ν-m+2j)."""
    return _differences(scipy.special.jv, order, u, count, -1.0)


def scaled_bessel(order: Any, u: Array, count: int) -> Array:
    """e^-|u| I_ν: 2^m I_ν^(m) = Σ_j C(m, j) I_(ν-m+2j), times the series of e^-|s|."""
    plain = _differences(scipy.special.ive, order, u, count, 1.0)
    sign = np.where(u < 0, -1.0, 1.0)
    decay = np.stack([(-sign) ** m / scipy.special.factorial(m) for m in range(count)])
    return np.stack([np.einsum("j...,j...->...", plain[: m + 1], decay[m::-1]) for m in range(count)]).astype(u.dtype)


def _differences(function: Any, order: Any, u: Array, count: int, sign: float) -> Array:
    around = {n: function(order + n, u) for n in range(-count + 1, count)}
    rows = []
    for m in range(count):
        total = sum(sign**j * scipy.special.comb(m, j) * around[2 * j - m] for j in range(m + 1))
        rows.append(total / (2.0**m * scipy.special.factorial(m)))
    return np.stack(rows).astype(u.dtype)


def _column(numbers: Array, u: Array) -> Array:
    return numbers.reshape(-1, *[1] * u.ndim)


EXPANSIONS: dict[str, Expansion] = {
    "special.digamma": digamma,
    "special.gammaln": log_gamma,
    "special.i0e": partial(scaled_bessel, 0),
    "special.i1e": partial(scaled_bessel, 1),
}
BESSEL = {"special.jv": bessel, "special.ive": scaled_bessel}

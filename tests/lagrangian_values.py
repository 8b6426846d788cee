"""Published activations as mpmath writes them, and values of index expressions at given entries: what the catalogue must agree with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath as mp
import numpy as np
import sympy as sp

from amsym.notation import Index, Mask, Tensor, components

DIGITS = 50

# additive entry → its activation as the literature writes it
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": lambda x: x,
    "relu": lambda x: max(0, x),
    "repu": lambda x: max(0, x) ** 2,
    "leaky_relu": lambda x: x if x > 0 else x / 10,
    "smooth_leaky_relu": lambda x: x * (5 + 3 * mp.erf(3 * x / 8)) / 8,
    "exponential": mp.exp,
    "rectified_exponential": lambda x: mp.expm1(max(0, x)),
    "tanh": mp.tanh,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "hard_tanh": lambda x: min(max(x, -1), 1),
    "arctan": mp.atan,
    "erf": mp.erf,
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "gelu": lambda x: x * mp.ncdf(x),
    "gaussian": lambda x: mp.exp(-(x**2)),
    "selu": lambda x: (
        mp.mpf("1.0507009873554804934193349852946") * (x if x > 0 else mp.mpf("1.6732632423543772848170429916717") * mp.expm1(x))
    ),
}


def sparse(x: Sequence[Any], power: int) -> list[Any]:
    """((x - τ)₊)^power with Σ = 1, τ found by bisection: sparsemax for 1, and entmax15 of 2x for 2."""
    low, high = max(x) - 1, max(x)
    for _ in range(200):
        tau = (low + high) / 2
        low, high = (tau, high) if sum(max(0, v - tau) ** power for v in x) > 1 else (low, tau)
    return [max(mp.mpf(0), v - low) ** power for v in x]


def function(expr: Any, x: Tensor, size: int, order: Sequence[Index] = ()) -> Callable[..., list[Any]]:
    """The expression as a function of the entries of x, in mpmath; its entries in order."""
    explicit = components(expr, {x.axes[0]: size}, order)
    flat = list(np.array(explicit.tolist(), dtype=object).reshape(-1)) if order else [explicit]
    names = {x[k]: sp.Dummy(f"x{k}") for k in range(size)}
    one, zero = sp.Float(1, 80), sp.Float(0, 80)  # whole numbers would be divided as floats
    plain = [sp.sympify(e).replace(Mask, lambda c: sp.Piecewise((one, c), (zero, True))).xreplace(names) for e in flat]
    modules = [{"Li2": lambda z: mp.re(mp.polylog(2, z))}, "mpmath"]
    return sp.lambdify(list(names.values()), plain, modules, cse=True)  # type: ignore[no-any-return]

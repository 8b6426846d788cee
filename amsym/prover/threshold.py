"""Sums over a support, [c - Σ_k φ(x_k - x_j) > 0] with φ(u) = q u₊^p: the minimum over a threshold, and hence convex.

φ rises strictly from 0, so Σ_k φ(x_k - t) = c > 0 has one solution t, and F(x_j) = Σ_k φ(x_k - x_j) < c exactly where x_j > t. With
u = x - t on the support {x_j > t} a formula L is one of t and of the moments A_n = Σ u^n, where q A_p = c. If that is

    J = α (c t + Σ_k Φ(x_k - t)) + const,    Φ' = φ,  α > 0,

then L(x) = min_t J(x, t): ∂J/∂t = α (c - Σ φ(x_k - t)) vanishes at the threshold, and J is convex in (x, t) together, as Φ is convex.
Partial minimisation keeps convexity (Boyd and Vandenberghe 3.2.5). sparsemax and entmax are of this kind.
"""

from __future__ import annotations

import sympy as sp

from amsym.notation import Tensor
from amsym.prover.moments import MOMENTS, Moments, NotOfThisKind, T
from amsym.prover.signs import is_positive
from amsym.prover.support import the_support


def least_over_threshold(L: sp.Expr, x: Tensor) -> list[str] | None:
    """The lemmas that show L convex in x as a minimum over a threshold; None for any other formula.

    >>> from amsym import lagrangians
    >>> from amsym.notation import state
    >>> x = state("x", "N")
    >>> [least_over_threshold(f.of(x), x) is not None for f in (lagrangians.sparsemax(), lagrangians.softmax())]
    [True, False]
    """
    found = the_support(L)
    if found is None or found[0] != x:
        return None
    s = found[1]
    try:
        value = Moments(s, x).value(L)
    except NotOfThisKind:
        return None
    alpha = sp.simplify(sp.diff(value, T) / s.c)
    if alpha.free_symbols & {T, *MOMENTS} or not is_positive(alpha):
        return None
    rest = sp.simplify(value - alpha * (s.c * T + s.q * MOMENTS[s.p + 1] / (s.p + 1)))
    if rest.free_symbols & {T, *MOMENTS}:
        return None
    phi, Phi = f"{s.q}*u₊^{s.p}", f"{s.q / (s.p + 1)}*u₊^{s.p + 1}"
    return [
        f"φ = {phi} rises strictly from 0, so Σ φ(x - t) = {s.c} at one t, and the support is where x > t",
        f"there L = ({alpha}) ({s.c}*t + Σ Φ(x - t)) + {rest} with Φ = {Phi}; its slope in t is 0: the least over t",
        "the least over t of a function that is convex in (x, t) is convex in x",
    ]


__all__ = ["least_over_threshold"]

"""The Q = Q0 + Σ_k t_k N_k whose least eigenvalue is largest, in floating point: Newton's method on s/μ + log det(Q - s I), μ → 0.

The inverse (Q - s I)⁻¹ then tends to a multiple of the dual solution.  Source: Nesterov and Nemirovskii 1994; Boyd and
Vandenberghe, Convex Optimization, 2004, section 11.6. What comes out is a proposal; rationals decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.notation.effort import check

Array = NDArray[np.float64]
# μ falls by this factor down to 1e-9, with so many Newton steps for each.
FALL, LAST, STEPS = 0.2, 1e-9, 30


@dataclass(frozen=True)
class Centre:
    """t, the least eigenvalue s of Q(t), Q itself, and the dual matrix of trace 1."""

    t: Array
    least: float
    Q: Array
    dual: Array


def largest_least_eigenvalue(origin: Array, directions: Array) -> Centre:
    """origin: (k, k); directions: (m, k, k), symmetric.

    >>> found = largest_least_eigenvalue(np.diag([1.0, 0.0]), np.array([[[0.0, 0.0], [0.0, 1.0]]]))
    >>> round(found.least, 4)
    1.0
    """
    k = len(origin)
    D = np.concatenate([directions.reshape(-1, k, k), -np.eye(k)[None]])
    x = np.zeros(len(D))
    x[-1] = float(np.linalg.eigvalsh(origin)[0]) - 1.0
    scale = max(1.0, float(np.max(np.abs(origin))))
    mu = scale
    X = np.eye(k)
    while mu > LAST * scale:
        for _ in range(STEPS):
            check()
            x, X, decrement = _step(origin, D, x, mu)
            if decrement < 1e-8:
                break
        mu *= FALL
    Q = origin + np.einsum("m,mij->ij", x[:-1], D[:-1])
    return Centre(x[:-1], float(np.linalg.eigvalsh(Q)[0]), Q, X / np.trace(X))


def _step(origin: Array, D: Array, x: Array, mu: float) -> tuple[Array, Array, float]:
    """One damped Newton step; the inverse of Q - s I, and the Newton decrement squared."""
    S = origin + np.einsum("m,mij->ij", x, D)
    X = np.linalg.inv(S)
    X = (X + X.T) / 2
    XD = np.einsum("ij,mjk->mik", X, D)
    gradient = np.einsum("mii->m", XD)
    gradient[-1] += 1 / mu
    H = np.einsum("mij,nji->mn", XD, XD)
    try:
        step = np.linalg.solve(H + 1e-13 * np.trace(H) / len(H) * np.eye(len(H)), gradient)
    except np.linalg.LinAlgError:
        return x, X, 0.0
    decrement = float(gradient @ step)
    size = 1.0 if decrement < 0.25 else 1 / (1 + np.sqrt(max(decrement, 0.0)))
    while size > 1e-6:
        new = x + size * step
        if _is_positive(origin + np.einsum("m,mij->ij", new, D)):
            return new, X, decrement
        size /= 2
    return x, X, 0.0


def _is_positive(S: Any) -> bool:
    try:
        np.linalg.cholesky(S)
    except np.linalg.LinAlgError:
        return False
    return True

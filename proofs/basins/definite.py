"""Vᵀ P J + Jᵀ P V falls: P J + Jᵀ P + 2 m P ≺ 0 for every J = J₀ + Σ δ_k u_k v_kᵀ with |δ_k| <= ρ_k, by multipliers t_k > 0.

2 δ xᵀP u vᵀx <= ρ (t (vᵀx)² + (uᵀP x)²/t), so that one matrix decides:

    P J₀ + J₀ᵀ P + Σ_k ρ_k (t_k v_k v_kᵀ + P u_k u_kᵀ P / t_k) + 2 m P ≺ 0.

Source: the S-procedure; Boyd, El Ghaoui, Feron and Balakrishnan, Linear Matrix Inequalities in System and Control Theory, 1994.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from numeric.rigorous import ball
from proofs.basins.family import Family
from proofs.zeros.contraction import positive_pivots

Array = NDArray[Any]
ROUNDS = 25


class Rate(NamedTuple):
    """The rate m that multipliers t reach, in doubles."""

    m: float
    t: Array


def rate(P: Array, family: Family) -> Rate:
    """The largest m found, by steps towards equal shares of the two squares at the worst x; no proof.

    >>> one = Family(arb_mat([[-1]]), arb_mat([[1]]), np.ones((1, 1)), np.array([0.25]))
    >>> round(rate(np.eye(1), one).m, 6)
    0.75
    """
    J, U, V, rho = _doubles(family.middle), _doubles(family.U), family.V, family.radius
    if not (np.isfinite(J).all() and np.isfinite(rho).all()):
        return Rate(-np.inf, np.ones(len(rho)))
    root = np.linalg.cholesky(np.linalg.inv(P))  # x = root z has xᵀP x = |z|²
    W, X = U.T @ P @ root, V.T @ root
    Q = root.T @ (P @ J + J.T @ P) @ root
    t = (np.linalg.norm(W, axis=1) + 1e-12) / (np.linalg.norm(X, axis=1) + 1e-12)
    best = Rate(-np.inf, t)
    for _ in range(ROUNDS):
        values, vectors = np.linalg.eigh(Q + (X.T * (rho * t)) @ X + (W.T * (rho / t)) @ W)
        if -values[-1] / 2 > best.m:
            best = Rate(float(-values[-1] / 2), t)
        z = vectors[:, -1]
        t = np.sqrt(t * (np.abs(W @ z) + 1e-6) / (np.abs(X @ z) + 1e-6))
    return best


def is_proved(P: Array, family: Family, m: float, t: Array) -> bool:
    """Whether the matrix with exactly these P, m and t is negative definite, in balls.

    >>> one = Family(arb_mat([[-1]]), arb_mat([[1]]), np.ones((1, 1)), np.array([0.25]))
    >>> is_proved(np.eye(1), one, 0.5, np.ones(1)), is_proved(np.eye(1), one, 0.8, np.ones(1))
    (True, False)
    """
    if not (np.isfinite(family.radius).all() and np.all(t > 0)):
        return False
    exact, V = matrix(P), matrix(family.V)
    half, w = exact * family.middle, exact * family.U
    M = half + half.transpose() + exact * (2 * ball(m))
    if len(t):
        rho, weights = [ball(float(x)) for x in family.radius], [ball(float(x)) for x in t]
        M += V * _diagonal([a * b for a, b in zip(rho, weights, strict=True)]) * V.transpose()
        M += w * _diagonal([a / b for a, b in zip(rho, weights, strict=True)]) * w.transpose()
    return is_definite(-M)


def is_definite(M: arb_mat) -> bool:
    """Whether a symmetric matrix of balls is positive definite: all pivots are positive.

    >>> is_definite(arb_mat([[2, 1], [1, 2]])), is_definite(arb_mat([[1, 2], [2, 1]]))
    (True, False)
    """
    return positive_pivots([[(M[i, j] + M[j, i]) / 2 for j in range(M.ncols())] for i in range(M.nrows())]) is not None


def matrix(a: Array) -> arb_mat:
    """Doubles as the exact numbers that they are."""
    return arb_mat(a.shape[0], a.shape[1], [ball(float(x)) for x in a.ravel()])


def _diagonal(values: list[arb]) -> arb_mat:
    n = len(values)
    return arb_mat(n, n, [values[i] if i == j else arb(0) for i in range(n) for j in range(n)])


def _doubles(M: arb_mat) -> Array:
    return np.array([[float(M[i, j].mid()) for j in range(M.ncols())] for i in range(M.nrows())]).reshape(M.nrows(), M.ncols())


__all__ = ["Rate", "is_definite", "is_proved", "matrix", "rate"]

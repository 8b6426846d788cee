"""‖v‖_T = |T v|: a norm in which a stable linear flow contracts at once, so that its balls are trapped.

The logarithmic norm of J in it is the largest eigenvalue of the symmetric part of T J T⁻¹. Where J is symmetric but for positive
weights of its components, as ∇f of a gradient flow is, T is diagonal and the logarithmic norm is the spectral abscissa; elsewhere
Lyapunov's equation gives T. Source: Söderlind (2006), BIT 46, 631-652.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_continuous_lyapunov
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from numeric.field import Array

FLOORS = (0.03, 0.2)  # weights below this share of the largest are raised: a saturated neuron must not make a ball endless
WORST_CONDITION = 1e6  # of T


@dataclass(frozen=True)
class Metric:
    """T by its action, and T⁻¹; both (n, n), or (n,) where they are diagonal."""

    forth: Array
    back: Array

    @property
    def diagonal(self) -> bool:
        """Whether T is diagonal."""
        return self.forth.ndim == 1

    def apply(self, v: Array) -> Array:
        """T v of rows (rows, n)."""
        return v * self.forth if self.diagonal else v @ self.forth.T

    def adjoint(self, U: Array) -> Array:
        """Tᵀ U of columns (n, k)."""
        return self.forth[:, None] * U if self.diagonal else self.forth.T @ U

    def undo(self, U: Array) -> Array:
        """T⁻¹ U of columns (n, k)."""
        return self.back[:, None] * U if self.diagonal else self.back @ U

    def length(self, v: Array) -> Array:
        """|T v| of rows (rows, n), (rows,)."""
        return np.asarray(np.linalg.norm(self.apply(v), axis=1))

    def conjugate(self, J: Array) -> Array:
        """The symmetric part of T J T⁻¹."""
        S = self.forth[:, None] * J * self.back if self.diagonal else self.forth @ J @ self.back
        return np.asarray((S + S.T) / 2)

    def forth_norm(self, place: slice) -> float:
        """|T| on states that have these components only, rounded up."""
        return _norm(self.forth[place] if self.diagonal else self.forth[:, place])

    def back_norm(self, place: slice) -> float:
        """The longest these components of a state with |T v| <= 1 can be, rounded up."""
        return _norm(self.back[place])

    def gram(self, place: slice) -> Array:
        """T⁻¹ T⁻ᵀ for some components, (k, k): in the dual norm, |a|² = aᵀ G a for the functional a on them."""
        back = self.back[place]
        return np.diag(back**2) if self.diagonal else back @ back.T

    @property
    def reach(self) -> Array:
        """The largest |v_j| with |T v| <= 1, (n,)."""
        return np.abs(self.back) if self.diagonal else np.asarray(np.linalg.norm(self.back, axis=1))


def _norm(M: Array) -> float:
    return float((np.abs(M).max() if M.ndim == 1 else np.linalg.norm(M, 2)) * (1 + 1e-12))


def diagonal_metrics(J: Array) -> list[Metric]:
    """Diagonal norms to try for a stable J (n, n); none where no diagonal makes J symmetric."""
    weights = symmetriser(J)
    if weights is None:
        return []
    raised = [np.maximum(weights, floor) for floor in FLOORS if floor == FLOORS[0] or weights.min(initial=1) < floor]
    return [Metric(d, 1 / d) for d in raised]


def symmetriser(J: Array) -> Array | None:
    """d > 0, (n,), max 1, that make d_i J_ij / d_j symmetric as far as a diagonal can: d_i²/d_j² = J_ji/J_ij along a spanning tree.

    The tree takes the strongest couplings. None where a coupling of the tree goes one way or has two signs.

    >>> symmetriser(np.array([[-1.0, 4.0], [1.0, -1.0]])).round(3)
    array([0.5, 1. ])
    """
    strength = np.abs(J * J.T)
    np.fill_diagonal(strength, 0)
    top = strength.max(initial=0)
    if top == 0:
        return np.ones(len(J))
    tree = minimum_spanning_tree(csr_array(np.where(strength > 0, 1 - np.log(strength / top + np.finfo(float).tiny), 0)))
    logs = np.zeros(len(J))
    seen = np.zeros(len(J), dtype=bool)
    both = tree + tree.T
    for root in range(len(J)):
        if seen[root]:
            continue
        order, before = breadth_first_order(both, root, directed=False)
        seen[order] = True
        for k in order[1:]:
            ratio = J[before[k], k] / J[k, before[k]]
            if not (np.isfinite(ratio) and ratio > 0):
                return None
            logs[k] = logs[before[k]] + np.log(ratio) / 2
    return np.exp(logs - logs.max())


def lyapunov_metric(J: Array) -> Metric | None:
    """T = P^½ with JᵀP + P J = -1, in which every stable J contracts; None where J is not stable, or barely.

    Lyapunov's theorem: P is positive definite if and only if J is stable. The symmetric part of T J T⁻¹ is then -½ P⁻¹.
    For the random networks tanh with N = 256 its balls are 200 to 400 times larger than those in the norm of the eigenvectors.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of eigenvalues that all but cancel: P tells it
        P = solve_continuous_lyapunov(J.T, -np.eye(len(J)))
    if not np.all(np.isfinite(P)):
        return None
    values, vectors = np.linalg.eigh((P + P.T) / 2)
    if not values[0] > values[-1] / WORST_CONDITION**2:
        return None
    roots = np.sqrt(values / values[-1])
    return Metric((vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T)


def identity_metric(n: int) -> Metric:
    """T = 1."""
    return Metric(np.ones(n), np.ones(n))

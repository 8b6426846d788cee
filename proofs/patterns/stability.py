"""In(J) = In(P) where Jᵀ P + P J ≻ 0: how many eigenvalues of a pattern's exact Jacobian lie right of the imaginary axis.

P is put together from the part of J on the left and the part on the right, each with a Lyapunov equation of its own, so that an
eigenvalue λ beside another at -λ does no harm. It is a proposal; `inertia_of` judges it in balls.
Source: Ostrowski and Schneider, Some theorems on the inertia of general matrices, J. Math. Anal. Appl. 4, 1962.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from flint import arb_mat, ctx, fmpq_mat
from numpy.typing import NDArray

from amsym.verdict import Status, Verdict
from proofs.patterns.forms import double
from proofs.zeros.krawczyk import BITS
from proofs.zeros.stable_state import LEMMA, STABLE, UNSTABLE, inertia_of

Array = NDArray[np.float64]


def stability_of(J: fmpq_mat) -> Verdict:
    """CERTIFIED stable or unstable, with the number of eigenvalues on the right in the certificate; else UNDECIDED.

    >>> v = stability_of(fmpq_mat([[0, 1], [1, 0]]))
    >>> v.claim, str(v.status), v.certificate["index"]
    ('steady state is unstable', 'CERTIFIED', 1)
    >>> str(stability_of(fmpq_mat([[0, 1], [-1, 0]])).status)
    'UNDECIDED'
    """
    P = proposed(np.array([[double(a) for a in row] for row in J.tolist()]))
    before, ctx.prec = ctx.prec, BITS
    try:
        index = None if P is None else inertia_of(arb_mat(J), P)
    finally:
        ctx.prec = before
    if P is None or index is None:
        return Verdict(STABLE, Status.UNDECIDED, {}, "eigenvalues lie too close to the imaginary axis for P and balls")
    certificate: dict[str, Any] = {"kind": "inertia", "P": P.tolist(), "index": index, "lemma": LEMMA}
    words = "all eigenvalues lie left of the imaginary axis" if index == 0 else f"{index} of {len(P)} eigenvalues lie right of it"
    return Verdict(UNSTABLE if index else STABLE, Status.CERTIFIED, certificate, f"the flow is affine around the state, {words}")


def proposed(J: Array) -> Array | None:
    """A symmetric P with Jᵀ P + P J near a positive definite matrix; None where the split or an equation fails."""
    try:
        T, Z, left = scipy.linalg.schur(J, sort="lhp")
        Y = np.eye(len(J))
        if 0 < left < len(J):
            Y[:left, left:] = -scipy.linalg.solve_sylvester(T[:left, :left], -T[left:, left:], -T[:left, left:])
        parts = [_lyapunov(T[k, k]) for k in (slice(left), slice(left, None))]
        P = Z @ Y.T @ scipy.linalg.block_diag(*parts) @ Y @ Z.T
    except (np.linalg.LinAlgError, ValueError):
        return None
    return (P + P.T) / 2 if np.isfinite(P).all() else None


def _lyapunov(A: Array) -> Array:
    """P with Aᵀ P + P A = I, of a matrix whose eigenvalues lie on one side."""
    P: Array = scipy.linalg.solve_sylvester(A.T, A, np.eye(len(A))) if len(A) else np.zeros((0, 0))
    return P


__all__ = ["proposed", "stability_of"]

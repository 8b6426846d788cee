"""The rightmost eigenvalues of Pa J Pa by products alone (Arnoldi), with the dead directions moved far to the left.

Arnoldi may miss an eigenvalue, so it runs from two starts; where the answers differ, or a residual is large, or all that
were found are unstable, the spectrum is not called converged.
Source: Lehoucq, Sorensen and Yang, ARPACK Users' Guide, 1998; Saad, Numerical Methods for Large Eigenvalue Problems, 2011, section 6.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigs

from numeric.stability.dead_space import EPS, DeadSpace, no_dead
from numeric.stability.spectrum import Spectrum

Array = NDArray[Any]

# Eigenvalues asked for at first and at most, the subspace per eigenvalue, and the accuracy of a pair relative to |J|.
FIRST, MOST, SPAN, ACCURATE = 6, 96, 6, 1e-9
SEED = 0
# What leaves the dead space, relative to what moves, that rounding explains.
KEPT = 1e-10


def kept_by_product(J: LinearOperator, D: DeadSpace) -> tuple[DeadSpace, Array]:
    """D and the rates of its directions, where J maps D to itself and dead neurons do not move one another, as two random
    combinations of them tell; else the empty space.

    >>> D = DeadSpace(np.array([0, -1, 1]), np.zeros((3, 0)))
    >>> kept_by_product(LinearOperator((3, 3), matvec=lambda v: -2 * v), D)[1].tolist()
    [-2.0, -2.0]
    """
    nothing = no_dead(J.shape[0]), np.zeros(0)
    units = np.random.default_rng(SEED).standard_normal((2, J.shape[0])) * D.neurons
    there = np.array([J @ x for x in units])
    rates = np.array([f[D.neurons] / x[D.neurons] for f, x in zip(there, units, strict=True)])
    along = np.array([J @ v for v in D.vectors.T]).reshape(-1, J.shape[0])
    moved = np.concatenate([there, along])
    leaks = np.abs(D.off(moved.T)).max(initial=0.0) > KEPT * np.abs(moved).max(initial=0.0)
    if leaks or np.abs(rates[0] - rates[1]).max(initial=0.0) > KEPT * np.abs(rates).max(initial=0.0):
        return nothing
    return D, np.concatenate([rates[0], np.linalg.eigvals(D.vectors.T @ along.T)])


def reduced_operator(J: LinearOperator, D: DeadSpace, shift: float = 0.0) -> LinearOperator:
    """Pa J Pa - shift Pd on all n components."""
    return LinearOperator(J.shape, matvec=lambda x: D.off(J @ D.off(x.ravel())) - shift * D.onto(x.ravel()), dtype=np.float64)


def rightmost(J: LinearOperator, D: DeadSpace) -> Spectrum:
    """The rightmost eigenvalues of J off the dead space; more of them while all are unstable."""
    size = _size(J)
    A = reduced_operator(J, D, shift=2.0 * size)
    count = FIRST
    while True:
        found = _of_s(_twice(A, count, size), D)
        if not found.converged or len(found.values) < count or not found.unstable.all():
            return found
        if 2 * count > min(MOST, J.shape[0] - 2):
            return Spectrum(found.values, found.axis, found.vectors, found.doubt, False, f"all {count} rightmost eigenvalues are unstable")
        count *= 2


def _of_s(found: Spectrum, D: DeadSpace) -> Spectrum:
    """Without the eigenvalues that the shift gave to dead directions, which come where S has few of its own."""
    ours = np.array([np.linalg.norm(D.off(x)) > 0.5 for x in found.vectors.T], dtype=bool)
    return replace(found, values=found.values[ours], axis=found.axis[ours], vectors=found.vectors[:, ours])


def _size(J: LinearOperator) -> float:
    """A number of the size of |J|, from a few power steps."""
    x = np.random.default_rng(SEED).standard_normal(J.shape[0])
    for _ in range(8):
        x = J @ (x / max(float(np.linalg.norm(x)), np.finfo(float).tiny))
    return max(float(np.linalg.norm(x)), np.finfo(float).tiny)


def _twice(A: LinearOperator, count: int, size: float) -> Spectrum:
    """Two runs; what the first found, called converged where both end at the same rightmost eigenvalues."""
    (values, vectors, done), (others, _, again) = (_run(A, count, seed) for seed in (SEED + 1, SEED + 2))
    if not len(values):
        return Spectrum(values, np.zeros(0, dtype=bool), vectors, size, False, "Arnoldi iterations found no eigenvalue")
    residual = np.array([np.linalg.norm(A @ x.real + 1j * (A @ x.imag) - z * x) for z, x in zip(values, vectors.T, strict=True)])
    doubt = float(np.sqrt(A.shape[0]) * EPS * size + residual[0])
    reason = "" if done and again else "Arnoldi iterations did not converge"
    if not reason and residual.max() > ACCURATE * size:
        reason = f"an eigenpair has the residual {residual.max():.1e}"
    if not reason and abs(values[0].real - others[0].real) > 1e3 * ACCURATE * size:
        reason = f"two starts of the Arnoldi iteration found {values[0]:.3g} and {others[0]:.3g}"
    return Spectrum(values, np.abs(values.real) <= doubt, vectors, doubt, not reason, reason)


def _run(A: LinearOperator, count: int, seed: int) -> tuple[Array, Array, bool]:
    """Values by decreasing real part, their vectors, and whether all that were asked for came."""
    n = A.shape[0]
    start = np.random.default_rng(seed).standard_normal(n)
    try:
        values, vectors = eigs(A, k=count, which="LR", v0=start, ncv=min(n, SPAN * count + 20), tol=ACCURATE / 10)
        done = True
    except ArpackNoConvergence as stopped:
        values, vectors, done = stopped.eigenvalues, stopped.eigenvectors, False
    order = np.lexsort((-values.imag, -values.real))
    return values[order], vectors[:, order], done


__all__ = ["kept_by_product", "reduced_operator", "rightmost"]

"""Eigenvalues of a reduced Jacobian S, and which of them may lie on the imaginary axis: σ_min(S - iω) is below the doubt in S.

An eigenvalue with condition number κ moves by κ times the doubt; σ_min tells whether some matrix within the doubt has one on
the axis. So a Jordan block at -1, whose computed eigenvalues scatter by 1e-8 and more, does not count as marginal.
Source: Trefethen and Embree, Spectra and Pseudospectra, 2005, chapters 2 and 52.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Spectrum:
    """values: (m,) complex, by decreasing real part. axis: which lie on the imaginary axis within the doubt.

    vectors: (m_S, m) right eigenvectors. converged: whether these are known to be the rightmost, with all that are unstable.
    """

    values: NDArray[np.complex128]
    axis: NDArray[np.bool_]
    vectors: Array
    doubt: float
    converged: bool = True
    reason: str = ""

    @property
    def unstable(self) -> NDArray[np.bool_]:
        """Which lie to the right of the axis."""
        return (self.values.real > 0) & ~self.axis

    @property
    def margin(self) -> float:
        """-max Re λ; infinite for an empty spectrum."""
        return 0.0 - float(self.values.real.max(initial=-np.inf))


def dense_spectrum(S: Array, doubt: float) -> Spectrum:
    """All eigenvalues of S, known up to perturbations of norm `doubt`.

    >>> found = dense_spectrum(np.array([[0.0, 1.0], [-1.0, 0.0]]), 1e-15)
    >>> found.values.tolist(), found.axis.tolist()
    ([1j, -1j], [True, True])
    """
    if not len(S):
        return Spectrum(np.zeros(0, dtype=np.complex128), np.zeros(0, dtype=bool), np.zeros((0, 0)), doubt)
    values, vectors, condition = _eigen(S)
    order = np.lexsort((-values.imag, -values.real))
    values, vectors, condition = values[order], vectors[:, order], condition[order]
    axis = np.abs(values.real) <= condition * doubt
    for k in np.flatnonzero(axis):
        axis[k] = np.abs(values[k].real) <= doubt or _least(S, float(values[k].imag)) <= doubt
    return Spectrum(values, axis, vectors, doubt)


def _eigen(S: Array) -> tuple[Array, Array, Array]:
    """Eigenvalues, right eigenvectors, and the condition number of each eigenvalue, 1 / |left · right|."""
    if np.array_equal(S, S.T):
        values, vectors = np.linalg.eigh(S)
        return values.astype(np.complex128), vectors, np.ones(len(S))
    values, left, right = scipy.linalg.eig(S, left=True, right=True)
    overlap = np.abs(np.sum(left.conj() * right, axis=0))
    return values, right, 1.0 / np.maximum(overlap, np.finfo(float).tiny)


def _least(S: Array, omega: float) -> float:
    """σ_min(S - iω), the distance from S to the matrices that have iω as an eigenvalue."""
    shifted = S if omega == 0.0 else S - 1j * omega * np.eye(len(S))
    return float(np.linalg.svd(shifted, compute_uv=False)[-1])


__all__ = ["Spectrum", "dense_spectrum"]

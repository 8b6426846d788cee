"""A Hopf point: a pair ±iω of eigenvalues on the border, from which oscillations of period 2π/ω are born.

With A q = iω q, Aᵀ p = -iω p and p̄·q = 1 they are stable where the first Lyapunov coefficient is negative,
l = Re p̄·(C[q, q, q̄] - 2 B[q, A⁻¹ B[q, q̄]] + B[q̄, (2iω - A)⁻¹ B[q, q]])/2ω, B and C the second and third derivatives.
Source: Kuznetsov, Elements of Applied Bifurcation Theory (2004), eq. (5.34).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.continuation.branch_points import NULL, Special
from numeric.continuation.family import Family
from numeric.continuation.station import Station

Complex = NDArray[Any]
REAL = 1e-5  # imaginary parts below this share of the largest eigenvalue count as zero: real eigenvalues that meet


def hopf_point(family: Family, at: Station, place: int) -> Special:
    """The Hopf point at a station whose eigenvalue at this place lies on the border, with its frequency and criticality."""
    A, w = at.jacobian, abs(float(at.values[place].imag))
    q = _eigenvector(A, 1j * w)
    return Special("hopf", at.z, q, criticality=_criticality(family, at, A, w, q), frequency=w)


def _eigenvector(A: Any, value: complex) -> Complex:
    """The unit eigenvector of the eigenvalue nearest to `value`."""
    values, vectors = np.linalg.eig(A)
    q: Complex = vectors[:, np.argmin(np.abs(values - value))]
    return q / np.linalg.norm(q)


def _criticality(family: Family, at: Station, A: Any, w: float, q: Complex) -> str | None:
    """The sign of the first Lyapunov coefficient, in words; None where it vanishes or several pairs cross at once."""
    near = np.abs(at.values - 1j * w) <= REAL * np.abs(at.values).max()
    if np.count_nonzero(near) > 1:
        return None
    p = _eigenvector(A.T, -1j * w)
    p = p / np.conj(p.conj() @ q)

    def second(u: Complex, v: Complex) -> Complex:
        """B[u, v] of dy/dt in units of y, by its real and imaginary parts."""
        (a, b), (c, d) = ([_row(x) for x in _split(z)] for z in (u, v))
        real = family.second(at.z, a, c) - family.second(at.z, b, d)
        return np.asarray(family.rate[:, 0] * (real + 1j * (family.second(at.z, a, d) + family.second(at.z, b, c))))

    real, imag = (_row(x) for x in _split(q))
    cubes = [family.third(at.z, real, x) + family.third(at.z, imag, x) for x in (real, imag)]
    C = family.rate[:, 0] * (cubes[0] + 1j * cubes[1])
    inner = np.linalg.solve(A, second(q, q.conj()))
    outer = np.linalg.solve(2j * w * np.eye(len(A)) - A, second(q, q))
    terms = [C, -2 * second(q, inner), second(q.conj(), outer)]
    total = float(np.real(p.conj() @ sum(terms)))
    if abs(total) <= NULL * sum(float(np.abs(p.conj() @ x)) for x in terms):
        return None
    return "supercritical" if total < 0 else "subcritical"


def _split(u: Complex) -> tuple[Any, Any]:
    """The real and the imaginary part."""
    return np.real(u), np.imag(u)


def _row(u: Any) -> Any:
    """A direction of y at fixed s."""
    return np.append(u, 0.0)

"""The energy's Hessian on the range of Λ: stability read off the energy alone.

At a steady state of τ dy/dt = W g(y) + b - y it is ∇²E = Λ - ΛWΛ = -Λ τ J. Restricted to the range of Λ, where Λ τ ≻ 0, it has
a negative eigenvalue for each unstable one of S.
Source: dead_neurons Proposition 4.2; the sign of the printed matrix ΛWΛ - Λ is that of -∇²E.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.stability.dead_space import EPS, DeadSpace
from numeric.stability.point import Point
from numeric.stability.spectrum import Spectrum

Array = NDArray[Any]


def hessian_spectrum(at: Point, D: DeadSpace) -> Array | None:
    """Increasing eigenvalues (n - k,) of ∇²E on the complement of the dead space; None without a finite Hessian.

    >>> from amsym import zoo
    >>> from numeric.stability.point import point
    >>> from numeric.stability.dead_space import dead_space
    >>> p = point(zoo.hopfield("relu"), {"W": [[0.5, 0], [0, 3]], "b": [1.0, -1.0]}, [2.0, -1.0])
    >>> hessian_spectrum(p, dead_space(p)).tolist()
    [0.5]
    """
    if not at.bound.has_energy:
        return None
    H, Va = at.hessian(), D.complement()
    return np.linalg.eigvalsh(Va.T @ (H + H.T) @ Va / 2) if np.isfinite(H).all() else None


def agreement(curved: Array | None, spectrum: Spectrum, drift: float) -> bool | None:
    """Whether there are as many negative curvatures as unstable eigenvalues; None where some are zero within rounding."""
    if curved is None or spectrum.axis.any():
        return None
    size = float(np.abs(curved).max(initial=0.0))
    if np.any(np.abs(curved) <= len(curved) * EPS * size + drift * min(size, 1.0)):
        return None
    return int((curved < 0).sum()) == int(spectrum.unstable.sum())


__all__ = ["agreement", "hessian_spectrum"]

"""Why linearisation does not decide: an eigenvalue on the imaginary axis, named, and a continuum of steady states told from it.

Along a zero mode v of J, y + h v is moved by chord steps across v; where it ends at rest at a distance of order h from y there
are steady states beside y, and where a residual of order h² or h³ stays (a fold, a pitchfork) there are none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.stability.point import Point
from numeric.stability.reduction import Reduction
from numeric.stability.spectrum import Spectrum

Array = NDArray[Any]

# The step along a zero mode, relative to 1 + |y|: a residual c h⁵ of 1e-10 c still stands out from rounding.
STEP, CHORDS, AT_REST = 1e-2, 12, 1e-13
# Singular values of J below this share of the largest belong to zero modes.
NULL = 1e-7


def reasons(at: Point, J: Array, found: Reduction, spectrum: Spectrum) -> list[str]:
    """A sentence for each eigenvalue on the axis; empty where there is none.

    >>> from amsym import zoo
    >>> from numeric.stability.point import point
    >>> from numeric.stability.spectrum import dense_spectrum
    >>> from numeric.stability.reduction import reduction
    >>> from numeric.stability.dead_space import dead_space
    >>> p = point(zoo.hopfield("identity"), {"W": [[1.0]], "b": [0.0]}, [0.5])
    >>> r = reduction(p.jacobian(), dead_space(p))
    >>> reasons(p, p.jacobian(), r, dense_spectrum(r.matrix, 1e-15))
    ['a continuum of steady states, flat along y[0]']
    """
    told = []
    chord = np.linalg.pinv(J, rcond=NULL) if spectrum.axis.any() else J
    for k in np.flatnonzero(spectrum.axis):
        z = spectrum.values[k]
        v = found.basis @ spectrum.vectors[:, k].real
        if abs(z.imag) <= max(spectrum.doubt, abs(z.real)) and continues(at, chord, J, v):
            told.append(f"a continuum of steady states, flat along {along(v, at.labels)}")
        elif z.imag >= 0:
            told.append(on_axis(complex(z), spectrum.doubt))
    return told


def on_axis(z: complex, doubt: float) -> str:
    """An eigenvalue, or a pair, that is on the axis within rounding.

    >>> on_axis(0.5j, 1e-16)
    'a pair of eigenvalues on the imaginary axis within rounding: λ = ±0.5i'
    """
    if abs(z.imag) > max(doubt, abs(z.real)):
        return f"a pair of eigenvalues on the imaginary axis within rounding: λ = ±{abs(z.imag):.3g}i"
    return f"an eigenvalue on the imaginary axis within rounding: λ = {z.real:.1e}"


def continues(at: Point, chord: Array, J: Array, v: Array) -> bool:
    """Whether steady states lie beside y on one side along v, as far as chord steps with a pseudo-inverse of J tell."""
    size = np.abs(v).max(initial=0.0)
    if size == 0.0:
        return False
    step, still = STEP * at.scale, AT_REST * at.scale * max(1.0, float(np.abs(J).max(initial=0.0)))
    for h in (step, -step):
        z = at.y + h * v / size
        for _ in range(CHORDS):
            z = z - chord @ at.flow(z)
        if np.isfinite(z).all() and np.abs(at.flow(z)).max() <= still and np.abs(z - at.y).max() >= step / 2:
            return True
    return False


def along(v: Array, labels: list[str]) -> str:
    """A direction by its largest components.

    >>> along(np.array([1.0, 0.0, -0.5]), ["y[0]", "y[1]", "y[2]"])
    'y[0] - 0.5 y[2]'
    """
    v = v / v[np.argmax(np.abs(v))]
    order = [k for k in np.argsort(-np.abs(v), kind="stable") if abs(v[k]) > 1e-6]
    terms = [f"{'+' if v[k] > 0 else '-'} {'' if abs(abs(v[k]) - 1) < 5e-4 else f'{abs(v[k]):.3g} '}{labels[k]}" for k in order[:4]]
    return " ".join(terms).removeprefix("+ ") + (" + ..." if len(order) > 4 else "")


__all__ = ["along", "continues", "on_axis", "reasons"]

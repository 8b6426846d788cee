"""Newton's method for f(y) = 0 from one state: y ← y - J⁻¹ f, until rounding stops it.

It proves nothing about where the flow goes: what it finds counts only where a region, or the flow itself, says so.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from numeric.field import Array

STEPS = 12
SMALL = 1e-12  # the last step, as a share of 1 + |y|_inf; one more step then leaves only rounding


class Polished(NamedTuple):
    """The state (n,), whether Newton's steps shrank to rounding, and |f|_inf there."""

    y: Array
    converged: bool
    residual: float


def polish(field: Any, y: Array, steps: int = STEPS) -> Polished:
    """A zero of the flow near one packed state (n,), in double precision; a singular J is inverted as far as it has range."""
    y = np.array(y, dtype=np.float64)
    f, converged = field.packed_flow(y[None])[0], False
    for _ in range(steps):
        step = _newton(field.packed_jacobian(y[None])[0], f)
        if not np.all(np.isfinite(step)):
            break
        trial = y + step
        new = field.packed_flow(trial[None])[0]
        if not np.abs(new).max(initial=0) <= max(np.abs(f).max(initial=0), 1e-10):  # no descent: not near a zero
            break
        y, f = trial, new
        if np.abs(step).max(initial=0) <= SMALL * (1 + np.abs(y).max(initial=0)):
            converged = True
            break
    return Polished(y, converged, float(np.abs(f).max(initial=0)))


def _newton(J: Array, f: Array) -> Array:
    """-J⁻¹ f; by least squares where J is singular."""
    try:
        step = np.linalg.solve(J, -f)
    except np.linalg.LinAlgError:
        step = np.full_like(f, np.nan)
    if np.all(np.isfinite(step)):
        return np.asarray(step)
    if not np.all(np.isfinite(J)):
        return np.full_like(f, np.nan)
    return np.asarray(np.linalg.lstsq(J, -f, rcond=1e-12)[0])

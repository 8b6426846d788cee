"""Has a step raised the energy? Only if E(y') - E(y) exceeds what rounding and the step's own error can explain.

A right system's exact step never raises E, but the computed y' is off by about the error estimate e, and E is rounded.
How much that matters depends on E, so it is measured where E rose at all: the allowance is

    64 ulp of max(|E(y)|, |E(y')|)  +  4 ulp of |y'|_1  +  4 ulp of n  +  10 max_p |E(p) - E(y')|,

over probes p: y' - e (the order-4 solution), y' moved along the flow by |e| (should e happen to lie on a level set), and
y' jittered by four ulp of each component (rounding of the sums inside E, which may cancel). The factor 10 covers an
estimate of e that is too small. The term in |y'|_1 covers y g(y) - L(y) of saturated neurons: at y = 1e6 its two halves
cancel to order one, with a rounding that no jitter shows, as it changes only where y changes its binary exponent. The term
in n covers log cosh and its kin near 0, whose stable forms pass through numbers of order one in each of n components. (So an
energy in units so large that its slopes or its rises are below 1e-13 climbs unseen.) As the steps keep e below a fraction of |h f|,
any other climbing flow exceeds the allowance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array

ULPS = 64
FACTOR = 10
STATE_ULPS = 4
JITTER = 4

Energy = Callable[[Array, Any], Array]


def rounding(before: Array, after: Array, y: Array) -> Array:
    """Rises up to here, (rows,), are rounding: 64 ulp of the larger energy, 4 of the state's sum of magnitudes and of its size."""
    eps = float(np.finfo(y.dtype).eps)
    return np.asarray(eps * (ULPS * np.maximum(np.abs(before), np.abs(after)) + STATE_ULPS * (np.abs(y).sum(axis=1) + y.shape[1])))


def probes(y: Array, flow: Array, error: Array) -> Iterator[Array]:
    """States as good as `y`, for all that a step of this error can tell, each (rows, n)."""
    tiny = np.finfo(y.dtype).tiny
    length = np.linalg.norm(error, axis=1) / np.maximum(np.linalg.norm(flow, axis=1), tiny)
    yield y - error
    yield y + length[:, None] * flow
    step = JITTER * np.finfo(y.dtype).eps
    alternating = np.where(np.arange(y.shape[1]) % 2, -step, step).astype(y.dtype)
    yield from (y + step * y, y - step * y, y + alternating * y)


def allowance(energy: Energy, y: Array, t: Array, flow: Array, error: Array, before: Array, after: Array) -> Array:
    """The largest rise that rounding and the step's error can explain, (rows,). Five energies a row.

    `y`, `flow`, `error` (rows, n) and `t` (rows,) belong to the end of the step; `before` and `after` are E there.
    """
    shifts = [np.abs(energy(probe.astype(y.dtype, copy=False), t) - after) for probe in probes(y, flow, error)]
    return np.asarray(rounding(before, after, y) + FACTOR * np.max(shifts, axis=0))


def risen(rise: Array, before: Array, after: Array, y: Array) -> NDArray[np.intp]:
    """Rows whose energy rose by more than rounding: those that need an allowance."""
    k = np.flatnonzero(rise > 0)  # few rows, and no sum over the others
    return np.asarray(k[rise[k] > rounding(before[k], after[k], y[k])])

"""Step sizes from error estimates: h' = h * 0.9 * e**-(1/p - 0.03) * e_before**0.04 for order p, each row for itself.

A PI controller keeps the error of each step, in units of the tolerance, just below one. Source: Hairer, Norsett and
Wanner, Solving Ordinary Differential Equations I (1993), II.4, and its code DOPRI5, whose constants these are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array, Flow

BETA = 0.04  # weight of the previous error; 0.08 and more damps better and takes longer steps less often
SAFETY = 0.9
MOST_GROWTH, MOST_SHRINKAGE = 10.0, 5.0


@dataclass(frozen=True)
class Tolerance:
    """The scale of an acceptable error: atol + rtol |y|, but no coarser than the residual near a steady state.

    `steady` is the relative residual |f| / (1 + |y|) that the steps must be able to resolve; None when none need be.
    """

    rtol: float
    atol: float
    steady: float | None

    def floor(self, size: Array, eps: float) -> Array:
        """The absolute tolerance of each row, (rows,): atol, or one ulp of its |y|_inf `size` where that is more."""
        return np.asarray(np.maximum(self.atol, eps * size))

    def ceiling(self, resolved: Array, speed: Array, size: Array, eps: float) -> Array:
        """The coarsest scale that a row allows, (rows,): resolved * speed, with a floor; infinite without `steady`.

        `speed` is the root mean square of the row's flow, `resolved` the step times the method's resolution: holding
        |error| to that share of |h f| keeps the step where the method damps every decaying mode, so that a residual falls
        until it is steady instead of hovering at the limit of stability. The floor is what a tenth of the steady residual
        needs, or one ulp where that is more: a finer scale would buy nothing. (With 32 ulp, half of the single-precision
        runs hovered above the steady threshold at rtol 1e-3; with one, none.)
        """
        if self.steady is None:
            return np.full_like(resolved, np.inf)
        wanted = np.maximum(speed, 0.1 * self.steady * (1 + size))
        return np.asarray(np.maximum(resolved * wanted, eps * (1 + size)))


def norm(values: Array) -> Array:
    """Root mean square over each row, (rows,), the square in the dtype of the values and the rest in double."""
    squares = np.einsum("rn,rn->r", values, values)
    return np.asarray(np.sqrt(squares.astype(np.float64) / max(values.shape[1], 1)))


def initial_step(flow: Flow, y: Array, f: Array, t: Array, longest: Array, tolerance: Tolerance, order: int) -> Array:
    """A first step for each row, (rows,), by one Euler step and the flow at its end. Hairer's heuristic, II.4 (4.14)."""
    scale = (tolerance.atol + tolerance.rtol * np.abs(y)).astype(np.float64)  # squares of f / scale pass 1e38 in single precision
    size, speed = norm(y / scale), norm(f / scale)
    tiny = (size < 1e-5) | (speed < 1e-5)
    guess = np.minimum(np.where(tiny, 1e-6, 0.01 * size / np.where(tiny, 1, speed)), longest)
    probe = y + guess[:, None].astype(y.dtype) * f
    bend = norm((flow(probe, t=t + guess) - f) / scale) / np.where(guess > 0, guess, 1)
    strongest = np.maximum(speed, np.where(np.isfinite(bend), bend, speed))  # a probe beyond where f is defined tells nothing
    flat = strongest <= 1e-15
    curved = (0.01 / np.where(flat, 1, strongest)) ** (1 / order)
    step = np.where(flat, np.maximum(1e-6, 1e-3 * guess), curved)
    return np.asarray(np.minimum(np.minimum(100 * guess, step), longest))


class Controller:
    """Next steps of rows from their errors. It remembers each row's last accepted error and whether it was just rejected."""

    def __init__(self, rows: int, order: int) -> None:
        """A controller of `rows` rows that have not stepped yet; the error of a step goes as its size to the `order`."""
        self.exponent = 1 / order - 0.75 * BETA
        self.before = np.full(rows, 1e-4)
        self.rejected = np.zeros(rows, dtype=bool)

    def next_step(self, step: Array, error: Array) -> tuple[NDArray[np.bool_], Array]:
        """Which rows may accept a step of this error (1 is the tolerance), and what step each shall take next."""
        error = np.where(np.isfinite(error), error, np.inf)
        accepted = error <= 1
        raw = error**self.exponent
        shrink = np.clip(raw / self.before**BETA / SAFETY, 1 / MOST_GROWTH, MOST_SHRINKAGE)
        shrink = np.where(accepted, shrink, np.clip(raw / SAFETY, 1, MOST_SHRINKAGE))
        shrink = np.where(accepted & self.rejected, np.maximum(shrink, 1), shrink)  # no growth right after a rejection
        self.before = np.where(accepted, np.maximum(error, 1e-4), self.before)
        self.rejected = ~accepted
        return accepted, np.asarray(step / shrink)

    def keep(self, rows: NDArray[Any]) -> None:
        """Forget all rows but these (a mask or indices)."""
        self.before, self.rejected = self.before[rows], self.rejected[rows]

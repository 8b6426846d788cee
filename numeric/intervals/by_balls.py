"""f(x) number by number in ball arithmetic: doubles just below and just above a ball that is narrowed until it is one part in 2^60.

For functions and arguments that have no cells; a few microseconds a number.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ball = Callable[[arb], arb]

PRECISIONS = (96, 256, 1200, 2400)  # the third tells sin x of any double, the last what all but cancels there
ENOUGH = 60


def below(x: arb) -> float:
    """The largest double, or the one before, that is at most x; -inf of what is no number.

    >>> below(arb("0.1 +/- 1e-30")) <= 0.1, below(arb("nan"))
    (True, -inf)
    """
    if not x.is_finite():
        return -np.inf
    edge = x.lower()
    try:
        near = float(edge)
    except OverflowError:
        near = np.inf if edge > 0 else -np.inf
    while near > -np.inf and not (near < np.inf and arb(near) <= edge):
        near = float(np.nextafter(near, -np.inf))
    return near


def above(x: arb) -> float:
    """The least double, or the one after, that is at least x."""
    return -below(-x)


def by_balls(f: Ball, x: Array) -> tuple[Array, Array]:
    """Bounds of f at numbers, two arrays of the shape of x; the whole line where f has no value in ball arithmetic, as at ±inf and NaN."""
    flat = np.asarray(x, dtype=np.float64).reshape(-1)
    ends = np.array([_bounds(f, float(v)) for v in flat]).reshape(-1, 2)
    return ends[:, 0].reshape(np.shape(x)), ends[:, 1].reshape(np.shape(x))


def _bounds(f: Ball, x: float) -> tuple[float, float]:
    if not np.isfinite(x):
        return -np.inf, np.inf
    before = ctx.prec
    try:
        for precision in PRECISIONS:
            ctx.prec = precision
            value = f(arb(x))
            if value.is_finite() and (value.rel_accuracy_bits() >= ENOUGH or value.is_exact()):
                break
        return below(value), above(value)
    except (ValueError, ZeroDivisionError, OverflowError):
        return -np.inf, np.inf
    finally:
        ctx.prec = before


def over_balls(f: Callable[..., arb], *ends: tuple[Array, Array]) -> tuple[Array, Array]:
    """Bounds of f on boxes of one shape, number by number, each argument a ball; the whole line where f has no value on all of it."""
    shape = np.broadcast_shapes(*(low.shape for low, _ in ends))
    flat = [np.broadcast_to(a, shape).reshape(-1).tolist() for pair in ends for a in pair]
    found = [_on_ball(f, row) for row in zip(*flat, strict=True)]
    result = np.array(found, dtype=np.float64).reshape(-1, 2)
    return result[:, 0].reshape(shape), result[:, 1].reshape(shape)


def _on_ball(f: Callable[..., arb], row: tuple[float, ...]) -> tuple[float, float]:
    if not np.isfinite(row).all():
        return -np.inf, np.inf
    before, ctx.prec = ctx.prec, PRECISIONS[0]
    try:
        value = f(*(arb(a).union(arb(b)) if a < b else arb(a) for a, b in zip(row[::2], row[1::2], strict=True)))
        return below(value), above(value)
    except (ValueError, ZeroDivisionError, OverflowError):
        return -np.inf, np.inf
    finally:
        ctx.prec = before

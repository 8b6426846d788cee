"""Which implicit method suits a model: fast layers alone where they are what is stiff, else the exact Jacobian."""

from __future__ import annotations

import numpy as np

from numeric.field import Array
from numeric.steppers.layered import Layered, fast_layers, leak_rates
from numeric.steppers.linear_field import LinearField, places
from numeric.steppers.rosenbrock import Rosenbrock
from numeric.steppers.schur import Schur
from numeric.steppers.stepper import Stepper
from numeric.steppers.stiffness import FastestMode

# Fast layers must outrun what is left by so much: the explicit part takes steps of about 3 over its own rate.
APART = 10.0
SAMPLE, LOOKS = 8, 10


def stiff_method(field: LinearField, y: Array, t: Array) -> type[Stepper]:
    """The implicit stepper for trajectories at `y` (rows, n) and `t` (rows,), by the form of the model and its rates there."""
    if not fast_layers(field, y[:1]):
        return Rosenbrock
    leak = float(-resting(field, y).min(initial=0))
    return Layered if leak > APART * left_over(field, y[:SAMPLE], t[:SAMPLE]) else Rosenbrock


def cost(method: type[Stepper], field: LinearField, width: int) -> float:
    """A step in steps of an explicit method of order 5: with matrices 2 k³ multiplications against 12 n²; 85 for 256 neurons."""
    if not issubclass(method, Rosenbrock):
        return 2.0
    kept = places(field.layout(width), Schur(field, width).kept)
    return max(2.0, kept.size / 3)


def resting(field: LinearField, y: Array) -> Array:
    """The leaks of the fast layers, (n,), 0 elsewhere."""
    at, rates = places(field.layout(y.shape[1]), fast_layers(field, y)), leak_rates(field, y)
    found = np.zeros_like(rates)
    found[at] = rates[at]
    return found


def left_over(field: LinearField, y: Array, t: Array) -> float:
    """The largest rate that is left where the fast layers rest, in any of the rows."""
    mode = FastestMode(field, y, resting(field, y))
    for _ in range(LOOKS):
        rates = mode.rate(y, t)
    return float(np.nan_to_num(rates, nan=np.inf).max(initial=0))

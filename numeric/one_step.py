"""One-step maps y' = Φ_h(y) of a flow at a fixed step: explicit Euler, y + h f(y), and the classical Runge-Kutta method.

The step is a number or one for each row. Source: Hairer, Nørsett, Wanner, Solving Ordinary Differential Equations I, II.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from numeric.field import Array, Flow

# (flow, y, f(y, t), t, h) -> y'; y and f are (rows, n), t and h are (rows,).
StepMap: TypeAlias = Callable[[Flow, Array, Array, Array, Array], Array]


def euler(flow: Flow, y: Array, f: Array, t: Array, h: Array) -> Array:
    """y + h f, a step of order 1."""
    return y + _column(h, y) * f


def rk4(flow: Flow, y: Array, f: Array, t: Array, h: Array) -> Array:
    """The classical step of order 4."""
    c = _column(h, y)
    k2 = flow(y + c / 2 * f, t=t + h / 2)
    k3 = flow(y + c / 2 * k2, t=t + h / 2)
    k4 = flow(y + c * k3, t=t + h)
    return y + c / 6 * (f + 2 * (k2 + k3) + k4)


def _column(h: Array, y: Array) -> Any:
    return h[:, None].astype(y.dtype, copy=False)


STEP_MAPS: dict[str, StepMap] = {"euler": euler, "rk4": rk4}

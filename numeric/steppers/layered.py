"""Fast layers implicit, slow ones explicit: J̃ = [[0, 0], [J_FS, d_F]], so that 1 - hγJ̃ is solved by a division a component.

A fast layer F relaxes by a leak d and meets no other fast layer: the solution is x_S = r_S and
x_F = (r_F + hγ J_FS x_S) / (1 - hγ d), with J_FS x_S as a derivative along a direction. No matrix is formed; a step costs
little more than its flows. The method, ROS34PW2, has order 3 for any J̃ and is L-stable: fast layers are followed to their
rest whatever their time constants, and the slow ones see an explicit method of order 3, as stable as those are.
Source: Rang and Angermann (2005), BIT 45, 761-787. Measured against others with fast layers of τ = 0.001: methods of order
4 and 5 for such splits lose their order to errors of τ h and τ h², and need more steps from tolerances of 1e-5 on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array
from numeric.steppers.linear_field import LinearField, apart, places
from numeric.steppers.linearly_implicit import LinearlyImplicit, Tableau
from numeric.steppers.step_size import Tolerance

GAMMA = 4.3586652150845900e-01
# α and Γ below their diagonals, b and the embedded b of order 2, as printed.
ALPHA = ((), (8.7173304301691801e-01,), (8.4457060015369423e-01, -1.1299064236484185e-01), (0.0, 0.0, 1.0))
COUPLING = (
    (),
    (-8.7173304301691801e-01,),
    (-9.0338057013044082e-01, 5.4180672388095326e-02),
    (2.4212380706095346e-01, -1.2232505839045147e00, 5.4526025533510214e-01),
)
B = np.array([2.4212380706095346e-01, -1.2232505839045147e00, 1.5452602553351020e00, 4.3586652150845900e-01])
EMBEDDED = np.array([3.7810903145819369e-01, -9.6042292212423178e-02, 5.0000000000000000e-01, 2.1793326075422950e-01])


def lower(rows: tuple[tuple[float, ...], ...]) -> Array:
    """A strictly lower triangular matrix."""
    return np.array([[*row, *([0.0] * (len(rows) - len(row)))] for row in rows])


def in_u(alpha: Array, whole: Array, b: Array) -> Tableau:
    """The tableau in the stages u = Γ k, from α, Γ with its diagonal, and b."""
    inverse = np.linalg.inv(whole)
    A, C = alpha @ inverse, -np.tril(inverse, -1)
    rows = [tuple(tuple(m[i, :i]) for i in range(len(b))) for m in (A, C)]
    return Tableau(whole[0, 0], rows[0], rows[1], tuple(alpha.sum(axis=1)), tuple(whole.sum(axis=1)), tuple(b @ inverse))


def interpolant(alpha: Array, whole: Array) -> Array:
    """Powers 1 to 3 of θ, (3, 4), in u, of b(θ) with Σ b = θ, Σ b α = θ²/2, Σ b γ = 0 and Σ b α² = θ³/3: order 2 for any J̃.

    b(1) = b, as b meets the four. A sum over stages stays smooth in a fast layer. A cubic through the flow would not: there
    the flow is the state's error over its time constant.
    """
    nodes = alpha.sum(axis=1)
    met = np.array([np.ones(4), nodes, whole.sum(axis=1), nodes**2])
    b = np.linalg.solve(met, [[1, 0, 0], [0, 1 / 2, 0], [0, 0, 0], [0, 0, 1 / 3]])
    return np.asarray(b.T @ np.linalg.inv(whole))


_ALPHA, _WHOLE = lower(ALPHA), lower(COUPLING) + GAMMA * np.eye(4)


class Layered(LinearlyImplicit):
    """Steps of order 3 for models with fast layers that leak; see `Stepper`. `fast` names them."""

    order, evaluations, arrays = 3, 4, 14
    resolution = 0.078  # on dy/dt = -k y, explicit, the estimate is 0.078 |h f| at h k = 1
    tableau = in_u(_ALPHA, _WHOLE, B)
    dense = interpolant(_ALPHA, _WHOLE)
    _error_weights = (B - EMBEDDED) @ np.linalg.inv(_WHOLE)

    def __init__(self, field: LinearField, start: Array, t: Array, end: float, tolerance: Tolerance) -> None:
        """See `Stepper`."""
        layout = field.layout(start.shape[1])
        self._rates = leak_rates(field, start)
        self.fast = fast_layers(field, start)
        self._slow = tuple(s for s in layout if s not in self.fast and any(field.couplings[f, s] != "none" for f in self.fast))
        self._at = _sliced(places(layout, self.fast))
        super().__init__(field, start, t, end, tolerance)

    def interpolate(self, rows: NDArray[np.intp], theta: Array) -> Array:
        """States at t + theta h within the attempted step, to order 2; see `Stepper`."""
        return self._within(self.dense, rows, theta)

    def _prepare(self, y: Array, t: Array, step: Array) -> None:
        self._y0, self._t0, self._h = y, t, step[:, None]
        self._divisor = 1 - self._h * np.minimum(self._rates[self._at], 0)

    def _solve(self, r: Array) -> Array:
        if self._slow:
            pull = self._field.packed_jvp(self._y0, r, self._t0, rows=self.fast, moving=self._slow)
            r[:, self._at] += self._h * pull[:, self._at]
        r[:, self._at] /= self._divisor
        return r

    def _estimate(self, part: slice) -> Array:
        return self._sum(self._error_weights, part)


def fast_layers(field: LinearField, y: Array) -> tuple[str, ...]:
    """The states that leak and do not meet, those with the fastest leaks first."""
    rates, layout = leak_rates(field, y), field.layout(y.shape[1])
    return apart(field.couplings, sorted(field.leaks, key=lambda s: float(rates[layout[s]].min(initial=0))))


def leak_rates(field: LinearField, y: Array) -> Array:
    """∂f_i/∂y_i of the states that leak, (n,), and 0 elsewhere; `y` (rows, n) sets the width and the dtype."""
    return field.packed_slopes(np.zeros((1, y.shape[1]), y.dtype), rows=field.leaks)[0]


def _sliced(at: NDArray[np.intp]) -> Any:
    """Adjacent places as a slice, which needs no copy."""
    adjacent = at.size and at[-1] - at[0] + 1 == at.size and np.all(np.diff(at) == 1)
    return slice(int(at[0]), int(at[-1]) + 1) if adjacent else at

"""Dormand-Prince 5(4): six evaluations a step, error of order 5, estimated by the difference to a solution of order 4.

Source: Dormand and Prince (1980), J. Comput. Appl. Math. 6, 19-26; the interpolant of order 4 is Shampine's (1986),
Math. Comp. 46, 135-150.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array
from numeric.steppers.runge_kutta import RungeKutta

NODES = (0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1)
STAGES = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
ERROR = (71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)  # order 5 less order 4
# y(t + θ h) = y + h Σ_s k_s (P_s1 θ + P_s2 θ² + P_s3 θ³ + P_s4 θ⁴)
INTERPOLANT = (
    (1, -8048581381 / 2820520608, 8663915743 / 2820520608, -12715105075 / 11282082432),
    (0, 0, 0, 0),
    (0, 131558114200 / 32700410799, -68118460800 / 10900136933, 87487479700 / 32700410799),
    (0, -1754552775 / 470086768, 14199869525 / 1410260304, -10690763975 / 1880347072),
    (0, 127303824393 / 49829197408, -318862633887 / 49829197408, 701980252875 / 199316789632),
    (0, -282668133 / 205662961, 2019193451 / 616988883, -1453857185 / 822651844),
    (0, 40617522 / 29380423, -110615467 / 29380423, 69997945 / 29380423),
)


class DormandPrince(RungeKutta):
    """Steps of order 5, for tolerances down to about 1e-7."""

    order, evaluations, arrays = 5, 6, 15
    # On dy/dt = -k y the estimate is 0.001 |h f| at h k = 1, 0.03 |h f| at 2, and 0.28 |h f| at 3.3, the limit of stability.
    # Up to h k = 1 every decaying mode is damped (on the imaginary axis damping stops just there).
    resolution = 1e-3
    nodes, stages, estimate, kept = NODES, STAGES, ERROR, tuple(range(7))

    def interpolate(self, rows: NDArray[np.intp], theta: Array) -> Array:
        """States at t + theta h within the attempted step, to order 4; see `Stepper`."""
        powers = theta[:, None] ** np.arange(1, 5)
        weights = (self.step[rows, None] * (powers @ np.array(INTERPOLANT).T)).astype(self._y.dtype)
        return np.asarray(self._y[rows] + np.einsum("qs,sqn->qn", weights, self._k[:, rows]))

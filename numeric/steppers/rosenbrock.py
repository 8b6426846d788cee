"""Rodas5P: linearly implicit steps with the exact J, order 5(4), stiffly accurate, L-stable, an interpolant of order 4.

Source: Steinebach (2023), BIT 63, 27; the digits are those of the Julia package OrdinaryDiffEq.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array
from numeric.steppers.linear_field import LinearField, with_derivatives
from numeric.steppers.linearly_implicit import LinearlyImplicit, Tableau
from numeric.steppers.schur import Schur
from numeric.steppers.step_size import Tolerance

GAMMA = 0.21193756319429014
NODES = (0.0, 0.6358126895828704, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1.0, 1.0, 1.0)
SLOPES = (GAMMA, -0.42387512638858027, -0.3384627126235924, 1.8046452872882734, 2.325825639765069, 0.0, 0.0, 0.0)
_LAST = (-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946)
A = (
    (),
    (3.0,),
    (2.849394379747939, 0.45842242204463923),
    (-6.954028509809101, 2.489845061869568, -10.358996098473584),
    (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
    _LAST,
    (*_LAST, 1.0),
    (*_LAST, 1.0, 1.0),
)
C = (
    (),
    (-14.155112264123755,),
    (-17.97296035885952, -2.859693295451294),
    (147.12150275711716, -1.41221402718213, 71.68940251302358),
    (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
    (24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471),
    (30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783, -19.097331116725623, -28.087943162872662),
    (
        37.80277123390563,
        -3.2571969029072276,
        112.26918849496327,
        66.9347231244047,
        -40.06618937091002,
        -54.66780262877968,
        -9.48861652309627,
    ),
)
STAGES = Tableau(GAMMA, A, C, NODES, SLOPES, weights=(*_LAST, 1.0, 1.0, 1.0))
# y(t + θ h) = (1-θ) y + θ (y' + (1-θ)(q_1 + θ (q_2 + θ q_3))), q_r = Σ_i DENSE_ri u_i
DENSE = (
    (
        25.948786856663858,
        -2.5579724845846235,
        10.433815404888879,
        -2.3679251022685204,
        0.524948541321073,
        1.1241088310450404,
        0.4272876194431874,
        -0.17202221070155493,
    ),
    (
        -9.91568850695171,
        -0.9689944594115154,
        3.0438037242978453,
        -24.495224566215796,
        20.176138334709044,
        15.98066361424651,
        -6.789040303419874,
        -6.710236069923372,
    ),
    (
        11.419903575922262,
        2.8879645146136994,
        72.92137995996029,
        80.12511834622643,
        -52.072871366152654,
        -59.78993625266729,
        -0.15582684282751913,
        4.883087185713722,
    ),
)


class Rosenbrock(LinearlyImplicit):
    """Implicit steps of order 5, for any stiffness. A matrix that is singular fails the attempt, and the next step is smaller."""

    order, evaluations, arrays = 5, 8, 20
    resolution = 1.0  # every decaying mode is damped, whatever the step
    tableau = STAGES

    def __init__(self, field: LinearField, start: Array, t: Array, end: float, tolerance: Tolerance) -> None:
        """See `Stepper`."""
        self._matrix = Schur(with_derivatives(field), start.shape[1])
        super().__init__(field, start, t, end, tolerance)

    def interpolate(self, rows: NDArray[np.intp], theta: Array) -> Array:
        """States at t + theta h within the attempted step, to order 4; see `Stepper`."""
        m, (q1, q2, q3) = np.array(STAGES.weights), np.array(DENSE)
        return self._within(np.array([m + q1, q2 - q1, q3 - q2, -q3]), rows, theta)

    def _rows_at_once(self) -> int:
        return self._matrix.rows_at_once(self._y.itemsize)

    def _prepare(self, y: Array, t: Array, step: Array) -> None:
        self._matrix.prepare(y, t, step)

    def _solve(self, r: Array) -> Array:
        return self._matrix.solve(r)

    def _estimate(self, part: slice) -> Array:
        """The last stage: what it adds to a solution of order 4."""
        return self._u[-1, part]

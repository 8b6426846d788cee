"""v ↦ J v: the one place where it is chosen how the Jacobian acts on vectors without its matrix being asked for.

A model that has a program for directional derivatives is run; for any other the dense Jacobian is made once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator

from numeric.stability.point import Point

Array = NDArray[Any]

# Beyond so many components neither J nor projectors are made as matrices: (1500, 1500) takes 18 MB and 4 s of eigenvalues.
DENSE = 1500


def jacobian_product(at: Point) -> LinearOperator:
    """J at the point as an operator (n, n).

    >>> from amsym import index, state, System
    >>> from numeric.stability.point import point
    >>> i, y = index("i", "N"), state("y", "N")
    >>> jacobian_product(point(System(flow={y[i]: -y[i]**2}), {}, [1.0, 2.0])) @ np.ones(2)
    array([-2., -4.])
    """
    program = getattr(at.bound, "packed_jvp", None)
    if program is None:
        J = at.jacobian()
        return LinearOperator(J.shape, matvec=lambda v: J @ v, matmat=lambda V: J @ V, dtype=np.float64)

    def along(V: Array) -> Array:
        U = np.ascontiguousarray(V.reshape(at.n, -1).T)
        return np.asarray(program(np.repeat(at.y[None], len(U), axis=0), U, t=at.t).T)

    return LinearOperator((at.n, at.n), matvec=lambda v: along(v)[:, 0], matmat=along, dtype=np.float64)


__all__ = ["DENSE", "jacobian_product"]

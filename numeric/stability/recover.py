"""The steady state that belongs to a minimum ỹ of the energy: y = ỹ + V c with Pd f(y) = 0, as f is affine along dead directions.

For dy/dt = W g(y) + b - y it is y = ỹ + Pd (W g(ỹ) + b - ỹ). The printed formula has no -ỹ, so it holds where Pd ỹ = 0 only.
Where a dead neuron comes alive on the way (W g(ỹ) + b is above its threshold), y is no steady state: ỹ was a minimum only
because the energy is flat there.
Source: dead_neurons Proposition 4.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, gmres

from amsym.errors import InputError
from numeric.simulate_input import nonnegative
from numeric.stability.dead_space import DeadSpace, dead_space
from numeric.stability.point import Point, point
from numeric.stability.products import jacobian_product

Array = NDArray[Any]

# How far into its ray a dead neuron is moved, relative to 1 + |ỹ|, so that the slope is not that of a kink.
INWARDS = 1e-6
# Newton steps for what the minimisation left over, which go no further than NEAR (1 + |ỹ|) in all: where Λ has an eigenvalue
# of 1e-6, as layer normalisation has, a gradient of 1e-9 leaves a flow of 1e-3.
STEPS, NEAR = 6, 1e-2


def recover_state(system: Any, params: Any, minimum: Any, *, t: float = 0.0, steady: float = 1e-6) -> Any:
    """The steady state, in the structure of `minimum`, that a minimum of the energy gives once its dead part is moved.

    `minimum` is one state where the energy's gradient vanishes, whatever its dead components are; what is missing of that is
    made up by a few short Newton steps on the flow. The result has |f|_inf <= steady (1 + |y|_inf).

    >>> from amsym import zoo
    >>> recover_state(zoo.hopfield("relu"), {"W": [[0.5, -1], [-1, 0]], "b": [1.0, -1.0]}, [2.0, -7.0])
    array([ 2., -3.])

    Raises InputError where the flow does not vanish there, with its size: a dead neuron came alive, or `minimum` is none.
    Source: dead_neurons Proposition 4.3.
    """
    at = point(system, params, minimum, t)
    D = dead_space(at)
    y = at.y + INWARDS * at.scale * D.sides
    inside = at.moved(y)
    J = jacobian_product(inside)
    only_dead = LinearOperator(J.shape, matvec=lambda x: D.onto(J @ D.onto(x)) + D.off(x), dtype=np.float64)
    y = sharpened(at, y + D.onto(_solved(only_dead, -D.onto(at.flow(y)))))
    _check(at, D, y, nonnegative("steady", steady))
    return at.restore(y)


def sharpened(at: Point, y: Array) -> Array:
    """y after Newton steps on f while these make it smaller and do not lead away."""
    start = y
    for _ in range(STEPS):
        f, here = at.flow(y), at.moved(y)
        new = y + _solved(jacobian_product(here), -f)
        better = np.abs(at.flow(new)).max() < np.abs(f).max()  # False for NaN
        if not better or np.abs(new - start).max() > NEAR * here.scale:
            return y
        y = new
    return y


def _solved(operator: LinearOperator, f: Array) -> Array:
    """x with A x = f, by GMRES, exact after as many steps as A has different eigenvalues."""
    found, _ = gmres(operator, f, rtol=1e-13, atol=0.0, restart=min(200, len(f)), maxiter=10)
    return np.asarray(found)


def _check(at: Point, D: DeadSpace, y: Array, steady: float) -> None:
    f = np.abs(at.flow(y))
    scale = 1.0 + float(np.abs(y).max(initial=0.0))
    if f.max(initial=0.0) <= steady * scale:
        return
    k = int(np.argmax(np.where(np.isfinite(f), f, np.inf)))
    moved = at.moved(y)
    alive = np.flatnonzero(D.neurons & ~dead_space(moved).neurons) if np.isfinite(y).all() else np.zeros(0, dtype=int)
    why = f"the dead {at.labels[alive[0]]} comes alive on the way" if alive.size else "the energy has no minimum there"
    raise InputError(
        f"the recovered state is not steady: |f| is {f[k]:.3g} at {at.labels[k]}, at most {steady * scale:.3g} was expected, as {why}: "
        "follow the flow from it with am.simulate, or minimise more closely"
    )


__all__ = ["recover_state"]

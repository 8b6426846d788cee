"""Λ = ∂g/∂y at a state, from the activation of each state: the slopes of an elementwise g, else a matrix."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.dead import Dead
from amsym.errors import AmsymError
from amsym.notation import derivative
from amsym.system import System
from numeric.aside import own_parameters
from numeric.compile import Model
from numeric.stability.point import Point

Array = NDArray[Any]


def slopes(found: Dead, at: Point) -> Array | None:
    """g'(y) of every component, flat, where g is elementwise; None where it is not, or is not known.

    >>> from amsym import zoo
    >>> from amsym.dead import dead
    >>> from numeric.stability.point import point
    >>> p = point(zoo.hopfield("relu"), {"W": np.zeros((2, 2)), "b": [0, 0]}, [-1.0, 2.0])
    >>> slopes(dead(p.system)[0], p).tolist()
    [0.0, 1.0]
    """
    if found.formula is None or found.joint or found.profile is None:
        return None
    slope = derivative(found.formula, found.variable).xreplace({found.variable: found.component})
    value = _evaluated(found, slope, at, "flow")
    return None if value is None else np.ravel(value)


def activation_matrix(found: Dead, at: Point) -> Array | None:
    """Λ of one state, (n_s, n_s), of any activation that is known."""
    if found.activation.formula is None:
        return None
    value = _evaluated(found, found.activation.formula, at, "jacobian")
    n = int(np.prod(at.shapes[found.state.name]))
    return None if value is None else np.reshape(value, (n, n))


def _evaluated(found: Dead, formula: sp.Expr, at: Point, kind: str) -> Any:
    """A formula in one state, or its Jacobian, at the point; None where it has no finite numbers."""
    model = _compiled(found.component, formula)
    try:
        bound = model.bind(own_parameters(model.system, at.bound.params), sizes=at.sizes)
        value = getattr(bound, kind)(at.parts(at.y)[found.state.name], at.t)
    except AmsymError:
        return None
    return value if np.isfinite(value).all() else None


@lru_cache(maxsize=128)
def _compiled(component: Any, formula: sp.Expr) -> Model:
    return Model(System(flow={component: formula}))


__all__ = ["activation_matrix", "slopes"]

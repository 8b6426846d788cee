"""The flow and its Jacobian in floating point, compiled: where Newton's method looks before balls decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.system import System
from numeric.compile import Model
from proofs.draws import Values, floats

Array = NDArray[np.float64]


class RoughFlow:
    """f and ∂f/∂y of one system on vectors of all components, state after state.

    >>> from fractions import Fraction
    >>> from amsym.notation import index, state
    >>> i, y = index("i", "N"), state("y", "N")
    >>> at = RoughFlow(System(flow={y[i]: 1 - y[i]**2})).bound({"N": 2}, {})
    >>> at.value(np.array([1.0, 0.0])), float(at.slope(np.array([1.0, 0.0]))[0, 0])
    (array([0., 1.]), -2.0)
    """

    def __init__(self, system: System) -> None:
        self.system, self.model = system, Model(system)

    def bound(self, sizes: Mapping[str, int], values: Values) -> RoughAt:
        """The same with these parameters."""
        known = {*self.system.parameters, *self.system.scalars}
        return RoughAt(self, self.model.bind({str(k.name): floats(v) for k, v in values.items() if k in known}, sizes=dict(sizes)), sizes)


class RoughAt:
    """The flow at given parameters."""

    def __init__(self, flow: RoughFlow, bound: Any, sizes: Mapping[str, int]) -> None:
        self.bound = bound
        self.shapes = {s.name: tuple(sizes[a] for a in s.axes) for s in flow.system.states}

    def _split(self, y: Array) -> dict[str, Array]:
        states, start = {}, 0
        for name, shape in self.shapes.items():
            width = int(np.prod(shape, dtype=int))
            states[name] = y[start : start + width].reshape(shape)
            start += width
        return states

    def value(self, y: Array) -> Array:
        """f(y)."""
        found = self.bound.flow(self._split(y))
        return np.concatenate([np.ravel(found[name]) for name in self.shapes])

    def slope(self, y: Array) -> Array:
        """∂f/∂y."""
        found = self.bound.jacobian(self._split(y))
        width = {name: int(np.prod(shape, dtype=int)) for name, shape in self.shapes.items()}
        return np.block([[np.reshape(found[a][b], (width[a], width[b])) for b in self.shapes] for a in self.shapes])

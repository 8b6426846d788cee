"""One state y of a bound model in packed coordinates: f(y), J = ∂f/∂y and the energy's Hessian as matrices (n, n)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from amsym.system import System
from numeric.bound import Bound
from numeric.layout import read
from numeric.simulate_input import bound_model

Array = NDArray[Any]


@dataclass(frozen=True)
class Point:
    """y, (n,), with its model and time. `restore` gives packed numbers (n,) back in the caller's structure."""

    bound: Bound
    y: Array
    t: float
    sizes: Mapping[str, int]
    restore: Callable[[Array], Any]

    @property
    def system(self) -> System:
        """The system whose flow this is."""
        return self.bound.system

    @property
    def n(self) -> int:
        """The number of components of all states."""
        return len(self.y)

    @property
    def scale(self) -> float:
        """1 + |y|_inf, what a residual and a nudge are measured against."""
        return 1.0 + float(np.abs(self.y).max(initial=0.0))

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each state, in the order of packing."""
        return {s.name: tuple(self.sizes[a] for a in s.axes) for s in self.system.states}

    @property
    def labels(self) -> list[str]:
        """The name of each packed component.

        >>> from amsym import zoo
        >>> p = point(zoo.softmax_memory(), {"xi": [[1.0, 2.0]], "beta": 1, "tau_v": 1, "tau_h": 1}, {"v": [0.0], "h": [0.0, 0.0]})
        >>> p.labels
        ['v[0]', 'h[0]', 'h[1]']
        """
        places = ((name, p) for name, shape in self.shapes.items() for p in product(*map(range, shape)))
        return [f"{name}[{', '.join(map(str, p))}]" if p else name for name, p in places]

    def parts(self, packed: Array) -> dict[str, Array]:
        """Packed numbers (n,) by state, in the shapes of the states."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes.values()])
        return {name: a.reshape(self.shapes[name]) for name, a in zip(self.shapes, np.split(packed, ends[:-1]), strict=True)}

    def flow(self, y: Array | None = None) -> Array:
        """f at y, (n,), or at another state."""
        return self.bound.packed_flow((self.y if y is None else y)[None], t=self.t)[0]

    def moved(self, y: Array) -> Point:
        """The same model at another state."""
        return replace(self, y=y)

    def jacobian(self, y: Array | None = None) -> Array:
        """J at y, (n, n)."""
        return self.bound.packed_jacobian((self.y if y is None else y)[None], self.t)[0]

    def hessian(self) -> Array:
        """∇²E at y, (n, n)."""
        return self.bound.packed_hessian(self.y[None], self.t)[0]


def point(system: Any, params: Any, state: Any, t: float = 0.0) -> Point:
    """Read one state of a system, Memory or bound model (then `params` is None), in double precision.

    Raises InputError for a batch of states, numbers that are not finite, and a system without flow.
    """
    bound: Any = bound_model(system, params)
    if not bound.has_flow:
        raise InputError("the system has an update in discrete time, and a flow's Jacobian was expected: give System(flow=...)")
    rows = read(bound.system.states, state, bound.sizes)
    if rows.lead:
        raise InputError(f"the state has the batch axes {rows.lead}; one state was expected: take them one by one")
    packed, restore = bound.pack(state)
    y = packed[0].astype(np.float64)
    if not np.isfinite(y).all():
        k = int(np.flatnonzero(~np.isfinite(y))[0])
        raise InputError(f"the state holds {y[k]} in component {k}; finite numbers were expected: drop or mend it")
    return Point(bound, y, float(t), rows.sizes, lambda a: restore(a[None], batch_shape=()))


__all__ = ["Point", "point"]

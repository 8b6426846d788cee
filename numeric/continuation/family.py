"""f(z) = 0 with z = (y, s) in units: the curve of steady states, with its first three derivatives.

Units make lengths comparable: s in shares of its range, y by its root mean square over the components, in units of the
size that it starts with (at least 1). A step of 0.05 then means a twentieth of the range, or of the state's size. f comes
in units of its slopes at the start, component by component: a fast state counts no more than a slow one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np
import sympy as sp

from amsym.system import System
from numeric.aside import own_parameters
from numeric.bound import Bound
from numeric.compile import compile as compile_model
from numeric.continuation.kinks import kink_values
from numeric.continuation.lifted import Lifted
from numeric.directional import along, component, directions_of
from numeric.field import Array

DIFFERENCE = 1e-5  # of central differences, in units: truncation and rounding are both about 1e-10


class Family:
    """The lifted flow at single points z (n + 1,), in units."""

    def __init__(self, lift: Lifted, sizes: Mapping[str, int], y: Array, span: float) -> None:
        """`y` (n,) is the packed start, `span` the length of the parameter's range."""
        self.n = len(y)
        self.params, self.sizes, self.system = lift.params, dict(sizes), lift.system
        self.unit = np.sqrt(self.n) * max(1.0, float(np.sqrt(np.mean(y**2))))
        self.units = np.append(np.full(self.n, self.unit), span)
        self._flow = self.bound(lift.system)
        self.rows = np.ones(self.n)
        lengths = np.linalg.norm(self.slopes(np.append(y, lift.start) / self.units), axis=1)
        self.rows = np.where(np.isfinite(lengths) & (lengths > 0), lengths, 1.0)

    def bound(self, system: System) -> Bound:
        """A system of its own, bound to those of the parameters that it has."""
        return compile_model(system).bind(own_parameters(system, self.params), sizes=self.sizes)

    def f(self, z: Array) -> Array:
        """f (n,)."""
        return self._flow.packed_flow((z * self.units)[None])[0, :-1] / self.rows

    def slopes(self, z: Array) -> Array:
        """∂f/∂z (n, n + 1)."""
        J: Array = self._flow.packed_jacobian((z * self.units)[None])[0, :-1]
        return J * self.units / self.rows[:, None]

    @property
    def rate(self) -> Array:
        """What rows of ∂f/∂z times give ∂f/∂y in the caller's units, (n, 1)."""
        return np.asarray(self.rows[:, None] / self.unit)

    def second(self, z: Array, u: Array, v: Array) -> Array:
        """Σ ∂²f/∂z_j∂z_k u_j v_k, (n,), by 4 u v = (u + v)² - (u - v)²."""
        return (self._along(2, z, u + v) - self._along(2, z, u - v)) / 4

    def third(self, z: Array, u: Array, v: Array) -> Array:
        """Σ ∂³f/∂z_j∂z_k∂z_l u_j u_k v_l, (n,), by 6 u² v = (u + v)³ - (u - v)³ - 2 v³."""
        if u is v:
            return self._along(3, z, u)
        return (self._along(3, z, u + v) - self._along(3, z, u - v) - 2 * self._along(3, z, v)) / 6

    def _along(self, order: int, z: Array, u: Array) -> Array:
        """The derivative of this order of f(z + ε u) by ε, (n,)."""
        row = np.concatenate([z * self.units, u * self.units])
        return (self._twice if order == 2 else self._thrice).packed_flow(row[None])[0, : self.n] / self.rows

    @cached_property
    def _twice(self) -> Bound:
        """Made on first use: the derivatives of a large formula take a while."""
        return self._of_order(2)

    @cached_property
    def _thrice(self) -> Bound:
        """Made on first use, as `_twice`."""
        return self._of_order(3)

    def _of_order(self, order: int) -> Bound:
        """The derivative of this order along one direction, whose components are states at rest after y and s."""
        flow, u = dict(self.system.equations), directions_of(self.system)
        for _ in range(order):
            flow = {c: along(f, u) for c, f in flow.items()}
        rest = {component(u[c.tensor], c.where): sp.S.Zero for c in self.system.equations}
        return self.bound(System(flow={**flow, **rest}))

    def bend(self, z: Array, psi: Array) -> Array:
        """∂²(ψ·f)/∂z∂z (n + 1, n + 1) by differences of ψ ∂f/∂z, right to about 1e-9: enough to steer Newton's method."""
        steps = DIFFERENCE * np.eye(self.n + 1)
        second = np.stack([psi @ (self.slopes(z + e) - self.slopes(z - e)) for e in steps]) / (2 * DIFFERENCE)
        return np.asarray((second + second.T) / 2)

    @cached_property
    def kinks(self) -> Callable[[Array], Array]:
        """The functions of z (m,) whose signs tell the smooth piece of f; see `numeric.continuation.kinks`."""
        return kink_values(self)

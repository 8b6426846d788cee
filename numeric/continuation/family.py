"""f(z) = 0 with z = (y, s) in units: the curve of steady states, with its first three derivatives.

Units make lengths comparable: s in shares of its range, y by its root mean square over the components, in units of the
size that it starts with (at least 1). A step of 0.05 then means a twentieth of the range, or of the state's size. f comes
in units of its slopes at the start, component by component: a fast state counts no more than a slow one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from amsym.notation import Component, Tensor, Total, derivative
from amsym.system import System
from numeric.bound import Bound
from numeric.compile import compile as compile_model
from numeric.continuation.kinks import kink_values
from numeric.continuation.lifted import Lifted
from numeric.directional import along, component
from numeric.field import Array


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
        names = {p.name for p in (*system.parameters, *system.scalars)}
        return compile_model(system).bind({n: a for n, a in self.params.items() if n in names}, sizes=self.sizes)

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
        """Σ ∂²f/∂z_j∂z_k u_j v_k, (n,)."""
        return self._multilinear(2, z, u, v)

    def third(self, z: Array, u: Array, v: Array, w: Array) -> Array:
        """Σ ∂³f/∂z_j∂z_k∂z_l u_j v_k w_l, (n,)."""
        return self._multilinear(3, z, u, v, w)

    def _multilinear(self, order: int, z: Array, *directions: Array) -> Array:
        """The derivative of this order along as many directions."""
        row = np.concatenate([x * self.units for x in (z, *directions)])
        return (self._second if order == 2 else self._third).packed_flow(row[None])[0, : self.n] / self.rows

    @cached_property
    def _second(self) -> Bound:
        return self._of_order(2)

    @cached_property
    def _third(self) -> Bound:
        return self._of_order(3)

    def _of_order(self, order: int) -> Bound:
        """The derivative of this order along as many directions, which are states at rest after y and s."""
        flow = dict(self.system.equations)
        directions: list[dict[Tensor, Tensor]] = [self._copies(f"along{k}_") for k in range(order)]
        for u in directions:
            flow = {c: along(f, u) for c, f in flow.items()}
        rest = {component(u[c.tensor], c.where): sp.S.Zero for u in directions for c in self.system.equations}
        return self.bound(System(flow={**flow, **rest}))

    def _copies(self, prefix: str) -> dict[Tensor, Tensor]:
        """A tensor for each state, with a name that no state has."""
        while any(s.name.startswith(prefix) for s in self.system.states):
            prefix += "_"
        return {s: Tensor(prefix + s.name, s.axes, "state") for s in self.system.states}

    @cached_property
    def _pairing(self) -> Bound:
        """The gradient of ψ·f by y, s and ψ, as a flow; ψ of s is at rest and stands last."""
        psi = self._copies("psi_")
        pairing = sp.Add(*(_summed(component(psi[c.tensor], c.where) * f, c) for c, f in self.system.equations.items()))
        by_z: dict[Any, Any] = {c: derivative(pairing, c) for c in self.system.equations}
        by_psi: dict[Any, Any] = {component(psi[c.tensor], c.where): f for c, f in self.system.equations.items()}
        return self.bound(System(flow={**by_z, **by_psi}))

    def pairing(self, z: Array, psi: Array) -> tuple[Array, Array]:
        """The gradient (2n + 1,) of ψ·f(z) by z and ψ, and its matrix of second derivatives."""
        units = np.append(self.units, 1 / self.rows)
        row = np.concatenate([z * self.units, psi / self.rows, [0.0]])[None]
        gradient = self._pairing.packed_flow(row)[0, :-1] * units
        second = self._pairing.packed_jacobian(row)[0, :-1, :-1]
        return gradient, units[:, None] * second * units

    @cached_property
    def kinks(self) -> Callable[[Array], Array]:
        """The functions of z (m,) whose signs tell the smooth piece of f; see `numeric.continuation.kinks`."""
        return kink_values(self)


def _summed(body: sp.Expr, c: Component) -> sp.Expr:
    """The sum over the indices of a component."""
    return Total(body, *c.where) if c.where else body

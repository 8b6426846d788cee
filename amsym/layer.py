"""A layer of neurons: a state x, a Lagrangian, the activation g = ∇L and a time constant τ. [modern_methods] section 3.2."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.errors import ModelError
from amsym.lagrangian import Lagrangian
from amsym.lagrangians.arguments import scalar
from amsym.notation import Index, Tensor, fresh_indices, parameter, state
from amsym.notation.axes import axis_names


class Layer:
    """Neurons over one or several axes.

    tau: a positive number, a name or scalar parameter, or a parameter over the layer's axes or some of them.
    `x`: the state; `g`: its activation, a tensor that synapses are written in.
    A joint Lagrangian acts over the axis `over` (the only one by default).

    >>> from amsym import lagrangians
    >>> v = Layer("v", "N", lagrangians.tanh())
    >>> v
    Layer v over N: tanh, tau = 1
    """

    def __init__(self, name: str, axes: str, lagrangian: Lagrangian, *, tau: Any = 1, over: str | None = None) -> None:
        if not isinstance(lagrangian, Lagrangian):
            raise ModelError(f"layer '{name}': expected a Lagrangian such as am.lagrangians.tanh(), got {lagrangian!r}")
        if not axis_names(axes):
            raise ModelError(f"layer '{name}' needs an axis such as 'N', got {axes!r}")
        self.name, self.lagrangian, self.over = name, lagrangian, over
        self.x: Tensor = state(name, axes)
        self.g = Tensor(f"g_{name}", self.x.axes, "activation")
        self.tau = _time_constant(self.x, tau)
        if lagrangian.kind == "joint":
            lagrangian.axis(self.x, over)

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the layer's axes."""
        return self.x.axes

    def indices(self) -> tuple[Index, ...]:
        """One index for each axis."""
        return fresh_indices(self.x.axes)

    def activation(self, *where: Index) -> Any:
        """The activation as a formula in the state."""
        return self.lagrangian.activation(self.x[where], self.over)

    def tau_at(self, where: tuple[Index, ...]) -> Any:
        """The time constant of a neuron: the layer's, or its own (its token's) where tau is a parameter over axes of the layer."""
        if not isinstance(self.tau, Tensor):
            return self.tau
        own = where if self.tau.axes == self.axes else tuple(where[self.axes.index(a)] for a in self.tau.axes)
        return self.tau[own]

    @property
    def energy(self) -> sp.Expr:
        """The layer's own energy Σ x g - L."""
        return self.lagrangian.energy(self.x, self.over)

    def __repr__(self) -> str:
        return f"Layer {self.name} over {' '.join(self.axes)}: {self.lagrangian.name}, tau = {self.tau}"


def _time_constant(x: Tensor, tau: Any) -> Any:
    if isinstance(tau, Tensor):
        if tau.axes != x.axes and any(x.axes.count(a) != 1 for a in tau.axes):
            raise ModelError(f"layer '{x.name}': tau is a scalar or a parameter over axes of '{' '.join(x.axes)}', got {tau.description}")
        return tau
    if isinstance(tau, str):
        return parameter(tau, positive=True)
    tau = scalar(tau, f"the time constant tau of layer '{x.name}'")
    if tau.is_nonpositive:
        raise ModelError(f"layer '{x.name}': expected a positive time constant tau, got {tau}: give one such as 0.1 or 'tau'")
    return tau

"""compile: a System to a Model that runs, with parameters bound to it to a Bound that is fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from amsym.errors import InputError
from amsym.system import System
from numeric.binding import checked_parameters
from numeric.bound import Bound
from numeric.formulas import Kind, Outputs, outputs
from numeric.lower import Lowering
from numeric.program import Program

# The size of every axis in `Model.source`; programs are made again at the sizes in use.
NOMINAL_SIZE = 64


class Model:
    """A system that NumPy runs. Programs are made on first use, at the sizes in use, and kept.

    >>> import sympy as sp
    >>> from amsym.notation import indices, parameter, state, total
    >>> i, j = indices("i j", "N")
    >>> y, W = state("y", "N"), parameter("W", "N N", symmetric=True)
    >>> model = compile(System(flow={y[i]: total(W[i, j]*sp.tanh(y[j]), j) - y[i]}))
    >>> model.flow([0.0, 1.0], {"W": [[0.0, 1.0], [1.0, 0.0]]}).round(3)
    array([ 0.762, -1.   ])
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self._programs: dict[Any, Program] = {}

    def __repr__(self) -> str:
        return f"{self.system.name}, compiled"

    @property
    def source(self) -> str:
        """The Python source of flow (or update) and energy at nominal sizes; `Bound.source` has the real ones."""
        sizes = dict.fromkeys(self.system.axes, NOMINAL_SIZE)
        moves = "flow" if self.system.flow is not None else "update"
        kinds = [moves] if self.system.energy is None else [moves, "energy"]
        return "\n\n".join(f"# {kind}, every axis of size {NOMINAL_SIZE}\n\n{self.program(kind, sizes).source}" for kind in kinds)

    def bind(self, params: Mapping[str, Any] | None = None, *, sizes: Mapping[str, int] | None = None) -> Bound:
        """Check the parameters, by name, once; `sizes` are for axes that neither a parameter nor a state has.

        Raises InputError naming the parameter that does not fit.
        """
        arrays, known = checked_parameters(self.system, params, sizes)
        return Bound(self, arrays, known)

    def program(self, kind: Kind, sizes: Mapping[str, int], zeros: frozenset[str] = frozenset(), careful: bool = False) -> Program:
        """The program for "flow", ("jvp", rows, moving) ... at these sizes; `zeros` names parameters with a zero entry.

        `careful`: with shifts in all sums of exponentials (see `numeric.stable`).
        """
        key = (kind, tuple(sizes.items()), zeros, careful)
        found = self._programs.get(key)
        if found is None:
            found = self._programs[key] = self._made(kind, sizes, zeros, careful)
        return found

    def lowered(
        self, kind: Kind, sizes: Mapping[str, int], zeros: frozenset[str] = frozenset(), careful: bool = True
    ) -> tuple[Lowering, Outputs]:
        """The graph of nodes that a program is made of, and its outputs."""
        missing = [axis for axis in self.system.axes if axis not in sizes]
        if missing:
            axis = missing[0]
            raise InputError(f"axis '{axis}' has no size, as no parameter or state runs over it: say bind(params, sizes={{'{axis}': ...}})")
        low = self.lowering(sizes, zeros, careful)
        return low, outputs(self.system, low, kind)

    def _made(self, kind: Kind, sizes: Mapping[str, int], zeros: frozenset[str], careful: bool) -> Program:
        low, results = self.lowered(kind, sizes, zeros, careful)
        return Program(low.graph, results, low.watched)

    def lowering(self, sizes: Mapping[str, int], zeros: frozenset[str] = frozenset(), careful: bool = False) -> Lowering:
        """An empty graph at these sizes, for formulas of the system to be lowered into."""
        symmetric = [p.name for p in self.system.parameters if p.has_property("symmetric") and len(p.axes) == 2]
        return Lowering(sizes, zeros, symmetric, careful)

    # Bind and call

    def flow(self, state: Any, params: Any = None, t: Any = 0.0) -> Any:
        """dy/dt at a state."""
        return self.bind(params).flow(state, t)

    def energy(self, state: Any, params: Any = None, t: Any = 0.0) -> Any:
        """E at a state."""
        return self.bind(params).energy(state, t)

    def gradient(self, state: Any, params: Any = None, t: Any = 0.0) -> Any:
        """∂E/∂y at a state."""
        return self.bind(params).gradient(state, t)

    def energy_rate(self, state: Any, params: Any = None, t: Any = 0.0) -> Any:
        """dE/dt along the flow at a state."""
        return self.bind(params).energy_rate(state, t)

    def jacobian(self, state: Any, params: Any = None, t: Any = 0.0) -> Any:
        """∂f/∂y at a state."""
        return self.bind(params).jacobian(state, t)

    def hessian(self, state: Any, params: Any = None, t: Any = 0.0) -> Any:
        """∂²E/∂y² at a state."""
        return self.bind(params).hessian(state, t)

    def update(self, state: Any, params: Any = None, t: Any = 0.0) -> Any:
        """The next state, all components at once."""
        return self.bind(params).update(state, t)


# Other array libraries register here: a name and what makes a Model of a System.
BACKENDS: dict[str, Callable[[System], Model]] = {"numpy": Model}


def compile(system: System, backend: str = "numpy") -> Model:
    """A model that runs the system's equations.

    >>> from amsym.notation import indices, state, total
    >>> i, y = indices("i", "N")[0], state("y", "N")
    >>> compile(System(flow={y[i]: -y[i]}, energy=total(y[i]**2, i)/2)).energy([3.0, 4.0])
    12.5

    Raises InputError for a backend that is not known; NotationError, on first use, for formulas that have no numbers.
    """
    system = getattr(system, "system", system)
    if not isinstance(system, System):
        got = type(system).__name__
        raise InputError(f"compile() got {got}; a System, or a Memory that has one, was expected: pass System(flow=..., energy=...)")
    if backend not in BACKENDS:
        raise InputError(f"backend {backend!r} is not known; expected one of {', '.join(BACKENDS)}: say backend='numpy'")
    return BACKENDS[backend](system)

"""Which block ∂f_s/∂r of a Jacobian is zero, diagonal or full, by the form of the flow, whatever the numbers."""

from __future__ import annotations

from typing import Literal

from amsym.errors import InputError
from amsym.notation import derivative, has_state
from amsym.system import System, time
from numeric.directional import columns, component, own_slope

Coupling = Literal["none", "diagonal", "full"]
Couplings = dict[tuple[str, str], Coupling]


def couplings(system: System) -> Couplings:
    """How the flow of one state depends on another, by the names (row, column). "full" is what no form excludes.

    >>> from amsym.notation import indices, parameter, state, total
    >>> (i,), (a,) = indices("i", "N"), indices("a", "K")
    >>> v, h, xi = state("v", "N"), state("h", "K"), parameter("xi", "N K")
    >>> found = couplings(System(flow={v[i]: total(xi[i, a]*h[a], a), h[a]: total(xi[i, a]*v[i], i) - h[a]}))
    >>> found["v", "v"], found["v", "h"], found["h", "h"]
    ('none', 'full', 'diagonal')

    Raises InputError for a system without a flow.
    """
    if system.flow is None:
        raise InputError("the system has an update and no flow: expected a System(flow=...) whose Jacobian is wanted")
    result: Couplings = {}
    for row, f in system.flow.items():
        for state in system.states:
            slope = own_slope(f, row, state)
            result[row.tensor.name, state.name] = "full" if slope is None else "none" if slope == 0 else "diagonal"
    return result


def leaking(system: System) -> tuple[str, ...]:
    """The states whose flow is affine in themselves: the own block is diagonal, and no state or time changes it.

    >>> from amsym.notation import index, parameter, state
    >>> i = index("i", "N")
    >>> y, z, tau = state("y", "N"), state("z", "N"), parameter("tau", "N")
    >>> leaking(System(flow={y[i]: (z[i]**2 - y[i])/tau[i], z[i]: -z[i]**3}))
    ('y',)
    """
    slopes = {c.tensor.name: own_slope(f, c, c.tensor) for c, f in (system.flow or {}).items()}
    fixed = {n: s for n, s in slopes.items() if s is not None and s != 0}
    return tuple(n for n, s in fixed.items() if not has_state(s) and time not in s.free_symbols)


def fixed_blocks(system: System) -> frozenset[tuple[str, str]]:
    """The blocks (row, column) of the Jacobian that neither a state nor time changes: where the flow is affine in the column."""
    found = set()
    for row, f in (system.flow or {}).items():
        for state in system.states:
            slope = derivative(f, component(state, columns(state, set(row.where))))
            if not has_state(slope) and time not in slope.free_symbols:
                found.add((row.tensor.name, state.name))
    return frozenset(found)

"""Which block ∂f_s/∂r of a Jacobian is zero, diagonal or full, by the form of the flow, whatever the numbers."""

from __future__ import annotations

from typing import Literal

from amsym.errors import InputError
from amsym.system import System
from numeric.directional import own_slope

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

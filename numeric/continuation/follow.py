"""continue_steady_state: the branch y(p) of f(y; p) = 0 through a steady state, past its folds, with its special points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from amsym.errors import InputError
from numeric.bound import Bound
from numeric.continuation.branch import Branch
from numeric.continuation.corrector import corrected
from numeric.continuation.family import Family
from numeric.continuation.lifted import lifted
from numeric.continuation.station import SINGULAR, Station, nearness, station
from numeric.continuation.walk import Walk
from numeric.field import Array
from numeric.simulate_input import bound_model, checked_start, is_number

FAR = 0.1  # in units of the state: a steady state farther from the given one than this is another one
STEADY = 1e-9  # of the slopes of f: a flow below it counts as none


def continue_steady_state(
    system: Any,
    params: Mapping[str, Any] | None,
    state: Any,
    parameter: Any,
    to: float,
    *,
    back_to: float | None = None,
    step: float = 0.01,
    longest: float = 0.05,
    steps: int = 2000,
) -> Branch:
    """Follow the steady state of dy/dt = f(y; p) near `state` while a parameter moves to `to`, by pseudo-arclength.

    parameter: the name of a scalar, which moves from its value in `params` to `to`; or {name: direction}, and the
    parameters are then p + s·direction, with s from 0 to `to`, arrays and scalars alike. back_to: the other end of the
    range, by default where the parameter starts: past a fold the branch goes back, and it ends at either end.
    step, longest: the first and the largest step as a share of that range, or of the state's size (its root mean square at
    the start, at least 1). steps: how many at most. `system` may be bound already; then `params` is None.

    Folds, pitchforks, transcritical and Hopf points are located on the curve; where f has kinks, so are the corners of the
    branch. A pair of special points within one step may pass unseen: shorten `longest`. All in double precision, and
    dense in the Jacobian: O(n³) a step.

    >>> import amsym as am, sympy as sp
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> beta = am.parameter("beta")
    >>> branch = continue_steady_state(am.System(flow={y[i]: beta*sp.tanh(y[i]) - y[i]}), {"beta": 0.5}, [0.0], "beta", to=2.0)
    >>> branch
    Branch in beta from 0.5 to 2, ... steady states, ... of them stable
    end: the branch reached the value asked for
    beta  kind       unstable  |state|
    1     pitchfork  0 → 1     0        supercritical
    >>> outer = branch.switch(branch.points[0])
    >>> bool(outer.stable[1:].all()), round(float(outer.states[-1, 0]), 6)
    (True, 1.915008)

    Raises InputError for a state that is not near a steady state or is a branch point itself, for parameters that do not
    fit anywhere on the way, and for a system without a flow. Source: Keller (1977).
    """
    model: Any = bound_model(system, params)
    if not isinstance(model, Bound):
        raise InputError(f"system is {type(model).__name__}; a System, a Memory or a bound model was expected: pass one of these")
    y, restore, batch = checked_start(model, state)
    if batch != ():
        raise InputError(f"the state has the batch axes {batch}; one state was expected: follow one at a time")
    ends = _finite("to", to), None if back_to is None else _finite("back_to", back_to)
    lift = lifted(model.system, model.params, parameter, [s for s in ends if s is not None])
    to, back = _range(lift.start, *ends)
    span = abs(to - back)
    family = Family(lift, model.packing(y.shape[1])[1], y[0].astype(float), span)
    walk = Walk(family, model.pack, restore, lift.s.name, to / span, back / span, step, longest, steps)
    return walk.branch(_start(family, y[0].astype(float), lift.start, to))


def _finite(name: str, value: Any) -> float:
    """A finite number, or an InputError that names it."""
    if not is_number(value):
        raise InputError(f"{name} is {value!r}; a finite number was expected: give one")
    return float(value)


def _range(start: float, to: float, back_to: float | None) -> tuple[float, float]:
    """Where the branch may end: ahead and behind."""
    if start == to:
        raise InputError(f"to is {to:g}, where the parameter starts; another value was expected: move it")
    back = start if back_to is None else back_to
    if (back - start) * (to - start) > 0:
        raise InputError(
            f"back_to is {back:g}, on the same side of the start {start:g} as to, {to:g}; the other side was expected: move it"
        )
    return to, back


def _start(family: Family, y: Array, s: float, to: float) -> Station:
    """The station at the start, with its tangent towards `to`."""
    steady = _steady(family, np.append(y, s) / family.units)
    tangent = _isolated(family, steady)
    found = station(family, steady, tangent * (1 if tangent[-1] * (to - s) >= 0 else -1))
    assert found is not None
    return found


def _steady(family: Family, z: Array) -> Array:
    """The steady state near z, at the same parameter, or where that is a fold at right angles to the curve."""
    at_s = np.append(np.zeros(family.n), 1.0)
    for normal in (at_s, np.linalg.svd(family.slopes(z))[2][-1]):
        found = corrected(family, z, normal)
        if found is not None and np.linalg.norm(found.z - z) <= FAR:
            return found.z
    size = float(np.abs(family.f(z)).max())
    if size <= STEADY * float(np.abs(family.slopes(z)).max(initial=1)):
        _isolated(family, z)
    raise InputError(
        f"the state is not near a steady state: |f| = {size:.3g} there, and Newton's method settles nowhere within {FAR:g} of it; "
        "one was expected: simulate(...).end gives one"
    )


def _isolated(family: Family, z: Array) -> Array:
    """The tangent of the one branch through z, either way; InputError where there are more."""
    slopes = family.slopes(z)
    tangent = np.linalg.svd(slopes)[2][-1]
    if not nearness(np.vstack([slopes, tangent])) > SINGULAR:
        raise InputError(
            "the state is a branch point, or one of a continuum of steady states; one with a single branch through it "
            "was expected: start a little beside it"
        )
    return np.asarray(tangent)

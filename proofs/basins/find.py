"""certified_basin: a set around a steady state of which it is proved that every trajectory that starts in it ends at the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError, ModelError
from amsym.verdict import Status, Verdict
from amsym.words import counted
from numeric.rigorous import Undetermined
from numeric.simulate_input import whole
from numeric.stability.point import Point, point
from numeric.stability.study import checked_residual
from numeric.steady.polish import polish
from proofs.basins.ball import LARGEST, Ball, attraction_ball, reach_of
from proofs.basins.certificate import certificate
from proofs.basins.result import CertifiedBasin
from proofs.basins.sublevel import Sublevel, sublevel
from proofs.basins.terrain import Terrain
from proofs.certificates import with_model
from proofs.question import question

Array = NDArray[Any]
CLAIM = "every state of the set flows to the steady state"
KINDS = ("ball", "sublevel set")
WIDTH = 64
COVERED, ASKED = 4, 8  # components up to which covers are tried, and where sublevel sets are asked for: 5 often need 10^5 boxes
MARGIN = 1e-9  # real parts above this share of |J| are growth, those within it decide nothing
BOXES = 12_000


def certified_basin(
    system: Any,
    params: Any,
    state: Any,
    domain: Mapping[Any, Any] | None = None,
    *,
    kind: str | None = None,
    boxes: int = BOXES,
) -> CertifiedBasin:
    """A set around a stable steady state that is proved to lie in its basin of attraction.

    A ball in which the distance falls, and for up to 4 components a sublevel set of the energy that reaches towards the lowest saddle,
    together with that ball. `kind`: "ball" for the ball alone, which takes milliseconds, "sublevel set" for no less than both, on
    up to 8. The set keeps to `domain`, {"y": (low, high)}; `boxes` bounds the work for each level of the energy that is tried.
    Parameters are taken as the exact binary fractions that they are.

    state: a steady state, an array or {"v": ..., "h": ...}; one of several is `found.states[k]` of am.steady_states or
    am.enclose_steady_states.

    >>> import amsym as am
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> double_well = am.System(flow={y[i]: y[i] - y[i]**3}, energy=am.total(y[i]**4/4 - y[i]**2/2, i))
    >>> basin = certified_basin(double_well, {}, [1.0])
    >>> str(basin.verdict.status), basin.contains([0.1]), basin.contains([0.0])
    ('CERTIFIED', True, False)

    UNDECIDED with its reason where neither was found: at a kink, in a continuum of steady states, with zero modes.
    Raises InputError where the state is not steady within 1e-6 (1 + |y|) or not stable, and where arguments do not fit; ModelError for a
    flow that depends on time.
    """
    if kind is not None and kind not in KINDS:
        raise InputError(f"kind is {kind!r}; one of {KINDS} or None was expected: name one, or leave it out for the largest set")
    boxes = whole("boxes", boxes)
    at = point(system, params, state)
    if at.system.depends_on_time:
        raise ModelError(
            f"the flow of {at.system.name} depends on time, and a basin was asked of one that does not: freeze t in the formulas"
        )
    if kind == "sublevel set" and at.system.energy is None:
        raise ModelError(f"{at.system.name} has no energy, so no sublevel sets; give System(..., energy=...), or ask for kind='ball'")
    checked_residual(at, 1e-6)
    low, high = _domain(at, domain)
    center = _center(at)
    _refuse_unstable(at, center)
    if at.n > WIDTH:
        return _undecided(at, center, f"balls were not tried on {at.n} components, more than {WIDTH}")
    terrain = Terrain(at)
    return _found(terrain, center, low, high, kind, boxes)


def _found(terrain: Terrain, center: Array, low: Array, high: Array, kind: str | None, boxes: int) -> CertifiedBasin:
    try:
        ball = attraction_ball(terrain, center, np.minimum(center - low, high - center))
    except Undetermined:
        ball = None
    if ball is None:
        return _undecided(terrain.at, center, _why_no_ball(terrain, center))
    found, why = (None, "") if kind == "ball" else _sublevel(terrain, ball, low, high, kind, boxes)
    if kind == "sublevel set" and found is None:
        return _undecided(terrain.at, center, why)
    return _certified(terrain, ball, found, why)


def _sublevel(terrain: Terrain, ball: Ball, low: Array, high: Array, kind: str | None, boxes: int) -> tuple[Sublevel | None, str]:
    """Where it may be larger than the ball."""
    if not terrain.has_energy:
        return None, "the energy is not shown to be continuous, with differences that its slopes explain"
    if ball.radius >= LARGEST / 2:
        return None, "the ball is as large as balls are tried"
    if terrain.n > (most := COVERED if kind is None else ASKED):
        more = f"; kind='sublevel set' tries up to {ASKED}" if kind is None else ""
        return None, f"sublevel sets were not tried on {terrain.n} components, more than {most}{more}"
    c, reach = ball.center, ball.reach
    span = np.maximum(2 * np.abs(c).max(initial=0) + 1, 2 * np.minimum(reach, LARGEST / 8))
    try:
        return sublevel(terrain, ball, np.maximum(low, c - span), np.minimum(high, c + span), boxes)
    except Undetermined as error:
        return None, str(error)


def _center(at: Point) -> Array:
    """The state after Newton's steps in floating point, where they stay near it."""
    zero = polish(at.bound, at.y)
    near = np.abs(zero.y - at.y).max(initial=0) <= 1e-3 * at.scale
    return zero.y if near and np.isfinite(zero.y).all() else at.y


def _refuse_unstable(at: Point, center: Array) -> None:
    J = at.jacobian(center)
    values = np.linalg.eigvals(J) if np.isfinite(J).all() else np.zeros(1)
    grows = int((values.real > MARGIN * (1 + np.abs(values).max(initial=0))).sum())
    if grows:
        raise InputError(
            f"the steady state has {grows} growing direction{'s' if grows > 1 else ''}, the fastest at rate {values.real.max():.4g}, and "
            "one with none was expected: only a stable state has a basin; take a minimum, am.steady_states finds them"
        )


def _why_no_ball(terrain: Terrain, center: Array) -> str:
    values = np.linalg.eigvals(terrain.at.jacobian(center))
    top = float(values.real.max(initial=-np.inf))
    if top > -1e-7 * (1 + float(np.abs(values).max(initial=0))):
        return f"the slowest rate is {0.0 - top:.2g}: next to the state others may stay, along a flat or dead direction, or creep"
    return "no ball around the state contracts in any norm that was tried: a kink or a jump next to it, or formulas without balls"


def _domain(at: Point, domain: Mapping[Any, Any] | None) -> tuple[Array, Array]:
    """Bounds of packed components; InputError where the state lies outside."""
    question(at.system, None, domain)
    given = {getattr(getattr(key, "tensor", key), "name", key): box for key, box in (domain or {}).items()}
    low, high = np.full((2, at.n), np.inf) * np.array([[-1], [1]])
    start = 0
    for name, shape in at.shapes.items():
        n = int(np.prod(shape, dtype=int))
        for end, value in zip((low, high), given.get(name, (-np.inf, np.inf)), strict=True):
            array = np.asarray(value, dtype=float)
            if array.ndim and array.shape != shape:
                raise InputError(
                    f"the domain of '{name}' has shape {array.shape}; the state has {shape}: give a number, or one for each entry"
                )
            end[start : start + n] = np.broadcast_to(array, shape).ravel()
        start += n
    if not np.all((low < at.y) & (at.y < high)):
        raise InputError("the state lies outside of the domain or on its border; a domain around it was expected: widen it")
    return low, high


def _certified(terrain: Terrain, ball: Ball, found: Sublevel | None, why: str) -> CertifiedBasin:
    at = terrain.at
    spread = reach_of(ball.P, ball.slack)
    assert spread is not None
    state = _pair(at, np.nextafter(ball.center - spread, -np.inf), np.nextafter(ball.center + spread, np.inf))
    data = certificate(terrain, ball, found)
    low, high = np.nextafter(ball.center - ball.reach, -np.inf), np.nextafter(ball.center + ball.reach, np.inf)
    reason = f"distances to the state fall at rate {ball.rate:.3g} and more on the ball"
    if found is not None:
        cover, (below, above) = found.cover, found.cover.box()
        low, high = np.minimum(low, below), np.maximum(high, above)
        walls, inside = counted(len(cover.walls), "box", "boxes"), counted(len(cover.inside), "box", "boxes")
        reason += f"; E > c in {walls} around, and no other steady state in {inside} within"
    shown = Verdict(CLAIM, Status.CERTIFIED, data, reason + (f"; {why}" if why else ""))
    verdict, box = with_model(shown, terrain.system, terrain.problem.values, at.sizes), _pair(at, low, high)
    center = at.restore(ball.center)
    if found is None:
        return CertifiedBasin("ball", center, state, box, ball.radius, ball.P, None, verdict, (ball,), at)
    return CertifiedBasin("sublevel set", center, state, box, ball.radius, ball.P, found.level, verdict, (ball, found), at)


def _undecided(at: Point, center: Array, reason: str) -> CertifiedBasin:
    verdict = Verdict(CLAIM, Status.UNDECIDED, {"kind": "attempts"}, reason)
    return CertifiedBasin("none", at.restore(center), _pair(at, center, center), None, None, None, None, verdict, (), replace(at, y=center))


def _pair(at: Point, low: Array, high: Array) -> tuple[Any, Any]:
    return at.restore(low), at.restore(high)


__all__ = ["certified_basin"]

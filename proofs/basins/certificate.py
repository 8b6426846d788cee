"""What a basin's certificate holds, all numbers exact: doubles as the fractions that they are.

"basin": {"ball": {"center" c, "metric" P by rows, "radius" r, "shells" K, "rate" m, "slack" ρ, "core" r₀}} shows, for |z - c|_P <= r,

    P J̄ + J̄ᵀ P + 2 m P ≺ 0,  J̄ the mean over k = 1 ... K of the hulls of J over the boxes c ± (k/K) reach,  reach_j = r √(P⁻¹)_jj,
    √(fᵀ P f) <= m ρ at c,  2 ρ < r₀ <= r,  and P J + Jᵀ P ≺ 0 for the hull of J over the box of r₀.

"sublevel": {"level" c, "tree", "descent"}: with the domain of the certificate and the tree's leaves "in", "out", "other",

    E > c on "out";  no "in" touches an "other";  the flow enters, or E > c, on each face that an "in" shares with the domain;
    each "in" lies in the ball, or f has no zero in it (only where "descent" proves that dE/dt < 0 wherever f ≠ 0), or dE/dt < 0 on it.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from proofs.basins.ball import Ball
from proofs.basins.sublevel import Sublevel
from proofs.basins.terrain import Terrain
from proofs.draws import plain

Array = NDArray[Any]
DIRECT = "|z - c|_P falls on the ball until it is at most ρ; on the smaller ball J contracts, so that one steady state takes all"
LASALLE = "E falls along every trajectory in the compact, invariant set until the ball is reached (LaSalle)"
GUARANTEE = "ball arithmetic at exact rationals"


def certificate(terrain: Terrain, ball: Ball, found: Sublevel | None) -> dict[str, Any]:
    """The data of a ball, and of the sublevel set that rests on it."""
    data: dict[str, Any] = {
        "kind": "interval cover",
        "sizes": dict(terrain.at.sizes),
        "values": {str(k.name): plain(v) for k, v in terrain.problem.values.items()},
        "guarantee": GUARANTEE,
    }
    if found is not None:
        lows, highs = (terrain.problem.tables(end) for end in (found.low, found.high))
        data["domain"] = {s.name: [plain(lows[s]), plain(highs[s])] for s in terrain.system.states}
    basin: dict[str, Any] = {"ball": ball_data(terrain, ball), "lemmas": [DIRECT]}
    if found is not None:
        basin["sublevel"] = {"level": exact(found.level), "tree": found.cover.data(), "descent": list(_descent(found))}
        basin["lemmas"].append(LASALLE)
    return {**data, "basin": basin}


def ball_data(terrain: Terrain, ball: Ball) -> dict[str, Any]:
    """The ball as exact numbers."""
    return {
        "center": {s.name: plain(v) for s, v in terrain.problem.tables(ball.center).items()},
        "metric": [[exact(x) for x in row] for row in ball.P],
        "radius": exact(ball.radius),
        "shells": ball.shells,
        "rate": exact(ball.rate),
        "slack": exact(ball.slack),
        "core": exact(ball.core),
        "multipliers": [exact(x) for x in ball.multipliers],
        "core multipliers": [exact(x) for x in ball.core_multipliers],
    }


def _descent(found: Sublevel) -> tuple[dict[str, Any], ...]:
    return found.descent.steps if found.descent is not None and found.descent.strict else ()


def exact(x: float) -> float:
    """A double, which JSON keeps exactly."""
    return float(x)


__all__ = ["certificate"]

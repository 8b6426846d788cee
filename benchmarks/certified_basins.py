"""How far certified basins reach: the share of the way to the nearest saddle, by ball and by sublevel set; prints JSON.

    python benchmarks/certified_basins.py

tanh networks dy/dt = W tanh(y) - y of spectral radius 2, five seeds a size, the steady state that the first of eight starts leads to.
The nearest saddle is the least distant of those with one growing direction from which a trajectory falls to the state. A set reaches
the share s of the way to it where it has all of y* + t (saddle - y*), t <= s. Seconds are medians, with the search for the saddles
that a sublevel set makes; networks without a second steady state are left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from _networks import Array, one_thread, timed, weights

import amsym as am
from numeric.stability.point import point
from proofs.basins.barrier import surroundings

SEEDS, RADIUS = 5, 2.0
SIZES, COVERED = (2, 4, 8, 32), 4


def reach(contains: Callable[[Array], bool], state: Array, saddle: Array) -> float:
    """The share of the way, of 1000, to which the set has all of it."""
    shares = np.arange(1, 1001) / 1000
    return next((float(s) for s in shares if not contains(state + s * (saddle - state))), 1.0) - 0.001


def one(n: int, seed: int, kind: str) -> tuple[float, float] | None:
    """The share and the seconds of one network; None where no saddle was found."""
    rng = np.random.default_rng(seed)
    model = am.compile(am.zoo.hopfield("tanh")).bind({"W": weights(n, RADIUS, rng), "b": np.zeros(n)})
    state = am.steady_states(model, None, rng.normal(size=(8, n))).states[0]
    span = 2 * np.abs(state).max() + 1
    saddles = surroundings(point(model, None, state), state, state - span, state + span).saddles
    if not len(saddles):
        return None
    seconds, basin = timed(lambda: am.certified_basin(model, None, state, kind=kind))
    return reach(basin.contains, state, saddles[np.argmin(np.linalg.norm(saddles - state, axis=1))]), seconds


def measured(n: int, kind: str) -> dict[str, Any]:
    """Shares over the seeds, and medians."""
    found = [f for f in (one(n, seed, kind) for seed in range(SEEDS)) if f is not None]
    shares = sorted(round(share, 3) for share, _ in found)
    return {"shares": shares, "median": float(np.median(shares)), "seconds": round(float(np.median([s for _, s in found])), 2)}


if __name__ == "__main__":
    with one_thread() as blas:
        kinds = {n: ("ball", "sublevel set") if n <= COVERED else ("ball",) for n in SIZES}
        print(json.dumps({"blas": blas, **{f"N = {n}": {kind: measured(n, kind) for kind in kinds[n]} for n in SIZES}}, indent=1))

"""Every steady state of relu and hard_tanh networks, listed over the patterns of their kinks in exact rationals; prints JSON.

    python benchmarks/patterns.py

dy/dt = W g(y) - y + b with generic symmetric W of spectral radius 1.5 and 3 in double precision, b generic and 0, five seeds each; the
seconds hold reading the formulas, the search, its exact confirmation, the states, their stability and the certificate. "wanted" is
what the relu networks are held to: 1 s for N = 12 (4096 patterns) and 60 s for N = 24 (16 777 216 patterns).
"inhibition" is W = -2 (1 - δ), b = 1 for N = 10: all patterns but one have a steady state, so nothing can be pruned.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from _networks import Array, one_thread, timed, weights

from amsym import zoo
from proofs.patterns import PatternStates, enumerate_states
from proofs.question import question

SEEDS, WANTED = 5, {12: 1.0, 24: 60.0}


def listed(activation: str, W: Array, b: Array) -> PatternStates:
    """All steady states of one network."""
    return enumerate_states(question(zoo.hopfield(activation), {"W": W, "b": b}))


def measured(activation: str, n: int, radius: float, biased: bool) -> dict[str, Any]:
    """The slowest and the median network of some seeds, and what was found."""
    seconds, found = [], []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        W, b = weights(n, radius, rng), rng.normal(size=n) * biased
        s, states = timed(lambda W=W, b=b: listed(activation, W, b))
        seconds.append(s)
        found.append(states)
    return {
        "seconds": {"largest": round(max(seconds), 3), "median": round(float(np.median(seconds)), 3)},
        "certified": sum(bool(f.complete) for f in found),
        "steady states": [len(f) for f in found],
        "refuted partial patterns": [f.refuted for f in found],
        "certificate kB": [len(json.dumps(dict(f.complete.certificate))) // 1000 for f in found],
    }


def networks(activation: str, sizes: tuple[int, ...]) -> dict[str, Any]:
    """One row for each size, radius and kind of bias."""
    cases = [(n, r, biased) for n in sizes for r in (1.5, 3.0) for biased in (True, False)]
    return {f"N = {n}, radius {r}, {'b generic' if biased else 'b = 0'}": measured(activation, n, r, biased) for n, r, biased in cases}


def inhibition(n: int) -> dict[str, Any]:
    """A network in which nothing can be pruned."""
    seconds, found = timed(lambda: listed("relu", -2 * (1 - np.eye(n)), np.ones(n)))
    return {"seconds": round(seconds, 2), "steady states": len(found), "patterns": found.patterns}


if __name__ == "__main__":
    with one_thread() as blas:
        listed("relu", np.eye(2), np.ones(2))  # first use imports
        report = {"relu": networks("relu", (12, 24)), "hard_tanh": networks("hard_tanh", (8, 12)), "inhibition": inhibition(10)}
        print(json.dumps({"seeds": SEEDS, "wanted": WANTED, "blas": blas, **report}, indent=1))

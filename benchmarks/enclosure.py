"""All steady states of tanh networks in [-5, 5]^N with a proof, Krawczyk's test in a batch, and what a dense search finds; prints JSON.

    python benchmarks/enclosure.py

One thread. Seconds are of am.enclose_steady_states as a whole: lowering, the cover of the box, zeros and stability in balls.
"agreement": 200 networks, Newton's method from 3000 starts each; "missed" counts zeros of its that no box holds.
"""

from __future__ import annotations

import json
import statistics
from time import perf_counter
from typing import Any

import numpy as np
from _networks import Array, network, one_thread, timed, weights

import amsym as am
from numeric.enclosure.krawczyk import Krawczyk

CASES = {"N = 6, radius 3": (6, 3.0), "N = 10, radius 3": (10, 3.0), "N = 14, radius 3": (14, 3.0), "N = 16, radius 1.5": (16, 1.5)}
SEEDS, NETWORKS, STARTS, DOMAIN = 10, 200, 3000, {"y": (-5, 5)}


def drawn(n: int, radius: float, seed: int) -> Array:
    """The couplings of one network."""
    return weights(n, radius, np.random.default_rng(seed))


def enclosed(system: am.System, n: int, radius: float) -> dict[str, Any]:
    """Seconds and counts over the seeds."""
    runs = [timed(lambda s=s: am.enclose_steady_states(system, {"W": drawn(n, radius, s)}, DOMAIN)) for s in range(SEEDS)]
    seconds = [t for t, _ in runs]
    return {
        "seconds": {"median": round(statistics.median(seconds), 3), "least": round(min(seconds), 3), "most": round(max(seconds), 3)},
        "steady states": [len(found) for _, found in runs],
        "boxes": [found.boxes_looked_at for _, found in runs],
        "certified": sum(found.complete.holds is True for _, found in runs),
    }


def by_newton(W: Array, seed: int) -> Array:
    """Steady states in the box that Newton's method reaches from many starts."""
    y = 3 * np.random.default_rng(seed).normal(size=(STARTS, len(W)))
    with np.errstate(all="ignore"):
        for _ in range(50):
            J = W * (1 - np.tanh(y) ** 2)[:, None, :] - np.eye(len(W))
            y = y - np.linalg.solve(J, (np.tanh(y) @ W - y)[:, :, None])[..., 0]
            y = y[np.isfinite(y).all(axis=1) & (np.abs(y) < 1e6).all(axis=1)]
    return y[(np.abs(np.tanh(y) @ W - y) < 1e-10).all(axis=1) & (np.abs(y) <= 5).all(axis=1)]


def agreement(system: am.System) -> dict[str, Any]:
    """What a dense search finds and no box holds, and what the boxes hold beyond it."""
    rng, missed, certified, more, total = np.random.default_rng(0), 0, 0, 0, 0
    for seed in range(NETWORKS):
        W = drawn(int(rng.integers(2, 10)), float(rng.uniform(0.8, 3.5)), seed)
        found, zeros = am.enclose_steady_states(system, {"W": W}, DOMAIN), by_newton(W, seed)
        apart = np.abs(zeros[:, None] - found.states).max(axis=2)
        missed += int((apart.min(axis=1) > 1e-6).sum())
        more += int((apart.min(axis=0) > 1e-6).sum()) if len(zeros) else len(found)
        certified += found.complete.holds is True
        total += len(found)
    return {"networks": NETWORKS, "certified": certified, "steady states": total, "missed": missed, "not found by the dense search": more}


def krawczyk(system: am.System, n: int) -> float:
    """Microseconds a box, in a batch of 1000."""
    test = Krawczyk(am.compile(system).bind({"W": drawn(n, 3.0, 0)}), n)
    middle, radius = np.random.default_rng(0).uniform(-5, 5, (1000, n)), np.full((1000, n), 1e-2)
    times = []
    for _ in range(20):
        start = perf_counter()
        test(middle, radius)
        times.append(perf_counter() - start)
    return round(1e3 * min(times), 2)


if __name__ == "__main__":
    system = network()
    with one_thread() as kernels:
        enclosed(system, 2, 1.0)
        results = {
            "kernels": kernels,
            "all steady states": {name: enclosed(system, *case) for name, case in CASES.items()},
            "agreement": agreement(system),
            "Krawczyk, microseconds a box": {f"N = {n}": krawczyk(system, n) for n in (4, 32)},
        }
    print(json.dumps(results, indent=1))

"""How many patterns does a network of ±1 spins hold? Overlap with a memory after recall, over size and load.

    python examples/sweep_capacity.py [capacity.npz]

Hebb's rule, W = Σ_μ ξ^μ (ξ^μ)ᵀ / N, with K = load · N random patterns, and starts in which about every tenth spin of a
pattern is turned. In large networks recall breaks down at a load of 0.138 (Amit, Gutfreund and Sompolinsky, 1985).
The file is a checkpoint: stop the script with Ctrl-C and start it again, and it goes on where it was.
"""

import sys

import numpy as np

import amsym as am
from numeric.sweep import Sweep, sweep

GRID = {"N": [50, 200], "load": [0.06, 0.1, 0.14, 0.2, 0.3]}
SPINS = am.compile(am.zoo.spins())


def recall(N: int, load: float, rng: np.random.Generator) -> dict[str, float]:
    """Mean overlap m = ξ · s / N of at most 20 patterns with what is recalled from them, and the part with m > 0.95."""
    xi = rng.choice([-1, 1], size=(round(load * N), N))
    noise = np.where(rng.random(xi.shape) < 0.1, -1, 1)
    end = am.simulate(SPINS.bind({"W": xi.T @ xi / N}), None, (xi * noise)[:20], steps=30).end
    overlaps = (end * xi[:20]).mean(axis=1)
    return {"overlap": overlaps.mean(), "recalled": (overlaps > 0.95).mean()}


def capacity(checkpoint: str | None = None) -> Sweep:
    """The sweep in this process: spins that are updated one by one keep Python busy, so threads would gain nothing, processes would."""
    return sweep(recall, GRID, seed=1, checkpoint=checkpoint)


if __name__ == "__main__":
    print(capacity(sys.argv[1] if len(sys.argv) > 1 else None))

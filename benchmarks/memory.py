"""How much memory 100 000 states of 256 neurons take to integrate; prints JSON.

    python benchmarks/memory.py

Float64, each method in a fresh process, whose peak of resident memory is told, beside that of the states alone. A short time is
enough: memory is taken by the first step, and does not grow.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import numpy as np
from _networks import network, one_thread, weights

import amsym as am

ROWS, N, END = 100_000, 256, 0.1
METHODS = ("order 5", "order 8", "taylor")


def peak(method: str) -> float:
    """Peak resident memory in GiB of this process, which integrates all states."""
    rng = np.random.default_rng(0)
    model = am.compile(network()).bind({"W": weights(N, 1.5, rng)})
    with one_thread():
        run = am.simulate(model, None, rng.normal(size=(ROWS, N)), t=END, method=method)
    assert len(run.outcomes) == ROWS  # type: ignore[arg-type]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 2**30


def fresh(method: str) -> float:
    """The same in a process of its own."""
    result = subprocess.run([sys.executable, __file__, method], capture_output=True, text=True, check=True)
    return float(json.loads(result.stdout))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(peak(sys.argv[1])))
    else:
        states = ROWS * N * 8 / 2**30
        print(json.dumps({"GiB": {"states": round(states, 3), **{m: round(fresh(m), 2) for m in METHODS}}, "bound": 4.0}, indent=1))

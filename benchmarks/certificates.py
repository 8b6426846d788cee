"""Seconds to compute 1000 certificates of all kinds again; prints JSON.

    python benchmarks/certificates.py [FILE]

Zeros of tanh networks of 1 to 6 neurons with their covers and indices, exact matrices with factors, counterexamples, and what verify
says of ready-made models; the file, where one is named, is written for `amsym check-certificates FILE`. One core, reading included.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from _networks import timed

from amsym import zoo
from proofs.checker.entries import check_text
from proofs.verify import verify

# The small certificates that the tests tamper with.
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from certificates_made import TANH, cover_of_energy, cover_of_hessian, cover_of_zeros, definite, squares, verdict

ENTRIES, COVERS, MATRICES, POINTS, OTHERS = 1000, 300, 250, 200, 30


def covers() -> Iterator[dict[str, Any]]:
    """Every zero of networks of all sizes up to six, with spectral radii from 0.8 to 3."""
    for seed in range(COVERS):
        yield verdict(cover_of_zeros(1 + seed % 6, seed, (0.8, 1.5, 2.0, 3.0)[seed % 4]), "CERTIFIED")


def points() -> Iterator[dict[str, Any]]:
    """Exact states at which the energy of a network with couplings that are not symmetric rises."""
    model = json.loads(json.dumps(TANH))
    model["parameters"]["W"]["properties"] = []
    rng = np.random.default_rng(0)
    while True:
        n = int(rng.integers(2, 9))
        W, b, y = rng.integers(-32, 33, size=(n, n)) / 8, rng.integers(-8, 9, size=n) / 8, rng.integers(-16, 17, size=n) / 8
        g, slopes = np.tanh(y), 1 - np.tanh(y) ** 2
        if (slopes * (y - b - (W + W.T) @ g / 2)) @ (W @ g - y + b) > 1e-3:
            values = {"W": W.tolist(), "b": b.tolist(), "y": y.tolist()}
            point = {"kind": "exact counterexample", "model": model, "sizes": {"N": n}, "values": values, "inequality": "dE/dt > 0"}
            yield verdict(point, "REFUTED", "energy never increases")


def reports() -> list[dict[str, Any]]:
    """What verify says of models of the papers."""
    models = [make() for make in zoo.MODELS.values()] + [zoo.hopfield(g) for g in ("relu", "softmax", "sigmoid", "silu")]
    return [json.loads(verify(m).to_json()) for m in models]


def entries() -> list[dict[str, Any]]:
    """1000 verdicts; those of verify are repeated until there are as many."""
    found = [*covers(), *(verdict(definite(seed, 2 + seed % 7), "CERTIFIED") for seed in range(MATRICES)), *islice(points(), POINTS)]
    found += [verdict(c, "CERTIFIED") for c in (squares(), cover_of_energy(), cover_of_hessian()) for _ in range(OTHERS // 3)]
    claims = [v for r in reports() for v in r["verdicts"].values()]
    return [*found, *islice(cycle(claims), ENTRIES - len(found))]


def measured() -> dict[str, Any]:
    """The seconds, the size of the file and the outcomes."""
    text = json.dumps(entries(), ensure_ascii=False)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    seconds, found = timed(lambda: check_text(text))
    outcomes = Counter(str(c.outcome) for c in found)
    return {"entries": len(found), "MB": round(len(text.encode()) / 1e6, 2), "seconds": round(seconds, 1), "outcomes": dict(outcomes)}


if __name__ == "__main__":
    print(json.dumps(measured(), indent=1))

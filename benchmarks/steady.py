"""Certified steady states of 1000 starts, against integrating them to a small residual; prints JSON.

    python benchmarks/steady.py

tanh networks of spectral radius 1.5, one thread. "integrated" is the same batch by am.simulate at rtol 1e-8 to the residual 1e-6;
"scipy" is solve_ivp one start after the other to the same residual and a Newton polish, which makes it as accurate, in the fastest of
three methods, timed on a few starts and scaled. A start whose integrated steady state changes between rtol 1e-8 and 1e-10 is
ambiguous; of the others, "misassigned" counts those that am.steady_states leads elsewhere.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from _networks import Array, network, one_thread, timed, weights
from scipy.integrate import solve_ivp

import amsym as am
from numeric.steady.polish import polish

STARTS, SCIPY_STARTS, RESIDUAL = 1000, 12, 1e-6


def integrated(model: Any, starts: Array, rtol: float) -> Array:
    """Ends of all starts at the residual, by am.simulate."""
    return np.asarray(am.simulate(model, None, starts, t=1e6, rtol=rtol, atol=rtol, steady=RESIDUAL, energy_check=False).end)


def by_scipy(W: Array, model: Any, starts: Array, method: str) -> list[Array]:
    """Each start by solve_ivp to the residual, then polished."""

    def f(t: float, y: Array) -> Array:
        return np.tanh(y) @ W - y

    def steady(t: float, y: Array) -> float:
        return float(np.abs(f(t, y)).max() - RESIDUAL)

    steady.terminal = True  # type: ignore[attr-defined]
    runs = (solve_ivp(f, (0, 1e6), y, method=method, rtol=1e-8, atol=1e-8, events=steady) for y in starts)
    return [polish(model, run.y[:, -1]).y for run in runs]


def measured(n: int) -> dict[str, Any]:
    """Times, ratios and assignments for one size."""
    rng = np.random.default_rng(0)
    W, starts = weights(n, 1.5, rng), rng.normal(size=(STARTS, n))
    model = am.compile(network()).bind({"W": W})
    am.steady_states(model, None, starts[:20])  # first use compiles
    ours, found = timed(lambda: am.steady_states(model, None, starts))
    reference, ends = timed(lambda: integrated(model, starts, 1e-8))
    zeros, tight = (np.array([polish(model, y).y for y in e]) for e in (ends, integrated(model, starts, 1e-10)))
    sample = starts[:SCIPY_STARTS]
    scipy = {m: timed(lambda m=m: by_scipy(W, model, sample, m))[0] * STARTS / SCIPY_STARTS for m in ("RK45", "DOP853", "LSODA")}
    ambiguous = np.abs(zeros - tight).max(axis=1) > 1e-6
    known = found.origin >= 0
    off = np.abs(found.states[found.origin] - zeros).max(axis=1)
    wrong = known & ~ambiguous & (off > 1e-6)
    return {
        "seconds": {"steady_states": round(ours, 2), "integrated": round(reference, 2), **{m: round(s, 1) for m, s in scipy.items()}},
        "faster than integrating": round(reference / ours, 2),
        "faster than scipy": round(min(scipy.values()) / ours, 1),
        "steady states": len(found),
        "certified": int(found.ended(am.Arrival.CONVERGED).sum()),
        "misassigned": int(wrong.sum()),
        "ambiguous by tolerance": int(ambiguous.sum()),
        "reported ambiguous": int(found.ended(am.Arrival.AMBIGUOUS).sum()),
        "largest difference": float(off[known & ~ambiguous & ~wrong].max()),
    }


if __name__ == "__main__":
    with one_thread() as blas:
        print(json.dumps({"starts": STARTS, "blas": blas, **{f"N = {n}": measured(n) for n in (64, 256)}}, indent=1))

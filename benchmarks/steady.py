"""Certified steady states of 1000 starts, against integrating them to a small residual; prints JSON.

    python benchmarks/steady.py

tanh networks of spectral radius 1.5, one thread. "integrated" is the same batch by am.simulate at rtol 1e-8 to the residual 1e-6.
SciPy's solve_ivp takes one start after the other, in the fastest of three methods, timed on a few starts and scaled: "alone", to
1e-10 of the steady state by itself, and "polished", at rtol 1e-8 to the residual 1e-6 and then by the Newton iteration that amsym has.
A start whose integrated steady state changes between rtol 1e-8 and 1e-10 is
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


def by_scipy(W: Array, starts: Array, method: str, rtol: float, residual: float) -> Array:
    """Each start by solve_ivp to the residual."""

    def f(t: float, y: Array) -> Array:
        return np.tanh(y) @ W - y

    def steady(t: float, y: Array) -> float:
        return float(np.abs(f(t, y)).max() - residual)

    steady.terminal = True  # type: ignore[attr-defined]
    return np.array([solve_ivp(f, (0, 1e4), y, method=method, rtol=rtol, atol=rtol, events=steady).y[:, -1] for y in starts])


def slowest(W: Array, found: am.SteadyStates) -> float:
    """The slowest rate at any of the steady states: a residual of rate * d is a distance of about d."""
    slopes = [1 - np.tanh(y) ** 2 for y in found.states]
    return float(min(1 - np.linalg.eigvalsh(np.sqrt(s)[:, None] * W * np.sqrt(s)).max() for s in slopes))


def rounded(seconds: dict[str, float]) -> dict[str, float]:
    """For reading."""
    return {name: round(s, 1) for name, s in seconds.items()}


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
    scale, methods = STARTS / SCIPY_STARTS, ("RK45", "DOP853", "LSODA")
    polished = {m: scale * timed(lambda m=m: [polish(model, y) for y in by_scipy(W, sample, m, 1e-8, RESIDUAL)])[0] for m in methods}
    alone = {m: timed(lambda m=m: by_scipy(W, sample, m, 1e-12, slowest(W, found) * 1e-10)) for m in methods}
    scipy = {m: scale * seconds for m, (seconds, ends) in alone.items() if np.abs(ends - zeros[: len(sample)]).max() <= 2e-10}
    ambiguous = np.abs(zeros - tight).max(axis=1) > 1e-6
    known = found.origin >= 0
    off = np.abs(found.states[found.origin] - zeros).max(axis=1)
    wrong = known & ~ambiguous & (off > 1e-6)
    return {
        "seconds": {
            "steady_states": round(ours, 2),
            "integrated": round(reference, 2),
            "alone": rounded(scipy),
            "polished": rounded(polished),
        },
        "faster than integrating": round(reference / ours, 2),
        "faster than scipy alone": round(min(scipy.values()) / ours, 1),
        "faster than scipy polished": round(min(polished.values()) / ours, 1),
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

"""What a Taylor series of a network costs over the bare matrix products in it, and a run by it over one of order 8; prints JSON.

    python benchmarks/jets.py

Batch 1000, N = 256, dy/dt = W tanh y - y + b, one thread. A series of order 11 needs 11 products and a tanh; these are
measured in turns with it, and times are medians, in milliseconds. `step` is a whole accepted step over the same products.
The runs go to t = 5 at the tolerances named.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from _networks import medians
from threadpoolctl import threadpool_info, threadpool_limits

import amsym as am
from numeric.compile import compile as compile_model
from numeric.series import Jets
from numeric.steppers.step_size import Tolerance
from numeric.steppers.taylor import Taylor

ROWS, N, ORDER, RADIUS = 1000, 256, 11, 1.5
ROUNDS, END = 20, 5.0


def network(rng: np.random.Generator) -> dict[str, Any]:
    """Symmetric weights of spectral radius 1.5, and a bias."""
    W = rng.normal(size=(N, N))
    W += W.T
    return {"W": W * RADIUS / np.abs(np.linalg.eigvalsh(W)).max(), "b": rng.normal(size=N) / 10}


def series_and_steps(params: dict[str, Any], start: Any) -> dict[str, float]:
    """Times of a series, of one whose flow is known, and of a step, and their ratios to the bare products."""
    bound = compile_model(am.zoo.hopfield()).bind(params)
    flow, out = bound.packed_flow(start), np.empty_like(start)
    jets = Jets(bound, N, order=ORDER)
    stepper = Taylor(bound, start, np.zeros(ROWS), 1e9, Tolerance(1e-8, 1e-10, None), ORDER)

    def bare() -> None:
        for _ in range(ORDER):
            np.matmul(start, params["W"], out=out)
        np.tanh(start, out=out)

    def step() -> None:
        stepper.attempt()
        stepper.commit()

    calls = [bare, lambda: list(jets.blocks(start)), lambda: list(jets.blocks(start, flow=flow)), step]
    for call in calls:
        call()
    times = dict(zip(("products", "series", "series_of_known_flow", "step"), medians(ROUNDS, *calls), strict=True))
    return {**times, **{f"{name}_ratio": t / times["products"] for name, t in times.items() if name != "products"}}


def runs(params: dict[str, Any], start: Any) -> dict[str, Any]:
    """Seconds, evaluations and the largest error of whole runs."""
    model = compile_model(am.zoo.hopfield()).bind(params)

    def run(method: str, rtol: float) -> Any:
        return am.simulate(
            model, None, start, t=END, method=method, rtol=rtol, atol=rtol / 100, steady=None, energy_check=False, progress=False
        )

    exact = run("order 8", 1e-13).end
    found: dict[str, Any] = {}
    for rtol in (1e-6, 1e-8, 1e-10):
        for method in ("order 8", "taylor"):
            result = run(method, rtol)
            found[f"{method} {rtol:g}"] = {
                "seconds": round(result.statistics["seconds"], 3),
                "evaluations": round(float(np.mean(result.statistics["evaluations"])), 1),
                "error": float(f"{np.abs(result.end - exact).max():.1e}"),
            }
    return found


def main() -> None:
    """Print all of it."""
    rng = np.random.default_rng(0)
    params, start = network(rng), rng.normal(size=(ROWS, N))
    with threadpool_limits(1):
        series = {name: round(t, 3) for name, t in series_and_steps(params, start).items()}
        kernels = sorted({str(info.get("architecture")) for info in threadpool_info()})
        print(
            json.dumps({"rows": ROWS, "N": N, "order": ORDER, "series": series, "runs": runs(params, start), "kernels": kernels}, indent=2)
        )


if __name__ == "__main__":
    main()

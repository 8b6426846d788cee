"""1000 trajectories of 256 neurons to t = 50 with an error of 1e-8, and one step of order 5; prints JSON.

    python benchmarks/trajectories.py

Float64, one thread. The roofline of a method is what the evaluations that it made cost at least, a bare matrix product of the whole
batch and a tanh for each; for Taylor's method a product an order, and one tanh a step. diffrax, where it is installed, runs the same
batch under jit and vmap in its method of order 8, in this process and on one thread; its compilation is not counted.
Tolerances are the loosest of a decade's thirds for which the largest error is below 1e-8.
"""

from __future__ import annotations

import json
import os
import statistics
from typing import Any

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import numpy as np
from _networks import Array, network, one_thread, timed, weights

import amsym as am
from numeric.steppers.dormand_prince import DormandPrince
from numeric.steppers.step_size import Tolerance

ROWS, N, END, ERROR = 1000, 256, 50.0, 1e-8
TOLERANCES = [10.0 ** (-k / 3) for k in range(24, 36)]


def median(call: Any, times: int = 9) -> float:
    """Median seconds of a call, after one that does not count."""
    call()
    return statistics.median(timed(call)[0] for _ in range(times))


def floor(W: Array, y: Array) -> tuple[float, float]:
    """Seconds of the bare product and of the tanh, for one row."""
    out = np.empty_like(y)
    return median(lambda: np.matmul(y, W, out=out)) / len(y), median(lambda: np.tanh(y, out=out)) / len(y)


def run(model: Any, y: Array, method: str, rtol: float) -> am.Simulation:
    """The batch by am.simulate, without a steady end."""
    return am.simulate(model, None, y, t=END, method=method, rtol=rtol, atol=rtol, steady=None)


def ours(model: Any, W: Array, y: Array, exact: Array, method: str) -> dict[str, Any]:
    """Time and share of the roofline at the first tolerance that is good enough."""
    rtol = next(r for r in TOLERANCES if np.abs(np.asarray(run(model, y, method, r).end) - exact).max() < ERROR)
    product, tanh = floor(W, y)
    seconds, result = timed(lambda: run(model, y, method, rtol))
    evaluations = result.statistics["evaluations"].sum()
    steps = (result.statistics["accepted"] + result.statistics["rejected"]).sum()
    least = evaluations * product + (steps if method == "taylor" else evaluations) * tanh
    error = np.abs(np.asarray(result.end) - exact).max()
    return {**_told(rtol, error, seconds), "of the roofline": round(least / seconds, 3)}


def _told(rtol: float, error: float, seconds: float) -> dict[str, Any]:
    return {"rtol": float(f"{rtol:.1e}"), "error": float(f"{error:.1e}"), "seconds": round(seconds, 2)}


def by_diffrax(W: Array, y: Array, exact: Array) -> dict[str, Any] | str:
    """The same by diffrax."""
    try:
        import diffrax
        import jax
    except ImportError:
        return "not installed"
    jax.config.update("jax_enable_x64", True)
    weights = jax.numpy.asarray(W)
    term = diffrax.ODETerm(lambda t, y, args: jax.numpy.tanh(y) @ weights - y)

    def solver(rtol: float) -> Any:
        control = diffrax.PIDController(rtol=rtol, atol=rtol)
        one = lambda y0: diffrax.diffeqsolve(  # noqa: E731
            term, diffrax.Dopri8(), 0, END, 0.01, y0, stepsize_controller=control, max_steps=100_000, saveat=diffrax.SaveAt(t1=True)
        ).ys[0]
        return jax.jit(jax.vmap(one))

    def error(rtol: float) -> float:
        return float(np.abs(np.asarray(solver(rtol)(y)) - exact).max())

    rtol = next(r for r in TOLERANCES if error(r) < ERROR)
    solve = solver(rtol)
    jax.block_until_ready(solve(y))
    seconds, ends = timed(lambda: jax.block_until_ready(solve(y)))
    worst = float(np.abs(np.asarray(ends) - exact).max())
    return {"version": diffrax.__version__, **_told(rtol, worst, seconds)}


def step_over_flows(model: Any, y: Array) -> float:
    """An accepted step of order 5 over its six evaluations of the flow."""
    out = np.empty_like(y)
    stepper = DormandPrince(model, y, np.zeros(len(y)), 1e9, Tolerance(1e-1, 1e-1, 1e-8))

    def step() -> None:
        stepper.h[:] = 0.01
        stepper.attempt()
        assert stepper.accepted.all()
        stepper.commit()

    return round(median(step) / (6 * median(lambda: model.packed_flow(y, out=out))), 3)


def main() -> None:
    """Measure on one thread."""
    with one_thread() as blas:
        rng = np.random.default_rng(0)
        W, y = weights(N, 1.5, rng), rng.normal(size=(ROWS, N))
        model = am.compile(network()).bind({"W": W})
        exact = np.asarray(run(model, y, "order 8", 1e-13).end)
        methods = {method: ours(model, W, y, exact, method) for method in ("order 8", "taylor")}
        other = by_diffrax(W, y, exact)
        result = {
            "rows": ROWS,
            "neurons": N,
            "blas": blas,
            **methods,
            "diffrax": other,
            "step of order 5 over its flows": step_over_flows(model, y),
        }
        if isinstance(other, dict):
            result["faster than diffrax"] = round(other["seconds"] / min(m["seconds"] for m in methods.values()), 2)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()

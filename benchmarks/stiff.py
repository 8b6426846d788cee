"""Fast hidden layers, τ = 0.001: our implicit steppers against SciPy's BDF at equal accuracy; prints JSON.

    python benchmarks/stiff.py
    python benchmarks/stiff.py 64

Softmax memories of 64 × 256 and 256 × 1024 units (or of that number of visible ones only), β = 4, τ_v = 1, τ_h = 0.001,
t from 0 to 50, a batch of 100 starts, one thread. BDF is timed on SOME of the trajectories, one by one, and scaled to the
batch; once with the Jacobian by differences, as it is by default, and once with our analytic one. Its flow is our compiled
one. Errors are the largest over TIMES, all components and those trajectories, against Radau with rtol 1e-9 and our
Jacobian. Our tolerance is the loosest of a list at which our error is no more than BDF's. Times are of the process; the
reading of the saved times by interpolation is part of either.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from threadpoolctl import threadpool_info, threadpool_limits

from amsym.notation import indices, parameter, state, total
from amsym.system import System
from numeric.bound import Bound
from numeric.compile import compile as compile_model
from numeric.steppers.layered import Layered
from numeric.steppers.rosenbrock import Rosenbrock
from numeric.steppers.step_size import Tolerance
from numeric.steppers.stepper import Stepper

Array = NDArray[Any]
BATCH, END, BETA, TAU = 100, 50.0, 4.0, 1e-3
TIMES = np.array([0.01, 0.1, 0.5, 1, 2, 4, 8, 16, 30, END])
SOME = {64: 3, 256: 1}
BDF_TOLERANCES = 1e-3, 1e-6
OURS = 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7


def memory() -> System:
    """dv/dt = ξ softmax(βh) - v, τ dh/dt = ξᵀ v - h."""
    (i,), (a,) = indices("i", "N"), indices("a", "K")
    v, h = state("v", "N"), state("h", "K")
    xi, beta, tau = parameter("xi", "N K"), parameter("beta", positive=True), parameter("tau", positive=True)
    p = sp.exp(beta * h[a]) / total(sp.exp(beta * h[a]), a)
    return System(flow={v[i]: total(xi[i, a] * p, a) - v[i], h[a]: (total(xi[i, a] * v[i], i) - h[a]) / tau})


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the process, and the result."""
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def scipys(model: Bound, start: Array, method: str, rtol: float, analytic: bool) -> Array:
    """States at TIMES, (rows, times, n), one trajectory after the other."""

    def flow(t: float, y: Array) -> Array:
        return np.asarray(model.packed_flow(y[None])[0])

    def jacobian(t: float, y: Array) -> Array:
        return np.asarray(model.packed_jacobian(y[None])[0])

    more: dict[str, Any] = {"jac": jacobian} if analytic else {}
    runs = [solve_ivp(flow, (0, END), y, method, TIMES, rtol=rtol, atol=1e-3 * rtol, **more) for y in start]
    return np.array([run.y.T for run in runs])


def ours(method: type[Stepper], model: Bound, start: Array, rtol: float) -> tuple[Array, int]:
    """States at TIMES, (rows, times, n), all trajectories together, and the attempts of the slowest."""
    stepper, rows, attempts = method(model, start, np.zeros(len(start)), END, Tolerance(rtol, 1e-3 * rtol, None)), np.arange(len(start)), 0
    found = np.empty((len(start), len(TIMES), start.shape[1]))
    while stepper.count:
        stepper.attempt()
        passed = stepper.accepted[:, None] & (stepper.t[:, None] < TIMES) & (stepper.proposed_time[:, None] >= TIMES)
        k, which = np.nonzero(passed)
        found[rows[k], which] = stepper.interpolate(k, np.minimum((TIMES[which] - stepper.t[k]) / stepper.step[k], 1))
        stepper.commit()
        going = stepper.t < END
        rows, attempts = rows[going], attempts + 1
        stepper.keep(going)
    return found, attempts


def equally_good(method: type[Stepper], model: Bound, start: Array, reference: Array, error: float) -> dict[str, Any]:
    """The first of OURS at which the error is no more than this, and its time; nothing where none is."""
    for rtol in OURS:
        seconds, (found, attempts) = timed(lambda rtol=rtol: ours(method, model, start, rtol))  # type: ignore[misc]
        mine = float(np.abs(found[: len(reference)] - reference).max())
        if mine <= error:
            return {"rtol": rtol, "error": mine, "attempts": attempts, "seconds": round(seconds, 3)}
    return {}


def measured(visible: int, hidden: int) -> dict[str, Any]:
    """All ratios for one size."""
    rng = np.random.default_rng(0)
    model = compile_model(memory()).bind({"xi": rng.normal(size=(visible, hidden)) / np.sqrt(visible), "beta": BETA, "tau": TAU})
    start, _ = model.pack({"v": rng.normal(size=(BATCH, visible)), "h": rng.normal(size=(BATCH, hidden))})
    some = start[: SOME[visible]]
    reference = scipys(model, some, "Radau", 1e-9, True)
    result: dict[str, Any] = {}
    for rtol in BDF_TOLERANCES:
        plain, found = timed(lambda rtol=rtol: scipys(model, some, "BDF", rtol, False))  # type: ignore[misc]
        analytic, _ = timed(lambda rtol=rtol: scipys(model, some, "BDF", rtol, True))  # type: ignore[misc]
        error, scale = float(np.abs(found - reference).max()), BATCH / len(some)
        row: dict[str, Any] = {"error": error, "seconds": round(scale * plain, 1), "seconds_with_jacobian": round(scale * analytic, 1)}
        for method in (Layered, Rosenbrock) if visible == 64 else (Layered,):
            mine = equally_good(method, model, start, reference, error)
            if mine:
                ratios = {"ratio": plain, "ratio_with_jacobian": analytic}
                mine |= {name: round(scale * theirs / mine["seconds"], 1) for name, theirs in ratios.items()}
            row[method.__name__.lower()] = mine
        result[f"BDF {rtol:g}"] = row
    return result


def main() -> None:
    """Measure the sizes asked for on one thread."""
    asked = [int(n) for n in sys.argv[1:]] or list(SOME)
    with threadpool_limits(1):
        blas = [{key: p.get(key) for key in ("internal_api", "architecture")} for p in threadpool_info() if p["user_api"] == "blas"]
        sizes = {f"{n} x {4 * n}": measured(n, 4 * n) for n in asked}
    print(json.dumps({"batch": BATCH, "tau": TAU, "bdf_timed_on": {str(n): SOME[n] for n in asked}, "blas": blas, **sizes}, indent=2))


if __name__ == "__main__":
    main()

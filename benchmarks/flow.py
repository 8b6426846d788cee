"""How near a compiled flow comes to the two bare matrix products that it needs; prints JSON.

    python benchmarks/flow.py
    OPENBLAS_CORETYPE=SKYLAKEX python benchmarks/flow.py

Batch 1000, 256 visible and 1024 hidden units, softmax β = 4, one thread. The bare products are np.matmul with out=,
of the same contiguous arrays, measured in turns with the flow; times are medians, in milliseconds. OpenBLAS takes some
new processors for older ones; OPENBLAS_CORETYPE chooses its kernels, and the output names those that ran.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import sympy as sp
from _networks import medians
from threadpoolctl import threadpool_info, threadpool_limits

from amsym.notation import indices, parameter, state, total
from amsym.system import System
from numeric.compile import compile as compile_model

ROWS, VISIBLE, HIDDEN, BETA = 1000, 256, 1024, 4.0
ROUNDS = 60


def softmax_memory() -> System:
    """dv_i/dt = Σ_a ξ_ia p_a - v_i and dh_a/dt = Σ_i ξ_ia v_i - h_a with p = softmax(βh), and their energy."""
    (i,), (a,) = indices("i", "N"), indices("a", "K")
    v, h = state("v", "N"), state("h", "K")
    xi, beta = parameter("xi", "N K"), parameter("beta", positive=True)
    z = total(sp.exp(beta * h[a]), a)
    p = sp.exp(beta * h[a]) / z
    energy = total(v[i] ** 2, i) / 2 + total(h[a] * p, a) - sp.log(z) / beta - total(v[i] * xi[i, a] * p, i, a)
    return System(flow={v[i]: total(xi[i, a] * p, a) - v[i], h[a]: total(xi[i, a] * v[i], i) - h[a]}, energy=energy)


def measured(dtype: Any) -> dict[str, Any]:
    """Times and ratios in one precision."""
    rng = np.random.default_rng(0)
    xi = rng.normal(size=(VISIBLE, HIDDEN)).astype(dtype) / np.sqrt(VISIBLE).astype(dtype)
    y = {"v": rng.normal(size=(ROWS, VISIBLE)).astype(dtype), "h": rng.normal(size=(ROWS, HIDDEN)).astype(dtype)}
    model = compile_model(softmax_memory()).bind({"xi": xi, "beta": BETA})
    transposed = np.ascontiguousarray(xi.T)
    out_v, out_h = np.empty_like(y["v"]), np.empty_like(y["h"])
    flow_out = {"v": np.empty_like(out_v), "h": np.empty_like(out_h)}
    packed, _ = model.pack(y)
    packed_out = np.empty_like(packed)

    def bare() -> None:
        np.matmul(y["v"], xi, out=out_h)
        np.matmul(y["h"], transposed, out=out_v)

    calls = {
        "products": bare,
        "flow": lambda: model.flow(y, out=flow_out),
        "packed_flow": lambda: model.packed_flow(packed, out=packed_out),
        "flow_and_energy": lambda: model.flow_and_energy(y, out=flow_out),
    }
    for call in calls.values():
        call()
    times = dict(zip(calls, medians(ROUNDS, *calls.values()), strict=True))
    ratios = {f"{name}_ratio": round(t / times["products"], 3) for name, t in times.items() if name != "products"}
    return {"milliseconds": {name: round(t, 3) for name, t in times.items()}, **ratios}


def main() -> None:
    """Measure both precisions on one thread."""
    with threadpool_limits(1):
        blas = [p for p in threadpool_info() if p["user_api"] == "blas"]
        result = {
            "rows": ROWS,
            "visible": VISIBLE,
            "hidden": HIDDEN,
            "blas": [{key: p.get(key) for key in ("internal_api", "version", "architecture", "num_threads")} for p in blas],
            "float32": measured(np.float32),
            "float64": measured(np.float64),
        }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()

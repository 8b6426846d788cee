"""What several benchmarks share: the network dy/dt = W tanh(y) - y, one thread, the kernels that ran, and clocks."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np
import sympy as sp
from threadpoolctl import threadpool_info, threadpool_limits

import amsym as am

Array = np.ndarray[Any, Any]


def network() -> am.System:
    """dy_i/dt = Σ_j W_ij tanh(y_j) - y_i."""
    i, j = am.indices("i j", "N")
    y, W = am.state("y", "N"), am.parameter("W", "N N", symmetric=True)
    return am.System(flow={y[i]: am.total(W[i, j] * sp.tanh(y[j]), j) - y[i]})


def weights(n: int, radius: float, rng: np.random.Generator) -> Array:
    """A symmetric Gaussian matrix of this spectral radius."""
    W = rng.normal(size=(n, n))
    W += W.T
    return W * (radius / np.abs(np.linalg.eigvalsh(W)).max())


@contextmanager
def one_thread() -> Iterator[list[dict[str, Any]]]:
    """One BLAS thread; yields which kernels run."""
    with threadpool_limits(1):
        blas = [p for p in threadpool_info() if p["user_api"] == "blas"]
        yield [{key: p.get(key) for key in ("internal_api", "version", "architecture")} for p in blas]


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of one call, and its result."""
    start = perf_counter()
    result = call()
    return perf_counter() - start, result


def medians(rounds: int, *calls: Callable[[], Any]) -> list[float]:
    """The median time of each call in ms, all measured in turns."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, mine in zip(calls, times, strict=True):
            start = perf_counter()
            call()
            mine.append(1e3 * (perf_counter() - start))
    return [statistics.median(mine) for mine in times]

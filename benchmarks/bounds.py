"""Proved bounds of elementary functions against NumPy's values, and products of intervals against bare ones; prints JSON.

    python benchmarks/bounds.py

"ns a number": of 100 000 numbers in ten units of range, both bounds; "NumPy" the plain function. "cells in ms": making the cells of that
range, once a process. "units apart": the median width in units of the last place. "products": 1000 pairs of n × n matrices, as multiples
of the bare product.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import scipy.special
from _networks import Array, medians, one_thread, timed

from numeric.elementwise import NAMED
from numeric.intervals.cells import PER_UNIT, Cells
from numeric.intervals.products import midrad_product
from numeric.intervals.proved import bounds
from numeric.intervals.tables import TABLES

COUNT, RANGE = 100_000, 10


def plain(name: str) -> Any:
    """What a compiled program calls."""
    return NAMED.get(name) or getattr(scipy.special if name.startswith("special.") else np, name.removeprefix("special."))


def function(name: str) -> dict[str, float]:
    """Figures of one function on the part of [0, 10] where it has cells."""
    table = TABLES[name]
    last = min(table.last, RANGE)
    x = np.random.default_rng(0).uniform(0.01, last, COUNT)
    centers = np.arange(PER_UNIT * 0.75 if name == "log" else 0, PER_UNIT * last) / PER_UNIT
    made = min(timed(lambda: Cells(table.series, table.first, table.last, table.terms, table.parity)(centers))[0] for _ in range(5))
    low, high = bounds(name, x)
    ours, numpy = medians(15, lambda: bounds(name, x), lambda: plain(name)(x))
    return {
        "ns a number": round(1e6 * ours / COUNT, 1),
        "NumPy": round(1e6 * numpy / COUNT, 1),
        "cells in ms": round(1e3 * made, 1),
        "units apart": float(np.median((high - low) / np.spacing(np.maximum(np.abs(low), np.abs(high))))),
    }


def products(n: int) -> float:
    """The time of a product of intervals over that of the bare product."""
    rng = np.random.default_rng(0)
    A, B = rng.normal(size=(2, 1000, n, n))
    r: Array = np.full(A.shape, 1e-3)
    ours, bare = medians(15, lambda: midrad_product(A, r, B, r), lambda: A @ B)
    return round(ours / bare, 2)


if __name__ == "__main__":
    with one_thread() as blas:
        result = {"blas": blas, "functions": {name: function(name) for name in TABLES}, "products": {n: products(n) for n in (4, 32)}}
    print(json.dumps(result, indent=1))

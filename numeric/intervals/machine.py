"""What proved bounds rest on: fl(a + b) and fl(a b) are the nearest doubles, ties to even, and denormal numbers are kept.

A library that was compiled for speed may turn denormals off for a whole process; then nothing here is proved, and it is said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from amsym.errors import AmsymError

# Two numbers and their rounded sum, or product.
SUMS = ((1.0, 2.0**-53, 1.0), (1.0, 1.5 * 2.0**-53, 1 + 2.0**-52), (-1.0, -1.5 * 2.0**-53, -1 - 2.0**-52), (1.0, -(2.0**-55), 1.0))
PRODUCTS = ((5e-324, 1.0, 5e-324), (2.0**-1022, 0.5, 2.0**-1023), (1 + 2.0**-52, 1 - 2.0**-53, 1.0), (-1 - 2.0**-52, 1 - 2.0**-53, -1.0))
WIDTH = 9  # numbers to an array, so that vector instructions are tried too


def faults(add: Callable[..., Any] = np.add, multiply: Callable[..., Any] = np.multiply) -> list[str]:
    """The sums and products that are not rounded as IEEE 754 asks.

    >>> faults()
    []
    """
    found = []
    for f, sign, table in ((add, "+", SUMS), (multiply, "*", PRODUCTS)):
        for a, b, expected in table:
            got = f(np.full(WIDTH, a), np.full(WIDTH, b))
            if not np.all(got == expected):
                found.append(f"{a!r} {sign} {b!r} is {got[got != expected][0]!r}, not {expected!r}")
    return found


def require_ieee(add: Callable[..., Any] = np.add, multiply: Callable[..., Any] = np.multiply) -> None:
    """Raise AmsymError where arithmetic is not IEEE 754."""
    found = faults(add, multiply)
    if found:
        raise AmsymError(
            f"proved bounds need IEEE 754 arithmetic, rounded to nearest with denormal numbers; here {found[0]}: "
            "another library changed the processor's mode, start a process without it"
        )

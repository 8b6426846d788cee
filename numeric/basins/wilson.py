"""Wilson's interval of a share: the p with |k/n - p| <= z sqrt(p (1 - p) / n), for k of n.

Unlike k/n ± z sqrt(k (n - k) / n³) it has a length where k is 0 or n, stays within [0, 1], and covers about as often as it says
from small n on. Source: E. B. Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtri

from amsym.errors import InputError
from numeric.field import Array


def wilson(k: Any, n: Any, level: float = 0.95) -> Array:
    """The interval for k successes of n, (..., 2); [0, 1] where n is 0. k and n broadcast.

    >>> wilson(50, 100).round(4)
    array([0.4038, 0.5962])
    >>> wilson([0, 3], 3).round(3).tolist()
    [[0.0, 0.561], [0.439, 1.0]]

    Raises InputError for counts that are none, and a level outside (0, 1).
    """
    k, n = np.broadcast_arrays(np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if not np.all((k >= 0) & (k <= n)):
        raise InputError(f"successes {k.tolist()} of {n.tolist()} were given; 0 <= k <= n was expected: count again")
    z2 = float(ndtri((1 + checked_level(level)) / 2)) ** 2
    some = np.maximum(n, 1)
    p = k / some
    middle, half = p + z2 / (2 * some), np.sqrt(z2 * (p * (1 - p) + z2 / (4 * some)) / some)
    ends = np.stack([middle - half, middle + half], axis=-1) / (1 + z2 / some)[..., None]
    ends[..., 0], ends[..., 1] = np.where(k == 0, 0.0, ends[..., 0]), np.where(k == n, 1.0, ends[..., 1])
    return np.asarray(np.where((n > 0)[..., None], np.clip(ends, 0, 1), [0.0, 1.0]))


def checked_level(level: float) -> float:
    """A confidence level in (0, 1), or an InputError."""
    if not 0 < level < 1:
        raise InputError(f"level is {level!r}; a share between 0 and 1 was expected: say 0.95")
    return float(level)

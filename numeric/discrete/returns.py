"""Has a trajectory come back to a state that it was in? Then it goes round for ever, as every sweep is the same map.

Brent's method finds the exact period with one comparison a sweep: the state is held against one kept from sweep 1, 2, 4, 8 ...
Source: R. P. Brent, An improved Monte Carlo factorization algorithm, BIT 20 (1980) 176.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Returns:
    """The period of each trajectory (batch, n): 1 for a fixed point, p > 1 for a cycle, 0 while no return was seen."""

    def __init__(self, y: Array) -> None:
        self.period = np.zeros(len(y), dtype=np.int64)
        self._anchor, self._power, self._steps = y.copy(), 1, 0

    def see(self, rows: NDArray[np.intp], y: Array) -> None:
        """The states of the live rows after one more sweep."""
        self._steps += 1
        back = np.all(y == self._anchor[rows], axis=1) & (self.period[rows] == 0)
        self.period[rows[back]] = self._steps
        if self._steps == self._power:
            self._anchor[rows] = y
            self._power, self._steps = 2 * self._power, 0

"""S_b = ⟨-Σ_j p_ij log p_ij⟩ over boxes i of a grid: how uncertain a start's end is where its place is known to a box.

S_bb is the same mean over the boxes with more than one end. Where S_bb > log 2 more than two basins meet all along the boundary,
which is then fractal. Source: Daza, Wagemakers, Georgeot, Guéry-Odelin, Sanjuán (2016), Scientific Reports 6, 31416.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from amsym.errors import InputError
from numeric.basins.ends import DIVERGED, Labels


class BoxEntropy(NamedTuple):
    """In nats: `basin` is S_b and `boundary` S_bb, NaN without such boxes; `boxes` were looked at, in `mixed` of them ends differ."""

    basin: float
    boundary: float
    boxes: int
    mixed: int

    @property
    def fractal(self) -> bool:
        """The log 2 criterion, sufficient and not necessary: whether S_bb > log 2, at this size of boxes."""
        return bool(self.boundary > np.log(2) * (1 + 1e-12))


def box_entropy(labels: Labels, size: int = 5) -> BoxEntropy:
    """Of a grid of labels (n, m), cut into boxes of `size` by `size` starts; what does not fill a box is left out.

    Infinity, where trajectories diverge, is an end like another. Ambiguous and unfinished starts tell no end and are left out.

    >>> box_entropy(np.array([[0, 0, 1, 1], [0, 0, 0, 0]]), size=2).mixed
    1

    Raises InputError for a size below 2 or beyond the grid.
    """
    if not 2 <= size <= min(labels.shape):
        raise InputError(f"box size {size} was given for a grid {labels.shape}; from 2 to its shorter side was expected: say 5")
    n, m = (side // size for side in labels.shape)
    boxes = labels[: n * size, : m * size].reshape(n, size, m, size).swapaxes(1, 2).reshape(n * m, -1)
    ends = [k for k in np.unique(boxes) if k >= 0 or k == DIVERGED]
    counts = np.array([(boxes == k).sum(axis=1) for k in ends], dtype=np.float64).reshape(len(ends), n * m)
    counts = counts[:, counts.sum(axis=0) > 0]
    p = counts / counts.sum(axis=0)
    S = -(p * np.log(np.where(p > 0, p, 1))).sum(axis=0) + 0.0
    mixed = (counts > 0).sum(axis=0) > 1
    return BoxEntropy(_mean(S), _mean(S[mixed]), S.size, int(mixed.sum()))


def _mean(S: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(S.mean()) if S.size else float("nan")

"""<m_A, r_A> <m_B, r_B> ⊆ <m_A m_B, |m_A| r_B + r_A (|m_B| + r_B)>, with the rounding of the products themselves in the radius.

For sums of n products in any order, with or without fused multiplications (u = 2^-53, n u <= 1/4, no fast matrix multiplication):

    |fl(Σ a b) - Σ a b| <= γ_n Σ |a b| + n η,    γ_n = n u / (1 - n u) <= 2 n u,

η = 2^-1022 for products that underflow, also where such results are flushed to 0. So with g = 2 n u, three products are enough:

    C = fl(m_A m_B),   |A B - C| <= |m_A| (r_B + g |m_B|) + r_A (|m_B| + r_B) + n η,

the last two computed with a rounding of at most γ_{n+3} of themselves, as all their terms are positive.
Source: Rump, Fast and parallel interval arithmetic, BIT 39 (1999); Higham (2002), section 3.5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.intervals.boxes import LEAST

Array = NDArray[Any]
Product = Callable[[Array, Array], Array]

U = 2.0**-53
ETA = float(np.finfo(np.float64).tiny)


@np.errstate(all="ignore")
def midrad_product(
    mid_a: Array, rad_a: Array, mid_b: Array, rad_b: Array, product: Product = np.matmul, terms: int | None = None
) -> tuple[Array, Array]:
    """Midpoint and radius of the products of all matrices in <mid_a, rad_a> with all in <mid_b, rad_b>.

    Stacks of matrices, or whatever `product`, a sum of `terms` products in each entry, takes. An infinite radius stands for any number;
    times exact zeros it gives 0.

    >>> C, r = midrad_product(np.array([[1.0, 2.0]]), np.array([[0.5, 0.0]]), np.array([[3.0], [4.0]]), np.zeros((2, 1)))
    >>> C.item(), bool(1.5 <= r.item() < 1.5 + 1e-14)
    (11.0, True)
    """
    n = mid_a.shape[-1] if terms is None else terms
    unbounded = not (np.isfinite(rad_a).all() and np.isfinite(rad_b).all())
    if unbounded:
        open_ = _opened(mid_a, rad_a, mid_b, rad_b, product)
        rad_a, rad_b = (np.where(np.isfinite(r), r, 0.0) for r in (rad_a, rad_b))
    middle = product(mid_a, mid_b)
    size_b = np.abs(mid_b)
    spread = product(np.abs(mid_a), rad_b + (2.0 * n * U * size_b + LEAST))  # the least number, as g |m_B| may underflow
    if rad_a.any():
        spread = spread + product(rad_a, size_b + rad_b)
    radius = spread * (1 + 4.0 * (n + 4) * U) + 4.0 * n * ETA
    bad = ~(np.isfinite(middle) & np.isfinite(radius))
    if unbounded:
        bad = bad | open_
    return (np.where(bad, 0.0, middle), np.where(bad, np.inf, radius)) if bad.any() else (middle, radius)


def _opened(mid_a: Array, rad_a: Array, mid_b: Array, rad_b: Array, product: Product) -> NDArray[np.bool_]:
    """Entries with a term that is anything: one factor unbounded, the other not exactly 0."""
    parts = [(np.isinf(r), (m != 0) | (r != 0)) for m, r in ((mid_a, rad_a), (mid_b, rad_b))]
    (any_a, some_a), (any_b, some_b) = [(x.astype(np.float64), y.astype(np.float64)) for x, y in parts]
    return np.asarray(product(any_a, some_b) + product(some_a, any_b) > 0)

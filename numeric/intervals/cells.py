"""f(c + t) = Σ_j a_j t^j + ρ t^n on cells |t| <= T around grid points c, evaluated in doubles with a proved error.

The coefficients a_j of a cell are those of a power series in balls at c, and ρ that of order n over the whole cell and its neighbours
(Lagrange's remainder). A cell is made when an argument first falls into it. Rounding of Horner's rule, with u = 2^-53 and + - * rounded
to nearest:

    s_j = fl(a_j + fl(t s_{j+1})),   |s_j - Σ_{i >= j} a_i t^{i-j}| <= e_j = T e_{j+1} + δ_j + u T M_{j+1} + u M_j + η,

with δ_j the rounding of a_j to a double, M_j >= |s_j|, and η the least positive number, for products that underflow. The last sum's u M_0
is u |s_0|, taken of the actual number. Where the first v coefficients are exactly 0, adding them is exact: s_0 is t^v s_v but for v factors
1 ± u, so the error is a share of |s_0|, and f keeps all its digits near its zero. t = x - c is exact: both are multiples of the last place
of x, and |t| <= |x| unless c = 0.

Source: Higham, Accuracy and Stability of Numerical Algorithms (2002), sections 2.2, 3.1 and 5.1.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from flint import arb, arb_series, ctx
from numpy.typing import NDArray

Array = NDArray[np.float64]
Series = Callable[[arb_series], arb_series]

PER_UNIT = 64  # cells to a unit of x
T = 0.5 / PER_UNIT
U = 2.0**-53
GROUP = 4  # neighbouring cells that share a remainder
LEAST = 2.0**-1070  # above every sum of what underflows in one evaluation
PRECISION = 128
SHARE = 2.2 * U  # of |s|: the last sum, and the subtraction s - d or addition s + d that follows
MARGIN = 1 + 1e-9  # for the rounding of the bounds themselves, some forty sums and products of positive numbers


class Made(NamedTuple):
    """Of new cells: coefficients and their roundings (n, cells), remainders (cells,)."""

    a: Array
    delta: Array
    rho: Array


class Cells:
    """f on [first, last], whole numbers; `parity` 1 or -1 of an even or odd f makes two cells at once.

    Calling it with x in the range gives s and d with |f(x) - s| <= d, arrays of the shape of x.
    """

    def __init__(self, series: Series, first: int, last: int, terms: int = 8, parity: int = 0) -> None:
        self._series, self._terms, self._parity = series, terms, parity
        self._offset = -first * PER_UNIT
        size = (last - first) * PER_UNIT + 1
        self._coefficients, self._errors = np.zeros((terms, size)), np.zeros(size)
        self._known = np.zeros(size, dtype=bool)
        self._lock = threading.Lock()
        self._share = SHARE
        if first <= 0 <= last:
            self._make(np.array([self._offset]))

    def __call__(self, x: Array) -> tuple[Array, Array]:
        """s and d."""
        k = np.rint(x * PER_UNIT)
        t = x - k / PER_UNIT
        place = k.astype(np.intp)
        place += self._offset
        if not self._known.take(place).all():
            self._make(np.unique(place[~self._known[place]]))
        a, buffer = self._coefficients, np.empty_like(t)
        s = a[-1].take(place)
        for row in a[-2::-1]:
            np.multiply(s, t, out=s)
            np.add(s, row.take(place, out=buffer, mode="clip"), out=s)
        d = np.abs(s, out=t)
        d *= self._share
        d += self._errors.take(place, out=buffer, mode="clip")
        return s, d

    def _make(self, places: NDArray[np.intp]) -> None:
        """New cells, and those at -c of an even or odd f."""
        with self._lock:
            if self._parity:  # on the right, where what decays is a small number and not the inverse of a large one
                places = np.unique(self._offset + np.abs(places - self._offset))
            made = self._expanded([int(p) - self._offset for p in places])
            self._keep(places, made)
            if self._parity:
                signs = self._parity * (-1.0) ** np.arange(self._terms)
                self._keep(2 * self._offset - places, Made(made.a * signs[:, None], made.delta, made.rho))

    def _keep(self, places: NDArray[np.intp], made: Made) -> None:
        inside = (places >= 0) & (places < self._known.size)
        error, share = bounds_of_error(made)
        if np.any(share):
            self._share = max(self._share, float(share.max()))
        self._coefficients[:, places[inside]] = made.a[:, inside]
        self._errors[places[inside]] = error[inside]
        self._known[places[inside]] = True

    def _expanded(self, numbers: list[int]) -> Made:
        n = self._terms
        before, ctx.prec, ctx.cap = (ctx.prec, ctx.cap), PRECISION, n + 1
        try:
            rests = {g: self._rest(g) for g in {k // GROUP for k in numbers}}
            columns = [self._column(arb(k) / PER_UNIT) for k in numbers]
        finally:
            ctx.prec, ctx.cap = before
        a, delta = (np.array(part).T for part in zip(*columns, strict=True))
        return Made(a, delta, np.array([rests[k // GROUP] for k in numbers]) * MARGIN)

    def _rest(self, group: int) -> float:
        """sup |f^(n)|/n! over neighbouring cells at once."""
        middle, n = arb(2 * GROUP * group + GROUP - 1) / (2 * PER_UNIT), self._terms
        return float(self._series(arb_series([arb(middle, GROUP * T), 1], n + 1))[n].abs_upper())

    def _column(self, c: arb) -> tuple[list[float], list[float]]:
        """The coefficients at c, and how far the nearest doubles are from them."""
        exact = self._series(arb_series([c, 1], self._terms))
        found = [exact[j] for j in range(self._terms)]
        a = [float(v) for v in found]
        off = [v - near for v, near in zip(found, a, strict=True)]
        return a, [0.0 if d.is_zero() else float(d.abs_upper()) + LEAST for d in off]


def bounds_of_error(made: Made) -> tuple[Array, Array]:
    """By cell, the d beyond a share of |s|, and that share where it is above the usual one: in cells around a zero of f.

    >>> bounds_of_error(Made(np.array([[1.0], [0.5]]), np.zeros((2, 1)), np.array([0.0])))[0] < 0.01 * U
    array([ True])
    """
    n = len(made.a)
    size, error = np.abs(made.a[-1]), made.delta[-1]
    zero = np.logical_and.accumulate((made.a == 0) & (made.delta == 0), axis=0)
    parts = {n - 1: (size, error)}
    for j in range(n - 2, -1, -1):
        rounding = U * T * size + LEAST
        size = (np.abs(made.a[j]) + T * size) * (1 + 2 * U)
        error = T * error + made.delta[j] + rounding + (U * size if j else 0.0)
        parts[j] = (size, error)
    rest = made.rho * T**n
    absolute = (parts[0][1] + rest) * MARGIN + LEAST
    share = np.zeros(made.rho.size)
    for v in range(1, min(3, n)):
        off = parts[v][1] + made.rho * T ** (n - v)  # of s_v, and so of s_v from f(c + t)/t^v
        tail = sum(np.abs(made.a[i]) * T ** (i - v) for i in range(v + 1, n)) + off
        least = np.abs(made.a[v]) - tail * MARGIN  # of |s_v|
        here = zero[v - 1] & ~zero[v] & (least > 0)
        share = np.where(here, (off / np.where(here, least, 1) + v * U) * 1.01 + SHARE, share)
        absolute = np.where(here, LEAST, absolute)
    return absolute, share

"""Taylor's method: y(t + h) = Σ_j y_j h^j, its order fitted to the tolerance and its step to the last two coefficients.

    p = ⌈1 - 0.6 ln(tol)⌉,    |y_j| h^j <= tol for j = p - 1 and p,    |h (f(P(h)) - P'(h))| <= (p + 1) tol

The last test asks whether the polynomial P solves the equation at its far end, and costs nothing, as f is needed there: it
notices kinks and poles, of which the coefficients know nothing. Coefficients live as long as their block of rows is in cache.

Source: Jorba and Zou, A software package for the numerical integration of ODEs by means of high-order Taylor methods (2005),
Experiment. Math. 14, 99-117; control of the residual is Enright's (1989), Appl. Math. Comput. 31, 288-301.
"""

from __future__ import annotations

from math import ceil, factorial, log
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.field import Array, Field
from numeric.series.jets import Formula, Jets
from numeric.steppers.step_size import MOST_GROWTH, SAFETY, Tolerance, norm
from numeric.steppers.stepper import Stepper

LEAST_ORDER, MOST_ORDER = 4, 25
# Jorba and Zou's ½ is best where order p costs p²; where p matrix products are most of it, 1 is. With N = 32 and 256 a run at
# 1e-8 takes 0.05, 0.04, 0.04 s and 0.25, 0.22, 0.24 s with 0.5, 0.6, 0.7, and the first errors are the smallest.
SHARE = 0.6
# A residual of so many ulps of the state says nothing about the polynomial: sums over 256 neurons round by 5 to 10.
ROUNDING = 64
# Steps are kept to this share of the limit of stability near a steady state: with modes of rates 1, 7 and 60, half of it has one
# step in four rejected at order 5, and takes as many.
DAMPED = 0.7
LEAST_SHRINKAGE, MOST_SHRINKAGE = 0.1, 0.7


class Taylor(Stepper):
    """Steps of an order between 4 and 25, for tight tolerances: one matrix product an order, where Runge-Kutta takes more than one.

    Raises InputError for a field that is no formula, and NotationError where a function of the flow has no power series.
    """

    arrays = 9

    def __init__(self, field: Field, start: Array, t: Array, end: float, tolerance: Tolerance, order: int | None = None) -> None:
        """See `Stepper`; two evaluations of the flow. `order` None is the one that suits the tolerance."""
        if not hasattr(field, "lowered"):
            got = type(field).__name__
            raise InputError(f"the field is {got}; Taylor's method needs the formula of a bound model: take another method")
        self.order = p = fitting_order(tolerance) if order is None else order
        self.evaluations = p
        z = DAMPED * stability(p)
        self._aim = z ** (p - 1) / factorial(p)
        self.resolution = 2 * z**p / factorial(p + 1)
        self._jets = Jets(cast(Formula, field), start.shape[1], start.dtype, p)
        super().__init__(field, start, t, end, tolerance)
        self._unit = np.maximum(self.h, 1e-3 * self._eps)
        self.h = end - self.t
        self._rejected = np.zeros(self.count, dtype=bool)

    def attempt(self) -> None:
        """Try one step of every row, no longer than `h`, with its error estimate."""
        self.step = np.minimum(self.h, self._end - self.t)
        self.proposed_time = self.t.copy()
        self._ratio, self._last, self._resolved = np.empty(self.count), np.empty(self.count), np.ones(self.count, dtype=bool)
        with np.errstate(all="ignore"):  # a term that vanishes allows any step, one that overflows none
            self._try(slice(self.count), self.step)
        self._proposed_speed = norm(self.proposed_flow)
        self._judge(self._ratio, self._resolved)

    def keep(self, alive: NDArray[np.bool_]) -> None:
        """Drop all rows but those alive."""
        super().keep(alive)
        self._rejected, self._unit = self._rejected[alive], self._unit[alive]

    def interpolate(self, rows: NDArray[np.intp], theta: Array) -> Array:
        """States at t + theta h within the attempted step, (len(rows), n); rows may repeat. It expands those rows again."""
        which, place = np.unique(rows, return_inverse=True)
        result = np.empty((len(rows), self._y.shape[1]), self._y.dtype)
        for part, terms in self._jets.blocks(self._y[which], self.t[which], self._f[which]):
            mine = np.flatnonzero((place >= part.start) & (place < part.stop))
            s = theta[mine] * self.step[rows[mine]]
            mine_terms = terms[:, place[mine] - part.start]
            result[mine] = mine_terms[0] + np.einsum("qk,kqn->qn", self._weights(s)[:, 0], mine_terms[1:])
        return result

    def _try(self, part: slice, step: Array) -> None:
        """Steps no longer than these, block by block of the series, with their errors in units of the tolerance."""
        first = part.start or 0
        for rows, terms in self._jets.blocks(self.y[part], self.t[part], self.f[part]):
            here = slice(first + rows.start, first + rows.stop)
            self.step[here] = np.fmin(step[rows], self._longest(here, terms))
            self._resolved[here] = self._expand(here, terms)
            self._ratio[here] = self._relative_error(here)

    def _longest(self, part: slice, terms: Array) -> Array:
        """The step that the last two terms of each row allow, measured in units of its last step: single precision overflows early."""
        size, unit, p = self.size[part], self._unit[part], self.order
        scale, term = self._scale[part], self._error[part]
        np.multiply(self._magnitude[part], self._tolerance.rtol, out=scale)
        np.add(scale, self._tolerance.floor(size, self._eps)[:, None].astype(scale.dtype), out=scale)
        longest = np.full(len(size), np.inf)
        for j in (p - 1, p):
            np.multiply(terms[j], (unit**j / j)[:, None].astype(term.dtype), out=term)
            self._last[part] = norm(term)
            if self._tolerance.steady is not None:
                longest = np.fmin(longest, self._damped(part, self._last[part], j))
            longest = np.fmin(longest, unit * norm(np.divide(term, scale, out=term)) ** (-1 / j))
        return longest

    def _damped(self, part: slice, term: Array, j: int) -> Array:
        """The longest step with |y_j| h^j <= max(aim h |f|, one ulp), as `Tolerance.ceiling` has it, (rows,)."""
        size, unit = self.size[part], self._unit[part]
        wanted = self._tolerance.ceiling(unit, self.speed[part], size, 0.0)
        return unit * np.maximum((self._aim * wanted / term) ** (1 / (j - 1)), (self._eps * (1 + size) / term) ** (1 / j))

    def _expand(self, part: slice, terms: Array) -> NDArray[np.bool_]:
        """Proposal, flow there, error; whether each row's residual is no larger than its last term, as it is without kinks."""
        step, size = self.step[part], self.size[part]
        both = np.matmul(self._weights(step), terms[1:].transpose(1, 0, 2))
        proposal, error = self.proposal[part], self.error[part]
        last = step >= self._end - self.t[part]
        self.proposed_time[part] = np.where(last, self._end, self.t[part] + step)
        np.add(both[:, 0], terms[0], out=proposal)
        self._evaluate(proposal, self.proposed_time[part], self.proposed_flow[part])
        np.multiply(self.proposed_flow[part], step[:, None].astype(error.dtype), out=error)
        np.subtract(error, both[:, 1], out=error)
        smallest = self.order * self._last[part] * (step / self._unit[part]) ** self.order
        resolved = norm(error) <= np.maximum(smallest, ROUNDING * self._eps * (1 + size))
        np.multiply(error, np.where(resolved, 1 / (self.order + 1), 1)[:, None].astype(error.dtype), out=error)
        return np.asarray(resolved)

    def _weights(self, s: Array) -> Any:
        """Weights of y_1, 2 y_2 .. in P(s) - y_0 and in s P'(s), (rows, 2, order)."""
        j = np.arange(1, self.order + 1)
        powers = s[:, None] ** j
        return np.stack([powers / j, powers], axis=1).astype(self._y.dtype)

    def _judge(self, error: Array, resolved: NDArray[np.bool_]) -> None:
        """Accept the rows whose error is at most 1 and whose time moves; a limit for the next step of all."""
        lost = (self.proposed_time <= self.t) | ~np.isfinite(error)
        error = np.where(lost, np.inf, error)
        self.accepted = error <= 1
        power = np.where(resolved, 1 / (self.order + 1), 1 / 2)
        shrunk = np.clip(SAFETY * np.maximum(error, 1) ** -power, LEAST_SHRINKAGE, MOST_SHRINKAGE)
        growth = np.where(self._rejected, 1, MOST_GROWTH)  # no growth right after a rejection
        self.h = self.step * np.where(self.accepted, growth, shrunk)
        self._rejected, self._unit = ~self.accepted, np.where(self.step > 0, self.step, self._unit)


def fitting_order(tolerance: Tolerance) -> int:
    """p = ⌈1 - 0.6 ln(tol)⌉, at least 4 and at most 25."""
    return min(max(ceil(1 - SHARE * log(tolerance.rtol + tolerance.atol)), LEAST_ORDER), MOST_ORDER)


def stability(order: int) -> float:
    """The h k up to which a step damps dy/dt = -k y, within 0.15: Taylor polynomials of e^-z stay below 1 so far."""
    return 1.3 + 0.37 * order

"""A step that cannot raise the energy: y' = y + h f(m) - μ ∇E(m), m = (y + y')/2, with the μ for which E(y') - E(y) = h ∇E(m)·f(m).

It is the implicit midpoint rule, of order 2, moved along ∇E(m) by what a Taylor series of E at m leaves over:
μ = (E(y') - E(y) - ∇E(m)·(y' - y)) / |∇E(m)|², of order h³. So E falls at the rate of the midpoint for steps of any
length, and stays where the flow keeps it. In the words of the literature, y' - y = h S ∇̄E with S + Sᵀ ⪯ 0 and Gonzalez's
discrete gradient ∇̄E = ∇E(m) + c (y' - y), for which ∇̄E·(y' - y) = E(y') - E(y).

Where the remainder is rounding, as near steady states and along directions in which E is flat, μ is 0 and the step is the
midpoint rule. Where ∇E(m) is small beside the remainder, μ is held to a share of the step and the equation for E is missed.
So every step is looked at: unless E(y') <= E(y) + max(0, h ∇E(m)·f(m)) up to the rounding of E, with equality where the
flow keeps E, it is refused and halved.
A flow that climbs is followed uphill, not frozen: `simulate` ends such a trajectory as ENERGY_ROSE.

Source: Gonzalez (1996), J. Nonlinear Sci. 6, 449-467; McLachlan, Quispel and Robidoux (1999), Phil. Trans. R. Soc. A 357,
1021-1045.
"""

from __future__ import annotations

from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.energy_watch import allowance, risen, rounding
from numeric.field import Array, Field
from numeric.steppers.anderson import anderson
from numeric.steppers.step_size import Tolerance, norm
from numeric.steppers.stepper import Stepper

ITERATIONS = 20
# Of the step. The estimate of the error sees what residual there is, and the law is looked at apart from it; with 1e-9 a
# network of 64 neurons takes 1.7 times the evaluations.
CLOSE = 1e-6
ULPS = 8  # of the state: no residual falls below
SHARE = 0.5  # of h |f|: no correction is longer
RATE_ULPS = 64  # of Σ_i |∂E/∂y_i| |f_i|: a rate within it is rounding
GROWTH = 2.0  # at most; after a step ten times longer the iteration would as a rule fail
REFUSED = 6.95  # an error, in units of the tolerance, after which the next step is half as long


class Downhill(Field, Protocol):
    """A field with the gradient of its energy."""

    def packed_gradient(self, y: Array, t: Any = 0.0) -> Array:
        """∂E/∂y of packed rows, (batch, n)."""
        ...


class Equations:
    """The equations x = y + h f(m) - μ ∇E(m) of one step of some rows, with m = (y + x)/2."""

    def __init__(self, field: Downhill, y: Array, t: Array, step: Array) -> None:
        """Steps (rows,) from `y` (rows, n); `t` (rows,) are the times of the midpoints."""
        self._field, self._y, self._t, self._h = field, y, t, step
        self._before = field.packed_energy(y, t=t)
        self._eps = float(np.finfo(y.dtype).eps)

    def __call__(self, x: Array, rows: NDArray[np.intp]) -> tuple[Array, NDArray[np.bool_]]:
        """The right side at x (len(rows), n), and which rows solve the equation and obey the law."""
        y, t, h, before = self._y[rows], self._t[rows], self._h[rows], self._before[rows]
        change = x - y
        m = y + change / 2
        move = h[:, None] * self._field.packed_flow(m, t=t)
        g, after = self._field.packed_gradient(m, t=t), self._field.packed_energy(x, t=t)
        image = y + move - _correction(g, after - before - _dot(g, change), rounding(before, after, x), move)
        excess = _excess(after - before, g, move, self._eps)
        return image, self._solved(x, image, change) & self._lawful(x, t, before, after, excess)

    def _solved(self, x: Array, image: Array, change: Array) -> NDArray[np.bool_]:
        """|G(x) - x| small beside the step, or as small as it gets."""
        return norm(image - x) <= CLOSE * norm(change) + ULPS * self._eps * norm(x)

    def _lawful(self, x: Array, t: Array, before: Array, after: Array, excess: Array) -> NDArray[np.bool_]:
        """Whether the excess is the rounding of E, (rows,)."""
        lawful = np.isfinite(after)
        k = risen(np.where(lawful, excess, 0), before, after, x)
        if k.size:
            still = np.zeros_like(x[k])
            lawful[k] = excess[k] <= allowance(self._field.packed_energy, x[k], t[k], still, still, before[k], after[k])
        return lawful


class DiscreteGradient(Stepper):
    """Steps of order 2 that never raise the energy, whatever their size.

    The equations of a step are solved by Anderson's iteration, at a flow, a gradient and an energy each time, four to ten
    times a step: a method for where the law matters more than digits. Tolerances of 1e3 leave the length of the steps to
    the iteration, with `steady=None`. An energy that depends on time is compared at the time of the midpoint.

    >>> import amsym as am
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> quartic = am.System(flow={y[i]: -y[i]**3}, energy=am.total(y[i]**4, i)/4)
    >>> long = {"rtol": 1e3, "atol": 1e3, "steady": None, "save": "steps"}
    >>> run = am.simulate(quartic, None, [2.0, -1.0], t=100.0, method="discrete gradient", **long)
    >>> bool(np.diff(run.times).max() > 10), bool(np.diff(run.energies).max() <= 0)
    (True, True)

    Raises InputError for a field without energy, or without its gradient.
    """

    order = 3  # of the error of one step; over a run the method is of order 2
    arrays = 9
    # On dy/dt = -k y the estimate is 0.17 |h f| at h k = 2, where the mode vanishes in one step; none ever grows.
    resolution = 0.17

    def __init__(self, field: Field, start: Array, t: Array, end: float, tolerance: Tolerance) -> None:
        """See `Stepper`; two evaluations of the flow."""
        if not field.has_energy:
            raise InputError(
                "the system has no energy that a step could be kept from raising: give System(energy=...), or say method='order 5'"
            )
        if not hasattr(field, "packed_gradient"):
            got = type(field).__name__
            raise InputError(f"the field is {got}; a discrete gradient needs the packed_gradient of a bound model: take another method")
        self._downhill = cast(Downhill, field)
        super().__init__(field, start, t, end, tolerance)

    def attempt(self) -> None:
        """Try one step of every row, with its error estimate; refused are steps without solution and those that would raise E."""
        self.evaluations = self._images = np.zeros(self.count, dtype=np.int64)
        self._lawful = np.ones(self.count, dtype=bool)
        with np.errstate(all="ignore"):  # a point that overflows ends its row's iteration
            super().attempt()
        self.h = np.minimum(self.h, GROWTH * self.step)

    def interpolate(self, rows: NDArray[np.intp], theta: Array) -> Array:
        """States at t + theta h within the attempted step, (len(rows), n), by the cubic that has the flow at both ends."""
        x, h = theta[:, None].astype(self._y.dtype), self.step[rows, None].astype(self._y.dtype)
        y, change = self._y[rows], self._proposal[rows] - self._y[rows]
        bend = (1 - x) * (h * self._f[rows] - change) + x * (change - h * self._proposed_flow[rows])
        return np.asarray(y + x * change + x * (1 - x) * bend)

    def _try(self, part: slice, step: Array) -> None:
        y, proposal = self.y[part], self.proposal[part]
        equations = Equations(self._downhill, y, self.t[part] + self.step[part] / 2, step)
        np.add(y, step[:, None] * self.f[part], out=proposal)
        solved, images = anderson(equations, proposal, ITERATIONS)
        self._images[part] = images + 2
        self._lawful[part] = solved
        self._estimate(part, step)

    def _estimate(self, part: slice, step: Array) -> None:
        """The flow at the end, and the error: y' less Simpson's rule on the cubic through both ends, of order 4."""
        h, y, proposal, f, last = step[:, None], self.y[part], self.proposal[part], self.f[part], self.proposed_flow[part]
        self._evaluate(proposal, self.proposed_time[part], last)
        middle = (y + proposal) / 2 - h / 8 * (last - f)
        f_middle = self._flow(middle, t=self.t[part] + self.step[part] / 2)
        self.error[part] = (proposal - y) - h / 6 * (f + 4 * f_middle + last)

    def _relative_error(self, part: slice) -> Array:
        """As every stepper has it; a step that is refused has an error too large at least."""
        ratio = super()._relative_error(part)
        return np.where(self._lawful[part], ratio, np.fmax(ratio, REFUSED))


def _correction(g: Array, remainder: Array, rounding: Array, move: Array) -> Array:
    """μ g, (rows, n), with μ |g|² the part of the remainder above rounding, and |μ g| at most SHARE |h f|."""
    size = np.sqrt(_dot(g, g))
    excess = np.sign(remainder) * np.maximum(np.abs(remainder) - rounding, 0)
    longest = SHARE * np.sqrt(_dot(move, move))
    length = np.clip(np.divide(excess, size, out=np.zeros_like(size), where=size > 0), -longest, longest)
    return np.asarray(np.divide(length, size, out=np.zeros_like(size), where=size > 0)[:, None] * g)


def _excess(rise: Array, g: Array, move: Array, eps: float) -> Array:
    """How far E is above max(E(y), E(y) + g · move), or on either side of E(y) where the flow keeps E, (rows,).

    A flow keeps E where the sum g · move is the rounding of its terms, and not all of these vanish.
    """
    rate, terms = _dot(g, move), _dot(np.abs(g), np.abs(move))
    sure = np.abs(rate) > RATE_ULPS * eps * terms
    return np.where(sure | (terms == 0), rise - np.where(sure, np.maximum(rate, 0), 0), np.abs(rise))


def _dot(a: Array, b: Array) -> Array:
    return np.asarray(np.einsum("rn,rn->r", a, b))

"""Fast layers implicit, slow ones explicit: k_i = f_S(v + h Σ a_ij k_j, y + h Σ a_ij l_j), l_i = f_F(v + h Σ ã_ij k_j, y + h Σ ã_ij l_j).

The explicit a is Dormand and Prince's, so the slow layers S see a method of order 5 while the fast ones F are at rest. The
companion ã is lower triangular: where a fast layer relaxes by a leak, f_F = d (y - drive(v)) with d constant by the form of
the flow, its stage is one division. No matrix, no iteration, the work of an explicit step. As F takes the slow layers by
ã too, l is smooth however small 1/d is. A row is split in this way while h |d| > FAST; else its step is Dormand-Prince.
With fast layers at rest, what is left of the flow is damped up to h ρ = 2.0 (3.3 without any).

With a, ã meets all conditions of order 4 for a system in two parts, and for z <= 0 no stage of it grows; at infinity it is 0.
Of these companions it has the least sum of squares of coefficients and of stages far out, by a search; tests hold it to
the conditions. The last stage takes the slow layers at the step's own end, so that f is the flow there.
Splitting as such: Ascher, Ruuth and Spiteri (1997), Appl. Numer. Math. 25, 151-167.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array
from numeric.steppers.dormand_prince import INTERPOLANT, NODES, DormandPrince
from numeric.steppers.linear_field import LinearField, apart, places, with_derivatives
from numeric.steppers.step_size import Tolerance

FAST = 1.0
COMPANION = (
    (0.0,),
    (0.1, 0.1),
    (0.12041984656317548, 0.08874046031047358, 0.09083969312635094),
    (0.11432373425227216, -0.027357024819820896, 0.48991045498014946, 0.22312283558739926),
    (0.20270941640730408, 0.16151327791988693, 0.15409534485498247, 0.14474071682802137, 0.22583013287869402),
    (0.20358331459638057, 0.2291914079757035, 0.05050249847061528, 0.3456955543421641, 0.07715429302673872, 0.09387293158839786),
    (0.08721009016793525, 0.0, 0.4628151426371315, 0.532969371704735, -0.1599710791938712, -0.002847048670476202, 0.07982352335454533),
)
LAST = len(COMPANION) - 1


class Layered(DormandPrince):
    """Steps of order 5 along slow layers whose fast companions are at rest, of order 4 while these relax; see `Stepper`."""

    arrays = 20

    def __init__(self, field: LinearField, start: Array, t: Array, end: float, tolerance: Tolerance) -> None:
        """See `Stepper`."""
        layout = with_derivatives(field).layout(start.shape[1])
        self._field, self.fast = field, fast_layers(field, start)
        self._slow = tuple(s for s in layout if s not in self.fast)
        self._F = _sliced(places(layout, self.fast))
        self._d = leak_rates(field, start)[self._F]
        self._leak = float(-self._d.min(initial=0))
        self._companion = [np.array(a, start.dtype) for a in COMPANION]
        super().__init__(field, start, t, end, tolerance)

    def interpolate(self, rows: NDArray[np.intp], theta: Array) -> Array:
        """States at t + theta h within the attempted step, to order 4; see `Stepper`.

        Fast layers are put where their flow is the interpolant's slope, y = rest + l / d: what l errs by counts by 1 / d.
        """
        y, split = super().interpolate(rows, theta), self._split(self.step[rows])
        if split.any():
            slopes = (theta[:, None] ** np.arange(4) @ (np.array(INTERPOLANT) * np.arange(1, 5)).T).astype(y.dtype)
            wanted = np.einsum("qs,sqf->qf", slopes, self._k[:, rows][:, :, self._F])
            seen = self._field.packed_flow_of(y, self.fast, self.t[rows] + theta * self.step[rows])[:, self._F]
            y[:, self._F] += np.where(split[:, None], (wanted - seen) / np.where(self._d < 0, self._d, np.inf), 0)
        return y

    def _split(self, h: Array) -> NDArray[np.bool_]:
        """Which rows have a fast component in steps h, (rows,)."""
        return np.asarray(h * self._leak > FAST)

    def _try(self, part: slice, step: Array) -> None:
        split = self._split(self.step[part])[:, None]
        if not split.any():
            super()._try(part, step)
            return
        h, y, proposal = step[:, None], self.y[part], self.proposal[part]
        for stage, sum_ in enumerate(self._sums, 1):
            self._combine(part, step, sum_, proposal)
            np.add(proposal, y, out=proposal)
            self._stage_of(stage, part, h, split)
        self._combine(part, step, self._estimate, self.error[part])
        self.error[part][:, self._F] /= np.where(split, 1 - h * self._companion[LAST][-1] * self._d, 1)

    def _stage_of(self, stage: int, part: slice, h: Array, split: NDArray[np.bool_]) -> None:
        """k and l of a stage whose explicit states are the proposal; in the last stage, its fast layers too."""
        F, a, k, proposal = self._F, self._companion[stage], self._stage(stage)[part], self.proposal[part]
        t = self.t[part] + NODES[stage] * self.step[part]
        if stage < LAST:
            self._field.packed_flow_of(proposal, self._slow, t, out=k)
        k[:, F] = 0
        seen = np.where(split, self.y[part] + h * np.einsum("s,srn->rn", a, self._k[: stage + 1, part]), proposal)
        if stage == LAST:
            base = seen[:, F].copy()
            seen[:] = proposal
            seen[:, F] = base
        self._field.packed_flow_of(seen, self.fast, t, out=k)
        k[:, F] /= np.where(split, 1 - h * a[-1] * self._d, 1)
        if stage == LAST:
            proposal[:, F] = np.where(split, base + h * a[-1] * k[:, F], proposal[:, F])
            self._field.packed_flow_of(proposal, self._slow, t, out=k)


def fast_layers(field: LinearField, y: Array) -> tuple[str, ...]:
    """The states that leak and do not meet, those with the fastest leaks first."""
    rates, layout = leak_rates(field, y), field.layout(y.shape[1])
    return apart(field.couplings, sorted(field.leaks, key=lambda s: float(rates[layout[s]].min(initial=0))))


def leak_rates(field: LinearField, y: Array) -> Array:
    """∂f_i/∂y_i <= 0 of the states that leak, (n,), and 0 elsewhere; `y` (rows, n) sets the width and the dtype."""
    return np.minimum(field.packed_slopes(np.zeros((1, y.shape[1]), y.dtype), rows=field.leaks)[0], 0)


def _sliced(at: NDArray[np.intp]) -> Any:
    """Adjacent places as a slice, which needs no copy."""
    adjacent = at.size and at[-1] - at[0] + 1 == at.size and np.all(np.diff(at) == 1)
    return slice(int(at[0]), int(at[-1]) + 1) if adjacent else at

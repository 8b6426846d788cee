"""energy_audit: which steps of a fixed-step run raised the energy, by how much, and how small a step would not have.

A flow with dE/dt <= 0 promises nothing for a step of finite length: y - h ∇E lowers a quadratic E with Hessian H for
h < 2/λ_max(H) only. The audit runs such steps and measures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.field import Array, Field, Restored, State
from numeric.fixed_steps import FixedSteps, Rises
from numeric.one_step import STEP_MAPS, StepMap
from numeric.outcomes import Outcome
from numeric.simulate_input import bound_model, checked_start, has_flow, nonnegative

SHOWN = 8  # rises in the table
TRIES = 12  # runs that are to confirm a step, each with a smaller one
SHRINK = 0.9  # from the third try on by at least so much: near a bound, safe steps shrink by less and less
MOST_STEPS = 1_000_000  # of a confirming run


@dataclass(frozen=True, repr=False)
class EnergyAudit:
    """The steps that raised the energy, each with the largest step that would not have, and a step for the whole run.

    `trajectory`, `time`, `rise`, `safe_step`: (rises,), the worst rise first; `time` is that of the step's begin, and a
    batch of several axes is counted in C order. `safe_step` is the largest h with E(Φ_s(y)) <= E(y) for all 0 < s <= h,
    from below to 0.1 %, as far as a grid of ratio 1.41 sees (`numeric.safe_step`); 0 where no step is safe.
    """

    method: str
    step: float
    steps: int
    """How many steps were made, over all trajectories."""
    trajectory: NDArray[np.intp]
    time: Array
    rise: Array
    safe_step: Array
    largest_safe_step: float
    """A step no larger than `step` with which no state of the run would have raised E; smaller where runs with it did."""
    confirmed: bool
    """Whether the same starts, run again with `largest_safe_step`, raised E nowhere. Other starts may need a smaller one."""
    reason: str
    end: Restored
    outcomes: Outcome | NDArray[np.object_]

    def __repr__(self) -> str:
        """The worst rises as a table, and what step to take."""
        count = self.rise.size
        head = f"{self.method}, step {self.step:.4g}: {count} of {self.steps} steps raised the energy"
        if not count:
            return f"{head}\n{self.reason}"
        rows = zip(self.trajectory, self.time, self.rise, self.safe_step, strict=True)
        lines = [f"{a:>10}  {t:>10.5g}  {r:>10.4g}  {h:>10.4g}" for (a, t, r, h), _ in zip(rows, range(SHOWN), strict=False)]
        more = [f"  ... and {count - SHOWN} more, none by more than {self.rise[SHOWN]:.4g}"] if count > SHOWN else []
        return "\n".join([head, f"{'trajectory':>10}  {'time':>10}  {'rise':>10}  {'safe step':>10}", *lines, *more, self.reason])

    __str__ = __repr__


def energy_audit(system: Any, params: Any, start: State, step: float, t: float = 50.0, *, method: str = "euler") -> EnergyAudit:
    """Run y' = Φ_step(y) from each start to time `t` and report every step that raised the energy by more than rounding.

    `start` is (N,), (batch, N) or {name: array} of these; `method` is "euler" or "rk4". `system` may be a bound model, with
    params None. Trajectories end as STEADY where |f|_inf <= √eps (1 + |y|_inf), as no step there changes E by more than
    rounding; as DIVERGED where they leave 1e12 or the finite numbers; as TIME_OVER at `t`, or up to one step after it.
    A step to where E is undefined counts as an infinite rise.

    >>> import amsym as am
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> E = am.total(y[i]**2, i)
    >>> energy_audit(am.System(flow={y[i]: -2*y[i]}, energy=E), None, [1.0, 2.0], step=1.25, t=5.0)
    euler, step 1.25: 4 of 4 steps raised the energy
    trajectory        time        rise   safe step
             0        3.75       71.19      0.9998
             0         2.5       31.64      0.9998
             0        1.25       14.06      0.9998
             0           0        6.25      0.9998
    step 0.9998 raises it nowhere from these starts; others may need a smaller one

    Raises InputError for bad input, a system without energy, and one that updates (`simulate` watches its sweeps).
    """
    field = _audited(system, params)
    y, restore, lead = checked_start(field, start)
    if not isinstance(method, str) or method not in STEP_MAPS:
        raise InputError(f"method is {method!r}; one of {', '.join(STEP_MAPS)} was expected: say method='euler'")
    end, h = nonnegative("t", t), nonnegative("step", step)
    if not 0 < h <= end:
        raise InputError(f"step is {step!r} and t is {t!r}; a step above 0 and up to t was expected: make it smaller, or t larger")
    move = STEP_MAPS[method]
    run = FixedSteps(field, move, y, h, thorough=True)
    bad = np.flatnonzero(~np.isfinite(run.energy))
    if bad.size:
        raise InputError(f"the energy at start row {bad[0]} is {run.energy[bad[0]]}; a finite one was expected: drop or mend the start")
    run.run(end)
    least, confirmed, reason = _confirmed(field, move, y, run, end)
    outcomes = run.outcomes.reshape(lead)[()]
    return EnergyAudit(method, h, run.count, *_sorted(run.rises), least, confirmed, reason, restore(run.end), outcomes)


def _audited(system: Any, params: Any) -> Field:
    """The bound model, with a flow and an energy."""
    field = bound_model(system, params)
    if not has_flow(system, field):
        raise InputError("the system has an update; an energy audit steps along a flow: say simulate(..., steps=100), which watches sweeps")
    if not field.has_energy:
        raise InputError("the system has no energy, so there is nothing to audit: give System(energy=...) one")
    return field


def _sorted(rises: Rises) -> tuple[Any, Any, Any, Any]:
    """The rises as arrays, the worst first."""
    if not rises.rise:
        return np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0), np.zeros(0)
    order = np.argsort(-np.concatenate(rises.rise), kind="stable")
    parts: tuple[list[NDArray[Any]], ...] = (rises.trajectory, rises.time, rises.rise, rises.safe_step)
    trajectory, time, rise, safe = (np.concatenate(part)[order] for part in parts)
    return trajectory, time, rise, safe


def _confirmed(field: Field, move: StepMap, start: Array, run: FixedSteps, t: float) -> tuple[float, bool, str]:
    """A step with which runs from the same starts raise E nowhere; whether one was found; and that in a sentence."""
    if not run.rises.rise and run.least == run.h:
        return run.h, True, "no smaller step would have raised it either; larger ones were not tried"
    h = run.least
    for n in range(TRIES):
        if h == 0:
            return h, False, "somewhere on the way no step is safe: the flow itself climbs there, or the energy has a kink"
        if t / h > MOST_STEPS:
            return h, False, f"step {h:.4g} is unconfirmed: a run with it takes more than {MOST_STEPS} steps"
        again = FixedSteps(field, move, start, h, thorough=False).run(t)
        if not again.rises.rise:
            return h, True, f"step {h:.4g} raises it nowhere from these starts; others may need a smaller one"
        h = min(again.least, SHRINK * h) if n > 1 else again.least
    return h, False, f"step {h:.4g} is unconfirmed: {TRIES} runs with larger ones each raised the energy somewhere"

"""simulate: follow dy/dt = f(y) from each start until it is steady, its time is over, it diverges or its energy rises."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amsym.errors import InputError
from numeric.dormand_prince import DormandPrince
from numeric.energy_watch import allowance, risen
from numeric.field import Array, Field, Restore, State
from numeric.outcomes import Outcome, Simulation, Tally
from numeric.progress import Progress
from numeric.recording import Ends, Recorder, Steps, Times, energies_of
from numeric.simulate_input import bound_model, checked_start, has_flow, nonnegative, save_times
from numeric.step_size import Tolerance

FAR = 1e12  # a state beyond this has diverged
ROUNDING_RTOL, ROUNDING_STEADY = 32, 16  # ulps: no step can be held to less, no residual falls below


def simulate(
    system: Any,
    params: Any,
    start: State,
    t: float = 50.0,
    *,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    steady: float | None = 1e-8,
    save: str | ArrayLike = "end",
    steps: int | None = None,
    energy_check: bool = True,
    max_steps: int = 100_000,
    progress: bool | None = None,
    seed: int = 0,
) -> Simulation:
    """Follow dy/dt = f(y, t) of `system` from each `start`, every trajectory with its own steps and its own end.

    A trajectory ends as STEADY where |f|_inf <= steady (1 + |y|_inf), a residual test and no certificate (`steady=None`
    never stops); as DIVERGED where it is non-finite, beyond 1e12, or needs steps below the rounding of time; as
    ENERGY_ROSE where a step raised the energy by more than rounding and that step's error explain (`numeric.energy_watch`;
    `energy_check=False` does not look, which saves an energy a step); as TIME_OVER at `t` or after `max_steps` attempts.

    `start` is (N,), (batch, N) or {name: array} of these, and sets the dtype. `save` is "end", "steps" or increasing
    times in [0, t]; see `Simulation` for the shapes. `rtol` and `atol` bound the root mean square of each step's error;
    both `rtol` and `steady` are raised to what the dtype can resolve (3.8e-6 and 1.9e-6 in single precision).
    `system` may be a model already bound to its parameters; then `params` is None. `steps` counts sweeps of
    a system in discrete time (see `numeric.discrete`), whose random order `seed` fixes.
    A flow that depends on time may be steady for a moment only: pass `steady=None` for it.

    Raises InputError (a ValueError) for bad input, naming the row where a start is not finite. Method: Dormand-Prince 5(4).
    """
    field = bound_model(system, params)
    if not has_flow(system, field):
        return _discrete(field, start, steps, save, energy_check, progress, seed)
    if steps is not None:
        raise InputError(f"steps={steps} counts updates in discrete time; this system has a flow: say t= instead")
    y, restore, lead = checked_start(field, start)
    end = nonnegative("t", t)
    tolerance = _tolerance(y, rtol, atol, steady)
    times = save_times(save, end)
    began = time.perf_counter()
    with np.errstate(all="ignore"), Progress("simulate", progress) as bar:  # what overflows ends as DIVERGED
        run = _Run(field, y, end, tolerance, _recorder(save, times, field, y), energy_check)
        run.drive(max_steps, bar)
        return _simulation(run, restore, lead, time.perf_counter() - began)


class _Run:
    """The trajectories under way: a stepper of the live rows, which trajectory each row is, and what became of the rest."""

    def __init__(self, field: Field, y: Array, end: float, tolerance: Tolerance, recorder: Recorder, energy_check: bool) -> None:
        self.field, self.recorder, self.end, self.tolerance = field, recorder, end, tolerance
        self.check = field.has_energy and energy_check
        self.watched = field.has_energy and (energy_check or isinstance(recorder, Steps))
        self.stepper = DormandPrince(field.packed_flow, y, end, tolerance)
        self.energy = self._energy(y, self.stepper.t)
        self.rows = np.arange(len(y))
        self.tally = Tally.of(y, self.watched)
        self.tally.evaluations += 2

    def drive(self, max_steps: int, bar: Progress) -> None:
        """Step until nobody is left or `max_steps` steps were tried; those left then are out of time."""
        self._retire(np.zeros(self.rows.size, dtype=bool))
        for _ in range(max_steps):
            if not self.stepper.count:
                return
            self._step()
            left = self.stepper.count - self.stepper.t.sum() / self.end
            bar.update(1 - left / len(self.tally.end))
        self._stop(np.ones(self.rows.size, dtype=bool), Outcome.TIME_OVER)

    def _step(self) -> None:
        """One attempt for every live row, its records, and the retirement of rows that it ended."""
        self.stepper.attempt()
        accepted = self.stepper.accepted
        rose = self._watch_energy()
        self.recorder.step(self.rows, self.stepper, self.energy)
        self.stepper.commit()
        self.tally.evaluations[self.rows] += 6
        self.tally.accepted[self.rows] += accepted
        self.tally.rejected[self.rows] += ~accepted
        self._retire(rose)

    def _energy(self, y: Array, t: Array) -> Array:
        """E(y, t), or NaN where nobody looks."""
        return self.field.packed_energy(y, t=t) if self.watched else np.full(len(y), np.nan)

    def _watch_energy(self) -> NDArray[np.bool_]:
        """Take over the energies after the attempt, and say which accepted rows climbed."""
        rk, rose = self.stepper, np.zeros(self.rows.size, dtype=bool)
        if not self.watched:
            return rose
        before, after = self.energy, self._energy(rk.proposal, rk.proposed_time)
        rise = np.where(rk.accepted, after - before, 0)
        self.tally.rise[self.rows] = np.fmax(self.tally.rise[self.rows], rise)
        self.energy = np.where(rk.accepted, after, before)
        k = risen(rise, before, after, rk.proposal)
        if self.check and k.size:
            end_of_step = rk.proposal[k], rk.proposed_time[k], rk.proposed_flow[k], rk.error[k]
            rose[k] = rise[k] > allowance(self.field.packed_energy, *end_of_step, before[k], after[k])
        return rose

    def _retire(self, rose: NDArray[np.bool_]) -> None:
        """End the rows for which one of the four reasons holds, the first that does, and drop them from the stepper."""
        rk = self.stepper
        alive = np.ones(rk.count, dtype=bool)
        gone = ~(np.isfinite(rk.speed) & (rk.size <= FAR)) | (rk.stuck & ~rk.accepted & (rk.t < self.end))
        for mask, outcome in (
            (rose, Outcome.ENERGY_ROSE),
            (gone, Outcome.DIVERGED),
            (self._steady(), Outcome.STEADY),
            (rk.t >= self.end, Outcome.TIME_OVER),
        ):
            alive &= ~self._stop(mask & alive, outcome)
        if not alive.all():
            self.rows, self.energy = self.rows[alive], self.energy[alive]
            rk.keep(alive)

    def _steady(self) -> NDArray[np.bool_]:
        """Rows with |f|_inf <= steady (1 + |y|_inf); as the root mean square is never more, few rows need a look."""
        rk, steady = self.stepper, self.tolerance.steady
        mask = np.zeros(rk.count, dtype=bool)
        if steady is not None:
            k = np.flatnonzero(rk.speed <= steady * (1 + rk.size))
            mask[k] = np.abs(rk.f[k]).max(axis=1, initial=0) <= steady * (1 + rk.size[k])
        return mask

    def _stop(self, mask: NDArray[np.bool_], outcome: Outcome) -> NDArray[np.bool_]:
        """Enter the end of the masked rows; hands the mask back."""
        rows, y, t = self.rows[mask], self.stepper.y[mask], self.stepper.t[mask]
        self.tally.end[rows], self.tally.time[rows], self.tally.outcomes[rows] = y, t, outcome
        if outcome is Outcome.STEADY:
            self.recorder.steady(rows, y, t)
        return mask


def _discrete(
    field: Any, start: State, steps: int | None, save: str | ArrayLike, energy_check: bool, progress: bool | None, seed: int
) -> Simulation:
    """The same for a system in discrete time."""
    if steps is None:
        raise InputError("the system has no flow, only an update; a number of updates was expected: say steps=100")
    from numeric.discrete import simulate_updates

    return simulate_updates(field, start, steps, save=save, energy_check=energy_check, progress=progress, seed=seed)


def _tolerance(y: Array, rtol: float, atol: float, steady: float | None) -> Tolerance:
    """The tolerances, no finer than the dtype of `y` resolves."""
    eps = float(np.finfo(y.dtype).eps)
    if not (np.isfinite(atol) and atol > 0):
        raise InputError(f"atol is {atol!r}; a finite number above 0 was expected, for states that pass zero: say 1e-9")
    rtol = max(nonnegative("rtol", rtol), ROUNDING_RTOL * eps)
    return Tolerance(rtol, atol, None if steady is None else max(nonnegative("steady", steady), ROUNDING_STEADY * eps))


def _recorder(save: Any, times: Array | None, field: Field, y: Array) -> Recorder:
    """The recorder that `save` asks for."""
    if times is not None:
        return Times(times, y)
    if save == "steps":
        energy = energies_of(field, y, np.zeros(len(y)))
        return Steps(y, np.full(len(y), np.nan) if energy is None else energy)
    return Ends()


def _simulation(run: _Run, restore: Restore, lead: tuple[int, ...], seconds: float) -> Simulation:
    """The result in the caller's shapes; `lead` is the batch shape of the start."""
    tally, field = run.tally, run.field
    end = restore(tally.end)
    times, states, energies = run.recorder.result(field, restore, lead)
    if isinstance(run.recorder, Ends):
        energies = energies_of(field, tally.end, tally.time)
        times, states = tally.time.reshape(lead)[()], end
        energies = None if energies is None else energies.reshape(lead)[()]
    names = ("evaluations", "accepted", "rejected")
    statistics: dict[str, Any] = {name: getattr(tally, name).reshape(lead)[()] for name in names}
    statistics |= {"largest_energy_rise": tally.rise.reshape(lead)[()], "seconds": seconds}
    return Simulation(times, states, energies, end, tally.outcomes.reshape(lead)[()], statistics)

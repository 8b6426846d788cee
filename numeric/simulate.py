"""simulate: follow dy/dt = f(y) from each start until it is steady, its time is over, it diverges or its energy rises."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from amsym.errors import InputError
from numeric.advance import advance
from numeric.clamp import clamp_groups
from numeric.course import Plan
from numeric.events import Event, event_watch
from numeric.field import Array, Field, Restore, State
from numeric.methods import AUTO
from numeric.outcomes import Simulation, Tally
from numeric.progress import Progress
from numeric.recording import Ends, Recorder, Steps, Times, energies_of
from numeric.simulate_input import bound_model, checked_start, has_flow, is_number, nonnegative, save_times, whole
from numeric.steppers.step_size import Tolerance

ROUNDING_RTOL, ROUNDING_STEADY = 32, 16  # ulps: no step can be held to less, no residual falls below


def simulate(
    system: Any,
    params: Any,
    start: State,
    t: float = 50.0,
    *,
    method: str = "auto",
    rtol: float = 1e-6,
    atol: float = 1e-9,
    steady: float | None = 1e-8,
    save: str | ArrayLike = "end",
    clamp: Any = None,
    events: Mapping[str, Event | Any] | None = None,
    steps: int | None = None,
    order: Any = None,
    energy_check: bool = True,
    max_steps: int = 100_000,
    progress: bool | None = None,
    seed: int = 0,
) -> Simulation:
    """Follow dy/dt = f(y, t) of `system` from each `start`, every trajectory with its own steps and its own end.

    A trajectory ends as STEADY where |f|_inf <= steady (1 + |y|_inf), a residual test and no certificate (`steady=None`
    never stops); as DIVERGED where it is non-finite, beyond 1e12, or needs steps below the rounding of time; as
    ENERGY_ROSE where a step raised the energy by more than rounding and that step's error explain (`numeric.energy_watch`;
    `energy_check=False` does not look, which saves an energy a step); as EVENT where a terminal event was met; as TIME_OVER
    at `t` or after `max_steps` attempts.

    `start` is (N,), (batch, N) or {name: array} of these, and sets the dtype. `save` is "end", "steps" or increasing
    times in [0, t]; see `Simulation` for the shapes. `rtol` and `atol` bound the root mean square of each step's error;
    both `rtol` and `steady` are raised to what the dtype can resolve (3.8e-6 and 1.9e-6 in single precision).
    `system` may be a model already bound to its parameters; then `params` is None. `steps` counts sweeps of
    a system in discrete time, and `order` says whose turn it is in each (see `numeric.discrete`); `seed` fixes a random one.
    A flow that depends on time may be steady for a moment only: pass `steady=None` for it.

    `method` is "auto", "order 5", "order 8" or "taylor" (explicit), "layered" or "rosenbrock" (for stiff flows), or "discrete
    gradient", which cannot raise the energy. "auto" takes an explicit one that suits the tolerance, and for trajectories
    that it finds stiff goes on with an implicit one; `statistics["methods"]` names those that ran. `clamp` is a mask, True at
    components that stay at their start (`numeric.clamp`). `events` are zeros to notice, {name: Event} (`numeric.events`).

    Raises InputError (a ValueError) for bad input, naming the row where a start is not finite.
    """
    field = bound_model(system, params)
    if not has_flow(system, field):
        _only_for_flows(method=method != AUTO and method, clamp=clamp, events=events)
        return _discrete(field, start, steps, order, save, energy_check, progress, seed)
    if order is not None:
        raise InputError(f"order={order!r} is for updates in discrete time; this system has a flow, which moves all at once: leave it out")
    if steps is not None:
        raise InputError(f"steps={steps} counts updates in discrete time; this system has a flow: say t= instead")
    y, restore, lead = checked_start(field, start)
    end = nonnegative("t", t)
    attempts = whole("max_steps", max_steps)
    tolerance = _tolerance(y, rtol, atol, steady)
    groups = clamp_groups(clamp, field, y, restore)
    watch = event_watch(events, params, field, restore)
    recorder = _recorder(save, save_times(save, end), field, y)
    watched = field.has_energy and (energy_check or isinstance(recorder, Steps))
    plan = Plan(field, end, tolerance, recorder, Tally.of(y, watched), energy_check and field.has_energy, watched, watch)
    began = time.perf_counter()
    with np.errstate(all="ignore"), Progress("simulate", progress) as bar:  # what overflows ends as DIVERGED
        methods = _drive(plan, method, groups, y, attempts, bar)
        run = _simulation(plan, restore, lead, methods, time.perf_counter() - began)
    return replace(run, events=watch.crossings(restore, lead, y) if watch else None)


Groups = list[tuple[Field, NDArray[np.intp]]]


def _drive(plan: Plan, method: str, groups: Groups, y: Array, max_steps: int, bar: Progress) -> list[str]:
    """Advance every group, each with its own clamp; the names of the methods that ran."""
    names: dict[str, None] = {}
    done = 0
    for field, rows in groups:
        part = bar.part(done, len(rows), len(y))
        _, ran = advance(replace(plan, field=field), method, rows, y[rows], np.zeros(len(rows)), max_steps, part)
        names |= dict.fromkeys(ran)
        done += len(rows)
    return list(names)


def _only_for_flows(**options: Any) -> None:
    """Refuse what an update in discrete time would pass over in silence."""
    remedies = {
        "method": "leave it out",
        "clamp": "name the components that move in order=",
        "events": 'say save="steps" and look at the states',
    }
    for name, value in options.items():
        if value is not None and value is not False:
            raise InputError(f"{name} is given, which is for flows; this system has an update in discrete time: {remedies[name]}")


def _discrete(
    field: Any, start: State, steps: int | None, order: Any, save: str | ArrayLike, energy_check: bool, progress: bool | None, seed: int
) -> Simulation:
    """The same for a system in discrete time."""
    if steps is None:
        raise InputError("the system has no flow, only an update; a number of updates was expected: say steps=100")
    from numeric.discrete import simulate_updates

    return simulate_updates(field, start, steps, order=order, save=save, energy_check=energy_check, progress=progress, seed=seed)


def _tolerance(y: Array, rtol: float, atol: float, steady: float | None) -> Tolerance:
    """The tolerances, no finer than the dtype of `y` resolves."""
    eps = float(np.finfo(y.dtype).eps)
    if not is_number(atol) or atol <= 0:
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


def _simulation(plan: Plan, restore: Restore, lead: tuple[int, ...], methods: list[str], seconds: float) -> Simulation:
    """The result in the caller's shapes; `lead` is the batch shape of the start."""
    tally, field = plan.tally, plan.field
    end = restore(tally.end)
    times, states, energies = plan.recorder.result(field, restore, lead)
    if isinstance(plan.recorder, Ends):
        energies = energies_of(field, tally.end, tally.time)
        times, states = tally.time.reshape(lead)[()], end
        energies = None if energies is None else energies.reshape(lead)[()]
    names = ("evaluations", "accepted", "rejected")
    statistics: dict[str, Any] = {name: getattr(tally, name).reshape(lead)[()] for name in names}
    statistics |= {"largest_energy_rise": tally.rise.reshape(lead)[()], "methods": methods, "seconds": seconds}
    return Simulation(times, states, energies, end, tally.outcomes.reshape(lead)[()], statistics)

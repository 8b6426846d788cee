"""The pictures of one model: a portrait in a plane, energies along trajectories, a spectrum; each drawn, or why it is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from amsym.errors import AmsymError
from amsym.system import System
from amsym.verdict import Report
from numeric.plot import energy_along, phase_portrait, spectrum
from numeric.plot.picks import Pick, component_names, place_of, text
from proofs.pictures.given import Numbers, numbers_for
from proofs.pictures.runs import STARTS, Run, run_of

SHOWN = 4  # steady states in a spectrum
FARTHEST = 50.0  # a portrait shows nothing beyond


@dataclass(frozen=True)
class Drawn:
    """A figure with what it shows in words, or, without a figure, why there is none."""

    title: str
    words: str
    figure: Figure | None = None


def pictures(
    model: Any, params: Mapping[str, Any] | None = None, report: Report | None = None, plane: Sequence[Pick] | None = None
) -> tuple[str, list[Drawn]]:
    """In words the numbers that the pictures are drawn with, and the pictures.

    `plane` names two components, as in `am.plot.phase_portrait`; the others are then held where a trajectory ended.

    >>> from amsym.zoo import spins
    >>> words, found = pictures(spins())
    >>> [(one.title, one.figure is not None) for one in found]
    [('phase portrait', False), ('energy along trajectories', True), ('spectrum', False)]
    """
    system: System = getattr(model, "system", model)
    numbers = numbers_for(system, params, report)
    try:
        run = run_of(system, numbers)
    except (AmsymError, ArithmeticError, ValueError, KeyError, np.linalg.LinAlgError) as error:
        return numbers.words, [Drawn("pictures", _one_line(error))]
    makers = {"phase portrait": lambda: _portrait(run, plane), "energy along trajectories": lambda: _energies(run)}
    return run.numbers.words, [_tried(title, make) for title, make in {**makers, "spectrum": lambda: _spectrum(run)}.items()]


def _tried(title: str, make: Callable[[], Drawn]) -> Drawn:
    try:
        with np.errstate(all="ignore"):
            return make()
    except (AmsymError, ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        return Drawn(title, _one_line(error))


def _one_line(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__).rstrip(".")


def _figure(width: float, height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


# Phase portrait


def _portrait(run: Run, plane: Sequence[Pick] | None) -> Drawn:
    title = "phase portrait"
    if run.system.flow is None:
        return Drawn(title, "one shows a flow, and this system has an update")
    small = _of_two(run) if plane is None else None
    said = f" {_sentence(small.numbers)}" if small else ""
    run = small or run
    names = component_names(run.system, run.numbers.sizes)
    if len(names) < 2:
        return Drawn(title, "the state has one component")
    rows, restore = run.bound.pack(run.simulation.end)
    picks = plane if plane is not None else None if len(names) == 2 else _two_that_vary(rows, names)
    held = None if len(names) == 2 else _held(run, rows)
    at = None if held is None else restore(held[None], batch_shape=())
    figure, ax = _figure(4.2, 4.4)
    x, y = _limits(run, rows, names, picks)
    phase_portrait(run.bound, None, x, y, ax=ax, plane=picks, at=at, resolution=110)
    return Drawn(title, _portrait_words(run, names, picks, held is not None) + said, figure)


def _of_two(run: Run) -> Run | None:
    """The run of a sample of two components, where one axis makes the whole state and may be two long."""
    axes = [axis for s in run.system.states for axis in s.axes]
    if not run.numbers.sampled or len(axes) != 1:
        return None
    from proofs.pictures.given import sample

    sizes = {**run.numbers.sizes, axes[0]: 2}
    found = run_of(run.system, sample(run.system, sizes))
    return None if found.lost else found


def _two_that_vary(rows: Any, names: list[Any]) -> tuple[Any, Any]:
    """The two components in which the ends differ most; the first two where they do not."""
    spread = np.ptp(np.where(np.isfinite(rows), rows, 0.0), axis=0)
    first, second = sorted(np.argsort(-spread, kind="stable")[:2])
    return tuple((names[k][0], *names[k][1]) for k in (first, second))  # type: ignore[return-value]


def _held(run: Run, rows: Any) -> Any:
    """The steady state of least energy that was reached, else the end of the first trajectory that stayed finite."""
    if len(run.steady):
        return run.steady[0]
    finite = rows[np.isfinite(rows).all(axis=1) & (np.abs(rows).max(axis=1) < 1e3)]
    return finite[0] if len(finite) else np.zeros(rows.shape[1])


def _limits(run: Run, rows: Any, names: list[Any], picks: Any) -> Any:
    """A square that holds zero, the steady states reached, and the counterexample's state where there is one."""
    places = [0, 1] if picks is None else [place_of(pick, names) for pick in picks]
    points = [np.zeros((1, 2)), *([run.steady[:, places]] if len(run.steady) else [])]
    if run.numbers.start:
        points.append(run.bound.pack(run.numbers.start)[0][:, places])
    every = np.clip(np.concatenate(points), -FARTHEST, FARTHEST)
    middle, half = (every.min(axis=0) + every.max(axis=0)) / 2, np.ptp(every, axis=0).max() / 2 * 1.3 + 1.5
    low, high = np.floor(2 * (middle - half)) / 2, np.ceil(2 * (middle + half)) / 2
    return (float(low[0]), float(high[0])), (float(low[1]), float(high[1]))


def _portrait_words(run: Run, names: list[Any], picks: Any, held: bool) -> str:
    lines = "Streamlines of the flow" + (", level sets of the energy (blue)" if run.bound.has_energy else "")
    found = f"{lines}; filled steady states are stable, hollow ones not; orange ticks: the energy is flat along them."
    if not held:
        return found
    shown = " and ".join(text(names[place_of(pick, names)]) for pick in picks)
    state = (
        "the steady state reached that has the least energy" if run.energies is not None and len(run.steady) else "an end of a trajectory"
    )
    return f"{found} The plane of {shown}, with every other component held at {state}."


def _sentence(numbers: Numbers) -> str:
    return numbers.words[0].upper() + numbers.words[1:] + "."


# Energies


def _energies(run: Run) -> Drawn:
    title = "energy along trajectories"
    if not run.bound.has_energy:
        return Drawn(title, "the system has no energy")
    if not any(np.isfinite(e).any() for e in run.simulation.energies):
        return Drawn(title, "the energy is not a finite number at any state of the trajectories")
    figure, ax = _figure(4.8, 3.2)
    energy_along(run.simulation, ax, settle=True)
    if run.system.flow is None:
        ax.set(xlabel="sweeps", ylabel="$E$")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    _within(ax, run)
    return Drawn(title, _energies_words(run), figure)


def _within(ax: Any, run: Run) -> None:
    """Where trajectories leave every bound, the picture keeps to energies of the size of those at the start."""
    starts = np.array([e[0] for e in run.simulation.energies])
    if run.lost and np.isfinite(starts).all():
        room = max(np.ptp(starts), np.abs(starts).max(), 1.0)
        low, high = ax.get_ylim()
        ax.set_ylim(max(low, starts.min() - 2 * room), min(high, starts.max() + room))


def _energies_words(run: Run) -> str:
    known = " (the first is the counterexample's)" if run.numbers.start else ""
    unit = "sweeps" if run.system.flow is None else "time"
    said = f"The energy against {unit} along {run.count} trajectories{known}."
    rose = f" It rises along {run.rose} of them, by more than rounding explains." if run.rose else " It rises along none of them."
    gone = run.lost
    return f"{said}{rose}" + (f" {gone} of {run.count} trajectories diverge." if gone else "")


# Spectrum


def _spectrum(run: Run) -> Drawn:
    title = "spectrum"
    if run.system.flow is None:
        return Drawn(title, "one is that of a flow's Jacobian, and this system has an update")
    if run.system.depends_on_time:
        return Drawn(title, "the flow depends on time, so nothing stays steady")
    if not len(run.steady):
        return Drawn(title, f"no steady state was reached from {STARTS} starts{_why_not(run)}")
    figure, ax = _figure(4.8, 3.2)
    _, restore = run.bound.pack(run.simulation.end)
    few = run.steady[:SHOWN]
    spectrum(run.bound, None, restore(few, batch_shape=(len(few),)), ax=ax)
    return Drawn(title, _spectrum_words(run, len(few)), figure)


def _why_not(run: Run) -> str:
    gone = run.lost
    return f"; {gone} of {run.count} trajectories diverge" if gone else " in the time that was simulated"


def _spectrum_words(run: Run, few: int) -> str:
    total = len(run.steady)
    which = "the steady state" if total == 1 else f"{few} of the {total} steady states" if few < total else f"the {total} steady states"
    order = ", by increasing energy" if total > 1 and run.energies is not None else ""
    start = f"Eigenvalues of the flow's Jacobian at {which} reached from {run.count} starts{order}"
    return f"{start}; filled where the state is stable, unstable in the shaded half, Re λ > 0."

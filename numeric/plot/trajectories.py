"""Energy against time, E(y(t)), for every trajectory of a simulation; where it rises, it is drawn thick and said so."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from amsym.errors import InputError
from numeric.field import Array
from numeric.plot.style import FLAT, STREAM, axes, style

RISES = 1e-7  # a rise beyond this share of the energies drawn is marked; rounding and the integrator's error stay below it
SETTLED = 2e-3  # the picture ends where every energy is this near its last one, as a share of the energies drawn


def energy_along(simulation: Any, ax: Axes | None = None, *, settle: bool = False, legend: bool = True) -> Axes:
    """Draw E against t for each trajectory of a `Simulation` saved at "steps" or at times, and hand back the axes.

    Steps over which the energy rises are drawn thick, in another colour and under the label "energy rises".
    `settle` ends the picture where no energy changes visibly any more.

    >>> import amsym as am
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> system = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i]**2, i)/2)
    >>> ax = energy_along(am.simulate(system, {}, [[1.0], [2.0]], t=1.0, save="steps"))
    >>> [float(line.get_ydata()[0]) for line in ax.lines]
    [0.5, 2.0]

    Raises InputError where the simulation kept only the ends, or the model has no energy.
    """
    curves = _curves(simulation)
    with style():
        ax = axes(ax, square=False)
        for times, energies in curves:
            ax.plot(times, energies, color=STREAM, linewidth=0.9, alpha=max(0.15, min(1.0, 12 / len(curves))))
        rising = _rising(curves)
        if len(rising):
            ax.plot(*rising.T, color=FLAT, linewidth=2.2, label="energy rises", zorder=3)
        ax.set(xlabel="$t$", ylabel="$E(y(t))$")
        ax.margins(x=0)
        end = _settled(curves)
        if settle and end > 0:
            ax.set_xlim(0, end)
        if legend and len(rising):
            ax.legend(frameon=False, loc="best")
        return ax


def _curves(simulation: Any) -> list[tuple[Any, Any]]:
    """(times, energies) of each trajectory, both (steps,)."""
    times, energies = simulation.times, simulation.energies
    if energies is None:
        raise InputError("the simulation has no energies, as its model has no energy; give System(..., energy=...)")
    if isinstance(energies, list):
        return list(zip(times, energies, strict=True))
    if np.shape(energies) == np.shape(simulation.outcomes):  # one energy a trajectory
        raise InputError('the simulation kept only the ends; energies along the way were expected: simulate(..., save="steps")')
    return [(times, e) for e in np.reshape(energies, (-1, len(times)))]


def _range(curves: list[tuple[Any, Any]]) -> float:
    finite = np.concatenate([e[np.isfinite(e)] for _, e in curves]) if curves else np.array([])
    return float(np.ptp(finite)) if finite.size else 0.0


def _rising(curves: list[tuple[Any, Any]]) -> Array:
    """Strokes over which the energy rises, as points (3 k, 2): before, after, a gap."""
    least = RISES * _range(curves)
    strokes = []
    for times, energies in curves:
        for k in np.flatnonzero(np.diff(energies) > least):
            strokes += [[times[k], energies[k]], [times[k + 1], energies[k + 1]], [np.nan, np.nan]]
    return np.array(strokes).reshape(-1, 2)


def _settled(curves: list[tuple[Any, Any]]) -> float:
    """A tenth more than the last time at which some energy is visibly off its end; 0 where none ever is."""
    span, last = _range(curves), 0.0
    for times, energies in curves:
        known = np.isfinite(energies)
        off = np.abs(energies - energies[known][-1]) > SETTLED * span if known.any() else known
        last = max([last, *times[np.flatnonzero(off)]])
    return 1.1 * float(last)

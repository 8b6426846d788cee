"""Energy against time, E(y(t)), for every trajectory of a simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from amsym.errors import InputError
from numeric.plot.style import STREAM, axes, style


def energy_along(simulation: Any, ax: Axes | None = None) -> Axes:
    """Draw E against t for each trajectory of a `Simulation` saved at "steps" or at times, and hand back the axes.

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
        ax.set(xlabel="$t$", ylabel="$E(y(t))$")
        ax.margins(x=0)
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

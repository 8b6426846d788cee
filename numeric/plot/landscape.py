"""Landscape: the energy E as filled level sets, deep where dark, with contour lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from amsym.errors import InputError
from numeric.plot.flat import flat_cells
from numeric.plot.grid import checked, grid
from numeric.plot.picks import Pick
from numeric.plot.plane import Plane, plane_of
from numeric.plot.steady import steady_points
from numeric.plot.style import CONTOUR, ENERGY, axes, energy_levels, finish, mark_flat, mark_steady, style


def landscape(
    system: Any,
    params: Any,
    x: tuple[float, float] = (-3, 3),
    y: tuple[float, float] = (-3, 3),
    *,
    ax: Axes | None = None,
    resolution: int = 240,
    levels: int = 18,
    steady: bool = True,
    flat: bool = True,
    plane: Sequence[Pick] | None = None,
    at: Any = None,
    legend: bool = True,
) -> Axes:
    """Draw the energy on the plane of two components as filled level sets, low where dark, and hand back the axes.

    Levels are denser where more of the picture lies, so the shading tells higher from lower and not by how much.
    Steady states of the flow and flat directions of the energy are marked as in `phase_portrait`; so are `plane` and `at`.

    >>> import amsym as am
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> bowl = am.System(flow={y[i]: -y[i]}, energy=am.total(y[i]**2, i)/2)
    >>> landscape(bowl, {}, (-1, 1), (-2, 2)).get_xlabel()
    '$y_{0}$'

    Raises InputError for a system without energy or not two-dimensional, and for limits out of order.
    """
    x, y = checked("x", x), checked("y", y)
    view = plane_of(system, params, plane, at)
    if not view.has_energy:
        raise InputError("the system has no energy, and a landscape draws one: give System(..., energy=...), or draw a phase_portrait")
    with style():
        ax = axes(ax)
        _draw_energy(ax, view, x, y, resolution, levels)
        if flat:
            mark_flat(ax, flat_cells(view, x, y))
        if steady and view.has_flow:
            mark_steady(ax, steady_points(view, x, y))
        return finish(ax, view.labels, x, y, legend)


def _draw_energy(ax: Axes, view: Plane, x: tuple[float, float], y: tuple[float, float], n: int, count: int) -> None:
    """Each band between two levels in a shade of its own, evenly spaced from dark to light."""
    a, b, points = grid(x, y, n)
    energy = view.energy(points).reshape(n, n)
    levels = energy_levels(energy, count)
    if levels.size:
        shades = ENERGY(np.linspace(0, 1, levels.size + 1))
        ax.contourf(a, b, energy, levels=levels, colors=shades, extend="both", zorder=1)
        ax.contour(a, b, energy, levels=levels, colors=CONTOUR, linewidths=0.4, linestyles="solid", zorder=1.2)

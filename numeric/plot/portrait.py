"""Phase portrait: the streamlines of dy/dt = f(y), with level sets of E, steady states, and where E is flat."""

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
from numeric.plot.style import LEVEL, STREAM, axes, energy_levels, finish, mark_flat, mark_steady, style

STREAM_POINTS = 120  # a side; streamlines that follow a narrow valley need about that many


def phase_portrait(
    system: Any,
    params: Any,
    x: tuple[float, float] = (-3, 3),
    y: tuple[float, float] = (-3, 3),
    *,
    ax: Axes | None = None,
    resolution: int = 240,
    streams: bool = True,
    levels: bool | int = True,
    steady: bool = True,
    flat: bool = True,
    plane: Sequence[Pick] | None = None,
    at: Any = None,
    legend: bool = True,
) -> Axes:
    """Draw the flow of a system on the plane of two components, and hand back the axes.

    Streamlines of (da/dt, db/dt); thin level sets of the energy; steady states as discs, filled where stable, hollow
    where unstable, half filled where the eigenvalues do not decide; and ticks along the directions in which the energy
    is flat on an open region (crosses where it is constant). `levels` may be the number of level sets; it and `flat`
    draw nothing for a system without energy. `resolution` is the number of grid points a side for the energy.

    A system of two components needs no more. Of a larger one `plane` chooses two, such as (0, 2) or
    (("v", 0), ("h", 3)), and `at`, a state, holds the others (at zero by default): the picture is then that of the
    system with those held, its steady states and their stability included. Coefficients that depend on time are those
    at t = 0.

    The steady states are those that Newton's method finds from a grid, and come without certificate; a zero of the flow
    in the sense of Filippov only, on a kink at which the flow jumps, is no zero of f and is not marked.

    >>> import amsym as am
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> ax = phase_portrait(am.System(flow={y[i]: -y[i]}), {}, (-1, 1), (-1, 1))
    >>> ax.get_legend_handles_labels()[1]
    ['stable']

    Raises InputError for a system that is not two-dimensional, limits out of order, or parameters that do not fit.
    """
    x, y = checked("x", x), checked("y", y)
    view = plane_of(system, params, plane, at)
    if not view.has_flow:
        raise InputError("the system has an update, and a phase portrait draws a flow dy/dt: give System(flow=...), or draw its landscape")
    with style():
        ax = axes(ax)
        if levels and view.has_energy:
            _draw_levels(ax, view, x, y, resolution, 14 if levels is True else int(levels))
        if flat and view.has_energy:
            mark_flat(ax, flat_cells(view, x, y))
        if streams:
            _draw_streams(ax, view, x, y)
        if steady:
            mark_steady(ax, steady_points(view, x, y))
        return finish(ax, view.labels, x, y, legend)


def _draw_levels(ax: Axes, view: Plane, x: tuple[float, float], y: tuple[float, float], n: int, count: int) -> None:
    a, b, points = grid(x, y, n)
    energy = view.energy(points).reshape(n, n)
    levels = energy_levels(energy, count)
    if levels.size:
        ax.contour(a, b, energy, levels=levels, colors=LEVEL, linewidths=0.6, linestyles="solid", zorder=1.8)


def _draw_streams(ax: Axes, view: Plane, x: tuple[float, float], y: tuple[float, float]) -> None:
    a, b, points = grid(x, y, STREAM_POINTS)
    f = view.flow(points).reshape(STREAM_POINTS, STREAM_POINTS, 2)
    if np.any(f != 0):
        look: Any = {"color": STREAM, "linewidth": 0.7, "arrowsize": 0.8, "zorder": 2}
        ax.streamplot(a, b, f[..., 0], f[..., 1], density=0.6, broken_streamlines=False, **look)

"""How pictures look: colours that survive colour-blind eyes and a grey printer, and artists that label themselves.

Level sets use a ramp of one hue whose lightness alone tells high from low. Stability is told by the filling of a marker
and flatness by ticks, never by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap

from numeric.field import Array
from numeric.plot.flat import FlatCells
from numeric.plot.steady import SteadyPoints

INK, STREAM, FLAT, LEVEL, CONTOUR = "#1a1a1a", "#4d5a66", "#B34000", "#56B4E9", "#6d8798"
ENERGY: Colormap = LinearSegmentedColormap.from_list("energy", ["#5286a8", "#9dbdd1", "#d5e2ea", "#fbfcfd"])
TICKS = 12  # flatness ticks a side
_FILLING = {"stable": (INK, "full"), "unstable": ("white", "full"), "undecided": (INK, "left")}
_LABELS = {"stable": "stable", "unstable": "unstable", "undecided": "stability undecided"}
_SETTINGS: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "legend.fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}


@contextmanager
def style() -> Iterator[None]:
    """The settings of these pictures for the body of a `with`; the caller's come back after it."""
    with matplotlib.rc_context(_SETTINGS):
        yield


def axes(ax: Axes | None, square: bool = True) -> Axes:
    """The caller's axes, or the axes of a new figure."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    new = pyplot.subplots(figsize=(4.2, 4.2) if square else (4.8, 3.2), layout="constrained")[1]
    new.set_box_aspect(1 if square else None)
    return new


def energy_levels(energy: Array, count: int) -> Array:
    """`count` levels between the least and the greatest energy, denser where more of the picture lies.

    Level k is least + (greatest - least) (k / count)^p, with p such that the median energy lies halfway: a steep rim
    does not use up all levels. No level is placed at a plateau, whose outline would be noise.
    """
    finite = energy[np.isfinite(energy)]
    if not finite.size or np.ptp(finite) <= 1e-12 * np.abs(finite).max():
        return np.array([])
    low, high = finite.min(), finite.max()
    half = np.clip((np.median(finite) - low) / (high - low), 1e-3, 0.5)
    power = min(np.log(half) / np.log(0.6), 4.0)
    levels = low + (high - low) * (np.arange(0.5, count) / count) ** power
    return np.asarray(levels)


def mark_steady(ax: Axes, found: SteadyPoints) -> None:
    """Filled where stable, hollow where unstable, half filled where undecided."""
    for stability, (colour, filling) in _FILLING.items():
        points = found.which(stability)
        if len(points):
            ax.plot(
                *points.T,
                "o",
                markersize=6.5,
                markerfacecolor=colour,
                markeredgecolor=INK,
                markerfacecoloralt="white",
                fillstyle=filling,  # type: ignore[arg-type]
                linestyle="none",
                zorder=5,
                clip_on=False,
                label=_LABELS[stability],
            )


def mark_flat(ax: Axes, cells: FlatCells) -> None:
    """Ticks along each flat direction, and a cross where the energy is constant."""
    if cells.flat.any():
        ax.plot(*_ticks(cells).T, color=FLAT, linewidth=0.9, solid_capstyle="butt", zorder=2.5, label="energy flat along ticks")


def _ticks(cells: FlatCells) -> Array:
    """Strokes as points (3 k, 2): end, end, a gap."""
    at_x, at_y = _spread(len(cells.x) - 1), _spread(len(cells.y) - 1)
    length = 0.22 * np.array([cells.x[-1] - cells.x[0], cells.y[-1] - cells.y[0]]) / TICKS
    strokes = []
    for row in at_y:
        for column in at_x:
            middle = np.array([cells.x[column : column + 2].mean(), cells.y[row : row + 2].mean()])
            for v in _directions(cells, row, column):
                strokes += [middle - length * v, middle + length * v, [np.nan, np.nan]]
    return np.array(strokes).reshape(-1, 2)


def _spread(n: int) -> Array:
    """About TICKS cells of n, evenly spread."""
    return np.unique(((np.arange(min(TICKS, n)) + 0.5) * n / min(TICKS, n)).astype(int))


def _directions(cells: FlatCells, row: int, column: int) -> list[Array]:
    rank = cells.rank[row, column]
    if rank == 1:
        return [cells.direction[row, column]]
    return [np.array([1.0, 0.0]), np.array([0.0, 1.0])] if rank == 0 else []


def finish(ax: Axes, labels: tuple[str, str], x: tuple[float, float], y: tuple[float, float], legend: bool) -> Axes:
    """Limits, axis labels, and below the picture a legend of what was marked."""
    ax.set(xlim=x, ylim=y, xlabel=labels[0], ylabel=labels[1])
    if legend and ax.get_legend_handles_labels()[0]:
        place: Any = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.13), "ncols": 4, "frameon": False}
        ax.legend(**place, handlelength=1.2, handletextpad=0.4, columnspacing=1.2)
    return ax

"""Basins: the regions of a plane whose starts reach one steady state, with their boundaries, and the Voronoi cells of memories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.field import Array
from numeric.plot.steady import steady_points
from numeric.plot.style import INK, axes, finish, mark_steady, style

if TYPE_CHECKING:
    from numeric.basins import BasinMap

# Paul Tol's light scheme, told apart by colour-blind eyes, and light enough for marks on it.
PALETTE = ("#77AADD", "#EEDD88", "#EE8866", "#99DDFF", "#44BB99", "#FFAABB", "#BBCC33", "#AAAA00")
GREYS = {-3: ("out of time", "#c4c4c4"), -2: ("diverged", "#e9e9e9"), -1: ("ambiguous", "#8a8a8a")}
VORONOI, NAMED = "#5b2a86", 6  # basins beyond so many are not in the legend
PIXELS = 500  # a side


def basins(
    found: BasinMap, ax: Axes | None = None, *, memories: Any = None, voronoi: bool = True, steady: bool = True, legend: bool = True
) -> Axes:
    """Draw a `BasinMap`: a colour for each basin, boundaries through the refined points, and hand back the axes.

    Starts that diverge, are ambiguous or out of time are grey, in three shades. `memories` (K, 2) are drawn as stars and, if
    `voronoi`, the borders of their Voronoi cells dashed. For a system of two components all steady states are marked as in a
    phase portrait; of a larger one only the ones reached, at their places on the plane, as squares: they may lie off it.

    >>> import amsym as am
    >>> from numeric.basins import basin_map
    >>> pair = {"W": [[0.0, 2.0], [2.0, 0.0]], "b": [0.0, 0.0]}
    >>> ax = basins(basin_map(am.zoo.hopfield(), pair, resolution=10))
    >>> ax.get_legend_handles_labels()[1][:2]
    ['boundary', 'stable']

    Raises InputError for anything but a BasinMap, as `am.basins` gives shares and no plane, and for memories that are not points of it.
    """
    if not hasattr(found, "boundary"):
        raise InputError(f"{type(found).__name__} was given; a BasinMap was expected, which has a plane: am.basin_map(system, params)")
    points = _memories(found, memories)
    with style():
        ax = axes(ax)
        _draw_regions(ax, found)
        if len(found.boundary.segments):
            ax.add_collection(LineCollection(list(found.boundary.segments), colors=INK, linewidths=0.9, zorder=2, label="boundary"))
        if steady:
            _mark_steady(ax, found)
        if len(points):
            _mark_memories(ax, points, voronoi)
        finish(ax, found.plane.labels, *found.limits, legend)
        if legend:
            _legend(ax, found)
        return ax


def _memories(found: BasinMap, memories: Any) -> Array:
    """The memories on the plane, (K, 2)."""
    if memories is None:
        return np.empty((0, 2))
    xi = np.asarray(memories, dtype=np.float64)
    if xi.ndim == 2 and xi.shape[1] == len(found.plane.held):
        xi = xi[:, found.plane.picks]
    if xi.ndim != 2 or xi.shape[1] != 2 or not np.isfinite(xi).all():
        raise InputError(
            f"memories has shape {xi.shape}; rows of 2, or of {len(found.plane.held)}, finite numbers were expected: one row each"
        )
    return xi


def colours(labels: Any) -> dict[int, str]:
    """A colour for each basin on a grid of labels (n, m): its own for up to eight, else such that basins that touch differ if they can."""
    numbers = [int(k) for k in np.unique(labels) if k >= 0]
    if len(numbers) <= len(PALETTE):
        return {k: PALETTE[n] for n, k in enumerate(numbers)}
    touching = nx.Graph()
    touching.add_nodes_from(numbers)
    for a, b in ((labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1])):
        touching.add_edges_from({(int(p), int(q)) for p, q in zip(a[a != b], b[a != b], strict=True) if p >= 0 <= q})
    return {k: PALETTE[n % len(PALETTE)] for k, n in nx.greedy_color(touching, "DSATUR").items()}


def _draw_regions(ax: Axes, found: BasinMap) -> None:
    shades = {code: grey for code, (_, grey) in GREYS.items()} | colours(found.labels)
    present = [int(k) for k in np.unique(found.labels)]
    number = np.searchsorted(present, raster(found))
    extent = (*found.limits[0], *found.limits[1])
    look: Any = {"cmap": ListedColormap([shades[k] for k in present]), "vmin": -0.5, "vmax": len(present) - 0.5, "interpolation": "nearest"}
    ax.imshow(number, origin="lower", extent=extent, aspect="auto", zorder=0.5, **look)


def raster(found: BasinMap, n: int = PIXELS) -> NDArray[np.intp]:
    """Labels of n by n pixels, (n, n): that of the nearest start, but in a mesh that one piece of the boundary crosses, of a corner on the
    pixel's side of it."""
    px, py = (low + (high - low) * (np.arange(n) + 0.5) / n for low, high in found.limits)
    column, row = (np.abs(p[:, None] - at).argmin(axis=1) for p, at in ((px, found.x), (py, found.y)))
    pixels = found.labels[np.ix_(row, column)]
    for j, i in np.argwhere((found.boundary.meshes >= 0).sum(axis=-1) == 2):
        a, b = found.boundary.points[found.boundary.meshes[j, i][found.boundary.meshes[j, i] >= 0]]
        inside = np.ix_(*(np.flatnonzero((p >= at[k]) & (p < at[k + 1])) for p, at, k in ((py, found.y, j), (px, found.x, i))))
        x, y = np.meshgrid(found.x[i : i + 2], found.y[j : j + 2])
        side, corners = _left(a, b, x, y).ravel(), found.labels[j : j + 2, i : i + 2].ravel()
        left, right = corners[side.argmax()], corners[side.argmin()]
        pixels[inside] = np.where(_left(a, b, px[inside[1]], py[inside[0]]) > 0, left, right)
    return pixels


def _left(a: Array, b: Array, x: Array, y: Array) -> Array:
    """How far (x, y) lies to the left of the line from a to b, in units of its length squared."""
    return np.asarray((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]))


def _mark_steady(ax: Axes, found: BasinMap) -> None:
    """All steady states of a planar system; of a larger one those reached, seen on the plane."""
    if len(found.plane.held) == 2:
        mark_steady(ax, steady_points(found.plane, *found.limits))
        return
    packed = found.plane.model.pack(found.states)[0] if len(found.steady) else np.empty((0, len(found.plane.held)))
    look: Any = {"markersize": 5, "markerfacecolor": INK, "markeredgecolor": "white", "linestyle": "none", "zorder": 5}
    ax.plot(*packed[:, found.plane.picks].T, "s", label="stable, seen on the plane", **look)


def _mark_memories(ax: Axes, points: Array, voronoi: bool) -> None:
    ax.plot(*points.T, "*", markersize=14, markerfacecolor="white", markeredgecolor=INK, linestyle="none", zorder=4, label="memory")
    if voronoi and len(points) > 1:
        pieces = voronoi_edges(points, np.array([*ax.get_xlim()]), np.array([*ax.get_ylim()]))
        ax.add_collection(LineCollection(pieces, colors=VORONOI, linewidths=1.3, linestyles=(0, (4, 2.5)), zorder=3, label="Voronoi"))


def voronoi_edges(points: Array, x: Array, y: Array) -> list[Array]:
    """The borders between the Voronoi cells of points (K, 2) within a rectangle, each (2, 2).

    The border of a and b is the part of their bisector m + s n at which no third point is nearer: an interval of s.

    >>> [piece.tolist() for piece in voronoi_edges(np.array([[-1.0, 0.0], [1.0, 0.0]]), np.array([-2, 2]), np.array([-1, 1]))]
    [[[0.0, -1.0], [0.0, 1.0]]]
    """
    pieces = []
    for k, a in enumerate(points):
        for b in points[k + 1 :]:
            m, n = (a + b) / 2, np.array([a[1] - b[1], b[0] - a[0]])
            if not n.any():
                continue
            others = points[np.any(points != a, axis=1) & np.any(points != b, axis=1)]
            # |z - c|² >= |z - a|² is linear in s: 2 s n·(a - c) >= |m - a|² - |m - c|²; the sides of the rectangle likewise.
            slope = np.concatenate([2 * (a - others) @ n, n, -n])
            least = np.concatenate([((m - a) ** 2).sum() - ((m - others) ** 2).sum(axis=1), np.array([x[0], y[0]]) - m, m - [x[1], y[1]]])
            low = (least / np.where(slope > 0, slope, 1))[slope > 0].max(initial=-np.inf)
            high = (least / np.where(slope < 0, slope, 1))[slope < 0].min(initial=np.inf)
            if low < high and np.all(least[slope == 0] <= 0):
                pieces.append(np.stack([m + low * n, m + high * n]))
    return pieces


def _legend(ax: Axes, found: BasinMap) -> None:
    """The marks, and a patch for each grey that occurs and for each of the first basins."""
    shades, present = colours(found.labels), {int(k) for k in np.unique(found.labels)}
    share = found.steady.visits / found.labels.size
    patches = [Patch(facecolor=shades[k], label=f"basin {k} ({share[k]:.0%})") for k in sorted(shades)[:NAMED]]
    patches += [Patch(facecolor=grey, label=word) for code, (word, grey) in GREYS.items() if code in present]
    handles = [*patches, *ax.get_legend_handles_labels()[0]]
    place: Any = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.13), "ncols": 3, "frameon": False}
    ax.legend(handles=handles, **place, handlelength=1.2, handletextpad=0.4, columnspacing=1.2)

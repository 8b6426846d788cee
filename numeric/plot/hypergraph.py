"""Hypergraph: the layers of a Memory as circles, its hypersynapses as squares, a line for each layer that a synapse couples."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from matplotlib.axes import Axes

from amsym.errors import InputError
from amsym.layer import Layer
from amsym.memory import Memory
from amsym.render.names import name_of
from numeric.field import Array
from numeric.plot.style import INK, STREAM, axes, style

Places = dict[str, Array]
GAP = 1.3  # between parts that no synapse joins, in units of a line
# Directions of labels, the most liked first, in degrees, and how far from every line each must be: words are wide.
_ANGLES, _CLEAR = np.array([270, 90, 315, 225, 45, 135, 0, 180]), np.array([60, 60, 40, 40, 40, 40, 30, 30])
NARROW = 0.5  # the least height and width of the picture, in the same units


def hypergraph(memory: Memory, ax: Axes | None = None) -> Axes:
    """Draw a Memory's hypergraph, and hand back the axes.

    Layers are named inside their circles, with Lagrangian and axes beside them; synapses are named beside their squares. Places are
    those of Kamada and Kawai, whose distances on paper follow those on the graph; parts that nothing joins stand side by side.

    >>> import amsym as am
    >>> ax = hypergraph(am.zoo.softmax_memory())
    >>> sorted(text.get_text() for text in ax.texts)
    ['h', 'identity, N', 'softmax, K', 'v', 'v-h']

    Raises InputError for anything but a Memory.
    """
    if not isinstance(memory, Memory):
        raise InputError(f"{type(memory).__name__} was given; a Memory was expected, whose layers and synapses are drawn: am.Memory(...)")
    graph, places = memory.graph, layout(memory.graph)
    with style():
        ax = axes(ax, square=False)
        for a, b in graph.edges:
            ax.plot(*np.stack([places[a], places[b]]).T, color=STREAM, linewidth=1.0, zorder=1)
        for node, data in graph.nodes(data=True):
            beside = _beside(places[node], [places[other] for other in graph[node]])
            if data["kind"] == "layer":
                _draw_layer(ax, places[node], data["layer"], beside)
            else:
                _draw_synapse(ax, places[node], data["synapse"].name, beside)
        _frame(ax, np.array([*places.values()]))
        return ax


def layout(graph: nx.Graph) -> Places:
    """A place (2,) for each node, lines about 1 long; the longer side of each part lies along the horizontal."""
    places: Places = {}
    right = 0.0
    for nodes in nx.connected_components(graph):
        part = nx.Graph()  # no view: its nodes come in the order of a set of strings, another in every run
        part.add_nodes_from(n for n in graph if n in nodes)
        part.add_edges_from(graph.edges(nodes))
        at = _turned(_unit(part))
        at += [right - at[:, 0].min(), -at[:, 1].mean()]
        places |= dict(zip(part, at, strict=True))
        right = at[:, 0].max() + GAP
    return places


def _unit(part: nx.Graph) -> Array:
    """Kamada and Kawai's places (k, 2), scaled so that lines are 1 long on average."""
    if len(part) == 1:
        return np.zeros((1, 2))
    found = nx.kamada_kawai_layout(part)
    lengths = [np.linalg.norm(found[a] - found[b]) for a, b in part.edges]
    return np.array([found[n] for n in part]) / np.mean(lengths)


def _turned(at: Array) -> Array:
    """Turned so that the places spread most along the horizontal, the first node on the left."""
    centred = at - at.mean(axis=0)
    axes_ = np.linalg.svd(centred, full_matrices=False)[2] if len(at) > 1 else np.eye(2)
    turned = centred @ np.resize(axes_, (2, 2)).T
    turned = turned * np.where(turned[0] > 1e-9, -1.0, 1.0)
    return np.asarray(np.round(20 * turned) / 20)  # the layout is right to about 0.01, which tilts straight lines


def _beside(at: Array, others: list[Array]) -> Array:
    """The direction (2,) for a label, the first of eight that is clear of the lines, or else the one with most room."""
    lines = [np.rad2deg(np.arctan2(*(other - at)[::-1])) for other in others] or [90.0]
    off = np.abs((_ANGLES[:, None] - np.array(lines) + 180) % 360 - 180).min(axis=1)
    angle = np.deg2rad(_ANGLES[int((off >= _CLEAR).argmax()) if np.any(off >= _CLEAR) else int(off.argmax())])
    return np.array([np.cos(angle), np.sin(angle)])


def _draw_layer(ax: Axes, at: Array, layer: Layer, beside: Array) -> None:
    ax.plot(*at, "o", markersize=24, markerfacecolor="white", markeredgecolor=INK, markeredgewidth=1.0, zorder=2)
    ax.annotate(short(layer.name), (at[0], at[1]), ha="center", va="center", fontstyle="italic", fontsize=10, color=INK, zorder=3)
    _label(ax, at, described(layer), 16 * beside)


def _draw_synapse(ax: Axes, at: Array, name: str, beside: Array) -> None:
    ax.plot(*at, "s", markersize=7, color=STREAM, zorder=2)
    _label(ax, at, name, 8 * beside)


def _label(ax: Axes, at: Array, words: str, points: Array) -> None:
    across, up = (int(k) for k in np.sign(points.round(6)))
    sides = {"ha": ("right", "center", "left")[across + 1], "va": ("top", "center", "bottom")[up + 1]}
    look: Any = {"fontsize": 7.5, "color": STREAM, "zorder": 3, **sides}
    ax.annotate(words, (at[0], at[1]), textcoords="offset points", xytext=tuple(points), **look)


def _frame(ax: Axes, at: Array) -> None:
    """Equal units, room for labels, and no frame."""
    low, high = at.min(axis=0), at.max(axis=0)
    half = np.maximum((high - low) / 2, NARROW) + 0.6
    middle = (low + high) / 2
    ax.set(xlim=(middle[0] - half[0], middle[0] + half[0]), ylim=(middle[1] - half[1], middle[1] + half[1]))
    ax.set_aspect("equal")
    ax.set_axis_off()


def described(layer: Layer) -> str:
    """The Lagrangian and the axes of a layer, softmax, K."""
    return f"{layer.lagrangian.name}, {' × '.join(layer.axes)}"


def short(name: str) -> str:
    """A name as it is read, with Greek letters."""
    parts = name_of(name)
    return parts.head + "".join(parts.below)

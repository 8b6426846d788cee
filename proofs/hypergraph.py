"""A Memory's hypergraph as a small inline SVG: layers as circles, hypersynapses as squares, in the page's own colours."""

from __future__ import annotations

from html import escape

from amsym.memory import Memory
from amsym.render.names import name_of

# Columns and rows in pixels.
_STEP, _ROW, _MARGIN = 150, 110, 60


def hypergraph_svg(memory: Memory) -> str:
    """Layers in a row above, synapses in a row below, a line for each layer that a synapse couples."""
    graph = memory.graph
    layers = [n for n, kind in graph.nodes(data="kind") if kind == "layer"]
    synapses = [n for n, kind in graph.nodes(data="kind") if kind == "synapse"]
    width = 2 * _MARGIN + _STEP * (max(len(layers), len(synapses), 2) - 1)
    places = {**_row(layers, width, _MARGIN), **_row(synapses, width, _MARGIN + _ROW)}
    lines = [_line(places[a], places[b]) for a, b in graph.edges]
    nodes = [_layer(places[n], graph.nodes[n]["layer"]) for n in layers]
    nodes += [_synapse(places[n], graph.nodes[n]["synapse"].name) for n in synapses]
    height = _MARGIN + _ROW + 40
    label = escape(f"{len(layers)} layers and {len(synapses)} synapses of {memory.name}")
    inner = "".join([*lines, *nodes])
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg role="img" aria-label="{label}" {size} font-size="14" text-anchor="middle">{inner}</svg>'


def _row(names: list[str], width: int, y: int) -> dict[str, tuple[float, float]]:
    left = width / 2 - _STEP * (len(names) - 1) / 2
    return {name: (left + n * _STEP, y) for n, name in enumerate(names)}


def _line(a: tuple[float, float], b: tuple[float, float]) -> str:
    return f'<line x1="{a[0]:g}" y1="{a[1]:g}" x2="{b[0]:g}" y2="{b[1]:g}" stroke="currentColor" stroke-opacity=".45" stroke-width="1.5"/>'


def _layer(at: tuple[float, float], layer: object) -> str:
    x, y = at
    name, axes, lagrangian = layer.name, " × ".join(layer.axes), layer.lagrangian.name  # type: ignore[attr-defined]
    circle = f'<circle cx="{x:g}" cy="{y:g}" r="22" fill="var(--paper, Canvas)" stroke="currentColor" stroke-width="1.5"/>'
    below = (
        f'<text x="{x:g}" y="{y - 32:g}" fill="currentColor" fill-opacity=".75" font-size="12">{escape(lagrangian)}, {escape(axes)}</text>'
    )
    return f'{circle}<text x="{x:g}" y="{y + 5:g}" fill="currentColor" font-style="italic">{escape(_short(name))}</text>{below}'


def _synapse(at: tuple[float, float], name: str) -> str:
    x, y = at
    square = f'<rect x="{x - 7:g}" y="{y - 7:g}" width="14" height="14" fill="currentColor" fill-opacity=".8"/>'
    return f'{square}<text x="{x:g}" y="{y + 26:g}" fill="currentColor" fill-opacity=".75" font-size="12">{escape(name)}</text>'


def _short(name: str) -> str:
    parts = name_of(name)
    return parts.head + "".join(parts.below)

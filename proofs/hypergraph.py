"""A Memory's hypergraph as a small inline SVG: layers as circles, hypersynapses as squares, in the page's own colours."""

from __future__ import annotations

from html import escape

from amsym.layer import Layer
from amsym.memory import Memory
from numeric.plot.hypergraph import described, short

# Rows in pixels, and the least and the largest distance of columns; labels of 13 pixels are about 7 a letter.
_ROW, _MARGIN, _NARROW, _WIDE, _LETTER = 110, 60, 64, 150, 7
# Where the page is narrower the picture shrinks to this part of its width, labels to 10 pixels; then it scrolls.
LEAST = 0.8


def hypergraph_svg(memory: Memory) -> str:
    """Layers in a row above, synapses in a row below, a line for each layer that a synapse couples."""
    graph = memory.graph
    layers = [n for n, kind in graph.nodes(data="kind") if kind == "layer"]
    synapses = [n for n, kind in graph.nodes(data="kind") if kind == "synapse"]
    step = _step([*map(described, (graph.nodes[n]["layer"] for n in layers)), *(graph.nodes[n]["synapse"].name for n in synapses)])
    width = step * max(len(layers), len(synapses), 2)
    places = {**_row(layers, width, step, _MARGIN), **_row(synapses, width, step, _MARGIN + _ROW)}
    lines = [_line(places[a], places[b]) for a, b in graph.edges]
    nodes = [_layer(places[n], graph.nodes[n]["layer"]) for n in layers]
    nodes += [_synapse(places[n], graph.nodes[n]["synapse"].name) for n in synapses]
    height = _MARGIN + _ROW + 40
    label = escape(f"{len(layers)} layers and {len(synapses)} synapses of {memory.name}")
    inner = "".join([*lines, *nodes])
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" style="min-width:{LEAST * width:.0f}px"'
    return f'<svg role="img" aria-label="{label}" {size} font-size="14" text-anchor="middle">{inner}</svg>'


def _step(labels: list[str]) -> int:
    """The distance of columns that keeps labels apart."""
    return min(max(_LETTER * max(map(len, labels)) + 14, _NARROW), _WIDE)


def _row(names: list[str], width: int, step: int, y: int) -> dict[str, tuple[float, float]]:
    left = width / 2 - step * (len(names) - 1) / 2
    return {name: (left + n * step, y) for n, name in enumerate(names)}


def _line(a: tuple[float, float], b: tuple[float, float]) -> str:
    return f'<line x1="{a[0]:g}" y1="{a[1]:g}" x2="{b[0]:g}" y2="{b[1]:g}" stroke="currentColor" stroke-opacity=".45" stroke-width="1.5"/>'


def _layer(at: tuple[float, float], layer: Layer) -> str:
    x, y = at
    circle = f'<circle cx="{x:g}" cy="{y:g}" r="22" fill="var(--paper, Canvas)" stroke="currentColor" stroke-width="1.5"/>'
    above = f'<text x="{x:g}" y="{y - 32:g}" fill="currentColor" fill-opacity=".8" font-size="13">{escape(described(layer))}</text>'
    return f'{circle}<text x="{x:g}" y="{y + 5:g}" fill="currentColor" font-style="italic">{escape(short(layer.name))}</text>{above}'


def _synapse(at: tuple[float, float], name: str) -> str:
    x, y = at
    square = f'<rect x="{x - 7:g}" y="{y - 7:g}" width="14" height="14" fill="currentColor" fill-opacity=".8"/>'
    return f'{square}<text x="{x:g}" y="{y + 26:g}" fill="currentColor" fill-opacity=".8" font-size="13">{escape(name)}</text>'

"""One self-contained HTML page: derivation, verdicts, pictures; no script, no network, light and dark, phone and paper."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping
from html import escape
from typing import Any

import matplotlib

from amsym.derivation import Derivation
from amsym.render.html import STYLE as DERIVATION_STYLE
from amsym.render.html import derivation_rows
from amsym.render.prose import prose
from amsym.render.verdict_rows import SIGNS, kind, legend, verdict_rows
from amsym.render.verdict_rows import STYLE as VERDICT_STYLE
from amsym.verdict import Report, Status
from proofs.pictures import Drawn
from proofs.style import PAGE, STYLE

# A path's coordinates to a hundredth of a point: half the size, and no eye sees it.
_PATH, _LONG_NUMBER = re.compile(rb' d="[^"]*"'), re.compile(rb"(\.\d\d)\d+")
_STYLES = STYLE + DERIVATION_STYLE + VERDICT_STYLE


def document(title: str, body: str) -> str:
    """A whole page around a body."""
    head = (
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{escape(title)}</title>'
    )
    style = f"<style>{PAGE}{_STYLES}</style>"
    return f'<!doctype html>\n<html lang="en">\n<head>\n{head}\n{style}\n</head>\n<body class="amsym-page">\n{body}\n</body>\n</html>\n'


def fragment(body: str) -> str:
    """The same body for a notebook's cell."""
    return f'<style>{_STYLES}</style>\n<div class="amsym-page">\n{body}\n</div>'


def contents(reports: Mapping[str, Report | None]) -> str:
    """A line for each model, with how many of its verdicts have which status; nothing for a single model."""
    if len(reports) < 2:
        return ""
    items = [f'<li><a href="#{anchor(n)}">{escape(name)}</a> {_counts(r)}</li>' for n, (name, r) in enumerate(reports.items())]
    return f'<nav class="amsym-contents" aria-label="models"><ol>{"".join(items)}</ol></nav>'


def anchor(number: int) -> str:
    """The name of a model's place on the page."""
    return f"amsym-model-{number + 1}"


def _counts(report: Report | None) -> str:
    found = [v.status for v in (report or {}).values()]
    words = [f'<span class="{kind(s)}">{SIGNS[s]} {found.count(s)} {s}</span>' for s in Status if s in found]
    return f'<span class="amsym-counts">{" ".join(words)}</span>'


def derivation_section(derivation: Derivation) -> str:
    """The derivation of one model; the heading above names it already."""
    return f"<h3>Derivation</h3>\n{derivation_rows(derivation, heading=False)}"


def verdict_section(report: Report) -> str:
    """The verdicts of one model, each with its certificate folded away."""
    return f"<h3>Verdicts</h3>\n{verdict_rows(report)}"


def picture_section(words: str, drawn: list[Drawn]) -> str:
    """The pictures of one model, with the numbers that they were drawn with, and in a line why others are missing."""
    figures = [_drawn(one) for one in drawn if one.figure is not None]
    missing = [f'<p class="faint">No {escape(one.title)}: {escape(one.words)}.</p>' for one in drawn if one.figure is None]
    shown = f'<div class="amsym-pictures">{"".join(figures)}</div>' if figures else ""
    with_numbers = f'<p class="faint">{escape(prose(words[:1].upper() + words[1:]))}.</p>' if figures else ""
    return "\n".join(["<h3>Pictures</h3>", with_numbers, shown, *missing])


def _drawn(one: Drawn) -> str:
    """A figure as SVG in an image: sharp on paper, and its colours turn with the page's."""
    data = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "amsym"}):
        one.figure.savefig(data, format="svg", metadata={"Date": None})  # type: ignore[union-attr]
    name, words = escape(one.title), escape(prose(one.words))
    short = io.BytesIO(_PATH.sub(lambda path: _LONG_NUMBER.sub(rb"\1", path[0]), data.getvalue()))
    image = f'<img class="amsym-drawn" src="{_uri("svg+xml", short)}" alt="{name}: {words}">'
    return f"<figure>{image}<figcaption><strong>{name[:1].upper() + name[1:]}.</strong> {words}</figcaption></figure>"


def picture(caption: str, figure: Any, dpi: int = 160) -> str:
    """A user's matplotlib figure as a PNG inside the page, on white."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=dpi, bbox_inches="tight", facecolor="white")
    text = escape(caption)
    return f'<figure><img src="{_uri("png", data)}" alt="{text}"><figcaption>{text}</figcaption></figure>'


def _uri(kind: str, data: io.BytesIO) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data.getvalue()).decode('ascii')}"


__all__ = [
    "anchor",
    "contents",
    "derivation_section",
    "document",
    "fragment",
    "legend",
    "picture",
    "picture_section",
    "verdict_section",
]

"""A certificate, any plain JSON data, as HTML: terms and values, numbered steps, small tables; what is long is folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from amsym.render.prose import prose

# Numbers in a row, steps in a list and letters in a text that are shown before the rest is folded away.
NUMBERS, STEPS, LETTERS = 16, 12, 600
# A table has at most so many columns of at most so many letters.
COLUMNS, CELL = 8, 14


def certificate_html(value: Any) -> str:
    """Plain data as HTML; anything else by its text.

    >>> certificate_html({"N": "≥ 1", "K": 2})
    'N ≥ 1, K: 2'
    >>> certificate_html([1, 2.5, None, True])
    '1, 2.5, none, yes'
    """
    if isinstance(value, Mapping):
        return _on_one_line(value) or _terms(value)
    if isinstance(value, (list, tuple)):
        return _listed(value)
    return _text(_plain(value))


def _terms(value: Mapping[Any, Any]) -> str:
    inside = "".join(f"<dt>{escape(_name(k))}</dt><dd>{certificate_html(v)}</dd>" for k, v in value.items())
    return f"<dl>{inside}</dl>" if inside else "none"


def _name(key: Any) -> str:
    return prose(str(key)).replace("_", " ") if len(str(key)) > 6 else prose(str(key))


def _on_one_line(value: Mapping[Any, Any]) -> str:
    """A few names with small values on one line: N ≥ 1, K ≥ 1."""
    small = all(_is_scalar(v) and len(str(v)) < 12 for v in value.values())
    words = [f"{k} {v}" if str(v).startswith(("≥", ">", "=")) else f"{k}: {_plain(v)}" for k, v in value.items()]
    return escape(", ".join(words)) if small and 0 < len(value) <= STEPS else ""


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _plain(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _text(words: str) -> str:
    if len(words) <= LETTERS:
        return escape(prose(words))
    return _folded(f"{words[:80]} … ({len(words)} letters)", escape(prose(words)))


def _folded(summary: str, inside: str) -> str:
    return f'<details class="amsym-long"><summary>{escape(summary)}</summary><div>{inside}</div></details>'


def _listed(value: Sequence[Any]) -> str:
    if not value:
        return "none"
    if _is_table(value):
        return _table(value)
    if all(_is_scalar(v) and len(str(v)) <= 40 for v in value) or all(isinstance(v, (list, tuple)) for v in value):
        return _row(value)
    items = [f"<li>{certificate_html(v)}</li>" for v in value]
    rest = items[STEPS:]
    more = _folded(f"{len(rest)} more", f'<ol start="{STEPS + 1}">{"".join(rest)}</ol>') if rest else ""
    return f"<ol>{''.join(items[:STEPS])}</ol>{more}"


def _row(value: Sequence[Any]) -> str:
    """Numbers on one line, lists in brackets: [1, 2], [-1, 0]; many are folded."""
    words, count = escape(prose(_bracketed(value))), _count(value)
    if count <= 2 * NUMBERS and len(words) <= LETTERS:
        return words
    start = _bracketed(value)[:60].rsplit(",", 1)[0]
    return _folded(f"{count} numbers: {start}, …" if all(map(_is_scalar, value)) else f"{len(value)} rows: {start}, …", words)


def _bracketed(value: Any) -> str:
    return ", ".join(f"[{_bracketed(v)}]" if isinstance(v, (list, tuple)) else _plain(v) for v in value)


def _count(value: Any) -> int:
    return sum(_count(v) if isinstance(v, (list, tuple)) else 1 for v in value)


def _is_table(value: Sequence[Any]) -> bool:
    """Rows of one length, from two by two on, with cells short enough to stand side by side."""
    rows = [v for v in value if isinstance(v, (list, tuple))]
    if len(rows) < len(value) or not 2 <= len(rows) <= STEPS or len({len(r) for r in rows}) != 1 or not 2 <= len(rows[0]) <= COLUMNS:
        return False
    return all(_is_scalar(x) and len(_plain(x)) <= CELL for row in rows for x in row)


def _table(rows: Sequence[Sequence[Any]]) -> str:
    inside = "".join("<tr>" + "".join(f"<td>{escape(prose(_plain(x)))}</td>" for x in row) + "</tr>" for row in rows)
    return f'<table class="amsym-matrix">{inside}</table>'

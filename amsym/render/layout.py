"""A derivation as aligned text: labels in a column, formulas beside them, long ones going on below."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len

from amsym.derivation import LABELS, Derivation, Line
from amsym.render.prose import prose
from amsym.render.text import text
from amsym.render.wrap import wrapped

_COLUMN = max(map(len, LABELS)) + 2
_HANG = 4


def derivation_text(derivation: Derivation, width: int = 80) -> str:
    """All lines; a label stands only where it changes."""
    rows, last = [derivation.name, ""], ""
    for line in derivation.lines:
        first, *rest = line_rows(line, max(width - _COLUMN, 20))
        label = line.label if line.label != last else ""
        rows += [f"{label:<{_COLUMN}}{first}", *(" " * _COLUMN + more for more in rest)]
        last = line.label
    return "\n".join(rows)


def line_rows(line: Line, width: int) -> list[str]:
    """left = right in rows of at most `width` columns, the note behind it or below."""
    formula = " ".join(part for part in (side_text(line.left), line.relation, side_text(line.shown)) if part)
    rows = _filled(formula, width) if isinstance(line.right, str) else _hanging(formula, width)
    if not line.note:
        return rows
    note = f"({prose(line.note)})"
    if cell_len(rows[-1]) + 3 + cell_len(note) <= width:
        return [*rows[:-1], f"{rows[-1]}   {note}"]
    return rows + [" " * _HANG + more for more in _filled(note, width - _HANG, hang=1)]


def line_text(line: Line) -> str:
    """One line without its label, unbroken."""
    return "\n".join(line_rows(line, 10_000))


def side_text(side: Any) -> str:
    """A formula or words."""
    return prose(side) if isinstance(side, str) else text(side)


def line_data(line: Line) -> dict[str, Any]:
    """A line as plain data."""
    from amsym.render.latex_lines import side_latex

    data: dict[str, Any] = {"label": line.label, "about": list(line.about), "relation": line.relation, "note": line.note}
    for name, side, shown in (("left", line.left, line.left), ("right", line.right, line.shown)):
        data[name] = {"python": str(side), "text": side_text(shown), "latex": side_latex(shown)}
    return data


def _hanging(formula: str, width: int) -> list[str]:
    lines = wrapped(formula, width)
    if len(lines) > 1:
        lines = wrapped(formula, width - _HANG)
    return [lines[0], *(" " * _HANG + more for more in lines[1:])]


def _filled(words: str, width: int, hang: int = _HANG) -> list[str]:
    """Words broken at spaces."""
    lines = [""]
    for word in words.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1].strip() else lines[-1] + word
        if cell_len(joined) <= width or not lines[-1].strip():
            lines[-1] = joined
        else:
            lines.append(" " * hang + word)
    return lines


__all__ = ["derivation_text", "line_data", "line_rows", "line_text", "side_text"]

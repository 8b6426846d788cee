"""A sweep as text: in a line, or as a table of its points with one column an axis and one an output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from numeric.sweep.grid import Grid

if TYPE_CHECKING:
    from numeric.sweep.result import Sweep

MOST = 20  # rows shown
NOTHING = "—"


def line(sweep: Sweep) -> str:
    """The sweep in a line.

    >>> from numeric.sweep import sweep
    >>> sweep(lambda a, b: {"sum": a + b, "both": [a, b]}, {"a": [1, 2], "b": [3, 4, 5]}, progress=False).select(a=2)
    sweep of <lambda> over b: 3 points; sum, both (2,)
    """
    shape = " × ".join(map(str, sweep.done.shape))
    over = f" over {' × '.join(sweep.axes)}" if sweep.axes else ""
    count = f"{sweep.done.size} point{'' if sweep.done.size == 1 else 's'}"
    many = f"{shape} = {count}" if sweep.done.ndim > 1 else count
    missing = int(sweep.done.size - sweep.done.sum()) - len(sweep.failures)
    notes = [f"{len(sweep.failures)} failed"] * bool(sweep.failures) + [f"{missing} not computed"] * (missing > 0)
    return "; ".join([f"sweep of {sweep.function}{over}: {many}", _outputs(sweep), *notes])


def table(sweep: Sweep) -> str:
    """The line, and the points below it; of more than MOST the first and the last.

    >>> from numeric.sweep import sweep
    >>> print(sweep(lambda a, b: a / b, {"a": [1, 2], "b": [2, 3]}, progress=False))
    sweep of <lambda> over a × b: 2 × 2 = 4 points; value
    a  b  value
    1  2  0.5
    1  3  0.333333
    2  2  1
    2  3  0.666667
    """
    grid = Grid(sweep.axes, sweep.listed)
    half = MOST // 2
    shown = list(range(grid.size)) if grid.size <= MOST else [*range(half), *range(grid.size - half, grid.size)]
    cells = [[*grid.names, *sweep.values]] + [_row(sweep, grid, place) for place in shown]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    if grid.size > MOST:
        lines.insert(1 + half, f"... {grid.size - MOST} more points")
    return "\n".join([line(sweep), *lines])


def _outputs(sweep: Sweep) -> str:
    inner = {name: value.shape[sweep.done.ndim :] for name, value in sweep.values.items()}
    return ", ".join(f"{name} {shape}" if shape else name for name, shape in inner.items()) or "no results"


def _row(sweep: Sweep, grid: Grid, place: int) -> list[str]:
    at = np.unravel_index(place, sweep.done.shape)
    done = bool(sweep.done[at])
    labels = [_label(value) for value in grid.point(place).values()]
    return labels + [_cell(value[at]) if done else NOTHING for value in sweep.values.values()]


def _label(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _cell(value: NDArray[Any] | np.generic) -> str:
    """A number; of an array its range."""
    if value.ndim == 0:
        return f"{value:.6g}" if value.dtype.kind in "fc" else str(value)
    if value.dtype.kind == "c" or value.size == 0:
        return f"array {value.shape}"
    low, high = (_cell(np.asarray(bound)[()]) for bound in (np.min(value), np.max(value)))
    return f"{low} to {high}"

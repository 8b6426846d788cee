"""Continuation diagram: steady states against the parameter, drawn full where stable and dashed where not, special points marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes

from amsym.errors import InputError
from numeric.continuation.branch import Branch
from numeric.field import Array
from numeric.plot.picks import Pick, component_names, label, place_of, text
from numeric.plot.style import FLAT, INK, STREAM, axes, style

Height: TypeAlias = Pick | Callable[[Any], Any]

# Stability is told by the line, kinds by the marker, never by colour alone.
_LINES: dict[str, dict[str, Any]] = {
    "stable": {"color": INK, "linewidth": 1.6, "linestyle": "-"},
    "unstable": {"color": STREAM, "linewidth": 1.0, "linestyle": (0, (4, 2))},
    "stability undecided": {"color": STREAM, "linewidth": 1.0, "linestyle": ":"},
}
_MARKERS = {"fold": "s", "pitchfork": "o", "transcritical": "X", "branch point": "D", "hopf": "^", "kink": "|"}
_WORDS = {"hopf": "Hopf"}


def continuation_diagram(
    branches: Branch | Sequence[Branch], show: Height | None = None, *, ax: Axes | None = None, legend: bool = True
) -> Axes:
    """Draw branches against their parameter, and hand back the axes.

    show: the component on the vertical axis, such as 2 or ("v", 0); or a function of states with the stations in front,
    such as an overlap, that gives a number for each; by default the only component, or the norm of the state. Stable
    stretches are full, unstable ones dashed, undecided ones dotted.

    >>> import amsym as am, sympy as sp
    >>> from numeric.continuation.follow import continue_steady_state
    >>> i, y, r = am.index("i", "N"), am.state("y", "N"), am.parameter("r")
    >>> branch = continue_steady_state(am.System(flow={y[i]: r + y[i]**2}), {"r": -1.0}, [-1.0], "r", to=1.0)
    >>> ax = continuation_diagram(branch)
    >>> ax.get_legend_handles_labels()[1], ax.get_ylabel()
    (['stable', 'unstable', 'fold'], '$y_{0}$')

    Raises InputError for branches in different parameters, a component that is none, or a function with another shape.
    """
    drawn = [branches] if isinstance(branches, Branch) else list(branches)
    if not drawn or len({b.name for b in drawn}) > 1:
        got = f"are in {', '.join(sorted({b.name for b in drawn}))}" if drawn else "is empty"
        raise InputError(f"branches {got}; branches in one parameter were expected: draw each parameter on axes of its own")
    with style():
        ax = axes(ax, square=False)
        heights, words = zip(*(_heights(b, show) for b in drawn), strict=True)
        for branch, height in zip(drawn, heights, strict=True):
            _curve(ax, branch, height)
        for branch, height in zip(drawn, heights, strict=True):
            _points(ax, branch, height)
        ax.set(xlabel=f"${_name(drawn[0].name)}$", ylabel=words[0])
        if legend:
            _legend(ax)
        return ax


def _heights(branch: Branch, show: Height | None) -> tuple[Array, str]:
    """The vertical place of each station (k,), and its label."""
    family = branch.walk.family
    names = component_names(family.system, family.sizes)[:-1]
    rows = np.asarray(branch.walk.packed(branch.states)[0])
    if callable(show):
        found = np.asarray(show(branch.states), dtype=float)
        if found.shape != branch.parameter.shape:
            raise InputError(
                f"show gave shape {found.shape}; one number for each of the {len(rows)} stations was expected: sum over the rest"
            )
        return found, str(getattr(show, "__name__", "")).replace("<lambda>", "")
    if show is None and len(names) > 1:
        return np.asarray(np.linalg.norm(rows, axis=1)), "norm of the state"
    try:
        place = place_of(0 if show is None else show, names) if len(names) > 1 or show is not None else 0
    except InputError as error:
        raise InputError(f"show={show!r} is no component of the state; one such as {text(names[0])!r} was expected: name one") from error
    return rows[:, place], label(names[place])


def _curve(ax: Axes, branch: Branch, height: Array) -> None:
    """Stretches of one stability, each with the stations at both its ends."""
    words = [_stability(*pair) for pair in zip(branch.unstable, branch.unstable[1:], strict=False)]
    k = 0
    for word, run in groupby(words):
        more = len(list(run))
        ax.plot(branch.parameter[k : k + more + 1], height[k : k + more + 1], label=word, **_LINES[word])
        k += more


def _stability(one: int, other: int) -> str:
    """Of the stretch between two stations; a special point carries the larger number of its sides."""
    least = min(one, other)
    return "stability undecided" if least < 0 else "stable" if least == 0 else "unstable"


def _points(ax: Axes, branch: Branch, height: Array) -> None:
    """A marker for each special point, hollow where it is subcritical."""
    for point in branch.points:
        k = int(np.flatnonzero(branch.parameter == point.parameter)[_nearest(branch, point)])
        filled = point.criticality != "subcritical"
        face: dict[str, Any] = {"markerfacecolor": FLAT if filled else "white", "markeredgecolor": FLAT}
        label = " ".join(filter(None, (point.criticality, _WORDS.get(point.kind, point.kind))))
        ax.plot(point.parameter, height[k], _MARKERS[point.kind], markersize=5.5, label=label, zorder=4, **face)


def _nearest(branch: Branch, point: Any) -> int:
    """Which of the stations at the point's parameter is the point."""
    rows = np.asarray(branch.walk.packed(branch.states)[0])[branch.parameter == point.parameter]
    return int(np.argmin(np.linalg.norm(rows - branch.walk.packed(point.state)[0], axis=1)))


def _name(parameter: str) -> str:
    """Greek names as TeX has them."""
    from sympy import Symbol, latex

    return str(latex(Symbol(parameter)))


def _legend(ax: Axes) -> None:
    """Each label once, below the picture."""
    handles, labels = ax.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    place: Any = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.18), "ncols": 4, "frameon": False}
    ax.legend(once.values(), once.keys(), **place, handlelength=1.8, handletextpad=0.5, columnspacing=1.2)

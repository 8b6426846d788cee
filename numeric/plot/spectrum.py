"""Spectrum: the eigenvalues of the flow's Jacobian at steady states in the complex plane, with the border of stability.

Left of the border, Re λ = 0, a perturbation dies out. Directions v with ∇²E v = 0 that the Jacobian maps to themselves are
those that the energy does not see: the states of dead neurons, with λ = -1/τ, and symmetries, with λ = 0. They are named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.field import Array
from numeric.plot.style import FLAT, INK, STREAM, axes, style
from numeric.simulate_input import bound_model
from numeric.stability.result import Stability

NULL = 1e-9  # singular values of ∇²E, and parts of J v outside the null space, below this share of the largest count as zero
SAME = 1e-6  # eigenvalues closer than this share of the largest are one label
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


@dataclass(frozen=True)
class Eigenvalues:
    """Eigenvalues (n,) of ∂f/∂y at one state, and those (m,) whose directions the energy's Hessian sends to zero."""

    values: NDArray[np.complex128]
    flat: NDArray[np.complex128]


def eigenvalues(system: Any, params: Any = None, at: Any = None) -> list[Eigenvalues]:
    """The eigenvalues at each state of `at`, (N,), (k, N) or {name: array}; or of a `Stability`, a list of them, or `SteadyStates`.

    >>> import amsym as am, sympy as sp
    >>> i, j = am.indices("i j", "N")
    >>> y = am.state("y", "N")
    >>> energy = am.total(sp.Max(0, y[i])**2, i)/2
    >>> (found,) = eigenvalues(am.System(flow={y[i]: -y[i] - 1}, energy=energy), {}, [-1.0, -1.0])
    >>> found.values.real.tolist(), found.flat.real.tolist()
    ([-1.0, -1.0], [-1.0, -1.0])

    Raises InputError for a system without flow.
    """
    judged = [system] if isinstance(system, Stability) else getattr(system, "stability", system)
    if isinstance(judged, (list, tuple)) and judged and all(isinstance(one, Stability) for one in judged):
        return [Eigenvalues(np.concatenate([one.spectrum, one.rates]), one.rates) for one in judged]
    if at is None:
        raise InputError(
            "no state was given; one or a batch was expected, or am.stability(...), am.steady_states(...) for the system: say at=state"
        )
    model: Any = bound_model(system, params)
    if not model.has_flow:
        raise InputError("the system has an update, and a spectrum is that of a flow's Jacobian: give System(flow=...)")
    rows, _ = model.pack(at)
    curved = model.packed_hessian(rows) if model.has_energy else [None] * len(rows)
    return [
        Eigenvalues(np.linalg.eigvals(J).astype(np.complex128), _flat(J, H))
        for J, H in zip(model.packed_jacobian(rows), curved, strict=True)
    ]


def _flat(J: Array, H: Array | None) -> NDArray[np.complex128]:
    """The eigenvalues of J on the null space of H, where J maps it to itself; else none."""
    if H is None or not np.isfinite(H).all() or not np.isfinite(J).all():
        return np.array([], dtype=np.complex128)
    _, size, right = np.linalg.svd(H)
    null = right[size <= NULL * max(float(size.max(initial=0)), np.finfo(float).tiny)].T
    inside = null.T @ J @ null
    leaves = np.abs(J @ null - null @ inside).max(initial=0)
    kept = leaves <= NULL * 100 * max(float(np.abs(J).max(initial=0)), np.finfo(float).tiny)
    return np.linalg.eigvals(inside).astype(np.complex128) if kept and null.shape[1] else np.array([], dtype=np.complex128)


def spectrum(system: Any, params: Any = None, at: Any = None, *, ax: Axes | None = None, legend: bool = True) -> Axes:
    """Draw the eigenvalues of ∂f/∂y at each state of `at` in the complex plane, and hand back the axes.

    A marker for each state, filled where it is stable, in a row for each where all are real, with ×n at equal eigenvalues;
    the border Re λ = 0 with the unstable side shaded;
    beside eigenvalues whose directions the energy does not see (∇²E v = 0, as for dead neurons) how many there are.
    `system` may be bound already; then `params` is None. It may also be a `Stability`, a list of them, or `SteadyStates`,
    with nothing else: then the spectra of S are drawn with the rates of the dead directions, which are those that the energy does
    not see. States are numbered from 0, as everywhere.

    >>> import amsym as am
    >>> i, y = am.index("i", "N"), am.state("y", "N")
    >>> ax = spectrum(am.System(flow={y[i]: -2*y[i]}, energy=am.total(y[i]**2, i)), {}, [0.0, 0.0])
    >>> ax.get_xlabel()
    '$λ$ (all real)'

    Raises InputError for a system without flow.
    """
    found = eigenvalues(system, params, at)
    with style():
        ax = axes(ax, square=False)
        real = all(np.all(np.abs(one.values.imag) <= SAME * np.abs(one.values).max(initial=0)) for one in found)
        heights = -np.arange(len(found), dtype=float) if real else None
        for n, one in enumerate(found):
            tall = one.values.imag if heights is None else np.full(one.values.shape, heights[n])
            ax.plot(
                one.values.real,
                tall,
                **_look(n, bool((one.values.real < 0).all())),
                label=f"state {n}" if len(found) > 1 else "steady state",
            )
            _count(ax, one.values, tall)
        words = any(one.flat.size for one in found)
        _limits(ax, np.concatenate([one.values for one in found]), None if heights is None else len(found), words)
        ax.axvspan(0, ax.get_xlim()[1], color=STREAM, alpha=0.12, linewidth=0, zorder=0)
        ax.axvline(0, color=INK, linewidth=0.8, zorder=1)
        _name_flat(ax, found, 0.0 if heights is None else heights[-1])
        ax.set(xlabel="Re $λ$" if heights is None else "$λ$ (all real)", ylabel="" if real else "Im $λ$")
        if legend and heights is None:
            ax.legend(loc="upper left", fontsize=7, frameon=True, framealpha=0.85, edgecolor="none")
        return ax


def _look(n: int, stable: bool) -> dict[str, Any]:
    """A marker for each state, filled where all λ lie left of the border, as stable states are in a portrait."""
    face = {"markerfacecolor": INK if stable else "none"}
    return {"marker": _MARKERS[n % len(_MARKERS)], "markersize": 4.5 + n % 3, "markeredgecolor": INK, "linestyle": "none", **face}


def _count(ax: Axes, values: NDArray[np.complex128], tall: Array) -> None:
    """×8 above a marker that stands for eight equal eigenvalues."""
    near = SAME * max(1.0, float(np.abs(values).max(initial=0)))
    seen: list[complex] = []
    for value, y in zip(values, tall, strict=True):
        if any(abs(value - other) <= near for other in seen) or not np.isfinite(value):
            continue
        seen.append(complex(value))
        many = int(np.count_nonzero(np.abs(values - value) <= near))
        if many > 1:
            ax.annotate(f"×{many}", (value.real, y), textcoords="offset points", xytext=(0, 5), ha="center", fontsize=6.5, color=INK)


def _limits(ax: Axes, values: NDArray[np.complex128], rows: int | None, words: bool) -> None:
    """The border in view with room on both sides; real spectra in a row for each state, with room below if there are `words`."""
    finite = values[np.isfinite(values)]
    low, high = min(finite.real.min(initial=0), 0.0), max(finite.real.max(initial=0), 0.0)
    room = 0.15 * ((high - low) or 1.0)
    tall = 1.15 * np.abs(finite.imag).max(initial=0)
    ax.set_xlim(low - room, high + room)
    ax.set_ylim(*((-tall, tall) if rows is None else (-1.6 * rows if words else 0.4 - rows, 0.6)))
    if rows is not None:
        shown = range(rows if rows > 1 else 0)
        ax.set_yticks([-n for n in shown], [f"state {n}" for n in shown])


def _name_flat(ax: Axes, found: list[Eigenvalues], base: float) -> None:
    """λ = -1: energy flat along 2 directions, for each distinct value; below the markers, so that it hides none."""
    low, high = ax.get_xlim()
    for n, (value, most) in enumerate(_distinct(found)):
        share = (value.real - low) / (high - low)
        side = "right" if share > 0.8 else "left" if share < 0.2 else "center"
        words = f"λ = {_number(value)}: energy flat\nalong {most} direction{'s' if most > 1 else ''}"
        place: Any = {"textcoords": "offset points", "xytext": (0, -14 - 24 * n), "ha": side, "va": "top"}
        arrow = {"arrowstyle": "-", "color": FLAT, "linewidth": 0.6}
        ax.annotate(words, (value.real, base + value.imag), color=FLAT, fontsize=7, arrowprops=arrow, **place)


def _distinct(found: list[Eigenvalues]) -> list[tuple[complex, int]]:
    """Up to three distinct flat eigenvalues, each with the most directions that a state has of it; more would hide the picture."""
    values = np.concatenate([one.flat for one in found])
    near = SAME * max(1.0, float(np.abs(values).max(initial=0)))
    seen: list[complex] = []
    for value in values:
        if all(abs(value - other) > near for other in seen):
            seen.append(complex(value))
    return [(value, max(int(np.count_nonzero(np.abs(one.flat - value) <= near)) for one in found)) for value in seen[:3]]


def _number(value: complex) -> str:
    real = f"{value.real:.3g}".replace("-", "−") if abs(value.real) > SAME else "0"
    return real if abs(value.imag) <= SAME else f"{real} ± {abs(value.imag):.3g}i"

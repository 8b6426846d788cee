"""What `stability` answers: projectors, the reduced Jacobian S, its spectrum, and whether the steady state is stable."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.verdict import Verdict
from numeric.stability.dead_space import DeadSpace

Array = NDArray[Any]
WIDTH = 80
SHOWN = 6


@dataclass(frozen=True, eq=False)
class Stability:
    """A steady state y of dy/dt = f(y), with n components in packed order.

    kind: "stable", "unstable" or "marginal".  index: the number of unstable eigenvalues.  margin: -max Re λ.
    alive, dead: Pa and Pd, (n, n), orthogonal projectors; operators where n is above 1500.  dead_space: the same as places of
    dead neurons and columns of null vectors, with a basis V.
    reduced: S, (m, m), the Jacobian on the complement of the dead space, in the orthonormal columns of `basis`, (n, m);
    where n is above 1500, Pa J Pa as an operator on n components, and basis is None.
    spectrum: the eigenvalues of S by decreasing real part, those that were looked for. rates: those of the dead directions.
    energy_hessian_spectrum: increasing eigenvalues of ∇²E on the range of Λ; None without a finite Hessian or above 1500.
    energy_agrees: whether that Hessian has as many negative eigenvalues as S unstable ones; None where either is not told.
    marginal: why the linearisation decides nothing, in words.  notes: what else to know.  residual: |f(y)|_inf.
    verdict: SUPPORTED or UNDECIDED, as floating point proves nothing.
    """

    name: str
    state: Any
    labels: list[str]
    dead_space: DeadSpace
    alive: Any
    dead: Any
    reduced: Any
    basis: Array | None
    spectrum: NDArray[np.complex128]
    rates: NDArray[np.complex128]
    kind: str
    index: int
    margin: float
    marginal: tuple[str, ...]
    residual: float
    energy_hessian_spectrum: Array | None
    energy_agrees: bool | None
    verdict: Verdict
    notes: tuple[str, ...] = field(default=())

    def lines(self) -> list[tuple[str, str]]:
        """What is told, as pairs of a name and a value."""
        rows = [
            ("dead directions", f"{self.dead_space.count} of {len(self.labels)}{self._places()}"),
            ("spectrum of S", _numbers(self.spectrum)),
        ]
        if self.energy_hessian_spectrum is not None:
            agrees = {True: "agrees", False: "disagrees", None: "left open"}[self.energy_agrees]
            rows.append(("∇²E on range Λ", f"{_numbers(self.energy_hessian_spectrum)} ({agrees})"))
        doubt = "marginal" if self.kind == "marginal" else "but"
        rows += [(doubt, reason) for reason in self.marginal] + [("note", note) for note in self.notes]
        return [*rows, ("verdict", f"{self.verdict.status}, residual {self.residual:.1e}")]

    def _places(self) -> str:
        names = [self.labels[i] for i in np.flatnonzero(self.dead_space.neurons)]
        words = [", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")] if names else []
        null = self.dead_space.vectors.shape[1]
        words += [f"{null} null vector{'s' if null > 1 else ''} of Λ"] if null else []
        return f": {'; '.join(words)}" if words else ""

    def __str__(self) -> str:
        at = f"{self.kind}, {self.index} unstable" if self.index else self.kind
        head = f"Steady state of {self.name}: {at}, margin {self.margin:.3g}"
        text = [head]
        for name, value in self.lines():
            text += wrap(f"{name}: {value}", WIDTH, initial_indent="  ", subsequent_indent="    ")
        return "\n".join(text)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = f"Steady state of {escape(self.name)}: <b>{self.kind}</b>, index {self.index}, margin {self.margin:.3g}"
        rows = "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in self.lines())
        return f"<table><caption>{head}</caption>{rows}</table>"


def _numbers(values: Array) -> str:
    """The first few, and how many there are."""
    if not len(values):
        return "empty, as all directions are dead"
    shown = ", ".join(_number(complex(z)) for z in values[:SHOWN])
    return shown + (f", ... ({len(values)})" if len(values) > SHOWN else "")


def _number(z: complex) -> str:
    if abs(z.imag) <= 1e-12 * abs(z):
        return f"{z.real:.4g}"
    return f"{z.real:.4g} {'+' if z.imag > 0 else '-'} {abs(z.imag):.3g}i"


__all__ = ["Stability"]

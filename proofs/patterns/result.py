"""What an enumeration returns: isolated steady states in exact rationals, continua of them, and a verdict that there is no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.render.numbers import value_in_words
from amsym.verdict import Verdict
from amsym.words import counted
from proofs.patterns.flow import Cell, Pattern
from proofs.patterns.stability import stability_of

# {state: nested tuples of fractions}
Exact = Mapping[str, Any]


@dataclass(frozen=True)
class PatternState:
    """An isolated steady state.

    values: {state: nested tuples of fractions}.  kinks: those it lies on, in words.  cell: the affine flow of its pattern.
    """

    values: Exact
    kinks: tuple[str, ...]
    cell: Cell = field(repr=False)

    @property
    def pattern(self) -> Pattern:
        """Between which cuts each chain of kinks lies, numbered from the left."""
        return self.cell.pattern

    @cached_property
    def stability(self) -> Verdict | None:
        """Stable or unstable by the exact Jacobian; None on a kink, where there is none, and `note` says so."""
        return None if self.kinks else stability_of(self.cell.jacobian)

    @property
    def note(self) -> str:
        """Why stability is None."""
        return f"it lies on the kink{'s' * (len(self.kinks) > 1)} of {', '.join(self.kinks)}" if self.kinks else ""

    def floats(self) -> dict[str, NDArray[np.float64]]:
        """The nearest doubles, by state."""
        return {name: np.array(_floats(value)) for name, value in self.values.items()}


@dataclass(frozen=True)
class Solutions:
    """All steady states of one pattern: those of its cell on the affine hull of `point` along `directions`, which are independent."""

    pattern: Pattern
    point: Exact
    directions: tuple[Exact, ...]

    @property
    def dimension(self) -> int:
        """0 for a single steady state."""
        return len(self.directions)


@dataclass(frozen=True)
class Continuum:
    """A connected set of steady states that are not isolated, one polyhedron a pattern, the largest dimension first."""

    pieces: tuple[Solutions, ...]

    @property
    def dimension(self) -> int:
        """The largest dimension of a piece."""
        return self.pieces[0].dimension

    @property
    def point(self) -> Exact:
        """A steady state inside the largest piece."""
        return self.pieces[0].point

    def __str__(self) -> str:
        point = ", ".join(f"{name} = {value_in_words(value)}" for name, value in self.point.items())
        return f"dimension {self.dimension} in {counted(len(self.pieces), 'pattern')}, through {point}"


@dataclass(frozen=True)
class PatternStates:
    """Every steady state of a piecewise affine flow.

    states: those that are isolated among the ones in the domain.  continua: the others.
    complete: CERTIFIED where there is no other steady state, with a certificate of kind "pattern cover"; UNDECIDED where the search
    was stopped.  chains: the arguments of kinks and their cuts, in words; a pattern has one number for each.
    patterns: how many there are.  solved: how many of them were solved in rationals.  refuted: partial patterns that need no solving,
    by multipliers that no steady state in it satisfies or because at most one candidate can be there.
    """

    states: tuple[PatternState, ...]
    continua: tuple[Continuum, ...]
    complete: Verdict
    chains: tuple[str, ...]
    patterns: int
    solved: int
    refuted: int

    def __len__(self) -> int:
        return len(self.states)

    def __repr__(self) -> str:
        what = f"{len(self.states)} isolated steady state{'s' * (len(self.states) != 1)}"
        whole = f" and {len(self.continua)} continu{'a' if len(self.continua) != 1 else 'um'}" if self.continua else ""
        return f"{what}{whole}: {self.complete.status}, {self.complete.reason}"

    __str__ = __repr__


def _floats(value: Any) -> Any:
    return [_floats(v) for v in value] if isinstance(value, tuple) else float(value)


__all__ = ["Continuum", "Exact", "PatternState", "PatternStates", "Solutions"]

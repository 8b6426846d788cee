"""What implicit steps ask of a model beside its flow: derivatives, by states, and what the form of the flow tells of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from numeric.couplings import Couplings
from numeric.field import Array, Field

DERIVATIVES = ("layout", "packed_flow_of", "packed_jvp", "packed_slopes", "packed_blocks", "packed_time_slope")


class LinearField(Field, Protocol):
    """A field with derivatives; `numeric.linearised.Linearised` says what each of these is."""

    @property
    def couplings(self) -> Couplings:
        """Which blocks are "none", "diagonal" or "full", by (row, column)."""
        ...

    @property
    def leaks(self) -> tuple[str, ...]:
        """The states whose own blocks are diagonal and constant."""
        ...

    @property
    def fixed_blocks(self) -> frozenset[tuple[str, str]]:
        """The blocks of J that neither a state nor time changes."""
        ...

    @property
    def depends_on_time(self) -> bool:
        """Whether the flow holds t."""
        ...

    def layout(self, width: int) -> dict[str, slice]:
        """Where each state lies within rows of this width."""
        ...

    def packed_flow_of(self, y: Array, rows: Collection[str], t: Any = 0.0, out: Array | None = None) -> Array:
        """The flow of some states."""
        ...

    def packed_jvp(
        self, y: Array, u: Array, t: Any = 0.0, out: Any = None, rows: Collection[str] | None = None, moving: Collection[str] | None = None
    ) -> Array:
        """J u."""
        ...

    def packed_slopes(self, y: Array, t: Any = 0.0, rows: Collection[str] | None = None) -> Array:
        """The diagonals of diagonal blocks."""
        ...

    def packed_blocks(self, y: Array, pairs: Sequence[tuple[str, str]], t: Any = 0.0) -> Mapping[tuple[str, str], Array]:
        """Blocks of J by (row, column)."""
        ...

    def packed_time_slope(self, y: Array, t: Any = 0.0) -> Array:
        """∂f/∂t."""
        ...


def with_derivatives(field: Any) -> LinearField:
    """`field`, if it has the methods that implicit steps call.

    Raises InputError for a field that is only a flow, and NotationError where a function of the flow has no known derivative.
    """
    missing = [name for name in DERIVATIVES if not hasattr(field, name)]
    if missing:
        raise InputError(
            f"the field is {type(field).__name__}, without {', '.join(missing)}; implicit steps need the derivatives of a bound model: "
            "take 'auto', which does without, or an explicit method"
        )
    linear: LinearField = field
    return linear


def apart(couplings: Couplings, names: Iterable[str]) -> tuple[str, ...]:
    """Of these states, in this order, those with diagonal blocks that meet none taken before.

    >>> meet = {("v", "v"): "diagonal", ("h", "h"): "diagonal", ("v", "h"): "full", ("h", "v"): "full"}
    >>> apart(meet, ["h", "v"])
    ('h',)
    """
    taken: list[str] = []
    for s in names:
        if couplings[s, s] != "full" and all(couplings[s, e] == couplings[e, s] == "none" for e in taken):
            taken.append(s)
    return tuple(taken)


def places(layout: Mapping[str, slice], names: Iterable[str]) -> NDArray[np.intp]:
    """The places of the states named within a row."""
    found = [np.arange(layout[s].start, layout[s].stop) for s in names]
    return np.concatenate(found) if found else np.empty(0, np.intp)

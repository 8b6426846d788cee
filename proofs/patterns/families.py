"""Which solutions hang together: two convex sets form one connected set where one of them meets the closure of the other.

A solution that is alone in its own pattern may be the end of a continuum in the next; so isolated is what no closure touches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proofs.patterns.flow import Cell, Row
from proofs.patterns.polyhedra import Point, Polyhedron, holds, polyhedron, solved, value


@dataclass(frozen=True)
class Piece:
    """All steady states of one pattern: a polyhedron, a point where its dimension is 0."""

    cell: Cell
    solutions: Polyhedron

    @property
    def dimension(self) -> int:
        """0 for a single steady state."""
        return self.solutions.dimension


def piece(cell: Cell) -> Piece | None:
    """The steady states of one pattern; None where it has none."""
    n = len(cell.flow)
    flat = solved(cell.flow, n)
    if flat is None:
        return None
    if not flat.directions:
        return Piece(cell, Polyhedron(flat.point, ())) if all(holds(r, flat.point) for r in cell.rows) else None
    found = polyhedron(flat, cell.rows)
    return None if found is None else Piece(cell, found)


def families(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces, those that hang together in one list, in the order of their first."""
    group = list(range(len(pieces)))

    def root(k: int) -> int:
        while group[k] != k:
            k = group[k]
        return k

    for a in (k for k, p in enumerate(pieces) if p.dimension > 0):
        for b in range(len(pieces)):
            if root(a) != root(b) and touch(pieces[a], pieces[b]):
                group[max(root(a), root(b))] = min(root(a), root(b))
    found: dict[int, list[Piece]] = {}
    for k, p in enumerate(pieces):
        found.setdefault(root(k), []).append(p)
    return list(found.values())


def touch(a: Piece, b: Piece) -> bool:
    """Whether one of the two sets meets the closure of the other."""
    return _meets_closure(a, b) or _meets_closure(b, a)


def _meets_closure(a: Piece, b: Piece) -> bool:
    if a.dimension == 0 or _in_closure(a.solutions.point, b):
        return _in_closure(a.solutions.point, b)
    flat = solved([*a.cell.flow, *b.cell.flow], len(a.cell.flow))
    closed = [Row(r.form) for r in b.cell.rows]
    return flat is not None and polyhedron(flat, [*a.cell.rows, *closed]) is not None


def _in_closure(y: Point, b: Piece) -> bool:
    return all(value(f, y) == 0 for f in b.cell.flow) and all(holds(r, y, closed=True) for r in b.cell.rows)


__all__ = ["Piece", "families", "piece", "touch"]

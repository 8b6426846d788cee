"""{y : A y = c, G y + h ≥ 0 or > 0}: is it empty, what is its dimension, and a point in its relative interior, exactly.

One linear programme answers all three: maximise Σ s_k over G (y + z) + h (1 + t) ≥ s, 0 ≤ s ≤ 1, t ≥ 0. Scaled up, an inner point
makes s_k = 1 for every condition that can hold strictly; those with s_k = 0 hold with equality on the whole set.
Source: Freund, Roundy and Todd, Identifying the set of always-active constraints in a system of linear inequalities, 1985.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpq, fmpq_mat

from proofs.patterns.flow import Row
from proofs.patterns.forms import ONE, ZERO, Form
from proofs.patterns.simplex import maximum

Point = tuple[fmpq, ...]


@dataclass(frozen=True)
class Flat:
    """The solutions point + Σ_k a_k directions[k] of linear equations."""

    point: Point
    directions: tuple[Point, ...]


@dataclass(frozen=True)
class Polyhedron:
    """A convex set that is not empty: a point of its relative interior, and directions that span its affine hull."""

    point: Point
    directions: tuple[Point, ...]

    @property
    def dimension(self) -> int:
        """0 for a point."""
        return len(self.directions)


def value(form: Form, y: Sequence[fmpq]) -> fmpq:
    """The form at a point."""
    return sum((a * y[v] for v, a in form.slopes.items()), form.constant)


def holds(row: Row, y: Sequence[fmpq], *, closed: bool = False) -> bool:
    """Whether the point satisfies a condition, or its closure."""
    x = value(row.form, y)
    return bool(x > 0 or (x == 0 and (closed or not row.strict)))


def solved(equations: Sequence[Form], n: int) -> Flat | None:
    """All y with form(y) = 0 for each form; None where there are none.

    >>> from proofs.patterns.forms import constant, variable
    >>> found = solved([variable(0) + variable(1) - constant(2)], 2)
    >>> [list(map(str, v)) for v in (found.point, *found.directions)]
    [['2', '0'], ['-1', '1']]
    """
    if not equations:
        return Flat((ZERO,) * n, tuple(_unit(n, j) for j in range(n)))
    table = fmpq_mat([[*(f.slopes.get(j, ZERO) for j in range(n)), -f.constant] for f in equations])
    reduced, rank = table.rref()
    rows = reduced.tolist()[:rank]
    pivots = [next(j for j, a in enumerate(row) if a != 0) for row in rows]
    if pivots and pivots[-1] == n:
        return None
    point = list(_unit(n, None))
    for p, row in zip(pivots, rows, strict=True):
        point[p] = row[n]
    free = [j for j in range(n) if j not in pivots]
    return Flat(tuple(point), tuple(_direction(n, j, pivots, rows) for j in free))


def _unit(n: int, j: int | None) -> Point:
    return tuple(ONE if k == j else ZERO for k in range(n))


def _direction(n: int, j: int, pivots: list[int], rows: list[list[fmpq]]) -> Point:
    v = list(_unit(n, j))
    for p, row in zip(pivots, rows, strict=True):
        v[p] = -row[j]
    return tuple(v)


def polyhedron(flat: Flat, rows: Sequence[Row]) -> Polyhedron | None:
    """The points of a flat that satisfy the conditions; None where there are none.

    >>> from proofs.patterns.forms import constant, variable
    >>> y = variable(0)
    >>> found = polyhedron(solved([], 1), [Row(y), Row(constant(1) - y, strict=True)])
    >>> found.dimension, found.point[0] > 0, found.point[0] < 1, polyhedron(solved([], 1), [Row(y, strict=True), Row(y.scaled(-ONE))])
    (1, True, True, None)
    """
    G = [[_along(r.form, v) for v in flat.directions] for r in rows]
    h = [value(r.form, flat.point) for r in rows]
    if any(c < 0 or (c == 0 and r.strict) for g, c, r in zip(G, h, rows, strict=True) if not any(g)):
        return None
    kept = [k for k, g in enumerate(G) if any(a != 0 for a in g)]
    inner = _relative_interior([G[k] for k in kept], [h[k] for k in kept], len(flat.directions))
    if inner is None:
        return None
    a, tight = inner
    if any(rows[kept[k]].strict for k in tight):
        return None
    left = _null_space([G[kept[k]] for k in tight], len(flat.directions))
    return Polyhedron(_moved(flat, a), tuple(_span(flat, v) for v in left))


def _along(form: Form, v: Point) -> fmpq:
    return sum((a * v[k] for k, a in form.slopes.items()), ZERO)


def _relative_interior(G: list[list[fmpq]], h: list[fmpq], q: int) -> tuple[list[fmpq], list[int]] | None:
    """A point of {a : G a + h ≥ 0} and the rows that are 0 on all of it; variables a' = a + z, z, t and s in the programme."""
    m = len(h)
    M: list[list[fmpq]] = []
    for k, (g, c) in enumerate(zip(G, h, strict=True)):
        M.append([*(-x for x in g), sum(g, ZERO), -c, *(ONE if k == other else ZERO for other in range(m))])
    for k in range(m):
        M.append([ZERO] * (q + 2) + [ONE if k == other else ZERO for other in range(m)])
    v = maximum(M, [*h, *([ONE] * m)], [ZERO] * (q + 2) + [ONE] * m)
    if v is None:
        return None
    scale = 1 + v[q + 1]
    return [(x - v[q]) / scale for x in v[:q]], [k for k in range(m) if v[q + 2 + k] == 0]


def _null_space(G: list[list[fmpq]], q: int) -> tuple[Point, ...]:
    found = solved([Form(ZERO, {j: a for j, a in enumerate(g) if a != 0}) for g in G], q)
    assert found is not None
    return found.directions


def _moved(flat: Flat, a: Sequence[fmpq]) -> Point:
    return tuple(p + s for p, s in zip(flat.point, _span(flat, a), strict=True))


def _span(flat: Flat, a: Sequence[fmpq]) -> Point:
    return tuple(sum((x * v[k] for x, v in zip(a, flat.directions, strict=True)), ZERO) for k in range(len(flat.point)))


__all__ = ["Flat", "Point", "Polyhedron", "holds", "polyhedron", "solved", "value"]

"""dy/dt = W g(y) - y + b with piecewise linear g, solved pattern by pattern in plain fractions by code of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from scipy.optimize import linprog

Vector = list[Fraction]
Matrix = list[Vector]
# (low, high, slope, intercept) from left to right.
PIECES: dict[str, list[tuple[Any, Any, Fraction, Fraction]]] = {
    "relu": [(None, 0, Fraction(0), Fraction(0)), (0, None, Fraction(1), Fraction(0))],
    "leaky_relu": [(None, 0, Fraction(1, 10), Fraction(0)), (0, None, Fraction(1), Fraction(0))],
    "hard_tanh": [(None, -1, Fraction(0), Fraction(-1)), (-1, 1, Fraction(1), Fraction(0)), (1, None, Fraction(0), Fraction(1))],
}


def activation(name: str, x: Fraction) -> Fraction:
    return next(s * x + r for low, high, s, r in PIECES[name] if (low is None or low <= x) and (high is None or x <= high))


def flow(name: str, W: Matrix, b: Vector, y: Sequence[Fraction]) -> Vector:
    g = [activation(name, x) for x in y]
    return [sum((w * x for w, x in zip(row, g, strict=True)), c - v) for row, c, v in zip(W, b, y, strict=True)]


def reduced(rows: Matrix) -> Matrix:
    """Row echelon form with ones as pivots and no zero rows."""
    rows, done = [list(r) for r in rows], 0
    for j in range(len(rows[0]) if rows else 0):
        k = next((i for i in range(done, len(rows)) if rows[i][j]), None)
        if k is None:
            continue
        rows[done], rows[k] = rows[k], rows[done]
        rows[done] = [x / rows[done][j] for x in rows[done]]
        for i in range(len(rows)):
            if i != done and rows[i][j]:
                rows[i] = [x - rows[i][j] * y for x, y in zip(rows[i], rows[done], strict=True)]
        done += 1
    return rows[:done]


def by_pattern(name: str, W: Matrix, b: Vector) -> Iterator[tuple[list[Any], Matrix]]:
    """Each closed cell as a list of (low, high), with the reduced equations of its steady states; contradictory ones left out."""
    n = range(len(b))
    for pieces in product(PIECES[name], repeat=len(b)):
        rows = []
        for i in n:
            row = [W[i][j] * pieces[j][2] - (i == j) for j in n]
            rows.append([*row, -b[i] - sum(W[i][j] * pieces[j][3] for j in n)])
        found = reduced(rows)
        if all(any(row[:-1]) for row in found):
            yield [(low, high) for low, high, _, _ in pieces], found


def points(name: str, W: Matrix, b: Vector) -> set[tuple[Fraction, ...]]:
    """Every steady state that is alone in a closed cell, and the ends of the solutions of the other cells."""
    found = set()
    for cell, rows in by_pattern(name, W, b):
        for y in [tuple(r[-1] for r in rows)] if len(rows) == len(b) else ends(cell, rows):
            if all((low is None or low <= x) and (high is None or x <= high) for x, (low, high) in zip(y, cell, strict=True)):
                found.add(y)
    return found


def is_singular(name: str, W: Matrix, b: Vector) -> bool:
    """Whether some closed cell holds more than one steady state."""
    return any(len(rows) < len(b) and len(set(ends(cell, rows))) > 1 for cell, rows in by_pattern(name, W, b))


def ends(cell: list[Any], rows: Matrix) -> list[tuple[Fraction, ...]]:
    """Solutions in a cell, within ±64, that are extreme in some coordinate; rounded and checked."""
    box = [(-64 if low is None else float(low), 64 if high is None else float(high)) for low, high in cell]
    A, c = [[float(x) for x in r[:-1]] for r in rows] or None, [float(r[-1]) for r in rows] or None
    found = []
    for j in range(len(cell)):
        for sense in (1, -1):
            result = linprog([sense * (k == j) for k in range(len(cell))], A_eq=A, b_eq=c, bounds=box)
            if result.status == 0:
                y = tuple(Fraction(x).limit_denominator(10**5) for x in result.x)
                if all(sum(a * x for a, x in zip(r, y, strict=False)) == r[-1] for r in rows):
                    found.append(y)
    return found

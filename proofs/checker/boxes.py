"""Boxes with rational ends, and what holds on all of one: first-order forms f(m) + f'(X)(X - m), Krawczyk's test, exclusion.

The mean-value theorem also holds for Lipschitz functions with the hull of their slopes; where a function itself holds a bracket
that changes inside the box it may jump, and nothing is claimed of first order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flint import arb, arb_mat, fmpq

from proofs.checker.balls import Graph, Program, Undetermined

End = Any  # fmpq, or None for an infinite end
Box = tuple[tuple[End, End], ...]


def ball(low: End, high: End) -> arb:
    """The ball of all numbers from low to high."""
    if low is None or high is None:
        return arb(0, float("inf")) if low is None and high is None else _half(low, high)
    return arb(low) if low == high else arb(low).union(arb(high))


def _half(low: End, high: End) -> arb:
    return arb(low).union(arb.pos_inf()) if high is None else arb.neg_inf().union(arb(high))


def middle(box: Box) -> list[fmpq]:
    """A rational point of a bounded box near its middle."""
    found = []
    for low, high in box:
        if low is None or high is None:
            raise Undetermined("an unbounded box has no middle")
        m = fmpq(*float(arb((low + high) / 2)).as_integer_ratio())
        found.append(min(max(m, low), high))
    return found


def met(box: Box, balls: Sequence[arb]) -> Box | None:
    """The part of the box inside the balls, with rational ends; None where it is empty. A ball that is no number cuts nothing."""
    found = []
    for (low, high), x in zip(box, balls, strict=True):
        if x.is_finite():
            a, b = _rational(x.lower()), _rational(x.upper())
            low, high = (a if low is None else max(low, a)), (b if high is None else min(high, b))
            if low > high:
                return None
        found.append((low, high))
    return tuple(found)


def _rational(x: arb) -> fmpq:
    man, exponent = x.man_exp()
    return fmpq(man) * fmpq(2) ** int(exponent)


@dataclass
class Field:
    """n functions of n variables (or one), as nodes, with their slopes."""

    graph: Graph
    names: Sequence[Any]
    nodes: Sequence[int]
    unknowns: Sequence[int]
    values: Program = field(init=False)
    slopes: Program = field(init=False)
    leaking: list[Any] = field(init=False, repr=False)
    last: tuple[Box | None, list[arb]] = field(default=(None, []), repr=False)

    def __post_init__(self) -> None:
        self.rows = [self.graph.gradient(f, self.unknowns) for f in self.nodes]
        self.values = Program(self.graph, [*self.nodes, *self.graph.jumps(self.nodes)])
        self.columns = self._columns()
        self.slopes = Program(self.graph, self.columns[2] if self.columns else [s for row in self.rows for s in row])

    def _columns(self) -> tuple[arb_mat, arb_mat, list[int]] | None:
        """A, B and s with f' = A + B diag(s): numbers but for one slope to each column, as in networks; None for other functions."""
        n, m, parts = len(self.nodes), len(self.names), [[_affine(self.graph, s) for s in row] for row in self.rows]
        varying = [{p[2] for p in column if p[2] is not None} for column in zip(*parts, strict=True)]
        if any(len(v) > 1 for v in varying) or not any(varying):
            return None
        A, B = (arb_mat(n, m, [arb(p[k]) for row in parts for p in row]) for k in (0, 1))
        return A, B, [next(iter(v), self.graph.number(0)) for v in varying]

    def at(self, numbers: Sequence[Any]) -> list[Any]:
        """Values at rationals or balls."""
        return self.values(dict(zip(self.names, numbers, strict=True)))[: len(self.nodes)]

    def over(self, box: Box) -> list[arb]:
        """Enclosures over a box, operation by operation."""
        return [arb(x) for x in self.at([ball(*ends) for ends in box])]

    def jacobian(self, box: Box, Y: arb_mat | None = None) -> arb_mat:
        """Slopes over a box, or Y times them; raises Undetermined where a function may jump in it."""
        if self.last[0] != box:
            numbers = dict(zip(self.names, [ball(*ends) for ends in box], strict=True))
            if any(isinstance(x, arb) for x in self.values(numbers)[len(self.nodes) :]):
                raise Undetermined("a function may jump in the box")
            self.last = (box, [arb(x) for x in self.slopes(numbers)])
        s = self.last[1]
        if self.columns is None:
            J = arb_mat(len(self.nodes), len(self.names), s)
            return J if Y is None else Y * J
        A, B = self.columns[:2] if Y is None else (Y * self.columns[0], Y * self.columns[1])
        # Each slope stands in one column alone: Y B is multiplied out before it is spread.
        return arb_mat(A.nrows(), len(s), [a + b * s[k % len(s)] for k, (a, b) in enumerate(zip(A.entries(), B.entries(), strict=True))])

    def first_order(self, box: Box) -> list[Any]:
        """f(m) + f'(X)(X - m), and no wider than operation by operation; rational at a point where it can be."""
        m = middle(box)
        if all(low == high for low, high in box):
            return self.at(m)
        plain = self.over(box)
        J = self.jacobian(box)
        spread = arb_mat(len(m), 1, [ball(*ends) - x for ends, x in zip(box, m, strict=True)])
        reached = J * spread
        return [_both(arb(f) + reached[k, 0], p) for k, (f, p) in enumerate(zip(self.at(m), plain, strict=True))]


def _affine(g: Graph, node: int) -> tuple[fmpq, fmpq, int | None]:
    """(a, b, s) with node = a + b s, a and b numbers."""
    a, b = fmpq(0), fmpq(1)
    terms: list[int] = []
    factors: list[int] = []
    for t in g.nodes[node][1] if g.nodes[node][0] == "+" else (node,):
        q = g.rational(t)
        a, terms = (a + q, terms) if q is not None else (a, [*terms, t])
    if not terms:
        return a, fmpq(0), None
    if len(terms) > 1:
        return fmpq(0), fmpq(1), node
    for t in g.nodes[terms[0]][1] if g.nodes[terms[0]][0] == "*" else (terms[0],):
        q = g.rational(t)
        b, factors = (b * q, factors) if q is not None else (b, [*factors, t])
    return a, b, g.multiply(*factors)


def _both(a: arb, b: arb) -> arb:
    """A ball around what two enclosures have in common."""
    if not a.is_finite() or not b.is_finite():
        return b if b.is_finite() else a
    low, high = max(a.lower(), b.lower()), min(a.upper(), b.upper())
    return low.union(high) if low <= high else a


def krawczyk(f: Field, box: Box) -> tuple[list[arb], arb_mat, arb_mat]:
    """K = m - Y f(m) + R (X - m) with R = I - Y f'(X) and Y an inverse near the middle; then R and Y."""
    m = middle(box)
    Y, n = inverse(f.jacobian(box)), len(m)
    F = arb_mat(n, 1, [arb(x) for x in f.at(m)])
    spread = arb_mat(n, 1, [ball(*ends) - x for ends, x in zip(box, m, strict=True)])
    rest = identity(n) - f.jacobian(box, Y)
    return [arb(a) + b for a, b in zip(m, (rest * spread - Y * F).entries(), strict=True)], rest, Y


def holds_inside(image: Sequence[arb], box: Box) -> bool:
    """Whether balls lie in the interior of a box."""
    return all(x.is_finite() and x > low and x < high for x, (low, high) in zip(image, box, strict=True))


def identity(n: int) -> arb_mat:
    """I."""
    return arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])


def inverse(J: arb_mat) -> arb_mat:
    """An exact matrix near the inverse of the middle of J; raises Undetermined where there is none."""
    try:
        return arb_mat(J.mid().inv(nonstop=False)).mid()
    except (ZeroDivisionError, ValueError) as error:
        raise Undetermined("the slopes in the middle have no inverse") from error


def contracts(A: arb_mat) -> bool:
    """Whether the largest row sum of |A| is below 1, also after the columns were weighed by the box it gives: |A| v < v."""
    rows = A.tolist()
    v = [arb(1)] * len(rows)
    for _ in range(3):
        w = [sum((abs(x) * y for x, y in zip(row, v, strict=True)), arb(0)) for row in rows]
        if all(a < b for a, b in zip(w, v, strict=True)):
            return True
        v = [(x.upper() + arb(1) / 1000).mid() for x in w]
        if not all(x.is_finite() for x in v):
            return False
    return False


def union(a: Box, b: Box) -> Box:
    """The least box that holds both."""
    return tuple(
        (None if p is None or r is None else min(p, r), None if q is None or s is None else max(q, s))
        for (p, q), (r, s) in zip(a, b, strict=True)
    )


def inside(inner: Box, outer: Box) -> bool:
    """Whether one box lies in another."""
    return all(
        (c is None or (a is not None and a >= c)) and (d is None or (b is not None and b <= d))
        for (a, b), (c, d) in zip(inner, outer, strict=True)
    )


def apart(a: Box, b: Box) -> bool:
    """Whether two boxes have no point in common."""
    return any(
        (q is not None and r is not None and q < r) or (s is not None and p is not None and s < p)
        for (p, q), (r, s) in zip(a, b, strict=True)
    )


def halves(box: Box, weights: Sequence[float] | None = None) -> tuple[Box, Box]:
    """The box cut in two across its widest side, times weights, a little off the middle, where zeros like to lie."""
    widths = [float("inf") if low is None or high is None else float(arb(high - low)) for low, high in box]
    k = max(range(len(box)), key=lambda n: widths[n] * (weights[n] if weights else 1.0))
    low, high = box[k]
    if low is None or high is None:
        cut = fmpq(0) if low is None and high is None else (2 * abs(high) + 1) * -1 if low is None else 2 * abs(low) + 1
    else:
        cut = fmpq(*float(arb(low + (high - low) * fmpq(33, 67))).as_integer_ratio())
        if not low < cut < high:
            raise Undetermined("a box became too small to split")
    return (*box[:k], (low, cut), *box[k + 1 :]), (*box[:k], (cut, high), *box[k + 1 :])


@dataclass
class Budget:
    """How many boxes may still be looked at."""

    left: int

    def spend(self) -> None:
        """One box; raises Undetermined where none is left."""
        self.left -= 1
        if self.left < 0:
            raise Undetermined("the checker's own splitting found no end")

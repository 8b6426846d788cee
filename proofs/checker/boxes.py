"""Boxes with rational ends, and what holds on all of one: first-order forms f(m) + f'(X)(X - m) and Krawczyk's operator.

The mean-value theorem also holds for Lipschitz functions with the hull of their slopes; where a function itself holds a bracket
that changes inside the box it may jump, and nothing is claimed of first order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb, arb_mat, fmpq

from proofs.checker.balls import Graph, Program, Undetermined

End = Any  # fmpq, or None for an infinite end
Box = tuple[tuple[End, End], ...]


def ball(low: End, high: End) -> arb:
    """The ball of all numbers from low to high."""
    if low is None or high is None:
        return (arb.neg_inf() if low is None else arb(low)).union(arb.pos_inf() if high is None else arb(high))
    return arb(low) if low == high else arb(low).union(arb(high))


def middle(box: Box) -> list[fmpq]:
    """A rational point of a bounded box near its middle."""
    if any(low is None or high is None for low, high in box):
        raise Undetermined("an unbounded box has no middle")
    return [min(max(fmpq(*float(arb((low + high) / 2)).as_integer_ratio()), low), high) for low, high in box]


def met(box: Box, balls: Sequence[arb]) -> Box | None:
    """The part of the box inside the balls, with rational ends; None where it is empty. A ball that is no number cuts nothing."""
    found = []
    for (low, high), x in zip(box, balls, strict=True):
        if x.is_finite():
            a, b = (fmpq(m) * fmpq(2) ** int(e) for m, e in (x.lower().man_exp(), x.upper().man_exp()))
            low, high = (a if low is None else max(low, a)), (b if high is None else min(high, b))
            if low > high:
                return None
        found.append((low, high))
    return tuple(found)


class Field:
    """Functions of all components of the states, as nodes, with their slopes.

    Where all slopes but one to each column are numbers, as in networks, f' = A + B diag(s), and Y f' = Y A + (Y B) diag(s).
    """

    def __init__(self, graph: Graph, names: Sequence[Any], nodes: Sequence[int], unknowns: Sequence[int]) -> None:
        self.graph, self.names, self.nodes, self.unknowns = graph, names, nodes, unknowns
        self.rows = [graph.gradient(f, unknowns) for f in nodes]
        jumps = [a for a in sorted(graph.needed(nodes)) if graph.nodes[a][0] == "?"]
        self.values = Program(graph, [*nodes, *jumps])
        n, m, parts = len(nodes), len(names), [[_affine(graph, s) for s in row] for row in self.rows]
        varying = [{p[2] for p in column if p[2] is not None} for column in zip(*parts, strict=True)]
        self.columns = None
        if all(len(v) < 2 for v in varying):
            self.columns = tuple(arb_mat(n, m, [arb(p[k]) for row in parts for p in row]) for k in (0, 1))
        spread = [next(iter(v), graph.number(0)) for v in varying] if self.columns else [s for row in self.rows for s in row]
        self.slopes = Program(graph, spread)
        self.leaks = [_leak(graph, f, y) for f, y in zip(nodes, unknowns, strict=False)]
        self._last: tuple[Box | None, list[arb]] = (None, [])

    def at(self, numbers: Sequence[Any]) -> list[Any]:
        """Values at rationals or balls."""
        return self.values(dict(zip(self.names, numbers, strict=True)))[: len(self.nodes)]

    def over(self, box: Box) -> list[arb]:
        """Enclosures over a box, operation by operation."""
        return [arb(x) for x in self.at([ball(*ends) for ends in box])]

    def jacobian(self, box: Box, Y: arb_mat | None = None) -> arb_mat:
        """Slopes over a box, or Y times them; raises Undetermined where a function may jump in it."""
        return self.with_slopes(self.varying(box), Y)

    def varying(self, box: Box) -> list[arb]:
        """The slopes that are no numbers, one a column or n², over a box; raises Undetermined where a function may jump in it."""
        if self._last[0] != box:
            numbers = dict(zip(self.names, [ball(*ends) for ends in box], strict=True))
            if any(isinstance(x, arb) for x in self.values(numbers)[len(self.nodes) :]):
                raise Undetermined("a function may jump in the box")
            self._last = (box, [arb(x) for x in self.slopes(numbers)])
        return self._last[1]

    def with_slopes(self, s: Sequence[arb], Y: arb_mat | None = None) -> arb_mat:
        """The matrix of slopes, or Y times it, from those that vary."""
        if self.columns is None:
            J = arb_mat(len(self.nodes), len(self.names), s)
            return J if Y is None else Y * J
        A, B = self.columns if Y is None else (Y * M for M in self.columns)
        return arb_mat(A.nrows(), len(s), [a + b * s[k % len(s)] for k, (a, b) in enumerate(zip(A.entries(), B.entries(), strict=True))])

    def first_order(self, box: Box) -> list[Any]:
        """f(m) + f'(X)(X - m), and no wider than operation by operation; rational at a point where it can be."""
        m = middle(box)
        if all(low == high for low, high in box):
            return self.at(m)
        reach = self.jacobian(box) * _spread(box, m)
        return [_both(arb(f) + reach[k, 0], p) for k, (f, p) in enumerate(zip(self.at(m), self.over(box), strict=True))]

    def leaking(self, box: Box) -> Box | None:
        """Where f_i = c y_i + rest with a number c, y_i lies in -rest/c; again while that cuts a tenth off. None where nothing is left."""
        for _ in range(6):
            before = size(box)
            for n, found in enumerate(self.leaks):
                if found is not None:
                    numbers = {q: ball(*ends) for q, ends in zip(self.names, box, strict=True) if q in found[1].variables}
                    cut = met(box[n : n + 1], [arb(found[1](numbers)[0]) / -found[0]])
                    if cut is None:
                        return None
                    box = (*box[:n], cut[0], *box[n + 1 :])
            if not size(box) < 0.9 * before:
                break
        return box


def _spread(box: Box, m: Sequence[fmpq]) -> arb_mat:
    return arb_mat(len(m), 1, [ball(*ends) - x for ends, x in zip(box, m, strict=True)])


def _affine(g: Graph, node: int) -> tuple[fmpq, fmpq, int | None]:
    """(a, b, s) with node = a + b s, a and b numbers."""
    a, terms = g.split("+", [node])
    if len(terms) != 1:
        return (a, fmpq(0), None) if not terms else (fmpq(0), fmpq(1), node)
    b, factors = g.split("*", terms)
    return a, b, g.multiply(*factors)


def _leak(g: Graph, f: int, y: int) -> tuple[fmpq, Program] | None:
    """c and the rest of f = c y + rest, where such a term stands in the sum."""
    for term in g.nodes[f][1] if g.nodes[f][0] == "+" else ():
        c, factors = g.split("*", [term])
        if factors == [y]:
            return c, Program(g, [g.add(*(a for a in g.nodes[f][1] if a != term))])
    return None


def _both(a: arb, b: arb) -> arb:
    """A ball around what two enclosures have in common."""
    if not a.is_finite() or not b.is_finite():
        return b if b.is_finite() else a
    low, high = max(a.lower(), b.lower()), min(a.upper(), b.upper())
    return low.union(high) if low <= high else a


def krawczyk(f: Field, box: Box) -> tuple[list[arb], arb_mat, arb_mat]:
    """K = m - Y f(m) + R (X - m) with R = I - Y f'(X) and Y an inverse near the middle; then R and Y."""
    m = middle(box)
    try:
        Y = f.jacobian(box).mid().inv().mid()
    except (ZeroDivisionError, ValueError) as error:
        raise Undetermined("the slopes in the middle have no inverse") from error
    F = arb_mat(len(m), 1, [arb(x) for x in f.at(m)])
    rest = identity(len(m)) - f.jacobian(box, Y)
    return [arb(a) + b for a, b in zip(m, (rest * _spread(box, m) - Y * F).entries(), strict=True)], rest, Y


def holds_inside(image: Sequence[arb], box: Box) -> bool:
    """Whether balls lie in the interior of a box."""
    return all(x.is_finite() and x > low and x < high for x, (low, high) in zip(image, box, strict=True))


def identity(n: int) -> arb_mat:
    """I."""
    return arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])


def contracts(A: arb_mat) -> bool:
    """Whether |A| v < v for a positive v: v = 1, else the row sums that it gives, and theirs."""
    rows = A.tolist()
    v = [arb(1)] * len(rows)
    for _ in range(3):
        w = [sum((abs(x) * y for x, y in zip(row, v, strict=True)), arb(0)) for row in rows]
        if all(a < b for a, b in zip(w, v, strict=True)):
            return True
        v = [(x.upper() + arb(1) / 1000).mid() for x in w]
    return False


def union(a: Box, b: Box) -> Box:
    """The least box that holds both, of which the second is bounded."""
    return tuple((None if p is None else min(p, r), None if q is None else max(q, s)) for (p, q), (r, s) in zip(a, b, strict=True))


def inside(inner: Box, outer: Box) -> bool:
    """Whether one box lies in another."""
    pairs = zip(inner, outer, strict=True)
    return all((c is None or (a is not None and a >= c)) and (d is None or (b is not None and b <= d)) for (a, b), (c, d) in pairs)


def apart(a: Box, b: Box) -> bool:
    """Whether two boxes have no point in common."""
    pairs = zip(a, b, strict=True)
    return any((q is not None and r is not None and q < r) or (s is not None and p is not None and s < p) for (p, q), (r, s) in pairs)


def size(box: Box) -> float:
    """The sum of the sides."""
    return sum(float("inf") if low is None or high is None else float(arb(high - low)) for low, high in box)


def halves(box: Box, weights: Sequence[float] | None = None) -> tuple[Box, Box]:
    """The box cut in two across its widest side, times weights, a little off the middle, where zeros like to lie."""
    k = max(range(len(box)), key=lambda n: size(box[n : n + 1]) * (weights[n] if weights else 1.0))
    low, high = box[k]
    if low is None or high is None:
        cut = fmpq(0) if low is None and high is None else -2 * abs(high) - 1 if low is None else 2 * abs(low) + 1
    else:
        cut = fmpq(*float(arb(low + (high - low) * fmpq(33, 67))).as_integer_ratio())
        if not low < cut < high:
            raise Undetermined("a box became too small to split")
    return (*box[:k], (low, cut), *box[k + 1 :]), (*box[:k], (cut, high), *box[k + 1 :])

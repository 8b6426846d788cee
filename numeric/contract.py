"""Σ_{bound} Π factors as pairwise contractions in the cheapest order, so that nearly all work is matrix products.

Every pair is one product of two arrays: summed labels that neither the result nor another factor needs, labels
shared and kept, and labels of one side only. The order minimises multiplications; a pair that is no matrix product
runs at memory speed and counts more, what does not vary with the state is computed once and counts almost nothing,
and a pair that another formula has computed already is free.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from amsym.notation import Index
from numeric.graph import Graph, Value

# A multiplication outside a matrix product costs about so many within one (measured 5 to 20).
SLOW = 8.0
# Work done once at bind, against work in every call; arrays beyond FIXED_ENTRIES would fill memory (0.5 GB).
ONCE = 1e-4
FIXED_ENTRIES = 2**26
# Up to so many factors every order is tried.
EXHAUSTIVE = 7

Labels = frozenset[Any]


def contract(graph: Graph, factors: Sequence[Value], bound: Iterable[Index] = ()) -> Value:
    """The product of the factors, summed over the bound indices."""
    gone = frozenset(bound)
    if not factors:
        return graph.const(1.0)
    parts = [_summed_alone(graph, factors, n, gone) for n in range(len(factors))]
    if len(parts) == 1:
        return parts[0]
    if len(parts) > EXHAUSTIVE:
        return _greedy(graph, parts, gone)
    return _best(graph, parts, gone)


def _summed_alone(graph: Graph, factors: Sequence[Value], n: int, gone: Labels) -> Value:
    """A factor summed over the bound labels that no other factor has."""
    others: Labels = frozenset().union(*(f.labels for k, f in enumerate(factors) if k != n))
    alone = (factors[n].labels & gone) - others
    return graph.reduced("sum", factors[n], alone) if alone else factors[n]


def pair(graph: Graph, a: Value, b: Value, keep: Labels) -> Value:
    """a b summed over all labels outside `keep`."""
    a, b, where, summed = _arranged(graph, a, b, keep)
    return graph.make("contract", (a, b), where) if summed else graph.times(a, b)


def _arranged(graph: Graph, a: Value, b: Value, keep: Labels) -> tuple[Value, Value, tuple[Index, ...], Labels]:
    """The pair in its standard order, its result's labels, and what is summed: the varying (or older) factor first."""
    a, b = sorted((a, b), key=lambda v: (not v.node.varies, v.node.number))
    keep = keep | {"*"}
    a = graph.reduced("sum", a, a.labels - keep - b.labels)
    b = graph.reduced("sum", b, b.labels - keep - a.labels)
    summed = (a.labels & b.labels) - keep
    if not (a.labels & keep) - b.labels and (b.labels & keep) - a.labels:
        a, b = b, a
    left = [i for i in a.where if i in keep]
    return a, b, (*left, *(i for i in b.where if i in keep and i not in left)), summed


def _cost(graph: Graph, a: Labels, b: Labels, keep: Labels) -> float:
    union = a | b
    out = union & (keep | {"*"})
    work = float(graph.extent(union))
    if "*" not in union:
        return ONCE * work if graph.extent(out) <= FIXED_ENTRIES else work * SLOW
    product = union - out and (a - b) & out and (b - a) & out
    return work * (1.0 if product else SLOW) + graph.extent(out)


def _best(graph: Graph, parts: list[Value], gone: Labels) -> Value:
    """The cheapest order of all, by subsets."""
    everything = (1 << len(parts)) - 1

    @cache
    def labels(chosen: int) -> Labels:
        inside: Labels = frozenset().union(*(p.labels for n, p in enumerate(parts) if chosen >> n & 1))
        return inside & keep(chosen)

    @cache
    def keep(chosen: int) -> Labels:
        inside: Labels = frozenset().union(*(p.labels for n, p in enumerate(parts) if chosen >> n & 1))
        outside: Labels = frozenset().union(*(p.labels for n, p in enumerate(parts) if not chosen >> n & 1))
        return (inside - gone) | outside | {"*"}

    @cache
    def plan(chosen: int) -> tuple[float, int]:
        if chosen & (chosen - 1) == 0:
            return 0.0, 0
        best = (float("inf"), 0)
        left = (chosen - 1) & chosen
        while left:
            right = chosen ^ left
            if left > right:
                cost = plan(left)[0] + plan(right)[0]
                if cost < best[0]:
                    best = min(best, (cost + step(left, right, chosen), left))
            left = (left - 1) & chosen
        return best

    def step(left: int, right: int, chosen: int) -> float:
        if left & (left - 1) == 0 and right & (right - 1) == 0 and _exists(graph, value(left), value(right), keep(chosen)):
            return 0.0
        return _cost(graph, labels(left), labels(right), keep(chosen))

    def value(chosen: int) -> Value:
        if chosen & (chosen - 1) == 0:
            return parts[chosen.bit_length() - 1]
        left = plan(chosen)[1]
        return pair(graph, value(left), value(chosen ^ left), keep(chosen))

    return value(everything)


def _exists(graph: Graph, a: Value, b: Value, keep: Labels) -> bool:
    a, b = sorted((a, b), key=lambda v: (not v.node.varies, v.node.number))
    if (a.labels ^ b.labels) - keep:
        return False
    a, b, where, summed = _arranged(graph, a, b, keep)
    return bool(summed) and graph.known("contract", (a, b), where)


def _greedy(graph: Graph, parts: list[Value], gone: Labels) -> Value:
    """Pair by pair, the cheapest first."""
    left = list(parts)
    while len(left) > 1:
        choices = []
        for m in range(len(left)):
            for n in range(m):
                outside: Labels = frozenset().union(*(p.labels for k, p in enumerate(left) if k not in (m, n)))
                keep = ((left[m].labels | left[n].labels) - gone) | outside | {"*"}
                choices.append((_cost(graph, left[m].labels, left[n].labels, keep), m, n, keep))
        _, m, n, keep = min(choices, key=lambda c: c[:3])
        merged = pair(graph, left[m], left[n], keep)
        left = [p for k, p in enumerate(left) if k not in (m, n)] + [merged]
    return left[0]

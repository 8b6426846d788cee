"""Σ w e^u = e^m Σ w e^(u-m) with m the largest u, and 1 + Σ e^u, e^a + e^b alike; equal u share m, e^(u-m) and the sum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp

from amsym.notation import Index, Total
from numeric.brackets import spread
from numeric.contract import contract
from numeric.graph import Value
from numeric.scaled import Product, carries, combined, exponent, finished, weights

if TYPE_CHECKING:
    from numeric.lower import Lowering

# Below any exponent in use; keeps u - m from being (-∞) - (-∞) where a mask removes everything.
LOWEST = -3e38

# exponent node → the shift that its sum was scaled by, and the places of the shift's labels in the exponent's
Shifts = dict[Any, tuple[Value, tuple[int, ...]]]


def scaled_total(low: Lowering, expr: Total, shifts: Shifts, shift: Value | None = None) -> Product:
    """Σ w e^u = e^m Σ w e^(u-m), with m the given shift, or that of a sum over the same u, or the largest u."""
    graph, bound = low.graph, frozenset(expr.bound)
    apart = _multiplied_out(low, expr, shifts) if shift is None else None
    if apart is not None:
        return apart
    inner = low.product(expr.body, True, shifts if shift is None else {})
    if not inner.scale or inner.balanced:
        return Product(factors=[_summed(low, inner, None, bound)])
    u = exponent(low, inner)
    if not u.labels & bound:
        return Product(factors=[_summed(low, inner, u, bound)])
    watched = not low.shifts and (shift is not None or u.node not in shifts)
    m = shift if shift is not None else _shift(low, u, bound, shifts, _gapped(low, inner))
    total = _summed(low, inner, graph.linear([(1.0, u), (-1.0, m)]), bound)
    if watched:
        low.watched.append(total.node)
    return Product(factors=[total], scale={m: 1.0})


def _summed(low: Lowering, inner: Product, u: Value | None, bound: Iterable[Index]) -> Value:
    """coefficient Σ e^u Π factors."""
    if u is None:
        return low.graph.linear([(inner.coefficient, contract(low.graph, weights(low, inner), bound))])
    factors = [low.graph.apply("exp", u), *inner.factors]
    return low.graph.linear([(inner.coefficient, contract(low.graph, factors, bound))])


def _multiplied_out(low: Lowering, expr: Total, shifts: Shifts) -> Product | None:
    """Σ (a + b) e^u as Σ a e^u + Σ b e^u with one shift, where the bracket would be a larger array than its parts."""
    terms = spread(low.graph, expr.body)
    if len(terms) < 2 or isinstance(expr.body, sp.Add):
        return None
    parts = [low.product(Total(t, *expr.bound), True, shifts) for t in terms]
    if any(p.scale != parts[0].scale for p in parts):
        return None
    mantissas = [(p.coefficient, contract(low.graph, [*p.factors, *map(low.bracket, p.masks)])) for p in parts]
    return Product(factors=[low.graph.linear(mantissas)], scale=parts[0].scale, balanced=parts[0].balanced)


def _gapped(low: Lowering, inner: Product) -> bool:
    """Whether the exponent may be -∞ all along a sum."""
    return bool(inner.masks or any(low.may_vanish(f.node) for f in inner.factors if not f.node.varies))


def _shift(low: Lowering, u: Value, bound: frozenset[Index], shifts: Shifts, gapped: bool) -> Value:
    graph, known = low.graph, shifts.get(u.node)
    if known is not None and not {u.where[p] for p in known[1]} & bound:
        return Value(known[0].node, tuple(u.where[p] for p in known[1]))
    m = graph.reduced("peak", u, bound) if low.shifts or not u.node.varies else graph.const(0.0)
    m = graph.apply("maximum", m, graph.const(LOWEST)) if gapped and m.node.op == "peak" else m
    shifts[u.node] = (m, tuple(u.where.index(i) for i in m.where))
    return m


def scaled_add(low: Lowering, expr: sp.Add, shifts: Shifts) -> Product:
    """Σ_k c_k e^(s_k): scaled by the largest s_k."""
    graph = low.graph
    parts = [(float(c), rest) for c, rest in (a.as_coeff_Mul() for a in expr.args)]
    scales = [_peak(low, rest) for _, rest in parts]
    if not any(s is not None for s in scales):
        return Product(factors=[low.value(expr)])
    if len(parts) == 2 and all(c > 0 and _pure(rest) for c, rest in parts):
        return _two_exponentials(low, parts)
    m = None
    for s in scales:
        s = graph.const(0.0) if s is None else s
        m = s if m is None or m == s else graph.apply("maximum", m, s)
    assert m is not None
    terms = [(c, _relative(low, rest, m, shifts)) for c, rest in parts]
    return Product(factors=[graph.linear(terms)], scale={m: 1.0})


def _pure(expr: sp.Expr) -> bool:
    return isinstance(expr, sp.exp) or expr == 1


def _two_exponentials(low: Lowering, parts: Sequence[tuple[float, sp.Expr]]) -> Product:
    """c (e^a + e^b) = c e^max(a, b) (1 + e^-|a-b|): one exponential, and log1p in the logarithm."""
    graph = low.graph
    (c, first), (d, second) = sorted(parts, key=lambda p: p[1] != 1)
    b = low.value(second.args[0])
    shift = float(sp.log(sp.Rational(d) / sp.Rational(c))) if c != d else 0.0
    if first == 1:
        apart = graph.linear([(1.0, b)], shift)
        top = graph.apply("maximum", apart, graph.const(0.0))
        scale = {top: 1.0}
    else:
        a = low.value(first.args[0])
        apart = graph.linear([(1.0, b), (-1.0, a)], shift)
        scale = {graph.apply("maximum", a, graph.linear([(1.0, b)], shift)): 1.0}
    tail = graph.apply("exp", graph.apply("negative", graph.apply("absolute", apart)))
    return Product(c, [graph.linear([(1.0, tail)], 1.0)], scale)


def _peak(low: Lowering, expr: sp.Expr) -> Value | None:
    """The scale of a term, for a sum its largest exponent; None where it has none."""
    if not carries(expr):
        return None
    if isinstance(expr, Total):
        inner = low.product(expr.body, True)
        if not inner.scale or inner.balanced:
            return None
        return _shift(low, exponent(low, inner), frozenset(expr.bound), {}, _gapped(low, inner))
    inner = low.product(expr, True)
    return combined(low.graph, inner.scale) if inner.scale and not inner.balanced else None


def _relative(low: Lowering, expr: sp.Expr, m: Value, shifts: Shifts) -> Value:
    """A term over e^m."""
    graph = low.graph
    if isinstance(expr, Total) and _peak(low, expr) is not None:  # so it has a scale
        u = exponent(low, low.product(expr.body, True))
        if set(m.where) <= set(u.where):
            shifts[u.node] = (m, tuple(u.where.index(i) for i in m.where))
        return contract(graph, scaled_total(low, expr, shifts, m).factors)
    inner = low.product(expr, True)
    inner.scale_by({m: -1.0})
    return finished(low, inner)

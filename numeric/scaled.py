"""A product as mantissa · e^scale: coefficient · Π factors · [masks] · exp(Σ c u)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sympy as sp

from amsym.notation import Total
from numeric.contract import contract
from numeric.graph import Graph, Value

if TYPE_CHECKING:
    from numeric.lower import Lowering


@dataclass
class Product:
    """coefficient · Π factors · [masks] · exp(Σ c u); `balanced` says that the exponent is bounded already."""

    coefficient: float = 1.0
    factors: list[Value] = field(default_factory=list)
    scale: dict[Value, float] = field(default_factory=dict)
    masks: list[Value] = field(default_factory=list)
    balanced: bool = False

    def scale_by(self, scale: dict[Value, float], times: float = 1.0) -> None:
        """Multiply by e^(times · scale)."""
        for u, c in scale.items():
            self.scale[u] = self.scale.get(u, 0.0) + times * c
        self.scale = {u: c for u, c in self.scale.items() if c != 0}


def carries(expr: sp.Expr) -> bool:
    """Whether the expression is a product, sum or power of exponentials."""
    if isinstance(expr, (sp.exp, sp.cosh, sp.sinh, sp.besseli)):
        return not expr.is_number
    if isinstance(expr, (sp.Mul, sp.Add)):
        return any(carries(a) for a in expr.args)
    if isinstance(expr, sp.Pow):
        return bool(expr.exp.is_Rational) and carries(expr.base)
    return isinstance(expr, Total) and carries(expr.body)


def exponent(low: Lowering, inner: Product) -> Value:
    """The exponent of a product as one value, -∞ where a mask or a vanishing weight removes the product."""
    graph, u = low.graph, combined(low.graph, inner.scale)
    gone = [*inner.masks, *(graph.apply("not_equal", w, graph.const(0.0), boolean=True) for w in _holes(low, inner, u))]
    if not gone:
        return u
    # Masked before it is shifted, so that a sum and what it divides share one exponential.
    wide = [v for v, c in inner.scale.items() if c > 0 and all(m.labels <= v.labels for m in gone)]
    if len(wide) == 1:
        return combined(graph, {(_masked(graph, v, gone) if v == wide[0] else v): c for v, c in inner.scale.items()})
    return _masked(graph, u, gone)


def _masked(graph: Graph, u: Value, masks: Iterable[Value]) -> Value:
    for mask in masks:
        u = graph.apply("masked", u, mask)
    return u


def combined(graph: Graph, scale: dict[Value, float]) -> Value:
    """Σ c u, as c (Σ ± u) where all |c| are equal."""
    sizes = {abs(c) for c in scale.values()}
    if len(sizes) == 1 and len(scale) > 1:
        (c,) = sizes
        inner = graph.linear([(k / c, u) for u, k in scale.items()])
        return graph.linear([(c, inner)])
    return graph.linear([(c, u) for u, c in scale.items()])


def _holes(low: Lowering, inner: Product, u: Value) -> list[Value]:
    """Weights along the labels of u that are 0 somewhere."""
    return [w for w in inner.factors if not w.node.varies and w.labels and w.labels <= u.labels and low.may_vanish(w.node)]


def weights(low: Lowering, inner: Product) -> list[Value]:
    """All factors of a product, the exponential among them."""
    if not inner.scale:
        return [*inner.factors, *map(low.bracket, inner.masks)]
    return [low.graph.apply("exp", exponent(low, inner)), *inner.factors]


def finished(low: Lowering, p: Product) -> Value:
    """A product as one array."""
    return low.graph.linear([(p.coefficient, contract(low.graph, weights(low, p)))])

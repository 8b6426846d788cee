"""Exponentials that cannot overflow: every product is written as mantissa · e^scale.

    log Σ w e^u = m + log Σ w e^(u-m),   e^u / Σ e^u = e^(u-m) / Σ e^(u-m),   cosh u = e^|u| (1 + e^(-2|u|))/2,

with m the largest u. A product of such factors adds their scales, so that softmax, its derivatives, e^(-x)/(1+e^(-x))²,
sinh/cosh or I1/I0 keep finite mantissas at any argument, a logarithm takes the scale out, and all of a system's formulas
share m, e^(u-m) and the sum. A mask in front of e^u counts as u = -∞ there, as does a weight that is 0 in the numbers
given, so that what is masked out neither overflows nor sets m.

Shifting costs two passes over the exponents, a third of a softmax. So programs come in two versions: one shifts, the other
takes m = 0 and gives up where a sum Σ w e^u turns out tiny or huge, for the first to take over (see `numeric.program`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from amsym.notation import Mask, Total
from numeric.contract import contract
from numeric.exponential_sums import Shifts, scaled_add, scaled_total
from numeric.graph import Graph, Value, is_one_plus
from numeric.scaled import Product, carries

if TYPE_CHECKING:
    from numeric.lower import Lowering


def product(low: Lowering, expr: sp.Expr, scaled: bool = False, shifts: Shifts | None = None) -> Product:
    """The factors of a product; exponentials go into the scale, sums of them too where `scaled` or where several meet."""
    shifts = {} if shifts is None else shifts
    args = _guarded(sp.Mul.make_args(expr))
    several = sum(map(carries, args)) > 1 or any(_shared(f) for f in args)
    result = Product()
    # Denominators first: what they are shifted by, numerators use too.
    for f in sorted(args, key=lambda f: (not (isinstance(f, sp.Pow) and carries(f)), not isinstance(f, Total))):
        if f.is_Number:
            result.coefficient *= float(f)
        elif isinstance(f, Mask):
            result.masks.append(low.condition(f.condition))
        elif (scaled or several or isinstance(f, sp.exp)) and carries(f):
            _absorb(low, result, f, shifts)
        else:
            result.factors += _plain(low, f)
    return result


def _guarded(args: tuple[sp.Expr, ...]) -> tuple[sp.Expr, ...]:
    """[u > 0] u₊^-p with [u > 0] (u₊ + [u ≤ 0])^-p in its place: a bracket that is 0 stays 0 beside what is infinite."""
    open_ones = {f.condition.lhs - f.condition.rhs for f in args if isinstance(f, Mask) and isinstance(f.condition, sp.Gt)}

    def guard(f: sp.Expr) -> sp.Expr:
        base, p = f.as_base_exp()
        u = base.args[1] if isinstance(base, sp.Max) and base.args[0] == 0 and len(base.args) == 2 else None
        return (base + Mask(u <= 0)) ** p if u is not None and u in open_ones and p.is_negative else f

    return tuple(map(guard, args)) if open_ones else args


def _plain(low: Lowering, f: sp.Expr) -> list[Value]:
    """The factors of f; a square is two, so that Σ_i x_i² makes no array of squares."""
    if isinstance(f, sp.Pow) and f.exp.is_Integer and 2 <= f.exp <= 32:
        base = low.value(f.base)
        return [low.graph.power(base, float(f.exp - f.exp // 2)), low.graph.power(base, float(f.exp // 2))]
    return [low.value(f)]


def _shared(f: sp.Expr) -> bool:
    """A denominator Σ e^u, whose logarithm the energy has: worth the same form."""
    return isinstance(f, sp.Pow) and f.exp.is_Rational and isinstance(f.base, Total) and carries(f.base)


def _absorb(low: Lowering, result: Product, f: sp.Expr, shifts: Shifts) -> None:
    base, exponent = (f, 1.0) if isinstance(f, sp.exp) or not isinstance(f, sp.Pow) else (f.base, float(f.exp))
    part = _scaled(low, base, shifts)
    if part.masks:
        part.factors += [low.bracket(m) for m in part.masks]
    if exponent == 1:
        result.coefficient *= part.coefficient
        result.factors += part.factors
    else:
        mantissa = low.graph.linear([(part.coefficient, contract(low.graph, part.factors))])
        result.factors.append(low.graph.power(mantissa, exponent))
    result.scale_by(part.scale, exponent)
    result.balanced = result.balanced or part.balanced or (exponent < 0 and bool(part.scale))


def _scaled(low: Lowering, expr: sp.Expr, shifts: Shifts) -> Product:
    """mantissa · e^scale of one exponential, hyperbolic or Bessel function, or of a sum of them."""
    graph = low.graph
    if isinstance(expr, sp.exp):
        number, rest = expr.args[0].as_coeff_Mul()
        if low.knows(rest):  # e^(2u) next to e^u
            return Product(scale={low.value(rest): float(number)})
        return Product(scale={low.value(expr.args[0]): 1.0})
    if isinstance(expr, (sp.cosh, sp.sinh)):
        return _hyperbolic(graph, expr, low.value(expr.args[0]))
    if isinstance(expr, sp.besseli):
        order, z = (low.value(a) for a in expr.args)
        return Product(factors=[_bessel(graph, order, z)], scale={graph.apply("absolute", z): 1.0})
    if isinstance(expr, Total):
        return scaled_total(low, expr, shifts)
    if isinstance(expr, sp.Add):
        return scaled_add(low, expr, shifts)
    return product(low, expr, True, shifts)


def _hyperbolic(graph: Graph, expr: sp.Expr, u: Value) -> Product:
    size = graph.apply("absolute", u)
    twice = graph.times(graph.const(-2.0), size)
    if isinstance(expr, sp.cosh):
        return Product(0.5, [graph.linear([(1.0, graph.apply("exp", twice))], 1.0)], {size: 1.0})
    return Product(-0.5, [graph.apply("expm1", twice), graph.apply("sign", u)], {size: 1.0})


def _bessel(graph: Graph, order: Value, z: Value) -> Value:
    if order.node.op == "const" and order.node.data in (0, 1):
        return graph.apply(f"special.i{int(order.node.data)}e", z)
    return graph.apply("special.ive", order, z)


def logarithm(low: Lowering, arg: sp.Expr) -> Value:
    """log of a product: the scale comes out, log(1 + x) by log1p."""
    graph = low.graph
    if not carries(arg):
        return graph.apply("log", low.nonnegative(arg))
    p = product(low, arg, True)
    factors = [*p.factors, *map(low.bracket, p.masks)]
    mantissa = contract(graph, factors)
    positive = p.coefficient > 0
    if not positive:
        mantissa = graph.linear([(p.coefficient, mantissa)])
    tail = is_one_plus(mantissa)
    log = graph.apply("log1p", tail) if tail is not None else graph.apply("log", mantissa)
    constant = float(sp.log(sp.Float(p.coefficient, 25))) if positive and p.coefficient != 1 else 0.0
    return graph.linear([*((c, u) for u, c in p.scale.items()), (1.0, log)], constant)

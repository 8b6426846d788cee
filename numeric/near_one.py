"""Sums that all but cancel, by functions made for them.

e^u - 1 = expm1(u), 1 - tanh² u = 1/cosh² u, 1 + erf u = erfc(-u), log(1 + u) = log1p(u), log cosh u.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from numeric.graph import Value
from numeric.scaled import carries

if TYPE_CHECKING:
    from numeric.lower import Lowering


def difference(low: Lowering, expr: sp.Add) -> Value | None:
    """c (e^u - 1), c (1 - tanh² u), c (1 ± erf u) as one function; None for any other sum."""
    if len(expr.args) != 2 or not expr.args[0].is_Number:
        return None
    c, other = expr.args
    factor, f = other.as_coeff_Mul()
    graph = low.graph
    if isinstance(f, sp.exp) and factor == -c:
        return graph.linear([(float(factor), graph.apply("expm1", low.value(f.args[0])))])
    if isinstance(f, sp.Pow) and f.exp == 2 and isinstance(f.base, sp.tanh) and factor == -c:
        return graph.linear([(float(c), graph.apply("sech_squared", low.value(f.base.args[0])))])
    if isinstance(f, sp.erf) and abs(factor) == abs(c):
        u = low.value(f.args[0])
        u = u if factor == -c else graph.apply("negative", u)
        return graph.linear([(float(c), graph.apply("special.erfc", u))])
    return None


def logarithm_near_one(low: Lowering, arg: sp.Expr) -> Value | None:
    """log cosh u, and log(1 + u) of a u that is no exponential; None for any other argument."""
    if isinstance(arg, sp.cosh):
        return low.graph.apply("log_cosh", low.value(arg.args[0]))
    if isinstance(arg, sp.Add) and arg.args[0] == 1 and not carries(arg):
        return low.graph.apply("log1p", low.value(sp.Add(*arg.args[1:])))
    return None

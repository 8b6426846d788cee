"""The shortest of several equal forms: as it came, multiplied out and merged, with common factors and divisors in front."""

from __future__ import annotations

from functools import lru_cache, reduce
from typing import Any

import sympy as sp

from amsym.notation import Component, Mask, canonical, tidy
from amsym.render.gathered import gathered
from amsym.render.text import text

# Formulas with more operations are not multiplied out: the Hessian of attention has 700 and would grow tenfold.
MULTIPLIED_OUT = 300

Letters = tuple[tuple[str, tuple[str, ...]], ...]


def shortest(expr: Any, letters: dict[str, tuple[str, ...]] | None = None) -> Any:
    """An equal formula that is shorter to read, bound indices in the author's letters.

    >>> from amsym.notation import index, state
    >>> x = state("x", "N")[index("i", "N")]
    >>> shortest((x*sp.exp(x) + sp.exp(x))/sp.Symbol("Z") - sp.exp(x)/sp.Symbol("Z"))
    x[i]*exp(x[i])/Z
    """
    return _shortest(sp.sympify(expr), tuple(sorted((letters or {}).items())))


@lru_cache(maxsize=2_000)
def _shortest(expr: sp.Expr, letters: Letters) -> sp.Expr:
    prefer = dict(letters)
    forms = {tidy(expr, prefer): None}
    if expr.count_ops() <= MULTIPLIED_OUT:
        forms[tidy(canonical(expr), prefer)] = None
    for rewritten in (in_front, gathered):
        forms |= {tidy(new, prefer): None for form in forms if (new := rewritten(form)) != form}
    return min(forms, key=lambda form: len(text(form)))


def in_front(expr: Any) -> Any:
    """From the inside out, a/c + b/c as (a + b)/c: what all terms of a sum share stands in front of it."""
    if not isinstance(expr, sp.Expr) or not expr.args or isinstance(expr, (Component, Mask)):
        return expr
    inner = expr.func(*(in_front(a) for a in expr.args))
    return _fronted(inner) if isinstance(inner, sp.Add) else inner


def _fronted(expr: sp.Add) -> sp.Expr:
    front = reduce(_shared, (_powers(t) for t in expr.args))
    if not front:
        return expr
    factor = sp.Mul(*(base**e for base, e in front.items()))
    return sp.Mul(factor, sp.Add(*(t / factor for t in expr.args)))


def squared(product: sp.Expr) -> sp.Expr:
    """a (-a) as -a²: what a gradient flow makes of Σ ∂E/∂y f.

    >>> x, y, z = sp.symbols("x y z")
    >>> squared(z*(x - y)*(y - x))
    -z*(-x + y)**2
    """
    factors = list(sp.Mul.make_args(product))
    for n, a in enumerate(factors):
        for m in range(n + 1, len(factors)):
            if isinstance(a, sp.Add) and isinstance(factors[m], sp.Add) and a + factors[m] == 0:
                return -(factors[m] ** 2) * squared(sp.Mul(*(f for k, f in enumerate(factors) if k not in (n, m))))
    return product


def _powers(term: sp.Expr) -> dict[sp.Expr, sp.Expr]:
    """base: exponent of the factors; an exponential is a factor of its own."""
    found: dict[sp.Expr, sp.Expr] = {}
    for f in sp.Mul.make_args(term):
        base, e = (f, sp.S.One) if isinstance(f, sp.exp) else f.as_base_exp()
        if not base.is_Number and e.is_Rational:
            found[base] = found.get(base, sp.S.Zero) + e
    return found


def _shared(a: dict[sp.Expr, sp.Expr], b: dict[sp.Expr, sp.Expr]) -> dict[sp.Expr, sp.Expr]:
    """The powers that both hold, the smaller of each pair of one sign."""
    return {base: min(e, b[base], key=abs) for base, e in a.items() if base in b and e * b[base] > 0}

"""0 ≤ g' ≤ c, or ∇²P ⪯ c for a joint Lagrangian P: the largest slope of an activation, proved for every state."""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from amsym.lagrangian import split_diagonal
from amsym.notation import Component, Delta, Index, Tensor, Total, depends_on, derivative, fresh_indices, tidy, total
from amsym.prover.bounds import bounds, known
from amsym.prover.convexity import Steps, _sum_of_squares
from amsym.prover.signs import is_nonnegative, is_positive


def moves(e: sp.Expr, tensors: tuple[Tensor, ...]) -> bool:
    """Whether the expression depends on any of the tensors."""
    return any(depends_on(e, t) for t in tensors)


def slope_bounds(slope: sp.Expr, states: tuple[Tensor, ...]) -> tuple[sp.Expr, sp.Expr] | None:
    """(0 or -c, c) with the slope proved to lie between them for every state; c is positive, a number times positive parameters.

    >>> from amsym.notation import index, state
    >>> x = state("x", "N")
    >>> u = 1/(1 + sp.exp(x[index("i", "N")]))
    >>> slope_bounds(u - u**2, (x,))
    (0, 1/4)
    """
    fixed = sp.Mul(*(f for f in sp.Mul.make_args(slope) if not moves(f, states)))
    shape = slope / fixed
    for sign in (1, -1):
        if not is_positive(sign * fixed):
            continue
        for c in _candidates(sign * shape):
            if known(c > 0) and is_nonnegative(c - sign * shape):
                top = sp.Mul(sign * fixed, c)
                return (sp.S.Zero, top) if is_nonnegative(sign * shape) else ((-top, top) if is_nonnegative(c + sign * shape) else None)
    return None


def _candidates(shape: sp.Expr) -> list[sp.Expr]:
    """Numbers that may bound a shape: near its largest sampled value, and what interval bounds give."""
    found: list[sp.Expr] = []
    components = sorted(shape.atoms(Component), key=str)
    if len(components) == 1 and not any(isinstance(x, sp.Symbol) for x in shape.free_symbols - components[0].free_symbols):
        sampled = [sp.N(shape.xreplace({components[0]: sp.Rational(n, 4)})) for n in range(-24, 25)]
        numbers = [abs(float(x)) for x in sampled if x.is_Float or x.is_Rational]
        nice = Fraction(max(numbers, default=0.0)).limit_denominator(40)
        found += [sp.Rational(q.numerator, q.denominator) for q in (nice, nice + Fraction(1, 1000), nice + Fraction(1, 50))]
    high = bounds(shape).high
    return [*found, *([high] if high.is_finite else [])]


def joint_slope(potential: sp.Expr, s: Tensor) -> sp.Expr | None:
    """A c with ∇²P ⪯ c: k²a/2 for a log Σ e^(k x), and h/(2 √ε) times a for a √q, q ≥ ε quadratic with ∇²q ⪯ h.

    >>> from amsym import lagrangians
    >>> from amsym.notation import state
    >>> x = state("x", "N")
    >>> joint_slope(lagrangians.softmax(3).of(x), x), joint_slope(lagrangians.layernorm(2, 0, 4).of(x), x)
    (3/2, 1)
    """
    where = fresh_indices(s.axes)
    bent = [a for a in sp.Add.make_args(potential) if depends_on(derivative(a, s[where]), s)]
    if len(bent) != 1:
        return None
    body = bent[0].body if isinstance(bent[0], Total) else bent[0]
    # A sum over other axes has a block for each of them; the one body stands for all.
    moving = [f for f in sp.Mul.make_args(body) if depends_on(f, s)]
    scale = sp.Mul(*(f for f in sp.Mul.make_args(body) if f not in moving))
    outer = bent[0].bound if isinstance(bent[0], Total) else ()
    if len(moving) != 1 or not is_positive(scale):
        return None
    if isinstance(moving[0], sp.log):
        return _log_sum(moving[0].args[0], s, scale, outer)
    if isinstance(moving[0], sp.Pow) and moving[0].exp == sp.S.Half:
        return _root(moving[0].base, s, scale, outer)
    return None


def _log_sum(u: sp.Expr, s: Tensor, scale: sp.Expr, outer: tuple[Index, ...]) -> sp.Expr | None:
    if not isinstance(u, Total) or not isinstance(u.body, sp.exp):
        return None
    components = [c for c in u.body.atoms(Component) if c.tensor == s]
    if len(components) != 1 or set(components[0].where) != {*outer, *u.bound} or len(u.bound) != 1:
        return None
    k = sp.cancel(u.body.args[0] / components[0])
    return None if depends_on(k, s) or k.atoms(Index) else sp.cancel(scale * k**2 / 2)


def _root(q: sp.Expr, s: Tensor, scale: sp.Expr, outer: tuple[Index, ...]) -> sp.Expr | None:
    """Each block of √q over one value of the outer indices has a Hessian below ∇²q/(2 √ε)."""
    fixed = sp.Add(*(a for a in sp.Add.make_args(q) if not depends_on(a, s)))
    if not is_positive(fixed) or not _sum_of_squares(q, s, Steps()):
        return None
    if outer and any(set(outer) - set(c.where) for c in q.atoms(Component) if c.tensor == s):
        return None
    where = fresh_indices(s.axes, set(outer))
    other = fresh_indices(s.axes, {*where, *outer})
    whole = total(q, *outer)
    deltas = tuple(Delta(a, b) for a, b in zip(where, other, strict=True))
    top, rest = split_diagonal(derivative(whole, s[where], s[other]), deltas)
    top = tidy(top.xreplace(dict(zip(other, where, strict=True))))
    if depends_on(top, s) or depends_on(rest, s) or top.atoms(Index) or not is_positive(top):
        return None
    plain = sp.Mul(*(f for f in sp.Mul.make_args(rest) if not isinstance(f, Delta)))
    if plain.atoms(Index) or not is_nonnegative(-plain):
        return None
    return sp.simplify(scale * top / (2 * sp.sqrt(fixed)))


__all__ = ["joint_slope", "moves", "slope_bounds"]

"""Is a factor nowhere zero, or a Hessian invertible at every state?"""

from __future__ import annotations

import sympy as sp

from amsym.lagrangian import split_diagonal
from amsym.notation import Component, Delta, Index, Tensor, Total, depends_on, derivative, fresh_indices, tidy
from amsym.prover.convexity import is_convex
from amsym.prover.signs import is_positive


def is_nowhere_zero(m: sp.Expr) -> bool:
    """Whether an expression was shown positive everywhere, or negative everywhere.

    >>> from amsym.notation import index, state
    >>> x = state("x", "N")[index("i", "N")]
    >>> is_nowhere_zero(-1 - x**2), is_nowhere_zero(x)
    (True, False)
    """
    return is_positive(m) or is_positive(-m)


def has_definite_hessian(potential: sp.Expr, state: Tensor) -> bool:
    """Whether the Hessian was shown to be invertible everywhere.

    It is where it is a diagonal that is nowhere zero, that of √(c + Σ x²) or of log(c + Σ e^x) with c > 0, or the sum of a
    positive diagonal and of convex terms.

    >>> from amsym.notation import index, state, total
    >>> i, x = index("i", "N"), state("x", "N")
    >>> has_definite_hessian(sp.sqrt(total(x[i]**2, i) + 1), x), has_definite_hessian(sp.log(total(sp.exp(x[i]), i)), x)
    (True, False)
    """
    moving = [a for a in sp.Add.make_args(potential) if depends_on(a, state)]
    bent = [a for a in moving if not _is_affine(a, state)]
    if len(bent) == 1 and (_is_round(bent[0], state) or _is_soft(bent[0], state)):
        return True
    diagonal = _diagonal(sp.Add(*bent), state)
    return is_nowhere_zero(diagonal) if diagonal is not None else _is_lifted(bent, state)


def _diagonal(e: sp.Expr, state: Tensor) -> sp.Expr | None:
    """The Hessian's diagonal, None where it has other entries."""
    where = fresh_indices(state.axes)
    other = fresh_indices(state.axes, where)
    deltas = tuple(Delta(a, b) for a, b in zip(where, other, strict=True))
    diagonal, rest = split_diagonal(derivative(e, state[where], state[other]), deltas)
    return tidy(diagonal.xreplace(dict(zip(other, where, strict=True)))) if rest == 0 else None


def _is_lifted(terms: list[sp.Expr], state: Tensor) -> bool:
    """Λ = D + C with D a positive diagonal and C ⪰ 0."""
    apart = {t: _diagonal(t, state) for t in terms}
    lift = sp.Add(*(d for d in apart.values() if d is not None))
    return is_positive(lift) and all(is_convex(t, state) for t, d in apart.items() if d is None)


def _is_soft(e: sp.Expr, state: Tensor) -> bool:
    """s log(c + k Σ e^{bx}) along one axis, c and k positive, s and b nowhere zero.

    Its Hessian s b² (diag p - p pᵀ) with p = k e^{bx}/(c + k Σ e^{bx}) is definite, as Σ p < 1: by Cauchy and Schwarz
    (Σ p v)² ≤ Σ p Σ p v² < Σ p v².
    """
    logs = [f for f in sp.Mul.make_args(e) if depends_on(f, state)]
    if len(logs) != 1 or not isinstance(logs[0], sp.log) or not is_nowhere_zero(e / logs[0]):
        return False
    parts = sp.Add.make_args(logs[0].args[0])
    sums = [a for a in parts if depends_on(a, state)]
    return len(sums) == 1 and is_positive(sp.Add(*(a for a in parts if a not in sums))) and _is_exponential_sum(sums[0], state)


def _is_exponential_sum(e: sp.Expr, state: Tensor) -> bool:
    inner = [f for f in sp.Mul.make_args(e) if isinstance(f, Total)]
    if len(inner) != 1 or len(state.axes) != 1 or not is_positive(e / inner[0]):
        return False
    body = inner[0].body
    waves = [f for f in sp.Mul.make_args(body) if isinstance(f, sp.exp)]
    at = state[inner[0].bound] if len(inner[0].bound) == 1 else None
    if at is None or len(waves) != 1 or depends_on(body / waves[0], state) or not is_positive(body / waves[0]):
        return False
    slope = waves[0].args[0] / at
    return not depends_on(slope, state) and is_nowhere_zero(slope)


def _is_affine(e: sp.Expr, state: Tensor) -> bool:
    where = fresh_indices(state.axes)
    return not depends_on(derivative(e, state[where]), state)


def _is_round(e: sp.Expr, state: Tensor) -> bool:
    """s √(c + k Σ x²), c and k positive, s nowhere zero, summed over the other axes of the state.

    Its Hessian, s k (q I - k x xᵀ)/q^(3/2) with q = c + k |x|², has the eigenvalues s k/√q and s k c/q^(3/2).
    """
    outer, body = (e.bound, e.body) if isinstance(e, Total) else ((), e)
    roots = [f for f in sp.Mul.make_args(body) if depends_on(f, state)]
    if len(roots) != 1 or not isinstance(roots[0], sp.Pow) or roots[0].exp != sp.S.Half:
        return False
    parts = sp.Add.make_args(roots[0].base)
    squares = [a for a in parts if depends_on(a, state)]
    rest = sp.Add(*(a for a in parts if not depends_on(a, state)))
    return len(squares) == 1 and is_positive(rest) and is_nowhere_zero(body / roots[0]) and _is_square_sum(squares[0], state, outer)


def _is_square_sum(e: sp.Expr, state: Tensor, outer: tuple[Index, ...]) -> bool:
    sums = [f for f in sp.Mul.make_args(e) if isinstance(f, Total)]
    if len(sums) != 1 or not is_positive(e / sums[0]):
        return False
    factors = sp.Mul.make_args(sums[0].body)
    squares = [f for f in factors if isinstance(f, sp.Pow) and f.exp == 2 and isinstance(f.base, Component) and f.base.tensor == state]
    if len(squares) != 1 or len(factors) != 1:
        return False
    where = squares[0].base.where
    return len(set(where)) == len(where) and set(where) == {*outer, *sums[0].bound}


__all__ = ["has_definite_hessian", "is_nowhere_zero"]

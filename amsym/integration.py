"""Closed forms of ∫ g(x) dx for activations: SymPy's integral, or an ansatz with the dilogarithm; always differentiated back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import sympy as sp

from amsym.errors import ModelError
from amsym.notation import derivative, is_zero
from amsym.notation.functions import Li2


def antiderivative(g: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """A function of x whose derivative is g, as an identity that was checked.

    >>> x = sp.Symbol("x", real=True)
    >>> antiderivative(sp.Max(0, x), x)
    Max(0, x)**2/2
    >>> antiderivative(sp.log(1 + sp.exp(x)), x)
    -Li2(-exp(x))

    Raises ModelError when neither way finds one.
    """
    for attempt in (_kinked, _ansatz, _by_sympy):
        found = attempt(g, x)
        if found is not None and is_zero(derivative(found, x) - g):
            return found
    raise ModelError(f"found no closed form of the integral of {g}; give the Lagrangian itself: Lagrangian(lambda x: ...)")


_POINTS = tuple(sp.Rational(n, 7) for n in (-61, -45, -33, -19, -11, -6, -3, -1, 2, 4, 9, 13, 17, 23, 38, 52))


def _linear_solution(g: sp.Expr, x: sp.Symbol, basis: list[sp.Expr], points: Sequence[sp.Expr] = _POINTS) -> sp.Expr | None:
    """Rational coefficients with Σ c_k basis_k' = g, fitted at a few points and rounded; the caller checks the identity."""
    rows = [[complex(sp.N(derivative(b, x).subs(x, p))).real for b in basis] for p in points]
    right = [complex(sp.N(g.subs(x, p))).real for p in points]
    import numpy as np

    solution, *_ = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)
    exact = [sp.nsimplify(round(float(c), 9), rational=True).limit_denominator(64) for c in solution]
    return sp.Add(*(c * b for c, b in zip(exact, basis, strict=True)))


def _kinked(g: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """Polynomials in x and in positive parts (x - a)₊."""
    parts = g.atoms(sp.Max, sp.Min, sp.Abs, sp.Piecewise)
    if not parts or g.free_symbols != {x}:
        return None
    kinks = sorted(kink_points(parts, x))
    basis: list[Any] = [x**n for n in range(1, 5)] + [sp.Max(0, x - a) ** n for a in kinks for n in range(1, 5)]
    return _linear_solution(g, x, basis, _around(kinks))


def _around(kinks: list[sp.Expr]) -> list[sp.Expr]:
    """Five points in each piece, one more than a cubic has coefficients."""
    if not kinks:
        return list(_POINTS)
    ends = [kinks[0] - 3, *kinks, kinks[-1] + 3]
    return [a + (b - a) * sp.Rational(n, 6) for a, b in pairwise(ends) for n in range(1, 6)]


def kink_points(parts: set[Any], x: sp.Symbol) -> set[sp.Expr]:
    """The x at which moduli, cases, maxima and minima of x switch."""
    found: set[sp.Expr] = set()
    for p in parts:
        if isinstance(p, sp.Abs):
            found |= set(sp.solve(p.args[0], x))
        elif isinstance(p, sp.Piecewise):
            found |= {s for _, c in p.args for r in c.atoms(sp.core.relational.Relational) for s in sp.solve(r.lhs - r.rhs, x)}
        else:
            pairs = [(a, b) for n, a in enumerate(p.args) for b in p.args[n + 1 :]]
            found |= {s for a, b in pairs if not a.has(sp.Max, sp.Min) and not b.has(sp.Max, sp.Min) for s in sp.solve(a - b, x)}
            found |= {
                s
                for a in p.args
                if a.is_number
                for b in p.args
                if b != a
                for m in b.atoms(sp.Max, sp.Min)
                for c in m.args
                for s in sp.solve(c - a, x)
            }
    return {s for s in found if s.is_real}


def _ansatz(g: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """Softplus, silu and their kin integrate to log and dilogarithm of 1 + e^x."""
    if g.free_symbols != {x} or not g.has(sp.exp):
        return None
    softplus = sp.log(1 + sp.exp(x))
    basis = [x, x**2, softplus, x * softplus, Li2(-sp.exp(x)), x / (1 + sp.exp(-x)), 1 / (1 + sp.exp(-x))]
    return _linear_solution(g, x, basis)


def _by_sympy(g: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """SymPy's integral, with tanh integrated to log cosh."""
    scaled = next((t.args[0] for t in g.atoms(sp.tanh)), None)
    if scaled is not None and not (g / sp.tanh(scaled)).has(x) and not sp.diff(scaled, x).has(x):
        return g / sp.tanh(scaled) * sp.log(sp.cosh(scaled)) / sp.diff(scaled, x)
    found = sp.integrate(g, x)
    return None if found.has(sp.Integral) else found

"""What is known of a Lagrangian beside its formula: stated with it in the catalogue, or derived from the formula of an additive one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy as sp

from amsym.facts import Ends, Facts, Formula, Parameter
from amsym.notation import Component, Mask, Tensor, derivative


class Known:
    """The part of a Lagrangian that answers with facts."""

    kind: str
    _facts: Facts | None
    _replaced: Callable[[Any], Any]
    _formula_in: Callable[[sp.Expr], sp.Expr]
    _summed: Callable[[Formula, Tensor, str | None], sp.Expr]
    _at: Callable[[Formula, Component, str | None], Any]
    axis: Callable[..., int]

    def stable_energy(self, x: Tensor, over: str | None = None) -> sp.Expr | None:
        """The same energy in a form that loses no digits where x is large; None where none is known.

        >>> from amsym import lagrangians
        >>> from amsym.notation import state
        >>> lagrangians.arctan().stable_energy(state("x", "N"))
        (Σ_i log(x[i]**2 + 1))/2
        """
        facts = self._facts
        return None if facts is None or facts.energy is None else self._summed(facts.energy, x, over)

    def stable_value(self, x: Tensor, over: str | None = None) -> sp.Expr | None:
        """L(x) in a form that loses no digits where the plain one does; None where none is needed."""
        facts = self._facts
        return None if facts is None or facts.value is None else self._summed(facts.value, x, over)

    def stable_slope(self, at: Component, over: str | None = None) -> Any:
        """∂(Σ x g - L)/∂x[i] = (Λ x)_i in a form that loses no digits where the plain one does; None where none is known.

        >>> from amsym import lagrangians
        >>> from amsym.notation import index, state
        >>> lagrangians.tanh().stable_slope(state("x", "N")[index("i", "N")])
        x[i]/cosh(x[i])**2
        """
        facts = self._facts
        return None if facts is None or facts.energy_slope is None else self._at(facts.energy_slope, at, over)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters, each with the condition under which L is defined, and under which its sign leaves L convex.

        >>> from amsym import lagrangians
        >>> print(*lagrangians.layernorm().parameters, sep="; ")
        γ = 1, a real number; ε = 1/100000, 0 or more
        """
        given = () if self._facts is None else self._facts.parameters
        return tuple(replace(p, **{k: self._replaced(getattr(p, k)) for k in ("value", "defined", "convex")}) for p in given)

    @property
    def slopes(self) -> Ends | None:
        """(low, high): every slope of g lies in [low, high], ∞ where there is no bound; None where nothing is known.

        The slope is g' for an additive Lagrangian, any eigenvalue of the Hessian Λ for a joint one, whatever the size. The ends
        are exact numbers or formulas in the parameters; without a closed form, rationals rounded outwards.

        >>> from amsym import lagrangians
        >>> lagrangians.softmax(4).slopes
        (0, 2)
        >>> from amsym import Lagrangian
        >>> Lagrangian(lambda x: sp.log(sp.cosh(2*x))/2).slopes
        (0, 2)
        """
        return self._ends(None if self._facts is None else self._facts.slopes, 1)

    @property
    def bounded(self) -> Ends | None:
        """(low, high): every value of g lies in [low, high]; None where nothing is known, or where it depends on the place.

        >>> from amsym import lagrangians
        >>> lagrangians.tanh().bounded, lagrangians.relu().bounded
        ((-1, 1), (0, oo))
        """
        given = None if self._facts is None else self._facts.bounded
        return None if callable(given) else self._ends(given, 0)

    def bounded_at(self, at: Component, over: str | None = None) -> Ends | None:
        """(low, high) of g at the component x[i], where they may depend on the size of the axis and on a shift δ[i].

        >>> from amsym import lagrangians
        >>> from amsym.notation import index, state
        >>> lagrangians.rms_norm(2).bounded_at(state("x", "N")[index("i", "N")])
        (-2*sqrt(N), 2*sqrt(N))
        """
        given = None if self._facts is None else self._facts.bounded
        if not callable(given):
            return self.bounded
        low, high = given(at.where[self.axis(at.tensor, over)])
        return self._replaced(sp.sympify(low)), self._replaced(sp.sympify(high))

    @property
    def kinks(self) -> tuple[Any, ...] | None:
        """The points of x where g is not differentiable: () where it is smooth, None where they are no points (`kinks_at`) or not known.

        >>> from amsym import lagrangians
        >>> lagrangians.hard_tanh().kinks, lagrangians.tanh().kinks
        ((-1, 1), ())
        """
        if self._facts is None:
            return bends(self._formula_in) if self.kind == "additive" else None
        given = self._facts.kinks
        return None if given is None or callable(given) else tuple(self._replaced(sp.sympify(a)) for a in given)

    def kinks_at(self, at: Component, over: str | None = None) -> tuple[sp.Expr, ...] | None:
        """Formulas that vanish where g is not differentiable; None where nothing is known.

        >>> from amsym import lagrangians
        >>> from amsym.notation import index, state
        >>> lagrangians.rms_norm(eps=0).kinks_at(state("x", "N")[index("i", "N")])
        ((Σ_i x[i]**2)/N,)
        """
        given = None if self._facts is None else self._facts.kinks
        if callable(given):
            return (self._at(given, at, over),)
        return None if self.kinks is None else tuple(at - a for a in self.kinks)

    @property
    def third_rate(self) -> sp.Expr | None:
        """b with |D³L[u, u, v]| <= |b| (max(v, 0) - min(v, 0)) |D²L[u, u]| for all x; None where none is known. See `facts.Third`.

        >>> from amsym import lagrangians
        >>> lagrangians.softmax(4).third_rate
        4
        """
        third = None if self._facts is None else self._facts.third
        return None if third is None or third.rate is None else self._replaced(sp.sympify(third.rate))

    def third_at(self, at: Component, over: str | None = None) -> tuple[sp.Expr, sp.Expr] | None:
        """c and h at the component x[i] with |D³L[u, u, v]| <= |c| |u|² |v| / h², |h(x) - h(z)| <= |x - z|; None where none is known.

        >>> from amsym import lagrangians
        >>> from amsym.notation import index, state
        >>> lagrangians.spherical(eps=1).third_at(state("x", "N")[index("i", "N")])
        (2*sqrt(3)/3, sqrt(Σ_i x[i]**2 + 1))
        """
        third = None if self._facts is None else self._facts.third
        if third is None or third.scale is None or third.height is None:
            return None
        return sp.sympify(self._at(third.scale, at, over)), self._at(third.height, at, over)

    def _ends(self, given: Ends | None, order: int) -> Ends | None:
        if self._facts is None and self.kind == "additive":
            return enclosed(self._formula_in, order + 1)
        return None if given is None else (self._replaced(sp.sympify(given[0])), self._replaced(sp.sympify(given[1])))


def enclosed(formula: Callable[[Any], sp.Expr], order: int) -> Ends | None:
    """(low, high) of the derivative of φ of this order over all x; None where neither end is finite.

    >>> enclosed(lambda x: sp.Max(0, x)**2/2, 2)
    (0, 1)
    """
    from amsym.prover.bounds import bounds

    x = sp.Symbol("x", real=True)
    value = formula(x)
    for _ in range(order):
        value = derivative(value, x)
    found = bounds(value)
    return (found.low, found.high) if found.low.is_finite or found.high.is_finite else None


def bends(formula: Callable[[Any], sp.Expr]) -> tuple[sp.Expr, ...] | None:
    """The points where φ' may not be differentiable: where a maximum, a modulus or a case changes; None where they are not found.

    >>> bends(lambda x: sp.Max(0, x - 1)**2)
    (1,)
    """
    from amsym.integration import kink_points

    x = sp.Symbol("x", real=True)
    value = formula(x)
    if value.has(Mask, sp.sign, sp.Heaviside, sp.floor, sp.ceiling):
        return None
    parts = value.atoms(sp.Max, sp.Min, sp.Abs, sp.Piecewise)
    if not parts:
        return ()
    if any(p.free_symbols != {x} for p in parts):
        return None
    return tuple(sorted(kink_points(parts, x)))

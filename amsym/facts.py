"""What is known of a Lagrangian besides its formula: slope bounds, range, kinks, convex conjugate, parameter domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

from amsym.errors import ModelError

Formula = Callable[..., Any]
# (low, high), each an exact number or formula in the parameters, -∞ or ∞ where there is no bound.
Ends = tuple[Any, Any]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a Lagrangian: where L is `defined` and where its sign leaves L `convex`, as conditions on its value.

    needs: the first condition in words.
    """

    name: str
    value: sp.Expr
    defined: Any
    convex: Any
    needs: str

    def __str__(self) -> str:
        return f"{self.name} = {self.value}, {self.needs}"


@dataclass(frozen=True)
class Conjugate:
    """The convex conjugate L*(p) = sup_x <p, x> - L(x) in closed form, and where it is finite.

    formula, domain: functions of p for an additive Lagrangian (one entry), of (p, i) for a joint one; a domain holds for each i.
    words: the domain in words.
    """

    formula: Formula
    domain: Formula
    words: str


@dataclass(frozen=True)
class Third:
    """A bound of the third derivative of a joint Lagrangian, which says how fast its Hessian Λ = D²L turns.

    rate: a number or formula b with |D³L[u, u, v]| <= |b| width(v) |D²L[u, u]|, width(v) = max(v, 0) - min(v, 0); L or -L is convex.
    scale, height: else, functions of (x, i) with |D³L[u, u, v]| <= |c| |u|² |v| / h(x)², where h > 0 changes no faster than x.
    """

    rate: Any = None
    scale: Formula | None = None
    height: Formula | None = None


@dataclass(frozen=True)
class Facts:
    """Facts of one Lagrangian; None where nothing is known in closed form.

    slopes: bounds of g' (additive), or of the eigenvalues of the Hessian (joint).
    bounded: bounds of the values of g, or a function of the index where they depend on the size or on a shift.
    kinks: the points of x where g is not differentiable; for a joint Lagrangian a function (x, i) of formulas that vanish there.
    energy, value: x·g - L and L in forms that keep their digits where the plain ones cancel: functions of x (one entry) or of (x, i).
    energy_slope: the derivative of x·g - L by x_i, which is (Λ x)_i, likewise.
    on_border: whether the activations fill only the border of the conjugate's domain.
    third: a bound of the third derivative of a joint Lagrangian.
    """

    slopes: Ends | None = None
    bounded: Ends | Callable[[Any], Ends] | None = None
    kinks: tuple[Any, ...] | Formula | None = None
    conjugate: Conjugate | None = None
    parameters: tuple[Parameter, ...] = ()
    energy: Formula | None = None
    value: Formula | None = None
    energy_slope: Formula | None = None
    on_border: bool = False
    third: Third | None = None


def checked(lagrangian: str, *parameters: Parameter) -> tuple[Parameter, ...]:
    """The parameters; raises ModelError where a number is given for which L is not defined.

    >>> checked("tanh", nonzero("β", 0))
    Traceback (most recent call last):
      ...
    amsym.errors.ModelError: tanh is not defined for β = 0; β must be nonzero: give another number
    """
    for p in parameters:
        if p.defined == sp.false:
            raise ModelError(f"{lagrangian} is not defined for {p.name} = {p.value}; {p.name} must be {p.needs}: give another number")
    return parameters


def nonzero(name: str, value: Any) -> Parameter:
    """A parameter that L is divided by: defined unless it is 0, convex where it is positive."""
    value = sp.sympify(value)
    return Parameter(name, value, sp.Ne(value, 0), value > 0, "nonzero")


def free(name: str, value: Any) -> Parameter:
    """A parameter that may be any number; convex where it is nonnegative."""
    value = sp.sympify(value)
    return Parameter(name, value, sp.true, value >= 0, "a real number")


def nonnegative(name: str, value: Any) -> Parameter:
    """A parameter under a root: 0 or more."""
    value = sp.sympify(value)
    return Parameter(name, value, value >= 0, value >= 0, "0 or more")


def at_least(name: str, value: Any, low: int) -> Parameter:
    """A parameter from a number on."""
    value = sp.sympify(value)
    return Parameter(name, value, value >= low, value >= low, f"{low} or more")

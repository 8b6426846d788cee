"""The convex conjugate L*(p) = sup_x <p, x> - L(x): the layer energy as a function of its activation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sympy as sp

from amsym.facts import Conjugate, Facts, Formula, Parameter
from amsym.notation import Component, Tensor, derivative, tidy


class Dual:
    """The part of a Lagrangian that knows its conjugate."""

    kind: str
    _facts: Facts | None
    _replaced: Callable[[Any], Any]
    _summed: Callable[[Formula, Tensor, str | None], sp.Expr]
    _at: Callable[[Formula, Component, str | None], Any]
    if TYPE_CHECKING:

        @property
        def parameters(self) -> tuple[Parameter, ...]:
            """The parameters with their conditions, which `Known` has."""

    def conjugate(self, p: Tensor, over: str | None = None) -> sp.Expr | None:
        """L*(p) = sup_x <p, x> - L(x) where a closed form is known, for p over the axes of the state; None elsewhere.

        It is finite on `conjugate_domain`, and L*(p) = <x, g> - L(x) at p = g(x). The form holds where the conditions `convex` of
        the `parameters` do; None where a number breaks one of them, as L is then not the conjugate of L*.

        >>> from amsym import lagrangians
        >>> from amsym.notation import state
        >>> lagrangians.softmax().conjugate(state("p", "N"))
        Σ_i p[i]*log(p[i])
        """
        dual = self._dual()
        return None if dual is None else self._summed(dual.formula, p, over)

    def conjugate_at(self, p: Component) -> sp.Expr | None:
        """The conjugate of one entry, for an additive Lagrangian; None for any other.

        >>> from amsym import lagrangians
        >>> from amsym.notation import index, state
        >>> lagrangians.arctan().conjugate_at(state("p", "N")[index("i", "N")])
        -log(cos(p[i]))
        """
        dual = self._dual()
        return None if dual is None or self.kind != "additive" else self._replaced(sp.sympify(dual.formula(p)))

    def conjugate_domain(self, p: Component, over: str | None = None) -> Any:
        """The condition on p, for every index, under which L*(p) is finite and its form has a value; None where no conjugate is known.

        Points of the border at which the form is only a limit, such as p = 1 in (1 - p) log(1 - p), are left out.

        >>> from amsym import lagrangians
        >>> from amsym.notation import index, state
        >>> lagrangians.relu().conjugate_domain(state("p", "N")[index("i", "N")])
        p[i] >= 0
        """
        dual = self._dual()
        return None if dual is None else self._at(dual.domain, p, over)

    @property
    def conjugate_words(self) -> str | None:
        """The domain of the conjugate in words."""
        dual = self._dual()
        return None if dual is None else dual.words

    def dual_hessian(self, at: Component, also: Component, over: str | None = None) -> Any:
        """∂²L*/∂p_i∂p_j: the inverse of the Hessian Λ on its range, Λ (∇²L*) Λ = Λ at p = g(x) inside the conjugate's domain.

        None where no conjugate is known, and where the activations fill only the border of its domain, as those of
        spherical do at ε = 0: there L* has no second derivative.

        >>> from amsym import lagrangians
        >>> from amsym.notation import indices, state
        >>> (i, j), p = indices("i j", "N"), state("p", "N")
        >>> lagrangians.exponential().dual_hessian(p[i], p[j])
        δ[i, j]/p[i]
        """
        value = self.conjugate(at.tensor, over)
        if value is None or (self._facts is not None and self._facts.on_border):
            return None
        return tidy(derivative(value, at, also))

    def _dual(self) -> Conjugate | None:
        """The conjugate; None also where the parameters make L not convex, so that L* is infinite or L** is not L."""
        dual = None if self._facts is None else self._facts.conjugate
        return None if any(p.convex == sp.false for p in self.parameters) else dual

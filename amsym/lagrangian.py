"""A Lagrangian L(x) is convex; its gradient is the activation g, its Legendre transform <x, g> - L the layer's energy.

Additive ones are a sum of one scalar function, L = Σ_i φ(x_i); joint ones act over a whole axis, as
log Σ_i e^{x_i} does; abstract ones are a name, for theorems that hold for every L.
Source: modern_methods eq. (3.3); dead_neurons section 2.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from amsym.errors import ModelError
from amsym.exact import exact
from amsym.notation import Component, Delta, Index, Tensor, derivative, fresh_indices, tidy, total
from amsym.notation.tensors import component

Formula = Callable[..., Any]


class Lagrangian:
    """A convex function of a state, from which the activation and the layer's energy follow.

    >>> from amsym.notation import indices, state
    >>> i, j = indices("i j", "N")
    >>> x = state("x", "N")
    >>> L = Lagrangian(lambda x: sp.log(sp.cosh(x)), name="tanh")
    >>> L.activation(x[i])
    tanh(x[i])
    >>> L.hessian(x[i], x[j])
    (1 - tanh(x[i])**2)*δ[i, j]
    """

    def __init__(
        self, formula: Formula, *, name: str = "L", kind: str = "additive", over: str | None = None, rule: dict[Any, Any] | None = None
    ) -> None:
        if not callable(formula):
            raise ModelError(f"a Lagrangian is made from a function such as lambda x: sp.log(sp.cosh(x)), got {formula!r}")
        self.formula, self.name, self.kind, self.over = formula, name, kind, over
        self._rule = dict(rule or {})

    @classmethod
    def from_activation(cls, activation: Formula, *, name: str | None = None) -> Lagrangian:
        """The additive Lagrangian whose activation is given: φ(x) = ∫₀ˣ g(u) du up to a constant.

        >>> from amsym.notation import index, state
        >>> Lagrangian.from_activation(sp.tanh).of(state("x", "N"))
        Σ_i log(cosh(x[i]))

        Raises ModelError when no closed form is found; then give the Lagrangian itself.
        """
        from amsym.integration import antiderivative

        x = sp.Symbol("x", real=True)
        potential = antiderivative(exact(activation(x)), x)
        return cls(lambda u: potential.subs(x, u), name=name or str(getattr(activation, "__name__", "L")))

    @classmethod
    def joint(cls, formula: Formula, *, name: str = "L") -> Lagrangian:
        """A Lagrangian over a whole axis: formula(x, i) with x[i] the state along it.

        >>> from amsym.notation import index, state
        >>> lse = Lagrangian.joint(lambda x, i: sp.log(total(sp.exp(x[i]), i)), name="softmax")
        >>> x, i = state("x", "N"), index("i", "N")
        >>> lse.activation(x[i])
        exp(x[i])/(Σ_j exp(x[j]))
        """
        return cls(formula, name=name, kind="joint")

    @classmethod
    def abstract(cls, name: str = "L", *, convex: bool = True) -> Lagrangian:
        """Any Lagrangian of the whole state, named only: its Hessian Λ is symmetric, and semidefinite if convex.

        >>> from amsym.notation import indices, state
        >>> i, j = indices("i j", "N")
        >>> x = state("x", "N")
        >>> Lagrangian.abstract().hessian(x[j], x[i])
        Λ_L_x[i, j]
        """
        properties = ("psd",) if convex else ()
        return cls(lambda x: component(Tensor(f"{name}_{x.name}", (), "activation", properties, (), x, 0), ()), name=name, kind="abstract")

    def of(self, x: Tensor, over: str | None = None) -> sp.Expr:
        """L(x) as one number, summed over all axes that it does not act on jointly."""
        where = fresh_indices(x.axes)
        if self.kind == "abstract":
            return self._replaced(self.formula(x))
        if self.kind == "additive":
            return total(self._replaced(self._scalar(x[where])), *where)
        axis = self.axis(x, over)
        inner = where[axis]
        view = _View(x, where, axis)
        value = self._replaced(self._joint_value(view, inner))
        return total(value, *(w for n, w in enumerate(where) if n != axis))

    def axis(self, x: Tensor, over: str | None = None) -> int:
        """The position of the axis that a joint Lagrangian acts over."""
        names, over = list(x.axes), over or self.over
        if over is None and len(names) == 1:
            return 0
        if over is None or names.count(over) != 1:
            raise ModelError(f"the Lagrangian '{self.name}' acts over one axis of {x.description}; say which with over=, got over={over!r}")
        return names.index(over)

    def activation(self, at: Component, over: str | None = None) -> Any:
        """g_i = ∂L/∂x_i at the component x[i]."""
        return tidy(derivative(self.of(at.tensor, over), at))

    def hessian(self, at: Component, also: Component, over: str | None = None) -> Any:
        """Λ_ij = ∂²L/∂x_i∂x_j at the components x[i], x[j]."""
        return tidy(derivative(self.of(at.tensor, over), at, also))

    def hessian_split(self, at: Component, also: Component, over: str | None = None) -> tuple[Any, Any]:
        """Λ_ij = δ_ij d_i + r_ij as the pair (d_i, r_ij); r is 0 for an additive Lagrangian.

        >>> from amsym import lagrangians
        >>> from amsym.notation import indices, state
        >>> i, j = indices("i j", "N")
        >>> x = state("x", "N")
        >>> lagrangians.tanh().hessian_split(x[i], x[j])
        (1 - tanh(x[i])**2, 0)
        """
        deltas = tuple(Delta(a, b) for a, b in zip(at.where, also.where, strict=True))
        diagonal, rest = split_diagonal(derivative(self.of(at.tensor, over), at, also), deltas)
        return tidy(diagonal.xreplace(dict(zip(also.where, at.where, strict=True)))), tidy(rest)

    def energy(self, x: Tensor, over: str | None = None) -> sp.Expr:
        """The layer's energy Σ_i x_i g_i - L(x), modern_methods eq. (3.3)."""
        where = fresh_indices(x.axes)
        value = self.of(x, over)
        return total(x[where] * tidy(derivative(value, x[where])), *where) - value

    def along(self, over: str | None) -> Lagrangian:
        """The same Lagrangian with the axis settled that it acts over."""
        return Lagrangian(self.formula, name=self.name, kind=self.kind, over=over or self.over, rule=self._rule)

    def xreplace(self, rule: dict[Any, Any]) -> Lagrangian:
        """The same Lagrangian with parameters replaced."""
        return Lagrangian(self.formula, name=self.name, kind=self.kind, over=self.over, rule={**self._rule, **rule})

    def _replaced(self, expr: sp.Expr) -> sp.Expr:
        return expr.xreplace(self._rule) if self._rule else expr

    def _scalar(self, x: sp.Expr) -> sp.Expr:
        value = exact(self.formula(x))
        if not isinstance(value, sp.Expr):
            raise ModelError(f"the Lagrangian '{self.name}' must be a formula in x, got {value!r}")
        return value

    def _joint_value(self, view: _View, inner: Index) -> sp.Expr:
        value = exact(self.formula(view, inner))
        if inner in value.free_symbols:
            raise ModelError(f"the joint Lagrangian '{self.name}' leaves its index '{inner}' free; sum over it with total(..., i)")
        return value

    def __repr__(self) -> str:
        return f"Lagrangian({self.name}, {self.kind})"


class _View:
    """A state along one axis: x[i] with the other indices fixed."""

    def __init__(self, x: Tensor, where: tuple[Index, ...], axis: int) -> None:
        self.x, self.where, self.axis = x, where, axis

    def __getitem__(self, i: Index) -> Any:
        return self.x[tuple(i if n == self.axis else w for n, w in enumerate(self.where))]

    def __iter__(self) -> Any:
        raise ModelError("a joint Lagrangian writes x[i] and sums over i; x itself cannot be iterated over")


def split_diagonal(expr: sp.Expr, deltas: tuple[sp.Expr, ...]) -> tuple[sp.Expr, sp.Expr]:
    """expr = Π deltas · c + r as (c, r), multiplying out only what hides the deltas."""
    if isinstance(expr, sp.Add):
        parts = [split_diagonal(a, deltas) for a in expr.args]
        return sp.Add(*(c for c, _ in parts)), sp.Add(*(r for _, r in parts))
    factors = sp.Mul.make_args(expr)
    if all(d in factors for d in deltas):
        return sp.Mul(*(f for f in factors if f not in deltas)), sp.S.Zero
    for n, f in enumerate(factors):
        if isinstance(f, sp.Add) and f.has(*deltas):
            others = sp.Mul(*factors[:n], *factors[n + 1 :])
            parts = [split_diagonal(others * t, deltas) for t in f.args]
            return sp.Add(*(c for c, _ in parts)), sp.Add(*(r for _, r in parts))
    return sp.S.Zero, expr

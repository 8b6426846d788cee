"""A Lagrangian L(x) is convex; its gradient is the activation g, its Legendre transform <x, g> - L the layer's energy.

Additive ones are a sum of one scalar function, L = Σ_i φ(x_i); joint ones act over a whole axis, as
log Σ_i e^{x_i} does; abstract ones are a name, for theorems that hold for every L.
Source: modern_methods eq. (3.3); dead_neurons section 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import sympy as sp

from amsym.declared import check_activation
from amsym.dual import Dual
from amsym.errors import ModelError, NotationError
from amsym.exact import exact, given
from amsym.facts import Facts, Formula
from amsym.known import Known
from amsym.notation import Component, Delta, Index, Tensor, derivative, fresh_indices, index, lettered, state, tidy, total
from amsym.notation.tensors import component


class Lagrangian(Known, Dual):
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
        self,
        formula: Formula,
        *,
        name: str = "L",
        kind: str = "additive",
        over: str | None = None,
        rule: dict[Any, Any] | None = None,
        activation: Formula | None = None,
        facts: Facts | None = None,
    ) -> None:
        joint = kind == "joint"
        self.formula: Formula = given(formula, f"the {'joint ' if joint else ''}Lagrangian '{name}'", joint)
        self._declared = None if activation is None else given(activation, f"the activation of '{name}'", joint)
        self.name, self.kind, self.over = name, kind, over
        self._rule, self._facts = dict(rule or {}), facts
        if self._declared is not None and facts is None and kind == "additive":
            check_activation(self.formula, self._declared, name)

    @classmethod
    def from_activation(cls, activation: Formula, *, name: str | None = None) -> Lagrangian:
        """The additive Lagrangian whose activation is given: φ(x) = ∫₀ˣ g(u) du up to a constant.

        >>> from amsym.notation import index, state
        >>> Lagrangian.from_activation(sp.tanh).of(state("x", "N"))
        Σ_i log(cosh(x[i]))

        Raises ModelError when no closed form is found; then give the Lagrangian itself.
        """
        from amsym.integration import antiderivative

        x, own = sp.Symbol("x", real=True), str(getattr(activation, "__name__", "L"))
        potential = antiderivative(given(activation, "the activation of a Lagrangian")(x), x)
        return cls(lambda u: potential.subs(x, u), name=name or (own if own.isidentifier() else "L"))

    @classmethod
    def joint(cls, formula: Formula, *, name: str = "L", activation: Formula | None = None, facts: Facts | None = None) -> Lagrangian:
        """A Lagrangian over a whole axis: formula(x, i) with x[i] the state along it.

        >>> from amsym.notation import index, state
        >>> lse = Lagrangian.joint(lambda x, i: sp.log(total(sp.exp(x[i]), i)), name="softmax")
        >>> x, i = state("x", "N"), index("i", "N")
        >>> lse.activation(x[i])
        exp(x[i])/(Σ_j exp(x[j]))
        """
        return cls(formula, name=name, kind="joint", activation=activation, facts=facts)

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
        if self.kind == "abstract":
            return self._replaced(self.formula(x))
        return self._summed(self.formula, x, over)

    def axis(self, x: Tensor, over: str | None = None) -> int:
        """The position of the axis that a joint Lagrangian acts over."""
        names, over = list(x.axes), over or self.over
        if over is None and len(names) == 1:
            return 0
        if over is None or names.count(over) != 1:
            raise ModelError(f"the Lagrangian '{self.name}' acts over one axis of {x.description}; say which with over=, got over={over!r}")
        return names.index(over)

    def activation(self, at: Component, over: str | None = None) -> Any:
        """g_i = ∂L/∂x_i at the component x[i]; in the form that was declared, where one was."""
        if self._declared is not None:
            return tidy(self._at(self._declared, at, over))
        return tidy(derivative(self.of(at.tensor, over), at))

    def hessian(self, at: Component, also: Component, over: str | None = None) -> Any:
        """Λ_ij = ∂²L/∂x_i∂x_j at the components x[i], x[j]."""
        return tidy(self._second(at, also, over))

    def _second(self, at: Component, also: Component, over: str | None) -> sp.Expr:
        if self._declared is not None:
            return derivative(self._at(self._declared, at, over), also)
        return derivative(self.of(at.tensor, over), at, also)

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
        diagonal, rest = split_diagonal(self._second(at, also, over), deltas)
        return tidy(diagonal.xreplace(dict(zip(also.where, at.where, strict=True)))), tidy(rest)

    def energy(self, x: Tensor, over: str | None = None) -> sp.Expr:
        """The layer's energy Σ_i x_i g_i - L(x), modern_methods eq. (3.3)."""
        where = fresh_indices(x.axes)
        return total(x[where] * self.activation(x[where], over), *where) - self.of(x, over)

    @property
    def declares_activation(self) -> bool:
        """Whether the activation was given beside L rather than derived from it."""
        return self._declared is not None

    # Inner workings

    def along(self, over: str | None) -> Lagrangian:
        """The same Lagrangian with the axis settled that it acts over."""
        return self._with(over or self.over, self._rule)

    def xreplace(self, rule: dict[Any, Any]) -> Lagrangian:
        """The same Lagrangian with parameters replaced."""
        return self._with(self.over, {**self._rule, **rule})

    def _with(self, over: str | None, rule: dict[Any, Any]) -> Lagrangian:
        return Lagrangian(self.formula, name=self.name, kind=self.kind, over=over, rule=rule, activation=self._declared, facts=self._facts)

    def _replaced(self, expr: Any) -> Any:
        return expr.xreplace(self._rule) if self._rule else expr

    def _formula_in(self, x: sp.Expr) -> sp.Expr:
        """φ(x) of an additive Lagrangian."""
        return self._replaced(self.formula(x))

    def _summed(self, formula: Formula, x: Tensor, over: str | None) -> sp.Expr:
        """Σ φ(x) over every entry, or a joint formula summed over the other axes."""
        where = fresh_indices(x.axes)
        if self.kind == "additive":
            return total(self._replaced(exact(formula(x[where]))), *where)
        axis = self.axis(x, over)
        value = self._replaced(self._joint_value(formula, _View(x, where, axis), where[axis]))
        return lettered(total(value, *(w for n, w in enumerate(where) if n != axis)))

    def _at(self, formula: Formula, at: Component, over: str | None) -> Any:
        """A formula of one entry, at the component given."""
        if self.kind == "additive":
            return self._replaced(exact(formula(at)))
        axis = self.axis(at.tensor, over)
        return lettered(self._replaced(exact(formula(_View(at.tensor, at.where, axis), at.where[axis]))))

    def _joint_value(self, formula: Formula, view: _View, inner: Index) -> sp.Expr:
        value = exact(formula(view, inner))
        if inner in value.free_symbols:
            raise ModelError(f"the joint Lagrangian '{self.name}' leaves its index '{inner}' free; sum over it with total(..., i)")
        return value

    def __repr__(self) -> str:
        return f"Lagrangian({self.name}, {self.kind})"

    def _repr_html_(self) -> str | None:
        try:
            rows = "".join(f"<tr><td>{what}</td><td>{shown}</td></tr>" for what, shown in self._shown())
        except NotationError:  # its parameters live over an axis that only a Layer knows
            return None
        return f"<table><caption>{escape(self.name)}, {self.kind}</caption><tbody>{rows}</tbody></table>"

    def _shown(self) -> Iterator[tuple[str, str]]:
        """What a notebook shows: L, g and the facts that are known, each with its name."""
        from amsym.render.html import formula_html

        axis = self.over or "N"
        x, i = state("x", axis), index("i", axis)
        yield from (("L", formula_html(self.of(x))), ("activation g<sub>i</sub>", formula_html(self.activation(x[i]))))
        if self.kind == "abstract":
            return
        for words, ends in (("slopes of g", self.slopes), ("values of g", self.bounded_at(x[i]))):
            if ends is not None:
                yield words, " to ".join(map(formula_html, ends))
        if self.kinks:
            yield "kinks", ", ".join(map(formula_html, self.kinks))
        dual = self.conjugate(state("p", axis))
        if dual is not None:
            yield "conjugate L*(p)", f"{formula_html(dual)} for {escape(str(self.conjugate_words))}"
        yield from (("parameter", escape(str(p))) for p in self.parameters)


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

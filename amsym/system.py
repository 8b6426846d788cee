"""A System is named states, their flow dy/dt = f(y) or their update s ← f(s), and an energy E, all in index notation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import product
from typing import Any

import sympy as sp

from amsym.activated import Activated
from amsym.errors import ModelError
from amsym.exact import exact
from amsym.facts import Parameter
from amsym.lagrangian import Lagrangian
from amsym.notation import Component, Entry, Index, Mask, Size, Tensor, Total, free_indices, letters_of, rename


class Time(sp.Symbol):
    """Time in an explicitly time-dependent formula, β(t) say; a parameter that is called t is another symbol."""

    __slots__ = ()

    def __new__(cls) -> Time:
        return sp.Symbol.__xnew__(cls, "t", real=True)

    def __getnewargs_ex__(self) -> tuple[Any, ...]:
        return (), {}

    def _hashable_content(self) -> tuple[Any, ...]:
        return ("t", "time")


time = Time()

ORDERS = ("asynchronous", "synchronous", "sequential")
TIES = ("keep", "up", "down")


class System:
    """States, how they move, and an energy.

    flow: {y[i]: f_i} for dy_i/dt = f_i; or update: {s[i]: f_i} for a discrete step.
    energy: a formula without free indices, or None.
    activations: {y: Lagrangian}, where the author wants the activation of a state to be known as such.
    order: of a discrete update: "asynchronous" (any one at a time), "sequential" (0, 1, 2, ...) or "synchronous".
    activated: the same formulas with activations kept as symbols, where a Memory knows them.
    tie: what sign(0) does in an update: "keep" the old value, "up" or "down".

    >>> from amsym.notation import indices, state, total
    >>> i, y = indices("i", "N")[0], state("y", "N")
    >>> System(flow={y[i]: -y[i]}, energy=total(y[i]**2, i)/2)
    System
      dy[i]/dt = -y[i]
      E = (Σ_i y[i]**2)/2

    Raises ModelError naming the part that does not fit.
    """

    def __init__(
        self,
        flow: Mapping[Any, Any] | None = None,
        energy: Any = None,
        *,
        update: Mapping[Any, Any] | None = None,
        activations: Mapping[Any, Lagrangian] | None = None,
        order: str = "asynchronous",
        tie: str = "keep",
        name: str = "System",
        activated: Activated | None = None,
    ) -> None:
        if (flow is None) == (update is None):
            raise ModelError("a System has a flow={y[i]: ...} or an update={s[i]: ...}: give exactly one of the two")
        if order not in ORDERS or tie not in TIES:
            raise ModelError(f"order is one of {ORDERS} and tie one of {TIES}, got order={order!r}, tie={tie!r}")
        self.name, self.order, self.tie = name, order, tie
        self.flow = _equations(flow, "flow") if flow is not None else None
        self.update = _equations(update, "update") if update is not None else None
        self.states: tuple[Tensor, ...] = tuple(c.tensor for c in self.equations)
        self.energy: sp.Expr | None = None if energy is None else _energy(energy)
        self.activations = _activations(activations or {}, self.states)
        self.activated = activated
        _check_names(self)

    @property
    def equations(self) -> dict[Component, sp.Expr]:
        """The right-hand sides by component, of the flow or of the update."""
        found = self.flow if self.flow is not None else self.update
        assert found is not None
        return found

    @property
    def formulas(self) -> tuple[sp.Expr, ...]:
        """Every formula of the system: right-hand sides, then the energy."""
        return (*self.equations.values(), *(() if self.energy is None else (self.energy,)))

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        """The parameters with axes, by name."""
        found: set[Tensor] = set().union(*(f.atoms(Tensor) for f in self.formulas))
        return tuple(sorted(found - set(self.states), key=lambda p: p.name))

    @property
    def scalars(self) -> tuple[sp.Symbol, ...]:
        """The scalar parameters, by name."""
        found = set().union(*(f.free_symbols for f in self.formulas))
        plain = {s for s in found if isinstance(s, sp.Symbol) and type(s) in (sp.Symbol, sp.Dummy)}
        return tuple(sorted(plain - {time}, key=lambda s: s.name))

    @cached_property
    def requirements(self) -> tuple[tuple[str, Parameter], ...]:
        """What its Lagrangians need of their symbolic parameters to be defined, each with the Lagrangian's name."""
        found = ((L.name, p) for L in self.activations.values() for p in L.parameters)
        return tuple((name, p) for name, p in found if p.defined not in (sp.true, sp.false))

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of all axes, those of the states first."""
        names = [axis for t in (*self.states, *self.parameters) for axis in t.axes]
        names += [i.axis for f in self.formulas for i in sorted(f.atoms(Index), key=str)]
        names += [n.name for f in self.formulas for n in sorted(f.atoms(Size), key=str)]
        return tuple(dict.fromkeys(names))

    @property
    def letters(self) -> dict[str, tuple[str, ...]]:
        """The index letters that the author used, by axis."""
        return letters_of(*self.formulas, *self.equations)

    @property
    def depends_on_time(self) -> bool:
        """Whether t appears explicitly."""
        return any(time in f.free_symbols for f in self.formulas)

    def right_side(self, state: Tensor, where: tuple[Index, ...]) -> sp.Expr:
        """The right-hand side of a state's equation at the given indices."""
        for component, f in self.equations.items():
            if component.tensor == state:
                return rename(f, dict(zip(component.where, where, strict=True)))
        raise ModelError(f"{state.description} is no state of this system; its states are {', '.join(s.name for s in self.states)}")

    def indices(self, state: Tensor) -> tuple[Index, ...]:
        """The indices that the author gave the state's equation."""
        return next(c.where for c in self.equations if c.tensor == state)

    def substitute(self, tensors: Mapping[Tensor, Tensor]) -> System:
        """The same system with tensors replaced, for example by ones with further properties."""
        rule = dict(tensors)

        def new(expr: Any) -> Any:
            return expr.xreplace(rule)

        activations = {rule.get(s, s): lagrangian.xreplace(rule) for s, lagrangian in self.activations.items()}
        equations: Any = {new(c): new(f) for c, f in self.equations.items()}
        kind = {"flow": equations} if self.flow is not None else {"update": equations}
        energy = None if self.energy is None else new(self.energy)
        activated = None if self.activated is None else self.activated.xreplace(rule)
        return System(energy=energy, activations=activations, order=self.order, tie=self.tie, name=self.name, activated=activated, **kind)

    def __repr__(self) -> str:
        left = "d{}/dt =" if self.flow is not None else "{} ←"
        lines = [self.name, *(f"  {left.format(c)} {f}" for c, f in self.equations.items())]
        return "\n".join(lines + ([] if self.energy is None else [f"  E = {self.energy}"]))

    def _repr_html_(self) -> str:
        from amsym.derive import derive

        return derive(self)._repr_html_()


def _equations(given: Mapping[Any, Any], what: str) -> dict[Component, sp.Expr]:
    if not isinstance(given, Mapping):
        raise ModelError(f"{what}= maps each state to its formula, got {given!r}; write {what}={{y[i]: ...}}")
    if not given:
        raise ModelError(f"{what}={{}} has no equation; write {what}={{y[i]: ...}}")
    result: dict[Component, sp.Expr] = {}
    for left, right in given.items():
        component = _left(left, what)
        if component.tensor in {c.tensor for c in result}:
            raise ModelError(f"{what} gives the state '{component.tensor.name}' twice; each state has one equation")
        result[component] = _right(component, right, what)
        if what == "update" and component.tensor.values:
            _check_values(component, result[component])
    return result


def _check_values(component: Component, update: sp.Expr) -> None:
    """An update gives only values that the state was declared to have."""
    allowed = set(component.tensor.values)
    choices = sorted(outermost_choices(update), key=str)
    # A bare sign(h) follows the tie rule at h = 0; inside a larger formula it is 0 there.
    alone = update in (sp.sign(h) * s for n in choices if isinstance(n, sp.sign) for h in n.args for s in (1, -1))
    every = [((-1, 1) if alone else (-1, 0, 1)) if isinstance(n, sp.sign) else (0, 1) for n in choices]
    given = (
        {update.xreplace(dict(zip(choices, map(sp.Integer, case), strict=True))) for case in product(*every)}
        if len(choices) <= 6
        else set()
    )
    if not given or not all(v in allowed for v in given):
        wrong = ", ".join(sorted(str(v) for v in given if v not in allowed)) or str(update)
        raise ModelError(
            f"the update of {component} may give {wrong}, but its values are {component.tensor.values}; "
            "build it from sign(h) or mask(h > 0) so that only declared values come out"
        )


def outermost_choices(update: sp.Basic) -> set[sp.Basic]:
    """The signs, brackets and steps of an update that stand in no other."""
    if isinstance(update, (sp.sign, Mask, sp.Heaviside)):
        return {update}
    return set().union(*(outermost_choices(a) for a in update.args))


def _left(left: Any, what: str) -> Component:
    if isinstance(left, Tensor):
        raise ModelError(f"{what} has the key '{left.name}'; write it with indices: {left.name}[i]")
    if not isinstance(left, Component) or left.tensor.kind != "state":
        raise ModelError(f"the keys of {what} are components of states such as y[i], got {left}")
    if what == "flow" and left.tensor.values:
        raise ModelError(
            f"flow moves {left.tensor.description} continuously, but its values are {left.tensor.values}; drop values=, or give update="
        )
    if len(set(left.where)) != len(left.where):
        raise ModelError(f"the key {left} of {what} repeats an index; name each axis by an index of its own")
    return left


def _right(component: Component, right: Any, what: str) -> sp.Expr:
    right = _formula(right, f"the right-hand side of {component}")
    extra = free_indices(right) - set(component.where)
    if extra:
        names = ", ".join(sorted(i.name for i in extra))
        raise ModelError(
            f"{what} of {component}: index {names} stands free on the right but not on the left; sum over it with total(..., {names})"
        )
    return right


def _energy(energy: Any) -> sp.Expr:
    energy = _formula(energy, "the energy")
    free = free_indices(energy)
    if free:
        names = ", ".join(sorted(i.name for i in free))
        raise ModelError(f"the energy has the free index {names}; an energy is one number: sum over it with total(..., {names})")
    return energy


def _formula(expr: Any, what: str) -> sp.Expr:
    if isinstance(expr, Tensor):
        raise ModelError(f"{what} is the bare tensor '{expr.name}'; write it with indices, {expr.name}[i]")
    try:
        expr = sp.sympify(expr, strict=True)
    except sp.SympifyError as error:
        raise ModelError(f"{what} is a formula in index notation, got {expr!r}") from error
    if not isinstance(expr, sp.Expr):
        raise ModelError(f"{what} is a formula in index notation, got {expr}")
    if expr.has(sp.Sum, sp.Product, sp.Indexed, sp.MatrixExpr):
        raise ModelError(f"{what} uses SymPy's own Sum, Indexed or matrices; write sums with total(..., i) and components as y[i]")
    if expr.has(sp.nan, sp.zoo, sp.oo, -sp.oo, sp.I):
        raise ModelError(f"{what} holds nan, an infinity or the imaginary unit: {expr}")
    expr = exact(expr)
    entries = sorted(expr.atoms(Entry), key=str)
    if entries:
        raise ModelError(
            f"{what} holds the explicit entry {entries[0]}; in index notation write {entries[0].tensor.name}[i], with a mask to pick places"
        )
    return expr


def _activations(given: Mapping[Any, Lagrangian], states: tuple[Tensor, ...]) -> dict[Tensor, Lagrangian]:
    by_name = {s.name: s for s in states}
    result: dict[Tensor, Lagrangian] = {}
    for key, lagrangian in given.items():
        name = key if isinstance(key, str) else getattr(getattr(key, "tensor", key), "name", None)
        if name not in by_name:
            raise ModelError(f"activations= names {key!r}, which is no state; the states are {', '.join(by_name)}")
        if not isinstance(lagrangian, Lagrangian):
            raise ModelError(f"activations= maps a state to a Lagrangian such as am.lagrangians.tanh(), got {lagrangian!r} for '{name}'")
        result[by_name[name]] = lagrangian
    return result


def _check_names(system: System) -> None:
    """One name, one meaning; every state that appears has an equation."""
    seen: dict[str, Any] = {}
    tensors = sorted(set().union(*(f.atoms(Tensor) for f in system.formulas)) | set(system.states), key=lambda t: t.name)
    for t in (*tensors, *system.scalars, *([time] if system.depends_on_time else [])):
        if t.name in seen:
            raise ModelError(f"the name '{t.name}' stands for two things: {_describe(seen[t.name])} and {_describe(t)}; rename one")
        seen[t.name] = t
    axes = set(system.axes) & {s.name for s in system.scalars}
    if axes:
        name = min(axes)
        raise ModelError(
            f"'{name}' is the name of an axis and of a scalar parameter; write am.size('{name}') for its size, or rename the parameter"
        )
    for t in tensors:
        if t.kind == "state" and t not in system.states:
            raise ModelError(
                f"the formulas use the state '{t.name}', which has no equation; add {t.name}[...] to the flow, or make it a parameter"
            )
        if t.kind == "activation" and t.of is None:
            raise ModelError(
                f"the formulas use the activation '{t.name}' of a layer; build the System from a Memory, "
                "or write it as a function of the state"
            )


def _describe(thing: Any) -> str:
    if thing == time:
        return "time, am.time"
    if isinstance(thing, Tensor):
        return thing.description + (f" ({', '.join(thing.properties)})" if thing.properties else "")
    return "a scalar parameter"


__all__ = ["System", "Total", "time"]

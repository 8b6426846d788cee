"""v·∇E = 0 as an identity: Σ_s Σ_i v_s[i] ∂E/∂y_s[i] reduces to zero, for every size, parameter and state.

Lemma: where E is continuous and v·∇E = 0 wherever E is differentiable, E is constant along y' = v(y). For discrete
symmetries E(σ y) - E(y) reduces to zero; places of an axis may be permuted when nothing in E tells them apart.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.activated import Activated, opened
from amsym.notation import Component, Delta, Index, Mask, Tensor, Total, derivative, free_indices, fresh_indices, is_zero, rename, total
from amsym.notation.canonical import canonical_core
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.regularity import chain_rule_holds, conditions, unknown_functions
from amsym.symmetry.family import Family
from amsym.symmetry.templates import at
from amsym.system import System

# Seconds for the normal forms of one identity.
SECONDS = 2.5
CONSTANT = "a continuous E with v·∇E = 0 wherever it is differentiable is constant along dy/dt = v(y)"


def proved_family(system: System, family: Family) -> list[dict[str, str]] | None:
    """The steps that show E constant along the family, or None where none were found.

    >>> from amsym.notation import index, state, total
    >>> from amsym.symmetry.family import family
    >>> from amsym.symmetry.templates import kinds, templates
    >>> from fractions import Fraction
    >>> h, i = state("h", "N"), index("i", "N")
    >>> system = System(flow={h[i]: -h[i]}, energy=sp.log(total(sp.exp(h[i]), i)) - total(h[i], i)/i.size)
    >>> kind = kinds((h,))[0]
    >>> shift = family(kind, ((Fraction(1), templates((h,), kind, 0, True)[0]),), frozenset())
    >>> proved_family(system, shift)[0]["identity"]
    'Σ v·∇E = 0 with δh[i] = c'
    """
    fields = {s: (where, family.formula(s, where)) for s in family.states for where in [_indices(s)]}
    words = ", ".join(f"δ{at(s, where)} = {v}" for s, (where, v) in fields.items())
    if is_continuous(system):
        if _in_time(lambda: _rate_vanishes(system, fields)):
            return [{"identity": f"Σ v·∇E = 0 with {words}"}, {"lemma": CONSTANT, "hypothesis": _domain(system)}]
        return None
    if family.is_shift and not _is_abstract(system) and _in_time(lambda: _shift_is_exact(system, fields)):
        return [{"identity": f"E(y + v) - E(y) = 0 with {words}"}]
    return None


def _indices(s: Tensor) -> tuple[Index, ...]:
    # Names apart from those of the templates' own bound indices.
    return fresh_indices(s.axes)


def is_continuous(system: System) -> bool:
    """Whether E is known to be continuous where it is defined."""
    assert system.energy is not None
    return chain_rule_holds(system.energy, system.states) and not unknown_functions(system.energy, system.states)


def _domain(system: System) -> str:
    """Where E is continuous, in words."""
    try:
        with time_limit(SECONDS):
            found = [c.text for c in conditions(system.energy)]  # type: ignore[arg-type]
    except OutOfTime:
        return "E is continuous where it is defined"
    return f"E is continuous where it is defined: {'; '.join(found)}" if found else "E is continuous"


def _is_abstract(system: System) -> bool:
    """Whether the energy holds a Lagrangian that is only named: a function of the whole state in which nothing can be replaced."""
    energy: Any = system.energy
    return any(t.kind == "activation" for t in energy.atoms(Tensor))


def _in_time(test: Any) -> bool:
    try:
        with time_limit(SECONDS):
            return bool(test())
    except OutOfTime:
        return False


Fields = dict[Tensor, tuple[tuple[Index, ...], sp.Expr]]


def _rate_vanishes(system: System, fields: Fields) -> bool:
    if system.activated is not None and _vanishes_by_layers(system.activated, fields):
        return True
    return is_zero(_along(system.energy, fields))


def _along(expr: Any, fields: Fields) -> sp.Expr:
    """v·∇ of an expression."""
    parts = [
        total(v * derivative(expr, at(s, w)), *w) if w else v * derivative(expr, at(s, w)) for s, (w, v) in _apart(expr, fields).items()
    ]
    return sp.Add(*parts)


def _apart(expr: Any, fields: Fields) -> Fields:
    """The fields with indices that do not stand free in the expression."""
    result: Fields = {}
    for s, (where, v) in fields.items():
        new = fresh_indices(s.axes, free_indices(expr))
        result[s] = (new, rename(v, dict(zip(where, new, strict=True))))
    return result


def _vanishes_by_layers(form: Activated, fields: Fields) -> bool:
    """In E(x, g) with g = u(x): the part in x opened, and the part in g with v·∇g = A g, the same field in g, or 0."""
    changes: Fields = {}
    for s, (where, v) in fields.items():
        g = form.tensor_of(s)
        if g is None:
            continue
        u = form.formulas[g](*where)
        rate = _along(u, fields)
        like = v.xreplace({s: g}) if v.has(s) else None
        if like is not None and is_zero(rate - form.opened(like)):
            changes[g] = (where, like)
        elif not is_zero(rate):
            return False
    return is_zero(form.opened(_along(form.energy, fields))) and is_zero(_along(form.energy, changes))


def _shift_is_exact(system: System, fields: Fields) -> bool:
    def moved(s: Tensor) -> Any:
        where, v = fields[s]
        return lambda *to: at(s, to) + rename(v, dict(zip(where, to, strict=True)))

    return is_zero(opened(system.energy, {s: moved(s) for s in fields}) - system.energy)


def proved_flip(system: System, states: tuple[Tensor, ...]) -> bool:
    """E(-y) = E(y) with the sign of these states turned (a state with two values: the values exchanged).

    >>> from amsym.notation import index, state, total
    >>> y, i = state("y", "N"), index("i", "N")
    >>> proved_flip(System(flow={y[i]: -y[i]}, energy=total(y[i]**2, i)), (y,))
    True
    """
    if _is_abstract(system):
        return False
    return _in_time(lambda: _flip_by_layers(system.activated, states) or is_zero(flipped(system.energy, states) - system.energy))


def flipped(energy: Any, states: tuple[Tensor, ...]) -> sp.Expr:
    """The energy with these states turned over."""
    return opened(energy, {s: _turned(s) for s in states})


def _turned(s: Tensor) -> Any:
    centre = sum(s.values) if s.values else 0
    return lambda *where: centre - at(s, where)


def _flip_by_layers(form: Activated | None, states: tuple[Tensor, ...]) -> bool:
    if form is None:
        return False
    pairs = [(form.tensor_of(s), s) for s in states]
    for g, s in pairs:
        where = fresh_indices(s.axes)
        if g is None or not is_zero(flipped(form.formulas[g](*where), states) + form.formulas[g](*where)):
            return False
    turned = {**{s: _turned(s) for s in states}, **{g: _turned(g) for g, _ in pairs if g is not None}}
    return is_zero(opened(form.energy, turned) - form.energy)


def proved_swap(system: System, a: Tensor, b: Tensor) -> bool:
    """E with two states over the same axes exchanged is E."""
    return not _is_abstract(system) and _in_time(lambda: is_zero(swapped_energy(system.energy, a, b) - system.energy))


def swapped_energy(energy: Any, a: Tensor, b: Tensor) -> sp.Expr:
    """The energy with the two states exchanged."""
    return opened(energy, {a: lambda *where: at(b, where), b: lambda *where: at(a, where)})


def permutable(system: System, axis: str) -> bool:
    """Whether nothing in the energy tells the places of an axis apart, so that all states over it may be permuted at once.

    Checked: no parameter has the axis; indices over it stand in components of states, in deltas, in sums and in brackets
    that compare two of them for being equal or not, and nowhere else.
    """
    energy: Any = system.energy
    if _is_abstract(system):
        return False
    if alike(energy, axis):
        return True
    try:
        with time_limit(SECONDS):
            return alike(canonical_core(energy), axis)
    except OutOfTime:
        return False


def alike(expr: Any, axis: str) -> bool:
    """Whether a formula tells no places of an axis apart, as it is written."""
    if isinstance(expr, Tensor):
        return True
    if isinstance(expr, Component):
        return expr.tensor.kind == "state" or axis not in expr.tensor.axes
    if isinstance(expr, Delta):
        return all(isinstance(i, Index) for i in expr.args) or not _on(expr, axis)
    if isinstance(expr, Mask) and isinstance(expr.condition, (sp.Eq, sp.Ne)) and all(isinstance(a, Index) for a in expr.condition.args):
        return True
    if isinstance(expr, Index):
        return expr.axis != axis
    if isinstance(expr, Total):
        return alike(expr.body, axis)
    return all(alike(a, axis) for a in expr.args)


def _on(expr: Any, axis: str) -> bool:
    return any(isinstance(i, Index) and i.axis == axis for i in expr.args)


__all__ = ["alike", "flipped", "is_continuous", "permutable", "proved_family", "proved_flip", "proved_swap", "swapped_energy"]

"""Layer energies x·g - L in forms that keep their digits: of 1000 tanh 1000 - log cosh 1000 only log 2 is left.

Where the energy of a system holds a layer's terms Σ x g - L, they are exchanged for the Lagrangian's own stable form before
lowering, and their gradient for the Hessian times x, which is the same by ∂(x·g - L)/∂x = Λ x. In programs without shifts, sums
of exponentials are moderate (see `numeric.program`): there the plain form of a log-sum-exp loses few digits and is faster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import sympy as sp

from amsym.lagrangian import Lagrangian
from amsym.notation import Component, Tensor, Total, derivative, fresh_indices, total
from amsym.notation.tidy import renumbered
from amsym.system import System
from numeric.scaled import carries


def stable(system: System, expr: sp.Expr, shifts: bool) -> sp.Expr:
    """The formula with layer energies and Lagrangians in stable forms, where it holds them term by term.

    >>> from amsym import zoo
    >>> system = zoo.hopfield("relu")
    >>> print(stable(system, system.energy, True))
    -(Σ_i b[i]*Max(0, y[i])) - (Σ_ij W[i, j]*Max(0, y[i])*Max(0, y[j]))/2 + (Σ_i Max(0, y[i])**2)/2
    """
    for state, lagrangian in _layers(system):
        plain = lagrangian.of(state)
        if shifts or lagrangian.kind == "additive" or not any(carries(t.body) for t in plain.atoms(Total)):
            expr = exchanged(expr, lagrangian.energy(state), lagrangian.stable_energy(state))
        for sign in (1, -1):
            value = lagrangian.stable_value(state)
            expr = exchanged(expr, sign * plain, None if value is None else sign * value)
    return expr


def slope(system: System, energy: sp.Expr, at: Component) -> sp.Expr:
    """∂E/∂x, with Λ x for each layer energy: in its stable form, or where g and L' as they were given would not cancel exactly."""
    result = sp.S.Zero
    for state, lagrangian in _layers(system):
        image = _image(lagrangian, state, at)
        rest = energy if image is None else exchanged(energy, lagrangian.energy(state), sp.S.Zero)
        if image is not None and rest != energy:
            energy, result = rest, result + image
    return derivative(energy, at) + result


def _image(lagrangian: Lagrangian, state: Tensor, at: Component) -> sp.Expr | None:
    """Λ x at a component; None where the derivative of x·g - L as it stands does as well."""
    stable_slope = lagrangian.stable_slope(state[fresh_indices(state.axes)])
    if stable_slope is None and not lagrangian.declares_activation:
        return None
    if state != at.tensor:
        return sp.S.Zero
    if stable_slope is not None:
        return lagrangian.stable_slope(at)
    other = fresh_indices(state.axes, at.where)
    return total(lagrangian.hessian(at, state[other]) * state[other], *other)


def exchanged(expr: sp.Expr, plain: sp.Expr, better: sp.Expr | None) -> sp.Expr:
    """expr - plain + better where expr holds every term of plain, whatever the letters of its sums; else expr."""
    if better is None or better == plain:
        return expr
    for form in (sp.Add.make_args, _spread):
        there = [(renumbered(t), t) for t in form(expr)]
        wanted = Counter(renumbered(t) for t in form(plain))
        if not wanted - Counter(key for key, _ in there):
            return sp.Add(*_left(there, wanted), better)
    return expr


def _left(there: list[tuple[sp.Expr, sp.Expr]], taken: Counter[sp.Expr]) -> Iterator[sp.Expr]:
    """The terms that are left when so many of each are taken: one that stands twice is taken once."""
    left = Counter(taken)
    for key, term in there:
        if left[key] > 0:
            left[key] -= 1
        else:
            yield term


def _spread(expr: sp.Expr) -> list[sp.Expr]:
    """The terms, those of Σ (y - b) g one by one, as papers write it."""
    found: list[sp.Expr] = []
    for t in sp.Add.make_args(expr):
        number, total_ = t.as_coeff_Mul()
        inner = sp.Add.make_args(sp.expand_mul(total_.body)) if isinstance(total_, Total) else ()
        found += [number * Total(u, *total_.bound) for u in inner] if len(inner) > 1 else [t]  # type: ignore[attr-defined]
    return found


def _layers(system: System) -> Iterator[tuple[Tensor, Lagrangian]]:
    """The states whose Lagrangian is known, with the axis that it acts over."""
    for state, lagrangian in system.activations.items():
        if lagrangian.kind == "additive" or (lagrangian.kind == "joint" and (lagrangian.over or len(state.axes) == 1)):
            yield state, lagrangian

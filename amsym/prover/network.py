"""f_i = r_i (Σ_j W_ij g_j - y_i + b_i): rates, couplings and the largest slopes of g, found in the formulas.

The form is read off a Memory's activations, off the Jacobian -r δ_ij + w_ij s(y_j), or off a joint Lagrangian.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp

from amsym.lagrangian import split_diagonal
from amsym.notation import Component, Delta, Index, Tensor, Total, depends_on, derivative, fresh_indices, rename, tidy, total
from amsym.notation.canonical import canonical_core
from amsym.prover.activation import _forms
from amsym.prover.bounds import known
from amsym.prover.convexity import is_convex
from amsym.prover.regularity import conditions, is_continuous, unknown_functions
from amsym.prover.signs import is_positive
from amsym.prover.slopes import joint_slope, moves, slope_bounds
from amsym.system import System

Block = tuple[Tensor, Tensor]
Couplings = dict[Block, tuple[sp.Expr, tuple[Index, ...], tuple[Index, ...]]]


@dataclass(frozen=True)
class Network:
    """Rates r > 0, couplings W by (row, column) with their indices, slopes 0 or -c ≤ g' ≤ c, and whether g acts on each entry alone."""

    rates: Mapping[Tensor, sp.Expr]
    couplings: Mapping[Block, tuple[sp.Expr, tuple[Index, ...], tuple[Index, ...]]]
    slopes: Mapping[Tensor, sp.Expr]
    monotone: bool
    additive: bool
    lemmas: tuple[str, ...] = field(default=())


def network(system: System) -> Network | None:
    """The system as rates times Σ W g - y + b, or None.

    >>> from amsym import zoo
    >>> net = network(zoo.hopfield("tanh"))
    >>> list(net.slopes.values()), net.monotone, net.additive
    ([1], True, True)
    """
    if system.flow is None or conditions(*system.formulas):
        return None
    if any(unknown_functions(f, system.states) or not is_continuous(f, system.states) for f in system.flow.values()):
        return None
    return _by_activations(system) or _by_jacobian(system) or _by_potential(system)


def _by_activations(system: System) -> Network | None:
    """From a Memory, or from the one state's activation found in the formulas."""
    if system.activated is None and len(system.states) > 1:
        return None
    options = _forms(system, system.states[0])
    form = system.activated or (options[0][0] if options else None)
    if form is None or set(form.states.values()) != set(system.states):
        return None
    potentials = {s: p for s in system.states for _, p, _ in _forms(system, s)[:1]}
    rates: dict[Tensor, sp.Expr] = {}
    couplings: Couplings = {}
    for at, f in form.flow.items():
        if any(depends_on(derivative(f, s[fresh_indices(s.axes, at.where)]), s) for s in system.states):
            return None
        rate = _rate(f, at, system.states)
        if rate is None:
            return None
        rates[at.tensor] = rate
        for g, s in form.states.items():
            other = fresh_indices(s.axes, at.where)
            weight = tidy(derivative(f, g[other]) / rate)
            if moves(weight, (*system.states, *form.states)):
                return None
            if weight != 0:
                couplings[at.tensor, s] = weight, at.where, other
    return _sloped(system, rates, couplings, potentials)


def _by_potential(system: System) -> Network | None:
    """One state with f = -r y ± Σ_j V_ij g_j + b, g the gradient of its joint Lagrangian and V a parameter."""
    assert system.flow is not None
    ((at, f),) = system.flow.items() if len(system.flow) == 1 else ((None, sp.S.Zero),)
    if at is None or not at.where:
        return None
    declared = system.activations.get(at.tensor)
    options = [declared.of(at.tensor)] if declared is not None else [p for _, p, _ in _forms(system, at.tensor)]
    other = fresh_indices(at.tensor.axes, at.where)
    for potential in options:
        g = derivative(potential, at.tensor[other])
        for V in (V for V in system.parameters if V.axes == at.tensor.axes * 2):
            for weight in dict.fromkeys((V[at.where + other], V[other + at.where])):
                for sign in (1, -1):
                    rest = canonical_core(f - sign * total(weight * g, *other))
                    rate = _rate(rest, at, system.states)
                    if rate is not None:
                        couplings = {(at.tensor, at.tensor): (tidy(sign * weight / rate), at.where, other)}
                        return _sloped(system, {at.tensor: rate}, couplings, {at.tensor: potential})
    return None


def _rate(f: sp.Expr, at: Component, states: tuple[Tensor, ...]) -> sp.Expr | None:
    """The r > 0 with ∂f_i/∂y_j = -r δ_ij while activations stand still."""
    for s in states:
        other = fresh_indices(s.axes, at.where)
        slope = derivative(f, s[other])
        if s != at.tensor:
            if slope != 0:
                return None
            continue
        deltas = tuple(Delta(a, b) for a, b in zip(at.where, other, strict=True))
        diagonal, rest = split_diagonal(slope, deltas)
        rate = tidy(-diagonal.xreplace(dict(zip(other, at.where, strict=True))))
        if rest != 0 or moves(rate, states) or not is_positive(rate):
            return None
    return rate


def _sloped(
    system: System,
    rates: dict[Tensor, sp.Expr],
    couplings: Couplings,
    potentials: Mapping[Tensor, sp.Expr],
) -> Network | None:
    used = {s for _, s in couplings}
    slopes: dict[Tensor, sp.Expr] = {}
    lemmas, monotone, additive = [], True, True
    for s in used:
        own = _diagonal(potentials[s], s) if s in potentials else None
        if own is not None:
            found = slope_bounds(own, system.states)
            if found is None:
                return None
            low, slopes[s] = found
            monotone = monotone and known(low >= 0)
            lemmas.append(f"{low} ≤ ∂g_{s.name} ≤ {slopes[s]} for every state")
            continue
        top = joint_slope(potentials[s], s) if s in potentials else None
        if top is None or not is_convex(potentials[s], s):
            return None
        slopes[s], additive = top, False
        lemmas.append(f"0 ⪯ ∂g_{s.name} ⪯ {top} for every state")
    if any(c.atoms(Index) for c in slopes.values()):
        return None
    slopes |= {s: sp.S.One for s in system.states if s not in used}
    return Network(rates, couplings, slopes, monotone, additive, tuple(lemmas))


def _diagonal(potential: sp.Expr, s: Tensor) -> sp.Expr | None:
    """The diagonal of the Hessian where that is all of it."""
    where = fresh_indices(s.axes)
    other = fresh_indices(s.axes, where)
    deltas = tuple(Delta(a, b) for a, b in zip(where, other, strict=True))
    diagonal, rest = split_diagonal(derivative(potential, s[where], s[other]), deltas)
    return None if rest != 0 else tidy(diagonal.xreplace(dict(zip(other, where, strict=True))))


def _by_jacobian(system: System) -> Network | None:
    """∂f_i/∂y_j = -r δ_ij + w_ij s_j(y_j), with the same s for every row."""
    assert system.flow is not None
    rates: dict[Tensor, sp.Expr] = {}
    couplings: Couplings = {}
    shapes: dict[Tensor, sp.Expr] = {}
    for at, f in system.flow.items():
        for s in system.states:
            other = fresh_indices(s.axes, at.where)
            slope = canonical_core(derivative(f, s[other] if other else Component(s)))
            rest = slope
            if s == at.tensor:
                deltas = tuple(Delta(a, b) for a, b in zip(at.where, other, strict=True))
                diagonal, rest = split_diagonal(slope, deltas)
                same = dict(zip(other, at.where, strict=True))
                rate = tidy(-diagonal.xreplace(same)) if deltas else sp.S.Zero
                if moves(rate, system.states) or not is_positive(rate):
                    return None
                rates[s] = rate
            if rest == 0:
                continue
            parts = _parted(rest, s, other, system.states)
            if parts is None or shapes.setdefault(s, _named(parts[1], other)) != _named(parts[1], other):
                return None
            couplings[at.tensor, s] = parts[0], at.where, other
    couplings = {(r, s): (tidy(w / rates[r]), a, b) for (r, s), (w, a, b) in couplings.items()}
    return _shaped(system, rates, couplings, shapes)


def _named(shape: sp.Expr, other: tuple[Index, ...]) -> sp.Expr:
    return canonical_core(rename(shape, dict(zip(other, fresh_indices(tuple(i.axis for i in other)), strict=True))))


def _parted(rest: sp.Expr, s: Tensor, other: tuple[Index, ...], states: tuple[Tensor, ...]) -> tuple[sp.Expr, sp.Expr] | None:
    """w s with w free of states and s a function of y_j alone, the same in every term."""
    weights: list[sp.Expr] = []
    shapes: set[sp.Expr] = set()
    for term in sp.Add.make_args(rest):
        moving = [f for f in sp.Mul.make_args(term) if moves(f, states)]
        weights.append(term / sp.Mul(*moving))
        shapes.add(sp.Mul(*moving))
    if len(shapes) > 1:
        return _collected(rest, s, other, states)
    shape = shapes.pop()
    return (sp.Add(*weights), shape) if _is_own(shape, s, other, states) else None


def _collected(rest: sp.Expr, s: Tensor, other: tuple[Index, ...], states: tuple[Tensor, ...]) -> tuple[sp.Expr, sp.Expr] | None:
    """The same where the weight multiplies several terms, w (1 - tanh²) written out."""
    parts: dict[sp.Expr, sp.Expr] = {}
    for term in sp.Add.make_args(rest):
        fixed = sp.Mul(*(f for f in sp.Mul.make_args(term) if not moves(f, states)))
        number, weight = fixed.as_coeff_Mul()
        parts[weight] = parts.get(weight, sp.S.Zero) + number * term / fixed
    if len(parts) != 1:
        return None
    ((weight, shape),) = parts.items()
    return (weight, shape) if _is_own(shape, s, other, states) else None


def _is_own(shape: sp.Expr, s: Tensor, other: tuple[Index, ...], states: tuple[Tensor, ...]) -> bool:
    return all(c == s[other] for c in shape.atoms(Component) if c.tensor in states) and not any(
        moves(t, states) for t in shape.atoms(Total)
    )


def _shaped(
    system: System,
    rates: dict[Tensor, sp.Expr],
    couplings: Couplings,
    shapes: dict[Tensor, sp.Expr],
) -> Network | None:
    slopes: dict[Tensor, sp.Expr] = dict.fromkeys(system.states, sp.S.One)
    lemmas, monotone = [], True
    for s, shape in shapes.items():
        found = slope_bounds(shape, system.states)
        if found is None:
            return None
        low, slopes[s] = found
        monotone = monotone and known(low >= 0)
        lemmas.append(f"{low} ≤ ∂g_{s.name} ≤ {slopes[s]} for every state")
    if any(c.atoms(Index) for c in slopes.values()):
        return None
    return Network(rates, couplings, slopes, monotone, True, tuple(lemmas))


__all__ = ["Network", "network"]

"""Proposition 1, E(y + V c) = E(y) along dead directions, by identities: ∂E/∂y_k = 0 on a ray, Σ_k v_k ∂E/∂y_k = 0 for a null vector.

On a ray y_k ≤ a only the component with the free index k is put on the ray; sums still run over all components, the k-th
among them, and keep it as a free number, so what is shown is more than is needed.
Where activations are kept as symbols, dE = ∂E/∂y dy + ∂E/∂g dg with dg = 0 along a dead direction: only ∂E/∂y at fixed g is left.
Where E has brackets of the state, whose derivative says nothing of jumps, a shift is shown flat by E(y + c v) - E(y) = 0 itself.
Source: dead_neurons Proposition 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from amsym.activated import opened
from amsym.dead import Dead, NullVector, Ray
from amsym.dead.shifts import shift_rate
from amsym.notation import Component, Delta, Index, Tensor, depends_on, derivative, is_zero, total
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.joined import without_joined
from amsym.prover.pieces import pieces
from amsym.prover.regularity import chain_rule_holds, conditions
from amsym.prover.signs import is_nonnegative, is_positive
from amsym.system import System

# Seconds for the normal forms of one direction.
SECONDS = 4.0
LINE = "a locally Lipschitz, definable E is the integral of its formal derivative along a line (Bolte and Pauwels 2021)"
FIXED = "along a dead direction the activation does not move, so that only ∂E/∂y at fixed activations is left"


@dataclass(frozen=True)
class Flat:
    """One dead direction and whether the energy was shown flat along it: the identity and lemmas, or why not."""

    dead: Dead
    direction: Ray | NullVector
    identity: str = ""
    lemmas: tuple[str, ...] = ()
    why: str = ""

    @property
    def shown(self) -> bool:
        """Whether the energy is constant along the direction."""
        return bool(self.identity)

    @property
    def words(self) -> str:
        """The direction in words."""
        if isinstance(self.direction, Ray):
            return self.direction.condition(self.dead.component)
        return self.dead.motion(self.direction)


def flatness(system: System, found: tuple[Dead, ...], values: Mapping[sp.Symbol, Any] | None = None) -> list[Flat]:
    """For each exact dead direction: is E constant along it, for every size, state and parameter, at any fixed time?

    >>> from amsym import zoo
    >>> from amsym.dead import dead
    >>> system = zoo.hopfield("relu")
    >>> [(f.words, f.identity) for f in flatness(system, dead(system))]
    [('y[i] ≤ 0', '∂E/∂y[i] = 0 where y[i] ≤ 0')]
    """
    asked = [_Asked(system, d, dict(values or {})) for d in found]
    return [_in_time(a, direction) for a in asked for direction in a.directions]


def _in_time(asked: _Asked, direction: Ray | NullVector) -> Flat:
    try:
        with time_limit(SECONDS):
            return asked.ray(direction) if isinstance(direction, Ray) else asked.vector(direction)
    except OutOfTime:
        return Flat(asked.dead, direction, why="the normal form of its derivative was not finished in time")


class _Asked:
    """The energy of a system and one state's dead directions."""

    def __init__(self, system: System, found: Dead, values: dict[sp.Symbol, Any]) -> None:
        assert system.energy is not None
        self.system, self.dead, self.values = system, found, values
        self.energy: sp.Expr = system.energy.xreplace(values)
        self.y = found.component

    @property
    def directions(self) -> list[Ray | NullVector]:
        """All exact dead directions of the state."""
        return [*self.dead.rays, *self.dead.vectors]

    @cached_property
    def smooth(self) -> bool:
        """Whether the formal derivative determines E along lines."""
        return chain_rule_holds(without_joined(self.energy, self.system.states), self.system.states)

    def ray(self, ray: Ray) -> Flat:
        """∂E/∂y_k = 0 on the ray."""
        if not self.smooth or any(not c.sizes for c in conditions(self.energy)):
            return Flat(self.dead, ray, why="the energy may jump, or is not defined everywhere")
        for slope, lemmas in self._slopes():
            if _vanishes_on(slope, self.y, ray):
                return Flat(self.dead, ray, f"∂E/∂{self.y} = 0 where {ray.condition(self.y)}", (LINE, *lemmas))
        return Flat(self.dead, ray, why=f"∂E/∂{self.y} was not shown to vanish where {ray.condition(self.y)}")

    def vector(self, v: NullVector) -> Flat:
        """E(y + c v) = E(y) by rules for a shift, or Σ_k v_k ∂E/∂y_k = 0."""
        entry, name = full_vector(self.dead, v), self.dead.state.name
        if not v.scaling and shift_rate(self.energy, self.dead.state, self._moving_row(v)) == 0:
            return Flat(self.dead, v, f"E({name} + c v) = E({name}) for v = {entry}", (SHIFT,))
        if self.smooth and self._stays_defined(v, entry):
            for slope, lemmas in self._slopes():
                if is_zero(total(entry * slope, *self.dead.joint)):
                    return Flat(self.dead, v, f"Σ_{_letters(self.dead.joint)} v ∂E/∂{self.y} = 0 for v = {entry}", (LINE, *lemmas))
        return Flat(self.dead, v, why=f"the derivative of E along v = {entry} was not shown to vanish")

    def _slopes(self) -> Iterator[tuple[sp.Expr, tuple[str, ...]]]:
        """∂E/∂y_k at fixed activations, where these are symbols; then the whole ∂E/∂y_k."""
        form = self.system.activated
        if form is not None and form.tensor_of(self.dead.state) is not None:
            yield form.opened(derivative(form.energy, self.y)).xreplace(self.values), (FIXED,)
        yield derivative(self.energy, self.y), ()

    def _moving_row(self, v: NullVector) -> Any:
        """v at one row of the state, 0 at the others: each row may be moved alone."""
        rows = [n for n, i in enumerate(self.dead.where) if i not in self.dead.joint]

        def entry(at: Component) -> sp.Expr:
            here = sp.Mul(*(Delta(at.where[n], self.dead.where[n]) for n in rows))
            return here * _entry(self.dead, v, at.where)

        return entry

    def _stays_defined(self, v: NullVector, entry: sp.Expr) -> bool:
        """Whether no log, root or denominator of E loses its meaning along the line: it stays positive, or as it is, or scales."""
        if all(c.sizes for c in conditions(self.energy)):
            return True
        return all(is_positive(u) or self._keeps(u, v, entry) for u in _delicate(self.energy, self.dead.state))

    def _keeps(self, u: sp.Expr, v: NullVector, entry: sp.Expr) -> bool:
        """u does not change along v, or u is homogeneous (of degree 1 or 2) along a scaling."""
        slope = total(entry * derivative(u, self.y), *self.dead.joint)
        return any(is_zero(slope - n * u) for n in ((0, 1, 2) if v.scaling else (0,)))


SHIFT = "e(x + c v) = e(x) + c k by rules for sums, products and functions, with k reduced to zero (exact at kinks too)"


def _letters(where: tuple[Index, ...]) -> str:
    return "".join(i.name for i in where)


def _delicate(e: sp.Basic, state: Tensor) -> set[sp.Expr]:
    """Arguments of logs, and bases of roots and denominators, that depend on the state."""
    found = {p.base for p in e.atoms(sp.Pow) if not isinstance(p, sp.exp) and (p.exp.is_negative or not p.exp.is_Integer)}
    return {u for u in found | {f.args[0] for f in e.atoms(sp.log)} if depends_on(u, state)}


def _vanishes_on(slope: sp.Expr, y: Component, ray: Ray) -> bool:
    t = sp.Dummy("t", real=True)
    on_line = slope.xreplace({y: t})
    taken = pieces(on_line, t)
    if taken is None:
        return is_zero(slope.xreplace({y: ray.point(sp.Dummy("t", positive=True))}))
    return all(is_zero(f) for low, high, f in taken.intervals() if not _outside(ray, low, high))


def _outside(ray: Ray, low: sp.Expr, high: sp.Expr) -> bool:
    """Whether an open interval does not meet the ray."""
    if ray.end in (sp.oo, -sp.oo):
        return False
    if ray.side < 0:
        return low != -sp.oo and is_nonnegative(low - ray.end)
    return high != sp.oo and is_nonnegative(ray.end - high)


def full_vector(found: Dead, v: NullVector) -> sp.Expr:
    """The null vector at the state's own indices: a row of it for each place of the other axes."""
    return _entry(found, v, found.where)


def _entry(found: Dead, v: NullVector, where: tuple[Index, ...]) -> sp.Expr:
    places = [found.where.index(i) for i in found.joint]
    own = v.at(tuple(where[n] for n in places))

    def row(*at: Index) -> sp.Expr:
        inside = dict(zip(places, at, strict=True))
        return found.state[tuple(inside.get(n, i) for n, i in enumerate(where))]

    entry: sp.Expr = opened(own, {found.variable: row})
    return entry


__all__ = ["Flat", "flatness", "full_vector"]

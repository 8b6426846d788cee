"""Dead directions: g(y + V c) = g(y) for every c ≥ 0. What leaves the activation of a state as it is, exactly and for every size.

Elementwise activations have rays of one neuron, joint ones null vectors of their Hessian Λ.
Source: dead_neurons, definition of dead neurons, Examples 2 to 4, Proposition 4.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sympy as sp

from amsym.dead.activations import Activation, activations
from amsym.dead.nullspace import NullSpace, NullVector, alone, null_space
from amsym.dead.rays import Plateau, Profile, Ray, profile
from amsym.notation import Component, Index, Tensor
from amsym.notation.effort import OutOfTime, time_limit
from amsym.system import System

# Seconds for the normal forms of one state's activation.
SECONDS = 4.0

Where = tuple[Index, ...]


@dataclass(frozen=True)
class Dead:
    """What is dead in one state.

    formula, variable: the activation of one row: of one real symbol, or of a state over the axes that it acts over jointly.
    joint: the indices of those axes; empty for an elementwise activation.
    profile: of an elementwise activation; null: of a joint one; neither where the activation is not known, or where the normal
    forms took too long.
    """

    activation: Activation
    formula: sp.Expr | None = None
    variable: Any = None
    joint: Where = ()
    profile: Profile | None = None
    null: NullSpace | None = None

    @property
    def state(self) -> Tensor:
        """The state."""
        return self.activation.state

    @property
    def where(self) -> Where:
        """The indices of its components in `rays` and `vectors`."""
        return self.activation.where

    @property
    def component(self) -> Component:
        """The state's component at these indices."""
        found: Component = self.state[self.where]
        return found

    @property
    def rays(self) -> tuple[Ray, ...]:
        """The exact rays of an elementwise activation."""
        return self.profile.rays if self.profile is not None else ()

    @property
    def plateaus(self) -> tuple[Plateau, ...]:
        """Its bounded flat pieces, which are no dead directions."""
        return self.profile.plateaus if self.profile is not None else ()

    @property
    def vectors(self) -> tuple[NullVector, ...]:
        """The null vectors of a joint activation's Hessian."""
        return self.null.vectors if self.null is not None else ()

    @property
    def exact(self) -> bool:
        """Whether there is an exact dead direction."""
        return bool(self.rays or self.vectors)

    @property
    def open(self) -> tuple[str, ...]:
        """Why there may be more dead directions than these; empty where there are none."""
        if self.profile is not None:
            return self.profile.open
        if self.null is not None:
            if self.null.complete:
                return ()
            return ("there may be more where g has kinks",) if self.null.bent else ("the rank of Λ is not known for every size",)
        if self.formula is not None:
            return ("the normal forms were not finished in time",)
        return ("its Lagrangian is only a name" if self.activation.declared else "its activation was not found in the formulas",)

    @property
    def complete(self) -> bool:
        """Whether it was shown that there are no further exact dead directions."""
        return not self.open

    @property
    def lemma(self) -> str:
        """Why there are no others, in words."""
        if self.null is not None:
            return self.null.lemma
        if self.profile is None or self.profile.open:
            return ""
        if self.profile.strict:
            return "a strictly monotone function is constant nowhere"
        # A function with bounded flat pieces is constant somewhere, so the lemma must say that it speaks of rays.
        pieces = f"{'a further' if self.rays else 'a'} ray would need a piece that moves, and " if self.plateaus else ""
        return f"{pieces}an analytic function that moves at one point of an interval is constant on no part of it"

    def lines(self) -> list[str]:
        """The exact dead directions in words, one a line."""
        y = self.component
        found = [f"{y}: dead where {r.condition(y)}, g = {r.value}" for r in self.rays]
        return found + [f"{self.state.name}: null vector {v.vector}, {self.motion(v)}" for v in self.vectors]

    def motion(self, v: NullVector) -> str:
        """What a null vector leaves as it is, with the axes that it runs along where there are others."""
        along = "" if len(self.joint) == len(self.where) else f" along {' and '.join(i.axis for i in self.joint)}"
        return v.motion(self.state.name) + along


def dead(system: System, values: Mapping[sp.Symbol, Any] | None = None) -> tuple[Dead, ...]:
    """The exact dead directions of every state, for every size, all parameters as declared or with scalars given as `values`.

    >>> from amsym import zoo
    >>> [line for d in dead(zoo.hopfield("relu")) for line in d.lines()]
    ['y[i]: dead where y[i] ≤ 0, g = 0']
    >>> [line for d in dead(zoo.hopfield("softmax")) for line in d.lines()]
    ['y: null vector 1, one number added to all y']
    """
    return tuple(_dead(a, dict(values or {})) for a in activations(system))


def _dead(a: Activation, values: dict[sp.Symbol, Any]) -> Dead:
    if a.formula is None:
        return Dead(a)
    try:
        with time_limit(SECONDS):
            return _known(a, tuple(sorted(values.items(), key=str)))
    except OutOfTime:
        return Dead(a, *alone(a.formula.xreplace(values), a.state, a.where))


@lru_cache(maxsize=256)
def _known(a: Activation, values: tuple[tuple[sp.Symbol, Any], ...]) -> Dead:
    assert a.formula is not None
    g, variable, joint = alone(a.formula.xreplace(dict(values)), a.state, a.where)
    if joint:
        return Dead(a, g, variable, joint, null=null_space(g, variable, joint))
    return Dead(a, g, variable, profile=profile(g, variable))

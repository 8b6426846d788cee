"""The origin as the only zero: u_i = m_i y_i with m never zero vanishes at y = 0 alone, and what else vanishes there does so with u."""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.activated import opened
from amsym.notation import Component, is_zero
from amsym.prover.definite import is_nowhere_zero
from amsym.prover.factor import common_factor
from amsym.prover.patterns import gradient
from amsym.prover.regularity import kinks
from amsym.render.sentences import multiple, rate_of, slope_of
from amsym.system import System


def only_origin(system: System, forward: bool) -> tuple[list[dict[str, Any]], str] | None:
    """The steps and words that show f = 0 ⇒ ∇E = 0 (`forward`), or ∇E = 0 ⇒ f = 0, by way of y = 0; None where they do not.

    >>> from amsym.notation import state
    >>> x = state("x")
    >>> only_origin(System(flow={x: sp.sin(x)}, energy=x**2 / 2), forward=False) is not None
    True
    """
    assert system.flow is not None
    if any(kinks(f, system.states) for f in system.formulas):
        return None  # the origin might be a kink, and then it is left out
    flows, slopes = dict(system.flow), {c: gradient(system, c.tensor) for c in system.flow}
    source, target = (flows, slopes) if forward else (slopes, flows)
    steps = []
    for c, u in source.items():
        m = common_factor(-u, c, c.where)
        if m is None or not is_nowhere_zero(m):
            return None
        steps.append({"identity": multiple(system, c, m, flow=forward), "hypothesis": "the factor is never zero"})
    for c, u in target.items():
        if not is_zero(at_origin(u, system)):
            return None
        steps.append({"identity": f"{slope_of(system, c) if forward else rate_of(system, c)} = 0 where every state is 0"})
    left, right = ("f", "∇E") if forward else ("∇E", "f")
    return steps, f"{left} vanishes only where every state is 0, and {right} does there"


def at_origin(e: sp.Expr, system: System) -> sp.Expr:
    """The formula with every state set to 0."""
    zeros = {s: (lambda *where: sp.S.Zero) for s in system.states if s.axes}
    scalars = {Component(s): sp.S.Zero for s in system.states if not s.axes}
    return opened(e, zeros).xreplace(scalars)  # type: ignore[no-any-return]


__all__ = ["at_origin", "only_origin"]

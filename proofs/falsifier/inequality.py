"""A claim g(states, parameters) ≤ 0 to be refuted: dE/dt ≤ 0, a curvature, or a formula of the user's.

The search climbs g relative to a scale, for dE/dt the cosine <∇E, f> / (|∇E| |f|), which near a steady state is as large as elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from flint import arb

from amsym.activated import opened
from amsym.errors import InputError
from amsym.notation import Component, derivative, free_indices, total
from amsym.system import System, time
from numeric.legendre import slope
from numeric.rigorous import Evaluator, rational
from proofs.draws import Values
from proofs.probes import Probe, kink_functions, rate_probe, require_off
from proofs.updates import update_probe

# left relation right is violated where sign·(left - right) > 0, or ≥ 0 where strict.
RELATIONS = {"<=": (1, False), ">=": (-1, False), "<": (1, True), ">": (-1, True)}


@dataclass(frozen=True)
class Inequality:
    """g ≤ 0, or g < 0 where `strict`, for all states and parameters of a system.

    formula: g, for floats; None where exact draws are all there is. scale: what g is compared with. fields: near their zeros g may
    change its sign; rows ride on the first. probe: g at an exact point, as a ball.
    """

    system: System
    formula: sp.Expr | None
    probe: Probe
    scale: sp.Expr | None = None
    fields: tuple[Mapping[Component, sp.Expr], ...] = ()
    strict: bool = False

    def violated(self, value: arb) -> bool:
        """Whether a ball breaks the claim for certain."""
        return bool(value >= 0 if self.strict else value > 0)

    def open(self, value: arb) -> bool:
        """Whether a ball leaves it open."""
        return not self.violated(value) and not bool(value < 0 if self.strict else value <= 0)


def rate_inequality(system: System) -> Inequality:
    """dE/dt ≤ 0 along the flow.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> claim = rate_inequality(System(flow={y[i]: -y[i]}, energy=total(y[i]**2, i)/2))
    >>> print(claim.formula, claim.fields)
    -(Σ_i y[i]**2) ({y[i]: -y[i]}, {y[i]: y[i]})
    """
    assert system.energy is not None
    slopes = {c: slope(system, system.energy, c) for c in system.equations}
    rate = sp.Add(*(total(slopes[c] * f, *c.where) for c, f in system.equations.items()))
    if system.depends_on_time:
        rate += derivative(system.energy, time)
    speed = sp.Add(*(total(f**2, *c.where) for c, f in system.equations.items()))
    steep = sp.Add(*(total(s**2, *c.where) for c, s in slopes.items()))
    # The two roots apart: the product of two squares is 0 in floats where each is 1e-200.
    scale = None if system.depends_on_time else sp.sqrt(speed) * sp.sqrt(steep)
    return Inequality(system, rate, rate_probe(system), scale, (system.equations, slopes))


def update_inequality(system: System) -> Inequality:
    """E after an update ≤ E before; as a formula E(F(y)) - E(y) where real states are updated all at once."""
    formula = None
    if system.order == "synchronous" and not any(s.values for s in system.states):
        after = opened(system.energy, {s: lambda *where, s=s: system.right_side(s, where) for s in system.states})
        formula = after - system.energy
    return Inequality(system, formula, update_probe(system))


def formula_inequality(system: System, formula: Any, relation: str = "<=", right: Any = 0) -> Inequality:
    """left relation right, for a formula of the system's states and of parameters, at points off the formula's kinks.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> formula_inequality(System(flow={y[i]: -y[i]}), total(y[i]**2, i), ">=", -1).formula
    -(Σ_i y[i]**2) - 1

    Raises InputError for a relation that is not <=, >=, < or >, and for a formula that is no number; ModelError for other states.
    """
    if not isinstance(relation, str) or relation not in RELATIONS:
        raise InputError(f"the relation is one of {', '.join(RELATIONS)}, got {relation!r}: take one of these")
    left, bound = _number(formula), _number(right)
    sign, strict = RELATIONS[relation]
    judged = _with_formula(system, sign * (left - bound))
    g = None if any(s.values for s in system.states) else judged.energy
    return Inequality(judged, g, _probe(judged, str(left - bound) if sign > 0 else str(bound - left)), strict=strict)


def _number(formula: Any) -> sp.Expr:
    expr = _rational(formula) if isinstance(formula, str) else sp.sympify(formula)
    if not isinstance(expr, sp.Expr) or free_indices(expr):
        raise InputError(f"an inequality compares numbers, got {formula!r}: sum over its free indices with total(..., i)")
    return expr


def _rational(text: str) -> sp.Rational:
    """The number of a text "1/2"; a name is none, which would count as a parameter of its own."""
    try:
        return sp.Rational(*rational(text).as_integer_ratio())
    except InputError:
        raise InputError(f"an inequality compares formulas, got the text {text!r}: say model.energy for the energy") from None


def _with_formula(system: System, g: sp.Expr) -> System:
    """The states of a system with a formula in the place of its energy; states with few values keep their update."""
    kind: dict[str, Any] = {"flow": dict.fromkeys(system.equations, sp.S.Zero)}
    if any(s.values for s in system.states):
        kind = {"update": system.update, "order": system.order, "tie": system.tie}
    return System(energy=g, activations=system.activations, **kind)


def _probe(judged: System, words: str) -> Probe:
    bends = kink_functions(judged)

    def probe(sizes: Mapping[str, int], values: Values) -> tuple[arb, str]:
        here = Evaluator(sizes, values)
        for bend in bends:
            require_off(here, bend, sizes)
        return here(judged.energy), words

    return probe


__all__ = ["Inequality", "formula_inequality", "rate_inequality", "update_inequality"]

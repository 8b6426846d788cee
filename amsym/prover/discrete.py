"""Discrete updates s ← argmax: the energy's exact difference, or its concavity, shows that no step raises it.

With s' the higher of two values where h > 0 and the lower where h < 0, (s' - s) h ≥ 0. If h = -c ∂E/∂s with c > 0 and E is
concave (along single coordinates for one-at-a-time updates, jointly for synchronous ones), then
E(s') ≤ E(s) + (s' - s)·∂E/∂s ≤ E(s). If h is itself c (E(s_i = low) - E(s_i = high)), nothing else is needed.
Source: modern_methods eq. (2.2), (2.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

from amsym.notation import Component, Delta, Index, Mask, Tensor, Total, derivative, is_zero
from amsym.prover.convexity import Steps, is_convex
from amsym.prover.factor import common_factor
from amsym.prover.regularity import conditions, is_continuous
from amsym.prover.signs import is_nonnegative, is_positive
from amsym.system import System, outermost_choices
from amsym.verdict import Status, Verdict

CLAIM = "energy never increases"


def update_never_raises(system: System) -> Verdict:
    """PROVED for two-valued states whose field comes from the energy, else UNDECIDED with the reason."""
    if len(system.states) != 1:
        return _undecided("an update of several states is not covered")
    ((component, update),) = system.equations.items()
    choice = choice_of(component, update)
    if choice is None:
        return _undecided("only updates such as sign(h) or mask(h > 0) of states with two values are covered")
    if system.depends_on_time:
        return _undecided("the formulas depend on t, and what happens between two updates is not covered")
    if conditions(*system.formulas):
        return _undecided("the formulas are not defined everywhere: " + ", ".join(c.text for c in conditions(*system.formulas)))
    if system.order != "synchronous":
        found = _by_difference(system, component, choice)
        if found is not None:
            return found
    return _by_concavity(system, component, choice.field)


@dataclass(frozen=True)
class Choice:
    """s ← high where h > 0, low where h < 0; at h = 0 "high", "low", or as the system's tie says ("tie")."""

    field: sp.Expr
    low: int
    high: int
    at_zero: str


def choice_of(c: Component, update: sp.Expr) -> Choice | None:
    """The choice between the two declared values that an update such as sign(h), mask(h > 0) or 1 - 2 mask(h > 0) makes."""
    nodes = outermost_choices(update)
    if len(set(c.tensor.values)) != 2 or len(nodes) != 1:
        return None
    (node,) = nodes
    if isinstance(node, sp.sign) and update not in (node, -node):
        return None
    if not isinstance(node, (sp.sign, Mask)) or (isinstance(node, Mask) and not isinstance(node.condition, (sp.Gt, sp.Ge))):
        return None
    off_value, at_zero = (
        (sp.S.NegativeOne, "tie") if isinstance(node, sp.sign) else (sp.S.Zero, "high" if isinstance(node.condition, sp.Ge) else "low")
    )
    u = node.args[0] if isinstance(node, sp.sign) else node.condition.lhs - node.condition.rhs
    on, off = (update.xreplace({node: v}) for v in (sp.S.One, off_value))
    if {on, off} != set(map(sp.Integer, c.tensor.values)):
        return None
    if on > off:
        return Choice(u, int(off), int(on), at_zero)
    return Choice(-u, int(on), int(off), {"high": "low", "low": "high"}.get(at_zero, at_zero))


def _by_difference(system: System, c: Component, choice: Choice) -> Verdict | None:
    """h = c (E(s_i = low) - E(s_i = high)), with c > 0."""
    assert system.energy is not None
    low, high = (with_value(_without_brackets(system.energy), c, sp.Integer(v)) for v in (choice.low, choice.high))
    gain = common_factor(_without_brackets(choice.field), high - low, c.where)
    if gain is None or not is_positive(gain):
        return None
    steps = [
        {"identity": f"h = ({gain}) * (E with {c} = {choice.low}  -  E with {c} = {choice.high})"},
        {"lemma": "choosing the lower of two energies never raises it", "hypothesis": f"{gain} > 0; a tie changes nothing in E"},
    ]
    return Verdict(CLAIM, Status.PROVED, {"kind": "symbolic steps", "steps": steps}, f"the update picks the lower energy ({system.order})")


def _without_brackets(e: Any) -> Any:
    """[i ≠ j] as 1 - δ_ij, so that Σ_j [i ≠ j] x_j and Σ_j x_j - x_i compare equal (in proofs only: in numbers it would cancel)."""
    if isinstance(e, Mask) and isinstance(e.condition, (sp.Ne, sp.Eq)) and all(isinstance(i, Index) for i in e.condition.args):
        same = Delta(*e.condition.args)
        return 1 - same if isinstance(e.condition, sp.Ne) else same
    if not e.args or isinstance(e, (Component, Tensor)):
        return e
    return Total(_without_brackets(e.body), *e.bound) if isinstance(e, Total) else e.func(*(_without_brackets(a) for a in e.args))


def with_value(e: Any, c: Component, value: sp.Expr) -> Any:
    """The expression with the single component s_k set to a value: s_j becomes s_j + δ_jk (value - s_k)."""
    if isinstance(e, Component) and e.tensor == c.tensor:
        hit = sp.Mul(*(Delta(a, b) for a, b in zip(e.where, c.where, strict=True)))
        return e + hit * (value - c)
    if isinstance(e, Total):
        safe = e.clear_of(frozenset(c.where))
        return Total(with_value(safe.body, c, value), *safe.bound)
    if not e.args or isinstance(e, (Component, Tensor)):
        return e
    return e.func(*(with_value(a, c, value) for a in e.args))


def _by_concavity(system: System, c: Component, h: sp.Expr) -> Verdict:
    assert system.energy is not None
    slope = derivative(system.energy, c)
    gain = common_factor(h, slope, c.where)
    if gain is None or not is_positive(gain):
        return _undecided(_hint(system, "the field is no positive multiple of -∂E/∂s"))
    steps = Steps()
    if system.order == "synchronous":
        if not is_convex(-system.energy, c.tensor, steps):
            return _undecided(
                "a synchronous update needs a jointly concave energy, which was not shown; for quadratic energies: W positive semidefinite"
            )
        words = "the energy is jointly concave"
    else:
        if not is_continuous(system.energy, (c.tensor,)) or not is_continuous(slope, (c.tensor,)):
            return _undecided("the energy has kinks or jumps in the states, so its second derivative does not tell whether it is concave")
        if not is_nonnegative(-derivative(slope, c)) and not is_zero(derivative(slope, c)):
            return _undecided(
                f"the energy is not shown concave along {c}: its second derivative is {derivative(slope, c)}; "
                "for quadratic energies: diagonal ≥ 0"
            )
        words = f"the energy is concave along each {c}"
    lines = [
        {"identity": f"h = -({gain}) ∂E/∂{c}"},
        *({"lemma": line, "hypothesis": "applied to -E"} for line in steps.lines),
        {"lemma": "a concave E lies below its tangent: E(s') ≤ E(s) + (s' - s)·∂E/∂s", "hypothesis": words},
        {"lemma": "(s' - s) h ≥ 0 for s' the higher value where h > 0, the lower where h < 0", "hypothesis": f"two values, {gain} > 0"},
    ]
    return Verdict(
        CLAIM,
        Status.PROVED,
        {"kind": "symbolic steps", "steps": lines},
        f"{words}, and the field is its negative gradient ({system.order})",
    )


def _hint(system: System, reason: str) -> str:
    from amsym.prover.missing import first_missing

    missing = first_missing(system, lambda s: s.update is not None and _proves(s))
    return f"missing assumption: {missing}; with it the claim is proved" if missing else reason


def _proves(system: System) -> bool:
    ((c, update),) = system.equations.items()
    choice = choice_of(c, update)
    gain = None if choice is None else common_factor(choice.field, derivative(system.energy, c), c.where)
    if gain is None or not is_positive(gain):
        return False
    assert system.energy is not None
    if system.order == "synchronous":
        return is_convex(-system.energy, c.tensor)
    smooth = is_continuous(system.energy, (c.tensor,)) and is_continuous(derivative(system.energy, c), (c.tensor,))
    return smooth and is_nonnegative(-derivative(system.energy, c, c))


def _undecided(reason: str) -> Verdict:
    return Verdict(CLAIM, Status.UNDECIDED, {"kind": "attempts"}, reason)

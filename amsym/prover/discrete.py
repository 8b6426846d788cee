"""Discrete updates: the energy's exact difference, its concavity, or a convex majorant shows that no step raises it.

Single neurons moved one at a time (in any order, or in sequence) are judged state by state, the others held fixed; a synchronous
update moves all neurons of its one state together.
Source: modern_methods eq. (2.2), (2.3).
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from amsym.notation import Component, derivative, is_zero
from amsym.prover.choice import Choice, choice_of, with_value, without_brackets
from amsym.prover.convexity import Steps, is_convex
from amsym.prover.factor import common_factor
from amsym.prover.majorant import by_majorant
from amsym.prover.regularity import asked_in_words, conditions, is_continuous
from amsym.prover.signs import is_nonnegative, is_positive
from amsym.system import System
from amsym.verdict import Status, Verdict

CLAIM = "energy never increases"
Shown = tuple[list[dict[str, Any]], str]


def update_never_raises(system: System) -> Verdict:
    """PROVED where every state's update comes from the energy, else UNDECIDED with the reason."""
    if len(system.states) > 1 and system.order == "synchronous":
        return _undecided("a synchronous update of several states at once is not covered")
    if system.depends_on_time:
        return _undecided("the formulas depend on t, and what happens between two updates is not covered")
    if conditions(*system.formulas):
        asked = tuple(c.text for c in conditions(*system.formulas))
        return _undecided(f"the formulas are not shown to be defined everywhere ({asked_in_words(asked)})")
    shown = {c: _shown(system, c, update) for c, update in system.equations.items()}
    missing = next((found for found in shown.values() if isinstance(found, str)), None)
    if missing is not None:
        return _undecided(_hint(system, missing))
    found = {c: pair for c, pair in shown.items() if not isinstance(pair, str)}
    steps = [step for lines, _ in found.values() for step in lines]
    words = "; ".join(f"{c.tensor.name}: {text}" if len(found) > 1 else text for c, (_, text) in found.items())
    return Verdict(CLAIM, Status.PROVED, {"kind": "symbolic steps", "steps": steps}, f"{words} ({system.order})")


def _shown(system: System, c: Component, update: sp.Expr) -> Shown | str:
    """The steps and the words of an argument for one state, or why there is none."""
    choice = choice_of(c, update)
    if choice is None:
        if c.tensor.values:
            return "only updates such as sign(h) or mask(h > 0) of states with two values are covered"
        return by_majorant(system, c, update)
    found = _by_difference(system, c, choice) if system.order != "synchronous" else None
    return found or _by_concavity(system, c, choice.field)


def _by_difference(system: System, c: Component, choice: Choice) -> Shown | None:
    """h = c (E(s_i = low) - E(s_i = high)), with c > 0."""
    assert system.energy is not None
    low, high = (with_value(without_brackets(system.energy), c, sp.Integer(v)) for v in (choice.low, choice.high))
    gain = common_factor(without_brackets(choice.field), high - low, c.where)
    if gain is None or not is_positive(gain):
        return None
    steps = [
        {"identity": f"h = ({gain}) * (E with {c} = {choice.low}  -  E with {c} = {choice.high})"},
        {"lemma": "choosing the lower of two energies never raises it", "hypothesis": f"{gain} > 0; a tie changes nothing in E"},
    ]
    return steps, "the update picks the lower energy"


def _by_concavity(system: System, c: Component, h: sp.Expr) -> Shown | str:
    """h = -c ∂E/∂s and E concave: E(s') ≤ E(s) + (s' - s)·∂E/∂s ≤ E(s)."""
    assert system.energy is not None
    gain = common_factor(h, derivative(system.energy, c), c.where)
    if gain is None or not is_positive(gain):
        return "the field is no positive multiple of -∂E/∂s"
    steps = Steps()
    blocked = _not_concave(system, c, steps)
    if blocked:
        return blocked
    words = "the energy is jointly concave" if system.order == "synchronous" else f"the energy is concave along each {c}"
    lines = [
        {"identity": f"h = -({gain}) ∂E/∂{c}"},
        *({"lemma": line, "hypothesis": "applied to -E"} for line in steps.lines),
        {"lemma": "a concave E lies below its tangent: E(s') ≤ E(s) + (s' - s)·∂E/∂s", "hypothesis": words},
        {"lemma": "(s' - s) h ≥ 0 for s' the higher value where h > 0, the lower where h < 0", "hypothesis": f"two values, {gain} > 0"},
    ]
    return lines, f"{words}, and the field is its negative gradient"


def _not_concave(system: System, c: Component, steps: Steps) -> str:
    """Why the energy is not shown concave along what moves at once, or nothing."""
    assert system.energy is not None
    if system.order == "synchronous":
        if is_convex(-system.energy, c.tensor, steps):
            return ""
        return "a synchronous update needs a jointly concave energy, which was not shown; for quadratic energies: W positive semidefinite"
    slope = derivative(system.energy, c)
    if not is_continuous(system.energy, (c.tensor,)) or not is_continuous(slope, (c.tensor,)):
        return "the energy has kinks or jumps in the states, so its second derivative does not tell whether it is concave"
    second = derivative(slope, c)
    if is_nonnegative(-second) or is_zero(second):
        return ""
    return f"the energy is not shown concave along {c}: its second derivative is {second}; for quadratic energies: diagonal ≥ 0"


def _hint(system: System, reason: str) -> str:
    from amsym.prover.missing import first_missing

    missing = first_missing(system, _proves)
    return f"missing assumption: {missing}; with it the claim is proved" if missing else reason


def _proves(system: System) -> bool:
    return not any(isinstance(_shown(system, c, update), str) for c, update in system.equations.items())


def _undecided(reason: str) -> Verdict:
    return Verdict(CLAIM, Status.UNDECIDED, {"kind": "attempts"}, reason)

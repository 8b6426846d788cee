"""Is the energy bounded below, and does it tend to infinity with the state? By bounds, by degrees, by Legendre energies.

PROVED for every size and every parameter as declared; the bound may depend on both. What falls faster than anything else
rises is left to a search for a ray.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from amsym.notation import Tensor
from amsym.notation.canonical import canonical_core
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.bounds import bounds
from amsym.prover.ceilings import has_ceiling
from amsym.prover.conjugate_growth import Reduced, reduced
from amsym.prover.degrees import Part, Scope
from amsym.prover.lower import Lower, covers, lower
from amsym.prover.regularity import asked_in_words, conditions, named_functions
from amsym.system import System, time
from amsym.verdict import Status, Verdict

BOUNDED, COERCIVE = "energy bounded below", "energy coercive"
# Seconds for the forms of the energy that are looked at, each.
SECONDS = 2.0


@dataclass
class Argument:
    """What was shown: steps and words, and whether the energy rises in every direction."""

    words: str
    steps: list[dict[str, Any]] = field(default_factory=list)
    coercive: bool = False


def energy_bounded_below(system: System) -> Verdict:
    """PROVED where an argument covers every size, parameter and state, else UNDECIDED.

    >>> from amsym.zoo import hopfield
    >>> print(energy_bounded_below(hopfield("tanh")).status)
    PROVED
    """
    blocked = obstacle(system)
    if blocked:
        return _where_defined(system) or undecided(BOUNDED, blocked)
    if is_finite(system):
        return finitely_many()
    found = next(iter(arguments(system)), None)
    return proved(BOUNDED, system, found) if found is not None else undecided(BOUNDED, _TRIED)


def energy_coercive(system: System) -> Verdict:
    """PROVED where the energy was shown to tend to infinity as the states taken together do, else UNDECIDED.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> print(energy_coercive(System(flow={y[i]: -y[i]**3}, energy=total(y[i]**4/4 - y[i], i))).status)
    PROVED
    """
    blocked = obstacle(system)
    if blocked:
        return undecided(COERCIVE, blocked)
    if is_finite(system):
        return undecided(COERCIVE, "finitely many states: none of them is large")
    found = next((a for a in arguments(system) if a.coercive), None)
    return proved(COERCIVE, system, found) if found is not None else undecided(COERCIVE, _TRIED)


def _where_defined(system: System) -> Verdict | None:
    """PROVED for an energy that need not be defined everywhere, where a number is below each of its terms."""
    if system.energy is None or not has_ceiling(-system.energy):
        return None
    asked = asked_in_words(c.text for c in conditions(system.energy) if not c.sizes)
    steps = [
        {
            "lemma": "a finite sum of terms with a floor has one; -log u ≥ -log c for 0 < u ≤ c",
            "hypothesis": f"each term of E where {asked}",
        }
    ]
    data = {"kind": "symbolic steps", "domain": {"states": asked}, "steps": steps}
    return Verdict(BOUNDED, Status.PROVED, data, f"where it is defined ({asked}), E is a sum of terms that are bounded below")


_TRIED = "tried bounds of the formula, its degrees in the states, and Legendre energies of convex Lagrangians"


def is_finite(system: System) -> bool:
    """Whether every state has finitely many values."""
    return all(s.values for s in system.states)


def finitely_many() -> Verdict:
    """A function on finitely many states has a least value."""
    steps = [
        {"lemma": "a function of finitely many states has a least value", "hypothesis": "each state has finitely many declared values"}
    ]
    return Verdict(BOUNDED, Status.PROVED, {"kind": "symbolic steps", "steps": steps}, "finitely many states at each size")


def obstacle(system: System) -> str:
    """Why nothing may be claimed for every parameter and state, or nothing."""
    if system.energy is None:
        return "the system has no energy; give energy=..."
    unsafe = [c.text for c in conditions(system.energy) if not c.sizes]
    if unsafe:
        return f"the energy is not shown to be defined everywhere ({asked_in_words(unsafe)})"
    if any(t.kind == "activation" for t in system.energy.atoms(Tensor)) or named_functions(system.energy):
        return "a Lagrangian or a function in the energy is only named"
    return ""


def arguments(system: System) -> Iterator[Argument]:
    """The arguments that show the energy bounded below, each once it is found."""
    assert system.energy is not None
    moving = frozenset(s for s in system.states if not s.values)
    scope = Scope(moving, frozenset(set(system.states) - moving))
    for attempt in (_by_degrees, _by_canonical_degrees, _by_legendre, _by_bounds, _by_ceilings):
        try:
            with time_limit(SECONDS):
                found = attempt(system, scope)
        except OutOfTime:
            continue
        if found is not None:
            yield found


def _by_bounds(system: System, scope: Scope) -> Argument | None:
    low = bounds(system.energy).low
    if not low.is_finite:
        return None
    step = {"lemma": "interval bounds through the formula", "hypothesis": f"E ≥ {low}"}
    return Argument(f"E ≥ {low} term by term", [step])


def _by_ceilings(system: System, scope: Scope) -> Argument | None:
    assert system.energy is not None
    if not has_ceiling(-system.energy):
        return None
    step = {"lemma": "a finite sum of terms with a floor has one", "hypothesis": "each term of E, at each size"}
    return Argument("E is a sum of terms that are bounded below, at each size", [step])


def _by_degrees(system: System, scope: Scope) -> Argument | None:
    assert system.energy is not None
    return degrees(system.energy, scope, system.states)


def _by_canonical_degrees(system: System, scope: Scope) -> Argument | None:
    assert system.energy is not None
    return degrees(canonical_core(system.energy), scope, system.states)


def degrees(energy: sp.Expr, scope: Scope, states: Any) -> Argument | None:
    """Bounded below by the degrees of the terms, coercive where every state rises."""
    found = lower(energy, scope)
    return described(found, covers(found, (s for s in states if not s.values))) if found.is_bounded else None


def _by_legendre(system: System, scope: Scope) -> Argument | None:
    form = reduced(system)
    if form is None:
        return None
    found = lower(form.energy, reduced_scope(form, scope), form.leads)
    if not found.is_bounded:
        return None
    argument = described(found, False)
    words = "Legendre energies of convex Lagrangians are bounded below" + (
        "" if argument.words.startswith("E is") else f"; {argument.words}"
    )
    return Argument(words, [*form.steps, *argument.steps])


def reduced_scope(form: Reduced, scope: Scope) -> Scope:
    """What moves once activations stand for their states."""
    rising = {g for g in form.states if g not in form.bounded}
    moving = (scope.moving - set(form.states.values())) | rising
    return Scope(frozenset(moving), scope.bounded | frozenset(form.bounded))


def described(found: Lower, coercive: bool) -> Argument:
    """The argument of a formula taken apart."""
    steps = [
        {"lemma": "a locally bounded function of one component is bounded below if it is so at both ends", "hypothesis": _site_words(s)}
        for s in found.sites
    ]
    steps += [{"lemma": "interval bounds through the formula", "hypothesis": f"{e} is bounded below"} for e in found.nonnegative]
    for e, g in found.rest:
        products = " + ".join(sorted(_product_words(m) for m in g)) if g else "?"
        steps.append({"lemma": "Young's inequality: Π |s|^d ≤ δ Σ |s|^p + C where Σ d/p < 1", "hypothesis": f"|{e}| ≤ C ({products})"})
    risen = ", ".join(sorted(_lead_words(part, p) for part, p in found.leads.items()))
    words = f"E rises as {risen}, the rest is of smaller degree" if risen else "E is a sum of terms that are bounded below"
    return Argument(words, steps, coercive)


def _site_words(site: Any) -> str:
    t = sp.Symbol("t", positive=True)
    ends = ", ".join(f"~ {_top(s, t)} at {'+' if side > 0 else '-'}∞" for side, s in site.ends.items())
    return f"{site.phi} {ends}"


def _top(s: Any, t: sp.Symbol) -> str:
    return str(s.terms[0][1] * s.terms[0][0].expression(t)) if s.terms else "O(1)" if s.error is not None else "0"


def _name(part: Part) -> str:
    return f"{part.of}{ {1: '₊', -1: '₋', 0: ''}[part.side] }"


def _lead_words(part: Part, p: sp.Rational) -> str:
    if p >= 100:
        return f"e^|{_name(part)}|"
    return f"log |{_name(part)}|" if p == 0 else f"|{_name(part)}|^{p}"


def _product_words(m: Any) -> str:
    return " ".join(sorted(f"|{_name(part)}|^{d}" for part, d in m)) or "1"


def proved(claim: str, system: System, a: Argument) -> Verdict:
    """The verdict with its domain: sizes, and the moment where the energy depends on time."""
    assert system.energy is not None
    sizes = sorted({axis for c in conditions(system.energy) for axis in c.sizes})
    reason = a.words
    if sizes:
        reason = f"for {' and '.join(f'{axis} ≥ 2' for axis in sizes)}: {reason}"
    if time in system.energy.free_symbols:
        reason = f"at each fixed t: {reason}"
    domain = {"sizes": {axis: "≥ 2" if axis in sizes else "≥ 1" for axis in system.axes}}
    return Verdict(claim, Status.PROVED, {"kind": "symbolic steps", "domain": domain, "steps": a.steps}, reason)


def undecided(claim: str, reason: str) -> Verdict:
    """What was tried and where it stopped."""
    return Verdict(claim, Status.UNDECIDED, {"kind": "attempts", "tried": reason}, reason)

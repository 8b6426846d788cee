"""Does the energy never increase along the flow? Patterns, each ending in an identity and a semidefiniteness lemma.

    ∇E = -M f,  M ⪰ 0      then  dE/dt = -fᵀ M f ≤ 0        (M from slopes, or a Lagrangian's Hessian)
    f = -R ∇E,  R ⪰ 0      then  dE/dt = -∇Eᵀ R ∇E ≤ 0      (R from slopes, or a declared semidefinite matrix)
    dE/dt itself has a sign

Source: dead_neurons eq. (1), (2), (9), (10); modern_methods section 3.4.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import sympy as sp

from amsym.indexing import said
from amsym.notation import Component, derivative, tidy, total
from amsym.notation.effort import OutOfTime, check, time_limit
from amsym.prover.borders import LEMMA as WALLED
from amsym.prover.borders import is_walled_in, rises
from amsym.prover.factor import Factor
from amsym.prover.patterns import Argument, gradient, in_order
from amsym.prover.ports import port_arguments
from amsym.prover.regularity import (
    asked_in_words,
    chain_rule_holds,
    conditions,
    is_continuous,
    kinks,
    named_functions,
    open_conditions,
    unknown_functions,
)
from amsym.prover.signs import is_nonnegative
from amsym.system import System, time
from amsym.verdict import Status, Verdict

CLAIM = "energy never increases"
# A pattern gets so many seconds for a state; hand-written attention over normalised tokens takes 3 to 15 with the right one.
SECONDS = 6.0
CHAIN_RULE = (
    "chain rule at kinks: for a continuous, locally Lipschitz, definable E the formal derivative is a conservative field, "
    "so dE/dt = <formal ∇E, dy/dt> for almost every t (Bolte and Pauwels 2021)"
)
SLIDING = (
    "where the flow jumps, a Filippov solution moves with a mixture of the velocities on both sides; "
    "-vᵀ M v ≤ 0 holds for it as well, since M (or ∇E) is the same on both sides"
)


def energy_rate(system: System) -> sp.Expr:
    """dE/dt along the flow, Σ_i ∂E/∂y_i f_i + ∂E/∂t.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> energy_rate(System(flow={y[i]: -y[i]}, energy=total(y[i]**2, i)/2))
    -(Σ_i y[i]**2)
    """
    assert system.energy is not None
    explicit = derivative(system.energy, time) if system.depends_on_time else sp.S.Zero
    parts = [total(gradient(system, c.tensor) * f, *c.where) for c, f in system.equations.items()]
    return tidy(sp.Add(*parts, explicit), system.letters)


def energy_never_increases(system: System) -> Verdict:
    """PROVED where a pattern fits, else UNDECIDED with what was tried and, where one would do, the missing assumption."""
    if system.energy is None:
        return _undecided("the system has no energy; give energy=...")
    if system.update is not None:
        from amsym.prover.discrete import update_never_raises

        return update_never_raises(system)
    proved = descent_proof(system)
    if proved is not None:
        return proved
    blocked = _obstacle(system)
    if blocked:
        return _undecided(blocked)
    from amsym.prover.missing import missing_assumption

    missing = missing_assumption(system)
    tried = "tried ∇E = -M f, f = -R ∇E and the sign of dE/dt itself"
    if missing:
        return _undecided(f"missing assumption: {missing}; with it the claim is proved", {"missing": missing, "tried": tried})
    return _undecided(tried, {"tried": tried, "energy rate": said(system, energy_rate(system))})


def descent_proof(system: System) -> Verdict | None:
    """The PROVED verdict for a flow, or None."""
    arguments = lyapunov_arguments(system)
    return None if arguments is None else _proved(system, arguments)


def lyapunov_arguments(system: System) -> list[Argument] | None:
    """One argument for each state, all of them needed; None where a state has none or a formula is not safe."""
    return _arguments(system)


@lru_cache(maxsize=256)
def _arguments(system: System) -> list[Argument] | None:
    if system.energy is None or system.flow is None or _obstacle(system):
        return None
    if system.depends_on_time and not _time_is_harmless(system):
        return None
    found: list[Argument] = []
    for c in system.flow:
        argument = next((a for pattern in in_order(system, c) if (a := _in_time(pattern, system, c)) is not None), None)
        if argument is None:
            found = _as_a_whole(system)
            break
        found.append(argument)
    return found if found and _slides_safely(system, found) else None


def _in_time(pattern: Callable[[System, Component], Argument | None], system: System, c: Component) -> Argument | None:
    try:
        with time_limit(SECONDS):
            return pattern(system, c)
    except OutOfTime:
        check()  # where the time of the whole claim is over too, nothing may be remembered as not provable
        return None


def _obstacle(system: System) -> str:
    """Why no pattern may be trusted here, or nothing."""
    assert system.energy is not None
    unsafe = asked_of_states(system)
    if unsafe and not is_walled_in(system):
        return f"the formulas are not shown to be defined everywhere ({asked_in_words(unsafe)}), nor that no solution leaves their domain"
    if energy_may_jump(system):
        return f"the energy may jump where {', '.join(kinks(system.energy, (*system.states, time)))}; no pattern covers a jump"
    return ""


def asked_of_states(system: System) -> tuple[str, ...]:
    """What must hold of states and parameters for the formulas to be defined, in words."""
    return tuple(c.text for c in conditions(*system.formulas) if not c.sizes)


def energy_may_jump(system: System) -> bool:
    """Whether the chain rule is not known to hold for the energy, along states and time."""
    assert system.energy is not None
    moving = (*system.states, time)
    return bool(unknown_functions(system.energy, moving)) or not chain_rule_holds(system.energy, moving)


def _time_is_harmless(system: System) -> bool:
    return is_nonnegative(-derivative(system.energy, time))


def _slides_safely(system: System, arguments: list[Argument]) -> bool:
    """Where the flow jumps, a solution may slide along the jump with a mixture of the velocities on both sides.

    -vᵀ M v ≤ 0 then holds for the mixture v too if M is the same on both sides, or if ∇E is.
    """
    moving = (*system.states, time)
    if all(_never_jumps(f, moving) for f in system.equations.values()):
        return True
    if all(_never_jumps(gradient(system, s), moving) for s in system.states):
        return True
    return all(
        a.pattern not in ("sign", "ports")
        and all(_never_jumps(m, moving) for m in (a.factor.slope, a.factor.scale) if m is not None)
        and (a.factor.potential is None or not (kinks(a.factor.potential, moving) or open_conditions(a.factor.potential)))
        for a in arguments
    )


def _never_jumps(e: sp.Expr, moving: tuple[sp.Basic, ...]) -> bool:
    """x/|x| jumps where it has no value."""
    return not open_conditions(e) and is_continuous(e, moving)


def _as_a_whole(system: System) -> list[Argument]:
    """The patterns that take all states at once."""
    found = _by_sign(system)
    if found is None:
        try:
            with time_limit(SECONDS):
                found = port_arguments(system)
        except OutOfTime:
            check()
            return []
    return found or []


def _by_sign(system: System) -> list[Argument] | None:
    try:
        with time_limit(SECONDS):
            rate = energy_rate(system)
            if not is_nonnegative(-rate):
                return None
    except OutOfTime:
        check()
        return None
    steps = [
        {"identity": f"dE/dt = {said(system, rate)}"},
        {"lemma": "interval bounds through the expression", "hypothesis": "dE/dt ≤ 0 term by term"},
    ]
    return [Argument("sign", system.states[0], Factor(), "every term of dE/dt is ≤ 0", steps)]


def _proved(system: System, arguments: list[Argument]) -> Verdict:
    steps = [step for a in arguments for step in a.steps]
    bends = sorted(set(kinks(system.energy, system.states)) | {k for f in system.equations.values() for k in kinks(f, system.states)})  # type: ignore[arg-type]
    if bends:
        steps.append(
            {"lemma": CHAIN_RULE, "hypothesis": f"kinks at {', '.join(bends)}; the derivative there is the one from the dead side"}
        )
    if any(not is_continuous(f, system.states) for f in system.equations.values()):
        steps.append({"lemma": SLIDING, "hypothesis": "M or ∇E is continuous"})
    sizes = sorted({axis for c in conditions(*system.formulas) for axis in c.sizes})
    words = "; ".join(f"{a.state.name}: {a.words}" if len(arguments) > 1 else a.words for a in arguments)
    domain: dict[str, Any] = {"sizes": {axis: "≥ 2" if axis in sizes else "≥ 1" for axis in system.axes}}
    shape = "dE/dt = -fᵀ M f ≤ 0 with " if all(a.pattern == "metric" for a in arguments) else "dE/dt = -∇Eᵀ R ∇E ≤ 0 with "
    reason = ("" if arguments[0].pattern == "sign" else shape if len({a.pattern for a in arguments}) == 1 else "dE/dt ≤ 0 with ") + words
    if sizes:
        reason = f"for {' and '.join(f'{axis} ≥ 2' for axis in sizes)} (at size 1 the energy is not finite): {reason}"
    asked = asked_of_states(system)
    if asked:
        domain["states"] = asked
        assert system.energy is not None
        if rises(system.energy):
            steps.append({"lemma": WALLED, "hypothesis": "E → +∞ at the border of the states at which it is defined"})
        reason = f"where the formulas are defined ({asked_in_words(asked)}): {reason}"
    unnamed = named_functions(*system.formulas)
    if unnamed:
        domain["functions"] = dict.fromkeys(unnamed, "any smooth real function")
        reason = f"for every smooth real {', '.join(unnamed)}: {reason}"
    if bends:
        reason += f"; at kinks ({', '.join(bends)}) for almost every t"
    return Verdict(CLAIM, Status.PROVED, {"kind": "symbolic steps", "domain": domain, "steps": steps}, reason)


def _undecided(reason: str, more: dict[str, Any] | None = None) -> Verdict:
    return Verdict(CLAIM, Status.UNDECIDED, {"kind": "attempts", **(more or {})}, reason)

"""f(y) = 0 against ∇E(y) = 0: what the identities ∇E = -M f and f = -R ∇E say about steady states and critical points.

    ∇E = -M f        a steady state is critical;  a critical point is steady where M is invertible
    f = -R ∇E        a critical point is steady;  a steady state is critical where R is invertible

Signs do not matter here, only that M or R is defined wherever the formulas are. Both claims are about states at which E
and f are differentiable; the formal derivative at a kink is one value of several and is left out.
"""

from __future__ import annotations

from typing import Any

from amsym.prover.identities import Way, ways
from amsym.prover.origin import only_origin
from amsym.prover.patterns import gradient
from amsym.prover.regularity import conditions, is_continuous, kinks, named_functions
from amsym.system import System
from amsym.verdict import Status, Verdict

STEADY_CRITICAL, CRITICAL_STEADY = "steady states are critical points", "critical points are steady states"


def steady_are_critical(system: System) -> Verdict | None:
    """f = 0 implies ∇E = 0, at every state off the kinks, for every size and parameter; None where no identity shows it.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> print(steady_are_critical(System(flow={y[i]: -y[i]}, energy=total(y[i]**2, i)/2)).status)
    PROVED
    """
    return _implied(system, STEADY_CRITICAL, forward=True)


def critical_are_steady(system: System) -> Verdict | None:
    """∇E = 0 implies f = 0, at every state off the kinks, for every size and parameter; None where no identity shows it."""
    return _implied(system, CRITICAL_STEADY, forward=False)


def _implied(system: System, claim: str, forward: bool) -> Verdict | None:
    if system.flow is None or system.energy is None:
        return None
    used: list[Way] = []
    for c in system.flow:
        way = next((w for w in ways(system, c) if (w.forward if forward else w.backward)), None)
        if way is None:
            return _by_origin(system, claim, forward)
        used.append(way)
    steps = [step for w in used for step in w.steps]
    steps += [
        {"lemma": "an invertible factor can be taken to the other side", "hypothesis": w.turned} for w in used if _is_turned(w, forward)
    ]
    words = dict.fromkeys(f"{w.words}{f', {w.turned}' if _is_turned(w, forward) else ''}" for w in used)
    implied = "f = 0 gives ∇E = 0" if forward else "∇E = 0 gives f = 0"
    certificate: dict[str, Any] = {"kind": "symbolic steps", "steps": steps}
    places, domain = _where(system)
    if domain:
        certificate["domain"] = domain
    return Verdict(claim, Status.PROVED, certificate, f"{'; '.join(words)}, so {implied}{places}")


def _by_origin(system: System, claim: str, forward: bool) -> Verdict | None:
    found = only_origin(system, forward)
    if found is None:
        return None
    places, domain = _where(system)
    certificate = {"kind": "symbolic steps", "steps": found[0], **({"domain": domain} if domain else {})}
    return Verdict(claim, Status.PROVED, certificate, found[1] + places)


def _is_turned(way: Way, forward: bool) -> bool:
    """Whether the identity is used against its direction, so that the factor must be invertible."""
    return bool(way.turned) and (way.words.startswith("f =") == forward)


def _where(system: System) -> tuple[str, dict[str, Any]]:
    """Of which states, sizes and functions the claim speaks, in words and as data."""
    words: list[str] = []
    domain: dict[str, Any] = {}
    bends = sorted({k for f in system.formulas for k in kinks(f, system.states)})
    if bends:
        smooth = all(is_continuous(g, system.states) for g in (*system.formulas, *(gradient(system, s) for s in system.states)))
        domain["kinks"] = "∇E and f are continuous there, and the identity extends" if smooth else f"left out: {', '.join(bends)}"
        words.append("also at kinks" if smooth else f"off the kinks ({', '.join(bends)})")
    found = conditions(*system.formulas)
    sizes = sorted({axis for c in found for axis in c.sizes})
    if sizes:
        domain["sizes"] = dict.fromkeys(sizes, "≥ 2")
        words.append("for " + " and ".join(f"{axis} ≥ 2" for axis in sizes))
    unsafe = [c.text for c in found if not c.sizes]
    if unsafe:
        domain["states"] = f"where the formulas are defined: {' and '.join(unsafe)}"
        words.append(f"where {' and '.join(unsafe)}")
    unnamed = named_functions(*system.formulas)
    if unnamed:
        domain["functions"] = dict.fromkeys(unnamed, "any smooth real function")
        words.append(f"for every smooth real {', '.join(unnamed)}")
    return "".join(f", {w}" for w in words), domain


__all__ = ["CRITICAL_STEADY", "STEADY_CRITICAL", "critical_are_steady", "steady_are_critical"]

"""C^∞ where nothing bends; else C^k for the largest k up to which no derivative jumps.

A locally Lipschitz function whose derivative, taken almost everywhere, is continuous has that derivative everywhere; so the
normal forms of the derivatives decide: no bracket, sign or step of a state may be left in them.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from amsym.notation import derivative, free_indices, fresh_indices
from amsym.notation.canonical import canonical_core
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.regularity import (
    JUMPS,
    KINKS,
    chain_rule_holds,
    conditions,
    has_values_everywhere,
    is_continuous,
    kinks,
    moving,
    named_functions,
    unknown_functions,
)
from amsym.system import System, time
from amsym.verdict import Status, Verdict

CLAIM = "smooth"
# The highest order of derivatives whose continuity is looked at, and the seconds for one formula.
ORDERS, SECONDS = 4, 1.0


def smooth(system: System) -> Verdict | None:
    """PROVED where flow and energy are free of kinks in their normal forms and defined everywhere; None else.

    >>> from amsym import zoo
    >>> print(smooth(zoo.hopfield("tanh")).status)
    PROVED
    """
    found = conditions(*system.formulas)
    if system.flow is None or any(not c.sizes for c in found) or any(bends(f, system) for f in system.formulas):
        return None
    sizes = sorted({axis for c in found for axis in c.sizes})
    steps = [{"lemma": "compositions of smooth functions are smooth", "hypothesis": "no kink; logs, roots and denominators stay positive"}]
    unnamed = named_functions(*system.formulas)
    words = "flow and energy are infinitely differentiable" + (f", if {', '.join(unnamed)} are" if unnamed else "")
    words = f"for {' and '.join(f'{a} ≥ 2' for a in sizes)} (at size 1 a formula is not defined): {words}" if sizes else words
    domain = {"sizes": {axis: "≥ 2" if axis in sizes else "≥ 1" for axis in system.axes}}
    certificate = {"kind": "symbolic steps", "steps": steps, "domain": domain, "flow": "C^∞", "energy": "C^∞"}
    return Verdict(CLAIM, Status.PROVED, certificate, words)


def bends(formula: sp.Expr, system: System) -> tuple[str, ...]:
    """The places of kinks in words, as the normal form has them: |x|² is x²."""
    variables = (*system.states, time)
    found = kinks(formula, variables)
    normal = _normal(formula) if found else formula
    return found if normal is None else kinks(normal, variables)


@lru_cache(maxsize=200)
def _normal(formula: sp.Expr) -> sp.Expr | None:
    try:
        with time_limit(SECONDS):
            return canonical_core(formula)
    except OutOfTime:
        return None


def differentiable(formula: sp.Expr, system: System, orders: int = ORDERS) -> int | None:
    """The largest k up to `orders` with the formula shown C^k; -1 where not even continuity is shown, None where it is C^∞.

    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> s = System(flow={y[i]: -sp.Max(0, y[i])}, energy=total(sp.Max(0, y[i])**2, i)/2)
    >>> [differentiable(f, s) for f in s.formulas]
    [0, 1]
    """
    if conditions(formula) or unknown_functions(formula, (*system.states, time)):
        return -1
    if not bends(formula, system):
        return None
    k = -1
    try:
        with time_limit(SECONDS):
            forms = [formula]
            while k < orders and all(_is_continuous(f, system) for f in forms):
                k += 1
                if not all(_is_lipschitz(f, system) for f in forms):
                    break
                forms = [canonical_core(d) for f in forms for d in _derivatives(f, system)]
                if not any(moving(f, (*system.states, time), KINKS + JUMPS) or conditions(f) for f in forms):
                    return None
    except OutOfTime:
        pass
    return k


def _is_continuous(f: sp.Expr, system: System) -> bool:
    return has_values_everywhere(f) and is_continuous(f, (*system.states, time))


def _is_lipschitz(f: sp.Expr, system: System) -> bool:
    return not conditions(f) and chain_rule_holds(f, (*system.states, time))


def _derivatives(f: sp.Expr, system: System) -> list[sp.Expr]:
    """By every state, at indices that are new each time, and by time where it appears."""
    found = [derivative(f, s[fresh_indices(s.axes, free_indices(f))]) for s in system.states]
    return found + ([derivative(f, time)] if f.has(time) else [])


__all__ = ["CLAIM", "bends", "differentiable", "smooth"]

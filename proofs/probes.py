"""How much the energy rises at an exact point: dE/dt of a flow, as a ball."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations, product

import sympy as sp
from flint import arb
from sympy.core.relational import Relational

from amsym.notation import Mask, free_indices, total
from amsym.notation.calculus import derivative_for_sympy
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.lyapunov import energy_rate
from amsym.prover.regularity import JUMPS, KINKS, moving
from amsym.system import System, time
from numeric.rigorous import Evaluator, Undetermined
from proofs.draws import Values

# Seconds for the tidy form of dE/dt; after that it is evaluated as the differentiation left it.
SECONDS = 3.0


def finite(rise: arb, what: str) -> tuple[arb, str]:
    """The same pair; raises Undetermined for a ball that is not finite."""
    if not rise.is_finite():
        raise Undetermined(f"{what} is not finite")
    return rise, what


Probe = Callable[[Mapping[str, int], Values], tuple[arb, str]]


def rate_probe(system: System) -> Probe:
    """dE/dt at an exact point off the kinks, as a ball."""
    rate = _rate(system)
    bends = kink_functions(system)

    def probe(sizes: Mapping[str, int], values: Values) -> tuple[arb, str]:
        here = Evaluator(sizes, values)
        for bend in bends:
            require_off(here, bend, sizes)
        rise = here(rate)
        if rise > 0:
            require_defined(here, system, sizes)
        return rise, "dE/dt"

    return probe


def _rate(system: System) -> sp.Expr:
    """dE/dt, as it comes out of the differentiation where its normal form takes too long."""
    try:
        with time_limit(SECONDS):
            return energy_rate(system)
    except OutOfTime:
        parts = [total(derivative_for_sympy(system.energy, c) * f, *c.where) for c, f in system.equations.items()]
        return sp.Add(*parts, derivative_for_sympy(system.energy, time) if system.depends_on_time else sp.S.Zero)


def require_defined(here: Evaluator, system: System, sizes: Mapping[str, int]) -> None:
    """A derivative may have a value where its function has none: log(y)' = 1/y at y = -1."""
    for formula, where in ((system.energy, ()), *((f, c.where) for c, f in system.equations.items())):
        for place in product(*(range(sizes[i.axis]) for i in where)):
            finite(here(formula, dict(zip(where, place, strict=True))), "a formula")


def kink_functions(system: System) -> tuple[sp.Expr, ...]:
    """The u of every max(0, u), |u| and [u > 0] of a state: at u = 0 the formal derivative is none, so it refutes nothing."""
    assert system.energy is not None
    nodes = set().union(*(moving(f, (*system.states, time), KINKS + JUMPS) for f in system.formulas))
    found: set[sp.Expr] = set()
    for n in nodes:
        relations = n.atoms(Relational) if isinstance(n, (Mask, sp.Piecewise)) else set()
        found |= {r.lhs - r.rhs for r in relations}
        if isinstance(n, (sp.Max, sp.Min)):
            found |= {a - b for a, b in combinations(n.args, 2)}
        elif isinstance(n, (sp.floor, sp.ceiling)):
            found.add(sp.sin(sp.pi * n.args[0]))
        elif not relations:
            found.add(n.args[0])
    return tuple(sorted(found, key=str))


class OnKink(Undetermined):
    """The point lies on a kink or a jump, where a formal derivative is none."""


def require_off(here: Evaluator, u: sp.Expr, sizes: Mapping[str, int]) -> None:
    """Raise OnKink where u may be 0 at some place."""
    free = tuple(sorted(free_indices(u), key=str))
    for place in product(*(range(sizes[i.axis]) for i in free)):
        if here(u, dict(zip(free, place, strict=True))).contains(0):
            raise OnKink(f"the point lies on the kink {u} = 0")

"""Are formulas finite on a whole box? A derivative may have a value where its function has none: log(y)' = 1/y at y = -1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy as sp
from flint import ctx

from amsym.errors import AmsymError
from amsym.notation import Index
from amsym.prover.lyapunov import energy_may_jump
from amsym.prover.regularity import is_continuous
from numeric.rigorous import Evaluator
from proofs.inequalities.boxed import Array, Boxed
from proofs.inequalities.branching import split_at
from proofs.inequalities.matrix_forms import flow_rows, gradient_rows
from proofs.inequalities.over_box import BITS

# So many boxes may a formula take.
BOXES = 64
Rows = list[tuple[sp.Expr, Mapping[Index, int]]]


def model_rows(problem: Boxed) -> Rows:
    """The energy and each component of the flow."""
    system = problem.system
    energy: Rows = [] if system.energy is None else [(system.energy, {})]
    return energy + ([] if system.flow is None else flow_rows(problem))


def is_finite_on(problem: Boxed, rows: Rows, jumps: bool = True) -> bool:
    """Whether balls over the domain, cut where needed, are finite for every formula; without `jumps`, and no bracket open there.

    >>> from amsym.notation import index, state, total
    >>> from amsym.system import System
    >>> from proofs.inequalities.boxed import boxed
    >>> from proofs.question import question
    >>> i, y = index("i", "N"), state("y", "N")
    >>> s = System(flow={y[i]: -y[i]}, energy=total(sp.log(y[i]), i))
    >>> [is_finite_on(p, model_rows(p)) for p in (boxed(question(s, {}, {"y": ([low], [2])})) for low in (1, -1))]
    [True, False]
    """
    before, ctx.prec = ctx.prec, BITS
    try:
        todo: list[tuple[Array, Array]] = [(problem.low, problem.high)]
        for _ in range(BOXES):
            low, high = todo.pop()
            over = problem.over(low, high)
            if not _finite_at(over, rows) or (over.jumps and not jumps):
                j, point = split_at(low, high, high - low, high - low)
                if not low[j] < point < high[j]:
                    return False
                top, bottom = high.copy(), low.copy()
                top[j] = bottom[j] = point
                todo += [(low, top), (bottom, high)]
            if not todo:
                return True
        return False
    finally:
        ctx.prec = before


def follows_its_rate(problem: Boxed) -> bool:
    """Whether dE/dt is that of E along solutions in the domain: no jump of E there, and none of the flow or none of ∇E.

    >>> from amsym.notation import index, state, total
    >>> from amsym.system import System
    >>> from proofs.inequalities.boxed import boxed
    >>> from proofs.question import question
    >>> i, y = index("i", "N"), state("y", "N")
    >>> s = System(flow={y[i]: -y[i]}, energy=total(sp.sign(y[i]), i))
    >>> [follows_its_rate(boxed(question(s, {}, {"y": ([low], [2])}))) for low in (1, -1)]
    [True, False]
    """
    energy = problem.system.energy
    assert energy is not None
    if energy_may_jump(problem.system) and not is_finite_on(problem, [(energy, {})], jumps=False):
        return False
    return any(_is_continuous(problem, rows) for rows in (flow_rows(problem), gradient_rows(problem, energy)))


def _is_continuous(problem: Boxed, rows: Rows) -> bool:
    return all(is_continuous(f, problem.system.states) for f, _ in rows) or is_finite_on(problem, rows, jumps=False)


def is_defined_at(problem: Boxed, here: Evaluator) -> bool:
    """Whether energy and flow are finite at an exact point."""
    return _finite_at(here, model_rows(problem))


def _finite_at(here: Evaluator, rows: Iterable[tuple[sp.Expr, Mapping[Index, int]]]) -> bool:
    try:
        return all(here(f, dict(at)).is_finite() for f, at in rows)
    except AmsymError:
        return False

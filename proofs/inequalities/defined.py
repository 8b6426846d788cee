"""Are formulas finite on a whole box? A derivative may have a value where its function has none: log(y)' = 1/y at y = -1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy as sp
from flint import ctx

from amsym.errors import AmsymError
from amsym.notation import Index
from numeric.rigorous import Evaluator
from proofs.inequalities.boxed import Array, Boxed
from proofs.inequalities.branching import split_at
from proofs.inequalities.matrix_forms import flow_rows
from proofs.inequalities.over_box import BITS

# So many boxes may a formula take.
BOXES = 64
Rows = list[tuple[sp.Expr, Mapping[Index, int]]]


def model_rows(problem: Boxed) -> Rows:
    """The energy and each component of the flow."""
    system = problem.system
    energy: Rows = [] if system.energy is None else [(system.energy, {})]
    return energy + ([] if system.flow is None else flow_rows(problem))


def is_finite_on(problem: Boxed, rows: Rows) -> bool:
    """Whether balls over the domain, cut where needed, are finite for every formula.

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
            if not _finite_at(problem.over(low, high), rows):
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


def is_defined_at(problem: Boxed, here: Evaluator) -> bool:
    """Whether energy and flow are finite at an exact point."""
    return _finite_at(here, model_rows(problem))


def _finite_at(here: Evaluator, rows: Iterable[tuple[sp.Expr, Mapping[Index, int]]]) -> bool:
    try:
        return all(here(f, dict(at)).is_finite() for f, at in rows)
    except AmsymError:
        return False

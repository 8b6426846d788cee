"""(e^{max(0, y)} - 1) [y > 0] has a bracket and yet no jump: parts of one component whose pieces meet at every cut.

Such a part is continuous, and locally Lipschitz where each piece is differentiable up to its ends; for the question whether
a formula may jump it counts as max(0, y), which is both as well.
"""

from __future__ import annotations

import itertools

import sympy as sp

from amsym.notation import Component, Tensor, Total, depends_on, derivative, is_zero
from amsym.prover.pieces import pieces
from amsym.prover.regularity import JUMPS, conditions


def without_joined(e: sp.Expr, states: tuple[Tensor, ...]) -> sp.Expr:
    """The formula with max(0, y) for every part that holds a bracket, depends on one component y alone, and does not jump.

    >>> from amsym.notation import Mask, index, state
    >>> i, y = index("i", "N"), state("y", "N")
    >>> without_joined((sp.exp(sp.Max(0, y[i])) - 1)*Mask(y[i] > 0), (y,))
    Max(0, y[i])
    >>> without_joined(sp.exp(y[i])*Mask(y[i] > 0), (y,))
    exp(y[i])*[y[i] > 0]
    """
    if not e.args or not e.has(*JUMPS) or isinstance(e, Component):
        return e
    alone = _one_component(e, states)
    if alone is not None:
        return sp.Max(0, alone) if is_joined(e, alone) else e
    if isinstance(e, Total):
        return Total(without_joined(e.body, states), *e.bound)
    if isinstance(e, sp.Mul):
        return sp.Mul(*(without_joined(f, states) if n else f for n, f in _grouped(e, states)))
    if isinstance(e, (sp.Add, sp.Pow, sp.Function)) and not isinstance(e, sp.Piecewise):
        return e.func(*(without_joined(a, states) for a in e.args))
    return e


def _one_component(e: sp.Basic, states: tuple[Tensor, ...]) -> Component | None:
    """The one component of a state that an expression without sums depends on."""
    found = {c for c in e.atoms(Component) if any(depends_on(c, s) for s in states)}
    return found.pop() if len(found) == 1 and not any(depends_on(t, s) for t in e.atoms(Total) for s in states) else None


def _grouped(e: sp.Mul, states: tuple[Tensor, ...]) -> list[tuple[int, sp.Expr]]:
    """The factors of a product, those of one component together; 1 for a group that depends on a state."""
    groups: dict[sp.Expr | None, list[sp.Expr]] = {}
    rest: list[tuple[int, sp.Expr]] = []
    for f in e.args:
        alone = _one_component(f, states)
        if alone is None:
            rest.append((int(f.has(*JUMPS)), f))
        else:
            groups.setdefault(alone, []).append(f)
    return rest + [(1, sp.Mul(*fs)) for fs in groups.values()]


def is_joined(e: sp.Expr, y: Component) -> bool:
    """Whether the pieces of a function of one component meet at every cut, each with a derivative up to there."""
    t = sp.Dummy("t", real=True)
    f = e.xreplace({y: t})
    taken = pieces(f, t)
    if taken is None:
        return False
    intervals = taken.intervals()
    for (_, cut, left), (_, _, right) in itertools.pairwise(intervals):
        if not (_tame(left, t, cut) and _tame(right, t, cut) and is_zero((left - right).xreplace({t: cut}))):
            return False
        if not is_zero((f - left).xreplace({t: cut})):
            return False
    return not any(conditions(part) for _, _, part in intervals)


def _tame(f: sp.Expr, t: sp.Symbol, cut: sp.Expr) -> bool:
    """Whether f and its derivative have values at the cut."""
    return not any(v.has(sp.zoo, sp.oo, sp.nan) for v in (f.xreplace({t: cut}), derivative(f, t).xreplace({t: cut})))

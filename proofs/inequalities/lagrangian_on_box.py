"""Is a Lagrangian convex on the domain of its state? Its second derivatives are bounded over the box.

An additive L = Σ φ(x_i) has the Hessian diag(φ''(x_i)), so each φ'' is one inequality in one variable; any other has a matrix inequality.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from amsym.errors import AmsymError
from amsym.lagrangian import Lagrangian, split_diagonal
from amsym.notation import Delta, Tensor, derivative, fresh_indices
from amsym.notation.effort import OutOfTime, remaining, time_limit
from amsym.prover.regularity import is_continuous
from amsym.system import System
from amsym.verdict import Verdict
from proofs.inequalities.boxed import Boxed, boxed
from proofs.inequalities.matrices_on_box import convexity
from proofs.inequalities.on_box import decided
from proofs.inequalities.statement import Inequality
from proofs.question import Question

# Seconds for one Lagrangian.
SECONDS = 3.0


def convex_on_its_domain(question: Question, value: sp.Expr, state: Tensor, lagrangian: Lagrangian) -> Verdict | None:
    """CERTIFIED where L is convex on the bounded domain of its state, for the numbers given; None where that is not shown.

    >>> from amsym import lagrangians
    >>> from amsym.notation import index, state
    >>> from amsym.system import System
    >>> i, x = index("i", "N"), state("x", "N")
    >>> silu = lagrangians.silu()
    >>> asked = Question(System(flow={x[i]: -x[i]}, activations={x: silu}), None, {}, {"x": (-1, 1)})
    >>> print(convex_on_its_domain(asked, silu.of(x), x, silu).status)
    CERTIFIED
    """
    try:
        with time_limit(min(SECONDS, remaining() / 2)):
            problem = _problem(question, value, state, lagrangian)
            found = None if problem is None else _second_derivatives(problem, value, state, lagrangian)
    except (AmsymError, OutOfTime):
        return None
    return found if found is not None and found.holds else None


def _problem(question: Question, value: sp.Expr, state: Tensor, lagrangian: Lagrangian) -> Boxed | None:
    """The Lagrangian as an energy, on the domain of its state; one entry stands for all where nothing tells them apart."""
    domain = {name: box for name, box in _named(question.domain).items() if name == state.name}
    if not domain:
        return None
    i = fresh_indices(state.axes)
    system = System(flow={state[i]: -state[i]}, energy=value)
    alone = lagrangian.kind == "additive" and not system.parameters
    sizes = {a: question.sizes.get(a, 1) if alone else question.sizes[a] for a in system.axes if alone or a in question.sizes}
    fixed = {k: v for k, v in (question.fixed or {}).items() if k in (*system.parameters, *system.scalars)}
    return boxed(Question(system, fixed, sizes, domain))


def _named(domain: Mapping[Any, Any] | None) -> dict[str, Any]:
    return {getattr(getattr(k, "tensor", k), "name", k): box for k, box in (domain or {}).items()}


def _second_derivatives(problem: Boxed, value: sp.Expr, state: Tensor, lagrangian: Lagrangian) -> Verdict:
    i = fresh_indices(state.axes)
    j = fresh_indices(state.axes, i)
    slope = derivative(value, state[i])
    if lagrangian.kind != "additive" or not is_continuous(slope, (state,)):
        return convexity(problem, value, seconds=SECONDS)
    curvature, rest = split_diagonal(derivative(slope, state[j]), tuple(Delta(a, b) for a, b in zip(i, j, strict=True)))
    if rest != 0:
        return convexity(problem, value, seconds=SECONDS)
    return decided(problem, Inequality(curvature, ">="), SECONDS)


__all__ = ["convex_on_its_domain"]

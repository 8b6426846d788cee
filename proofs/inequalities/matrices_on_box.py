"""A Hessian that is positive semidefinite on a whole box, so that the function is convex on it; or an exact state and vector against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from amsym.errors import InputError
from amsym.judged import judged
from amsym.prover.regularity import is_continuous
from amsym.render.numbers import value_in_words
from amsym.verdict import Status, Verdict
from amsym.words import counted
from numeric.simulate_input import positive
from proofs.certificates import with_model
from proofs.draws import plain
from proofs.inequalities.boxed import Boxed, boxed
from proofs.inequalities.branching import Cover, cover
from proofs.inequalities.defined import is_finite_on
from proofs.inequalities.definite import Definite, Indefinite
from proofs.inequalities.matrix_forms import HessianForm, MatrixForm, gradient_rows
from proofs.inequalities.on_box import GUARANTEE, SECONDS, left_open
from proofs.inequalities.statement import stated
from proofs.question import question

SEMIDEFINITE, DEFINITE = "positive semidefinite", "positive definite"


def convex_on_box(
    system: Any,
    formula: Any,
    domain: Mapping[Any, Any],
    params: Mapping[str, Any] | None = None,
    *,
    strict: bool = False,
    seconds: float = SECONDS,
) -> Verdict:
    """CERTIFIED where the Hessian of a scalar formula is positive semidefinite (definite, if strict) on the whole box.

    formula: an index expression without free indices, or "energy".  system, domain, params, seconds: as for holds_on_box.

    >>> from amsym.notation import index, state, total
    >>> from amsym.system import System
    >>> i, y = index("i", "N"), state("y", "N")
    >>> s = System(flow={y[i]: -y[i]}, energy=total(sp.cos(y[i]), i))
    >>> print(convex_on_box(s, "energy", {"y": ([2, 3], [4, 4])}).status)
    CERTIFIED
    >>> convex_on_box(s, "energy", {"y": ([0, 3], [4, 4])}).certificate["vector"]
    ['1', '0']

    Raises InputError as holds_on_box does, and for a formula that is not continuous or has free indices.
    """
    positive("seconds", seconds)
    asked = question(judged(system, "convex_on_box", energy=False), params or {}, domain)
    inequality = stated(asked.system, formula, ">=")
    if inequality.left.has(sp.zoo, sp.nan) or sp.sympify(inequality.left).is_number:
        raise InputError(f"{formula!r} is a number; a formula in the states was expected")
    verdict = convexity(boxed(asked), inequality.left, inequality.name, strict, seconds)
    return with_model(verdict, asked.system, asked.fixed, asked.sizes)


def convexity(problem: Boxed, formula: sp.Expr, name: str = "", strict: bool = False, seconds: float = SECONDS) -> Verdict:
    """The verdict on the Hessian of a formula on the domain."""
    from amsym.notation import free_indices

    if free_indices(formula):
        raise InputError(
            f"the formula has the free indices {sorted(map(str, free_indices(formula)))}; a scalar was expected: sum over them"
        )
    states = problem.system.states
    what = f"hessian of {name or formula}"
    claim = f"the Hessian of {'E' if name == 'energy' else 'the formula'} is {DEFINITE if strict else SEMIDEFINITE} on the box"
    if not all(is_continuous(f, states) for f in (formula, *(g for g, _ in gradient_rows(problem, formula)))):
        return Verdict(claim, Status.UNDECIDED, {"kind": "attempts"}, "the gradient may jump, so the Hessian does not tell of convexity")
    if not is_finite_on(problem, [(formula, {})]):
        return Verdict(claim, Status.UNDECIDED, {"kind": "attempts"}, "the formula is not shown to be defined on the whole box")
    return definite_form(problem, HessianForm(problem, formula), claim, what, strict, seconds)


def definite_form(problem: Boxed, form: MatrixForm, claim: str, what: str, strict: bool, seconds: float) -> Verdict:
    """Branch and bound on a matrix form."""
    found = cover(Definite(problem, form, strict), problem.low, problem.high, seconds)
    if found.violation is not None:
        return _refuted(claim, problem, what, found.violation, strict)
    if not found.holds:
        return left_open(claim, problem, found)
    return Verdict(claim, Status.CERTIFIED, matrix_data(problem, what, strict, found), matrix_words(problem, found))


def matrix_data(problem: Boxed, what: str, strict: bool, found: Cover) -> dict[str, Any]:
    """The certificate of a matrix inequality on the domain."""
    property_ = DEFINITE if strict else SEMIDEFINITE
    tree = found.tree.data()
    return {"kind": "interval cover", **problem.data(), "matrix": what, "property": property_, "tree": tree, "guarantee": GUARANTEE}


def matrix_words(problem: Boxed, found: Cover) -> str:
    """The reason, short."""
    parts = counted(found.tree.leaves, "part")
    return f"for all {problem.domain_in_words()}: {parts}, the entries in balls and then exact factors of interval matrices"


def _refuted(claim: str, problem: Boxed, what: str, found: Indefinite, strict: bool) -> Verdict:
    values = {k.name: plain(v) for k, v in {**problem.fixed, **found.values}.items()}
    data = {
        "kind": "exact counterexample",
        "of": what,
        "sizes": dict(problem.sizes),
        "values": values,
        "vector": [str(x) for x in found.vector],
        "inequality": f"xᵀ A x {'≤' if strict else '<'} 0 with A = {what}",
        "value": str(found.ball.str(15)),
    }
    from proofs.zeros.boxes import in_words

    place, vector = in_words({}, dict(found.values)), value_in_words(tuple(found.vector))
    return Verdict(claim, Status.REFUTED, data, f"xᵀ A x = {found.ball.str(6, radius=False)} with x = {vector} at {place}")

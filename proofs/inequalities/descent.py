"""dE/dt ≤ 0 for given numbers: identities ∇E = -M f or f = -R ∇E whose factors have a sign on the box, or as given matrices.

A factor m_i(y) that changes its sign somewhere may keep it on the domain; a given matrix may have a semidefinite symmetric part
without having been declared so. One such argument for each state shows dE/dt = -Σ fᵀ M f ≤ 0. Where none fits, dE/dt itself is
bounded by branch and bound, with regions around steady states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from amsym.errors import AmsymError
from amsym.indexing import said
from amsym.notation import Component
from amsym.notation.effort import OutOfTime, remaining, time_limit
from amsym.prover.factor import common_factor, hessian_factor, shared_part
from amsym.prover.links import steady_are_critical
from amsym.prover.lyapunov import CLAIM, asked_of_states, energy_may_jump
from amsym.prover.patterns import gradient, in_order
from amsym.prover.regularity import is_continuous
from amsym.prover.signs import is_nonnegative
from amsym.render.sentences import factor_identity, hessian_identity
from amsym.system import System
from amsym.verdict import Status, Verdict
from proofs.inequalities.boxed import Boxed, boxed
from proofs.inequalities.defined import is_finite_on, model_rows
from proofs.inequalities.given_matrices import Shown, given_matrix
from proofs.inequalities.matrices_on_box import convexity
from proofs.inequalities.on_box import decided
from proofs.inequalities.statement import Inequality, stated
from proofs.question import Question

# Seconds of search for a factor's sign and for dE/dt itself.
FACTOR, RATE = 1.5, 6.0
SQUARE = "a square times a nonnegative factor is nonnegative"


def descends(question: Question) -> Verdict | None:
    """CERTIFIED for the given numbers, on the domain where it is one; REFUTED at an exact state of it; None where neither is shown.

    >>> from amsym.notation import indices, parameter, state, total
    >>> from proofs.question import question
    >>> i, j = indices("i j", "N")
    >>> y, R = state("y", "N"), parameter("R", "N N")
    >>> s = System(flow={y[i]: -total(R[i, j]*y[j]**3, j)}, energy=total(y[i]**4, i)/4)
    >>> print(descends(question(s, {"R": [[1, 5], [-5, 2]]})).reason)
    for the given parameters f = -R ∇E with the symmetric part of R positive semidefinite, by exact factors
    """
    system = question.system
    if system.flow is None or system.energy is None or not question.numeric or not _is_tame(system):
        return None
    problem = _problem(question)
    if asked_of_states(system) and (problem is None or not is_finite_on(problem, model_rows(problem))):
        return None
    if problem is not None:
        whole = _at_once(problem)
        if whole is not None:
            return whole
    factored = _by_arguments(question, problem)
    return factored if factored is not None or problem is None else _by_branching(problem)


def _is_tame(system: System) -> bool:
    """Whether the chain rule holds along solutions: no jump of E, and none of f or none of ∇E."""
    moving = system.states
    if system.depends_on_time or energy_may_jump(system):
        return False
    flows, slopes = system.equations.values(), [gradient(system, s) for s in system.states]
    return any(all(is_continuous(f, moving) for f in formulas) for formulas in (flows, slopes))


def _problem(question: Question) -> Boxed | None:
    try:
        return boxed(question) if question.is_boxed else None
    except AmsymError:
        return None


def _at_once(problem: Boxed) -> Verdict | None:
    """dE/dt on the whole box by one look."""
    rate = stated(problem.system, "energy rate", "<=")
    v = decided(problem, rate, seconds=0.0)
    return _renamed(v) if v.holds is not None else None


def _renamed(v: Verdict) -> Verdict:
    return Verdict(CLAIM, v.status, v.certificate, v.reason)


def _by_branching(problem: Boxed) -> Verdict | None:
    critical = _critical(problem.system)
    v = decided(problem, stated(problem.system, "energy rate", "<="), min(RATE, remaining() / 4), critical)
    return _renamed(v) if v.holds is not None else None


def _critical(system: System) -> bool:
    try:
        with time_limit(min(RATE, remaining() / 4)):
            v = steady_are_critical(system)
    except OutOfTime:
        return False
    return v is not None and v.status is Status.PROVED and "kinks" not in v.certificate.get("domain", {})


def _by_arguments(question: Question, problem: Boxed | None) -> Verdict | None:
    """One argument for each state."""
    assert question.system.flow is not None
    found: list[Shown] = []
    for c in question.system.flow:
        shown = next((s for s in _arguments(question, problem, c) if s is not None), None)
        if shown is None:
            return None
        found.append(shown)
    return _together(question, problem, found)


def _together(question: Question, problem: Boxed | None, found: list[Shown]) -> Verdict:
    computed = [part for s in found for part in s.computed]
    steps = [step for s in found for step in s.steps]
    on_box = any(part["kind"] == "interval cover" for part in computed)
    words = "; ".join(dict.fromkeys(s.words for s in found))
    data: dict[str, Any] = {"kind": "interval cover" if on_box else "symbolic steps", "steps": steps, "computed": computed}
    if on_box:
        assert problem is not None
        return Verdict(CLAIM, Status.CERTIFIED, {**data, **problem.data()}, f"for all {problem.domain_in_words()}: {words}")
    data |= {"sizes": dict(question.sizes), "domain": {"parameters": "as given"}}
    return Verdict(CLAIM, Status.CERTIFIED, data, f"for the given parameters {words}")


def _arguments(question: Question, problem: Boxed | None, c: Component) -> Iterator[Shown | None]:
    """Candidates, the prover's own first."""
    tried: list[Callable[[], Shown | None]] = [lambda: given_matrix(question, c)]
    if len(question.system.states) > 1:  # of one state the prover has said that it finds nothing
        tried.insert(0, lambda: _proved(question.system, c))
    if problem is not None:
        tried += [lambda: _signed_factor(problem, c), lambda: _signed_product(problem, c), lambda: _convex_potential(problem, c)]
    for attempt in tried:
        try:
            with time_limit(min(FACTOR, remaining() / 3)):
                yield attempt()
        except OutOfTime:
            yield None


def _proved(system: System, c: Component) -> Shown | None:
    for pattern in in_order(system, c):
        found = pattern(system, c)
        if found is not None:
            return Shown(found.words, list(found.steps))
    return None


def _signed_factor(problem: Boxed, c: Component) -> Shown | None:
    """∇E = -m f or f = -m ∇E with m ≥ 0 on the box."""
    system = problem.system
    left, f = gradient(system, c.tensor), system.equations[c]
    for metric, a, b in ((True, left, f), (False, f, left)):
        m = common_factor(a, b, c.where)
        v = decided(problem, Inequality(m, ">="), FACTOR) if m is not None else None
        if m is not None and v is not None and v.holds:
            steps = [
                {"identity": factor_identity(system, c, m, metric)},
                {"lemma": SQUARE, "hypothesis": f"{said(system, m)} ≥ 0 on the box"},
            ]
            words = f"{'∇E = -m f' if metric else 'f = -m ∇E'} with m = {said(system, m)} ≥ 0 there"
            return Shown(words, steps, [dict(v.certificate)])
    return None


def _signed_product(problem: Boxed, c: Component) -> Shown | None:
    """f = a r and ∇E = b r with a b ≤ 0 on the box."""
    system = problem.system
    left, f = gradient(system, c.tensor), system.equations[c]
    shared = shared_part(f, left)
    if shared is None:
        return None
    from amsym.notation import is_zero

    r, a, b = shared
    if not (is_zero(f - a * r) and is_zero(left - b * r)):
        return None
    v = decided(problem, Inequality(a * b, "<="), FACTOR)
    if not v.holds:
        return None
    steps = [
        {"identity": f"f = a r and ∇E = b r with a = {said(system, a)}, b = {said(system, b)}"},
        {"lemma": SQUARE, "hypothesis": "a b ≤ 0"},
    ]
    return Shown(f"f = a r and ∇E = b r with a b = {said(system, a * b)} ≤ 0 there", steps, [dict(v.certificate)])


def _convex_potential(problem: Boxed, c: Component) -> Shown | None:
    """∇E = -k Λ f with Λ the Hessian of a declared Lagrangian that is convex on the box."""
    system = problem.system
    declared = system.activations.get(c.tensor)
    if declared is None or declared.kind == "abstract":
        return None
    potential, name = declared.of(c.tensor), f"the Hessian of the Lagrangian {declared.name}"
    found = hessian_factor(gradient(system, c.tensor), lambda where: system.right_side(c.tensor, where), c, potential, name)
    if found is None or not is_nonnegative(found.scale):
        return None
    v = convexity(problem, potential, seconds=FACTOR)
    if not v.holds:
        return None
    identity = {"identity": hessian_identity(system, c, found.scale, name), "potential": said(system, potential)}
    return Shown(f"∇E = -Λ f with Λ = {name}, which is positive semidefinite there", [identity], [dict(v.certificate)])


__all__ = ["descends"]

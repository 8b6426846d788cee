"""Is there exactly one steady state? Contraction where it holds, two steady states in disjoint boxes where it does not.

The claim: f(y) = 0 has exactly one solution, for every size and every parameter as declared, or for those given. With
numbers the couplings W of f = r (W g - y + b) and the largest slopes c of g are compared exactly, in balls:

    symmetric part of W below 1/c       where g is the gradient of a convex function
    Σ_j |W_ij| c_j v_j < v_i            for a positive v: the map W g + b contracts in max |y_i|/v_i (Banach)
    ‖W c‖ < 1                           the same in the Euclidean norm
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from amsym.errors import AmsymError
from amsym.notation.effort import Budget, OutOfTime, check, remaining, time_limit
from amsym.prover.contraction import always_one
from amsym.system import System, time
from amsym.verdict import Status, Verdict
from proofs.draws import Values
from proofs.inequalities.one_steady_state import one_on_box
from proofs.properties.links import with_given_scalars
from proofs.question import Question
from proofs.settings import SEED, simple_parameters, strong_parameters
from proofs.zeros.boxes import choices_of_sizes, is_drawable
from proofs.zeros.contraction import CLAIM, SYMBOLIC_SECONDS, certified
from proofs.zeros.pairs import MANY, SEARCH_SECONDS, STARTS, no_zero, two_zeros
from proofs.zeros.rough import RoughAt, RoughFlow

# Draws of simple parameters before random ones, and draws at which a flow of one sign is looked for.
DRAWS, SIGNED = 40, 60


def decide(question: Question) -> Verdict | None:
    """PROVED by the formulas, CERTIFIED by contraction for given numbers, REFUTED by two steady states or none; None for updates.

    >>> from amsym import zoo
    >>> print(decide(Question(zoo.hopfield("tanh"))).status)
    REFUTED
    """
    system = question.system
    if system.flow is None:
        return None
    if any(f.has(time) for f in system.flow.values()):
        return Verdict(CLAIM, Status.UNDECIDED, {"kind": "attempts"}, "the flow depends on time, so steady states do")
    given = with_given_scalars(question)
    proved = _in_time(given)
    if proved is not None:
        return _within(question, proved)
    reached = ""
    if question.fixed is not None:
        found, reached = certified(question, given)
        if found is not None:
            return _within(question, found)
        inside = one_on_box(question)
        if inside is not None:
            return inside
    return _searched(question, reached)


def _within(question: Question, verdict: Verdict) -> Verdict:
    """Exactly one of all states is steady; in a domain that is at most one, and one where it is found there."""
    if not question.domain:
        return verdict
    found = one_on_box(question, dict(verdict.certificate), verdict.reason)
    if found is not None:
        return found
    words = f"at most one steady state lies in the domain, for there is exactly one among all states: {verdict.reason}"
    return replace(verdict, status=Status.UNDECIDED, reason=words)


def _in_time(system: System) -> Verdict | None:
    try:
        with time_limit(min(SYMBOLIC_SECONDS, remaining() / 3)):
            found = always_one(system)
    except OutOfTime:
        return None
    if found is None:
        return None
    steps, words = found
    return Verdict(CLAIM, Status.PROVED, {"kind": "symbolic steps", "steps": steps}, words)


def _searched(question: Question, reached: str) -> Verdict:
    system = question.system
    if not is_drawable(system):
        return Verdict(
            CLAIM, Status.UNDECIDED, {"kind": "attempts"}, "the formulas show no contraction, and what is only named cannot be drawn"
        )
    budget, rng, draws, flow = Budget(SEARCH_SECONDS), random.Random(SEED), 0, RoughFlow(system)
    for sizes, values in _settings(question, rng):
        check()
        if budget.spent:
            break
        draws += 1
        # Where there is none, Newton's method would wander from every start.
        verdict = no_zero(system, sizes, values) if question.fixed is not None else None
        if verdict is None:
            verdict = two_zeros(question, sizes, values, rng, _bound(flow, sizes, values))
        if verdict is None and question.fixed is None and draws <= SIGNED:
            verdict = no_zero(system, sizes, values)
        if verdict is not None:
            return verdict
    words = (
        f"no contraction was shown{f' ({reached})' if reached else ''}, and no two steady states were found in {draws} draws of parameters"
    )
    if question.fixed is not None:
        words = f"no contraction was shown{f' ({reached})' if reached else ''}, and no second steady state was found"
    return Verdict(
        CLAIM,
        Status.UNDECIDED,
        {"kind": "attempts", "draws": draws, "starts for each": STARTS if question.fixed is None else MANY, "seed": SEED},
        words,
    )


def _settings(question: Question, rng: random.Random) -> Iterator[tuple[dict[str, int], Values]]:
    """Strong couplings, then simple parameters at the smallest sizes, where a draw costs least, then all sizes in turn."""
    fixed, sizes = dict(question.fixed or {}), choices_of_sizes(question, spread=1)
    if question.fixed is None:
        yield from ((s, values) for s in sizes for values in strong_parameters(question.system, s, fixed))
    streams = [(s, simple_parameters(question.system, s, fixed, rng, DRAWS)) for s in sizes]
    yield from ((sizes[0], values) for values in islice(streams[0][1], DRAWS))
    while streams:
        for here, stream in list(streams):
            found = next(stream, None)
            if found is None:
                streams.remove((here, stream))
            else:
                yield here, found


def _bound(flow: RoughFlow, sizes: dict[str, int], values: Values) -> RoughAt | None:
    try:
        return flow.bound(sizes, values)
    except AmsymError:
        return None

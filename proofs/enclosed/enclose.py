"""All steady states in a box, each in a box of its own that holds exactly one, and a proof that there is no other.

Branch and prune in outward-rounded doubles (`numeric.enclosure`); every zero that it proposes is shown once more in balls, at
exact numbers, with the number of its unstable directions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from amsym.notation.effort import Budget
from amsym.verdict import Status, Verdict
from amsym.words import counted
from numeric.enclosure.search import Search, Zeros
from numeric.intervals.enclose import Enclosure
from numeric.simulate_input import positive
from proofs.certificates import with_model
from proofs.draws import plain
from proofs.enclosed.certify import Shown, first_overlap, shown
from proofs.enclosed.left import grouped
from proofs.enclosed.mirrors import Mirror, mirrors, orbit
from proofs.enclosed.piecewise import enumerated
from proofs.enclosed.problem import Problem, energies_at, flow_problem, gradient_problem, read
from proofs.enclosed.result import EnclosedStates
from proofs.patterns import is_piecewise_affine
from proofs.question import Question

SECONDS = 60.0
# Boxes after which symmetries are looked for: small problems are done before.
FEW = 3000
# Nodes beyond which the cuts of a domain that is not covered are not written out: they took seven times as long as the search.
MANY_NODES = 100_000
GUARANTEE = f"{Enclosure.guarantee}; every zero once more in balls"


def enclose_steady_states(
    system: Any, params: Mapping[str, Any] | None = None, domain: Mapping[Any, Any] | None = None, *, seconds: float = SECONDS
) -> EnclosedStates:
    """Every steady state in a bounded domain, and a Verdict on there being no other.

    system: a System, a Memory, or a bound model (params None).  domain: {"y": (low, high)}, numbers or arrays, for every state.
    seconds: processor time for the search; what is left open by then is in `undecided`. A degenerate state, one whose Jacobian is
    singular as at a bifurcation, is left open however long.
    A flow that is piecewise affine (relu, leaky_relu, hard_tanh, identity) is solved over the patterns of its kinks in exact rationals,
    with or without a domain, and without regard to `seconds`; steady states that are not isolated are in `continua`.

    >>> from amsym import zoo
    >>> found = enclose_steady_states(zoo.hopfield("tanh"), {"W": [[2.0]], "b": [0.0]}, {"y": (-5, 5)})
    >>> found.states.round(4).tolist(), str(found.complete.status), found.index.tolist()
    ([[-1.915], [0.0], [1.915]], 'CERTIFIED', [0, 1, 0])

    Raises InputError for params or a domain that do not fit, ModelError for a system without a flow.
    """
    asked = read(system, params, domain, "enclose_steady_states")
    seconds = positive("seconds", seconds)
    if is_piecewise_affine(asked.system) and not _lacks_sizes(asked):
        return enumerated(asked)
    return _enclosed(flow_problem(asked, "enclose_steady_states"), seconds, "steady state")


def enclose_critical_points(
    system: Any, params: Mapping[str, Any] | None = None, domain: Mapping[Any, Any] | None = None, *, seconds: float = SECONDS
) -> EnclosedStates:
    """Every point of a bounded domain at which ∂E/∂y = 0; `stable` ones are the minima of E.

    Arguments and errors are those of `enclose_steady_states`; the system needs an energy in place of a flow.

    >>> from amsym.system import System
    >>> from amsym.notation import index, state, total
    >>> i, y = index("i", "N"), state("y", "N")
    >>> E = total((y[i]**2 - 1)**2, i)
    >>> found = enclose_critical_points(System(flow={y[i]: -y[i]}, energy=E), None, {"y": ([-2.0], [2.0])})
    >>> found.states.round(4).tolist(), found.stable.tolist()
    ([[-1.0], [0.0], [1.0]], [True, False, True])
    """
    asked = read(system, params, domain, "enclose_critical_points")
    return _enclosed(gradient_problem(asked, "enclose_critical_points"), positive("seconds", seconds), "critical point")


def _lacks_sizes(asked: Question) -> bool:
    return any(a not in asked.sizes for a in asked.system.axes)


def _enclosed(problem: Problem, seconds: float, what: str) -> EnclosedStates:
    zeros, found = _searched(problem, seconds)
    proposed = [shown(problem, k, m, r) for k, (m, r) in enumerate(zip(zeros.middles, zeros.radii, strict=True))]
    kept = sorted((s for s in proposed if s is not None and s.inside), key=lambda s: tuple(s.box.middle))
    doubtful = [k for k, s in enumerate(proposed) if s is None or s.inside is None]
    left = _left(problem, zeros, doubtful)
    complete = _complete(problem, zeros, found, kept, len(left[0]), what)
    middles, radii = _rows(problem, [s.box.middle for s in kept]), _rows(problem, [s.box.radius for s in kept])
    return EnclosedStates(
        boxes=(problem.restored(np.nextafter(middles - radii, -np.inf)), problem.restored(np.nextafter(middles + radii, np.inf))),
        states=problem.restored(middles),
        stability=tuple(_carrying(problem, s.stability) for s in kept),
        complete=_carrying(problem, complete),
        undecided=(problem.restored(left[0]), problem.restored(left[1])),
        energies=energies_at(problem.asked, problem.restored(middles)),
        domain=_domain(problem),
        boxes_looked_at=zeros.boxes,
        what=what,
    )


def _carrying(problem: Problem, verdict: Verdict) -> Verdict:
    """The verdict with the model and its numbers in the certificate."""
    return with_model(verdict, problem.asked.system, problem.asked.fixed, problem.exact.sizes)


def _left(problem: Problem, zeros: Zeros, doubtful: list[int]) -> tuple[Any, Any]:
    """Boxes that are open, and those of zeros that balls did not show or that lie on the border."""
    ends = [
        _rows(problem, [*zeros.left[k], *(zeros.middles[d] + side * zeros.radii[d] for d in doubtful)]) for k, side in ((0, -1), (1, 1))
    ]
    return grouped(ends[0], ends[1])


def _searched(problem: Problem, seconds: float) -> tuple[Zeros, list[Mirror]]:
    """All of it, and where that takes long, once more up to the symmetries of the field."""
    search, budget = Search(problem.model, problem.width, problem.intervals), Budget(seconds)
    zeros = search(problem.low, problem.high, budget, most=FEW)
    if not len(zeros.left[0]) or budget.spent:
        return zeros, []
    found = mirrors(problem)
    if not found and zeros.boxes < FEW:
        return zeros, []
    zeros = search(problem.low, problem.high, budget, mirrors=np.array([m.row for m in found]).reshape(-1, problem.width))
    zeros.middles, zeros.radii = orbit(zeros.middles, zeros.radii, found)
    return zeros, found


def _rows(problem: Problem, rows: list[Any]) -> Any:
    return np.array(rows, dtype=float).reshape(-1, problem.width)


def _domain(problem: Problem) -> dict[str, Any]:
    packing, _ = problem.model.packing(problem.width)
    return {s.name: (problem.low[packing.part(s.name)], problem.high[packing.part(s.name)]) for s in problem.asked.system.states}


def _complete(problem: Problem, zeros: Zeros, found: list[Mirror], kept: list[Shown], left: int, what: str) -> Verdict:
    claim = f"every {what} in the box was found"
    certificate = _certificate(problem, zeros, found, kept, left)
    looked = counted(zeros.boxes, "box", "boxes")
    if first_overlap(kept) is not None:
        return Verdict(claim, Status.UNDECIDED, certificate, f"two of {counted(len(kept), what)} have boxes that overlap")
    if left:
        words = f"{counted(len(kept), what)} shown; {counted(left, 'region')} left open after {looked}"
        return Verdict(claim, Status.UNDECIDED, certificate, words)
    held = "one in its box" if len(kept) == 1 else f"one in each of {len(kept)} boxes"
    words = f"{held} and none elsewhere" if kept else "there is none"
    return Verdict(claim, Status.CERTIFIED, certificate, f"{words}, by {looked} that cover{'s' * (zeros.boxes == 1)} the domain")


def _certificate(problem: Problem, zeros: Zeros, found: list[Mirror], kept: list[Shown], left: int) -> dict[str, Any]:
    exact = problem.exact
    places = {s.number: k for k, s in enumerate(kept)}
    marks = {k: places.get(k, ".") for k in range(len(zeros.middles))}

    def tables(y: Any) -> dict[str, Any]:
        return {name: np.asarray(a[0]).tolist() for name, a in _named(problem, y).items()}

    return {
        "kind": "interval cover",
        "zeros of": problem.field,
        "sizes": dict(exact.sizes),
        "values": {k.name: plain(v) for k, v in exact.values.items()},
        "domain": {name: [low.tolist(), high.tolist()] for name, (low, high) in _domain(problem).items()},
        "zeros": [
            {
                "middle": tables(s.box.middle),
                "radius": tables(s.box.radius),
                "alone": tables(s.alone),
                "index": s.stability.certificate.get("index"),
            }
            for s in kept
        ],
        "mirrors": [m.to_dict() for m in found],
        "tree": "?" if left and len(zeros.tree.nodes) > MANY_NODES else zeros.tree.data(renamed=marks),
        "guarantee": GUARANTEE,
    }


def _named(problem: Problem, y: Any) -> dict[str, Any]:
    packing, _ = problem.model.packing(problem.width)
    return dict(packing.restore(np.asarray(y, dtype=float)[None], (1,), True))


__all__ = ["enclose_critical_points", "enclose_steady_states"]

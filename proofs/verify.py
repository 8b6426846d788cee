"""verify: prove what can be proved, refute what is false with exact numbers, and say honestly what is left open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Any

from amsym.errors import InputError
from amsym.judged import judged
from amsym.notation.effort import Budget, OutOfTime, hard_limit, time_limit
from amsym.verdict import Report, Status, Verdict
from proofs.certificates import with_model
from proofs.properties import bounded, coercive, convex, dead, energy, flat, links, smooth, symmetries, unique
from proofs.question import Question, question

# Seconds for the property on which others build, and for each other one; what is not shown by then stays open.
FIRST, OTHERS = 7.0, 5.0
LONGEST = energy.CLAIM
# Seconds for a whole report: what comes after has a little each.
ALL, LEAST = 13.0, 1.5
# Seconds beyond these after which work that looks at no limit is stopped.
GRACE = 0.5

Decide = Callable[[Question], Verdict | None]


# In the order of a Report. A property that has nothing to say gives None, and its key does not appear.
PROPERTIES: dict[str, Decide] = {
    "energy never increases": energy.decide,
    "energy bounded below": bounded.decide,
    "energy coercive": coercive.decide,
    "smooth": smooth.decide,
    "Lagrangians convex": convex.decide,
    "dead directions": dead.decide,
    "energy flat along dead directions": flat.decide,
    "symmetries": symmetries.decide,
    "steady states are critical points": links.decide_steady,
    "critical points are steady states": links.decide_critical,
    "steady state unique": unique.decide,
}


# What is said of a property that was asked for by name and does not apply; in a whole report its key is left out.
NOTHING = dict.fromkeys(PROPERTIES, "says nothing of updates, which have no flow") | {
    "energy coercive": "there are finitely many states, and none of them is large",
    "Lagrangians convex": "no Lagrangian was declared; give System(..., activations={y: L})",
    "dead directions": "no activation was found in the formulas",
    "energy flat along dead directions": "no activation was found in the formulas",
}


def verify(
    model: Any,
    params: Mapping[str, Any] | None = None,
    domain: Mapping[Any, Any] | None = None,
    *,
    only: str | Iterable[str] | None = None,
) -> Report:
    """A Report of verdicts on a System, a Memory, or a Lagrangian.

    A Lagrangian is judged in the network that it was made for, dy/dt = W g(y) - y + b with symmetric W
    ([dead_neurons] eq. (1), (2)).

    Without params the claims are for every size, every parameter as declared and every state. With params they are
    for these parameters; properties that the numbers have exactly (a symmetric W, a positive β) count as declared.
    domain: {"y": (-5, 5)} or {"y": (lows, highs)} bounds the states: what is refuted is so in there, and boundedness is asked there.
    only: one property or several by name, where not all are wanted; the fewer, the more time each has.

    >>> from amsym.notation import indices, parameter, state, total
    >>> from amsym.system import System
    >>> i, j = indices("i j", "N")
    >>> y, W = state("y", "N"), parameter("W", "N N")
    >>> E = total(y[i]**2, i)/2 - total(W[i, j]*y[i]*y[j], i, j)/2
    >>> report = verify(System(flow={y[i]: total(W[i, j]*y[j], j) - y[i]}, energy=E))
    >>> print(report["energy never increases"].status)
    REFUTED
    >>> list(verify(System(flow={y[i]: -y[i]}, energy=total(y[i]**2, i)/2), only=["smooth", "energy coercive"]))
    ['energy coercive', 'smooth']

    Raises ModelError for what is no model or has no energy, InputError for params, domain or only that do not fit.
    """
    wanted = _wanted(only)
    asked = question(judged(model, "verify"), params, domain)
    verdicts: dict[str, Verdict] = {}
    seconds: dict[str, float] = {}
    budget = Budget(ALL)
    for key in wanted:
        start = perf_counter()
        left = max(budget.seconds - budget.used, LEAST)
        found = _in_time(key, asked, min(left, max(FIRST if key == LONGEST else OTHERS, ALL / len(wanted))), alone=len(wanted) == 1)
        if found is None and only is not None:
            found = Verdict(key, Status.UNDECIDED, {"kind": "attempts"}, NOTHING[key])
        if found is not None:
            verdicts[key], seconds[key] = with_model(found, asked.system, asked.fixed, asked.sizes), perf_counter() - start
    return Report(verdicts, name=asked.system.name, seconds=seconds)


def _wanted(only: str | Iterable[str] | None) -> list[str]:
    """The properties to decide, in the order of a Report."""
    if not isinstance(only, str | Iterable | None):
        raise InputError(f"only is {only!r}; the name of a property or a list of names was expected: say only='smooth'")
    names = list(PROPERTIES) if only is None else [only] if isinstance(only, str) else list(only)
    unknown = [name for name in names if name not in PROPERTIES]
    if unknown:
        raise InputError(f"verify() knows no property {unknown[0]!r}; it has {', '.join(PROPERTIES)}: name some of these")
    return [key for key in PROPERTIES if key in names]


def _in_time(key: str, asked: Question, seconds: float, alone: bool) -> Verdict | None:
    try:
        with hard_limit(seconds + GRACE), time_limit(seconds):
            return PROPERTIES[key](asked)
    except OutOfTime:
        words = f"not finished in {seconds:.2g} s" + ("" if alone else f"; verify(model, only={key!r}) gives it more")
        return Verdict(key, Status.UNDECIDED, {"kind": "attempts"}, words)

"""g(y) ≤ c for every state y of a box, at given parameters: branch and bound, each part settled in balls; or an exact violation.

A formula with free indices is meant at each of their places. Relations: "<=", "<", ">=", ">".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from amsym.judged import judged
from amsym.notation import Index, Mask, total
from amsym.prover.lyapunov import asked_of_states
from amsym.verdict import Status, Verdict
from amsym.words import counted
from numeric.rigorous import Evaluator
from numeric.simulate_input import positive
from proofs.certificates import with_model
from proofs.draws import plain
from proofs.inequalities.boxed import Boxed, boxed
from proofs.inequalities.branching import Cover, Region, cover
from proofs.inequalities.defined import follows_its_rate, is_defined_at, is_finite_on, model_rows
from proofs.inequalities.places import Local, local, places_of, renumbered
from proofs.inequalities.scalar import Found, Scalar
from proofs.inequalities.squares import by_squares
from proofs.inequalities.statement import Inequality, check_relation, inequality_data, stated
from proofs.inequalities.touching import at_maximum, at_steady_state
from proofs.probes import kink_functions
from proofs.question import question
from proofs.zeros.points import off_kinks

# Seconds of search in floating point for one place; balls may take three times as long.
SECONDS = 4.0
# Points at which a function is looked at before a number below it is shown.
POINTS = 1000
GUARANTEE = "each leaf is bounded in ball arithmetic, from exact parameters"


def holds_on_box(
    system: Any,
    formula: Any,
    relation: str,
    domain: Mapping[Any, Any],
    params: Mapping[str, Any] | None = None,
    *,
    right: Any = 0,
    seconds: float = SECONDS,
) -> Verdict:
    """CERTIFIED where formula ⋈ right holds for all states of the domain, REFUTED at an exact state, else UNDECIDED.

    system: a System, a Memory, or a Lagrangian.
    formula: an index expression in the system's states and parameters, or "energy", or "energy rate" for dE/dt along the flow.
    One with free indices, as y[i], is meant at each of their places.  relation: "<=", "<", ">=" or ">".
    domain: {"y": (low, high)}, numbers or arrays, for every state.  right: an exact number.  seconds: for the search.

    >>> from amsym.notation import index, state, total
    >>> from amsym.system import System
    >>> i, y = index("i", "N"), state("y", "N")
    >>> s = System(flow={y[i]: -y[i]}, energy=total(y[i]**2, i)/2)
    >>> v = holds_on_box(s, "energy rate", "<=", {"y": ([-1, -1], [1, 1])})
    >>> str(v.status), v.certificate["kind"], v.certificate["tree"]
    ('CERTIFIED', 'interval cover', '.')
    >>> print(holds_on_box(s, "energy", "<=", {"y": ([-1, -1], [1, 1])}, right="1/2").status)
    REFUTED

    Raises InputError for a domain without bounds, missing parameters, an unknown relation or a formula that does not fit, ModelError
    for what is no model.
    """
    check_relation(relation)
    positive("seconds", seconds)
    asked = question(judged(system, "holds_on_box", energy=False), params or {}, domain)
    verdict = decided(boxed(asked), stated(asked.system, formula, relation, right), seconds)
    return with_model(verdict, asked.system, asked.fixed, asked.sizes)


def decided(problem: Boxed, inequality: Inequality, seconds: float = SECONDS, critical: bool = False) -> Verdict:
    """The verdict on one inequality; `critical`: an identity shows that steady states are critical points of E."""
    claim = f"{inequality.words()} on the box"
    if inequality.name == "energy rate" and asked_of_states(problem.system) and not is_finite_on(problem, model_rows(problem)):
        return Verdict(claim, Status.UNDECIDED, {"kind": "attempts"}, "energy and flow are not shown to be defined on the whole box")
    parts: list[dict[str, Any]] = []
    known: dict[Any, tuple[Any, Local]] = {}
    boxes = 0
    for at in places_of(problem, inequality.left):
        mine = local(problem, inequality.left, at)
        tree = _same_as(known, mine)
        if tree is not None:
            parts.append({"inequality": inequality_data(inequality, at), "tree": tree})
            continue
        found = covered(problem, inequality, at, seconds, critical)
        if found.violation is not None:
            return _refuted(claim, problem, inequality, found.violation, at)
        squares = by_squares(problem, inequality.bounded, at) if not (found.holds or inequality.strict) else None
        if not found.holds and squares is None:
            return left_open(claim, problem, found)
        shown = _shown(found) if squares is None else {"squares": squares}
        parts.append({"inequality": inequality_data(inequality, at), **shown})
        boxes += found.tree.leaves
        if mine is not None and "zeros" not in shown and "tree" in shown:
            known[mine.numbers] = shown["tree"], mine
    if inequality.name == "energy rate" and not follows_its_rate(problem):
        return Verdict(claim, Status.UNDECIDED, {"kind": "attempts"}, "the energy may jump in the box, or slide along a jump of the flow")
    data = {"kind": "interval cover", **problem.data(), **(parts[0] if len(parts) == 1 else {"parts": parts})}
    words = f"{inequality.words()} for all {problem.domain_in_words()}: {counted(boxes, 'part')}, {GUARANTEE}"
    return Verdict(claim, Status.CERTIFIED, {**data, "guarantee": GUARANTEE}, words + _regions_in_words(parts))


def _same_as(known: Mapping[Any, tuple[Any, Local]], mine: Local | None) -> Any:
    """The tree of a place that knows the same numbers, with this place's components."""
    if mine is None or mine.numbers not in known:
        return None
    tree, other = known[mine.numbers]
    return renumbered(tree, dict(zip(other.components, mine.components, strict=True)))


def lower_bound(problem: Boxed, formula: sp.Expr, name: str = "energy", seconds: float = SECONDS) -> Verdict | None:
    """CERTIFIED formula ≥ c for a number c a little below its least value at points of a grid; None where it is not shown."""
    rough = problem.rough(formula)
    points = np.random.default_rng(0).uniform(problem.low, problem.high, size=(POINTS, problem.width))
    with np.errstate(all="ignore"):
        values = rough.packed_energy(points)
    if not np.isfinite(values).any():
        return None
    least, spread = float(np.nanmin(values)), float(np.ptp(values[np.isfinite(values)]))
    v = decided(problem, Inequality(formula, ">=", math.floor(least - 1 - spread / 2), name), seconds)
    return v if v.holds else None


def covered(problem: Boxed, inequality: Inequality, at: Mapping[Index, int], seconds: float, critical: bool = False) -> Cover:
    """Branch and bound for one place."""
    g = inequality.bounded
    own = inequality.name == "energy rate" and inequality.right == 0 and inequality.relation == "<="

    @cache
    def regions() -> Callable[[Any], Region | None]:
        """Made only where one is asked for: most inequalities hold without."""
        scalar = total(sp.Mul(*(Mask(sp.Eq(i, p)) for i, p in at.items()), g), *at) if at else g
        return at_steady_state(problem, critical) if own else at_maximum(problem, g, at, scalar)

    def region(point: Any) -> Region | None:
        return regions()(point)

    return cover(Scalar(problem, g, at, inequality.strict, region, _refuting(problem, inequality)), problem.low, problem.high, seconds)


def _refuting(problem: Boxed, inequality: Inequality) -> Callable[[Evaluator], bool]:
    """At a kink the formal derivative is one of several, and beyond where E is defined it has a value too: dE/dt there refutes nothing."""
    if inequality.name != "energy rate":
        return lambda _: True
    bends = kink_functions(problem.system)
    return lambda here: off_kinks(here, bends) and is_defined_at(problem, here)


def _shown(found: Cover) -> dict[str, Any]:
    data: dict[str, Any] = {"tree": found.tree.data()}
    return data | ({"zeros": [r.data for r in found.regions]} if found.regions else {})


def _regions_in_words(parts: list[dict[str, Any]]) -> str:
    n = sum(len(p.get("zeros", [])) for p in parts)
    squares = ", as a sum of squares" if any("squares" in p for p in parts) else ""
    return squares + (f", and {counted(n, 'box', 'boxes')} around points where both sides are equal, by a matrix inequality" if n else "")


def _refuted(claim: str, problem: Boxed, inequality: Inequality, found: Found, at: Mapping[Index, int]) -> Verdict:
    # The ball is of g = left - right or right - left; the certificate tells the violated inequality of left itself.
    values = {k.name: plain(v) for k, v in {**problem.fixed, **found.values}.items()}
    opposite = {"<=": ">", "<": ">=", ">=": "<", ">": "<="}[inequality.relation]
    difference = found.ball if inequality.relation in ("<=", "<") else -found.ball
    data: dict[str, Any] = {
        "kind": "exact counterexample",
        "of": inequality.text,
        "sizes": dict(problem.sizes),
        "values": values,
        "inequality": inequality_data(inequality, at, opposite),
        "value": str((difference + _right(inequality)).str(15)),
    }
    if inequality.name == "energy rate" and inequality.right == 0:
        data["inequality"] = f"dE/dt {opposite} 0"
    return Verdict(claim, Status.REFUTED, data, f"violated by {found.ball.str(6, radius=False)} at {_point_in_words(found)}")


def _right(inequality: Inequality) -> Any:
    from numeric.rigorous import ball

    return ball(inequality.right)


def _point_in_words(found: Found) -> str:
    from proofs.zeros.boxes import in_words

    return in_words({}, dict(found.values)) or "the state of the certificate"


def left_open(claim: str, problem: Boxed, found: Cover) -> Verdict:
    """UNDECIDED, with what is left."""
    shown = [problem.box_data(a, b) for a, b in found.left[:20]]
    data = {"kind": "attempts", "boxes": found.boxes, "left": len(found.left), "undecided": shown}
    words = f"{counted(found.boxes, 'box', 'boxes')} bounded, at least {counted(len(found.left), 'box', 'boxes')} left open"
    return Verdict(claim, Status.UNDECIDED, data, words)

"""Is every declared Lagrangian convex? By rules of composition, by the sign of φ'' on the whole line or domain; not, at exact points."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import sympy as sp

from amsym.lagrangian import Lagrangian
from amsym.notation import Size, Tensor, components, derivative
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.convexity import Steps, is_convex
from amsym.prover.one_variable import convexity_of
from amsym.prover.pieces import pieces
from amsym.prover.regularity import conditions
from amsym.system import time
from amsym.verdict import Status, Verdict
from proofs.draws import Values, flattened
from proofs.falsifier.convexity import climbed
from proofs.falsifier.evidence import in_words, statistical
from proofs.falsifier.search import Search
from proofs.inequalities.lagrangian_on_box import convex_on_its_domain
from proofs.one_variable.chords import Trial, Tried, at_points, parameters_of, search, trial
from proofs.one_variable.lines import nonnegative_between
from proofs.question import Question
from proofs.settings import SEED, in_domain
from proofs.shrinking import Violation

CLAIM = "Lagrangians convex"
# Seconds for one Lagrangian's normal forms and for climbs; draws of its parameters for which φ'' is looked at on the whole line.
SECONDS, CLIMB, DRAWS = 4.0, 2.0, 16


@dataclass
class Finding:
    """What was found about one Lagrangian."""

    state: str
    name: str
    status: Status
    words: str
    steps: list[str] = field(default_factory=list)
    violation: Violation | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    cover: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain data."""
        data: dict[str, Any] = {"state": self.state, "Lagrangian": self.name, "status": str(self.status), "reason": self.words}
        if self.steps:
            data["steps"] = self.steps
        data |= {"cover": self.cover} if self.cover is not None else {}
        return data | ({"witness": self.violation.certificate()} if self.violation else {})


def decide(question: Question) -> Verdict | None:
    """One verdict on all declared Lagrangians; None where none is declared.

    >>> from amsym import lagrangians
    >>> from amsym.notation import index, state
    >>> from amsym.system import System
    >>> i, x = index("i", "N"), state("x", "N")
    >>> print(decide(Question(System(flow={x[i]: -x[i]}, activations={x: lagrangians.silu()}))).status)
    REFUTED
    """
    if not question.system.activations:
        return None
    return _together([_judged(question, state, lagrangian) for state, lagrangian in question.system.activations.items()])


def _together(found: list[Finding]) -> Verdict:
    each = [f.to_dict() for f in found]
    for status in (Status.REFUTED, Status.UNDECIDED, Status.SUPPORTED):
        these = [f for f in found if f.status is status]
        if these:
            words = "; ".join(f"{f.name} of {f.state}: {f.words}" for f in these)
            return Verdict(CLAIM, status, {**_evidence(these[0]), "Lagrangians": each}, words)
    steps = [{"lemma": line, "hypothesis": f"{f.name} of {f.state}"} for f in found for line in f.steps]
    cover = next((f.cover for f in found if f.cover is not None), None)
    data = {"kind": "symbolic steps", **(cover or {}), "steps": steps, "Lagrangians": each}
    return Verdict(CLAIM, Status.PROVED if cover is None else Status.CERTIFIED, data, "; ".join(_proofs(found)))


def _evidence(first: Finding) -> dict[str, Any]:
    if first.violation is not None:
        return first.violation.certificate()
    return first.evidence or {"kind": "attempts"}


def _proofs(found: list[Finding]) -> Iterator[str]:
    for words in dict.fromkeys(f.words for f in found):
        yield f"{', '.join(f'{f.name} of {f.state}' for f in found if f.words == words)} {words}"


def _judged(question: Question, state: Tensor, lagrangian: Lagrangian) -> Finding:
    def finding(status: Status, words: str, **more: Any) -> Finding:
        return Finding(state.name, lagrangian.name, status, words, **more)

    fixed = dict(question.fixed or {})
    value = lagrangian.of(state).xreplace(_scalars(fixed))
    steps = _by_rules(value, state)
    if steps is not None:
        return finding(Status.PROVED, "convex by rules of composition", steps=steps)
    if lagrangian.kind == "abstract" or value.atoms(sp.core.function.AppliedUndef):
        return finding(Status.UNDECIDED, "it is only named, and not declared convex")
    if lagrangian.kind == "additive" and not value.has(Size):
        line = _on_lines(question, value, state)
        if line is not None:
            return finding(line.status, line.words, steps=line.steps, violation=line.violation)
    on_domain = convex_on_its_domain(question, value, state, lagrangian)
    if on_domain is not None:
        return finding(Status.CERTIFIED, f"is convex on the domain: {on_domain.reason}", cover=dict(on_domain.certificate))
    return _searched(question, finding, value, state)


def _scalars(fixed: Values) -> dict[Any, Any]:
    return {s: sp.Rational(x.numerator, x.denominator) for s, x in fixed.items() if isinstance(s, sp.Symbol)}


def _by_rules(value: sp.Expr, state: Tensor) -> list[str] | None:
    steps = Steps()
    try:
        with time_limit(SECONDS):
            return steps.lines or ["a sum of affine and nonnegative quadratic terms is convex"] if is_convex(value, state, steps) else None
    except OutOfTime:
        return None


def _searched(question: Question, finding: Any, value: sp.Expr, state: Tensor) -> Finding:
    about = trial(value, state, question.system.activations[state])
    fixed = {k: v for k, v in (question.fixed or {}).items() if k in about.system.parameters}
    sizes = {axis: n for axis, n in question.sizes.items() if axis in about.system.axes}
    box = _of_state(question.domain, state)
    try:
        tried = search(about, fixed, sizes, box)
    except OutOfTime:
        tried = Tried()
    climb = _climbed(about, fixed, sizes, box) if tried.violation is None else Search()
    violation = tried.violation or climb.violation
    if violation is not None:
        return finding(Status.REFUTED, violation.words(), violation=violation)
    if climb.suspect is not None:
        return finding(Status.UNDECIDED, f"no rule shows it convex; {climb.suspect.words()}", evidence=climb.suspect.certificate())
    unsafe = [c.text for c in conditions(value)]
    if unsafe or not tried.draws:
        why = f"it is defined only where {' and '.join(unsafe)}" if unsafe else "no draw could be settled"
        return finding(Status.UNDECIDED, f"no rule shows it convex, and {why}")
    found = replace(climb, draws=tried.draws, evaluations=tried.draws + climb.evaluations)
    return finding(Status.SUPPORTED, f"no rule shows it convex; {in_words(found)}", evidence={**statistical(found), "seed": SEED})


def _climbed(about: Trial, fixed: Values, sizes: Mapping[str, int], box: Mapping[str, Any]) -> Search:
    try:
        return climbed(about, fixed, sizes, box, CLIMB)
    except OutOfTime:
        return Search()


def _of_state(domain: Mapping[Any, Any] | None, state: Tensor) -> dict[str, Any]:
    named = {getattr(getattr(k, "tensor", k), "name", k): box for k, box in (domain or {}).items()}
    return {name: box for name, box in named.items() if name == state.name}


# One variable


@dataclass(frozen=True)
class _Line:
    status: Status
    words: str
    steps: list[str] = field(default_factory=list)
    violation: Violation | None = None


def _on_lines(question: Question, value: sp.Expr, state: Tensor) -> _Line | None:
    """L = Σ φ(x_i): φ without parameters is decided on the whole line; with parameters, a few of its draws are looked at."""
    explicit = components(value, dict.fromkeys((*state.axes, *(a for p in value.atoms(Tensor) for a in p.axes)), 1))
    taken = {s.name for s in explicit.free_symbols}
    t = sp.Symbol(next(n for n in ("x", "t", "s", *(f"x{k}" for k in range(99))) if n not in taken), real=True)
    phi = explicit.xreplace({state[(0,) * len(state.axes)]: t})
    about = trial(value, state, question.system.activations[state])
    open_ones = 0
    for n, (given, place, exact) in enumerate(_settings(question, about)):
        shown = _line(phi.xreplace(exact), t, about, given, place, question)
        if isinstance(shown, Violation):
            return _Line(Status.REFUTED, shown.words(), violation=shown)
        if n == 0 and not (phi.free_symbols - {t}) and shown is not None:
            return _Line(Status.PROVED, "convex by the sign of its second derivative on the whole line", steps=shown)
        open_ones += shown is None
    tensors = about.system.parameters
    given_all = question.fixed is not None and all(p in question.fixed and p.axes == state.axes for p in tensors)
    if tensors and given_all and not open_ones and not about.system.scalars:
        return _Line(
            Status.PROVED,
            "convex for each given parameter by the sign of its second derivative",
            steps=["φ'' ≥ 0 for each entry of the parameters"],
        )
    return None


def _settings(question: Question, about: Trial) -> Iterator[tuple[Values, tuple[int, ...] | None, dict[Any, Any]]]:
    """(values, place, exact numbers for the symbols of φ): every place of given parameters, or a few draws."""
    tensors = about.system.parameters
    fixed = {k: v for k, v in (question.fixed or {}).items() if k in tensors}
    if tensors and len(fixed) == len(tensors) and not about.system.scalars and all(p.axes == about.x.axes for p in tensors):
        for place in flattened(fixed[tensors[0]]):
            yield fixed, place, {p[(0,) * len(place)]: _rational(flattened(fixed[p])[place]) for p in tensors}
        return
    ones = {axis: question.sizes.get(axis, 1) for axis in about.system.axes}
    for values in parameters_of(about.system, ones, fixed, random.Random(SEED), DRAWS):
        exact: dict[Any, Any] = {s: _rational(values[s]) for s in (*about.system.scalars, time) if s in values}
        exact |= {p[(0,) * len(p.axes)]: _rational(next(iter(flattened(values[p]).values()))) for p in tensors}
        yield values, None, exact


def _rational(x: Fraction) -> sp.Rational:
    return sp.Rational(x.numerator, x.denominator)


def _line(
    phi: sp.Expr, t: sp.Symbol, about: Trial, given: Values, place: tuple[int, ...] | None, question: Question
) -> list[str] | Violation | None:
    """The steps that show φ convex, or a violation, or None."""
    negative: list[Fraction] = []

    def sign(h: sp.Expr, x: sp.Symbol, low: sp.Expr, high: sp.Expr) -> str:
        if not all(e.is_Rational or e.is_infinite for e in (low, high)):
            return ""
        found = nonnegative_between(h, x, _end(low), _end(high))
        negative.extend([] if found.negative is None else [found.negative])
        return found.way if found.shown else ""

    cuts: list[Fraction] = []
    try:
        with time_limit(SECONDS):
            steps = convexity_of(phi, t, sign)
            if steps is not None:
                return steps
            split = pieces(phi, t)
            for low, high, f in split.intervals() if split is not None and not negative else ():
                sign(derivative(derivative(f, t), t), t, low, high)
            cuts = [_fraction(c) for c in (split.cuts if split is not None else ()) if c.is_Rational]
    except OutOfTime:
        pass
    found = at_points(about, [*negative, *cuts], given, question.sizes, place)
    return found if found is not None and in_domain(found.values, _of_state(question.domain, about.x)) else None


def _end(e: sp.Expr) -> Fraction | None:
    return None if e.is_infinite else _fraction(e)


def _fraction(e: sp.Expr) -> Fraction:
    return Fraction(int(e.p), int(e.q))

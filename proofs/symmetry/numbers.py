"""Symmetries that given numbers add: null directions of a coupling that is not of full rank, say, at the sizes they fix.

Found in the samples' null space, made rational, and shown exactly at these sizes: Σ (A y + c)·∇E = 0 written out in components
with the given numbers. What is not shown so, but stands finite steps, is called numerical.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.notation import components, derivative, fresh_indices, is_zero
from amsym.notation.effort import OutOfTime, time_limit
from amsym.prover.symmetry import is_continuous
from amsym.symmetry import AtSize, Complete, Family
from amsym.symmetry.templates import at
from amsym.system import System
from numeric.certified_rank import certified_full_rank, certified_gradient_rank
from numeric.symmetries import Samples, open_fields, rank, rational_basis
from proofs.draws import Values, flattened
from proofs.symmetry.clock import Clock
from proofs.symmetry.fits import spanned
from proofs.symmetry.points import ENTRIES, entries
from proofs.symmetry.samples import is_full, sampled
from proofs.symmetry.search import counted, is_named_only
from proofs.symmetry.steps import Steps, as_field

Array = NDArray[np.float64]

# Seconds for the samples, for one exact check and for all, and the largest denominator tried.
SAMPLING, CHECK, CHECKS, DENOMINATOR = 2.0, 1.0, 2.0, 1000


@dataclass
class Numbers:
    """What the given numbers add to the families for every size."""

    at_sizes: list[AtSize] = field(default_factory=list)
    complete: list[Complete] = field(default_factory=list)
    open: list[str] = field(default_factory=list)


def at_numbers(system: System, fixed: Values, given: Mapping[str, int], families: Iterable[Family], clock: Clock) -> Numbers:
    """Generators for these numbers that the families do not span."""
    result = Numbers()
    if is_named_only(system) or any(s.values for s in system.states):
        return result
    try:
        _search(system, fixed, {a: given.get(a, 3) for a in system.axes}, list(families), clock, result)
    except OutOfTime:
        result.open.append("the search for generators of these numbers alone was not finished in time")
    return result


def _search(system: System, fixed: Values, sizes: Mapping[str, int], families: list[Family], clock: Clock, result: Numbers) -> None:
    only_shifts = entries(system, sizes) > ENTRIES
    samples = sampled(system, sizes, fixed, clock.share(SAMPLING), shifts=only_shifts)
    if samples is None or len(samples.points) <= samples.width or not (only_shifts or is_full(samples)):
        result.open.append("generators for these numbers alone were not searched: too few samples in time")
        return
    known = spanned(system, families, sizes)
    found = _Finder(system, samples, _Checker(system, fixed, sizes, clock.share(CHECKS)), Steps(system, samples, clock))
    known = found.add(known, open_fields(samples.gradient_matrix), _shifts_in(known, samples.width))
    if not only_shifts:
        known = found.add(known, open_fields(samples.matrix), known)
    result.at_sizes += found.kept
    result.complete.append(found.completeness(known, only_shifts))


@dataclass
class _Finder:
    """Which rational fields of the samples' null space are generators: shown exactly, or at least kept by finite steps."""

    system: System
    samples: Samples
    check: _Checker
    steps: Steps
    kept: list[AtSize] = field(default_factory=list)

    def add(self, known: Array, null: Array, spanning: Array) -> Array:
        """Take in the rational rows (A | c) of a null space, or c of shifts, that are generators; `known` with what they span."""
        n, sizes = self.samples.width, self.samples.sizes
        for row in _beyond(null, spanning) if len(null) > rank(spanning) else []:
            v = as_field(row, n)
            exact = self.check(v)
            # The rationals may be off by 1e-7, the null space is not.
            if exact or self.steps.keep(as_field(row @ null.T @ null, n)):
                self.kept.append(AtSize(v, sizes, exact, _words(self.system, v, sizes)))
                products = [np.outer(row, e).ravel() for e in np.eye(n + 1)] if len(row) == n else [row]
                known = np.concatenate([known, products])
        return known

    def completeness(self, known: Array, only_shifts: bool) -> Complete:
        """Whether these are all: certified by a rank where each was shown exactly, else counted."""
        samples = self.samples
        known = _shifts_in(known, samples.width) if only_shifts else known
        certify = certified_gradient_rank if only_shifts else certified_full_rank
        if all(g.exact for g in self.kept) and certify(samples, known):
            return Complete(samples.sizes, rank(known), rank(known), True, len(samples.points), only_shifts)
        null = open_fields(samples.gradient_matrix if only_shifts else samples.matrix)
        return counted(self.steps, known, known, null, only_shifts)


def _shifts_in(known: Array, n: int) -> Array:
    """The constant fields among the rows."""
    fields = known.reshape(-1, n, n + 1)
    return np.array([f[:, -1] for f in fields if not f[:, :-1].any()]).reshape(-1, n)


def _beyond(null: Array, known: Array) -> list[Array]:
    """Rational vectors of the null space that, with `known`, are independent; none where the null space has no simple basis."""
    basis = rational_basis(null, DENOMINATOR) if len(null) else []
    kept: list[Array] = []
    have = known
    for vector in basis or []:
        row = np.array([float(x) for x in vector])
        more = np.concatenate([have.reshape(-1, len(row)), [row]])
        if rank(more) > rank(have):
            kept, have = [*kept, row], more
    return kept


class _Checker:
    """A test that Σ (A y + c)·∇E reduces to zero in components, with exact numbers; written out when first asked."""

    def __init__(self, system: System, fixed: Values, sizes: Mapping[str, int], clock: Clock) -> None:
        self.system, self.numbers, self.sizes = system, _numbers(fixed), sizes
        self.able = is_continuous(system) and entries(system, sizes) <= 2 * ENTRIES
        self.clock = clock

    @cached_property
    def state(self) -> list[Any]:
        """All entries of all states."""
        return [x for s in self.system.states for w in [fresh_indices(s.axes)] for x in _explicit(at(s, w), w, self.sizes)]

    @cached_property
    def slopes(self) -> list[Any]:
        """All entries of the gradient, with the numbers in."""
        found: list[Any] = []
        for s in self.system.states:
            where = fresh_indices(s.axes)
            found += _explicit(derivative(self.system.energy, at(s, where)), where, self.sizes)
        return [x.xreplace(self.numbers) for x in found]

    def __call__(self, v: Array) -> bool:
        if not self.able or self.clock.spent:
            return False
        rows = ([_exact(x) for x in row] for row in v)
        fields = (sp.Add(*(a * b for a, b in zip(row, [*self.state, 1], strict=True))) for row in rows)
        try:
            with time_limit(CHECK):
                return is_zero(sp.Add(*(f * g for f, g in zip(fields, self.slopes, strict=True))))
        except OutOfTime:
            return False


def _explicit(expr: Any, where: Any, sizes: Mapping[str, int]) -> list[Any]:
    found = components(expr, sizes, order=where)
    return [sp.sympify(x) for x in np.array(found.tolist(), dtype=object).ravel()] if where else [found]


def _numbers(fixed: Values) -> dict[Any, Any]:
    result: dict[Any, Any] = {}
    for key, value in fixed.items():
        for place, x in flattened(value).items():
            entry = key if not place else key[place]
            q = sp.Rational(x.numerator, x.denominator)
            sign, symbol = entry.as_coeff_Mul() if place else (1, entry)
            if symbol not in (0, 1):
                result[symbol] = sign * q
    return result


def _exact(x: float) -> sp.Rational:
    q = Fraction(float(x)).limit_denominator(DENOMINATOR)
    return sp.Rational(q.numerator, q.denominator)


def _words(system: System, v: Array, sizes: Mapping[str, int]) -> str:
    """The generator in components: δv_0 = h_1, δh_1 = -v_0."""
    y = [str(x) for s in system.states for w in [fresh_indices(s.axes)] for x in _explicit(at(s, w), w, sizes)] + ["1"]
    lines = []
    for name, row in zip(y, v, strict=False):
        terms = [(_exact(a), b) for a, b in zip(row, y, strict=True) if a]
        if terms:
            lines.append(f"δ{name} = {sp.Add(*(a * (sp.Symbol(b) if b != '1' else 1) for a, b in terms))}")
    return ", ".join(lines)

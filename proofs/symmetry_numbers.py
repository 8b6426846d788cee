"""Symmetries that given numbers add: null directions of a coupling that is not of full rank, say, at the sizes they fix.

Found in the samples' null space, made rational, and shown exactly at these sizes: Σ (A y + c)·∇E = 0 written out in components
with the given numbers. What is not shown so is called numerical.
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
from amsym.notation.effort import Budget, OutOfTime, time_limit
from amsym.prover.symmetry import is_continuous
from amsym.symmetry import AtSize, Complete, Family
from amsym.symmetry.templates import at
from amsym.system import System
from numeric.symmetries import certified_full_rank, certified_gradient_rank, null_space, rank, rational_basis
from proofs.draws import Values, flattened
from proofs.symmetry_fits import is_full, spanned
from proofs.symmetry_points import ENTRIES, entries
from proofs.symmetry_search import is_named_only, sampled

Array = NDArray[np.float64]

# Seconds for one exact check and for all, and the largest denominator tried.
CHECK, CHECKS, DENOMINATOR = 1.0, 3.0, 1000


@dataclass
class Numbers:
    """What the given numbers add to the families for every size."""

    at_sizes: list[AtSize] = field(default_factory=list)
    complete: list[Complete] = field(default_factory=list)
    open: list[str] = field(default_factory=list)


def at_numbers(system: System, fixed: Values, given: Mapping[str, int], families: Iterable[Family]) -> Numbers:
    """Generators for these numbers that the families do not span."""
    families = list(families)
    if is_named_only(system) or any(s.values for s in system.states):
        return Numbers()
    sizes = {a: given.get(a, 3) for a in system.axes}
    only_shifts = entries(system, sizes) > ENTRIES
    samples = sampled(system, sizes, fixed, shifts=only_shifts)
    if samples is None or len(samples.points) <= samples.width or not (only_shifts or is_full(samples)):
        return Numbers(open=["generators for these numbers alone were not searched: too few samples in time"])
    known = spanned(system, families, sizes)
    n, result = samples.width, Numbers()
    check = _Checker(system, fixed, sizes)
    for c in _beyond(null_space(samples.gradient_matrix), _shifts_in(known, n)):
        v = np.zeros((n, n + 1))
        v[:, -1] = c
        result.at_sizes.append(AtSize(v, sizes, check(v), _words(system, v, sizes)))
        known = np.concatenate([known, [np.outer(c, e).ravel() for e in np.eye(n + 1)]])
    if only_shifts:
        result.complete.append(_shift_count(samples, known, result))
        return result
    null = null_space(samples.matrix)
    for row in _beyond(null, known) if len(null) > rank(known) else []:
        v = row.reshape(n, n + 1)
        result.at_sizes.append(AtSize(v, sizes, check(v), _words(system, v, sizes)))
        known = np.concatenate([known, [row]])
    exact = all(g.exact for g in result.at_sizes)
    certified = exact and certified_full_rank(samples, known)
    result.complete.append(Complete(sizes, rank(known), rank(known) if certified else len(null), certified, len(samples.points)))
    return result


def _shift_count(samples: Any, known: Array, result: Numbers) -> Complete:
    shifts = _shifts_in(known, samples.width)
    certified = all(g.exact for g in result.at_sizes) and certified_gradient_rank(samples, shifts)
    numerical = rank(shifts) if certified else len(null_space(samples.gradient_matrix))
    return Complete(samples.sizes, rank(shifts), numerical, certified, len(samples.points), shifts_only=True)


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

    def __init__(self, system: System, fixed: Values, sizes: Mapping[str, int]) -> None:
        self.system, self.numbers, self.sizes = system, _numbers(fixed), sizes
        self.able = is_continuous(system) and entries(system, sizes) <= 2 * ENTRIES
        self.budget = Budget(CHECKS)

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
        if not self.able or self.budget.spent:
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

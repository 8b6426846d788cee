"""Finite steps along affine fields: y moves to exp(t v) y, and an energy that has changed refutes the field.

Gradients say nothing of the pieces of an energy that no sample met, nor of its jumps: for |y_i| < 1 a soft threshold at 1 is
flat, and Σ sign(y_i) has no slope anywhere. So no generator is reported without proof unless finite steps, small and large,
both ways, from several states leave E as it is. The flow is that of exp(t (A c; 0 0)) in 192 bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray

from amsym.prover.symmetry import is_continuous
from amsym.symmetry import Family
from amsym.system import System
from numeric.rigorous import Evaluator, Undetermined, ball
from numeric.symmetries import PRECISION, Samples, rational_basis
from proofs.draws import nested
from proofs.symmetry.clock import Clock

Array = NDArray[np.float64]
Field = list[list[Fraction]]

# Times of a field of norm 1, and what is added to them for a shift, whose flow does not grow like e^t.
STEPS, FAR = (1 / 16, 1.0, 6.0), (50.0, 2e3, 1e7)
# States from which steps are taken, and generic members of a family or of a null space.
STARTS, MEMBERS = 5, 3
# States may grow to this size, or to a thousand times their own; with rounded coefficients, off by 1e-12, to the latter only.
LARGEST, GROWTH = Fraction(10**10), 1000
# So much may E change, relative to |E| + |∇E| |y|: along exact fields, and along what was found in floating point. A jump may be
# smaller than the latter beside all of E, where a slope is not: so where E jumps, only exact fields are kept.
EXACT, ROUNDED = 1e-40, 1e-6
SEED = 20250719


def times(field: Field) -> tuple[float, ...]:
    """Both signs of each step, for a field of any size: the largest entry of A, or of c where A = 0, counts as 1."""
    linear = max((abs(x) for row in field for x in row[:-1]), default=Fraction(0))
    size = float(linear or max((abs(row[-1]) for row in field), default=0) or 1)
    return tuple(s * t / size for t in (STEPS if linear else (*STEPS, *FAR)) for s in (1, -1))


def moved(field: Field, y: list[Fraction], t: float) -> list[Fraction] | None:
    """The state y after the time t; None where it is too large to be of use. `y` ends with a 1.

    >>> moved([[Fraction(0), Fraction(2)]], [Fraction(1), Fraction(1)], 0.5)
    [Fraction(2, 1)]
    """
    if not any(x for row in field for x in row[:-1]):
        result = [x + Fraction(t) * row[-1] for x, row in zip(y, field, strict=False)]
    else:
        result = _flow(field, y, t)
    return result if _size(result) < max(LARGEST, GROWTH * _size(y)) else None


def _size(y: list[Fraction]) -> Fraction:
    return max((abs(x) for x in y), default=Fraction(0))


def _flow(field: Field, y: list[Fraction], t: float) -> list[Fraction]:
    before, ctx.prec = ctx.prec, PRECISION
    try:
        rows = [[ball(x) * t for x in row] for row in field]
        after = arb_mat([*rows, [arb(0)] * len(y)]).exp() * arb_mat([[ball(x)] for x in y])
        return [_middle(after[k, 0]) for k in range(len(field))]
    finally:
        ctx.prec = before


def _middle(x: arb) -> Fraction:
    if not x.is_finite():
        return LARGEST**2
    mantissa, exponent = (int(n) for n in x.mid().man_exp())
    return Fraction(mantissa) * Fraction(2) ** exponent


def at_state(samples: Samples, k: int, y: list[Fraction]) -> Mapping[Any, Any]:
    """The k-th sample with another state, all entries in one list."""
    values, first = dict(samples.points[k]), 0
    for s in samples.states:
        shape = tuple(samples.sizes[a] for a in s.axes)
        places = list(product(*map(range, shape)))
        values[s] = nested(dict(zip(places, y[first : first + len(places)], strict=True)), shape)
        first += len(places)
    return values


def rationalised(field: Array) -> tuple[Field, bool]:
    """The field in rationals; whether these are simple ones that stand for exact coefficients."""
    simple = [[Fraction(float(x)).limit_denominator(1000) for x in row] for row in field]
    if all(abs(float(q) - x) < 1e-12 for a, b in zip(simple, field, strict=True) for q, x in zip(a, b, strict=True)):
        return simple, True
    return [[Fraction(float(x)) for x in row] for row in field], False


def as_field(row: Array, n: int) -> Array:
    """A row (A | c), or c alone, as an array (n, n + 1)."""
    return row.reshape(n, n + 1) if len(row) > n else np.hstack([np.zeros((n, n)), row[:, None]])


class Steps:
    """The energy at sampled states, and what finite steps from there make of it."""

    def __init__(self, system: System, samples: Samples, clock: Clock) -> None:
        self.system, self.samples, self.clock = system, samples, clock
        self.starts = range(0, len(samples.points), max(1, len(samples.points) // STARTS))[:STARTS]
        self.tolerance = ROUNDED if is_continuous(system) else EXACT
        self.before: dict[int, arb] = {}
        self.judged: dict[Family, bool] = {}

    def keep_family(self, family: Family) -> bool:
        """Whether generic members of a family leave the energy as it is."""
        if family not in self.judged:
            self.judged[family] = self._keep_family(family)
        return self.judged[family]

    def _keep_family(self, family: Family) -> bool:
        fields = family.array(self.samples.states, self.samples.sizes)
        rng = np.random.default_rng(SEED)
        draws = rng.integers(1, 5, size=(MEMBERS, len(fields))) * rng.choice([-1, 1], size=(MEMBERS, len(fields)))
        return all(self.keep(np.tensordot(theta, fields, axes=1), EXACT) for theta in draws)

    def keep_all(self, null: Array) -> bool:
        """Whether generic fields of a whole null space do, of rows (A | c) or c: a proper subspace of it holds none of these."""
        n, rng = self.samples.width, np.random.default_rng(SEED)
        exact = rational_basis(null)
        basis = null if exact is None else np.array([[float(x) for x in row] for row in exact])
        draws = rng.integers(1, 5, size=(MEMBERS, len(basis))) * rng.choice([-1, 1], size=(MEMBERS, len(basis)))
        return all(self.keep(as_field(w @ basis, n)) for w in draws)

    def keep(self, field: Array, tolerance: float | None = None) -> bool:
        """Whether steps along a field were taken and none changes the energy; False as well where the time was over before."""
        allowed = self.tolerance if tolerance is None else tolerance
        rational, simple = rationalised(field)
        taken = 0
        for t, k in product(times(rational), self.starts):
            if self.clock.spent:
                return False
            y = self.samples.state(k)
            after = moved(rational, y, t)
            if after is None or not (simple or _size(after) < GROWTH * _size(y)):
                continue
            change = self._change(k, after, allowed)
            if change:
                return False
            taken += change is not None
        return taken > 0

    def _change(self, k: int, after: list[Fraction], tolerance: float) -> bool | None:
        """Whether E is surely another one there; None where it has no value."""
        try:
            first, second = self._energy(k), self._value(at_state(self.samples, k, after))
        except (Undetermined, ZeroDivisionError, OverflowError):
            return None
        if not second.is_finite():
            return None
        pairs = zip(self.samples.gradients[k], self.samples.state(k), strict=False)
        size = abs(first) + abs(second) + sum((abs(a * ball(b)) for a, b in pairs), arb(0))
        return bool(abs(second - first) > tolerance * size)

    def _energy(self, k: int) -> arb:
        if k not in self.before:
            self.before[k] = self._value(self.samples.points[k])
        return self.before[k]

    def _value(self, values: Mapping[Any, Any]) -> arb:
        return Evaluator(self.samples.sizes, values, PRECISION)(self.system.energy)

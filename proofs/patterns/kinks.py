"""Σ_c j_c max(0, u - c): a continuous piecewise affine function of one affine form u is a sum of ramps at its cuts.

So every max, min, |·|, clip and continuous case distinction becomes ramps; equal arguments, up to a factor, share one
*chain* u with its cuts, and what jumps there is a step [u > c] or [u ≥ c], or a gate: a step times an affine form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from flint import fmpq

from proofs.patterns.forms import ONE, ZERO, Form, constant, summed, variable


class NotPiecewiseAffine(Exception):
    """A part of a formula that is not piecewise affine in the states with rational numbers."""


@dataclass(frozen=True)
class Ramp:
    """max(0, u - cut), with u the argument of the chain."""

    chain: int
    cut: fmpq


@dataclass(frozen=True)
class Step:
    """[u > cut], or [u ≥ cut] where it is closed."""

    chain: int
    cut: fmpq
    closed: bool


@dataclass(frozen=True)
class Gate:
    """A step (or product of steps) times an affine form."""

    step: int
    form: Form


Kink = Ramp | Step | Gate


@dataclass(frozen=True)
class Bent:
    """slope·u + level + Σ jumps[c] max(0, u - c) in the argument u of one chain."""

    chain: int
    slope: fmpq
    level: fmpq
    jumps: dict[fmpq, fmpq]

    def at(self, u: fmpq) -> fmpq:
        """The value where the argument is u."""
        return self.slope * u + self.level + sum((j * (u - c) for c, j in self.jumps.items() if u > c), ZERO)

    def pieces(self) -> Iterator[tuple[fmpq | None, fmpq | None, fmpq]]:
        """(low, high, slope) from left to right; None is without end."""
        cuts, slope = sorted(self.jumps), self.slope
        for low, high in zip([None, *cuts], [*cuts, None], strict=True):
            slope = slope + (self.jumps[low] if low is not None else ZERO)
            yield low, high, slope

    def zeros(self) -> list[fmpq]:
        """Where it crosses 0 between two cuts, beside the cuts themselves."""
        found = []
        for low, high, slope in self.pieces():
            if slope == 0:
                continue
            end = low if low is not None else high if high is not None else ZERO
            root = end - self.at(end) / slope
            if (low is None or root > low) and (high is None or root < high):
                found.append(root)
        return found

    def positive_part(self) -> Bent:
        """max(0, ·) of it."""
        cuts = sorted({*self.jumps, *self.zeros()})
        inner = [*(a / 2 + b / 2 for a, b in pairwise(cuts))]
        samples = [cuts[0] - 1, *inner, cuts[-1] + 1] if cuts else [ZERO]
        slopes = [self._slope_at(u) if self.at(u) > 0 else ZERO for u in samples]
        start = samples[0]
        level = max(self.at(start), ZERO) - slopes[0] * start
        jumps = {c: b - a for c, a, b in zip(cuts, slopes, slopes[1:], strict=False) if b != a}
        return Bent(self.chain, slopes[0], level, jumps)

    def _slope_at(self, u: fmpq) -> fmpq:
        return self.slope + sum((j for c, j in self.jumps.items() if u > c), ZERO)

    def after(self, cut: fmpq) -> Bent:
        """What it gains after a cut, 0 up to there."""
        jumps = {c: j for c, j in self.jumps.items() if c > cut}
        start = self.slope + sum((j for c, j in self.jumps.items() if c <= cut), ZERO)
        return Bent(self.chain, ZERO, ZERO, {cut: start, **jumps} if start != 0 else jumps)


class Kinks:
    """The kinks met so far, each once; variables 0 to n - 1 are the states' components, the kinks follow.

    >>> kinks = Kinks(1)
    >>> y = variable(0)
    >>> hat = kinks.ramp(y - constant(1)) + kinks.ramp(constant(1) - y)      # |y - 1| = 2 max(0, y - 1) - (y - 1)
    >>> print(hat, "with", kinks.kinks)
    1 + -1*v0 + 2*v1 with [Ramp(chain=0, cut=1)]
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self.kinks: list[Kink] = []
        self.arguments: list[Form] = []
        self._numbers: dict[object, int] = {}
        self._chains: dict[tuple[tuple[int, fmpq], ...], tuple[int, fmpq]] = {}

    def ramp(self, form: Form) -> Form:
        """max(0, form)."""
        if form.is_constant:
            return constant(max(form.constant, ZERO))
        return self._written(self.bent(form).positive_part())

    def step(self, form: Form, closed: bool) -> Form:
        """[form > 0], or [form ≥ 0] where it is closed."""
        if form.is_constant:
            return constant(int(form.constant >= 0 if closed else form.constant > 0))
        chain, a = self._chain(form)
        cut = -form.constant / a
        if a > 0:
            return self._kink(Step(chain, cut, closed))
        return constant(1) - self._kink(Step(chain, cut, not closed))

    def product(self, a: Form, b: Form) -> Form:
        """a·b, where one of the two is a number on every piece; raises NotPiecewiseAffine for any other."""
        for s, f in ((a, b), (b, a)):
            if all(self._is_level(v) for v in s.slopes):
                result = f.scaled(s.constant)
                for v, c in s.slopes.items():
                    result = result + self._gate(v, f).scaled(c)
                return result
        raise NotPiecewiseAffine("a product of two parts that both change with the states")

    def _is_level(self, v: int) -> bool:
        kink = self.kinks[v - self.n] if v >= self.n else None
        return isinstance(kink, Step) or (isinstance(kink, Gate) and all(map(self._is_level, kink.form.slopes)))

    def _gate(self, v: int, form: Form) -> Form:
        step = self.kinks[v - self.n]
        mine, rest = form.split(lambda u: self._meets(step, u))
        both = [self._later(step, u).scaled(a) for u, a in mine.slopes.items()]
        rest = rest + constant(mine.constant)
        return summed([*both, self._gated(v, step, rest)])

    def _meets(self, step: Kink, u: int) -> bool:
        other = self.kinks[u - self.n] if u >= self.n else None
        return isinstance(step, Step) and isinstance(other, Step) and step.chain == other.chain

    def _later(self, step: Kink, u: int) -> Form:
        """[u > a] [u > b] is the one of the larger cut, the open one of two at the same cut."""
        both = [k for k in (step, self.kinks[u - self.n]) if isinstance(k, Step)]
        return self._kink(max(both, key=lambda s: (s.cut, not s.closed)))

    def _gated(self, v: int, step: Kink, form: Form) -> Form:
        if form.is_constant:
            return variable(v).scaled(form.constant)
        bent = self.bent(form)
        if isinstance(step, Step) and bent.chain == step.chain:
            return variable(v).scaled(bent.at(step.cut)) + self._written(bent.after(step.cut))
        return self._kink(Gate(v, form))

    def bent(self, form: Form) -> Bent:
        """The form as a function of one chain: of the chain of all its ramps where there is one, else of a chain of its own."""
        plain, rest = form.split(lambda v: v < self.n)
        ramps = [(self.kinks[v - self.n], a) for v, a in rest.slopes.items()]
        chains = {k.chain for k, _ in ramps if isinstance(k, Ramp)}
        if len(chains) == 1 and all(isinstance(k, Ramp) for k, _ in ramps):
            chain = chains.pop()
            slope = self._ratio(plain, chain)
            if slope is not None:
                return Bent(chain, slope, plain.constant, {k.cut: a for k, a in ramps if isinstance(k, Ramp)})
        chain, a = self._chain(form)
        return Bent(chain, a, form.constant, {})

    def _ratio(self, plain: Form, chain: int) -> fmpq | None:
        """The factor by which the form is the chain's argument, but for a constant; None where it is no multiple."""
        if plain.is_constant:
            return ZERO
        key, a = _direction(plain)
        return a / self._chains[key][1] if key in self._chains and self._chains[key][0] == chain else None

    def _chain(self, form: Form) -> tuple[int, fmpq]:
        """The chain whose argument the form is, times a factor, but for its constant; a single variable is its own argument."""
        key, a = _direction(form)
        if key not in self._chains:
            first = ONE if len(key) == 1 else abs(a)
            self._chains[key] = (len(self.arguments), first)
            self.arguments.append(Form(ZERO, form.scaled(first / a).slopes))
        chain, first = self._chains[key]
        return chain, a / first

    def _written(self, bent: Bent) -> Form:
        result = self.arguments[bent.chain].scaled(bent.slope) + constant(bent.level)
        for cut, jump in bent.jumps.items():
            result = result + self._kink(Ramp(bent.chain, cut)).scaled(jump)
        return result

    def _kink(self, kink: Kink) -> Form:
        key = (kink.step, str(kink.form)) if isinstance(kink, Gate) else kink
        if key not in self._numbers:
            self._numbers[key] = self.n + len(self.kinks)
            self.kinks.append(kink)
        return variable(self._numbers[key])


def _direction(form: Form) -> tuple[tuple[tuple[int, fmpq], ...], fmpq]:
    """The slopes over their first, and that first slope."""
    items = sorted(form.slopes.items())
    first = items[0][1]
    return tuple((v, a / first) for v, a in items), first


__all__ = ["Bent", "Gate", "Kink", "Kinks", "NotPiecewiseAffine", "Ramp", "Step"]

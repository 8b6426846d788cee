"""f = A_s y + c_s on the cell of every pattern s: a pattern says, for each chain of kinks, between which cuts its argument lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from flint import fmpq, fmpq_mat

from numeric.components import text
from proofs.patterns.forms import ZERO, Form, constant
from proofs.patterns.kinks import Gate, Kink, Ramp, Step

Pattern = tuple[int, ...]


@dataclass(frozen=True)
class Interval:
    """Where the argument of a chain lies: from low to high, None without end, with or without the ends."""

    low: fmpq | None
    high: fmpq | None
    with_low: bool = False
    with_high: bool = True

    @property
    def inside(self) -> fmpq:
        """A number in it."""
        if self.low is None:
            return ZERO if self.high is None else self.high - 1
        if self.high is None:
            return self.low + 1
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Row:
    """form ≥ 0, or form > 0 where it is strict."""

    form: Form
    strict: bool = False


@dataclass(frozen=True)
class Cell:
    """One pattern's affine flow, the arguments of the chains, and the conditions under which they are these; in the components."""

    pattern: Pattern
    flow: tuple[Form, ...]
    arguments: tuple[Form, ...]
    rows: tuple[Row, ...]

    @property
    def jacobian(self) -> fmpq_mat:
        """A_s."""
        n = range(len(self.flow))
        return fmpq_mat([[f.slopes.get(j, ZERO) for j in n] for f in self.flow])


@dataclass(frozen=True)
class PiecewiseFlow:
    """A flow in forms: of component k, `flow[k]` in variables 0..n-1 and kinks n, n+1, ...; `chains` are the arguments of the kinks.

    box: (low, high) for each component, None without end.
    """

    names: tuple[tuple[str, tuple[int, ...]], ...]
    flow: tuple[Form, ...]
    kinks: tuple[Kink, ...]
    chains: tuple[Form, ...]
    box: tuple[tuple[fmpq | None, fmpq | None], ...]

    @property
    def n(self) -> int:
        """The number of components."""
        return len(self.flow)

    @property
    def continuous(self) -> bool:
        """Whether it is made of ramps only."""
        return all(isinstance(k, Ramp) for k in self.kinks)

    @cached_property
    def intervals(self) -> tuple[tuple[Interval, ...], ...]:
        """The intervals of each chain from left to right; together they hold every number once.

        A cut belongs to the interval on its left; where a step is closed, to that on its right; with both kinds it stands alone.
        """
        return tuple(tuple(_intervals(self._sides(c))) for c in range(len(self.chains)))

    def _sides(self, chain: int) -> dict[fmpq, set[bool]]:
        found: dict[fmpq, set[bool]] = {}
        for k in self.kinks:
            if not isinstance(k, Gate) and k.chain == chain:
                found.setdefault(k.cut, set()).update({k.closed} if isinstance(k, Step) else ())
        return {c: found[c] for c in sorted(found)}

    @property
    def patterns(self) -> int:
        """How many patterns there are."""
        total = 1
        for own in self.intervals:
            total *= len(own)
        return total

    def cell(self, pattern: Sequence[int]) -> Cell:
        """The flow of one pattern and where it holds."""
        where = [own[k] for own, k in zip(self.intervals, pattern, strict=True)]
        known: list[Form | None] = []
        for kink in self.kinks:
            settled = self._settled(kink, where)
            known.append(None if settled is None else self._put(settled, known))
        arguments = tuple(self._put(c, known) for c in self.chains)
        rows = [row for u, own in zip(arguments, where, strict=True) for row in _rows(u, own)]
        return Cell(tuple(pattern), tuple(self._put(f, known) for f in self.flow), arguments, (*rows, *self.box_rows))

    def _put(self, form: Form, known: Sequence[Form | None]) -> Form:
        """The form with the kinks known so far in it replaced; None stands for 0."""
        n = len(self.flow)
        inner = [(v, a) for v, a in form.slopes.items() if v >= n]
        if not inner:
            return form
        constant, slopes = form.constant, {v: a for v, a in form.slopes.items() if v < n}
        for v, a in inner:
            by = known[v - n]
            if by is not None:
                constant = constant + a * by.constant
                for u, b in by.slopes.items():
                    slopes[u] = slopes[u] + a * b if u in slopes else a * b
        return Form(constant, {u: b for u, b in slopes.items() if b != 0})

    def _settled(self, kink: Kink, where: Sequence[Interval]) -> Form | None:
        """The kink's form where its chain lies; None is 0."""
        if isinstance(kink, Ramp):
            u = self.chains[kink.chain]
            return Form(u.constant - kink.cut, u.slopes) if where[kink.chain].inside > kink.cut else None
        if isinstance(kink, Step):
            return constant(self._level(kink, where))
        return kink.form.scaled(self._level(self.kinks[kink.step - self.n], where))

    def _level(self, kink: Kink, where: Sequence[Interval]) -> fmpq:
        if isinstance(kink, Step):
            u = where[kink.chain].inside
            return fmpq(int(u >= kink.cut if kink.closed else u > kink.cut))
        assert isinstance(kink, Gate)
        levels = [a * self._level(self.kinks[v - self.n], where) for v, a in kink.form.slopes.items()]
        return self._level(self.kinks[kink.step - self.n], where) * sum(levels, kink.form.constant)

    @cached_property
    def box_rows(self) -> tuple[Row, ...]:
        """The box as conditions."""
        rows = []
        for v, (low, high) in enumerate(self.box):
            rows += _rows(Form(ZERO, {v: fmpq(1)}), Interval(low, high, True, True))
        return tuple(rows)

    def words(self, kink: Kink) -> str:
        """The kink as it is written: max(0, y[0] - 1)."""
        if isinstance(kink, Gate):
            return f"{self.words(self.kinks[kink.step - self.n])}*({self._text(kink.form)})"
        u = self._text(self.chains[kink.chain] + constant(-kink.cut))
        return f"max(0, {u})" if isinstance(kink, Ramp) else f"[{u} {'>=' if kink.closed else '>'} 0]"

    @property
    def chain_words(self) -> tuple[str, ...]:
        """Each chain with its cuts: y[0] at -1, 1."""
        return tuple(f"{self._text(u)} at {', '.join(map(str, self._sides(c)))}" for c, u in enumerate(self.chains))

    def _text(self, form: Form) -> str:
        names = {v: text(self.names[v]) if v < self.n else self.words(self.kinks[v - self.n]) for v in form.slopes}
        parts = [names[v] if a == 1 else f"{a}*{names[v]}" for v, a in sorted(form.slopes.items())]
        return " + ".join([*parts, *([str(form.constant)] if form.constant != 0 else [])]).replace("+ -", "- ")


def _intervals(sides: Mapping[fmpq, set[bool]]) -> list[Interval]:
    low: fmpq | None = None
    with_low, found = False, []
    for cut, closed in sides.items():
        found.append(Interval(low, cut, with_low, True not in closed))
        if closed == {True, False}:
            found.append(Interval(cut, cut, True, True))
        low, with_low = cut, closed == {True}
    return [*found, Interval(low, None, with_low, False)]


def _rows(u: Form, own: Interval) -> list[Row]:
    rows = [] if own.low is None else [Row(Form(u.constant - own.low, u.slopes), not own.with_low)]
    return rows if own.high is None else [*rows, Row(constant(own.high) - u, not own.with_high)]


__all__ = ["Cell", "Interval", "Pattern", "PiecewiseFlow", "Row"]

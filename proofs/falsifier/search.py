"""The search for a violation that balls confirm: a few exact draws, climbs in floats from many starts, then more draws."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Any

import numpy as np

from amsym.errors import AmsymError
from amsym.notation.effort import Budget, OutOfTime, check, remaining
from proofs.draws import Values, fits
from proofs.falsifier.drawn import candidates, held, hunted_sizes
from proofs.falsifier.hunt import Found, hunt
from proofs.falsifier.inequality import Inequality
from proofs.falsifier.judged import Judged, Suspect, judged
from proofs.falsifier.rounding import rationals
from proofs.falsifier.simplified import simplified
from proofs.shrinking import LEFT, Violation, clipped, shrunk, smaller

SEED = 20250101
# Draws before the climb, and their seconds: what is wrong almost everywhere is refuted by small numbers.
FEW, FIRST = 200, 0.7
# A score below LEAST may be rounding; what scores above SUSPECT and stays open is told. After DENIALS points at given sizes only
# higher ones are judged, after MOST none.
LEAST, SUSPECT, DENIALS, MOST = 1e-11, 1e-6, 12, 60
# Seconds for the judgements of rounded rows; where one takes longer than TOO_LONG, a counterexample stays as it is.
ROUNDING, TOO_LONG = 3.0, 0.5


@dataclass
class Search:
    """What a search did: the violation if any, exact evaluations, those that balls left open, random draws that they settled, starts.

    worst: the largest value seen exactly, at `worst_at` (sizes, values). suspect: the highest point that balls left open.
    """

    violation: Violation | None = None
    evaluations: int = 0
    worst: float = float("-inf")
    undetermined: int = 0
    draws: int = 0
    starts: int = 0
    worst_at: tuple[dict[str, int], Values] | None = None
    suspect: Suspect | None = None


@dataclass
class Falsifier:
    """A search that can go on where it stopped: `run` for so many seconds, as often as there is time.

    fixed: values of parameters that keep them; sizes, domain: as verify takes them. drawn: whether random exact draws are wanted.
    """

    claim: Inequality
    fixed: Values = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    domain: Mapping[Any, Any] = field(default_factory=dict)
    drawn: bool = True

    def __post_init__(self) -> None:
        self.found = Search()
        self._steps, self._seconds = self._search(), 0.0

    def run(self, seconds: float) -> Search:
        """Go on for so many seconds, less where the time allowed ends before, or until a violation is found."""
        budget = Budget(min(seconds, remaining() - LEFT))
        with suppress(OutOfTime):
            while self.found.violation is None and not budget.spent and next(self._steps, "over") is None:
                pass
        return self.found

    def _search(self) -> Iterator[None]:
        system, budget = self.claim.system, Budget(FIRST)
        drawn = candidates(system, self.fixed, self.sizes, random.Random(SEED), self.domain) if self.drawn else iter(())
        yield from self._draw(takewhile(lambda _: not budget.spent, islice(drawn, FEW)))
        if self.claim.formula is not None:
            for sizes in hunted_sizes(system, self.sizes):
                yield from self._hunt(sizes)
        yield from self._draw(drawn)

    def _draw(self, drawn: Iterable[tuple[Values, dict[str, int]]]) -> Iterator[None]:
        for values, sizes in drawn:
            point = self._tried(sizes, values)
            self.found.draws += point.value is not None
            self.found.violation = self._small(point.violation) if point.violation else None
            yield None

    def _hunt(self, sizes: dict[str, int]) -> Iterator[None]:
        rng, noise = random.Random(SEED + 1), np.random.default_rng(SEED)
        for kept in held(self.claim.system, sizes, self.fixed, rng):
            given = {**self.fixed, **kept}
            try:
                yield from self._follow(hunt(self.claim, sizes, given, self.domain, rng, noise), sizes, given)
            except OutOfTime:
                raise
            except (AmsymError, ArithmeticError, np.linalg.LinAlgError):
                continue

    def _follow(self, steps: Iterator[Found], sizes: dict[str, int], given: Values) -> Iterator[None]:
        """Let balls judge what scores above zero; last the highest row of all, for its margin."""
        seen: set[bytes] = set()
        highest, top = LEAST, None
        for found in steps:
            self.found.starts += found.started
            least = LEAST if len(seen) < DENIALS else highest if len(seen) < MOST else np.inf
            for n in np.flatnonzero(found.scores > least):
                if found.rows[n].tobytes() not in seen:
                    seen.add(found.rows[n].tobytes())
                    highest = max(highest, float(found.scores[n]))
                    self._confirm(found, int(n), sizes, given)
                    yield None
            top = found if top is None or found.scores[0] > top.scores[0] else top
            yield None
        if top is not None and np.isfinite(top.scores[0]):
            last = self._row(top.at.exact(top.rows[0], 2**20), sizes, given)
            self.found.violation = self._small(last.violation) if last.violation else None

    def _confirm(self, found: Found, n: int, sizes: dict[str, int], given: Values) -> None:
        """The row itself; if balls do not deny it, rows of simpler numbers, and else a suspect."""
        check()
        itself = self._row(found.at.exact(found.rows[n], None), sizes, given)
        # A ball below what floats see denies it as well: 10⁻¹⁷ was rounding where the ball ends at 10⁻⁷⁶.
        if itself.violation is None and (itself.value is not None or itself.most < float(found.height(found.rows[n : n + 1])[0]) / 2):
            return
        self.found.violation = itself.violation
        if itself.violation is not None and self._seconds > TOO_LONG:
            return
        points = [*self._rounded(found, n, sizes, given, itself), itself]
        violation = next((p.violation for p in points if p.violation is not None), None)
        self.found.violation = self._small(violation) if violation is not None else None
        if violation is None and itself.reason and self.found.suspect is None and found.scores[n] > SUSPECT:
            simplest = next(p.values for p in points if p.reason)
            self.found.suspect = Suspect(sizes, simplest, float(found.scores[n]), itself.reason)

    def _rounded(self, found: Found, n: int, sizes: dict[str, int], given: Values, itself: Judged) -> Iterator[Judged]:
        """Judgements of the row with simpler numbers and then of it rounded, the simplest first, up to a violation or for some seconds."""
        budget = Budget(min(ROUNDING, remaining() - LEFT))
        simple = bool(itself.violation) or (bool(itself.reason) and self.found.suspect is None)
        for rows, k in [(simplified(found, n, np.random.default_rng(SEED)), 0)] * simple + [(found, n)]:
            for values in rationals(rows, k, LEAST):
                if budget.used + self._seconds > budget.seconds:
                    return
                point = self._row(values, sizes, given)
                yield point
                if point.violation is not None:
                    return

    def _row(self, values: Values, sizes: dict[str, int], given: Values) -> Judged:
        """The verdict of balls on a row that has what is declared."""
        exact = clipped({**given, **values}, self.domain)
        return self._tried(sizes, exact) if fits(self.claim.system, exact, given) else Judged(exact)

    def _tried(self, sizes: dict[str, int], values: Values) -> Judged:
        budget = Budget(0.0)
        point = judged(self.claim, sizes, values)
        self._seconds = budget.used
        self.found.evaluations += 1
        self.found.undetermined += point.value is None
        if point.value is not None and point.value > self.found.worst:
            self.found.worst, self.found.worst_at = point.value, (dict(sizes), values)
        return point

    def _small(self, found: Violation) -> Violation:
        if self._seconds > TOO_LONG:
            return found
        about = (self.claim.probe, set(self.fixed), self.claim.system, self.domain)
        return shrunk(smaller(found, *about, set(self.sizes)), *about)


__all__ = ["SEED", "Falsifier", "Search"]

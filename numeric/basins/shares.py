"""p_k = n_k / n, the share of the starts in each basin, and S = -Σ p_k log p_k, the entropy of where a start goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from amsym.errors import InputError
from amsym.words import counted
from numeric.basins.destinations import Following
from numeric.basins.ends import CLASSES, DIVERGED, Labels, certified, labelled
from numeric.basins.sampling import sampled
from numeric.basins.voronoi import Agreement, agreement
from numeric.basins.wilson import checked_level, wilson
from numeric.field import Array
from numeric.simulate_input import bound_model
from numeric.steady import Arrival, SteadyStates, steady_states

SHOWN = 10
SENTENCES = {
    Arrival.CONVERGED: "converged",
    Arrival.DIVERGED: "diverged",
    Arrival.TIME_OVER: "out of time",
    Arrival.AMBIGUOUS: "ambiguous",
}


@dataclass(frozen=True)
class Share:
    """`count` of the starts, their `fraction`, and Wilson's `interval`."""

    count: int
    fraction: float
    interval: tuple[float, float]


@dataclass(frozen=True, repr=False)
class Basins:
    """Where a sample of starts goes. Each interval holds its own fraction at `level`; they do not hold jointly.

    `starts` as they were drawn, with leading axes `batch`; `labels` (batch,): k for the basin of steady state k, and -1 ambiguous,
    -2 diverged, -3 out of time. `steady`: the certified `SteadyStates`, the largest basin first.
    """

    starts: Any
    labels: Labels
    steady: SteadyStates
    level: float

    def __len__(self) -> int:
        return len(self.steady)

    @property
    def states(self) -> Any:
        """The steady states, (m, n) or {name: (m, ...)}."""
        return self.steady.states

    @property
    def counts(self) -> Labels:
        """Starts in each basin, (m,)."""
        return self.steady.visits

    @property
    def fractions(self) -> Array:
        """The share of all starts in each basin, (m,); what is missing to 1 reached no certified steady state."""
        return self.counts / max(self.labels.size, 1)

    @cached_property
    def intervals(self) -> Array:
        """Wilson's interval of each fraction, (m, 2)."""
        return wilson(self.counts, self.labels.size, self.level)

    @cached_property
    def outcomes(self) -> dict[Arrival, Share]:
        """The four ways in which a start ends, each with its share; their counts add up to all starts."""
        return {a: self._share(int(np.count_nonzero(self.steady.ended(a)))) for a in CLASSES}

    @property
    def entropy(self) -> float:
        """-Σ p log p in nats over the basins and infinity, among the starts that reached one of them; NaN where none did.

        The plug-in estimate of m basins from n starts is too low by about (m - 1) / 2n. Source: Miller (1955).
        """
        return entropy(np.append(self.counts, np.count_nonzero(self.labels == DIVERGED)))

    def agreement(self, memories: Any) -> Agreement:
        """How often a start goes to the steady state of its Voronoi cell; see `voronoi.agreement`."""
        return agreement(self.steady.model, self.starts, self.labels, self.states, memories, self.level)

    def _share(self, count: int) -> Share:
        n = self.labels.size
        low, high = wilson(count, n, self.level)
        return Share(count, count / max(n, 1), (float(low), float(high)))

    def __repr__(self) -> str:
        n, m = self.labels.size, len(self)
        head = (
            f"{counted(m, 'basin')} of {self.steady.model.system.name}, {counted(n, 'start')}, Wilson intervals at {100 * self.level:g} %"
        )
        rows = [("basin", "starts", "fraction", "interval", "energy", "")]
        rows += [self._row(k) for k in range(min(m, SHOWN))]
        rows += [("...", str(int(self.counts[SHOWN:].sum())), "", f"{m - SHOWN} more", "", "")] if m > SHOWN else []
        rows += [(SENTENCES[a], *_numbers(self.outcomes[a]), "", "") for a in CLASSES]
        lines = [f"  {a:<11} {b:>7} {c:>9}  {d:<17} {e:>10}  {f}".rstrip() for a, b, c, d, e, f in rows]
        return "\n".join([head, *lines, f"  entropy {self.entropy:.4g} nats"])

    __str__ = __repr__

    def _row(self, k: int) -> tuple[str, str, str, str, str, str]:
        energy = "" if self.steady.energies is None else f"{self.steady.energies[k]:.5g}"
        return (str(k), *_numbers(self._share(int(self.counts[k]))), energy, self.steady.labels[k][:18])


def _numbers(share: Share) -> tuple[str, str, str]:
    return str(share.count), f"{share.fraction:.4f}", f"[{share.interval[0]:.4f}, {share.interval[1]:.4f}]"


def entropy(counts: Any) -> float:
    """-Σ p log p of the shares p of counts, in nats; NaN where all are 0.

    >>> round(entropy([5, 5, 0]), 4)
    0.6931
    """
    n = np.asarray(counts, dtype=np.float64)
    if not n.sum():
        return float("nan")
    p = n[n > 0] / n.sum()
    return float(-(p * np.log(p)).sum()) + 0.0


def basins(
    system: Any,
    params: Any,
    starts: Any,
    *,
    samples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    patterns: Any = None,
    t: float = Following().t,
    rtol: float = Following().rtol,
    method: str = Following().method,
    progress: bool | None = None,
) -> Basins:
    """The share of each basin of attraction among starts, by following the flow from each to a certified steady state.

    `starts` is a box {name: (low, high)} or (low, high), sampled uniformly; a `Gaussian(mean, scale)`; a function of a random
    generator that returns starts; or starts themselves, (batch, N) or {name: array}, as arrays or lists. `samples` and `seed` say
    how many are drawn and which. `patterns`, `t`, `rtol` and `method` are those of `steady_states`.

    >>> import amsym as am
    >>> found = basins(am.zoo.hopfield(), {"W": [[0.0, 2.0], [2.0, 0.0]], "b": [0.0, 0.0]}, (-3, 3), samples=200)
    >>> len(found), bool(abs(found.fractions[0] - 0.5) < 0.1)
    (2, True)
    >>> found.outcomes[am.Arrival.CONVERGED].count
    200

    Raises InputError for bad input, and where the flow depends on time.
    """
    model: Any = bound_model(system, params)
    checked_level(level)
    drawn = sampled(model, starts, samples, np.random.default_rng(seed))
    drawn = {k: np.asarray(v) for k, v in drawn.items()} if isinstance(drawn, Mapping) else np.asarray(drawn)
    found = steady_states(model, None, drawn, t=t, rtol=rtol, method=method, patterns=patterns, progress=progress)
    if not np.size(found.outcomes):
        raise InputError("no starts were given; at least one was expected: raise samples=, or pass an array (batch, N)")
    kept = certified(found)
    return Basins(drawn, labelled(kept.origin, kept.outcomes), kept, level)

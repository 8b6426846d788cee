"""Families that fit all samples: templates of one kind at a time, their weights a null space, until they span what is open.

A family must fit at every choice of sizes at once, so what is accidental at one size does not pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from amsym.symmetry import Family, Kind, Template, family, kinds, templates
from amsym.system import System
from numeric.symmetries import Samples, independent_columns, null_space, open_fields, rank, rational_basis
from proofs.symmetry.clock import Clock
from proofs.symmetry.points import entries
from proofs.symmetry.samples import FITTED, is_full

Array = NDArray[np.float64]

# Draws of θ.
DRAWS = 6


def names(system: System) -> frozenset[str]:
    """The names that the model uses."""
    return frozenset(t.name for t in (*system.states, *system.parameters)) | {s.name for s in system.scalars}


def fitted(system: System, samples: list[Samples], clock: Clock, is_kept: Callable[[Family], bool]) -> list[Family]:
    """Families that fit all samples and are kept, shifts first, until they span what the samples leave open."""
    spans, taken = [Span.of(system, s) for s in samples], names(system)
    found: list[Family] = []
    for translations in (True, False):
        for stage in (0, 1, 2):
            for kind in kinds(system.states):
                if _is_enough(spans, translations) or clock.spent:
                    break
                for f in filter(is_kept, _fits(system, taken, spans, kind, stage, translations)):
                    # Every span is asked, so that each grows.
                    grown = [span.add(f) for span in spans]
                    found += [f] if any(grown) else []
    return pruned(system, found, [s.sizes for s in samples])


def _is_enough(spans: list[Span], translations: bool) -> bool:
    """Whether nothing is left to be found at the sizes with enough samples."""
    open_ones = [span.open_shifts if translations else span.open for span in spans]
    known = [n for n in open_ones if n is not None]
    return bool(known) and all(n <= 0 for n in known)


def _fits(system: System, taken: frozenset[str], spans: list[Span], kind: Kind, stage: int, translations: bool) -> list[Family]:
    """The families of one kind whose weights fit all samples at all sizes."""
    every = templates(system.states, kind, stage, translations)
    if not every:
        return []
    arrays = [_drawn(system, every, span.sizes) for span in spans]
    kept = independent_columns(np.concatenate([a.reshape(len(every), -1).T for a in arrays]))
    # The plain templates last: they become the free columns, so that each family is one of them with what it needs.
    order = kept[::-1]
    values = [np.einsum("su,kmu->smk", span.rows, a[order]).reshape(-1, len(order)) for span, a in zip(spans, arrays, strict=True)]
    null = null_space(np.concatenate(values))
    result = []
    for weights in (rational_basis(null) if len(null) else None) or []:
        parts = [(system.states.index(every[k].target), k, w) for w, k in zip(weights, order, strict=True) if w]
        result.append(family(kind, tuple((w, every[k]) for _, k, w in sorted(parts)), taken))
    return result


def _drawn(system: System, every: list[Template], sizes: Mapping[str, int]) -> Array:
    """The templates' fields for random θ, (templates, draws, n (n + 1)); being linear in θ, what fits these fits all."""
    arrays = [Family(t.kind, ((Fraction(1), t),), None).array(system.states, sizes) for t in every]
    size = len(arrays[0])
    theta = np.random.default_rng(size).normal(size=(DRAWS, size)) if size > DRAWS else np.eye(size)
    return np.stack([(theta @ a.reshape(size, -1)) for a in arrays])


@dataclass
class Span:
    """What families span at one choice of sizes, shifts times affine functions included, and how much the samples leave open."""

    system: System
    sizes: Mapping[str, int]
    rows: Array
    wanted: int | None
    wanted_shifts: int | None
    basis: Array
    shifts: list[Array] = field(default_factory=list)

    @classmethod
    def of(cls, system: System, samples: Samples) -> Span:
        """Nothing found so far."""
        rows, n = samples.matrix, samples.width
        wanted = len(open_fields(rows)) if is_full(samples) else None
        shifts = len(open_fields(samples.gradient_matrix)) if len(samples.points) > n else None
        return cls(system, samples.sizes, rows[: max(FITTED, n + 1)], wanted, shifts, np.zeros((0, n * (n + 1))))

    @property
    def open(self) -> int | None:
        """The dimensions that are left, None where there are too few samples to say."""
        return None if self.wanted is None else self.wanted - len(self.basis)

    @property
    def open_shifts(self) -> int | None:
        """The same for shifts alone."""
        have = rank(np.concatenate(self.shifts)) if self.shifts else 0
        return None if self.wanted_shifts is None else self.wanted_shifts - have

    def add(self, f: Family) -> bool:
        """Take the family in; whether it adds a dimension."""
        new = spanned(self.system, [f], self.sizes)
        new = new - (new @ self.basis.T) @ self.basis
        _, s, v = np.linalg.svd(new, full_matrices=False)
        more = v[s > 1e-9 * max(1.0, float(s[0]) if len(s) else 0.0)]
        if f.is_shift:
            self.shifts.append(shift_rows(self.system, [f], self.sizes))
        self.basis = np.concatenate([self.basis, more])
        return len(more) > 0


def pruned(system: System, families: list[Family], sizes: list[Mapping[str, int]]) -> list[Family]:
    """Without families that the others span, small ones dropped first."""

    def dimension(some: list[Family], here: Mapping[str, int]) -> int:
        return rank(spanned(system, some, here))

    kept = list(families)
    for f in sorted(families, key=lambda f: (dimension([f], sizes[0]), -len(f.kind.axes))):
        rest = [g for g in kept if g is not f]
        if all(dimension(rest, here) == dimension(kept, here) for here in sizes):
            kept = rest
    return kept


def spanned(system: System, families: Iterable[Family], sizes: Mapping[str, int]) -> Array:
    """Rows (A | c) that the families span; each shift times every affine function of the state as well."""
    families = list(families)
    n = entries(system, sizes)
    products = [np.outer(c, e).ravel() for c in shift_rows(system, families, sizes) for e in np.eye(n + 1)]
    fields = [a.ravel() for f in families if not f.is_shift for a in f.array(system.states, sizes)]
    return np.array([*products, *fields]).reshape(-1, n * (n + 1))


def shift_rows(system: System, families: Iterable[Family], sizes: Mapping[str, int]) -> Array:
    """The constant fields of the shifts among the families, (…, n)."""
    rows = [a[:, -1] for f in families if f.is_shift for a in f.array(system.states, sizes)]
    return np.array(rows).reshape(-1, entries(system, sizes))

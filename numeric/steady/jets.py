"""First and second derivatives of arrays by a state, bounded: |Da[u]| and |D²a[u, v]| for |u|, |v| <= 1, entry by entry and in norm.

A bound in norm, |·| over all entries, is far below the root of the sum of the squared bounds of the entries where the entries move
in different directions, as those of a state do. Every rule takes the lesser of what the two kinds of bounds give.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from numeric.field import Array

Places = tuple[int, ...]


@dataclass(frozen=True)
class Jet:
    """Bounds of every entry, arrays of the value's shape, and of the whole in the Euclidean norm."""

    first: Array
    second: Array
    norm: float
    bend: float

    @classmethod
    def of(cls, first: Array, second: Array, norm: float = np.inf, bend: float = np.inf) -> Jet:
        """Where the norms of the entries' bounds are less than those given, these."""
        return cls(first, second, min(norm, _size(first)), min(bend, _size(second)))

    @property
    def still(self) -> bool:
        """Whether the value does not move."""
        return not self.first.any() and not self.second.any()


def fixed(shape: tuple[int, ...]) -> Jet:
    """Of what does not depend on the state."""
    return Jet(np.zeros(shape), np.zeros(shape), 0.0, 0.0)


def unbounded(shape: tuple[int, ...]) -> Jet:
    """Of what nothing bounds."""
    return Jet(np.full(shape, np.inf), np.full(shape, np.inf), np.inf, np.inf)


def summed(parts: list[Jet]) -> Jet:
    """Of a sum or a difference of arrays of one shape."""
    first, second = sum(p.first for p in parts), sum(p.second for p in parts)
    return Jet.of(np.asarray(first), np.asarray(second), sum(p.norm for p in parts), sum(p.bend for p in parts))


def composed(a: Jet, d1: Array, d2: Array) -> Jet:
    """Of f(a) entry by entry with |f'| <= d1, |f''| <= d2: f'' Da[u] Da[v] + f' D²a[u, v]."""
    turn = _times(d2, a.first)
    second = _times(turn, a.first) + _times(d1, a.second)
    bend = _times(turn.max(initial=0), a.norm) + _times(d1.max(initial=0), a.bend)
    return Jet.of(_times(d1, a.first), second, float(_times(d1.max(initial=0), a.norm)), float(bend))


def picked(parts: list[Jet], which: NDArray[np.intp]) -> Jet:
    """Of an array whose entries are those of the parts that `which` numbers; unbounded where that is -1."""
    open_ = unbounded(which.shape)
    first, second = (np.choose(which + 1, [getattr(open_, what), *(getattr(p, what) for p in parts)]) for what in ("first", "second"))
    used = [p for k, p in enumerate(parts) if np.any(which == k)] + ([open_] if np.any(which < 0) else [])
    return Jet.of(first, second, sum(p.norm for p in used), sum(p.bend for p in used))


def spread(a: Jet, places: Places, shape: tuple[int, ...]) -> Jet:
    """Of the same array along more axes, its own at `places`."""
    copies = np.sqrt(np.prod(shape) / max(a.first.size, 1))
    first, second = (np.broadcast_to(along(x, places, len(shape)), shape) for x in (a.first, a.second))
    return Jet.of(first, second, float(_times(copies, a.norm)), float(_times(copies, a.bend)))


def summed_over(a: Jet, places: Places, width: int) -> Jet:
    """Of the sum over the axes whose labels are `width` or more."""
    gone = tuple(k for k, p in enumerate(places) if p >= width)
    copies = np.sqrt(np.prod([a.first.shape[k] for k in gone]))
    kept = tuple(p for p in places if p < width)
    first, second = (along(x.sum(axis=gone), kept, width) for x in (a.first, a.second))
    norm, bend = float(_times(copies, a.norm)), float(_times(copies, a.bend))
    return Jet.of(np.minimum(first, norm), np.minimum(second, bend), norm, bend)


class Factor(NamedTuple):
    """One factor of a contraction: its jet, its values as middle and radius, and the labels of its axes."""

    jet: Jet
    middle: Array
    radius: Array
    places: Places

    @property
    def size(self) -> Array:
        """The largest absolute values."""
        return np.abs(self.middle) + self.radius


def product(a: Factor, b: Factor, width: int) -> Jet:
    """Of the contraction Σ a b, of whose labels 0 .. width - 1 are kept: D²(a b) = D²a b + Da Db + Db Da + a D²b."""
    by_a, by_b = (operator_norm(f.middle, f, g, width) + operator_norm(f.radius, f, g, width) for f, g in ((a, b), (b, a)))
    first = _through(a.jet.first, a.jet.norm, a, b, width) + _through(b.jet.first, b.jet.norm, b, a, width)
    second = _through(a.jet.second, a.jet.bend, a, b, width) + _through(b.jet.second, b.jet.bend, b, a, width)
    if a.jet.still or b.jet.still:
        mixed = 0.0
    else:
        second = second + 2 * _einsum(a.jet.first, b.jet.first, a.places, b.places, width)
        sides = ((a, b), (b, a))
        mixed = min(float(_times(f.jet.norm, operator_norm(g.jet.first, g, f, width))) for f, g in sides)
    norm = float(_times(a.jet.norm, by_b) + _times(b.jet.norm, by_a))
    return Jet.of(first, second, norm, float(_times(a.jet.bend, by_b) + _times(b.jet.bend, by_a)) + 2 * mixed)


def _through(entries: Array, norm: float, a: Factor, b: Factor, width: int) -> Array:
    """Entries of Σ (Da) b: by the entries of Da, or by its norm and the norms of what b multiplies."""
    by_entries = _einsum(entries, b.size, a.places, b.places, width)
    if any(p >= width and p not in a.places for p in b.places):
        return by_entries
    lost = [a.middle.shape[k] for k, p in enumerate(a.places) if p >= width and p not in b.places]
    # The sum of squares of b along the labels of the entries, each counted as often as labels are lost.
    rows = np.sqrt(_einsum(np.ones_like(entries), b.size**2, a.places, b.places, width) / np.prod(lost))
    return np.minimum(by_entries, _times(rows * np.sqrt(np.prod(lost)), norm))


def operator_norm(values: Array, a: Factor, b: Factor, width: int) -> float:
    """The norm of x -> Σ a x for x like b, of values that a may have: the largest over the labels that both keep."""
    mine, other = set(a.places), set(b.places)
    gone = tuple(k for k, p in enumerate(a.places) if p >= width and p not in other)
    if gone:
        values = np.abs(values).sum(axis=gone)
    left = [p for k, p in enumerate(a.places) if k not in gone]
    groups = (
        [p for p in left if p < width and p in other],
        [p for p in left if p < width and p not in other],
        [p for p in left if p >= width],
    )
    order = [left.index(p) for group in groups for p in group]
    sizes = [int(np.prod([values.shape[left.index(p)] for p in group])) for group in groups]
    lost = [b.middle.shape[k] for k, p in enumerate(b.places) if p >= width and p not in mine]
    return largest_norm(values.transpose(order).reshape(sizes)) * float(np.sqrt(np.prod(lost)))


def largest_norm(stack: Array) -> float:
    """The largest norm of matrices (stack, m, n)."""
    if not stack.any():
        return 0.0
    if not np.all(np.isfinite(stack)) or np.abs(stack).max() > 1e150:
        return np.inf
    short = stack if stack.shape[1] <= stack.shape[2] else stack.swapaxes(1, 2)
    values = np.linalg.eigvalsh(short @ short.swapaxes(1, 2))[:, -1] if short.shape[1] > 1 else (short**2).sum(axis=(1, 2))
    return float(np.sqrt(max(values.max(initial=0), 0.0)) * (1 + 1e-12))


def _times(a: Array | float, b: Array | float) -> Array:
    """a b with 0 · ∞ = 0: what does not move, does not move however steep f is."""
    return np.where((np.asarray(a) == 0) | (np.asarray(b) == 0), 0.0, np.asarray(a) * np.asarray(b))


def _size(a: Array) -> float:
    return float(np.sqrt((a * a).sum()) * (1 + 1e-12))


def along(x: Array, places: Places, width: int) -> Array:
    """With an axis for each label, of length 1 where x has none."""
    order = sorted(range(len(places)), key=lambda k: places[k])
    return np.expand_dims(x.transpose(order), [p for p in range(width) if p not in places])


def _einsum(x: Array, y: Array, px: Places, py: Places, width: int) -> Array:
    letters = ["".join(chr(97 + p) for p in places) for places in (px, py, range(width))]
    return np.asarray(np.einsum(f"{letters[0]},{letters[1]}->{letters[2]}", x, y, optimize=True))

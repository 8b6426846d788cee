"""A template is a linear field v = T(θ, y) for every size: deltas and means link the places of v, of y and of the slots of θ.

An axis at a time: v's place i, y's place j, and up to two slots k, l of the free tensor θ. A factor such as δ_ik δ_jl says
that θ acts as a matrix, θ_ij y_j; (δ_ik - 1/N)(δ_jl - 1/N) says the same for deviations from the mean. Since an energy with
free parameters over an axis treats its places alike, its affine symmetries are spanned by such fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amsym.notation import Component, Delta, Index, Size, Tensor, total

Array = NDArray[np.float64]

# An axis of a state: its name, and which of the state's axes of that name it is.
Key = tuple[str, int]


@dataclass(frozen=True)
class Piece:
    """sign · Π δ over the linked labels · N^-means."""

    sign: int
    links: tuple[str, ...]
    means: int = 0


Factor = tuple[Piece, ...]


def _times(a: Factor, b: Factor) -> Factor:
    return tuple(Piece(p.sign * q.sign, p.links + q.links, p.means + q.means) for p in a for q in b)


def _link(label: str) -> Factor:
    return (Piece(1, (label,)),)


ONE: Factor = (Piece(1, ()),)
MEAN: Factor = (Piece(1, (), 1),)


def _centred(label: str) -> Factor:
    return (Piece(1, (label,)), Piece(-1, (), 1))


def _matrix(left: Any, right: Any) -> list[Factor]:
    """θ and its transpose, between two maps such as the identity or the removal of the mean."""
    return [_times(left("ik"), right("jl")), _times(left("il"), right("jk"))]


# By (axis in v, axis in y, slots of θ): the plain factors, those with means removed, and all others.
_BOTH, _LEFT, _RIGHT = (True, True), (True, False), (False, True)
FACTORS: dict[tuple[tuple[bool, bool], int], tuple[list[Factor], list[Factor], list[Factor]]] = {
    (_BOTH, 0): ([_link("ij")], [_centred("ij")], [MEAN]),
    (_BOTH, 1): (
        [_times(_link("ij"), _link("ik"))],
        [_times(_link("ij"), _centred("ik"))],
        [_link("ik"), _link("jk"), _times(_link("ij"), MEAN), MEAN],
    ),
    (_BOTH, 2): (
        _matrix(_link, _link),
        _matrix(_centred, _centred),
        [*_matrix(lambda _: MEAN, _link), *_matrix(_link, lambda _: MEAN), *_matrix(lambda _: MEAN, lambda _: MEAN)],
    ),
    (_LEFT, 0): ([ONE], [], []),
    (_LEFT, 1): ([_link("ik")], [_centred("ik")], []),
    (_LEFT, 2): ([], [], [_link("ik"), _link("il")]),
    (_RIGHT, 0): ([MEAN], [], []),
    (_RIGHT, 1): ([_link("jk")], [_centred("jk")], []),
}


@dataclass(frozen=True)
class Kind:
    """The slots that θ has over each axis, none, one or two, and so θ's axes."""

    slots: tuple[tuple[Key, int], ...]

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes of θ, in the order of its slots."""
        return tuple(key[0] for key, n in self.slots for _ in range(n))

    def count(self, key: Key) -> int:
        """The number of θ's slots over an axis."""
        return dict(self.slots)[key]

    @cached_property
    def labels(self) -> tuple[tuple[Key, str], ...]:
        """θ's slots as (axis, label)."""
        return tuple((key, label) for key, n in self.slots for label in "kl"[:n])


@dataclass(frozen=True)
class Template:
    """The field v of one state made from another state, or from the constant 1 where source is None."""

    kind: Kind
    target: Tensor
    source: Tensor | None
    factors: tuple[tuple[Key, Factor], ...]

    def formula(self, theta: Tensor | sp.Symbol, where: tuple[Index, ...]) -> sp.Expr:
        """v[where] as a formula, linear in θ."""
        names = {(key, "i"): i for key, i in zip(keys(self.target), where, strict=True)}
        names |= {(key, "j"): Index(f"s{n}", key[0]) for n, key in enumerate(keys(self.source))}
        names |= {slot: Index(f"t{n}", slot[0][0]) for n, slot in enumerate(self.kind.labels)}
        body: sp.Expr = theta[tuple(names[s] for s in self.kind.labels)] if isinstance(theta, Tensor) else theta
        if self.source is not None:
            body *= at(self.source, tuple(names[key, "j"] for key in keys(self.source)))
        for key, factor in self.factors:
            body *= sp.Add(*(_piece(p, key, names) for p in factor))
        bound = [i for (_, label), i in names.items() if label != "i"]
        return total(sp.expand(body), *bound) if bound else body

    def array(self, sizes: Mapping[str, int]) -> Array:
        """The coefficients (places of v, places of y or 1, entries of θ)."""
        order = [(key, "i") for key in keys(self.target)] + [(key, "j") for key in keys(self.source)] + list(self.kind.labels)
        result, have = np.ones(()), list[tuple[Key, str]]()
        for key, factor in self.factors:
            labels = [label for k, label in order if k == key]
            part = sum((_piece_array(p, labels, sizes[key[0]]) for p in factor), np.zeros((sizes[key[0]],) * len(labels)))
            result, have = np.multiply.outer(result, part), have + [(key, label) for label in labels]
        result = result.transpose([have.index(label) for label in order])
        width = [int(np.prod([sizes[k[0]] for k in names], dtype=int)) for names in (keys(self.target), keys(self.source))]
        return result.reshape(*width, -1)


def _piece(p: Piece, key: Key, names: Mapping[tuple[Key, str], Index]) -> sp.Expr:
    deltas = (Delta(names[key, pair[0]], names[key, pair[1]]) for pair in p.links)
    return p.sign * sp.Mul(*deltas) / Size(key[0]) ** p.means


def _piece_array(p: Piece, labels: list[str], n: int) -> Array:
    result = np.full((n,) * len(labels), p.sign / n**p.means)
    places = np.indices((n,) * len(labels))
    for pair in p.links:
        result = result * (places[labels.index(pair[0])] == places[labels.index(pair[1])])
    return result


def keys(state: Tensor | None) -> tuple[Key, ...]:
    """The axes of a state, told apart where a name comes twice."""
    axes = state.axes if state is not None else ()
    return tuple((axis, axes[:n].count(axis)) for n, axis in enumerate(axes))


def at(tensor: Tensor, where: tuple[Index, ...]) -> Any:
    """y[where], also for a state without axes."""
    return tensor[where] if tensor.axes else Component(tensor)


def kinds(states: tuple[Tensor, ...]) -> list[Kind]:
    """Every kind of θ over the axes of the states, few slots first."""
    every = tuple(dict.fromkeys(key for s in states for key in keys(s)))
    found = [Kind(tuple(zip(every, slots, strict=True))) for slots in product(range(3), repeat=len(every))]
    return sorted(found, key=lambda kind: len(kind.axes))


def templates(states: tuple[Tensor, ...], kind: Kind, stage: int, translations: bool = False) -> list[Template]:
    """The templates of one kind: stage 0 plain ones, 1 also with means removed, 2 all. translations: with the constant source only."""
    sources = (None,) if translations else (*states, None)
    return [t for source in sources for target in states for t in _between(target, source, kind, stage)]


def _between(target: Tensor, source: Tensor | None, kind: Kind, stage: int) -> Iterator[Template]:
    left, right = keys(target), keys(source)
    used = tuple(dict.fromkeys((*left, *right)))
    if any(n and key not in used for key, n in kind.slots):
        return
    choices = []
    for key in used:
        found = FACTORS.get(((key in left, key in right), kind.count(key)), ([], [], []))
        choices.append([f for group in found[: stage + 1] for f in group])
    for chosen in product(*choices):
        yield Template(kind, target, source, tuple(zip(used, chosen, strict=True)))

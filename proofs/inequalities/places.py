"""A formula with free indices at each of their places; places that nothing tells apart share one search.

φ(y_i) ≥ 0 with the same parameters and the same interval of y_i is one question for every i: its tree holds with other numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import sympy as sp

from amsym.notation import Component, Delta, Index, Mask, Total, free_indices
from amsym.notation.tensors import Entry
from proofs.draws import flattened
from proofs.inequalities.boxed import Boxed


def places_of(problem: Boxed, formula: sp.Expr) -> Iterator[dict[Index, int]]:
    """All places of a formula's free indices."""
    free = sorted(free_indices(formula), key=lambda i: i.name)
    for p in product(*(range(problem.sizes[i.axis]) for i in free)):
        yield dict(zip(free, p, strict=True))


def at_places(formula: sp.Expr, at: Mapping[Index, int]) -> str:
    """A formula with numbers for indices, in the notation that declares them.

    >>> from amsym.notation import index, parameter, state
    >>> i, y, b = index("i", "N"), state("y", "N"), parameter("b", "N")
    >>> at_places(b[i]*y[i], {i: 1})
    'b[1]*y[1]'
    """
    placed = formula.xreplace({i: sp.Integer(p) for i, p in at.items()})
    names = {e: sp.Symbol(f"{e.tensor.name}[{', '.join(map(str, e.position))}]") for e in placed.atoms(Entry)}
    return str(placed.xreplace(names))


@dataclass(frozen=True)
class Local:
    """What a formula at one place knows: its numbers and intervals, and the packed components that it moves with."""

    numbers: tuple[Any, ...]
    components: tuple[int, ...]


def local(problem: Boxed, formula: sp.Expr, at: Mapping[Index, int]) -> Local | None:
    """The numbers of a formula that holds tensors at its free indices only; None of any other."""
    if formula.has(Total, Mask, Delta):
        return None
    numbers: list[Any] = []
    components: list[int] = []
    for c in sorted(formula.atoms(Component), key=str):
        if not all(i in at for i in c.where):
            return None
        place = tuple(at[i] for i in c.where)
        if c.tensor in problem.fixed:
            numbers.append(flattened(problem.fixed[c.tensor])[place])
            continue
        k = problem.places.index((c.tensor, place))
        components.append(k)
        numbers.append((problem.ends[0][k], problem.ends[1][k]))
    return Local(tuple(numbers), tuple(components))


def renumbered(tree: Any, numbers: Mapping[int, int]) -> Any:
    """A tree with other components; None where it splits one that is not named.

    >>> renumbered([0, 0.5, ".", "."], {0: 3})
    [3, 0.5, '.', '.']
    """
    if not isinstance(tree, list):
        return tree
    k, point, below, above = tree
    parts = [renumbered(t, numbers) for t in (below, above)]
    return None if k not in numbers or None in parts else [numbers[k], point, *parts]

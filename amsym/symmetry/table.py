"""What is known of an energy's symmetries, as a table to read and as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from amsym.notation import Tensor
from amsym.render.prose import prose
from amsym.symmetry.discrete import Discrete
from amsym.symmetry.family import Family
from amsym.symmetry.templates import Array


@dataclass(frozen=True)
class AtSize:
    """A generator v = A y + c found at given sizes only: `field` is (n, n + 1), A with c behind it; `exact`: shown exactly there."""

    field: Array
    sizes: Mapping[str, int]
    exact: bool
    words: str

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Complete:
    """What is known of further affine generators at given sizes: their number, and whether the count is certified.

    dimension: of what is listed.  numerical: with those that samples and finite steps show besides; None where too few samples
    came in time.  open: how many more the samples do not exclude, although no finite step confirms them.
    """

    sizes: Mapping[str, int]
    dimension: int
    numerical: int | None
    certified: bool
    samples: int
    shifts_only: bool = False
    open: int = 0


@dataclass(frozen=True)
class Symmetries:
    """The symmetries of an energy.

    generators: families v(y) = A y + c with v·∇E = 0 for every size, each proved by an identity.  discrete: flips, exchanges
    and permutations, each proved.  at_sizes: generators that were found at given sizes or for given numbers only.
    complete: for which sizes these are all affine ones. A shift times any function of the state is a symmetry too; such
    products are not listed.  unproved: families that fit all samples and finite steps but have no proof.  open: what was not finished.
    """

    name: str
    states: tuple[Tensor, ...]
    generators: tuple[Family, ...] = ()
    discrete: tuple[Discrete, ...] = ()
    at_sizes: tuple[AtSize, ...] = ()
    complete: tuple[Complete, ...] = ()
    unproved: tuple[Family, ...] = ()
    open: tuple[str, ...] = ()

    def basis(self, sizes: Mapping[str, int]) -> list[tuple[Array, Array]]:
        """Pairs (A, c) at given sizes, all states in one vector in the order of `states`, linearly independent."""
        rows = [field for f in self.generators for field in f.array(self.states, sizes)]
        rows += [g.field for g in self.at_sizes if dict(g.sizes) == {a: sizes[a] for a in g.sizes}]
        kept: list[Array] = []
        for row in rows:
            trial = np.array([r.ravel() for r in (*kept, row)])
            if np.linalg.matrix_rank(trial) == len(trial):
                kept.append(row)
        return [(field[:, :-1], field[:, -1]) for field in kept]

    def __str__(self) -> str:
        lines = [(str(f), "proved for every size") for f in self.generators]
        lines += [(str(d), "proved for every size") for d in self.discrete]
        lines += [(str(g), f"{'exact' if g.exact else 'numerical'}, at {size_words(g.sizes)}") for g in self.at_sizes]
        lines += [(str(f), "fits all samples and finite steps, not proved") for f in self.unproved]
        width = max((len(a) for a, _ in lines), default=0)
        body = [f"  {a:<{width}}  {b}".rstrip() for a, b in lines] or ["  none found"]
        return "\n".join([f"Symmetries of the energy of {self.name}", *body, *(f"  {line}" for line in self.remarks())])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escape(prose(str(self)))}</pre>"

    def remarks(self) -> list[str]:
        """What is known of others, in words."""
        return [*(complete_words(c) for c in self.complete), *self.open]


def size_words(sizes: Mapping[str, Any]) -> str:
    """N = 4, K = 3; "these states" where no axis has a size."""
    return ", ".join(f"{axis} = {n}" for axis, n in sizes.items()) or "these states"


def complete_words(c: Complete) -> str:
    """One line on completeness.

    >>> complete_words(Complete({"N": 4}, 0, 1, False, 26))
    '1 further affine generator at N = 4, found numerically'
    """
    what, where = "shift" if c.shifts_only else "affine generator", size_words(c.sizes)
    if c.certified:
        return f"no further {what}s at {where} (rank certified from {c.samples} exact samples)"
    if c.numerical is None:
        return f"further {what}s at {where} were not searched"
    more = c.numerical - c.dimension
    counted = f"{more} further {what}{'s' if more > 1 else ''} at {where}, found numerically" if more > 0 else ""
    if c.open:
        return f"{counted}, and others are not excluded" if counted else f"further {what}s at {where} are not excluded"
    return counted or f"no further {what}s found at {where} ({c.samples} samples)"

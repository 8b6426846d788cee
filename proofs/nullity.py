"""How many null vectors Λ has at exact points of sizes 2 and 3, at most: a minor whose ball excludes zero bounds the nullity."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from flint import arb_mat

from amsym.dead import Dead
from amsym.notation import Tensor
from amsym.system import System
from numeric.rigorous import Evaluator, Undetermined
from proofs.draws import Values, draw, fits, flattened, nested

SIZES, DRAWS, SEED = (2, 3), 8, 20250301


@dataclass(frozen=True)
class Sample:
    """An exact point at which the rank of Λ was shown to leave no room for a null vector beyond those known."""

    size: int
    values: dict[str, Any]
    rank: int

    def plain(self) -> dict[str, Any]:
        """The sample as plain data."""
        return {"size": self.size, "values": self.values, "rank of the Hessian at least": self.rank}


def no_further(system: System, found: Dead) -> list[Sample] | None:
    """A sample for each of the sizes 2 and 3 at which Λ has no null vector beyond those known; None where one is missing.

    An analytic Λ has that rank at almost every state, for these sizes and almost all parameters.

    >>> from amsym import zoo
    >>> from amsym.dead import dead
    >>> system = zoo.hopfield("softmax")
    >>> [s.rank for s in no_further(system, dead(system)[0])]
    [1, 2]
    """
    if found.null is None or found.null.bent:
        return None
    samples = [_sample(system, found, size) for size in SIZES]
    return None if any(s is None for s in samples) else [s for s in samples if s is not None]


def _sample(system: System, found: Dead, size: int) -> Sample | None:
    rng = random.Random(SEED + size)
    sizes = dict.fromkeys(system.axes, size)
    for _ in range(DRAWS):
        values = _row(found, draw(system, sizes, rng, coarse=False))
        try:
            rank = _rank(found, sizes, values) if fits(system, values) else None
        except Undetermined:
            continue
        if rank is not None:
            assert found.null is not None
            held = found.null.slopes.atoms(Tensor) | found.null.slopes.free_symbols
            return Sample(size, {str(k.name): _plain(v) for k, v in values.items() if k in held}, rank)
    return None


def _row(found: Dead, values: Values) -> Values:
    """The state replaced by its first row, which is what the activation acts on."""
    table = flattened(values.pop(found.state))
    inner = [n for n, i in enumerate(found.where) if i in found.joint]
    first = {tuple(k[n] for n in inner): v for k, v in table.items() if all(k[n] == 0 for n in range(len(k)) if n not in inner)}
    return {**values, found.variable: nested(first, tuple(1 + max(k[n] for k in first) for n in range(len(inner))))}


def _plain(value: Any) -> Any:
    return [_plain(v) for v in value] if isinstance(value, tuple) else str(value)


def _rank(found: Dead, sizes: dict[str, int], values: Values) -> int | None:
    """n - k where a minor of that order is not zero, with k known null vectors."""
    null = found.null
    assert null is not None
    here = Evaluator(sizes, values)
    places = list(product(*(range(sizes[i.axis]) for i in null.where)))
    outside = {i: 0 for i in found.where if i not in found.joint}

    def entry(a: tuple[int, ...], b: tuple[int, ...]) -> Any:
        return here(null.slopes, {**outside, **dict(zip(null.where, a, strict=True)), **dict(zip(null.other, b, strict=True))})

    order = len(places) - len(null.vectors)
    if order <= 0:
        return 0
    table = {(a, b): entry(a, b) for a, b in product(places, repeat=2)}
    minors = product(combinations(places, order), repeat=2)
    found_one = any(not arb_mat([[table[a, b] for b in columns] for a in rows]).det().contains(0) for rows, columns in minors)
    return order if found_one else None

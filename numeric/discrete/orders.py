"""An order of updates is a list of blocks of components: those of a block move together, blocks one after the other.

Synchronous is one block of everything, sequential a block for each component, asynchronous these in random order.
Source: modern_methods eq. (2.2), (2.3); blocks of a layer each are the alternating updates of a bipartite network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amsym.errors import InputError
from amsym.system import ORDERS, System
from numeric.components import Components

Block = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Order:
    """Blocks of packed numbers in the order of their turns; `shuffled` anew for every sweep or not.

    held: how many components no block names; they keep their values.
    """

    blocks: tuple[Block, ...]
    shuffled: bool
    held: int

    def sweep(self, random: np.random.Generator) -> Sequence[Block]:
        """The blocks of the next sweep."""
        if not self.shuffled:
            return self.blocks
        return [self.blocks[k] for k in random.permutation(np.arange(len(self.blocks)))]


def read_order(order: Any, system: System, sizes: Mapping[str, int]) -> Order:
    """What `order` says for states of these sizes; None is the system's own order.

    A name, "synchronous", "asynchronous" or "sequential"; or a sequence whose entries take their turns as they stand.
    An entry is one component, by its number in the packed state or as pictures name it (3, "s[3]", ("v", 3), (1, 2) of a
    matrix), or a block that moves together: a list or an array of these, or the name of a state, all of it. A component
    may come several times in a sweep, though once in a block; components that never come are held at their start.

    Raises InputError for an empty order or block, what names no component, and one that a block names twice.

    >>> from amsym.zoo import spins
    >>> [block.tolist() for block in read_order([2, [0, 1], "s"], spins(), {"N": 3}).blocks]
    [[2], [0, 1], [0, 1, 2]]
    """
    known = Components(system, sizes)
    order = system.order if order is None else order
    if isinstance(order, str):
        return _named(order, known.count)
    if isinstance(order, Mapping) or not isinstance(order, (Sequence, np.ndarray)):
        raise InputError(f"order is {order!r}; one of {ORDERS} or a sequence of components and blocks was expected: say order=[2, 0, 1]")
    blocks = tuple(_block(entry, known) for entry in order)
    if not blocks:
        raise InputError("order is empty; at least one component was expected: name the components in the order of their turns")
    return Order(blocks, False, known.count - np.unique(np.concatenate(blocks)).size)


def _named(order: str, count: int) -> Order:
    """One of the three orders that have a name."""
    if order not in ORDERS:
        raise InputError(f"order is {order!r}; one of {ORDERS} or a sequence of components and blocks was expected: pick one")
    whole = np.arange(count)
    blocks = (whole,) if order == "synchronous" else tuple(whole[:, None])
    return Order(blocks, order == "asynchronous", 0)


def _block(entry: Any, known: Components) -> Block:
    """The packed numbers that one entry of an order names, in ascending order: they move together."""
    if not isinstance(entry, list) and np.ndim(entry if isinstance(entry, np.ndarray) else 0) == 0:
        return np.sort(known.numbers(entry, "order"))
    if not len(entry):
        raise InputError("order holds an empty block; at least one component was expected: drop it")
    found = np.concatenate([known.numbers(pick, "order") for pick in entry])
    numbers, counts = np.unique(found, return_counts=True)
    if counts.max() > 1:
        twice = known.text(int(numbers[counts.argmax()]))
        raise InputError(f"a block of order names {twice} twice; its components move together, once each: name it once, or in two blocks")
    return numbers

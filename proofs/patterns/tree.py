"""Branch on [t_k > 0]: a tree of partial patterns, cut where a linear relaxation of the complementarity problem is refuted exactly.

A node fixes z_k = 0 (t_k ≤ 0) or w_k = 0 (t_k > 0) for some kinks and drops z_k w_k = 0 for the others. A node in which the problem is
monotone has one candidate and is not split. What is left over are whole patterns, and every pattern with a steady state is among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from proofs.patterns.complementarity import Complementarity
from proofs.patterns.dictionaries import Flags, Nodes, Whole, raise_bounds, settled, values
from proofs.patterns.refutations import Multipliers, refuted
from proofs.patterns.uniqueness import Candidate, only_candidate

# Nodes in one batch: dictionaries of 24 neurons are 5 kB each.
BATCH = 1000
# z_k > 0 is searched as z_k >= SHIFT, so that solutions with z_k = 0 refute a pattern; what exact numbers do not confirm is searched again.
SHIFT = 1e-6


@dataclass
class Tree:
    """splits: {node: (kink, node with t <= 0, node with t > 0)}; refuted: {node: multipliers}; whole: {node: pattern of all kinks}.

    unique: {node: the one candidate in it}.  Node 0 is the root; nodes that are in none of these were left open at the limit.
    """

    splits: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    refuted: dict[int, Multipliers] = field(default_factory=dict)
    whole: dict[int, tuple[bool, ...]] = field(default_factory=dict)
    unique: dict[int, Candidate] = field(default_factory=dict)
    nodes: int = 1
    open: int = 0

    def candidates(self) -> Iterator[tuple[bool, ...]]:
        """The whole patterns that may have a steady state."""
        yield from self.whole.values()
        for c in self.unique.values():
            if c.remains is not None:
                yield c.remains


def searched(problem: Complementarity, limit: int) -> Tree:
    """The tree, with at most about `limit` nodes.

    >>> from amsym import zoo
    >>> from proofs.patterns.complementarity import complementarity
    >>> from proofs.patterns.from_question import piecewise_flow
    >>> from proofs.question import question
    >>> asked = question(zoo.hopfield("relu"), {"W": [[0.0, -2.0], [-2.0, 0.0]], "b": [1.0, 1.0]})
    >>> sorted(searched(complementarity(piecewise_flow(asked)), 100).candidates())
    [(False, True), (True, False), (True, True)]
    """
    tree, stack = Tree(), [_root(problem)]
    while stack:
        nodes = stack.pop()
        if len(nodes) > BATCH:
            stack.append(nodes.take(slice(BATCH, None)))
            nodes = nodes.take(slice(BATCH))
        if tree.nodes > limit:
            tree.open += len(nodes)
            continue
        with np.errstate(all="ignore"):  # what overflows is not confirmed, and is searched on
            stack += [part for part in _advanced(problem, tree, nodes) if len(part)]
    return tree


def _root(problem: Complementarity) -> Nodes:
    V = problem.size
    flags = np.zeros((1, V), bool)
    basic, free = (np.array([v], np.intp) for v in (problem.basic, problem.free))
    return Nodes(problem.start[None].copy(), basic, free, flags, flags.copy(), np.zeros(1, bool), np.zeros(1, np.intp))


def _advanced(problem: Complementarity, tree: Tree, nodes: Nodes) -> Iterator[Nodes]:
    """Settle a batch; what is to be searched next: children, and nodes whose refutation was not confirmed."""
    status, row, sign = settled(nodes)
    dead = np.flatnonzero(status < 0)
    lams = refuted(problem, nodes.take(dead), row[dead], sign[dead], _wanted(problem, nodes)[dead]) if len(dead) else []
    left = status >= 0
    again = np.zeros(len(nodes), bool)
    for b, lam in zip(dead, lams, strict=True):
        if lam is not None:
            tree.refuted[int(nodes.number[b])] = lam
        else:
            left[b], again[b] = nodes.loose[b], not nodes.loose[b]
    yield _loosened(nodes.take(again))
    yield _children(problem, tree, _several(problem, tree, nodes.take(left)))


def _several(problem: Complementarity, tree: Tree, nodes: Nodes) -> Nodes:
    """The nodes without those in which one candidate is all there can be."""
    left = np.ones(len(nodes), bool)
    for b, number in enumerate(nodes.number.tolist()):
        found = only_candidate(problem, nodes.zero[b])
        if found is not None:
            tree.unique[number], left[b] = found, False
    return nodes.take(left)


def _wanted(problem: Complementarity, nodes: Nodes) -> Flags:
    """Which variables are > 0: z_k where w_k is fixed at 0."""
    K = problem.kinks
    found = np.zeros(nodes.zero.shape, bool)
    found[:, K : 2 * K] = nodes.zero[:, :K]
    return found


def _loosened(nodes: Nodes) -> Nodes:
    """The same nodes with z_k >= 0 in place of z_k >= SHIFT."""
    for v in range(nodes.zero.shape[1]):
        which = np.flatnonzero(nodes.raised[:, v])
        if len(which):
            part = nodes.take(which)
            raise_bounds(part, np.full(len(which), v), -SHIFT)
            nodes.table[which] = part.table
    nodes.raised[:] = False
    nodes.loose[:] = True
    return nodes


def _children(problem: Complementarity, tree: Tree, nodes: Nodes) -> Nodes:
    """Both children of every node that has an undecided kink; the others are whole patterns."""
    K = problem.kinks
    decided = nodes.zero[:, :K] | nodes.zero[:, K : 2 * K]
    done = np.asarray(decided.all(1))
    for b in np.flatnonzero(done):
        tree.whole[int(nodes.number[b])] = tuple(map(bool, nodes.zero[b, :K]))
    nodes, decided = nodes.take(~done), decided[~done]
    if not len(nodes):
        return nodes
    k = _chosen(problem, nodes, decided)
    first = tree.nodes + 2 * np.arange(len(nodes))
    for child, parent in enumerate(nodes.number.tolist()):
        tree.splits[parent] = (int(k[child]), int(first[child]), int(first[child]) + 1)
    tree.nodes += 2 * len(nodes)
    return Nodes.joined(_fixed(nodes, k + K, first), _risen(_fixed(nodes, k, first + 1), k + K))


def _fixed(nodes: Nodes, v: Whole, number: Whole) -> Nodes:
    child = nodes.take(slice(None))
    child.zero[np.arange(len(child)), v] = True
    child.number = number
    return child


def _risen(nodes: Nodes, v: Whole) -> Nodes:
    """z_k >= SHIFT, but for nodes where that was tried in vain."""
    which = np.flatnonzero(~nodes.loose)
    part = nodes.take(which)
    raise_bounds(part, v[which], SHIFT)
    nodes.table[which] = part.table
    nodes.raised[which, v[which]] = True
    return nodes


def _chosen(problem: Complementarity, nodes: Nodes, decided: Flags) -> Whole:
    """The undecided kink whose z_k w_k = 0 is broken most, then the one with the largest of the two."""
    K, v = problem.kinks, values(nodes).clip(0, 1e6)
    z, w = v[:, K : 2 * K], v[:, :K]
    score = np.minimum(z, w) + 1e-9 * (z + w)
    return np.asarray(np.where(decided, -1.0, score).argmax(1))


__all__ = ["Tree", "searched"]

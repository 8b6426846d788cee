"""All steady states of a piecewise affine flow: every pattern is refuted or solved, A_s y = -c_s within its cell, in exact rationals.

Cells divide the states among the patterns: a state on a kink belongs to the cell on which max(0, ·) is 0 there, so none counts twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, product
from typing import Any

from amsym.verdict import Status, Verdict
from amsym.words import counted
from proofs.draws import nested
from proofs.patterns.complementarity import complementarity
from proofs.patterns.cover import cover, states_data
from proofs.patterns.families import Piece, families, piece
from proofs.patterns.flow import Pattern, PiecewiseFlow
from proofs.patterns.forms import fraction
from proofs.patterns.from_question import piecewise_flow
from proofs.patterns.kinks import Gate, Ramp
from proofs.patterns.polyhedra import Point, value
from proofs.patterns.result import Continuum, Exact, PatternState, PatternStates, Solutions
from proofs.patterns.tree import Tree, searched
from proofs.question import Question

CLAIM = "every steady state is listed"
# Nodes of the search tree, and patterns solved one by one: minutes.
NODES, PATTERNS = 400_000, 20_000
MORE = "which nodes= and patterns= of proofs.patterns.enumerate_states raise"


def enumerate_states(asked: Question, *, nodes: int = NODES, patterns: int = PATTERNS) -> PatternStates:
    """Every steady state in the domain, or anywhere without one; see PatternStates.

    nodes: of the tree over partial patterns.  patterns: how many are solved one by one. Past either the verdict is UNDECIDED.

    >>> from amsym import zoo
    >>> from proofs.question import question
    >>> W = [[0.0, -2.0], [-2.0, 0.0]]
    >>> found = enumerate_states(question(zoo.hopfield("relu"), {"W": W, "b": [1.0, 1.0]}))
    >>> [[str(x) for x in s.values["y"]] for s in found.states], str(found.complete.status)
    ([['-1', '1'], ['1/3', '1/3'], ['1', '-1']], 'CERTIFIED')
    >>> line = enumerate_states(question(zoo.hopfield("relu"), {"W": [[1.0]], "b": [0.0]}))
    >>> len(line.states), line.continua[0].dimension
    (0, 1)

    Raises ModelError for a flow that is not piecewise affine with rational numbers, InputError where numbers or sizes are missing.
    """
    flow = piecewise_flow(asked)
    problem = complementarity(flow) if flow.continuous else None
    tree = searched(problem, nodes) if problem is not None else None
    candidates = product(*(range(len(own)) for own in flow.intervals)) if tree is None else _whole(flow, tree)
    pieces, tried, left = _solved(flow, candidates, patterns)
    groups = families(pieces)
    states = tuple(_state(asked, flow, g[0]) for g in groups if max(p.dimension for p in g) == 0)
    continua = tuple(_continuum(asked, flow, g) for g in groups if max(p.dimension for p in g) > 0)
    refuted = len(tree.refuted) + len(tree.unique) if tree is not None else 0
    certificate = {**cover(asked, flow, problem, tree), **states_data(states, continua)}
    open_nodes = tree.open if tree is not None else 0
    complete = _complete(certificate, flow.patterns, tried, refuted, left or open_nodes > 0)
    return PatternStates(states, continua, complete, flow.chain_words, flow.patterns, tried, refuted)


def _whole(flow: PiecewiseFlow, tree: Tree) -> Iterable[Pattern]:
    """The whole patterns of a tree, by chains; where a ramp is on and one of a lower cut is off there is no such pattern."""
    chains = [
        sorted((k.cut, v) for v, k in enumerate(flow.kinks) if isinstance(k, Ramp) and k.chain == chain)
        for chain in range(len(flow.chains))
    ]
    for on in tree.candidates():
        rows = [[on[v] for _, v in own] for own in chains]
        if all(row == sorted(row, reverse=True) for row in rows):
            yield tuple(sum(row) for row in rows)


def _solved(flow: PiecewiseFlow, candidates: Iterable[Pattern], limit: int) -> tuple[list[Piece], int, bool]:
    """The steady states of each pattern, how many patterns were solved, and whether more were left."""
    todo = iter(candidates)
    chosen = list(islice(todo, limit))
    found = [p for pattern in chosen if (p := piece(flow.cell(pattern))) is not None]
    found.sort(key=lambda p: p.solutions.point)
    return found, len(chosen), next(todo, None) is not None


def _complete(certificate: dict[str, Any], patterns: int, solved: int, refuted: int, stopped: bool) -> Verdict:
    partial = f"{counted(refuted, 'partial pattern')} refuted or left with one candidate"
    words = f"{counted(patterns, 'pattern')}: {partial}, {solved} solved in rationals"
    if stopped:
        return Verdict(CLAIM, Status.UNDECIDED, {}, f"{words}; the search was stopped at its limit, {MORE}")
    return Verdict(CLAIM, Status.CERTIFIED, certificate, words)


def _exact(asked: Question, flow: PiecewiseFlow, y: Point) -> Exact:
    """A point by state, in nested tuples of fractions."""
    tables: dict[str, dict[tuple[int, ...], Any]] = {}
    for (name, place), x in zip(flow.names, y, strict=True):
        tables.setdefault(name, {})[place] = fraction(x)
    shapes = {s.name: tuple(asked.sizes[a] for a in s.axes) for s in asked.system.states}
    return {name: nested(table, shapes[name]) for name, table in tables.items()}


def _continuum(asked: Question, flow: PiecewiseFlow, group: list[Piece]) -> Continuum:
    ordered = sorted(group, key=lambda p: -p.dimension)
    return Continuum(
        tuple(
            Solutions(
                p.cell.pattern,
                _exact(asked, flow, p.solutions.point),
                tuple(_exact(asked, flow, d) for d in p.solutions.directions),
            )
            for p in ordered
        )
    )


def _state(asked: Question, flow: PiecewiseFlow, found: Piece) -> PatternState:
    y = found.solutions.point
    touched = [value(u, y) for u in found.cell.arguments]
    kinks = tuple(flow.words(k) for k in flow.kinks if not isinstance(k, Gate) and touched[k.chain] == k.cut)
    return PatternState(_exact(asked, flow, y), kinks, found.cell)


__all__ = ["enumerate_states"]

"""Does an energy fall along the flow? Where ∂E/∂y + m f = 0 for every component, dE/dt = -Σ m f², and only the signs of the m are left.

A factor m is advice: a proof's step says it, or it is guessed. The identity is tried at random exact points of a box, in balls; that
tells of the whole box where the formulas are analytic, so with kinks nothing is shown.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flint import arb, fmpq

from proofs.checker.balls import Graph, Undetermined
from proofs.checker.boxes import Box, Field
from proofs.checker.model import Key, Model
from proofs.checker.reader import Node, nodes_of, read_relation

POINTS = 6


def field_of(model: Model, nodes: list[int]) -> Field:
    """Nodes as functions of all components."""
    return Field(model.graph, model.components, nodes, model.unknowns)


def is_analytic(g: Graph, nodes: Iterable[int]) -> bool:
    """Whether no bracket, extreme or root stands in nodes."""
    kinds = [g.nodes[a] for a in g.needed(nodes)]
    return not any(key[0] in ("?", "max", "min") or (key[0] == "^" and key[2].q != 1) for key in kinds)


def factors(model: Model, box: Box, candidates: Callable[[Key], Iterable[int]]) -> Field | None:
    """A factor m for each component with ∂E/∂y + m f = 0, the first of its candidates that does; None where one has none."""
    rng, found, g = random.Random(5), [], model.graph
    if not is_analytic(g, [*model.gradient, *model.right_sides]):
        return None
    points = [[low + (high - low) * fmpq(rng.randint(1, 96), 97) for low, high in box] for _ in range(POINTS)]
    for q, slope, flow in zip(model.components, model.gradient, model.right_sides, strict=True):
        fit = (m for m in candidates(q) if is_analytic(g, [m]) and _vanishes(field_of(model, [g.add(slope, g.multiply(m, flow))]), points))
        found.append(next(fit, None))
    return None if None in found else field_of(model, [m for m in found if m is not None])


def _vanishes(g: Field, points: list[list[fmpq]]) -> bool:
    values = [arb(g.at(y)[0]) for y in points]
    if not all(x.is_finite() and x.rad() < 2.0**-60 for x in values):
        raise Undetermined("an identity is not settled at a random point of the domain")
    return all(x.contains(0) for x in values)


def said(model: Model, steps: Iterable[Mapping[str, Any]]) -> Callable[[Key], list[int]]:
    """The factors that steps `∂E/∂y[i] + m*(f) = 0` name."""
    heads = [read_relation(s["identity"])[0] for s in steps if s.get("identity", "").startswith("∂E/∂")]

    def candidates(q: Key) -> list[int]:
        mine = [t for t in heads if t[0] == "+" and any(n[:3] == ("slope", "E", q[0]) for n in nodes_of(t, "slope"))]
        return [m for tree in mine for m in _named(model, tree, q)]

    return candidates


def _named(model: Model, tree: Node, q: Key) -> list[int]:
    """1, and what is left of the product next to ∂E/∂y without one of its factors."""
    ((_, _, _, where),) = nodes_of(tree, "slope")
    scope = model.scope(("at", q[0], where), q)
    rest = [t for t in tree[1] if t[0] != "slope"]
    parts = rest[0][1] if len(rest) == 1 and rest[0][0] == "*" else ()
    return [model.graph.number(1), *(model.node(("*", (*parts[:k], *parts[k + 1 :])), scope) for k in range(len(parts)))]


def guessed(model: Model, flow: Field) -> Callable[[Key], list[int]]:
    """1, the slope of the activation by which the flow's Jacobian scales the component's column, and both times a scalar parameter."""
    g, scalars = model.graph, [model.graph.number(model.values[name][()]) for name, axes in model.parameters.items() if not axes]

    def candidates(q: Key) -> list[int]:
        own = [g.number(1)] + ([flow.slopes.roots[model.components.index(q)]] if flow.columns else [])
        return own + [g.multiply(a, b) for a in own for b in scalars]

    return candidates

"""A model at small sizes with random exact numbers: where identities are tried out.

An identity that is 0 at many random rational points to 60 digits is taken as one; a planted error shows at the first.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flint import arb, fmpq

from proofs.checker.balls import Program, Undetermined
from proofs.checker.covers import Refused
from proofs.checker.draws import drawn
from proofs.checker.model import Model, Place, table
from proofs.checker.reader import Node, Unreadable, read

POINTS, TINY = 3, 1e-60
Key = tuple[str, Place]


class Trial:
    """A model whose scalars have numbers and whose tensors and states are variables, with points at which it is defined."""

    def __init__(self, c: Mapping[str, Any], sizes: Mapping[str, int], rng: random.Random, count: int = POINTS) -> None:
        data, self.rng = c["model"], rng
        given = {k: v for k, v in c.get("values", {}).items() if k in data.get("parameters", {})}
        scalars = {k for k, p in data.get("parameters", {}).items() if not p["axes"]}
        first = {**drawn(data, sizes, rng), **given}
        self.model = Model(data, sizes, {k: v for k, v in first.items() if k in scalars or k in given})
        free = [n for n in self.model.axes if n not in self.model.values]
        self.points: list[dict[Key, fmpq]] = []
        program = self._formulas()
        for _ in range(4 * count):
            if program is None:
                break
            values = drawn(data, sizes, rng)
            point = {(n, p): x for n in free for p, x in table(values[n], self.model.shape(n), n).items()}
            if len(self.points) < count and all(isinstance(x, fmpq) or x.is_finite() for x in program(point)):
                self.points.append(point)
        self._slopes: dict[int, dict[Key, int]] = {}
        self._free: dict[Any, int] = {}

    def _formulas(self) -> Program | None:
        """All formulas; None at sizes for which they have no value."""
        m = self.model
        try:
            return Program(m.graph, [*m.right_sides, *([m.energy] if "energy" in m.data else [])])
        except Undetermined:
            return None

    def values(self, nodes: list[int], changed: Callable[[Mapping[Key, fmpq]], Mapping[Key, Any]] | None = None) -> Iterator[list[Any]]:
        """The nodes at each point, with some numbers changed."""
        program = Program(self.model.graph, nodes)
        for point in self.points:
            yield program({**point, **changed(point)} if changed else point)

    def vanish(self, nodes: list[int], text: str, changed: Callable[[Mapping[Key, fmpq]], Mapping[Key, Any]] | None = None) -> None:
        """Raise Refused where a node is not 0 at a point."""
        for found in self.values(nodes, changed):
            for x in found:
                vanishes(x, text)

    def slopes(self, node: int) -> dict[Key, int]:
        """∂node/∂y for every component of the states."""
        if node not in self._slopes:
            m = self.model
            self._slopes[node] = dict(zip(m.components, m.graph.gradient(node, m.unknowns), strict=True))
        return self._slopes[node]

    def along(self, node: int, v: Mapping[Key, int]) -> int:
        """Σ v ∂node."""
        g, slopes = self.model.graph, self.slopes(node)
        return g.add(*(g.multiply(x, slopes[q]) for q, x in v.items()))

    def number(self, name: str, place: Place) -> int:
        """An entry of a free tensor of a statement, such as the c of δy[i] = c[i]: a random number."""
        return self._free.setdefault((name, place), self.model.graph.number(fmpq(self.rng.randint(-60, 60), 7)))

    def keys(self, state: str) -> list[Key]:
        """The components of one state."""
        return [q for q in self.model.components if q[0] == state]

    def each(self, left: str, text: str | Node) -> dict[Key, int]:
        """A formula for every component of `y[i]`, its letters those of the left side."""
        head = read(left)
        letters = head[2] if head[0] == "at" else ()
        return {q: self.model.node(text, self.scope(letters, q)) for q in self.keys(head[1])}

    def scope(self, letters: tuple[Any, ...], q: Key) -> dict[str, tuple[int, str]]:
        """The letters at a component's place."""
        axes = self.model.axes[q[0]]
        if letters and len(letters) != len(axes):
            raise Unreadable(f"{q[0]} does not take {len(letters)} indices")
        return dict(zip(letters, zip(q[1], axes, strict=True), strict=False))


def vanishes(x: Any, text: str) -> None:
    """Raise Refused for a number that is not 0, Undetermined for one that is not settled."""
    if isinstance(x, fmpq):
        if x != 0:
            raise Refused(f"the identity {text!r:.60} does not hold: {arb(x).str(4)} is left")
    elif not x.is_finite() or (x.contains(0) and not x.rad() < TINY * (1 + abs(x.mid()))):
        raise Undetermined(f"the identity {text!r:.60} is not settled at a random point")
    elif not x.contains(0):
        raise Refused(f"the identity {text!r:.60} does not hold: {x.str(4)} is left")


def trials(c: Mapping[str, Any]) -> list[Trial]:
    """At sizes 2, 3 and 1, or those given; raises Undetermined where the formulas are defined at no point."""
    rng = random.Random(2026)
    model = c["model"]
    axes = {a for t in (*model["states"].values(), *(p["axes"] for p in model.get("parameters", {}).values())) for a in t}
    axes |= set(c.get("sizes", {})) | set(c.get("domain", {}).get("sizes", {}))
    asked = c.get("domain", {}).get("sizes", {})
    least = {a: 2 if "2" in str(asked.get(a, "")) else 1 for a in axes}
    found: list[Trial] = []
    for n in (2, 3, 1):
        sizes = {a: max(least[a], n + (k % 2 if n == 2 else 0)) for k, a in enumerate(sorted(axes))} | dict(c.get("sizes", {}))
        if n == 2 or sizes not in [t.model.sizes for t in found]:
            found.append(Trial(c, sizes, rng))
    found = [t for t in found if t.points]
    if not found:
        raise Undetermined("no random point was found at which the formulas are defined")
    return found


__all__ = ["Key", "Trial", "trials", "vanishes"]

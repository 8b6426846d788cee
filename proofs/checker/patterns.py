"""Pattern covers: every steady state of a piecewise affine flow, in exact rationals.

What the leaves of the tree leave (without a tree: every choice of signs in the model's own formulas) is solved cell by cell; the points
found must be the states listed, and where a cell holds more, a listed piece of a continuum must show them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flint import fmpq, fmpq_mat

from proofs.checker.affine import HOLDS, ONE, ZERO, Cell, Condition, is_empty, model_cells, name_of, put, reduced, summed, value
from proofs.checker.balls import Program, Undetermined
from proofs.checker.domains import Refused
from proofs.checker.model import Model, exact, table
from proofs.checker.pattern_tree import Tree
from proofs.checker.reader import Unreadable

Point = tuple[fmpq, ...]


def check_patterns(c: Mapping[str, Any]) -> str:
    """What a pattern cover was found to show; raises Refused, Undetermined or Unreadable."""
    model = Model(c["model"], c["sizes"], c.get("values", {}))
    if set(model.values) != set(model.parameters) or "flow" not in model.data:
        raise Unreadable("a pattern cover needs a flow, the values of all parameters, and of no state")
    found = _Found(model, c)
    for cell in _cells(model, c, found):
        found.add(cell)
    found.compare()
    return f"{len(found.states)} isolated steady states and {len(c['continua'])} continua in the domain, and no others"


def _cells(model: Model, c: Mapping[str, Any], found: _Found) -> Iterable[Cell]:
    """Those that the tree leaves; all there are where there is no tree, or where its forms are not shown to be the model's."""
    if c["tree"] != "all patterns":
        try:
            return Tree(model, c, found.box).cells()
        except Undetermined:
            pass
    if c["continua"]:
        found.wrong = Undetermined  # the model's own cells may cut a listed piece in two
    return model_cells(model)


class _Found:
    """The steady states of each cell, and those that the certificate lists."""

    def __init__(self, model: Model, c: Mapping[str, Any]) -> None:
        self.model, self.names = model, [name_of(q) for q in model.components]
        self.box = {name: tuple(None if x is None else exact(x) for x in c["domain"][name]) for name in self.names}
        if any(low is not None and high is not None and low > high for low, high in self.box.values()):
            raise Refused("the domain is empty")
        self.sides: list[Condition] = [
            (summed([({name: ONE, "1": -end}, sign)]), "≥")
            for name, ends in self.box.items()
            for end, sign in zip(ends, (1, -1), strict=True)
            if end is not None
        ]
        self.states = {self._zero(s["values"]) for s in c["states"]}
        if len(self.states) != len(c["states"]):
            raise Refused("a steady state is listed twice")
        self.continua = [[(self._zero(p["point"]), [self._packed(v) for v in p["directions"]]) for p in pieces] for pieces in c["continua"]]
        self.points: set[Point] = set()
        self.wrong: type[Exception] = Refused
        self.flats: dict[Point, Cell] = {}

    def _packed(self, values: Mapping[str, Any]) -> Point:
        return tuple(table(values[name], self.model.shape(name))[place] for name, place in self.model.components)

    def _zero(self, values: Mapping[str, Any]) -> Point:
        y = self._packed(values)
        if any(x != 0 for x in Program(self.model.graph, self.model.right_sides)(dict(zip(self.model.components, y, strict=True)))):
            raise Refused("a point that is listed is no steady state")
        return y

    def _holds(self, cell: Cell, y: Sequence[fmpq], closed: bool = False) -> bool:
        """Whether a point is a steady state of a cell, or of its closure."""
        numbers = {**dict(zip(self.names, y, strict=True)), "1": ONE}
        signs = {">": "≥", "≠": "≥"} if closed else {}
        inner = all(HOLDS[signs.get(sign, sign)](value(f, numbers)) for f, sign in cell[1] if not (closed and sign == "≠"))
        return inner and all(value(f, numbers) == 0 for f in cell[0])

    def add(self, cell: Cell) -> None:
        """Solve one cell within the domain: a point is noted, more must be listed as a piece of a continuum."""
        self._solve((cell[0], [*cell[1], *self.sides]))

    def _solve(self, cell: Cell) -> None:
        known = reduced(cell[0], [*self.names, "1"])
        if "1" in known:
            return
        free = [name for name in self.names if name not in known]
        rule = {name: summed([(row, -1), ({name: ONE}, 1)]) for name, row in known.items()}
        if not free:
            y = tuple(rule[name].get("1", ZERO) for name in self.names)
            if self._holds(cell, y):
                self.points.add(y)
            return
        conditions = [(put(f, rule), sign) for f, sign in cell[1]]
        if is_empty(conditions, free):
            return
        # What is 0 wherever the conditions hold is an equation, and leaves fewer directions.
        tight = [f for f, sign in conditions if sign == "≥" and set(f) - {"1"} and is_empty([*conditions, (f, ">")], free)]
        if tight:
            self._solve(([*cell[0], *tight], cell[1]))
        else:
            self._show(cell, len(free))

    def _show(self, cell: Cell, dimension: int) -> None:
        """A listed piece through an inner point of the cell, with as many directions as the solutions have."""
        for point, directions in (piece for pieces in self.continua for piece in pieces if piece[1]):
            inner = self._holds(cell, point) and all(self._stays(cell, point, v) for v in directions)
            if inner and fmpq_mat(directions).rank() == len(directions) == dimension:
                self.flats[point] = cell
                return
        raise self.wrong("a pattern has more than one steady state, and no piece of a continuum shows them")

    def _stays(self, cell: Cell, point: Sequence[fmpq], v: Sequence[fmpq]) -> bool:
        """Whether point ± small multiples of v are steady states of the cell."""
        y, along = {**dict(zip(self.names, point, strict=True)), "1": ONE}, {**dict(zip(self.names, v, strict=True)), "1": ZERO}
        return all(value(f, along) == 0 for f in cell[0]) and all(value(f, along) == 0 or value(f, y) != 0 for f, _ in cell[1])

    def compare(self) -> None:
        """Raise Refused unless the points found are those listed, alone or as ends of a continuum."""
        ends = set[Point]()
        for pieces in self.continua:
            if not {point for point, directions in pieces if directions} <= set(self.flats) or not any(v for _, v in pieces):
                raise self.wrong("a piece of a continuum is not among the solutions of a pattern")
            own = [self.flats[point] for point, directions in pieces if directions]
            ends |= {point for point, directions in pieces if not directions and any(self._holds(cell, point, closed=True) for cell in own)}
        if any(self._holds(cell, y, closed=True) for y in self.states for cell in self.flats.values()):
            raise self.wrong("a steady state that is listed as isolated is not")
        if self.points != self.states | ends:
            raise self.wrong("the steady states found are not those listed")

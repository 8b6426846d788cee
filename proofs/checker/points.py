"""Exact counterexamples, re-evaluated: the inequality at the rational point that the certificate gives, in balls or rationals.

The forms read: dE/dt > 0; an update that raises E; two states of one activation with different energies; f = 0 and ∇E ≠ 0 and the
other way round, at a point or in a Krawczyk box; a chord or a curvature of a Lagrangian; a path on which E falls or stays low; a
derivative that jumps at a kink; a formula without value; and `left relation right` as data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from flint import arb, arb_series, fmpq

from proofs.checker.balls import Program, Undetermined, precision
from proofs.checker.boxes import Field
from proofs.checker.covers import _HOLDS, Refused, box_of, proved_zero, quantity, relation_of
from proofs.checker.model import Model, Place, exact, table
from proofs.checker.reader import Unreadable, read

BITS = 256


class Point:
    """A model with all its values: numbers of nodes there."""

    def __init__(self, c: Mapping[str, Any], changed: Mapping[str, Any] | None = None) -> None:
        states = set(c["model"]["states"])
        given = {**c["values"], **(changed or {})}
        self.model = Model(c["model"], c["sizes"], {k: v for k, v in given.items() if k not in states})
        if set(self.model.parameters) - set(self.model.values) or states - set(given):
            raise Unreadable("a point needs the values of all parameters and states")
        self.tables = {name: table(given[name], self.model.shape(name), name) for name in states}
        allowed = c["model"].get("values", {})
        if any(x not in [fmpq(v) for v in allowed[name]] for name in allowed for x in self.tables[name].values()):
            raise Refused("a discrete state has a value that it may not have")
        self.numbers = {(name, p): x for name, t in self.tables.items() for p, x in t.items()}

    def __call__(self, *nodes: int) -> list[Any]:
        """The nodes' values."""
        return Program(self.model.graph, nodes)(self.numbers)

    def off_kinks(self, *nodes: int) -> None:
        """Raise Undetermined where a bracket, a maximum or a minimum in the nodes is a tie: no derivative is one there."""
        g = self.model.graph
        ties = [g.nodes[a][1] for a in g.jumps(nodes)]
        for a in g.needed(nodes):
            if g.nodes[a][0] in ("max", "min"):
                parts = g.nodes[a][1]
                ties += [g.minus(x, y) for n, x in enumerate(parts) for y in parts[:n]]
        if not all(x > 0 or x < 0 for x in self(*ties)):
            raise Undetermined("the point lies on a kink, where the formal derivative is none")


def check_point(c: Mapping[str, Any]) -> str:
    """What the counterexample was found to show; raises Refused, Undetermined or Unreadable."""
    text = c["inequality"]
    with precision(BITS):
        if isinstance(text, Mapping):
            return _relation(c, text)
        for pattern, rule in _FORMS:
            found = re.fullmatch(pattern, text)
            if found:
                return rule(c, found)
    raise Unreadable(f"no rule reads the inequality {text!r:.60}")


def _positive(x: Any, what: str) -> str:
    x = arb(x)
    if not x.is_finite():
        raise Refused(f"{what} has no value there")
    if not x > 0:
        raise Refused(f"{what} is {x.str(6)} there, not above 0") if x <= 0 else Undetermined(f"the sign of {what} is not settled there")
    return f"{what} = {x.str(6, radius=False)} > 0 at the point"


def _relation(c: Mapping[str, Any], inequality: Mapping[str, Any]) -> str:
    left, relation, right = relation_of(inequality)
    point = Point(c)
    node = quantity(point.model, left)
    if left == "energy rate" or isinstance(left, Mapping):
        point.off_kinks(*_formulas(point.model))
    x = arb(point(node)[0])
    if not _HOLDS[relation](x, right):
        raise Refused(f"the left side is {x.str(6)} there, not {relation} {right}")
    return f"{x.str(6, radius=False)} {relation} {right} at the point"


def _formulas(model: Model) -> list[int]:
    return [model.energy, *model.right_sides]


def _rate(c: Mapping[str, Any], found: Any) -> str:
    point = Point(c)
    point.off_kinks(*_formulas(point.model))
    if not all(arb(x).is_finite() for x in point(*_formulas(point.model))):
        raise Refused("a formula has no value at the point")
    return _positive(point(point.model.energy_rate)[0], "dE/dt")


def _apart(c: Mapping[str, Any], found: Any) -> str:
    ((state, second),) = c["second state"].items()
    first, other = Point(c), Point(c, {state: second})
    (a,), (b,) = first(first.model.energy), other(other.model.energy)
    if "Lagrangians" in c["model"] and state in c["model"]["Lagrangians"]:
        g = [p(*p.model.graph.gradient(p.model.node(c["model"]["Lagrangians"][state]), p.model.unknowns)) for p in (first, other)]
        if any(not arb(x - y).contains(0) for x, y in zip(*g, strict=True)):
            raise Refused("the activation is not the same at both states")
    return _positive(abs(arb(b) - arb(a)), "|E(y') - E(y)|")


def _zero_and_not(c: Mapping[str, Any], found: Any) -> str:
    point = Point(c)
    model = point.model
    zero, other = (model.right_sides, model.gradient) if found[1] == "f" else (model.gradient, model.right_sides)
    point.off_kinks(*_formulas(model))
    if not all(isinstance(x, fmpq) and x == 0 for x in point(*zero)):
        _tiny(point(*zero), found[1])
    x = arb(point(other[model.components.index(_component(model, found[2] or found[3]))])[0])
    if not (x.is_finite() and not x.contains(0)):
        raise Refused(f"{found[2] or found[3]} is {x.str(6)} there, which may be 0")
    return f"{found[1]} = 0 and {x.str(6, radius=False)} ≠ 0 at the point"


def _tiny(values: list[Any], what: str) -> None:
    """Numbers that are not rational: 0 to 70 digits, which the summary must not call exact."""
    if not all(arb(x).contains(0) and arb(x).rad() < 1e-60 for x in values):
        raise Refused(f"{what} is not 0 at the point")


def _component(model: Model, text: str) -> tuple[str, Place]:
    tree = read(text)
    return (tree[1], tuple(tree[2])) if tree[0] == "at" else (tree[1], ())


def _zero_box(c: Mapping[str, Any], found: Any) -> str:
    which = re.fullmatch(r"Krawczyk: exactly one state of the box has (f|∇E) = 0", c["zero"])
    if which is None:
        raise Unreadable("the box's zero rests on an identity that is not part of the certificate")
    model = Model(c["model"], c["sizes"], {k: v for k, v in c["values"].items() if k not in c["model"]["states"]})
    zero, other = (model.right_sides, model.gradient) if which[1] == "f" else (model.gradient, model.right_sides)
    f, g = (Field(model.graph, model.components, nodes, model.unknowns) for nodes in (zero, other))
    box = box_of(model, c)
    proved_zero(f, box)
    g.jacobian(box)
    x = g.over(box)[model.components.index(_component(model, found[1] or found[2]))]
    if x.contains(0) or not x.is_finite():
        raise Refused(f"{found[0]} is not shown on the box")
    return f"{which[1]} = 0 somewhere in the box, and {x.str(6, radius=False)} ≠ 0 on all of it"


def _update(c: Mapping[str, Any], found: Any) -> str:
    """E after the update rises: all at once, any single one, or one after the other."""
    point = Point(c)
    model, order = point.model, c["model"].get("order", "asynchronous")
    if (order == "synchronous") != (found[1] == "synchronous"):
        raise Refused(f"the model's order is {order}, the certificate updates otherwise")
    (before,), best = point(model.energy), None
    moved = dict(point.numbers)
    for name, place in model.components:
        if order != "synchronous":
            changed = {**(moved if order == "sequential" else point.numbers)}
            start = Program(model.graph, [model.energy])(changed)[0]
            changed[name, place] = _updated(model, name, place, changed)
            rise = arb(Program(model.graph, [model.energy])(changed)[0]) - arb(start)
            best = rise if best is None or rise > best else best
            moved = changed
        else:
            moved[name, place] = _updated(model, name, place, point.numbers)
    if order == "synchronous":
        best = arb(Program(model.graph, [model.energy])(moved)[0]) - arb(before)
    return _positive(best, "the rise of E")


def _updated(model: Model, name: str, place: Place, numbers: Mapping[Any, Any]) -> Any:
    """The new value of one component; a bare sign(h) follows the tie rule at h = 0."""
    ((_, text),) = ((k, f) for k, f in model.data["update"].items() if read(k)[1] == name)
    tree, node = read(text), model.right_side(name, place)
    (value,) = Program(model.graph, [node])(numbers)
    turned = tree[0] == "*" and len(tree[1]) == 2 and tree[1][0] == ("number", fmpq(-1))
    inner = tree[1][1] if turned else tree
    if inner[0] == "call" and inner[1] == "sign" and value == 0:
        tie = model.data.get("tie", "keep")
        return numbers[name, place] if tie == "keep" else fmpq((1 if tie == "up" else -1) * (-1 if turned else 1))
    if isinstance(value, arb) and model.data.get("values", {}).get(name):
        raise Undetermined("the sign of a field is not settled")
    return value


def _curvature(c: Mapping[str, Any], found: Any) -> str:
    point, v = _with_lagrangian(c, found[2]), found[1]
    g, model = point.model.graph, point.model
    names = [(n, p) for n, p in model.components if n == found[2]]
    unknowns = [model.component(*q) for q in names]
    L = model.node(c["model"]["Lagrangians"][found[2]])
    point.off_kinks(L)
    direction = table(c["values"][v], model.shape(found[2]), v)
    slopes = g.gradient(L, unknowns)
    along = g.add(*(g.multiply(s, g.number(direction[p])) for s, (_, p) in zip(slopes, names, strict=True)))
    second = g.add(*(g.multiply(s, g.number(direction[p])) for s, (_, p) in zip(g.gradient(along, unknowns), names, strict=True)))
    return _positive(-arb(point(second)[0]), "-⟨v, Λ v⟩")


def _chord(c: Mapping[str, Any], found: Any) -> str:
    x, v = found[1], found[2]
    shape = _with_lagrangian(c, x).model.shape(x)
    ends = [table(c["values"][n], shape, n) for n in (x, v)]
    tables = [*ends, {p: (ends[0][p] + ends[1][p]) / 2 for p in ends[0]}]
    low, high, mean = (_with_lagrangian(c, x, t) for t in tables)
    values = [arb(p(p.model.node(c["model"]["Lagrangians"][x]))[0]) for p in (low, high, mean)]
    return _positive(values[2] - (values[0] + values[1]) / 2, "L in the middle minus the mean of L")


def _with_lagrangian(c: Mapping[str, Any], state: str, at: Mapping[Place, fmpq] | None = None) -> Point:
    """The point with the Lagrangian's state alone; other states and parameters that it does not hold may be missing."""
    text = c["model"].get("Lagrangians", {}).get(state)
    if text is None:
        raise Unreadable(f"the model holds no Lagrangian of {state}")
    kept = {k: p for k, p in c["model"].get("parameters", {}).items() if k in c["values"]}
    alone = {"states": {state: c["model"]["states"][state]}, "parameters": kept}
    point = Point({**c, "model": alone, "values": {k: v for k, v in c["values"].items() if k in kept or k == state}})
    if at is not None:
        point.numbers = {(state, p): x for p, x in at.items()}
    return point


def _path(c: Mapping[str, Any], found: Any) -> str:
    """E at growing r falls below every bound that was met, or stays near the limit."""
    model = Point(c).model
    limit = None if found[1] == "-∞" else found[1]
    energies = []
    for k in (20, 40, 80, 160, 320):
        r = fmpq(11, 8) * fmpq(2) ** k
        moved = {n: _moved(c["path"][n], r) for n in c["path"]}
        point = Point(c, moved)
        with precision(4096):
            energies.append(arb(point(point.model.energy)[0]))
    if not all(x.is_finite() for x in energies):
        raise Undetermined("the energy has no finite ball on the path")
    if limit is None:
        if not all(b < a for a, b in pairwise(energies)):
            raise Refused("the energy does not fall along the path")
        first, last = (x.str(4, radius=False) for x in (energies[0], energies[-1]))
        return f"E falls from {first} to {last} along the path; that it goes on falling is not proved here"
    with precision(BITS):
        (goal,) = Program(model.graph, [model.node(limit)])({})
    gaps = [abs(x - arb(goal)) for x in energies]
    if not (gaps[-1] < 1e-4 or all(b < a for a, b in pairwise(gaps))) or not gaps[-1] < 1:
        raise Refused(f"the energy is not near {limit} along the path")
    return f"E stays near {limit} along the path, within {gaps[-1].str(2, radius=False)}; its limit is not proved here"


def _moved(value: Any, r: fmpq) -> Any:
    """The entries of a path, `3 + 2*r**2`, at a number r."""
    if isinstance(value, list):
        return [_moved(v, r) for v in value]
    inner = Model({"states": {}}, {}, {})
    with inner.meaning({"r": inner.graph.number(r)}):
        x = inner.graph.rational(inner.node(str(value)))
    if x is None:
        raise Unreadable(f"{value!r} is no place on a path")
    return f"{x.p}/{x.q}"


def _named_node(model: Model, text: str) -> int:
    """E, or the right-hand side called dy[0]/dt."""
    if text == "E":
        return model.energy
    tree = read(text)
    if tree[0] != "rate":
        raise Unreadable(f"{text} is neither E nor a rate")
    return model.right_side(tree[1], tree[2])


def _jump(c: Mapping[str, Any], found: Any) -> str:
    """Difference quotients on both sides of a kink, of the order that is said to jump, tend to different numbers."""
    point = Point(c)
    model, order = point.model, int(found[3] or 0)
    name, *where = found[2].split("_")
    place = tuple(map(int, where)) if where and all(w.isdigit() for w in where) else ()
    if (name, place) not in model.components:
        raise Unreadable(f"{found[2]} is no component of a state")
    node = _named_node(model, found[1])
    sides = [_side(point, node, (name, place), order, s) for s in (-1, 1)]
    gaps = [abs(a - b) for a, b in zip(*sides, strict=True)]
    if not all(x.is_finite() for x in gaps):
        raise Undetermined("a side of the kink has no finite ball")
    if not (gaps[-1] > 1e-9 and gaps[-1] > gaps[0] / 2):
        raise Refused(f"derivative {order} does not jump: {gaps[-1].str(4)} is left at the kink")
    return f"derivative {order} differs by {gaps[-1].str(4, radius=False)} within 2^-80 of both sides of the kink"


def _side(point: Point, node: int, at: tuple[str, Place], order: int, side: int) -> list[arb]:
    """The derivative of an order close to the kink on one side, at two distances; brackets there are settled."""
    found = []
    variable = point.model.component(*at)
    for _ in range(order):
        (node,) = point.model.graph.gradient(node, [variable])
    for k in (60, 80):
        numbers = {**point.numbers, at: point.numbers[at] + side * fmpq(1, 2**k)}
        found.append(arb(Program(point.model.graph, [node])(numbers)[0]))
    return found


def _undefined(c: Mapping[str, Any], found: Any) -> str:
    point = Point(c)
    node = _named_node(point.model, found[1])
    program = Program(point.model.graph, [node])
    (x,) = program(point.numbers)
    if isinstance(x, fmpq) or x.is_finite():
        raise Refused(f"{found[1]} has the value {arb(x).str(6)} there")
    g = point.model.graph
    first = next(a for a in program.order if not (isinstance(program.known[a], fmpq) or program.known[a].is_finite()))
    if not all(isinstance(program.known[b], fmpq) for b in g.arguments(g.nodes[first])):
        raise Undetermined(f"whether {found[1]} has a value there is not settled")
    return f"{found[1]} has no value at the point: {g.nodes[first][0]} of an exact number fails"


_AT = r"(\w+(?:\[[\d, ]+\])?)"
_FORMS: tuple[tuple[str, Callable[[Mapping[str, Any], Any], str]], ...] = (
    (r"dE/dt > 0", _rate),
    (r"\|E\(\w+'\) - E\(\w+\)\| > 0", _apart),
    (rf"(f|∇E) = 0 exactly and (?:∂E/∂{_AT}|d{_AT}/dt) ≠ 0", _zero_and_not),
    (rf"(?:∂E/∂{_AT}|d{_AT}/dt) ≠ 0 on the whole box", _zero_box),
    (r"E after a (single|synchronous) update minus E before > 0", _update),
    (r"-⟨(\w+), Λ\((\w+)\) \w+⟩ > 0", _curvature),
    (r"L\(\((\w+) \+ (\w+)\)/2\) - \(L\(\w+\) \+ L\(\w+\)\)/2 > 0", _chord),
    (r"E → (.+) as r → ∞", _path),
    (r"(E|d\w+(?:\[[\d, ]*\])?/dt) along (\w+), (?:value|derivative (\d+))(?:: .* on the right| grows without bound)", _jump),
    (r"(E|d\w+(?:\[[\d, ]*\])?/dt) is not defined: .*", _undefined),
)

__all__ = ["Point", "check_point"]
_ = (arb_series, exact)

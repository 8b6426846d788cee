"""Exact counterexamples, re-evaluated: the inequality at the rational point that the certificate gives, in balls or rationals.

The forms read: dE/dt > 0; an update that raises E; two states of one activation with different energies; f = 0 and ∇E ≠ 0 and the
other way round, at a point or in a Krawczyk box; a curvature of a Lagrangian; a path on which E falls or stays low; a derivative
that jumps at a kink; and `left relation right` as data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from flint import arb, fmpq

from proofs.checker.balls import Program, Undetermined, precision
from proofs.checker.boxes import Field
from proofs.checker.covers import quantity, relation_of
from proofs.checker.domains import RELATIONS, Refused
from proofs.checker.model import Key, Model, table
from proofs.checker.reader import Unreadable, read
from proofs.checker.zeros import proved_zeros

BITS = 256


class Point:
    """A model with all its values: numbers of nodes there."""

    def __init__(self, c: Mapping[str, Any], changed: Mapping[str, Any] | None = None) -> None:
        states, given = c["model"]["states"], {**c["values"], **(changed or {})}
        self.model = Model(c["model"], c["sizes"], {k: v for k, v in given.items() if k not in states})
        if set(self.model.parameters) - set(self.model.values) or set(states) - set(given):
            raise Unreadable("a point needs the values of all parameters and states")
        self.numbers = {(n, p): x for n in states for p, x in table(given[n], self.model.shape(n)).items()}
        allowed = {n: [fmpq(v) for v in values] for n, values in c["model"].get("values", {}).items()}
        if any(x not in allowed[n] for (n, _), x in self.numbers.items() if n in allowed):
            raise Refused("a discrete state has a value that it may not have")

    def __call__(self, *nodes: int, changed: Mapping[Key, Any] | None = None) -> list[Any]:
        """The nodes' values."""
        return Program(self.model.graph, nodes)({**self.numbers, **(changed or {})})

    def off_kinks(self) -> None:
        """Raise Undetermined where a bracket, a maximum or a minimum in the formulas is a tie, for no derivative is one there."""
        g, formulas = self.model.graph, [self.model.energy, *self.model.right_sides]
        if not all(arb(x).is_finite() for x in self(*formulas)):
            raise Refused("a formula has no value at the point")
        nodes = [g.nodes[a] for a in g.needed(formulas)]
        ties = [key[1] for key in nodes if key[0] == "?"]
        ties += [g.minus(x, y) for key in nodes if key[0] in ("max", "min") for k, x in enumerate(key[1]) for y in key[1][:k]]
        if not all(x > 0 or x < 0 for x in self(*ties)):
            raise Undetermined("the point lies on a kink, where the formal derivative is none")


def check_point(c: Mapping[str, Any]) -> str:
    """What the counterexample was found to show; raises Refused, Undetermined or Unreadable."""
    with precision(BITS):
        if isinstance(c["inequality"], Mapping):
            return _relation(c, c["inequality"])
        for pattern, rule in _FORMS:
            found = re.fullmatch(pattern, c["inequality"])
            if found:
                return rule(c, found)
    raise Unreadable(f"no rule reads the inequality {c['inequality']!r:.60}")


def is_read(inequality: Any) -> bool:
    """Whether a rule reads an inequality; what none reads is not checked, and refused for nothing that it says."""
    return isinstance(inequality, Mapping) or any(re.fullmatch(pattern, inequality) for pattern, _ in _FORMS)


def _positive(x: Any, what: str) -> str:
    x = arb(x)
    if not x > 0:
        raise (Refused if x <= 0 or not x.is_finite() else Undetermined)(f"{what} = {x.str(6)} is not above 0 at the point")
    return f"{what} = {x.str(6, radius=False)} > 0 at the point"


def _relation(c: Mapping[str, Any], inequality: Mapping[str, Any]) -> str:
    left, relation, right = relation_of(inequality)
    point = Point(c)
    if left == "energy rate" or isinstance(left, Mapping):
        point.off_kinks()
    (x,) = point(quantity(point.model, left))
    if not RELATIONS[relation](x, right):
        raise Refused(f"the left side is {arb(x).str(6)} there, not {relation} {right}")
    return f"{arb(x).str(6, radius=False)} {relation} {right} at the point"


def _rate(c: Mapping[str, Any], found: Any) -> str:
    point = Point(c)
    point.off_kinks()
    return _positive(point(point.model.energy_rate)[0], "dE/dt")


def _two_energies(c: Mapping[str, Any], found: Any) -> str:
    first, second = Point(c), Point(c, c["second state"])
    text = c["model"].get("Lagrangians", {}).get(found[1])
    if text is not None:
        g = [p(*p.model.graph.gradient(p.model.node(text), p.model.unknowns)) for p in (first, second)]
        if any(not arb(x - y).contains(0) for x, y in zip(*g, strict=True)):
            raise Refused("the activation is not the same at both states")
    return _positive(abs(arb(second(second.model.energy)[0]) - arb(first(first.model.energy)[0])), "|E(y') - E(y)|")


def _sides(model: Model, zero: str) -> tuple[list[int], list[int]]:
    return (model.right_sides, model.gradient) if zero == "f" else (model.gradient, model.right_sides)


def _component(model: Model, found: Any) -> int:
    tree = read(found["slope"] or found["rate"])
    return model.components.index((tree[1], tuple(tree[2]) if tree[0] == "at" else ()))


def _apart(x: arb, what: str) -> str:
    if x.contains(0) or not x.is_finite():
        raise Refused(f"{what} is {x.str(6)}, which may be 0")
    return f"and {x.str(6, radius=False)} ≠ 0"


def _zero_and_not(c: Mapping[str, Any], found: Any) -> str:
    point = Point(c)
    point.off_kinks()
    zero, other = _sides(point.model, found["zero"])
    # Exactly in rationals, else to 60 digits.
    if not all(x == 0 if isinstance(x, fmpq) else x.contains(0) and x.rad() < 1e-60 for x in point(*zero)):
        raise Refused(f"{found['zero']} is not 0 at the point")
    return f"{found['zero']} = 0 {_apart(arb(point(other[_component(point.model, found)])[0]), 'the other side')} at the point"


def _zero_box(c: Mapping[str, Any], found: Any) -> str:
    which = re.fullmatch(r"Krawczyk: exactly one state of the box has (f|∇E) = 0", c["zero"])
    if which is None:
        raise Unreadable("the box's zero rests on an identity that is not part of the certificate")
    model = Model(c["model"], c["sizes"], {k: v for k, v in c["values"].items() if k not in c["model"]["states"]})
    f, g = (Field(model.graph, model.components, nodes, model.unknowns) for nodes in _sides(model, which[1]))
    (box,) = proved_zeros(f, model, [{"middle": c["middle"], "radius": c["radius"]}])
    g.jacobian(box)
    return f"{which[1]} = 0 somewhere in the box {_apart(g.over(box)[_component(model, found)], 'the other side')} on all of it"


def _update(c: Mapping[str, Any], found: Any) -> str:
    """E after the update rises: all at once, any single one, or one after the other."""
    point, order = Point(c), c["model"].get("order", "asynchronous")
    if (order == "synchronous") != (found[1] == "synchronous"):
        raise Refused(f"the model's order is {order}, the certificate updates otherwise")
    E, start, rises = point.model.energy, dict(point.numbers), []
    new = {q: _updated(point, q, start) for q in start}
    if order == "synchronous":
        rises = [arb(point(E, changed=new)[0]) - arb(point(E)[0])]
    for q in start if order != "synchronous" else ():
        moved = {**start, q: _updated(point, q, start)}
        rises.append(arb(point(E, changed=moved)[0]) - arb(point(E, changed=start)[0]))
        start = moved if order == "sequential" else start
    return _positive(max(rises, key=float), "the rise of E")


def _updated(point: Point, q: Key, numbers: Mapping[Key, Any]) -> Any:
    """The new value of one component; a bare sign(h) follows the tie rule at h = 0."""
    (text,) = (f for k, f in point.model.data["update"].items() if read(k)[1] == q[0])
    (value,) = point(point.model.right_side(*q), changed=numbers)
    if value == 0 and re.fullmatch(r"-?sign\(.*\)", text):
        tie = {"keep": numbers[q], "up": fmpq(1), "down": fmpq(-1)}[point.model.data.get("tie", "keep")]
        return -tie if text.startswith("-") and point.model.data.get("tie", "keep") != "keep" else tie
    return value


def _curvature(c: Mapping[str, Any], found: Any) -> str:
    """-⟨v, Λ(x) v⟩ with Λ the Hessian of the Lagrangian of x, alone."""
    v, x = found[1], found[2]
    kept = {k: p for k, p in c["model"].get("parameters", {}).items() if k in c["values"]}
    text = c["model"].get("Lagrangians", {})[x]
    alone = {"states": {x: c["model"]["states"][x]}, "parameters": kept, "energy": text, "flow": {}}
    point = Point({**c, "model": alone, "values": {k: c["values"][k] for k in (*kept, x)}})
    m, g = point.model, point.model.graph
    m.right_sides = []
    point.off_kinks()
    direction = table(c["values"][v], m.shape(x))
    node = m.energy
    for _ in range(2):
        pairs = zip(g.gradient(node, m.unknowns), m.components, strict=True)
        node = g.add(*(g.multiply(s, g.number(direction[p])) for s, (_, p) in pairs))
    return _positive(-arb(point(node)[0]), "-⟨v, Λ v⟩")


def _path(c: Mapping[str, Any], found: Any) -> str:
    """E at growing r falls below every bound that was met, or stays near the limit."""
    energies = []
    for k in (20, 40, 80, 160, 320):
        point = Point(c, {n: _moved(v, fmpq(11, 8) * fmpq(2) ** k) for n, v in c["path"].items()})
        with precision(4096):
            energies.append(arb(point(point.model.energy)[0]))
    if not all(x.is_finite() for x in energies):
        raise Undetermined("the energy has no finite ball on the path")
    first, last = (x.str(4, radius=False) for x in (energies[0], energies[-1]))
    if found[1] == "-∞":
        if not all(b < a for a, b in pairwise(energies)):
            raise Refused("the energy does not fall along the path")
        return f"E falls from {first} to {last} along the path; that it goes on falling is not proved here"
    (goal,) = Program(point.model.graph, [point.model.node(found[1])])({})
    gaps = [abs(x - arb(goal)) for x in energies]
    if not gaps[-1] < 1e-4:
        raise Refused(f"the energy is not near {found[1]} along the path")
    return f"E = {last} far out on the path, near {found[1]}; its limit is not proved here"


def _moved(value: Any, r: fmpq) -> Any:
    """The entries of a path, `3 + 2*r**2`, at a number r."""
    if isinstance(value, list):
        return [_moved(v, r) for v in value]
    inner = Model({"states": {}}, {}, {})
    with inner.meaning({"r": inner.graph.number(r)}):
        x = inner.graph.rational(inner.node(str(value)))
    if x is None:
        raise Unreadable(f"{value!r:.40} is no place on a path")
    return x


def _jump(c: Mapping[str, Any], found: Any) -> str:
    """The derivative that is said to jump, close to the kink on both sides, at two distances."""
    point, order = Point(c), int(found[3] or 0)
    name, *where = found[2].split("_")
    q = (name, tuple(map(int, where)))
    node = point.model.energy if found[1] == "E" else point.model.right_side(*read(found[1])[1:])
    for _ in range(order):
        (node,) = point.model.graph.gradient(node, [point.model.component(*q)])
    at = [{q: point.numbers[q] + side * fmpq(1, 2**k)} for k in (60, 80) for side in (-1, 1)]
    low, high, left, right = (arb(point(node, changed=numbers)[0]) for numbers in at)
    far, near = abs(high - low), abs(right - left)
    if not (near > 1e-9 and near > far / 2):
        raise Refused(f"derivative {order} does not jump: {near.str(4)} is left at the kink")
    return f"derivative {order} differs by {near.str(4, radius=False)} within 2^-80 of both sides of the kink"


_AT = r"(?:∂E/∂(?P<slope>\w+(?:\[[\d, ]+\])?)|d(?P<rate>\w+(?:\[[\d, ]+\])?)/dt)"
_FORMS: tuple[tuple[str, Callable[[Mapping[str, Any], Any], str]], ...] = (
    (r"dE/dt > 0", _rate),
    (r"\|E\((\w+)'\) - E\(\w+\)\| > 0", _two_energies),
    (rf"(?P<zero>f|∇E) = 0 exactly and {_AT} ≠ 0", _zero_and_not),
    (rf"{_AT} ≠ 0 on the whole box", _zero_box),
    (r"E after a (single|synchronous) update minus E before > 0", _update),
    (r"-⟨(\w+), Λ\((\w+)\) \w+⟩ > 0", _curvature),
    (r"E → (.+) as r → ∞", _path),
    (r"(?P<left>energy|energy rate) (?P<relation>[<>]=?) (?P<right>-?\d+(?:/\d+)?)", lambda c, found: _relation(c, found.groupdict())),
    (r"(E|d\w+(?:\[[\d, ]*\])?/dt) along (\w+), (?:value|derivative (\d+))(?:: .* on the right| grows without bound)", _jump),
)

"""Reads a certificate of kind "pattern cover" for dy/dt = W g(y) - y + b again, in plain fractions and with code of its own."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pattern_networks import reduced

Form = dict[str, Fraction]


class Refused(Exception):
    """The certificate does not show what it says."""


def add(a: Mapping[str, Fraction], b: Mapping[str, Fraction], times: Fraction = Fraction(1)) -> Form:
    total = {k: a.get(k, Fraction(0)) + times * b.get(k, Fraction(0)) for k in {*a, *b}}
    return {k: v for k, v in total.items() if v}


def put(form: Form, rule: Mapping[str, Form]) -> Form:
    found: Form = {}
    for k, v in form.items():
        found = add(found, rule.get(k, {k: Fraction(1)}), v)
    return found


def number(x: Any) -> Fraction:
    return Fraction(x)


def form(data: Mapping[str, Any]) -> Form:
    return {k: number(v) for k, v in data.items()}


class Reading:
    """The parts of a certificate of a network with one flow form per state, all states leaking."""

    def __init__(self, certificate: Mapping[str, Any]) -> None:
        self.c = certificate
        self.flow = {k: form(f) for k, f in certificate["flow"].items()}
        self.ramps = [form(t) for t in certificate["ramps"]]
        self.slacks = {k: form(u) for k, u in certificate["slacks"].items()}
        self.names = list(self.flow)
        self.states = solved(self.flow)
        self.patterns: set[str] = set()

    def variable(self, name: str) -> Form:
        """A variable as a form in the z."""
        k = int(name[1:])
        own = {f"z{k}": Fraction(1)}
        whole = own if name[0] == "z" else add(own, self.ramps[k], Fraction(-1)) if name[0] == "w" else self.slacks[name]
        return put(whole, self.states)

    def check(self, tree: Any, path: str) -> None:
        """path: a character for each ramp, - where it is undecided."""
        if isinstance(tree, list):
            k, low, high = tree
            if path[k] != "-":
                raise Refused("a ramp is split twice")
            self.check(low, path[:k] + "0" + path[k + 1 :])
            self.check(high, path[:k] + "1" + path[k + 1 :])
        elif isinstance(tree, dict):
            self.refuted(tree, path)
        elif tree == path and "-" not in path:
            self.patterns.add(path)
        else:
            raise Refused(f"a leaf {tree!r} at {path}")

    def refuted(self, multipliers: Mapping[str, Any], path: str) -> None:
        zero = {("w" if on == "1" else "z") + str(k) for k, on in enumerate(path) if on != "-"}
        total: Form = {}
        for name, x in multipliers.items():
            if number(x) < 0 and name not in zero:
                raise Refused(f"the multiplier of {name} is negative")
            total = add(total, self.variable(name), number(x))
        level = total.pop("1", Fraction(0))
        if any(not k.startswith("z") for k in total):
            raise Refused("a state is left")
        own = {k: number(x) for k, x in multipliers.items() if k.startswith("z")}
        rest = {k: own.get(k, Fraction(0)) - total.get(k, Fraction(0)) for k in {*own, *total}}
        if any(v < 0 for k, v in rest.items() if k not in zero):
            raise Refused("a coefficient is negative")
        strict = any(rest.get(f"z{k}", 0) > 0 for k, on in enumerate(path) if on == "1")
        if not (level < 0 or (level == 0 and strict)):
            raise Refused("no contradiction")

    def check_states(self) -> None:
        """Every whole pattern with one solution in its cell has it in the list of states, or in a continuum."""
        listed = {tuple(number(x) for x in s["values"]["y"]) for s in self.c["states"]}
        for pattern in self.patterns:
            on = [c == "1" for c in pattern]
            rule: dict[str, Form] = {}
            for k, t in enumerate(self.ramps):
                rule[f"z{k}"] = put(t, rule) if on[k] else {}
            rows = [
                [put(f, rule).get(v, Fraction(0)) for v in self.names] + [-put(f, rule).get("1", Fraction(0))] for f in self.flow.values()
            ]
            solution = reduced(rows)
            if len(solution) < len(self.names) or not all(any(r[:-1]) for r in solution):
                continue
            y = tuple(r[-1] for r in solution)
            at = {v: {"1": x} for v, x in zip(self.names, y, strict=True)}
            heights = [put(put(t, rule), at).get("1", Fraction(0)) for t in self.ramps]
            inside = all((h > 0) == o for h, o in zip(heights, on, strict=True))
            in_box = all(
                put(u, {**at, **{z: put(f, at) for z, f in rule.items()}}).get("1", Fraction(0)) >= 0 for u in self.slacks.values()
            )
            if inside and in_box and y not in listed and not self.c["continua"]:
                raise Refused(f"the steady state {y} of pattern {pattern} is not listed")


def solved(flow: Mapping[str, Form]) -> dict[str, Form]:
    """Each state as a form in the z, by flow = 0."""
    names, others = list(flow), sorted({k for f in flow.values() for k in f} - set(flow))
    rows = reduced([[f.get(v, Fraction(0)) for v in names] + [-f.get(k, Fraction(0)) for k in others] for f in flow.values()])
    if len(rows) < len(names):
        raise Refused("the flow is singular in the states")
    return {v: {k: x for k, x in zip(others, row[len(names) :], strict=True) if x} for v, row in zip(names, rows, strict=True)}


def check(certificate: Mapping[str, Any]) -> set[str]:
    """The whole patterns that the tree leaves; raises Refused where the certificate does not hold."""
    reading = Reading(certificate)
    reading.check(certificate["tree"], "-" * len(reading.ramps))
    reading.check_states()
    return reading.patterns
